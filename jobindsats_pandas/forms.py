"""The requests that ask a question: their forms on the wire, and how a large one is split. Pure: nothing is sent."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING
from urllib.parse import quote

from jobindsats_pandas.errors import QueryError, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jobindsats_pandas.metadata import Hierarchy, Measure, Table

__all__ = [
    "BASE_URL",
    "MAX_CELLS",
    "MAX_URL",
    "DataRequest",
    "Selection",
    "halve",
    "members_text",
    "name_unique",
    "split",
]

BASE_URL = "https://api.jobindsats.dk/v3"

#: The API can time out from about 200,000 cells (STAR's own rule); this leaves room.
MAX_CELLS = 150_000

#: Longest address that every proxy on the way can be trusted with.
MAX_URL = 2_000

#: What stays as it is in an address: so it stands in every call that is known to work.
_SAFE = "*/,:"


@dataclass(frozen=True)
class Selection:
    """The members asked for in one hierarchy.

    Attributes
    ----------
    codes : tuple of int
        Positions in ``hierarchy.members``, ascending.
    shown : bool
        Whether the dimension becomes a column; an area that nobody asked for does not.
    """

    hierarchy: Hierarchy
    codes: tuple[int, ...]
    shown: bool = True

    def __repr__(self) -> str:
        return f"{self.hierarchy.id}: {len(self.codes)} of {len(self.hierarchy.members)} members"


@dataclass(frozen=True)
class DataRequest:
    """One GET request for data.

    Attributes
    ----------
    periods : tuple of str
        Period ids, oldest first.
    latest : bool
        Whether they are asked for as ``latest:N``, being the newest there are.
    selections : tuple of Selection
        One for each dimension that is sent, in the order of the metadata. Names are distinct within each.
    measures : tuple of Measure
        In the order of the metadata.
    """

    table: Table = field(repr=False)
    period_type: str
    periods: tuple[str, ...]
    latest: bool
    selections: tuple[Selection, ...]
    measures: tuple[Measure, ...] = field(repr=False)

    @property
    def cells(self) -> int:
        """How many measure values are asked for."""
        return len(self.periods) * len(self.measures) * prod(len(s.codes) for s in self.selections)

    @cached_property
    def path(self) -> str:
        """The request behind the API's address, percent-encoded, parameters in a fixed order."""
        period = f"latest:{len(self.periods)}" if self.latest else ",".join(self.periods)
        parameters = [
            *_measure_parameters(self.table, self.measures),
            (f"period.{self.period_type}", period),
            *((f"hierarchy.{s.hierarchy.id}", members_text(s)) for s in self.selections),
            ("format", "json"),
        ]
        query = "&".join(
            f"{quote(name, safe='*/,:')}={quote(value, safe='*/,:')}" for name, value in parameters
        )
        return f"data/{quote(self.table.id, safe='')}?{query}"


def halve(request: DataRequest, room: int = MAX_URL - len(BASE_URL) - 1) -> tuple[DataRequest, ...] | None:
    """Cut a request in two: the periods, else the largest dimension; None for one period of single members.

    The halves may be more than two: what was ``*`` becomes a list of members, which has to fit into addresses, of which
    `room` characters are left behind the API's own.
    """
    if len(request.periods) > 1:
        middle = len(request.periods) // 2
        older, newer = request.periods[:middle], request.periods[middle:]
        halves = [replace(request, periods=older, latest=False), replace(request, periods=newer)]
    else:
        axis = _largest(request)
        if axis is None:
            return None
        codes = request.selections[axis].codes
        middle = len(codes) // 2
        halves = [_with_codes(request, axis, codes[:middle]), _with_codes(request, axis, codes[middle:])]
    return tuple(part for half in halves for part in split(half, half.cells, room))


# --- splitting -------------------------------------------------------------------------------------------------------


def split(request: DataRequest, max_cells: int, room: int) -> list[DataRequest]:
    """Cut a request into the fewest that fit, in the order: address too long, periods, largest dimension."""

    def fits(part: DataRequest) -> bool:
        return part.cells <= max_cells and len(part.path) <= room

    if fits(request):
        return [request]
    single = replace(request, periods=(max(request.periods, key=_encoded_length),), latest=False)
    axis = _longest(single) if len(single.path) > room else None
    if axis is None and len(request.periods) > 1 and single.cells <= max_cells:
        return _period_runs(replace(request, latest=False), max_cells // single.cells, room)
    if axis is None and len(request.periods) > 1:
        parts = split(single, max_cells, room)
        return [replace(part, periods=(period,)) for period in request.periods for part in parts]
    axis = _largest(request) if axis is None else axis
    if axis is None and len(request.path) <= room:
        raise TooLargeError(
            f"Table {request.table.id}: one period and member are {request.cells:,} cells already, and max_cells is"
            f" {max_cells:,}. Name fewer measures, or raise max_cells.",
        )
    if axis is None:
        raise QueryError(
            f"Table {request.table.id}: the address of the request has {len(request.path):,} characters and {room:,} is"
            " the limit. Name fewer measures in one call, or leave them out for all of them.",
        )
    return [
        part
        for codes in _member_runs(single, axis, max_cells, room)
        for part in split(_with_codes(request, axis, codes), max_cells, room)
    ]


def _period_runs(request: DataRequest, most: int, room: int) -> list[DataRequest]:
    """Cut the periods into runs of at most `most` whose list fits into the address."""
    lengths = [_encoded_length(period) + 1 for period in request.periods]
    bare = len(replace(request, periods=()).path)
    return [replace(request, periods=request.periods[a:b]) for a, b in _runs(lengths, most, room - bare + 1)]


def _member_runs(single: DataRequest, axis: int, max_cells: int, room: int) -> list[tuple[int, ...]]:
    """Cut one dimension of a one-period request into runs that fit, or into single members where none does."""
    selection = single.selections[axis]
    hierarchy, codes = selection.hierarchy, selection.codes
    most = max(1, max_cells // (single.cells // len(codes)))
    lengths = [_encoded_length(hierarchy.members[code].path) + 1 for code in codes]
    without_axis = _with_codes(single, axis, ())
    without_any = replace(without_axis, selections=tuple(replace(s, codes=()) for s in single.selections))
    # Where another dimension's list is too long by itself, this one leaves half of the address to it.
    lists = sum("," in members_text(known) for known in single.selections)
    free = max(room - len(without_axis.path), (room - len(without_any.path)) // max(lists, 2)) + 1
    runs: list[tuple[int, ...]] = []
    rest = 0
    for level in hierarchy.levels:
        # A whole level too long to be listed has a short name of its own.
        start, size = bisect_left(codes, level.start), level.stop - level.start
        stop = start + size
        if (
            level.whole
            and size <= most
            and codes[start:stop] == hierarchy.level_codes(level)
            and sum(lengths[start:stop]) > free
        ):
            runs += [codes[rest + a : rest + b] for a, b in _runs(lengths[rest:start], most, free)]
            runs.append(codes[start:stop])
            rest = stop
    return runs + [codes[rest + a : rest + b] for a, b in _runs(lengths[rest:], most, free)]


def _runs(lengths: Sequence[int], most: int, room: int) -> list[tuple[int, int]]:
    """Cut a list into the fewest runs of at most `most` items and at most `room` characters, one item at least.

    A length counts the comma behind the item, which the last one of a run has not: `room` has one more for it.
    """
    runs, start, taken = [], 0, 0
    for position, length in enumerate(lengths):
        if position > start and (position - start == most or taken + length > room):
            runs.append((start, position))
            start, taken = position, 0
        taken += length
    return [*runs, (start, len(lengths))] if lengths else []


def _with_codes(request: DataRequest, axis: int, codes: tuple[int, ...]) -> DataRequest:
    selections = list(request.selections)
    selections[axis] = replace(selections[axis], codes=codes)
    return replace(request, selections=tuple(selections))


def _largest(request: DataRequest) -> int | None:
    """Return the dimension with most members, None where each has one."""
    sizes = [len(selection.codes) for selection in request.selections]
    return sizes.index(max(sizes)) if sizes and max(sizes) > 1 else None


def _encoded_length(text: str) -> int:
    return len(quote(text, safe=_SAFE))


def _longest(request: DataRequest) -> int | None:
    """Return the dimension whose list of members takes most room in the address."""
    texts = [members_text(s) for s in request.selections]
    lengths = [_encoded_length(text) if "," in text else 0 for text in texts]
    return lengths.index(max(lengths)) if lengths and max(lengths) > 0 else None


def name_unique(selection: Selection) -> list[Selection]:
    """Cut a selection so that names are distinct within each piece: level by level, and within a level by member.

    The answer carries names alone, so two members of one name cannot be told apart in one answer.
    """
    hierarchy = selection.hierarchy
    names = Counter(hierarchy.members[code].name for code in selection.codes)
    if max(names.values()) == 1:
        return [selection]
    pieces: dict[tuple[int, int], list[int]] = {}
    seen: Counter[tuple[int, str]] = Counter()
    for code in selection.codes:
        member = hierarchy.members[code]
        key = (member.level, member.name)
        pieces.setdefault((member.level, seen[key]), []).append(code)
        seen[key] += 1
    return [replace(selection, codes=tuple(codes)) for _, codes in sorted(pieces.items())]


# --- the text of a request -------------------------------------------------------------------------------------------


def members_text(selection: Selection) -> str:
    """Write a selection as it is sent."""
    hierarchy, codes = selection.hierarchy, selection.codes
    if len(codes) == len(hierarchy.members) > 1 and all(level.whole for level in hierarchy.levels):
        return "*"
    if len(codes) > 1:
        level = hierarchy.levels[hierarchy.members[codes[0]].level]
        if level.whole and (codes[0], codes[-1], len(codes)) == (
            level.start,
            level.stop - 1,
            level.stop - level.start,
        ):
            return f"level:{level.id}"
    return ",".join(hierarchy.members[code].path for code in codes)


def _measure_parameters(table: Table, measures: tuple[Measure, ...]) -> list[tuple[str, str]]:
    if len(measures) == len(table.all_measures):
        return [("mgroup.*", "*")]
    groups: dict[str, list[str]] = {}
    for measure in measures:
        groups.setdefault(measure.group_id, []).append(measure.id)
    return [(f"mgroup.{group}", ",".join(ids)) for group, ids in groups.items()]
