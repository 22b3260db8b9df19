"""From answers to a frame: typed, flagged, in our order. Pure: nothing is sent.

The answers to one plan, each matched with the metadata (`answers`), are joined, and every cell is flagged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, reduce
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from jobindsats_pandas.answers import described, doubled, in_rows, is_rising, keys_of, order_of
from jobindsats_pandas.disclosure import (
    AddressDimension,
    AddressMeasure,
    AddressSpace,
    Cells,
    CellStatus,
    DiscretionisedArray,
    Registry,
)
from jobindsats_pandas.disclosure.cells import is_missing
from jobindsats_pandas.errors import PayloadError
from jobindsats_pandas.forms import BASE_URL
from jobindsats_pandas.grids import DENSE, Numbers
from jobindsats_pandas.judging import (
    NOTHING_MISSING,
    Column,
    Cube,
    asked_periods,
    available,
    contradiction,
)
from jobindsats_pandas.kinds import ROUNDED_TABLES, Kind, is_count
from jobindsats_pandas.metadata import TOTAL
from jobindsats_pandas.periods import period_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from jobindsats_pandas.answers import Block
    from jobindsats_pandas.forms import Selection
    from jobindsats_pandas.judging import Missing
    from jobindsats_pandas.metadata import Measure, Table
    from jobindsats_pandas.queries import Plan

__all__ = ["to_frame"]


def to_frame(
    blocks: Sequence[Block],
    question: Plan,
    *,
    totals: Block | None = None,
    layout: str = "wide",
    complete: bool = False,
    additive: Mapping[str, Kind] | None = None,
    lacking: Missing = NOTHING_MISSING,
    doubt: Callable[[str], None] | None = None,
    columns: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Join the answers to one plan and flag every cell.

    Parameters
    ----------
    blocks : sequence of Block
        One for each request of the plan, in any order.
    question : Plan
    totals : Block, optional
        The answer to `queries.total_request`, where `unexplained_since` or `perhaps_before_the_first` asked for it.
    layout : {"wide", "long"}
        One column per measure; or the columns ``measure``, ``value`` and ``status``.
    complete : bool
        Whether combinations that the API left out come as rows with the status `ABSENT`.
    additive : mapping of str to Kind, optional
        Kinds by the measures' columns, where they are not those of the measures' names.
    lacking : Missing, optional
        What did not come; in a complete frame it is `NOT_AVAILABLE`, not `ABSENT`.
    doubt : callable, optional
        Told of each measure whose totals and visible parts contradict each other.
    columns : sequence of str, optional
        What the measures are called, one for each; as in the answers by default.

    Returns
    -------
    DataFrame
        Rows by the dimensions in the order of the metadata, then by period.

    Raises
    ------
    PayloadError
        If two rows have one key.
    """
    published = available([*blocks, totals] if totals else blocks, question)
    kinds = additive or {}
    made = _arranged(blocks, question, complete=complete)
    names = blocks[0].columns
    labels = _label_columns(names, made.codes, question)
    # Memory for addresses and the numbers of all measures in one piece: the system gives it in large pages, a fifth of the time.
    for_addresses, *for_numbers = np.empty((1 + len(question.measures), len(made.codes[0])), dtype=np.int64)
    addresses, steps, registry = _addresses(question, made, kinds, for_addresses)
    late = _not_available(made, question, lacking) if complete else None

    def measured() -> Iterator[_Cells]:
        for place, (measure, periods, step) in enumerate(
            zip(question.measures, published, steps, strict=True)
        ):
            found = made.filled(blocks, place)
            if doubt is not None:
                kind = kinds.get(measure.column, measure.kind)
                told = contradiction(measure, kind, question, made.cells(found, late))
                if told is not None:
                    doubt(told)
            numbers, hidden = made.in_rows(found, for_numbers[place])
            status = _statuses(numbers, hidden, made, periods, measure, question)
            if late is not None:
                status[late] = CellStatus.NOT_AVAILABLE
            yield _Cells(measure, numbers, status, addresses, step)

    cells = measured()
    build = _wide if layout == "wide" else _long
    return build(labels, cells, registry, tuple(columns or names[len(made.codes) :]))


def _not_available(made: _Arrangement, question: Plan, lacking: Missing) -> np.ndarray | None:
    """Where the rows of a complete frame are that did not come, though they were asked for."""
    if made.absent is None or not (lacking.periods or lacking.totals):
        return None
    periods, *members = made.codes
    rows: np.ndarray = np.isin(periods, list(lacking.periods))
    if lacking.totals:
        overall = np.isin(periods, list(lacking.totals))
        for codes, selection in zip(members, question.selections, strict=True):
            overall &= codes == selection.hierarchy.codes.get(TOTAL, -1)
        rows |= overall
    rows &= made.absent
    return rows


class _Cells(NamedTuple):
    """The cells of one measure, row by row; where none is shown stands NaN, or 1 among whole numbers.

    Their addresses lie a step behind those of the table's first measure, which are given.
    """

    measure: Measure
    numbers: np.ndarray
    status: np.ndarray
    addresses: np.ndarray
    step: int


def _statuses(
    numbers: np.ndarray,
    hidden: np.ndarray,
    made: _Arrangement,
    published: range,
    measure: Measure,
    question: Plan,
) -> np.ndarray:
    """The statuses of one measure's cells; outside of the periods `published` null means not available."""
    # Where nothing is hidden stands 0, that is OBSERVED.
    status: np.ndarray = hidden.view(np.uint8) * np.uint8(CellStatus.DISCRETIONISED)
    if len(published) < len(question.period_type.periods):
        periods = made.codes[0]
        outside = (periods < published.start) | (periods >= published.stop)
        status[hidden & outside] = CellStatus.NOT_AVAILABLE
    shown_for_small = ROUNDED_TABLES.get(question.table.id.casefold())
    if shown_for_small is not None and _counts(measure):
        status[numbers == shown_for_small] = CellStatus.ROUNDED
    if made.absent is not None:
        status[made.absent] = CellStatus.ABSENT
        numbers[made.absent] = 1 if numbers.dtype == np.int64 else np.nan
    return status


# --- where the rows of the answers go --------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Arrangement:
    """The rows of a frame, in order, and where those of each answer go.

    Attributes
    ----------
    places : list
        For each answer, where in what is filled its values go.
    codes : tuple of ndarray
        The period of each row of the frame, then its members in each dimension.
    axes : tuple of ndarray, or None
        Where a grid of combinations is filled, the periods and the members; else rows are filled.
    came : ndarray of bool, or None
        In a grid, which combinations have a row; None if all have.
    complete : bool
        Whether combinations without one are rows of the frame too.
    """

    places: list[Any]
    codes: tuple[np.ndarray, ...]
    axes: tuple[np.ndarray, ...] | None = None
    came: np.ndarray | None = None
    complete: bool = False

    @cached_property
    def absent(self) -> np.ndarray | None:
        """Which rows of the frame the API left out; None if none."""
        return ~_period_last(self.came).ravel() if self.complete and self.came is not None else None

    @property
    def kept(self) -> np.ndarray | None:
        """Which combinations of a grid are rows of the frame; None if all are."""
        return None if self.complete else self.came

    def filled(self, blocks: Sequence[Block], measure: int) -> Numbers:
        """Put a measure's numbers of all answers in their places; 0 where there is no row."""
        shape = self.codes[0].shape if self.axes is None else tuple(map(len, self.axes))
        numbers = [block.values[measure] for block in blocks]
        decimals = {each.decimals for each in numbers}
        if len(decimals) > 1:
            numbers = [Numbers(each.floats(), each.nulls) for each in numbers]
        kind = np.result_type(*{each.values.dtype for each in numbers})
        values = np.empty(shape, kind) if self.came is None else np.zeros(shape, kind)
        nulls = np.zeros(shape, dtype=bool) if any(each.nulls is not None for each in numbers) else None
        for place, block, each in zip(self.places, blocks, numbers, strict=True):
            for into, some in ((values, each.values), (nulls, each.nulls)):
                if into is None or some is None:
                    continue
                if isinstance(place, tuple):
                    into[place] = some
                else:
                    into.reshape(-1)[place] = in_rows(some, block.came)
        return Numbers(values, nulls, decimals.pop() if len(decimals) == 1 else 0)

    def cells(self, numbers: Numbers, late: np.ndarray | None) -> Cube | Column:
        """What was filled, to be judged."""
        if self.axes is None:
            return Column(numbers.floats(), self.codes)
        if late is not None:
            shape = numbers.values.shape
            nulls = np.moveaxis(late.reshape(*shape[1:], shape[0]), -1, 0)
            numbers = replace(numbers, nulls=nulls if numbers.nulls is None else nulls | numbers.nulls)
        return Cube(numbers, self.axes, self.kept)

    def in_rows(self, numbers: Numbers, into: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Put what was filled into the rows of the frame, as int64 or float64, and tell which are null."""
        values: np.ndarray = into if numbers.whole else into.view(np.float64)
        if self.axes is None or self.kept is not None:
            target, source = values, self.by_row(numbers.values)
        else:
            source = _period_last(numbers.values)
            target = values.reshape(source.shape)
        if numbers.decimals:
            np.divide(source, 10**numbers.decimals, out=target)
        else:
            target[...] = source
        if numbers.nulls is None:
            return values, np.zeros(len(values), dtype=bool)
        nulls = self.by_row(numbers.nulls)
        if not numbers.whole:
            np.putmask(values, nulls, np.nan)
        return values, nulls

    def by_row(self, grid: np.ndarray) -> np.ndarray:
        """What a grid holds, by the rows of the frame, where the period runs fastest."""
        if self.axes is None:
            return grid
        values = _period_last(grid).ravel()
        return values if self._kept_places is None else values.take(self._kept_places)

    @cached_property
    def _kept_places(self) -> np.ndarray | None:
        """Where the frame's rows are among all combinations of a grid, the period fastest: far quicker than by a mask."""
        return None if self.kept is None else np.flatnonzero(_period_last(self.kept))

    def added_up(self, tables: Sequence[np.ndarray], into: np.ndarray) -> np.ndarray:
        """For each row, what the tables of the periods and of the dimensions have for its codes, added up."""
        if self.axes is None:
            total, *others = (table.take(codes) for table, codes in zip(tables, self.codes, strict=True))
            for share in others:
                total += share
            return total
        period, *others = (table[axis] for table, axis in zip(tables, self.axes, strict=True))
        lines = reduce(np.add.outer, others, np.zeros((), dtype=np.int64)).reshape(-1, 1)
        if self._kept_places is None:
            np.add(lines, period, out=into.reshape(len(lines), len(period)))
        else:
            np.add(lines, period).ravel().take(self._kept_places, out=into)
        return into


def _period_last(grid: np.ndarray) -> np.ndarray:
    """A grid in the order of a frame's rows; of two axes where it can be looked at so, which is quicker to go through."""
    return (
        grid.reshape(len(grid), -1).T if grid.flags.c_contiguous and grid.size else np.moveaxis(grid, 0, -1)
    )


def _arranged(blocks: Sequence[Block], question: Plan, *, complete: bool) -> _Arrangement:
    """Put rows in order (dimensions, then period), refuse doubled keys, and place the combinations left out."""
    axes = [asked_periods(question), *(np.array(s.codes, dtype=np.intp) for s in question.selections)]
    if complete:
        for place, selection in enumerate(question.selections, start=1):
            present = np.unique(np.concatenate([block.present(place) for block in blocks]))
            axes[place] = axes[place].take(_completed(selection, present))
    count = sum(block.count for block in blocks)
    in_grid = complete or prod(map(len, axes)) <= DENSE * count
    made = _in_grid(blocks, axes, count, complete=complete) if in_grid else _in_rows(blocks, axes, count)
    if made is None:
        codes = [np.concatenate(of_one) for of_one in zip(*(block.by_row for block in blocks), strict=True)]
        row = doubled(*keys_of(codes, axes))
        double = described(row, codes, question.selections, question.period_type.periods)
        raise PayloadError(f"Table {question.table.id}: {double}")
    return made


def _in_grid(
    blocks: Sequence[Block], axes: list[np.ndarray], count: int, *, complete: bool
) -> _Arrangement | None:
    """A place for each combination; None if two rows have one."""
    shape = tuple(map(len, axes))
    came = np.zeros(shape, dtype=bool)
    places: list[Any] = [_lines(block, axes) for block in blocks]
    whole = all(place is not None for place in places)
    for place in places if whole else []:
        came[place] = True
    if not whole or np.count_nonzero(came) < sum(prod(block.shape) for block in blocks):
        # Not all grids, or some that overlap, where perhaps only one of them has rows.
        places = [_keys(block, axes) for block in blocks]
        came[...] = False
    for place, block in zip(places, blocks, strict=True):
        if not isinstance(place, tuple):
            came.reshape(-1)[place] = True
        elif block.came is not None:
            came[place] = block.came
    rows = np.count_nonzero(came)
    if rows < count:
        return None
    made = _Arrangement(places, (), tuple(axes), None if rows == came.size else came, complete)
    codes = []
    for place, axis in enumerate(axes):
        # As narrow as they fit: pandas keeps codes of categories like that.
        lines = axis.astype(np.min_scalar_type(-1 - int(axis.max(initial=0))))
        of_all = np.broadcast_to(
            lines.reshape([-1 if other == place else 1 for other in range(len(axes))]), shape
        )
        codes.append(made.by_row(of_all))
    return replace(made, codes=tuple(codes))


def _in_rows(blocks: Sequence[Block], axes: list[np.ndarray], count: int) -> _Arrangement | None:
    """A place for each row; None if two have the same members and period."""
    axes = [*axes[1:], axes[0]]
    key = np.concatenate([keys_of([*block.members, block.periods], axes)[0] for block in blocks])
    ends = np.cumsum([block.count for block in blocks])
    places: list[Any] = [slice(end - block.count, end) for end, block in zip(ends, blocks, strict=True)]
    if not is_rising(key):
        order = order_of(key, prod(map(len, axes)))
        if len(order) < count:
            return None
        rank = np.empty(count, dtype=np.intp)
        rank[order] = np.arange(count)
        places = [rank[place] for place in places]
    codes = [np.empty(count, dtype=np.int32) for _ in axes]
    for place, block in zip(places, blocks, strict=True):
        for column, found in zip(codes, block.by_row, strict=True):
            column[place] = found
    return _Arrangement(places, tuple(codes))


def _lines(block: Block, axes: Sequence[np.ndarray]) -> tuple[Any, ...] | None:
    """Where a grid stands within a larger one; None if it is none, or has lines that the larger one has not."""
    if not block.in_grid:
        return None
    ranks = [np.searchsorted(axis, codes) for axis, codes in zip(axes, block.codes, strict=True)]
    if not all(
        np.array_equal(axis.take(rank, mode="clip"), codes)
        for axis, rank, codes in zip(axes, ranks, block.codes, strict=True)
    ):
        return None
    if all(len(rank) and rank[-1] - rank[0] == len(rank) - 1 and is_rising(rank) for rank in ranks):
        return tuple(slice(int(rank[0]), int(rank[-1]) + 1) for rank in ranks)
    return np.ix_(*ranks)


def _keys(block: Block, axes: Sequence[np.ndarray]) -> np.ndarray:
    """Number the rows of an answer by their places in a grid."""
    if not block.in_grid:
        return keys_of(block.codes, axes)[0]
    key: np.ndarray = np.zeros((), dtype=np.intp)
    for axis, codes in zip(axes, block.codes, strict=True):
        key = np.add.outer(key * len(axis), np.searchsorted(axis, codes))
    return in_rows(key, block.came)


def _completed(selection: Selection, present: np.ndarray) -> np.ndarray:
    """Places of the members whose missing combinations are 0: all asked for, but totals the API never gives.

    Some hierarchies have no total in the answer. A member that never comes while members below it do is such a one:
    its combinations are not 0.
    """
    hierarchy = selection.hierarchy
    came = set(present.tolist())
    above = {path for code in came for path in hierarchy.members[code].ancestors}
    kept = [
        place
        for place, code in enumerate(selection.codes)
        if code in came or hierarchy.members[code].path not in above
    ]
    return np.array(kept, dtype=np.intp)


def _addresses(
    question: Plan, made: _Arrangement, additive: Mapping[str, Kind], into: np.ndarray
) -> tuple[np.ndarray, list[int], Registry]:
    """Number the rows' cells of the table's first measure, and tell how far behind them those of each measure lie."""
    space = _space(question, additive)
    places = {dimension.id: place for place, dimension in enumerate(space.dimensions)}
    first = space.period_codes[question.period_type.id, question.period_type.periods[0]]
    tables = [space.encode(0, first + np.arange(len(question.period_type.periods)))]
    for selection in question.selections:
        hierarchy, place = selection.hierarchy, places[selection.hierarchy.dimension_id]
        known = space.dimensions[place]
        numbers = [known.code(member.path, hierarchy.id) for member in hierarchy.members]
        # Each dimension adds its own share to the number of a cell.
        tables.append(space.encode(0, 0, [*[0] * place, np.array(numbers)]))
    number = {id(measure): code for code, measure in enumerate(question.table.all_measures)}
    steps = [number[id(measure)] * space.per_measure for measure in question.measures]
    return made.added_up(tables, into), steps, Registry.of(space)


def _space(question: Plan, additive: Mapping[str, Kind]) -> AddressSpace:
    """Number the cells of the whole table, whatever was asked, so that two reads of one table fit together."""
    table = question.table
    seen: set[str] = set()
    measures = []
    for measure in table.all_measures:
        name = measure.id if measure.id not in seen else f"{measure.group_id}/{measure.id}"
        seen.add(name)
        measures.append(AddressMeasure(name, measure.column, additive.get(measure.column, measure.kind)))
    return AddressSpace.fitting(
        table.id,
        table.name,
        measures,
        [(period_type.id, period) for period_type in table.period_types for period in period_type.periods],
        _dimensions(table),
        needed=[selection.hierarchy.dimension_id for selection in question.selections],
        url="" if question.base_url == BASE_URL else question.base_url,
    )


@lru_cache(maxsize=16)
def _dimensions(table: Table) -> tuple[AddressDimension, ...]:
    """The dimensions of a table with all their members, made once while its metadata stay the same."""
    return tuple(
        AddressDimension.build(
            dimension.id,
            dimension.name,
            [
                (h.id, level.id, level.name, [(h.members[c].path, h.labels[c]) for c in h.level_codes(level)])
                for h in dimension.hierarchies
                for level in h.levels
            ],
            [(h.id, h.name) for h in dimension.hierarchies],
        )
        for dimension in table.structure
    )


def _label_columns(
    names: tuple[str, ...], codes: Sequence[np.ndarray], question: Plan
) -> list[tuple[str, Any]]:
    periods, *members = codes
    columns: list[tuple[str, Any]] = [(names[0], period_values(question.period_type.periods, periods).array)]
    for name, selection, member in zip(names[1:], question.selections, members, strict=False):
        if selection.shown:
            columns.append((name, _members(member, selection)))
    return columns


def _members(codes: np.ndarray, selection: Selection) -> pd.Categorical:
    """The members that were asked for, and no others, are the categories."""
    asked = selection.codes
    labels = [selection.hierarchy.labels[code] for code in asked]
    if asked[-1] - asked[0] < len(asked):
        return _categorical(codes - codes.dtype.type(asked[0]) if asked[0] else codes, labels)
    ranks = np.empty(asked[-1] + 1, dtype=np.min_scalar_type(-1 - len(asked)))
    ranks[list(asked)] = np.arange(len(asked))
    return _categorical(ranks.take(codes), labels)


def _categorical(codes: np.ndarray, labels: Sequence[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, dtype=_label_dtype(tuple(labels)), validate=False)


@lru_cache(maxsize=64)
def _label_dtype(labels: tuple[str, ...]) -> pd.CategoricalDtype:
    """Categories that all frames of these labels share: pandas checks them once, and joins frames without comparing."""
    return pd.CategoricalDtype(_names(labels))


def _wide(
    labels: list[tuple[str, Any]], measures: Iterator[_Cells], registry: Registry, names: tuple[str, ...]
) -> pd.DataFrame:
    columns = list(labels)
    for name, cells in zip(names, measures, strict=True):
        columns.append((name, _guarded(cells, registry, whole=_counts(cells.measure))))
    return _frame(columns)


def _long(
    labels: list[tuple[str, Any]], measures: Iterator[_Cells], registry: Registry, names: tuple[str, ...]
) -> pd.DataFrame:
    by_measure = list(measures)
    count, rows = len(by_measure), len(by_measure[0].numbers)
    distinct = [
        n if names.count(n) == 1 else f"{n} [{cells.measure.id}]"
        for n, cells in zip(names, by_measure, strict=True)
    ]
    whole = all(cells.numbers.dtype == np.int64 for cells in by_measure)
    numbers, status, addresses = (
        np.stack(of_all, axis=1).ravel()
        for of_all in (
            [cells.numbers if whole else _floats(cells) for cells in by_measure],
            [cells.status for cells in by_measure],
            [cells.addresses + cells.step for cells in by_measure],
        )
    )
    stacked = _Cells(by_measure[0].measure, numbers, status, addresses, 0)
    columns = [(name, values.repeat(count)) for name, values in labels]
    columns += [
        ("measure", _categorical(np.tile(np.arange(count, dtype=np.int32), rows), distinct)),
        ("value", _guarded(stacked, registry, whole=all(_counts(cells.measure) for cells in by_measure))),
        ("status", _categorical(stacked.status, [known.label for known in CellStatus])),
    ]
    return _frame(columns)


def _counts(measure: Measure) -> bool:
    """Whether a measure counts: rates, money and unknown measures never become whole numbers."""
    return is_count(measure.name, measure.group_name)


def _guarded(cells: _Cells, registry: Registry, *, whole: bool) -> DiscretionisedArray:
    """Make the column: of whole numbers where they may be and the answers hold no decimal."""
    values = cells.numbers
    if not whole:
        values = _floats(cells)
    elif values.dtype != np.int64:
        hidden = np.isnan(values)
        with np.errstate(invalid="ignore"):  # what stands for a hidden number means nothing
            integers = values.astype(np.int64)
        if np.count_nonzero(integers == values) == len(values) - np.count_nonzero(hidden):
            values = integers
            values[hidden] = 1
    made = Cells.numbered_later(values, cells.status, cells.addresses, cells.step, registry)
    return DiscretionisedArray.unchecked(made)


def _floats(cells: _Cells) -> np.ndarray:
    """The numbers as float64, NaN where none is shown."""
    if cells.numbers.dtype == np.float64:
        return cells.numbers
    values: np.ndarray = cells.numbers.astype(np.float64)
    values[is_missing(cells.status)] = np.nan
    return values


def _frame(columns: list[tuple[str, Any]]) -> pd.DataFrame:
    # By position first: two columns may bear one name, and both are kept.
    frame = pd.DataFrame({position: values for position, (_, values) in enumerate(columns)}, copy=False)
    # A view, for whoever gives the columns a name.
    frame.columns = _names(tuple(name for name, _ in columns)).view()
    return frame


@lru_cache(maxsize=64)
def _names(names: tuple[str, ...]) -> pd.Index:
    return pd.Index(list(names), dtype="str")
