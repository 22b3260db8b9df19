"""From answers to a frame: typed, flagged, in our order. Pure: nothing is sent.

An answer's rows are read (`rows`), its names matched with the metadata (`match`), the answers to one plan joined and
flagged (`to_frame`). Nothing is guessed: what does not fit the metadata is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, reduce
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas.disclosure import (
    Cells,
    CellStatus,
    DiscretionisedArray,
    PartDimension,
    PartMeasure,
    PartSpace,
    Registry,
)
from jobindsats_pandas.errors import PayloadError
from jobindsats_pandas.kinds import ROUNDED_TABLES, Kind, is_count, looks_rounded
from jobindsats_pandas.metadata import TOTAL
from jobindsats_pandas.periods import parse_period, period_values
from jobindsats_pandas.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from jobindsats_pandas.fast_rows import Labels, Rows
    from jobindsats_pandas.forms import DataRequest, Selection
    from jobindsats_pandas.metadata import Level, Measure
    from jobindsats_pandas.periods import PeriodKey
    from jobindsats_pandas.queries import Plan

__all__ = [
    "Block",
    "Missing",
    "UnknownMemberError",
    "asks_whole_levels",
    "label_count",
    "match",
    "match_rows",
    "missing",
    "read_answer",
    "suspiciously_rounded",
    "to_frame",
    "unexplained_since",
]

#: With more combinations asked for than this many times the rows that came, sorting is cheaper than a place for each.
SPARSE = 8


class UnknownMemberError(PayloadError):
    """The answer names something that the metadata do not: they may be older than the answer."""


@dataclass(frozen=True)
class Block:
    """The rows of one answer that were wanted, matched with the metadata.

    Attributes
    ----------
    columns : tuple of str
        The answer's names for the period, the dimensions (in the order of the plan's selections) and the measures.
    periods : ndarray of int32
        Positions in the period type's periods.
    members : tuple of ndarray of int32
        Positions in each selection's hierarchy.
    numbers : tuple of ndarray of float64
        One for each measure of the request, NaN where the answer has null.
    seen : frozenset of int
        Positions of the periods that have any row in the answer, one that was not wanted too.
    unfinished : bool
        Whether a period that was asked for has none.
    total_periods : ndarray of int32
    total_numbers : tuple of ndarray of float64
        The rows of the overall total, where every dimension stands at ``/``, also where it came unasked.
    names : dict
        By the ids of their hierarchies, what the totals are called that were asked for alone, and had no name so far.
    """

    columns: tuple[str, ...]
    periods: np.ndarray
    members: tuple[np.ndarray, ...]
    numbers: tuple[np.ndarray, ...]
    seen: frozenset[int]
    unfinished: bool
    total_periods: np.ndarray
    total_numbers: tuple[np.ndarray, ...]
    names: Mapping[str, str]


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
    return match_rows(read_answer(body, request), request)


def read_answer(body: bytes, request: DataRequest) -> Rows:
    """Read the rows of an answer, as `rows.read_rows`; errors name the table."""
    try:
        return read_rows(body, label_count(request))
    except PayloadError as error:
        raise type(error)(f"Table {request.table.id}: {error}") from None


def label_count(request: DataRequest) -> int:
    """How many columns of an answer hold names: those of the period and the dimensions."""
    return 1 + len(request.selections)


def match_rows(rows: Rows, request: DataRequest) -> Block:
    """Match the names of an answer's rows with what was asked; as `match`, for rows that are read."""
    try:
        return _match(rows, request)
    except PayloadError as error:
        raise type(error)(f"Table {request.table.id}: {error}") from None


def _match(rows: Rows, request: DataRequest) -> Block:
    dimensions = _dimension_order(rows, request)
    measures = _measure_order(rows.columns, request)
    period_type = request.table.period_type(request.period_type)
    known = _period_positions(period_type.periods)
    wanted = {known[period] for period in request.periods}
    newest = range(len(period_type.periods) - request.latest, len(period_type.periods))
    found = [
        _codes(
            rows.labels[0],
            rows.columns[0],
            lambda name: known.get(name, known.get(parse_period(name))),
            wanted,
            set(newest) if request.latest else wanted,
            f"a period of type {period_type.id}",
        )
    ]
    found += [
        _codes(
            rows.labels[position],
            rows.columns[position],
            _member_lookup(selection),
            set(selection.codes),
            set(selection.brought),
            f"a member of the hierarchy {selection.hierarchy.id!r}",
        )
        for position, selection in zip(dimensions, request.selections, strict=True)
    ]
    periods, *members = (each.codes for each in found)
    first_number = len(rows.labels)
    numbers = [rows.numbers[position - first_number] for position in measures]
    overall = np.ones(len(periods), dtype=bool)
    for codes, selection in zip(members, request.selections, strict=True):
        overall &= codes == selection.hierarchy.codes.get(TOTAL, -1)
    totals = np.flatnonzero(overall)
    total_periods, total_numbers = periods.take(totals), [values.take(totals) for values in numbers]
    seen = frozenset(np.flatnonzero(np.bincount(periods, minlength=1)).tolist())
    unwanted = [each.unwanted for each in found if each.unwanted is not None]
    if unwanted:
        kept = np.flatnonzero(~np.logical_or.reduce(unwanted))
        periods, members = periods.take(kept), [codes.take(kept) for codes in members]
        numbers = [values.take(kept) for values in numbers]
    asked = [np.array(selection.codes, dtype=np.intp) for selection in request.selections]
    asked.append(np.array(sorted(wanted), dtype=np.intp))
    key, combinations = _keys([*members, periods], asked)
    if not _distinct(key, combinations):
        row = _doubled(key, combinations)
        raise PayloadError(_described(row, periods, members, request.selections, period_type.periods))
    return Block(
        tuple(rows.columns[position] for position in (0, *dimensions, *measures)),
        periods,
        tuple(members),
        tuple(numbers),
        seen,
        not wanted <= seen,
        total_periods,
        tuple(total_numbers),
        _names_of_totals(rows, dimensions, request.selections),
    )


def _names_of_totals(rows: Rows, positions: Sequence[int], selections: Sequence[Selection]) -> dict[str, str]:
    """Read what provisional totals are called that nothing but ``/`` was asked of; several names tell nothing."""
    found: dict[str, str] = {}
    for position, selection in zip(positions, selections, strict=True):
        names, hierarchy = rows.labels[position].names, selection.hierarchy
        if not selection.is_total or hierarchy.total != "provisional":
            continue
        if len(names) > 1:
            raise PayloadError(
                f"asked for '/' of the hierarchy {hierarchy.id!r} alone, the API answers with {len(names)} members:"
                f" {', '.join(map(repr, names[:3]))}{' …' if len(names) > 3 else ''}."
            )
        others = {member.name for member in hierarchy.members if member.path != TOTAL}
        if names and names[0] not in others:
            found[hierarchy.id] = names[0]
    return found


@lru_cache(maxsize=32)
def _period_positions(periods: tuple[str, ...]) -> dict[PeriodKey | str | None, int]:
    """Position of each period by its id, and by what the id says: ``2025Q4`` is written ``2025Q04`` too."""
    positions: dict[PeriodKey | str | None, int] = {text: place for place, text in enumerate(periods)}
    said = {parse_period(text): place for text, place in positions.items() if isinstance(text, str)}
    return {key: place for key, place in said.items() if key is not None} | positions


def _member_lookup(selection: Selection) -> Callable[[str], int | None]:
    """Look a name up among the members asked for, then among what the form brings beside them, then in the hierarchy.

    A provisional total has no name yet: only where nothing but ``/`` is sent, what comes is it, whatever it is called.
    """
    hierarchy = selection.hierarchy
    if selection.is_total and hierarchy.total == "provisional":
        return lambda _: selection.codes[0]
    names: dict[str, int] = {}
    for code in (*selection.codes, *selection.brought):
        if hierarchy.total != "provisional" or hierarchy.members[code].path != TOTAL:
            names.setdefault(hierarchy.members[code].name, code)
    return lambda name: names.get(name, hierarchy.codes_by_name.get(name, (None,))[0])


@dataclass(frozen=True)
class _Codes:
    """What a column of names stands for; `unwanted`: rows that only the form sent brings, None where there are none."""

    codes: np.ndarray
    unwanted: np.ndarray | None


def _codes(
    column: Labels,
    name: str,
    lookup: Callable[[str], int | None],
    wanted: set[int],
    brought: set[int],
    what: str,
) -> _Codes:
    table = np.empty(len(column.names), dtype=np.int32)
    for position, label in enumerate(column.names):
        code = lookup(label)
        if code is None:
            raise UnknownMemberError(
                f"the answer has {label!r} in column {name!r}, and the metadata know no such {what[2:]}."
            )
        if code not in brought:
            # Perhaps names were given to other members since: worth a look at newer metadata too.
            raise UnknownMemberError(
                f"the answer has {label!r} in column {name!r}: {what} that was not asked for."
            )
        table[position] = code
    extra = np.array([code not in wanted for code in table.tolist()], dtype=bool)
    unwanted = extra.take(column.codes) if extra.any() else None
    if (table == np.arange(len(table))).all():
        return _Codes(column.codes, unwanted)  # the names came in the metadata's own order
    return _Codes(table.take(column.codes), unwanted)


def _dimension_order(rows: Rows, request: DataRequest) -> list[int]:
    """Find each selection's column among those behind the period: by the dimension's name, in any order.

    A column under a name that is neither the dimension's nor the hierarchy's is found by elimination, and by the members
    that stand in it.
    """
    columns = rows.columns
    free = dict(enumerate(columns[1 : 1 + len(request.selections)], start=1))
    area = request.table.area
    order: dict[int, int] = {}
    for place, selection in enumerate(request.selections):
        names = [selection.hierarchy.dimension_name, selection.hierarchy.name]
        if area is not None and selection.hierarchy.dimension_id == area.id:
            names += ["Område", "Area"]  # the API's own words for it, now and in version 2
        position = next((p for wanted in names for p, name in free.items() if name == wanted), None)
        if position is not None:
            del free[position]
            order[place] = position
    lacking = [place for place in range(len(request.selections)) if place not in order]
    if len(lacking) == 1:
        order[lacking.pop()], *_ = free
    fitting = {
        place: [p for p in free if _may_hold(rows.labels[p], request.selections[place])] for place in lacking
    }
    while lacking:
        place = min(lacking, key=lambda place: len(fitting[place]))
        taken = fitting[place]
        if len(taken) != 1 and not (taken and rows.count == 0):
            dimension = request.selections[place].hierarchy.dimension_name
            raise UnknownMemberError(
                f"of the answer's columns {list(columns)}, {len(taken) or 'none'} could be the dimension {dimension!r},"
                " which was asked for, by name and members."
            )
        order[place] = taken[0]
        lacking.remove(place)
        fitting = {other: [p for p in found if p != taken[0]] for other, found in fitting.items()}
    return [order[place] for place in range(len(request.selections))]


def _may_hold(column: Labels, selection: Selection) -> bool:
    """Whether all names of a column may be members of a selection."""
    lookup, brought = _member_lookup(selection), set(selection.brought)
    return all(lookup(name) in brought for name in column.names)


def _measure_order(columns: tuple[str, ...], request: DataRequest) -> list[int]:
    """Find each wanted measure's column: by its name, bare or behind its group's.

    Of columns with one name, each belongs to the measure whose place among those of that name it has; but only where
    the answer's measures stand in the order of the metadata, for otherwise nothing tells them apart.
    """
    free = dict(enumerate(columns[1 + len(request.selections) :], start=1 + len(request.selections)))
    sent = request.table.all_measures if request.all_measures else request.measures
    found: dict[int, int] = {}
    guessed = False
    # The fuller name first: it fits one measure, the bare one may fit several.
    for name_of in (lambda m: m.column, lambda m: f"{m.group_name}: {m.name}", lambda m: m.name):
        for place, measure in enumerate(sent):
            fitting = [position for position, name in free.items() if name == name_of(measure)]
            if place not in found and fitting:
                found[place] = fitting[0]
                guessed |= len(fitting) > 1
                del free[fitting[0]]
    wanted = {id(measure) for measure in request.measures}
    places = [place for place, measure in enumerate(sent) if id(measure) in wanted]
    lacking = [sent[place].column for place in places if place not in found]
    if lacking:
        raise UnknownMemberError(f"the answer's columns {list(columns)} lack the measure {lacking[0]!r}.")
    if free:
        raise UnknownMemberError(
            f"the answer has the columns {list(free.values())}, and the metadata know no such measures.",
        )
    order = [position for _, position in sorted(found.items())]
    if guessed and order != sorted(order):
        raise PayloadError(
            f"the answer's columns {list(columns)} have one name for several measures and another order than the"
            " metadata, so they cannot be told apart. Ask for one of these measures at a time, by its id.",
        )
    return [found[place] for place in places]


def suspiciously_rounded(blocks: Sequence[Block], question: Plan) -> list[str]:
    """Columns of counts that look as if the table hid by rounding, though it is not known to: many 5s, no 1 to 4."""
    if question.table.id.casefold() in ROUNDED_TABLES:
        return []
    found = []
    for place, measure in enumerate(question.measures):
        columns = [block.numbers[place] for block in blocks]
        if not is_count(measure.name, measure.group_name) or any(np.isnan(c).any() for c in columns):
            continue
        fives = sum(int((c == 5).sum()) for c in columns)
        if fives and looks_rounded(
            fives=fives, one_to_four=sum(int(((c >= 1) & (c <= 4)).sum()) for c in columns), nulls=0
        ):
            found.append(measure.column)
    return found


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
    every_total = np.logical_and.accumulate(present[::-1])[::-1]
    shown_later = np.logical_or.accumulate(shown[:, ::-1], axis=1)[:, ::-1]
    unexplained = np.zeros(len(present), dtype=bool)
    unexplained[_asked_periods(question)] = True
    earliest = len(present)
    for measure, explained in enumerate(shown_later | every_total):
        open_periods = unexplained & ~explained
        if not open_periods.any():
            continue
        for block in blocks:
            missing = np.zeros(len(present), dtype=bool)
            missing[block.periods[np.isnan(block.numbers[measure])]] = True
            earliest = min([earliest, *np.flatnonzero(missing & open_periods)[:1].tolist()])
    return question.period_type.periods[earliest] if earliest < len(present) else None


def _asked_periods(question: Plan) -> np.ndarray:
    positions = _period_positions(question.period_type.periods)
    return np.array([positions[period] for period in question.periods], dtype=np.intp)


def _totals(blocks: Sequence[Block], question: Plan) -> tuple[np.ndarray, np.ndarray]:
    """Tell in which periods the overall total has a row, and where (measure, period) that row shows a number."""
    count = len(question.period_type.periods)
    present = np.zeros(count, dtype=bool)
    shown = np.zeros((len(question.measures), count), dtype=bool)
    for block in blocks:
        present[block.total_periods] = True
        for measure, numbers in enumerate(block.total_numbers):
            shown[measure, block.total_periods[~np.isnan(numbers)]] = True
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


# --- what did not come ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Missing:
    """What was asked for and did not come, by positions of periods: not available, and never 0.

    Attributes
    ----------
    periods : frozenset of int
        Periods without any row.
    totals : frozenset of int
        Periods with rows, but without that of the overall total, which was asked for.
    """

    periods: frozenset[int] = frozenset()
    totals: frozenset[int] = frozenset()


NOTHING_MISSING = Missing()


def missing(blocks: Sequence[Block], question: Plan) -> Missing:
    """Find the periods that did not come, or came without the overall total that was asked for.

    A hierarchy asked for with ``*`` that gives its total in no period has none in its answers: nothing is missing.
    """
    asked = set(_asked_periods(question).tolist())
    seen = {period for block in blocks for period in block.seen}
    codes = [(s.hierarchy.codes.get(TOTAL), s.codes) for s in question.selections]
    if not all(total in wanted for total, wanted in codes):
        return Missing(frozenset(asked - seen))
    totals = {period for block in blocks for period in block.total_periods.tolist()} & asked
    by_star = any(s.form == "*" for request in question.requests for s in request.selections)
    lost = asked & seen - totals if totals or not by_star else set()
    return Missing(frozenset(asked - seen), frozenset(lost))


def asks_whole_levels(question: Plan) -> bool:
    """Whether every dimension stands at its total or at all members of a level: then a period without a row is missing.

    Named members alone may all be left out, which says that they are 0.
    """
    for selection in question.selections:
        hierarchy, codes = selection.hierarchy, set(selection.codes)
        if not any(codes.issuperset(hierarchy.level_codes(level)) for level in hierarchy.levels):
            return False
    return True


# --- the frame -------------------------------------------------------------------------------------------------------


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
    limits = _available_until([*blocks, totals] if totals else blocks, question)
    kinds = additive or {}
    periods = _concatenated([block.periods for block in blocks])
    members = [_concatenated(codes) for codes in zip(*(block.members for block in blocks), strict=True)]
    source = _row_sources(periods, members, question, complete=complete)
    names = blocks[0].columns
    labels = _label_columns(names, source.periods, source.members, question)
    parts, registry = _parts(question, source, kinds)
    late = _not_available(source, question, lacking)

    def measured() -> Iterator[_Cells]:
        for place, (measure, limit, part) in enumerate(zip(question.measures, limits, parts, strict=True)):
            numbers, status = _joined(blocks, place, source, limit, question)
            if late is not None:
                status[late & (status == CellStatus.ABSENT)] = CellStatus.NOT_AVAILABLE
            if doubt is not None:
                shown = np.where(status == CellStatus.ABSENT, 0, numbers) if source.complete else numbers
                kind = kinds.get(measure.column, measure.kind)
                told = contradiction(measure, kind, shown, source, question)
                if told is not None:
                    doubt(told)
            yield _Cells(measure, numbers, status, part)

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


#: Kinds whose parts add up to the total, and by how much each rounded number may be off.
_ADDING = {Kind.FULL_TIME: 0.5, Kind.MONEY: 0.5, Kind.FLOW: 0.0, Kind.STOCK: 0.0}


def contradiction(
    measure: Measure, kind: Kind, numbers: np.ndarray, source: _Sources, question: Plan
) -> str | None:
    """Say where a total and all parts of one level, none of them hidden, miss each other by more than rounding.

    Parameters
    ----------
    numbers : ndarray of float64
        The measure's numbers, row by row; NaN where there is none.

    Returns
    -------
    str or None
    """
    if kind not in _ADDING or question.table.id.casefold() in ROUNDED_TABLES:
        return None
    found = None
    for axis, selection in enumerate(question.selections):
        hierarchy, codes = selection.hierarchy, set(selection.codes)
        if hierarchy.codes.get(TOTAL) not in codes:
            continue
        for level in hierarchy.levels:
            if level.stop - level.start == 1 or not codes.issuperset(hierarchy.level_codes(level)):
                continue
            off = _missed(numbers, source, question, axis, level, _ADDING[kind])
            if off is not None:
                total, parts, count, period = off
                name = hierarchy.labels[hierarchy.codes[TOTAL]]
                found = (
                    f"Table {question.table.id}, {measure.column!r}: in {question.period_type.periods[period]} {name!r} is"
                    f" {total:,.10g} and the members of {level.name!r}, all of them visible, add up to {parts:,.10g}"
                    f" ({count:,} such cases). One of them is not what its name says, or additive= names a wrong kind: look at"
                    " both before either is relied on."
                )
    return found


def _missed(
    numbers: np.ndarray, source: _Sources, question: Plan, axis: int, level: Level, each: float
) -> tuple[float, float, int, int] | None:
    """Find where the members of a level do not add up to the total: both figures, how often, and the first period."""
    codes = source.members[axis]
    total = question.selections[axis].hierarchy.codes[TOTAL]
    at_total = np.flatnonzero(codes == total)
    of_level = np.flatnonzero((codes >= level.start) & (codes < level.stop))
    others = [members for place, members in enumerate(source.members) if place != axis]
    asked = [np.array(s.codes, dtype=np.intp) for place, s in enumerate(question.selections) if place != axis]
    asked.append(_asked_periods(question))
    key, combinations = _keys([*others, source.periods], asked)
    if combinations > SPARSE * len(key):
        distinct, key = np.unique(key, return_inverse=True)
        combinations = len(distinct)
    sums = np.bincount(key[of_level], numbers[of_level], combinations)  # NaN wherever a part is hidden
    counts = np.bincount(key[of_level], minlength=combinations)
    keys = key[at_total]
    distance = np.abs(numbers[at_total] - sums[keys])
    off = np.flatnonzero((distance > each * (counts[keys] + 1) + 1e-6) & (counts[keys] > 0))
    if not off.size:
        return None
    first = off[0]
    return (
        float(numbers[at_total[first]]),
        float(sums[keys[first]]),
        len(off),
        int(source.periods[at_total[first]]),
    )


@dataclass(frozen=True)
class _Cells:
    """The cells of one measure, row by row; a hidden number is NaN."""

    measure: Measure
    numbers: np.ndarray
    status: np.ndarray
    parts: np.ndarray


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
    asked = [np.array(s.codes, dtype=np.intp) for s in question.selections] + [_asked_periods(question)]
    key, combinations = _keys([*members, periods], asked)
    order = None if _rising(key) else _order(key, combinations)
    if order is not None and len(order) < len(key):
        row = _doubled(key, combinations)
        double = _described(row, periods, members, question.selections, question.period_type.periods)
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


def _rising(key: np.ndarray) -> bool:
    return bool((key[1:] > key[:-1]).all())


def _distinct(key: np.ndarray, combinations: int) -> bool:
    """Whether no two rows have one key."""
    if _rising(key):
        return True
    if combinations > SPARSE * len(key):
        return len(_order(key, combinations)) == len(key)
    seen = np.zeros(combinations, dtype=bool)
    seen[key] = True
    return int(np.count_nonzero(seen)) == len(key)


def _order(key: np.ndarray, combinations: int) -> np.ndarray:
    """Positions of the rows by rising key; of several with one key, just one."""
    if combinations > SPARSE * len(key):
        order = np.argsort(key, kind="stable")
        return order[np.diff(key[order], prepend=-1) > 0]
    rows = np.full(combinations, -1, dtype=np.intp)
    rows[key] = np.arange(len(key))
    came = rows >= 0
    return rows if came.all() else rows[came]


def _doubled(key: np.ndarray, combinations: int) -> int:
    """Position of a row whose key another one has too."""
    return int(np.setdiff1d(np.arange(len(key)), _order(key, combinations))[0])


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


def _keys(columns: Sequence[np.ndarray], asked: Sequence[np.ndarray]) -> tuple[np.ndarray, int]:
    """Number the rows by their combination of what was asked for, and tell how many combinations there are."""
    combinations = prod(map(len, asked))
    key: np.ndarray = np.zeros(len(columns[-1]), dtype=np.int32 if combinations < 2**31 else np.intp)
    for codes, wanted in zip(columns, asked, strict=True):
        key *= len(wanted)
        first, last = int(wanted[0]), int(wanted[-1])
        if last - first == len(wanted) - 1:
            key += codes  # all from the first to the last: arithmetic is cheaper than a look at a table
            if first:
                key -= first
        else:
            rank = np.zeros(last + 1, dtype=key.dtype)
            rank[wanted] = np.arange(len(wanted))
            key += rank.take(codes)
    return key, combinations


def _described(
    row: int,
    periods: np.ndarray,
    members: Sequence[np.ndarray],
    selections: Sequence[Selection],
    period_ids: Sequence[str],
) -> str:
    key = [period_ids[periods[row]]]
    key += [s.hierarchy.labels[codes[row]] for s, codes in zip(selections, members, strict=True)]
    return f"the answer has two rows for {', '.join(key)}, so it is not known which one is right."


def _parts(
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
    parts = (of_first_measure + number[id(measure)] * space.per_measure for measure in question.measures)
    return parts, Registry.of(space)


def _space(question: Plan, additive: Mapping[str, Kind]) -> PartSpace:
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
    return PartSpace.fitting(
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
            for field in ("numbers", "status", "parts")
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
    return DiscretionisedArray.unchecked(Cells(values, cells.status, cells.parts, registry))


def _frame(columns: list[tuple[str, Any]]) -> pd.DataFrame:
    # By position first: two columns may bear one name, and both are kept.
    frame = pd.DataFrame({position: values for position, (_, values) in enumerate(columns)}, copy=False)
    # A view, for whoever gives the columns a name.
    frame.columns = _names(tuple(name for name, _ in columns)).view()
    return frame


@lru_cache(maxsize=64)
def _names(names: tuple[str, ...]) -> pd.Index:
    return pd.Index(list(names), dtype="str")
