"""The rows of one answer, matched with what was asked. Pure: nothing is sent.

Names become positions in the metadata; what only the form sent brings is dropped; what does not fit is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from jobindsats_pandas.errors import PayloadError
from jobindsats_pandas.grids import Grid, Numbers, in_grid
from jobindsats_pandas.metadata import TOTAL
from jobindsats_pandas.periods import parse_period
from jobindsats_pandas.rows import read_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobindsats_pandas.fast_rows import Rows
    from jobindsats_pandas.forms import DataRequest, Selection
    from jobindsats_pandas.periods import PeriodKey

__all__ = [
    "SPARSE",
    "Block",
    "UnknownMemberError",
    "are_distinct",
    "described",
    "doubled",
    "in_rows",
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
    """The rows of one answer that were wanted, matched with the metadata: a grid of them, or row by row.

    Attributes
    ----------
    columns : tuple of str
        The answer's names for the period, the dimensions (in the order of the plan's selections) and the measures.
    codes : tuple of ndarray of int32
        Positions in the period type's periods, then in each selection's hierarchy: of each row, or of each line along an
        axis of the grid.
    values : tuple of Numbers
        One for each measure of the request; in a grid of its shape, with 0 where it has no row.
    in_grid : bool
    came : ndarray of bool, or None
        In a grid, which combinations have a row; None if all have.
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
    codes: tuple[np.ndarray, ...]
    values: tuple[Numbers, ...]
    in_grid: bool
    came: np.ndarray | None
    seen: frozenset[int]
    unfinished: bool
    total_periods: np.ndarray
    total_numbers: tuple[np.ndarray, ...]
    names: Mapping[str, str]

    @property
    def shape(self) -> tuple[int, ...]:
        """The grid's; or how many rows there are."""
        return tuple(map(len, self.codes)) if self.in_grid else self.codes[0].shape

    @cached_property
    def count(self) -> int:
        """How many rows there are."""
        return prod(self.shape) if self.came is None else int(np.count_nonzero(self.came))

    def present(self, axis: int) -> np.ndarray:
        """Which periods (0), or which members of a dimension, have a row; each once."""
        codes = self.codes[axis]
        if not self.in_grid:
            return np.unique(codes)
        if self.came is None:
            return codes if self.count else codes[:0]
        return codes.take(np.flatnonzero(_any_along(self.came, axis)))

    def periods_with_null(self, measure: int) -> np.ndarray:
        """Periods in which a number of a measure is null, with repetitions."""
        nulls = self.values[measure].nulls
        return (
            self.codes[0][:0] if nulls is None else self.codes[0].take(np.flatnonzero(_any_along(nulls, 0)))
        )

    @property
    def periods(self) -> np.ndarray:
        """The period of each row."""
        return self.by_row[0]

    @property
    def members(self) -> tuple[np.ndarray, ...]:
        """The members of each row, one array for each dimension."""
        return self.by_row[1:]

    @property
    def numbers(self) -> tuple[np.ndarray, ...]:
        """The numbers of each row, one array of float64 for each measure, NaN for null."""
        return tuple(in_rows(numbers.floats(), self.came) for numbers in self.values)

    @property
    def by_row(self) -> tuple[np.ndarray, ...]:
        """The period of each row, then its members."""
        if not self.in_grid:
            return self.codes
        grids = np.meshgrid(*self.codes, indexing="ij", copy=False)
        return tuple(in_rows(codes, self.came) for codes in grids)


def in_rows(values: np.ndarray, came: np.ndarray | None) -> np.ndarray:
    """What a grid holds, row by row."""
    return values.ravel() if came is None else values[came]


def _any_along(flags: np.ndarray, axis: int) -> Any:
    """Along one axis, whether there is any."""
    return flags.any(axis=tuple(other for other in range(flags.ndim) if other != axis))


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


def read_answer(body: bytes, request: DataRequest) -> Rows | Grid:
    """Read the rows of an answer, as `rows.read_rows`, into a grid if they make one; errors name the table."""
    try:
        return in_grid(read_rows(body, label_count(request)))
    except PayloadError as error:
        raise type(error)(f"Table {request.table.id}: {error}") from None


def label_count(request: DataRequest) -> int:
    """How many columns of an answer hold names: those of the period and the dimensions."""
    return 1 + len(request.selections)


def match_rows(rows: Rows | Grid, request: DataRequest) -> Block:
    """Match the names of an answer's rows with what was asked; as `match`, for rows that are read."""
    try:
        return _match(rows, request)
    except PayloadError as error:
        raise type(error)(f"Table {request.table.id}: {error}") from None


def _match(rows: Rows | Grid, request: DataRequest) -> Block:
    dimensions = _dimension_order(rows, request)
    measures = _measure_order(rows.columns, request)
    names = _names_of_totals(rows, dimensions, request.selections)
    period_type = request.table.period_type(request.period_type)
    known = period_positions(period_type.periods)
    wanted = {known[period] for period in request.periods}
    newest = range(len(period_type.periods) - request.latest, len(period_type.periods))
    axes = [
        _axis(
            rows.names[0],
            rows.columns[0],
            lambda name: known.get(name, known.get(parse_period(name))),
            wanted,
            set(newest) if request.latest else wanted,
            f"a period of type {period_type.id}",
        )
    ]
    axes += [
        _axis(
            rows.names[position],
            rows.columns[position],
            _member_lookup(selection),
            set(selection.codes),
            set(selection.brought),
            f"a member of the hierarchy {selection.hierarchy.id!r}",
        )
        for position, selection in zip(dimensions, request.selections, strict=True)
    ]
    if isinstance(rows, Grid) and not all(axis.distinct for axis in axes):
        rows = rows.rows()  # two names of one member, or of one period
    totals = [selection.hierarchy.codes.get(TOTAL, -1) for selection in request.selections]
    order = [0, *dimensions]
    places = [position - len(rows.names) for position in measures]
    if isinstance(rows, Grid):
        numbers = [rows.numbers[place].transpose(order) for place in places]
        came = None if rows.came is None else rows.came.transpose(order)
        matched = _match_grid(axes, numbers, came, totals)
    else:
        codes = [rows.labels[position].codes for position in order]
        matched = _match_rows(axes, codes, [rows.numbers[place] for place in places], totals)
        asked = [np.array(sorted(wanted), dtype=np.intp)]
        asked += [np.array(selection.codes, dtype=np.intp) for selection in request.selections]
        key, combinations = keys_of(matched.codes, asked)
        if not are_distinct(key, combinations):
            row = doubled(key, combinations)
            raise PayloadError(described(row, matched.codes, request.selections, period_type.periods))
    return Block(
        tuple(rows.columns[position] for position in (0, *dimensions, *measures)),
        matched.codes,
        matched.values,
        isinstance(rows, Grid),
        matched.came,
        matched.seen,
        not wanted <= matched.seen,
        matched.total_periods,
        matched.total_numbers,
        names,
    )


class _Axis(NamedTuple):
    """What the names of a column stand for; `unwanted`: those that only the form sent brings."""

    codes: np.ndarray
    unwanted: np.ndarray

    @property
    def distinct(self) -> bool:
        """Whether no two names stand for one thing."""
        return len(set(self.codes.tolist())) == len(self.codes)


class _Matched(NamedTuple):
    """The fields of a `Block` that come of rows."""

    codes: tuple[np.ndarray, ...]
    values: tuple[Numbers, ...]
    came: np.ndarray | None
    seen: frozenset[int]
    total_periods: np.ndarray
    total_numbers: tuple[np.ndarray, ...]


def _match_grid(
    axes: Sequence[_Axis], numbers: Sequence[Numbers], came: np.ndarray | None, totals: Sequence[int]
) -> _Matched:
    periods, *members = (axis.codes for axis in axes)
    seen = periods if came is None else periods.take(np.flatnonzero(_any_along(came, 0)))
    lines = [np.flatnonzero(codes == total) for codes, total in zip(members, totals, strict=True)]
    has_overall = all(map(len, lines))
    overall = (slice(None if has_overall else 0), *(int(line[0]) if has_overall else 0 for line in lines))
    shown = None if came is None else came[overall]
    total_periods = in_rows(periods[overall[0]], shown)
    total_numbers = tuple(in_rows(some[overall].floats(), shown) for some in numbers)
    codes = tuple(axis.codes for axis in axes)
    if any(axis.unwanted.any() for axis in axes):
        kept = [np.flatnonzero(~axis.unwanted) for axis in axes]
        wanted = np.ix_(*kept)
        numbers, came = [some[wanted] for some in numbers], None if came is None else came[wanted]
        codes = tuple(each.take(places) for each, places in zip(codes, kept, strict=True))
    return _Matched(codes, tuple(numbers), came, frozenset(seen.tolist()), total_periods, total_numbers)


def _match_rows(
    axes: Sequence[_Axis], rows: Sequence[np.ndarray], numbers: Sequence[np.ndarray], totals: Sequence[int]
) -> _Matched:
    codes = [_taken(axis.codes, places) for axis, places in zip(axes, rows, strict=True)]
    periods, *members = codes
    overall = np.ones(len(periods), dtype=bool)
    for member, total in zip(members, totals, strict=True):
        overall &= member == total
    total_rows = np.flatnonzero(overall)
    seen = frozenset(np.flatnonzero(np.bincount(periods, minlength=1)).tolist())
    total_periods, total_numbers = periods.take(total_rows), [values.take(total_rows) for values in numbers]
    unwanted = [
        axis.unwanted.take(places) for axis, places in zip(axes, rows, strict=True) if axis.unwanted.any()
    ]
    if unwanted:
        kept = np.flatnonzero(~np.logical_or.reduce(unwanted))
        codes, numbers = [each.take(kept) for each in codes], [values.take(kept) for values in numbers]
    found = tuple(Numbers(values, nulls if (nulls := np.isnan(values)).any() else None) for values in numbers)
    return _Matched(tuple(codes), found, None, seen, total_periods, tuple(total_numbers))


def _taken(table: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Look codes up in a table; themselves, where that is their own order."""
    return codes if (table == np.arange(len(table))).all() else table.take(codes)


def _names_of_totals(
    rows: Rows | Grid, positions: Sequence[int], selections: Sequence[Selection]
) -> dict[str, str]:
    """Read what provisional totals are called that nothing but ``/`` was asked of; several names tell nothing."""
    found: dict[str, str] = {}
    for position, selection in zip(positions, selections, strict=True):
        names, hierarchy = rows.names[position], selection.hierarchy
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
    """Look up the member that a name means.

    A provisional total has no name yet: only where nothing but ``/`` is sent, what comes is it, whatever it is called.
    """
    if selection.is_total and selection.hierarchy.total == "provisional":
        return lambda _: selection.codes[0]
    return selection.code_of


def _axis(
    names: Sequence[str],
    column: str,
    lookup: Callable[[str], int | None],
    wanted: set[int],
    brought: set[int],
    what: str,
) -> _Axis:
    codes = [lookup(label) for label in names]
    if not brought.issuperset(codes):
        label, code = next(
            (label, code) for label, code in zip(names, codes, strict=True) if code not in brought
        )
        if code is None:
            raise UnknownMemberError(
                f"the answer has {label!r} in column {column!r}, and the metadata know no such {what[2:]}."
            )
        # Perhaps names were given to other members since: worth a look at newer metadata too.
        raise UnknownMemberError(
            f"the answer has {label!r} in column {column!r}: {what} that was not asked for."
        )
    return _Axis(
        np.array(codes, dtype=np.int32), np.array([code not in wanted for code in codes], dtype=bool)
    )


def _dimension_order(rows: Rows | Grid, request: DataRequest) -> list[int]:
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
        place: [p for p in free if _may_hold(rows.names[p], request.selections[place])] for place in lacking
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


def _may_hold(names: Sequence[str], selection: Selection) -> bool:
    """Whether all names of a column may be members of a selection."""
    lookup, brought = _member_lookup(selection), set(selection.brought)
    return all(lookup(name) in brought for name in names)


def _measure_order(columns: tuple[str, ...], request: DataRequest) -> list[int]:
    """Find each wanted measure's column: by its name, bare or behind its group's.

    Of columns with one name, each belongs to the measure whose place among those of that name it has; but only where
    the answer's measures stand in the order of the metadata, for otherwise nothing tells them apart.
    """
    free = dict(enumerate(columns[1 + len(request.selections) :], start=1 + len(request.selections)))
    sent = request.table.all_measures if request.all_measures else request.measures
    found: dict[int, int] = {}
    guessed = False
    # The fuller name first: it fits one measure, the bare one may fit several. Letter for letter before blanks are left out.
    names_of = (lambda m: m.column, lambda m: f"{m.group_name}: {m.name}", lambda m: m.name)
    for as_compared, name_of in product((str, str.strip), names_of):
        for place, measure in enumerate(sent):
            wanted_name = as_compared(name_of(measure))
            fitting = [position for position, name in free.items() if as_compared(name) == wanted_name]
            if place not in found and fitting:
                found[place] = fitting[0]
                guessed |= len(fitting) > 1
                del free[fitting[0]]
    wanted = {id(measure) for measure in request.measures}
    places = [place for place, measure in enumerate(sent) if id(measure) in wanted]
    lacking = [sent[place].column for place in places if place not in found]
    if lacking:
        raise UnknownMemberError(
            f"the answer's columns {list(columns)} lack the measure {lacking[0]!r}. measures= with others leaves it out."
        )
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
    row: int, codes: Sequence[np.ndarray], selections: Sequence[Selection], period_ids: Sequence[str]
) -> str:
    """Say which row stands twice in an answer."""
    periods, *members = codes
    key = [period_ids[periods[row]]]
    key += [s.hierarchy.labels[member[row]] for s, member in zip(selections, members, strict=True)]
    return f"the answer has two rows for {', '.join(key)}, so it is not known which one is right."
