"""From answers to a frame: typed, flagged, in our order. Pure: nothing is sent.

An answer's rows are read (`rows`), its names matched with the metadata (`match`), the answers to one plan joined and
flagged (`to_frame`). Nothing is guessed: what does not fit the metadata is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas.disclosure import (
    CellStatus,
    DiscretionisedArray,
    PartDimension,
    PartMeasure,
    PartSpace,
    Registry,
)
from jobindsats_pandas.errors import PayloadError
from jobindsats_pandas.kinds import ROUNDED_TABLES, Kind, is_count
from jobindsats_pandas.metadata import TOTAL
from jobindsats_pandas.periods import parse_period, period_values
from jobindsats_pandas.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobindsats_pandas.fast_rows import Labels
    from jobindsats_pandas.metadata import Measure, Table
    from jobindsats_pandas.queries import DataRequest, Plan, Selection

__all__ = ["Block", "UnknownMemberError", "match", "to_frame", "unexplained_since"]


class UnknownMemberError(PayloadError):
    """The answer names something that the metadata do not: they may be older than the answer."""


@dataclass(frozen=True)
class Block:
    """The rows of one answer, matched with the metadata.

    Attributes
    ----------
    columns : tuple of str
        The answer's names for the period, the dimensions (in the order of the plan's selections) and the measures.
    periods : ndarray of int32
        Positions in the period type's periods.
    members : tuple of ndarray of int32
        Positions in each selection's hierarchy.
    overall : ndarray of bool
        Rows of the overall total: every dimension stands at ``/``.
    numbers : tuple of ndarray of float64
        One for each measure of the request, NaN where the answer has null.
    """

    columns: tuple[str, ...]
    periods: np.ndarray
    members: tuple[np.ndarray, ...]
    overall: np.ndarray
    numbers: tuple[np.ndarray, ...]


def match(body: bytes, request: DataRequest) -> Block:
    """Read an answer and match its names with what was asked.

    Parameters
    ----------
    body : bytes
        JSON without a byte order mark.
    request : DataRequest
        What was asked.

    Raises
    ------
    UnknownMemberError
        If the answer names a period, member or measure that the metadata do not.
    PayloadError
        If the answer cannot be understood, or does not answer what was asked.
    """
    try:
        return _match(body, request)
    except PayloadError as error:
        raise type(error)(f"Table {request.table.id}: {error}") from None


def _match(body: bytes, request: DataRequest) -> Block:
    rows = read_rows(body, 1 + len(request.selections))
    dimensions = _dimension_order(rows.columns, request)
    measures = _measure_order(rows.columns, request)
    period_type = request.table.period_type(request.period_type)
    known = {parse_period(text) or text: code for code, text in enumerate(period_type.periods)}
    allowed = {period_type.periods.index(period) for period in request.periods}
    periods = _codes(
        rows.labels[0],
        rows.columns[0],
        lambda name: known.get(parse_period(name) or name),
        allowed,
        f"a period of type {period_type.id}",
    )
    members = tuple(
        _codes(
            rows.labels[position],
            rows.columns[position],
            _member_lookup(selection),
            set(selection.codes),
            f"a member of the hierarchy {selection.hierarchy.id!r}",
        )
        for position, selection in zip(dimensions, request.selections, strict=True)
    )
    order = [0, *dimensions, *measures]
    first_number = len(rows.labels)
    totals = [
        codes == selection.hierarchy.codes.get(TOTAL)
        for codes, selection in zip(members, request.selections, strict=True)
    ]
    return Block(
        tuple(rows.columns[position] for position in order),
        periods,
        members,
        np.logical_and.reduce([np.ones(rows.count, dtype=bool), *totals]),
        tuple(rows.numbers[position - first_number] for position in measures),
    )


def _member_lookup(selection: Selection) -> Callable[[str], int | None]:
    """Look a name up among the members asked for, where names are distinct, else in the whole hierarchy."""
    hierarchy = selection.hierarchy
    asked = {hierarchy.members[code].name: code for code in selection.codes}
    return lambda name: asked.get(name, hierarchy.codes_by_name.get(name, (None,))[0])


def _codes(
    column: Labels, name: str, lookup: Callable[[str], int | None], allowed: set[int], what: str
) -> np.ndarray:
    table = np.empty(len(column.names), dtype=np.int32)
    for position, label in enumerate(column.names):
        code = lookup(label)
        if code is None:
            raise UnknownMemberError(
                f"the answer has {label!r} in column {name!r}, and the metadata know no such {what[2:]}."
            )
        if code not in allowed:
            raise PayloadError(f"the answer has {label!r} in column {name!r}: {what} that was not asked for.")
        table[position] = code
    codes: np.ndarray = table[column.codes]
    return codes


def _dimension_order(columns: tuple[str, ...], request: DataRequest) -> list[int]:
    """Find each selection's column among those behind the period: by the dimension's name, in any order."""
    free = dict(enumerate(columns[1 : 1 + len(request.selections)], start=1))
    order = []
    for selection in request.selections:
        names = (selection.hierarchy.dimension_name, selection.hierarchy.name)
        position = next((p for wanted in names for p, name in free.items() if name == wanted), None)
        if position is None:
            raise PayloadError(
                f"the answer's columns {list(columns)} have none for the dimension {names[0]!r}, which was asked for.",
            )
        del free[position]
        order.append(position)
    return order


def _measure_order(columns: tuple[str, ...], request: DataRequest) -> list[int]:
    """Find each measure's column: by its name, bare or behind its group's; of equal names the first comes first."""
    free = dict(enumerate(columns[1 + len(request.selections) :], start=1 + len(request.selections)))
    order = []
    for measure in request.measures:
        names = (measure.column, measure.name, f"{measure.group_name}: {measure.name}")
        position = next((p for wanted in names for p, name in free.items() if name == wanted), None)
        if position is None:
            raise UnknownMemberError(
                f"the answer's columns {list(columns)} lack the measure {measure.column!r}."
            )
        del free[position]
        order.append(position)
    if free:
        raise UnknownMemberError(
            f"the answer has the columns {list(free.values())}, and the metadata know no such measures.",
        )
    return order


# --- not available, or hidden ----------------------------------------------------------------------------------------


def unexplained_since(blocks: Sequence[Block], question: Plan) -> str | None:
    """Find the earliest period with a null that the answers' own total rows do not explain.

    A null is *not available* if the overall total is null in that period and in every later one the table has.
    Whether it is, the answers tell if they hold a total that is shown, or all totals up to the newest period.

    Returns
    -------
    str or None
        A period id; None if everything is explained.
    """
    present, shown = _totals(blocks, question)
    count = len(present)
    earliest = count
    for measure in range(len(question.measures)):
        for block in blocks:
            for period in np.unique(block.periods[np.isnan(block.numbers[measure])]):
                if not shown[measure, period:].any() and not present[period:].all():
                    earliest = min(earliest, int(period))
    return question.period_type.periods[earliest] if earliest < count else None


def _totals(blocks: Sequence[Block], question: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Tell in which periods the overall total has a row, and where (measure, period) that row shows a number."""
    count = len(question.period_type.periods)
    present = np.zeros(count, dtype=bool)
    shown = np.zeros((len(question.measures), count), dtype=bool)
    for block in blocks:
        present[block.periods[block.overall]] = True
        for measure, numbers in enumerate(block.numbers):
            shown[measure, block.periods[block.overall & ~np.isnan(numbers)]] = True
    return present, shown


def _available_until(blocks: Sequence[Block], question: Plan) -> list[int]:
    """For each measure, the position of the first period from which on it is not available."""
    present, shown = _totals(blocks, question)
    limits = []
    for measure in range(len(question.measures)):
        missing = present & ~shown[measure]
        available = np.flatnonzero(~missing)
        limits.append(int(available[-1]) + 1 if available.size else 0)
    return limits


# --- the frame -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Numbering:
    """The exact numbering of a table's cells, and where the members of each hierarchy stand in it."""

    space: PartSpace
    dimensions: dict[str, int]
    members: dict[str, np.ndarray]


def to_frame(
    blocks: Sequence[Block],
    question: Plan,
    *,
    totals: Block | None = None,
    layout: str = "wide",
    complete: bool = False,
    additive: Mapping[str, Kind] | None = None,
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

    Returns
    -------
    DataFrame
        Rows by the dimensions in the order of the metadata, then by period.

    Raises
    ------
    PayloadError
        If two rows have one key.
    """
    limits = _available_until([*blocks, totals] if totals else blocks, question)
    periods = np.concatenate([block.periods for block in blocks])
    members = [np.concatenate(codes) for codes in zip(*(block.members for block in blocks), strict=True)]
    source = _row_sources(periods, members, question, complete=complete)
    if source.rows is not None:
        periods, members = source.periods, source.members
    cells = []
    for measure, limit in zip(range(len(question.measures)), limits, strict=True):
        numbers = np.concatenate([block.numbers[measure] for block in blocks])
        if source.rows is not None:
            numbers = np.where(source.rows >= 0, numbers[source.rows], np.nan)
        status = _statuses(numbers, periods, limit)
        if source.rows is not None:
            status[source.rows < 0] = CellStatus.ABSENT
        _mark_rounded(numbers, status, question.table, question.measures[measure])
        cells.append((numbers, status))
    numbering = _numbering(question, additive or {})
    registry = Registry.of(numbering.space)
    parts = [_parts(numbering, question, measure, periods, members) for measure in question.measures]
    names = blocks[0].columns
    labels = _label_columns(names, periods, members, question)
    build = _wide if layout == "wide" else _long
    return build(labels, cells, parts, registry, question, names[1 + len(members) :])


def _statuses(numbers: np.ndarray, periods: np.ndarray, limit: int) -> np.ndarray:
    status = np.zeros(len(numbers), dtype=np.uint8)
    missing = np.isnan(numbers)
    status[missing] = CellStatus.DISCRETIONISED
    status[missing & (periods >= limit)] = CellStatus.NOT_AVAILABLE
    return status


def _mark_rounded(numbers: np.ndarray, status: np.ndarray, table: Table, measure: Measure) -> None:
    shown_for_small = ROUNDED_TABLES.get(table.id.casefold())
    if shown_for_small is not None and is_count(measure.name, measure.group_name):
        status[numbers == shown_for_small] = CellStatus.ROUNDED


@dataclass(frozen=True)
class _Sources:
    """Where each row of the frame comes from; `rows` is None where the answers are complete and in order already."""

    rows: np.ndarray | None
    periods: np.ndarray
    members: list[np.ndarray]


def _row_sources(
    periods: np.ndarray, members: list[np.ndarray], question: Plan, *, complete: bool
) -> _Sources:
    """Put rows in order (dimensions, then period), refuse doubled keys, and place the combinations left out."""
    sizes = [len(s.hierarchy.members) for s in question.selections] + [len(question.period_type.periods)]
    key = np.zeros(len(periods), dtype=np.int64)
    for codes, size in zip([*members, periods], sizes, strict=True):
        key = key * size + codes
    steps = np.diff(key)
    order = None
    if not (steps > 0).all():
        order = np.argsort(key, kind="stable")
        steps = np.diff(key[order])
        if (steps == 0).any():
            row = int(order[int(np.flatnonzero(steps == 0)[0])])
            _refuse_double(row, periods, members, question)
    if not complete:
        return _Sources(
            order,
            periods if order is None else periods[order],
            [m if order is None else m[order] for m in members],
        )
    axes = [_completed(s, codes) for s, codes in zip(question.selections, members, strict=True)]
    axes.append(np.array([question.period_type.periods.index(period) for period in question.periods]))
    grid = np.meshgrid(*axes, indexing="ij")
    every = np.zeros(grid[0].size, dtype=np.int64)
    for codes, size in zip(grid, sizes, strict=True):
        every = every * size + codes.ravel()
    ordered = key if order is None else key[order]
    place = np.searchsorted(ordered, every)
    place[place == len(ordered)] = 0
    found = ordered[place] == every if len(ordered) else np.zeros(len(every), dtype=bool)
    rows = (
        np.where(found, place if order is None else order[place], -1)
        if len(ordered)
        else np.full(len(every), -1)
    )
    return _Sources(
        rows, grid[-1].ravel().astype(np.int32), [axis.ravel().astype(np.int32) for axis in grid[:-1]]
    )


def _completed(selection: Selection, present: np.ndarray) -> np.ndarray:
    """The members whose missing combinations are 0: all asked for, but totals the API never gives.

    Some hierarchies have no total in the answer. A member that never comes while members below it do is such a one:
    its combinations are not 0.
    """
    hierarchy = selection.hierarchy
    came = set(np.unique(present).tolist())
    above = {path for code in came for path in hierarchy.members[code].ancestors}
    codes = [c for c in selection.codes if c in came or hierarchy.members[c].path not in above]
    return np.array(codes, dtype=np.int64)


def _refuse_double(row: int, periods: np.ndarray, members: list[np.ndarray], question: Plan) -> None:
    key = [question.period_type.periods[periods[row]]]
    key += [s.hierarchy.labels[codes[row]] for s, codes in zip(question.selections, members, strict=True)]
    raise PayloadError(
        f"Table {question.table.id}: the answer has two rows for {', '.join(key)}, so it is not known which one is right.",
    )


def _numbering(question: Plan, additive: Mapping[str, Kind]) -> _Numbering:
    """Number the cells of the whole table, whatever was asked, so that two reads of one table fit together."""
    table = question.table
    seen: set[str] = set()
    measures = []
    for measure in table.all_measures:
        name = measure.id if measure.id not in seen else f"{measure.group_id}/{measure.id}"
        seen.add(name)
        measures.append(PartMeasure(name, measure.column, additive.get(measure.column, measure.kind)))
    dimensions = [
        PartDimension.build(
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
    space = PartSpace.fitting(
        table.id,
        table.name,
        measures,
        [(period_type.id, period) for period_type in table.period_types for period in period_type.periods],
        dimensions,
        needed=[selection.hierarchy.dimension_id for selection in question.selections],
    )
    codes = {
        s.hierarchy.id: np.array(
            [dimension.code(member.path, s.hierarchy.id) for member in s.hierarchy.members], dtype=np.int64
        )
        for s in question.selections
        for dimension in space.dimensions
        if dimension.id == s.hierarchy.dimension_id
    }
    return _Numbering(space, {d.id: place for place, d in enumerate(space.dimensions)}, codes)


def _parts(
    numbering: _Numbering, question: Plan, measure: Measure, periods: np.ndarray, members: list[np.ndarray]
) -> np.ndarray:
    space = numbering.space
    digits: list[Any] = [0] * len(space.dimensions)
    for selection, codes in zip(question.selections, members, strict=True):
        place = numbering.dimensions[selection.hierarchy.dimension_id]
        digits[place] = numbering.members[selection.hierarchy.id][codes]
    first = space.period_code(question.period_type.id, question.period_type.periods[0])
    position = next(i for i, known in enumerate(question.table.all_measures) if known is measure)
    return space.encode(position, periods.astype(np.int64) + first, digits)


def _label_columns(
    names: tuple[str, ...], periods: np.ndarray, members: list[np.ndarray], question: Plan
) -> list[tuple[str, Any]]:
    columns: list[tuple[str, Any]] = [(names[0], period_values(question.period_type.periods, periods).array)]
    for name, selection, codes in zip(names[1:], question.selections, members, strict=False):
        if selection.shown:
            columns.append((name, _categorical(codes, selection.hierarchy.labels)))
    return columns


def _categorical(codes: np.ndarray, labels: Sequence[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, pd.Index(list(labels), dtype="str"), validate=False)


def _wide(
    labels: list[tuple[str, Any]],
    cells: list[tuple[np.ndarray, np.ndarray]],
    parts: list[np.ndarray],
    registry: Registry,
    question: Plan,
    names: tuple[str, ...],
) -> pd.DataFrame:
    columns = list(labels)
    for measure, name, (numbers, status), part in zip(question.measures, names, cells, parts, strict=True):
        whole = _is_whole(numbers, measure)
        columns.append((name, _guarded(numbers, status, part, registry, whole=whole)))
    return _frame(columns)


def _long(
    labels: list[tuple[str, Any]],
    cells: list[tuple[np.ndarray, np.ndarray]],
    parts: list[np.ndarray],
    registry: Registry,
    question: Plan,
    names: tuple[str, ...],
) -> pd.DataFrame:
    count, rows = len(cells), len(parts[0])
    whole = all(_is_whole(numbers, m) for (numbers, _), m in zip(cells, question.measures, strict=True))
    numbers, status = (np.stack(arrays, axis=1).ravel() for arrays in zip(*cells, strict=True))
    distinct = [
        n if names.count(n) == 1 else f"{n} [{m.id}]" for n, m in zip(names, question.measures, strict=True)
    ]
    columns = [(name, values.repeat(count)) for name, values in labels]
    columns += [
        ("measure", _categorical(np.tile(np.arange(count, dtype=np.int32), rows), distinct)),
        ("value", _guarded(numbers, status, np.stack(parts, axis=1).ravel(), registry, whole=whole)),
        ("status", _categorical(status, [known.label for known in CellStatus])),
    ]
    return _frame(columns)


def _is_whole(numbers: np.ndarray, measure: Measure) -> bool:
    """Counts are whole unless the answers hold a decimal; rates, money and unknown measures never are."""
    if not is_count(measure.name, measure.group_name):
        return False
    return bool((np.isnan(numbers) | (numbers == np.trunc(numbers))).all())


def _guarded(
    numbers: np.ndarray, status: np.ndarray, parts: np.ndarray, registry: Registry, *, whole: bool
) -> DiscretionisedArray:
    values = np.where(np.isnan(numbers), 1, numbers)
    return DiscretionisedArray(values.astype(np.int64) if whole else values, status, parts, registry)


def _frame(columns: list[tuple[str, Any]]) -> pd.DataFrame:
    # By position first: two columns may bear one name, and both are kept.
    frame = pd.DataFrame({position: values for position, (_, values) in enumerate(columns)}, copy=False)
    frame.columns = pd.Index([name for name, _ in columns], dtype="str")
    return frame
