"""Each form of a question that no real client is known to have sent, tried once."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.forms import Selection
from jobindsats_pandas.metadata import TOTAL
from jobindsats_pandas.queries import plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from jobindsats_pandas.doctor.checkup import State
    from jobindsats_pandas.doctor.visit import Outcome, Visit
    from jobindsats_pandas.forms import DataRequest
    from jobindsats_pandas.metadata import Hierarchy, Level, Measure, Table

__all__ = ["RARE_PERIODS", "try_forms"]

T = TypeVar("T")

#: What is tried, the largest first: where that is taken, the smaller ones are too.
LISTS = (60, 20, 5)
ADDRESSES = (1_900, 1_200, 600)

#: Period types whose newest periods no real client is known to have asked for.
RARE_PERIODS = ("QMAT", "MYTD")

#: The most periods that a client is known to have asked for as the newest ones.
LONGEST_LATEST = 222

#: The most cells of an answer that is asked for only because its address is long.
SMALL = 20_000


@dataclass(frozen=True)
class _Ground:
    """The hierarchy on which lists and levels are tried, and what the plain forms gave of it in the newest period."""

    total: DataRequest
    axis: int
    star: DataRequest
    level: Level
    present: frozenset[int]
    seen: tuple[str, ...]

    @property
    def hierarchy(self) -> Hierarchy:
        return self.total.selections[self.axis].hierarchy

    @property
    def listable(self) -> list[int]:
        """Members of the level that have rows, and a name that no other member has."""
        return [code for code in self.hierarchy.level_codes(self.level) if code in self.present]

    def combinations(self, codes: Iterable[int]) -> set[tuple[int, ...]]:
        """Where the rows of some members stand: every other dimension is at its total."""
        others = [selection.codes[0] for selection in self.total.selections]
        return {(*others[: self.axis], code, *others[self.axis + 1 :]) for code in codes}

    def of_members(self, codes: Iterable[int], periods: int = 1) -> DataRequest:
        """Ask for a list of members, in the newest period that has rows or a list of the newest."""
        request = _with_members(self.total, self.axis, codes)
        return replace(request, periods=self.seen[-periods:], latest=self.star.latest if periods == 1 else 0)


def _with_members(request: DataRequest, axis: int, codes: Iterable[int], form: str = "") -> DataRequest:
    selections = list(request.selections)
    selections[axis] = Selection(selections[axis].hierarchy, tuple(sorted(codes)), form=form)
    return replace(request, selections=tuple(selections))


def try_forms(visit: Visit) -> None:
    """Try lists, levels, addresses, measures, periods and CSV on the tables of a visit."""
    add = visit.checkup.add
    ground = _ground(visit)
    if ground is not None:
        _try_level(visit, ground)
        members = _try_list(
            visit,
            "members",
            len(ground.listable),
            lambda size: _spread(ground.listable, size),
            lambda codes: (ground.of_members(codes), ground.combinations(codes)),
        )
        periods = _try_list(
            visit,
            "periods",
            len(ground.seen),
            lambda size: _spread(ground.seen, size),
            lambda ids: (replace(ground.total, periods=tuple(ids), latest=0), None),
        )
        _try_addresses(visit, ground, members, periods)
    _try_measures(visit)
    for rare in RARE_PERIODS:
        what = f"`latest:` of {rare}"
        table = next(
            (t for t in visit.tables if any(p.id == rare and p.periods for p in t.period_types)), None
        )
        request = table and _plain(table, rare)
        if not request:
            add(what, "no table with it is at hand; --table ID names one", "not tried")
            continue
        outcome = visit.ask(request)
        step = (
            "" if outcome.block else f"Name older periods of type {rare}, not the newest ones, when you ask."
        )
        add(what, f"{outcome.what} ({request.table.id})", _state(outcome), step=step)
    if visit.tables[0].area is None:
        add("A question without an area", "the table has none", "not tried")
    elif request := _plain(visit.tables[0]):
        outcome = visit.ask(replace(request, selections=()), {()})
        add("A question without an area", "taken, as the total" if outcome.block else outcome.what)
    if ground is not None:
        _try_csv(visit, ground)
        if visit.unconfirmed:
            visit.ask(replace(ground.total, latest=ground.star.latest, periods=ground.star.periods))


def _state(outcome: Outcome) -> State:
    return "as assumed" if outcome.block else "learned"


def _plain(table: Table, period_type: str | None = None) -> DataRequest | None:
    """Ask for the overall total of the newest period or two; None where the table has no area total."""
    chosen = table.period_type(period_type) if period_type else table.default_period_type
    try:
        return plan(table, None, chosen.periods[-2:], chosen.id).requests[0]
    except QueryError:
        return None


def _ground(visit: Visit) -> _Ground | None:
    """Ask the two plain questions that everything else is compared with: the total, and everything."""
    add, table = visit.checkup.add, visit.tables[0]
    plain = _plain(table)
    levels = [(h, level) for h in table.all_hierarchies for level in h.levels if level.whole]
    if plain is None or not levels:
        add("Lists, levels and addresses", "the table has no area total, or no members", "not tried")
        return None
    hierarchy, level = max(levels, key=lambda found: _listed_length(*found))
    selections = {selection.hierarchy.dimension_id: selection for selection in plain.selections}
    selections[hierarchy.dimension_id] = Selection(hierarchy, (hierarchy.codes[TOTAL],))
    every = table.period_type(plain.period_type).periods[-LONGEST_LATEST:]
    total = replace(
        plain,
        selections=tuple(selections[d.id] for d in table.structure if d.id in selections),
        periods=every,
        latest=len(every),
    )
    outcome = visit.ask(total)
    step = (
        ""
        if outcome.block
        else "This form is known to be taken: send the report, and try --table with another."
    )
    add("`/` alone, the newest periods", outcome.what, _state(outcome), step=step)
    if outcome.block is None:
        return None
    # The totals have names now.
    table = visit.tables[0]
    total = replace(
        total,
        table=table,
        selections=tuple(Selection(table.hierarchy(s.hierarchy.id), s.codes) for s in total.selections),
    )
    axis = next(place for place, s in enumerate(total.selections) if s.hierarchy.id == hierarchy.id)
    hierarchy = total.selections[axis].hierarchy
    star = _with_members(total, axis, _clear(hierarchy, range(len(hierarchy.members))), "*")
    known = table.period_type(total.period_type).periods
    seen = tuple(known[place] for place in sorted(outcome.block.seen))
    star = replace(star, periods=seen[-1:], latest=len(every) - every.index(seen[-1]))
    everything = visit.ask(star, set())
    if everything.block is None:
        add("`*` brings every member", everything.what, _state(everything))
        return None
    present = frozenset(everything.block.members[axis].tolist())
    told = "taken, the total among them" if hierarchy.codes[TOTAL] in present else "taken, without the total"
    add("`*` brings every member", told)
    return _Ground(total, axis, star, level, present, seen)


def _listed_length(hierarchy: Hierarchy, level: Level) -> int:
    return sum(
        len(hierarchy.members[code].path) + 1 for code in _clear(hierarchy, hierarchy.level_codes(level))
    )


def _clear(hierarchy: Hierarchy, codes: Iterable[int]) -> list[int]:
    """The members whose names no other member of the hierarchy bears."""
    return [code for code in codes if len(hierarchy.codes_by_name[hierarchy.members[code].name]) == 1]


def _spread(items: Sequence[T], size: int) -> list[T]:
    """Take so many of a sequence, evenly, from the first to the last."""
    return [items[place * (len(items) - 1) // max(size - 1, 1)] for place in range(size)]


def _try_level(visit: Visit, ground: _Ground) -> None:
    hierarchy, total = ground.hierarchy, ground.hierarchy.codes[TOTAL]
    codes = _clear(hierarchy, hierarchy.brought_by(ground.level))
    request = _with_members(ground.star, ground.axis, codes, f"level:{ground.level.id}")
    outcome = visit.ask(request, ground.combinations(ground.listable))
    told = outcome.what
    if outcome.block is not None:
        brought = set(outcome.block.members[ground.axis].tolist())
        above = brought - {total} - set(hierarchy.level_codes(ground.level))
        told = "taken, and brings the total too" if total in brought else "taken, without the total"
        told += f" ({len(above)} other members above it)" if above else ""
    visit.checkup.add("`level:` brings the total too", told, _state(outcome))


def _try_list(
    visit: Visit,
    what: str,
    available: int,
    choose: Callable[[int], Any],
    asking: Callable[[Any], tuple[DataRequest, set[tuple[int, ...]] | None]],
) -> int:
    """Try lists, the longest first; return how long a list may be, as far as is known."""
    sizes = sorted({min(size, available) for size in LISTS}, reverse=True)
    told, state, longest = [], "as assumed", 0
    for size in (size for size in sizes if size > 1):
        request, expected = asking(choose(size))
        outcome = visit.ask(request, expected)
        told.append(f"{size} {outcome.what}")
        if outcome.block is not None:
            longest = available if size == sizes[0] else size
            break
        state = "learned"
    few = f" (there are {available})" if available < max(LISTS) else ""
    assumption = f"Lists of {', '.join(map(str, sorted(LISTS)))} {what}"
    visit.checkup.add(assumption, ("; ".join(told) or "none can be made") + few, state)
    return longest


def _try_addresses(visit: Visit, ground: _Ground, members: int, periods: int) -> None:
    told, state, tried = [], "as assumed", 0
    base = len(visit.transport.base_url) + 1
    for target in ADDRESSES:
        request, path = _long(ground, target - base, members, periods)
        length = base + len(path)
        # Where the lists at hand are too short, what comes next is the address that was tried already.
        if length <= ADDRESSES[-1] * 0.9 or length == tried:
            continue
        outcome = visit.ask(request, ground.combinations(request.selections[ground.axis].codes), path)
        told.append(f"{length:,} {outcome.what}")
        tried = length
        if outcome.block is not None:
            break
        state = "learned"
    seen = "; ".join(told)
    what = f"Addresses of {', '.join(f'{length:,}' for length in sorted(ADDRESSES))} characters"
    if seen:
        visit.checkup.add(what, seen, state)
    else:
        visit.checkup.add(what, "the lists that are taken make none so long", "not tried")


def _long(ground: _Ground, room: int, members: int, periods: int) -> tuple[DataRequest, str]:
    """Make a small question whose address is nearly so long: lists as the client writes them, else percent-encoded."""
    few_members, few_periods = min(members, LISTS[0]), min(periods, LISTS[0])
    sizes = [(size, 1) for size in range(1, few_members + 1)]
    sizes += [(few_members, size) for size in range(2, few_periods + 1)]
    sizes += [(size, max(few_periods, 1)) for size in range(few_members + 1, members + 1)]
    sizes += [(members, size) for size in range(few_periods + 1, periods + 1)]
    made: list[tuple[DataRequest, str]] = [(ground.total, "")]
    for write in (str, _encoded):
        for some, newest in sizes:
            request = ground.of_members(_spread(ground.listable, max(some, 1)), newest)
            path = write(request.path)
            if len(path) > room or request.answer_cells > SMALL:
                break
            made.append((request, path))
        if len(made[-1][1]) > room - 30 and made[-1][0].latest:
            break
    return max(made, key=lambda each: len(each[1]))


def _encoded(path: str) -> str:
    """Write the marks of an address as some clients do."""
    table, _, query = path.partition("?")
    for mark in "/,:":
        query = query.replace(mark, quote(mark, safe=""))
    return f"{table}?{query}"


def _try_measures(visit: Visit) -> None:
    for what, choose in (
        ("Several measures of a group", _of_one_group),
        ("Several `mgroup.` parameters", _of_several_groups),
    ):
        found = [(request, choose(table)) for table in visit.tables if (request := _plain(table))]
        fitting = [(request, measures) for request, measures in found if measures]
        if not fitting:
            visit.checkup.add(what, "no table with them is at hand; --table ID names one", "not tried")
            continue
        request, measures = fitting[0]
        outcome = visit.ask(replace(request, measures=measures, all_measures=False))
        visit.checkup.add(what, f"{outcome.what} ({request.table.id})", _state(outcome))


def _of_one_group(table: Table) -> tuple[Measure, ...]:
    return next((group.measures[:2] for group in table.measure_groups if len(group.measures) > 1), ())


def _of_several_groups(table: Table) -> tuple[Measure, ...]:
    firsts = [group.measures[0] for group in table.measure_groups if group.measures]
    return tuple(firsts[:2]) if len({measure.column for measure in firsts[:2]}) > 1 else ()


def _try_csv(visit: Visit, ground: _Ground) -> None:
    """Ask for CSV once, as fine as is small, so that cells are hidden: this package does not read it, but people do."""
    request = _finer(ground.star)
    reply = visit.probe(request.path.removesuffix("json") + "csv")
    what = "CSV has a decimal comma, hidden is empty"
    if reply.status != 200:
        visit.checkup.add(what, f"refused (HTTP {reply.status}{visit.words(reply)})")
        return
    visit.checkup.add(what, _csv_words(reply.body, request))


def _finer(request: DataRequest) -> DataRequest:
    """Break a question down by one dimension more, if the answer stays small."""
    asked = {selection.hierarchy.dimension_id: selection for selection in request.selections}
    finer = [
        replace(request, selections=tuple(by[d.id] for d in request.table.structure if d.id in by))
        for hierarchy in request.table.all_hierarchies
        if hierarchy.dimension_id not in asked or asked[hierarchy.dimension_id].is_total
        for by in [asked | {hierarchy.dimension_id: Selection(hierarchy, (0,), form="*")}]
    ]
    small = [found for found in finer if found.answer_cells <= SMALL]
    return max(small, key=lambda found: found.answer_cells, default=request)


def _csv_words(body: bytes, request: DataRequest) -> str:
    """Say how CSV writes numbers, and what stands where there is none."""
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    first = text.partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    header, *lines = [*csv.reader(io.StringIO(text), delimiter=delimiter)] or [[]]
    labels = 1 + len(request.selections)
    if len(header) != labels + len(request.measures) or not lines:
        return "answered, but not with the columns that JSON has"
    written = {cell for line in lines for cell in line[labels:]}
    signs = {sign for cell in written for sign in re.findall(r"\d([.,])\d", cell)}
    hidden = {repr(cell[:10]) if cell else "empty" for cell in written if not re.search(r"\d", cell)}
    words = [f"separated by {delimiter!r}"]
    words.append(f"decimal {' or '.join(map(repr, sorted(signs)))}" if signs else "no decimal number came")
    words.append(f"without a number: {' or '.join(sorted(hidden))}" if hidden else "no cell is hidden")
    return "; ".join(words)
