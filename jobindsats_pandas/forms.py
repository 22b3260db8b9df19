"""The requests that ask a question: their forms on the wire, and how a large one is split. Pure: nothing is sent.

A question can be asked in several forms: a level by its id, by its members' ids, or as ``*`` with the rest of the answer
dropped. Forms that real clients are known to send come first; where a host refuses one, a tighter `Dialect` leaves it out
and the question is planned anew.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, lru_cache
from itertools import product
from math import prod
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from jobindsats_pandas.errors import QueryError, TooLargeError
from jobindsats_pandas.metadata import TOTAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from jobindsats_pandas.metadata import Hierarchy, Level, Measure, Table

__all__ = [
    "BASE_URL",
    "EVERY_FORM",
    "MAX_CELLS",
    "MAX_URL",
    "PROVEN",
    "DataRequest",
    "Dialect",
    "Selection",
    "halve",
    "members_text",
    "requests_for",
    "single_requests",
]

BASE_URL = "https://api.jobindsats.dk/v3"

#: The API can time out from about 200,000 cells (STAR's own rule); this leaves room.
MAX_CELLS = 150_000

#: Longest address that every proxy on the way can be trusted with.
MAX_URL = 2_000

#: What stays as it is in an address: so it stands in every call that is known to work.
_SAFE = "*/,:"

#: Up to so many members are listed one by one before a whole level is asked for and the rest of it dropped.
FEW = 20

#: How many times more than what is wanted an answer may hold, where a list would do too.
WASTE = 10

#: How far each part of a request is known to have been sent by a real client.
PROVEN = {"members": 5, "periods": 30, "measures": 1, "level": 1, "address": 600}


@dataclass(frozen=True)
class Dialect:
    """The forms that a host takes: by default all that the API's guide allows.

    ``/``, ``*``, ``latest:N`` and ``mgroup.*=*`` are always taken.

    Attributes
    ----------
    members, periods, measures : int
        The most that may be listed in one parameter.
    level : int
        Whether ``level:<id>`` is taken.
    address : int
        The longest address.
    """

    members: int = 10_000
    periods: int = 30
    measures: int = 10_000
    level: int = 1
    address: int = MAX_URL

    def tighter(self, parts: Mapping[str, int]) -> Dialect:
        """Leave out what a refused request may have been refused for.

        The parts that no real client is known to have sent go together; where it had none, all that can be replaced.

        Parameters
        ----------
        parts : mapping
            As `DataRequest.parts` gives them.

        Examples
        --------
        >>> Dialect().tighter({"members": 60, "periods": 3, "address": 480})
        Dialect(members=5, periods=30, measures=10000, level=1, address=2000)
        >>> Dialect().tighter({"level": 1, "periods": 3, "address": 140})
        Dialect(members=10000, periods=1, measures=10000, level=0, address=2000)
        """
        doubtful = {name: PROVEN[name] for name, size in parts.items() if size > PROVEN[name]}
        if not doubtful:
            single = {"members", "periods"}
            doubtful = {
                name: 1 if name in single and size > 1 else 0
                for name, size in parts.items()
                if name != "address"
            }
        known = {each.name: getattr(self, each.name) for each in fields(self)}
        return Dialect(**{name: min(most, doubtful.get(name, most)) for name, most in known.items()})


EVERY_FORM = Dialect()


@dataclass(frozen=True)
class Selection:
    """The members asked for in one hierarchy.

    Attributes
    ----------
    codes : tuple of int
        Positions in ``hierarchy.members``, ascending: what is wanted.
    shown : bool
        Whether the dimension becomes a column; an area that nobody asked for does not.
    form : str
        How they are sent: ``"*"``, ``"level:<id>"``, or nothing where they are listed by their ids.
    """

    hierarchy: Hierarchy
    codes: tuple[int, ...]
    shown: bool = True
    form: str = ""

    def __repr__(self) -> str:
        form = f", sent as {self.form}" if self.form else ""
        return f"{self.hierarchy.id}: {len(self.codes)} of {len(self.hierarchy.members)} members{form}"

    @cached_property
    def brought(self) -> tuple[int, ...]:
        """Positions of the members that the answer may hold: by its nature a form can bring more than is wanted."""
        if self.form == "*":
            return tuple(range(len(self.hierarchy.members)))
        if self.form:
            level_id = self.form.removeprefix("level:")
            (level,) = [level for level in self.hierarchy.levels if level.whole and level.id == level_id]
            return self.hierarchy.brought_by(level)
        return self.codes

    @cached_property
    def codes_by_name(self) -> dict[str, int]:
        """Position of the member that a name in the answer means: one wanted, else one brought beside, else any other.

        A provisional total has no name yet.
        """
        hierarchy = self.hierarchy
        nameless = hierarchy.codes.get(TOTAL) if hierarchy.total == "provisional" else None
        names: dict[str, int] = {}
        for code in (*self.codes, *self.brought, *range(len(hierarchy.members))):
            if code != nameless:
                names.setdefault(hierarchy.members[code].name, code)
        return names

    def code_of(self, name: str) -> int | None:
        """Position of the member that a name in the answer means, perhaps but for blanks at its ends; None if there is none."""
        code = self.codes_by_name.get(name)
        return self._codes_by_bare_name.get(name.strip()) if code is None else code

    @cached_property
    def _codes_by_bare_name(self) -> dict[str, int]:
        bare = Counter(name.strip() for name in self.codes_by_name)
        return {name.strip(): code for name, code in self.codes_by_name.items() if bare[name.strip()] == 1}

    @property
    def paths(self) -> list[str]:
        """The ids of the members that are wanted."""
        return [self.hierarchy.members[code].path for code in self.codes]

    @property
    def text(self) -> str:
        """What stands in the address."""
        return self.form or ",".join(self.paths)

    @property
    def is_total(self) -> bool:
        """Whether it is the official total alone."""
        return len(self.codes) == 1 and self.paths == [TOTAL]

    @property
    def listed(self) -> int:
        """How many members are listed by their ids; the total alone is ``/``, which is always taken."""
        return 0 if self.form or self.is_total else len(self.codes)


@dataclass(frozen=True)
class DataRequest:
    """One GET request for data.

    Attributes
    ----------
    periods : tuple of str
        Period ids, oldest first: what is wanted.
    latest : int
        How many of the newest periods are asked for, as ``latest:N``; 0 where the periods are listed.
    selections : tuple of Selection
        One for each dimension that is sent, in the order of the metadata. Names of the wanted members are distinct
        among all that the answer may hold.
    measures : tuple of Measure
        In the order of the metadata: what is wanted.
    all_measures : bool
        Whether all measures are asked for, as ``mgroup.*=*``.
    """

    table: Table = field(repr=False)
    period_type: str
    periods: tuple[str, ...]
    latest: int
    selections: tuple[Selection, ...]
    measures: tuple[Measure, ...] = field(repr=False)
    all_measures: bool = True

    @property
    def cells(self) -> int:
        """How many measure values are wanted."""
        return len(self.periods) * len(self.measures) * prod(len(s.codes) for s in self.selections)

    @property
    def answer_cells(self) -> int:
        """How many measure values the answer may hold."""
        measures = len(self.table.all_measures if self.all_measures else self.measures)
        return (self.latest or len(self.periods)) * measures * prod(len(s.brought) for s in self.selections)

    @cached_property
    def path(self) -> str:
        """The request behind the API's address, percent-encoded, parameters in a fixed order."""
        period = f"latest:{self.latest}" if self.latest else ",".join(self.periods)
        parameters = [
            *self._measure_parameters(),
            (f"period.{self.period_type}", period),
            *((f"hierarchy.{s.hierarchy.id}", s.text) for s in self.selections),
            ("format", "json"),
        ]
        query = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in parameters)
        return f"data/{quote(self.table.id, safe='')}?{query}"

    def _measure_parameters(self) -> list[tuple[str, str]]:
        if self.all_measures:
            return [("mgroup.*", "*")]
        groups: dict[str, list[str]] = {}
        for measure in self.measures:
            groups.setdefault(measure.group_id, []).append(measure.id)
        return [(f"mgroup.{group}", ",".join(ids)) for group, ids in groups.items()]

    @property
    def parts(self) -> dict[str, int]:
        """The parts of the request that another form can replace, by the names of `Dialect`, and how large they are."""
        sizes = {
            "members": max((s.listed for s in self.selections), default=0),
            "periods": 0 if self.latest else len(self.periods),
            "measures": 0 if self.all_measures else len(self.measures),
            "level": int(any(s.form.startswith("level:") for s in self.selections)),
        }
        found = {name: size for name, size in sizes.items() if size}
        return found | {"address": len(self.path)} if found else {}

    @property
    def forms(self) -> str:
        """Say in which form each part is sent, and what of the answer is dropped."""
        words = [self._words_of(selection) for selection in self.selections if not selection.is_total]
        dropped = self.latest - len(self.periods) if self.latest else 0
        listed = "1 period by its id" if len(self.periods) == 1 else f"a list of {len(self.periods)} periods"
        words.append(f"latest:{self.latest}" if self.latest else listed)
        words[-1] += _dropping(f"{dropped} other periods" if dropped else "")
        others = len(self.table.all_measures) - len(self.measures)
        words.append("all measures" if self.all_measures else f"{len(self.measures)} measures by their ids")
        words[-1] += _dropping(f"{others} others" if others and self.all_measures else "")
        return ", ".join(words)

    @staticmethod
    def _words_of(selection: Selection) -> str:
        hierarchy = selection.hierarchy
        listed = (
            f"a list of {len(selection.codes)} members" if len(selection.codes) > 1 else "1 member by its id"
        )
        words = f"{hierarchy.id} as {selection.form or listed}"
        wanted = set(selection.codes)
        others = [hierarchy.labels[code] for code in selection.brought if code not in wanted]
        few = " and ".join(others) if len(others) <= 2 else f"{len(others)} others"
        return words + _dropping(few)


def _dropping(what: str) -> str:
    return f" (drops {what})" if what else ""


def members_text(selection: Selection) -> str:
    """Write the members of a question as they could be asked for again, the shortest way."""
    hierarchy, codes = selection.hierarchy, selection.codes
    if len(codes) == len(hierarchy.members) > 1:
        return "*"
    level = hierarchy.levels[hierarchy.members[codes[0]].level]
    if len(codes) > 1 and codes == hierarchy.level_codes(level):
        return f"level:{level.id}"
    return ",".join(selection.paths)


def requests_for(
    question: DataRequest, max_cells: int = MAX_CELLS, room: int = MAX_URL, dialect: Dialect = EVERY_FORM
) -> tuple[DataRequest, ...]:
    """Ask a question in the fewest requests, of the forms that are known best.

    Parameters
    ----------
    question : DataRequest
        What is wanted, of any size; its own forms do not matter.
    max_cells : int
        The most cells that an answer may hold.
    room : int
        The longest path behind the API's address.
    dialect : Dialect
        The forms that may be sent.

    Returns
    -------
    tuple of DataRequest
        Together they ask for every cell once.

    Raises
    ------
    TooLargeError, QueryError
        If not even one period of single members fits.
    """
    limits = _Limits(max_cells, room, dialect)
    columns = Counter(measure.column for measure in question.table.all_measures)
    some = replace(question, all_measures=False)
    if (
        len(question.measures) == len(question.table.all_measures)
        or len(question.measures) > dialect.measures
    ):
        return _done(_best_forms(replace(question, all_measures=True), limits))
    if any(columns[measure.column] > 1 for measure in question.measures):
        return _done(
            _best_forms(some, limits)
        )  # in an answer with all measures, one name would stand for several
    everything = _best_forms(replace(question, all_measures=True), limits)
    if isinstance(everything, list) and len(everything) == 1:
        return _done(everything)
    chosen = _best_forms(some, limits)
    spares = isinstance(everything, QueryError) or (
        isinstance(chosen, list) and len(chosen) < len(everything)
    )
    return _done(chosen if spares else everything)


def single_requests(question: DataRequest) -> Iterator[DataRequest]:
    """Give every form in which one request asks the whole question, of whatever size."""
    ways = [[way[0] for way in _ways(s, EVERY_FORM) if len(way) == 1] for s in question.selections]
    every = question.table.period_type(question.period_type).periods
    reach = len(every) - every.index(question.periods[0])
    for selections in product(*ways):
        for latest, all_measures in product((reach, 0), (True, False)):
            yield replace(question, selections=selections, latest=latest, all_measures=all_measures)


def _done(found: list[DataRequest] | QueryError) -> tuple[DataRequest, ...]:
    if isinstance(found, QueryError):
        raise found
    return tuple(found)


def halve(
    request: DataRequest, room: int = MAX_URL - len(BASE_URL) - 1, dialect: Dialect = EVERY_FORM
) -> tuple[DataRequest, ...] | None:
    """Cut a request in two: the periods, else the largest dimension; None for one period of single members.

    The halves may be more than two: what was ``*`` becomes a list of members, which has to fit into addresses, of which
    `room` characters are left behind the API's own.
    """
    if len(request.periods) > 1:
        middle = len(request.periods) // 2
        older, newer = request.periods[:middle], request.periods[middle:]
        halves = [
            replace(request, periods=older, latest=0),
            replace(request, periods=newer, latest=len(newer) if _is_newest(request, newer) else 0),
        ]
    else:
        axis = _largest(request)
        if axis is None:
            return None
        codes = request.selections[axis].codes
        middle = len(codes) // 2
        halves = [_with_codes(request, axis, codes[:middle]), _with_codes(request, axis, codes[middle:])]
    return tuple(part for half in halves for part in _split(half, _Limits(half.answer_cells, room, dialect)))


# --- choosing forms --------------------------------------------------------------------------------------------------


class _Limits(NamedTuple):
    max_cells: int
    room: int
    dialect: Dialect

    def fit(self, request: DataRequest) -> bool:
        return (
            request.answer_cells <= self.max_cells
            and len(request.path) <= self.room
            and all(s.listed <= max(self.dialect.members, 1) for s in request.selections)
            and (bool(request.latest) or len(request.periods) <= max(self.dialect.periods, 1))
        )


def _best_forms(question: DataRequest, limits: _Limits) -> list[DataRequest] | QueryError:
    """Choose a form for each dimension: of those that need the fewest requests, the one that is known best."""
    ways = [_ways(selection, limits.dialect) for selection in question.selections]
    chosen = [0] * len(ways)

    def requests(choice: Sequence[int]) -> list[DataRequest] | QueryError:
        pieces = product(*(options[place] for options, place in zip(ways, choice, strict=True)))
        try:
            return [
                part
                for some in pieces
                for part in _split(_with_period_form(replace(question, selections=some), limits), limits)
            ]
        except QueryError as error:
            return error

    fewest = -(-question.cells // limits.max_cells)
    best = requests(chosen)
    for axis, options in enumerate(ways):
        for place in range(1, len(options)):
            if isinstance(best, list) and len(best) <= fewest:
                return best
            other = [*chosen[:axis], place, *chosen[axis + 1 :]]
            found = requests(other)
            if isinstance(found, list) and (isinstance(best, QueryError) or len(found) < len(best)):
                best, chosen = found, other
    return best


def _ways(selection: Selection, dialect: Dialect) -> list[list[Selection]]:
    """Every way to ask for some members, the one that is known best first; each may take several requests."""
    selection = replace(selection, form="")
    hierarchy, codes = selection.hierarchy, selection.codes
    if selection.is_total:
        return [[selection]]
    star = [replace(selection, form="*")] if hierarchy.names_are_distinct else None
    levels = _by_levels(selection, dialect)
    lists = _by_lists(selection)
    apart = [code for code in codes if hierarchy.members[code].path != TOTAL]
    whole = {hierarchy.members[code].level for code in apart}
    is_whole = len(apart) == sum(
        hierarchy.levels[place].stop - hierarchy.levels[place].start for place in whole
    )
    if is_whole and len(whole) == 1 and len(apart) == len(codes):
        ordered = [levels, star, lists]
    elif is_whole:
        ordered = [star, levels, lists]
    elif len(codes) <= FEW or WASTE * len(codes) < len(hierarchy.members):
        ordered = [lists, levels, star]
    else:
        ordered = [levels, star, lists]
    if dialect.members == 0 or (dialect.members == 1 and len(codes) > 1):
        ordered = [way for way in ordered if way is not lists] + [lists]
    return [way for way in ordered if way]


def _by_levels(selection: Selection, dialect: Dialect) -> list[Selection] | None:
    """Ask level by level, by the levels' ids, and the rest of each dropped; None where no level can be asked for so."""
    pieces: list[Selection] = []
    hierarchy = selection.hierarchy
    by_level: dict[int, list[int]] = {}
    for code in selection.codes:
        by_level.setdefault(hierarchy.members[code].level, []).append(code)
    for place, codes in by_level.items():
        level = hierarchy.levels[place]
        clear = set(_clear(hierarchy, level, codes) if dialect.level and level.whole else [])
        # A few of many that are told apart by their names are listed with the others.
        if len(clear) < len(codes) <= FEW:
            clear = set()
        if clear:
            pieces.append(replace(selection, codes=tuple(sorted(clear)), form=f"level:{level.id}"))
        rest = tuple(code for code in codes if code not in clear)
        if rest:
            pieces += _by_lists(replace(selection, codes=rest))
    return pieces if any(piece.form for piece in pieces) else None


def _clear(hierarchy: Hierarchy, level: Level, codes: Sequence[int]) -> list[int]:
    """Find the members whose names tell them apart from all else that an answer to a level brings."""
    names = Counter(hierarchy.members[code].name for code in hierarchy.brought_by(level))
    return [code for code in codes if names[hierarchy.members[code].name] == 1]


def _by_lists(selection: Selection) -> list[Selection]:
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


# --- splitting -------------------------------------------------------------------------------------------------------


def _split(request: DataRequest, limits: _Limits) -> list[DataRequest]:
    """Cut a request into the fewest that fit, in the order: address too long, periods, the dimension that is cut least."""
    if limits.fit(request):
        return [request]
    single = replace(request, periods=(max(request.periods, key=_encoded_length),), latest=0)
    if limits.fit(single):
        most = min(limits.max_cells // single.answer_cells, max(limits.dialect.periods, 1))
        return _period_runs(replace(request, latest=0), most, limits.room)
    axis = _longest(single) if len(single.path) > limits.room else None
    if axis is None and len(request.periods) > 1 and single.answer_cells > limits.max_cells:
        parts = _split(single, limits)
        return [replace(part, periods=(period,)) for period in request.periods for part in parts]
    cut = _fewest_runs(single, limits) if axis is None else (axis, _member_runs(single, axis, limits))
    if cut is not None:
        axis, runs = cut
        return [part for run in runs for part in _split(_with_selection(request, axis, run), limits)]
    if any(s.form and len(s.codes) == 1 for s in request.selections):
        # A single member by its id brings nothing beside it.
        bare = tuple(replace(s, form="") if len(s.codes) == 1 else s for s in request.selections)
        return _split(replace(request, selections=bare), limits)
    if len(request.path) <= limits.room:
        raise TooLargeError(
            f"Table {request.table.id}: one period and member are {request.answer_cells:,} cells already, and max_cells is"
            f" {limits.max_cells:,}. Name fewer measures, or raise max_cells.",
        )
    raise QueryError(
        f"Table {request.table.id}: the address of the request has {len(request.path):,} characters and"
        f" {limits.room:,} is the limit. Name fewer measures in one call, or leave them out for all of them.",
    )


def _with_period_form(request: DataRequest, limits: _Limits) -> DataRequest:
    """Write the newest periods as ``latest:N``, others as a list, or as ``latest:N`` where that saves requests."""
    wanted, every = request.periods, request.table.period_type(request.period_type).periods
    if _is_newest(request, wanted):
        return replace(request, latest=len(wanted))
    listed, most = replace(request, latest=0), limits.dialect.periods
    if len(wanted) <= most:
        return listed
    reaching = replace(request, latest=len(every) - every.index(wanted[0]))
    affordable = most <= 1 or reaching.latest <= 2 * len(wanted)
    return reaching if affordable and limits.fit(reaching) else listed


def _is_newest(request: DataRequest, periods: tuple[str, ...]) -> bool:
    return request.table.period_type(request.period_type).periods[-len(periods) :] == periods


def _period_runs(request: DataRequest, most: int, room: int) -> list[DataRequest]:
    """Cut the periods into runs of at most `most` whose list fits into the address."""
    lengths = [_encoded_length(period) + 1 for period in request.periods]
    bare = len(replace(request, periods=()).path)
    return [replace(request, periods=request.periods[a:b]) for a, b in _runs(lengths, most, room - bare + 1)]


def _fewest_runs(single: DataRequest, limits: _Limits) -> tuple[int, list[Selection]] | None:
    """Cut the dimension whose parts are the fewest; the largest where no single cut makes them fit.

    None where no dimension can be cut any more.
    """
    found = {
        axis: runs
        for axis, selection in enumerate(single.selections)
        if len(selection.codes) > 1 and (runs := _member_runs(single, axis, limits)) != [selection]
    }
    if not found:
        return None
    fitting = [
        axis
        for axis, runs in found.items()
        if all(limits.fit(_with_selection(single, axis, run)) for run in runs)
    ]
    largest = max(found, key=lambda axis: len(single.selections[axis].codes))
    axis = min(fitting, key=lambda axis: (len(found[axis]), axis != largest), default=largest)
    return axis, found[axis]


def _member_runs(single: DataRequest, axis: int, limits: _Limits) -> list[Selection]:
    """Cut one dimension of a one-period request into runs that fit, or into single members where none does."""
    selection = single.selections[axis]
    hierarchy, codes = selection.hierarchy, selection.codes
    most = max(1, limits.max_cells // max(1, single.answer_cells // len(selection.brought)))
    listed = min(most, max(1, limits.dialect.members))
    lengths = [_encoded_length(hierarchy.members[code].path) + 1 for code in codes]
    without_axis = _with_codes(single, axis, ())
    without_any = replace(
        without_axis, selections=tuple(replace(s, codes=(), form="") for s in single.selections)
    )
    # Where another dimension's list is too long by itself, this one leaves half of the address to it.
    lists = sum(known.listed > 1 for known in single.selections)
    room = limits.room
    free = max(room - len(without_axis.path), (room - len(without_any.path)) // max(lists, 2)) + 1
    runs: list[Selection] = []
    rest = 0

    def add(start: int, stop: int) -> None:
        for a, b in _runs(lengths[start:stop], listed, free):
            runs.append(replace(selection, codes=codes[start + a : start + b], form=""))

    for level in hierarchy.levels:
        # A whole level too long to be listed has a short name of its own.
        start, size = bisect_left(codes, level.start), level.stop - level.start
        stop = start + size
        if (
            limits.dialect.level
            and level.whole
            and len(hierarchy.brought_by(level)) <= most
            and codes[start:stop] == hierarchy.level_codes(level)
            and (size > listed or sum(lengths[start:stop]) > free)
            and len(_clear(hierarchy, level, codes[start:stop])) == size
        ):
            add(rest, start)
            runs.append(replace(selection, codes=codes[start:stop], form=f"level:{level.id}"))
            rest = stop
    add(rest, len(codes))
    return runs


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


def _with_selection(request: DataRequest, axis: int, selection: Selection) -> DataRequest:
    selections = list(request.selections)
    selections[axis] = selection
    return replace(request, selections=tuple(selections))


def _with_codes(request: DataRequest, axis: int, codes: tuple[int, ...]) -> DataRequest:
    return _with_selection(request, axis, replace(request.selections[axis], codes=codes, form=""))


def _largest(request: DataRequest) -> int | None:
    """Return the dimension with most members, None where each has one."""
    sizes = [len(selection.codes) for selection in request.selections]
    return sizes.index(max(sizes)) if sizes and max(sizes) > 1 else None


@lru_cache(maxsize=1024)
def _encoded(text: str) -> str:
    return quote(text, safe=_SAFE)


def _encoded_length(text: str) -> int:
    return len(_encoded(text))


def _longest(request: DataRequest) -> int | None:
    """Return the dimension whose list of members takes most room in the address."""
    lengths = [_encoded_length(s.text) if s.listed > 1 else 0 for s in request.selections]
    return lengths.index(max(lengths)) if lengths and max(lengths) > 0 else None
