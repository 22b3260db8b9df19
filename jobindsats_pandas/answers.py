"""The rows of one answer, matched with what was asked. Pure: nothing is sent.

Names become positions in the metadata; what only the form sent brings is dropped; what does not fit is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from jobindsats_pandas.errors import PayloadError
from jobindsats_pandas.metadata import TOTAL
from jobindsats_pandas.periods import parse_period
from jobindsats_pandas.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobindsats_pandas.fast_rows import Labels, Rows
    from jobindsats_pandas.forms import DataRequest, Selection
    from jobindsats_pandas.periods import PeriodKey

__all__ = [
    "SPARSE",
    "Block",
    "UnknownMemberError",
    "are_distinct",
    "described",
    "doubled",
    "is_rising",
    "keys_of",
    "label_count",
    "match",
    "match_rows",
    "order_of",
    "period_positions",
    "read_answer",
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
    names = _names_of_totals(rows, dimensions, request.selections)
    period_type = request.table.period_type(request.period_type)
    known = period_positions(period_type.periods)
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
    key, combinations = keys_of([*members, periods], asked)
    if not are_distinct(key, combinations):
        row = doubled(key, combinations)
        raise PayloadError(described(row, periods, members, request.selections, period_type.periods))
    return Block(
        tuple(rows.columns[position] for position in (0, *dimensions, *measures)),
        periods,
        tuple(members),
        tuple(numbers),
        seen,
        not wanted <= seen,
        total_periods,
        tuple(total_numbers),
        names,
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
def period_positions(periods: tuple[str, ...]) -> dict[PeriodKey | str | None, int]:
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
    nameless = hierarchy.codes.get(TOTAL) if hierarchy.total == "provisional" else None
    names: dict[str, int] = {}
    for code in (*selection.codes, *selection.brought, *range(len(hierarchy.members))):
        if code != nameless:
            names.setdefault(hierarchy.members[code].name, code)
    return names.get


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


# --- keys of rows ---


def is_rising(key: np.ndarray) -> bool:
    """Whether each number is larger than the one before."""
    return bool((key[1:] > key[:-1]).all())


def are_distinct(key: np.ndarray, combinations: int) -> bool:
    """Whether no two rows have one key."""
    if is_rising(key):
        return True
    if combinations > SPARSE * len(key):
        return len(order_of(key, combinations)) == len(key)
    seen = np.zeros(combinations, dtype=bool)
    seen[key] = True
    return int(np.count_nonzero(seen)) == len(key)


def order_of(key: np.ndarray, combinations: int) -> np.ndarray:
    """Positions of the rows by rising key; of several with one key, just one."""
    if combinations > SPARSE * len(key):
        order = np.argsort(key, kind="stable")
        return order[np.diff(key[order], prepend=-1) > 0]
    rows = np.full(combinations, -1, dtype=np.intp)
    rows[key] = np.arange(len(key))
    came = rows >= 0
    return rows if came.all() else rows[came]


def doubled(key: np.ndarray, combinations: int) -> int:
    """Position of a row whose key another one has too."""
    return int(np.setdiff1d(np.arange(len(key)), order_of(key, combinations))[0])


def keys_of(columns: Sequence[np.ndarray], asked: Sequence[np.ndarray]) -> tuple[np.ndarray, int]:
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


def described(
    row: int,
    periods: np.ndarray,
    members: Sequence[np.ndarray],
    selections: Sequence[Selection],
    period_ids: Sequence[str],
) -> str:
    """Say which row stands twice in an answer."""
    key = [period_ids[periods[row]]]
    key += [s.hierarchy.labels[codes[row]] for s, codes in zip(selections, members, strict=True)]
    return f"the answer has two rows for {', '.join(key)}, so it is not known which one is right."
