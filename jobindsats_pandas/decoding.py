"""From answers to a frame: typed, flagged, in our order. Pure: nothing is sent.

The answers to one plan, each matched with the metadata (`answers`), are joined, and every cell is flagged.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, reduce
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas.answers import described, doubled, is_rising, keys_of, order_of
from jobindsats_pandas.disclosure import (
    AddressDimension,
    AddressMeasure,
    AddressSpace,
    Cells,
    CellStatus,
    DiscretionisedArray,
    Registry,
)
from jobindsats_pandas.errors import PayloadError
from jobindsats_pandas.judging import NOTHING_MISSING, asked_periods, available_until, contradiction
from jobindsats_pandas.kinds import ROUNDED_TABLES, Kind, is_count
from jobindsats_pandas.metadata import TOTAL
from jobindsats_pandas.periods import period_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from jobindsats_pandas.answers import Block
    from jobindsats_pandas.forms import Selection
    from jobindsats_pandas.judging import Missing
    from jobindsats_pandas.metadata import Measure
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
) -> pd.DataFrame:
    """Join the answers to one plan and flag every cell.

    Parameters
    ----------
    blocks : sequence of Block
        One for each request of the plan, in any order.
    question : Plan
    totals : Block, optional
        The answer to `queries.total_request`, where `unexplained_since` asked for it.
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

    Returns
    -------
    DataFrame
        Rows by the dimensions in the order of the metadata, then by period.

    Raises
    ------
    PayloadError
        If two rows have one key.
    """
    limits = available_until([*blocks, totals] if totals else blocks, question)
    kinds = additive or {}
    periods = _concatenated([block.periods for block in blocks])
    members = [_concatenated(codes) for codes in zip(*(block.members for block in blocks), strict=True)]
    source = _row_sources(periods, members, question, complete=complete)
    names = blocks[0].columns
    labels = _label_columns(names, source.periods, source.members, question)
    addresses, registry = _addresses(question, source, kinds)
    late = _not_available(source, question, lacking)

    def measured() -> Iterator[_Cells]:
        for place, (measure, limit, address) in enumerate(
            zip(question.measures, limits, addresses, strict=True)
        ):
            numbers, status = _joined(blocks, place, source, limit, question)
            if late is not None:
                status[late & (status == CellStatus.ABSENT)] = CellStatus.NOT_AVAILABLE
            if doubt is not None:
                shown = np.where(status == CellStatus.ABSENT, 0, numbers) if source.complete else numbers
                kind = kinds.get(measure.column, measure.kind)
                told = contradiction(
                    measure, kind, shown, source.periods, source.members, question, source.axes
                )
                if told is not None:
                    doubt(told)
            yield _Cells(measure, numbers, status, address)

    cells = measured()
    build = _wide if layout == "wide" else _long
    return build(labels, cells, registry, names[1 + len(members) :])


def _not_available(source: _Sources, question: Plan, lacking: Missing) -> np.ndarray | None:
    """Where the rows of a complete frame are that did not come, though they were asked for."""
    if not source.complete or not (lacking.periods or lacking.totals):
        return None
    rows = np.isin(source.periods, list(lacking.periods))
    if lacking.totals:
        overall = np.isin(source.periods, list(lacking.totals))
        for codes, selection in zip(source.members, question.selections, strict=True):
            overall &= codes == selection.hierarchy.codes.get(TOTAL, -1)
        rows |= overall
    return rows


@dataclass(frozen=True)
class _Cells:
    """The cells of one measure, row by row; a hidden number is NaN."""

    measure: Measure
    numbers: np.ndarray
    status: np.ndarray
    addresses: np.ndarray


def _concatenated(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """One array of several; the array itself where there is one, not to be changed."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)


def _joined(
    blocks: Sequence[Block], place: int, source: _Sources, limit: int, question: Plan
) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of one measure and their statuses; `limit`: the first period where null means not available."""
    numbers = _concatenated([block.numbers[place] for block in blocks])
    if source.complete:
        numbers = np.append(numbers, np.nan)  # the last, which -1 stands for: a combination that was left out
    numbers = numbers.copy() if source.rows is None else numbers.take(source.rows)
    missing = np.isnan(numbers)
    status = missing.view(np.uint8) * np.uint8(CellStatus.DISCRETIONISED)  # else 0, that is OBSERVED
    if limit < len(question.period_type.periods):
        status[missing & (source.periods >= limit)] = CellStatus.NOT_AVAILABLE
    if source.complete and source.rows is not None:
        status[source.rows < 0] = CellStatus.ABSENT
    measure = question.measures[place]
    shown_for_small = ROUNDED_TABLES.get(question.table.id.casefold())
    if shown_for_small is not None and is_count(measure.name, measure.group_name):
        status[numbers == shown_for_small] = CellStatus.ROUNDED
    return numbers, status


@dataclass(frozen=True)
class _Sources:
    """Where each row of the frame comes from.

    `rows` are positions in the answers, None where those are in order already; -1 in a complete frame for a
    combination that the API left out. Where all combinations have rows, `axes` are the codes of each dimension and
    of the periods whose combinations they are.
    """

    rows: np.ndarray | None
    periods: np.ndarray
    members: list[np.ndarray]
    axes: list[np.ndarray] | None = None
    complete: bool = False

    @classmethod
    def of_grid(cls, rows: np.ndarray | None, axes: list[np.ndarray], *, complete: bool = False) -> _Sources:
        """All combinations of some codes, in order."""
        before, after = 1, prod(map(len, axes))
        columns = []
        for axis in axes:
            after //= max(1, len(axis))
            # As narrow as they fit: pandas keeps codes of categories like that.
            codes = axis.astype(np.min_scalar_type(-1 - int(axis.max(initial=0))))
            columns.append(np.tile(codes.repeat(after), before))
            before *= len(axis)
        *members, periods = columns
        return cls(rows, periods, members, axes, complete)

    def added_up(self, tables: Sequence[np.ndarray]) -> np.ndarray:
        """For each row, what the tables of the dimensions and of the periods have for its codes, added up."""
        if self.axes is not None:
            *shares, last = (table[axis] for table, axis in zip(tables, self.axes, strict=True))
            before: np.ndarray = reduce(np.add.outer, shares, np.zeros((), np.int64)).ravel()
            sums = before.repeat(len(last))
            sums += np.tile(last, len(before))
            return sums
        total: np.ndarray = tables[-1].take(self.periods)
        for table, codes in zip(tables, self.members, strict=False):
            total += table.take(codes)
        return total


def _row_sources(
    periods: np.ndarray, members: list[np.ndarray], question: Plan, *, complete: bool
) -> _Sources:
    """Put rows in order (dimensions, then period), refuse doubled keys, and place the combinations left out."""
    asked = [np.array(s.codes, dtype=np.intp) for s in question.selections] + [asked_periods(question)]
    key, combinations = keys_of([*members, periods], asked)
    order = None if is_rising(key) else order_of(key, combinations)
    if order is not None and len(order) < len(key):
        row = doubled(key, combinations)
        double = described(row, periods, members, question.selections, question.period_type.periods)
        raise PayloadError(f"Table {question.table.id}: {double}")
    if complete:
        rows = np.full(combinations, -1, dtype=np.intp)
        rows[key] = np.arange(len(key))
        kept = [_completed(s, codes) for s, codes in zip(question.selections, members, strict=True)]
        kept.append(np.arange(len(question.periods)))
        rows = rows.reshape([len(wanted) for wanted in asked])[np.ix_(*kept)].ravel()
        axes = [wanted[places] for wanted, places in zip(asked, kept, strict=True)]
        return _Sources.of_grid(rows, axes, complete=True)
    if len(key) == combinations:
        return _Sources.of_grid(order, asked)
    if order is None:
        return _Sources(None, periods, members)
    return _Sources(order, periods.take(order), [codes.take(order) for codes in members])


def _completed(selection: Selection, present: np.ndarray) -> np.ndarray:
    """Places of the members whose missing combinations are 0: all asked for, but totals the API never gives.

    Some hierarchies have no total in the answer. A member that never comes while members below it do is such a one:
    its combinations are not 0.
    """
    hierarchy = selection.hierarchy
    came = set(np.unique(present).tolist())
    above = {path for code in came for path in hierarchy.members[code].ancestors}
    kept = [
        place
        for place, code in enumerate(selection.codes)
        if code in came or hierarchy.members[code].path not in above
    ]
    return np.array(kept, dtype=np.intp)


def _addresses(
    question: Plan, source: _Sources, additive: Mapping[str, Kind]
) -> tuple[Iterator[np.ndarray], Registry]:
    """Number the rows' cells, measure by measure."""
    space = _space(question, additive)
    places = {dimension.id: place for place, dimension in enumerate(space.dimensions)}
    tables = []
    for selection in question.selections:
        hierarchy, place = selection.hierarchy, places[selection.hierarchy.dimension_id]
        known = space.dimensions[place]
        numbers = [known.code(member.path, hierarchy.id) for member in hierarchy.members]
        # Each dimension adds its own share to the number of a cell.
        tables.append(space.encode(0, 0, [*[0] * place, np.array(numbers)]))
    first = space.period_code(question.period_type.id, question.period_type.periods[0])
    tables.append(space.encode(0, first + np.arange(len(question.period_type.periods))))
    of_first_measure = source.added_up(tables)
    number = {id(measure): code for code, measure in enumerate(question.table.all_measures)}
    addresses = (of_first_measure + number[id(measure)] * space.per_measure for measure in question.measures)
    return addresses, Registry.of(space)


def _space(question: Plan, additive: Mapping[str, Kind]) -> AddressSpace:
    """Number the cells of the whole table, whatever was asked, so that two reads of one table fit together."""
    table = question.table
    seen: set[str] = set()
    measures = []
    for measure in table.all_measures:
        name = measure.id if measure.id not in seen else f"{measure.group_id}/{measure.id}"
        seen.add(name)
        measures.append(AddressMeasure(name, measure.column, additive.get(measure.column, measure.kind)))
    dimensions = [
        AddressDimension.build(
            dimension.id,
            dimension.name,
            [
                (h.id, level.id, level.name, [(h.members[c].path, h.labels[c]) for c in h.level_codes(level)])
                for h in dimension.hierarchies
                for level in h.levels
            ],
        )
        for dimension in table.structure
    ]
    return AddressSpace.fitting(
        table.id,
        table.name,
        measures,
        [(period_type.id, period) for period_type in table.period_types for period in period_type.periods],
        dimensions,
        needed=[selection.hierarchy.dimension_id for selection in question.selections],
    )


def _label_columns(
    names: tuple[str, ...], periods: np.ndarray, members: list[np.ndarray], question: Plan
) -> list[tuple[str, Any]]:
    columns: list[tuple[str, Any]] = [(names[0], period_values(question.period_type.periods, periods).array)]
    for name, selection, codes in zip(names[1:], question.selections, members, strict=False):
        if selection.shown:
            columns.append((name, _categorical(codes, selection.hierarchy.labels)))
    return columns


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
    stacked = _Cells(
        by_measure[0].measure,
        *(
            np.stack([getattr(cells, field) for cells in by_measure], axis=1).ravel()
            for field in ("numbers", "status", "addresses")
        ),
    )
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
    if whole:
        hidden = np.isnan(values)
        if np.count_nonzero(np.rint(values) == values) == len(values) - np.count_nonzero(hidden):
            with np.errstate(invalid="ignore"):  # what stands for a hidden number means nothing
                values = values.astype(np.int64)
            values[hidden] = 1
    return DiscretionisedArray.unchecked(Cells(values, cells.status, cells.addresses, registry))


def _frame(columns: list[tuple[str, Any]]) -> pd.DataFrame:
    # By position first: two columns may bear one name, and both are kept.
    frame = pd.DataFrame({position: values for position, (_, values) in enumerate(columns)}, copy=False)
    # A view, for whoever gives the columns a name.
    frame.columns = _names(tuple(name for name, _ in columns)).view()
    return frame


@lru_cache(maxsize=64)
def _names(names: tuple[str, ...]) -> pd.Index:
    return pd.Index(list(names), dtype="str")
