"""From a question to the exact requests: names resolved, cells counted, large questions split. Nothing is sent here.

`plan` refuses what does not exist, with the nearest names, so that the API is asked only what it can answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from numbers import Integral
from typing import TYPE_CHECKING, Any, NamedTuple

from jobindsats_pandas import arguments
from jobindsats_pandas.area_codes import REGION_HIERARCHIES, code_of, is_code, name_of
from jobindsats_pandas.asked_periods import DEFAULT_PERIODS, read_periods, resolve_periods
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.forms import (
    BASE_URL,
    EVERY_FORM,
    MAX_CELLS,
    MAX_URL,
    DataRequest,
    Dialect,
    Selection,
    requests_for,
)
from jobindsats_pandas.matching import did_you_mean, find, find_measures, fold, no_such, several
from jobindsats_pandas.metadata import TOTAL
from jobindsats_pandas.showing import facts_table

if TYPE_CHECKING:
    from jobindsats_pandas.metadata import Hierarchy, Level, Measure, PeriodType, Table

__all__ = [
    "Names",
    "Plan",
    "in_dialect",
    "names_request",
    "plan",
    "read_question",
    "resolve_measure",
    "total_request",
]


#: So many members are listed where one is not found.
_FEW = 8

#: What people call the total.
_TOTAL_WORDS = {"total", "i alt"}


@dataclass(frozen=True)
class Plan:
    """What will be asked: printed, it shows the requests, the cells and the curl commands.

    Attributes
    ----------
    table : Table
    period_type : PeriodType
    periods : tuple of str
        Period ids, oldest first.
    selections : tuple of Selection
        One for each dimension that is sent, in the order of the metadata.
    measures : tuple of Measure
    requests : tuple of DataRequest
        What is sent; together they ask for every cell once.
    dialect : Dialect
        The forms in which they may be sent.
    """

    table: Table = field(repr=False)
    period_type: PeriodType
    periods: tuple[str, ...]
    selections: tuple[Selection, ...]
    measures: tuple[Measure, ...]
    requests: tuple[DataRequest, ...]
    base_url: str = BASE_URL
    dialect: Dialect = EVERY_FORM

    @property
    def cells(self) -> int:
        """How many measure values are asked for, over all requests."""
        return sum(request.cells for request in self.requests)

    @property
    def whole(self) -> DataRequest:
        """The question as one request, of any size."""
        return DataRequest(self.table, self.period_type.id, self.periods, 0, self.selections, self.measures)

    @property
    def urls(self) -> tuple[str, ...]:
        """The exact addresses of the requests."""
        return tuple(f"{self.base_url}/{request.path}" for request in self.requests)

    def curl(self) -> str:
        """Write the requests as curl commands, one a line; the key stands as ``$JOBINDSATS_API_TOKEN``."""
        return "\n".join(
            f"curl -sS -H \"Authorization: Bearer $JOBINDSATS_API_TOKEN\" '{url}'" for url in self.urls
        )

    def powershell(self) -> str:
        """Write the requests as PowerShell commands, one a line; the key stands as ``$env:JOBINDSATS_API_TOKEN``."""
        header = '@{ Authorization = "Bearer $env:JOBINDSATS_API_TOKEN" }'
        return "\n".join(f"Invoke-RestMethod -Headers {header} -Uri '{url}'" for url in self.urls)

    @property
    def summary(self) -> str:
        """One line: how many requests, how many cells."""
        requests = "1 request" if len(self.requests) == 1 else f"{len(self.requests):,} requests"
        return f"{requests}, {self.cells:,} cells"

    def with_totals(self, names: Mapping[str, str | None]) -> Plan:
        """Apply what was learned of provisional totals, as `Table.with_totals`; the requests are to be made anew.

        Raises
        ------
        QueryError
            If a total was asked for by name that the API does not have.
        """
        if not names:
            return self
        table = self.table.with_totals(names)
        hierarchies = {hierarchy.id: hierarchy for hierarchy in table.all_hierarchies}
        selections = []
        for selection in self.selections:
            old, new = selection.hierarchy, hierarchies[selection.hierarchy.id]
            paths = selection.paths
            codes = tuple(new.codes[path] for path in paths if path in new.codes)
            if len(codes) < len(paths) and (len(paths) < len(old.members) or not codes):
                raise _no_total(table, new)
            selections.append(replace(selection, hierarchy=new, codes=codes))
        return replace(self, table=table, selections=tuple(selections))

    def _facts(self) -> list[tuple[str, str]]:
        facts = [("table", f"{self.table.id} · {self.table.name}")]
        first, last = self.periods[0], self.periods[-1]
        span = first if first == last else f"{first} to {last}"
        facts.append(("periods", f"{span} ({len(self.periods)} of type {self.period_type.id})"))
        for selection in self.selections:
            names = [selection.hierarchy.labels[code] for code in selection.codes[:3]]
            more = f", … ({len(selection.codes)} members)" if len(selection.codes) > 3 else ""
            note = "" if selection.shown else " (sent because the API wants an area; no column)"
            facts.append(
                (
                    "by",
                    f"{selection.hierarchy.id} · {selection.hierarchy.name}: {', '.join(names)}{more}{note}",
                )
            )
        facts.append(("measures", "; ".join(measure.column for measure in self.measures)))
        # One line each, whatever the names hold.
        facts += [("sends", text) for text in self.forms]
        return [(name, " ".join(text.split())) for name, text in [*facts, ("asks", self.summary)]]

    @property
    def forms(self) -> list[str]:
        """The forms of the requests, and what of the answers is dropped; requests of one form in one line."""
        counted = Counter(request.forms for request in self.requests)
        lines = [f"{count} × {text}" if count > 1 else text for text, count in counted.items()]
        return [*lines[:4], f"… {len(lines) - 4} other forms …"] if len(lines) > 5 else lines

    def _commands(self) -> str:
        shown = self.curl().split("\n")
        if len(shown) > 10:
            shown = [*shown[:8], f"… {len(shown) - 9} more …", shown[-1]]
        return "\n".join(shown)

    def __repr__(self) -> str:
        return "\n".join([*(f"{name:<10}{text}" for name, text in self._facts()), "", self._commands()])

    def _repr_html_(self) -> str:
        return (
            f"<div>{facts_table(self._facts())}<details><summary>curl</summary>"
            f"<pre style='white-space:pre-wrap'>{escape(self._commands())}</pre></details></div>"
        )


def plan(
    table: Table,
    by: str | Sequence[str] | Mapping[str, Any] | None = None,
    periods: Any = None,
    period_type: str | None = None,
    measures: str | Sequence[str] | None = None,
    *,
    max_cells: int = MAX_CELLS,
    base_url: str = BASE_URL,
    dialect: Dialect = EVERY_FORM,
) -> Plan:
    """Turn a question into the exact requests. Pure: nothing is sent.

    Parameters
    ----------
    table : Table
        What exists.
    by : str, sequence of str or mapping, optional
        What to break down by, as in `jobindsats_pandas.read_jobindsats`.
    periods, period_type, measures
        As in `jobindsats_pandas.read_jobindsats`.
    max_cells : int, default 150,000
        A request that would ask for more cells is split: into runs of periods; within one period along the largest
        dimension.
    base_url : str
        Address of the API, for the curl commands.
    dialect : Dialect
        The forms that the API takes.

    Raises
    ------
    QueryError
        If the question names what does not exist; the message tells the nearest names.

    Warns
    -----
    QueryWarning
        If ``latest:N`` asks for more periods than exist; all there are, are taken.
    """
    if max_cells < 1:
        raise QueryError(f"max_cells is {max_cells}; a request needs room for 1 cell at least.")
    names = read_question(by, periods, period_type, measures)
    chosen_type, chosen_periods = resolve_periods(table, names.periods, names.period_type)
    chosen_measures = _resolve_measures(table, names.measures)
    selections = _resolve_by(table, names.by)
    question = Plan(table, chosen_type, chosen_periods, selections, chosen_measures, (), base_url)
    return in_dialect(question, dialect, max_cells)


def in_dialect(question: Plan, dialect: Dialect, max_cells: int = MAX_CELLS) -> Plan:
    """Ask the same question in the forms of a dialect."""
    room = min(MAX_URL, dialect.address) - len(question.base_url) - 1
    return replace(question, requests=requests_for(question.whole, max_cells, room, dialect), dialect=dialect)


def names_request(question: Plan, hierarchies: Sequence[Hierarchy]) -> DataRequest | None:
    """Ask what the totals of some hierarchies are called: for nothing but totals, of the newest periods.

    Returns None where the table has no area total to send with it.
    """
    ids = {hierarchy.dimension_id for hierarchy in hierarchies}
    area = _area_total(question.table)
    selections = {s.dimension_id: Selection(s, (s.codes[TOTAL],)) for s in hierarchies}
    if question.table.area is not None and question.table.area.id not in ids:
        if area is None:
            return None
        selections[question.table.area.id] = area
    newest = question.period_type.periods[-DEFAULT_PERIODS:]
    return DataRequest(
        question.table,
        question.period_type.id,
        newest,
        len(newest),
        tuple(selections[d.id] for d in question.table.structure if d.id in selections),
        question.measures,
    )


def total_request(question: Plan, first_period: str) -> DataRequest | None:
    """Ask for the overall total from a period to the newest: area at ``/`` and no other hierarchy.

    Returns None where the table has no area total.
    """
    area = _area_total(question.table)
    if area is None and question.table.area is not None:
        return None
    every = question.period_type.periods
    newest = every[every.index(first_period) :]
    selections = (area,) if area else ()
    return DataRequest(
        question.table, question.period_type.id, newest, len(newest), selections, question.measures
    )


# --- reading what was given ------------------------------------------------------------------------------------------


class Names(NamedTuple):
    """What a question names, read once: no iterable is left that could run dry."""

    by: dict[str, list[str] | None]
    periods: str | int | list[str] | None
    period_type: str | None
    measures: list[str] | None


def read_question(by: Any, periods: Any, period_type: Any, measures: Any) -> Names:
    """Read the names of a question, before anything is known of the table; what was read can be read again.

    Raises
    ------
    QueryError
        If something is of a type that names nothing.
    """
    wanted = "the id or name of a period type, such as 'M'"
    return Names(
        _read_by(by),
        read_periods(periods),
        arguments.optional(arguments.text, "period_type", period_type, wanted),
        _read_measures(measures),
    )


def _read_by(by: Any) -> dict[str, list[str] | None]:
    def name_of(name: Any) -> str:
        if not isinstance(name, str):
            raise QueryError(
                f"by={arguments.shown(by)}: {arguments.shown(name)} is not a name of a dimension or hierarchy; table.hierarchies"
                " lists them."
            )
        return name

    if by is None:
        return {}
    if isinstance(by, str):
        return {by: None}
    if isinstance(by, Mapping):
        return {name_of(name): _read_members(name, members) for name, members in by.items()}
    if isinstance(by, Iterable):
        return dict.fromkeys(map(name_of, by))
    raise QueryError(
        f"by={arguments.shown(by)}: give a name, a list of names, or a mapping from names to members."
    )


def _read_members(hierarchy: str, members: Any) -> list[str] | None:
    if members is None:
        return None
    if isinstance(members, str | bytes) or not isinstance(members, Iterable):
        members = [members]
    names = []
    for name in members:
        if isinstance(name, bool) or not isinstance(name, str | Integral):
            raise QueryError(
                f"by={{{hierarchy!r}: …}}: {arguments.shown(name)} is not a member of {hierarchy!r}; members are named by text, ids"
                f" too, municipalities also by their codes. ji.table(…).members({hierarchy!r}) lists them."
            )
        names.append(str(name))
    return names


def _read_measures(measures: Any) -> list[str] | None:
    if measures is None or (isinstance(measures, str) and measures == "*"):
        return None
    names = []
    for name in [measures] if isinstance(measures, str) or not isinstance(measures, Iterable) else measures:
        if not isinstance(name, str):
            raise QueryError(
                f"measures={arguments.shown(measures)}: {arguments.shown(name)} is not a name of a measure; table.measures lists them."
            )
        names.append(name)
    return names


# --- resolving: by ---------------------------------------------------------------------------------------------------


def _resolve_by(table: Table, by: Mapping[str, Sequence[str] | None]) -> tuple[Selection, ...]:
    chosen: dict[str, Selection] = {}
    names: dict[str, str] = {}
    for name, members in by.items():
        hierarchy = _hierarchy(table, name)
        other = chosen.get(hierarchy.dimension_id)
        if other is not None and other.hierarchy is hierarchy:
            raise QueryError(
                f"Table {table.id}: {names[hierarchy.id]!r} and {name!r} are two names of one hierarchy, {hierarchy.id!r}. Name it"
                f" once, with all members: by={{{hierarchy.id!r}: [...]}}."
            )
        if other is not None:
            raise _two_of_one(table, other.hierarchy, hierarchy)
        names[hierarchy.id] = name
        codes = hierarchy.deepest if members is None else _resolve_members(table, hierarchy, members)
        chosen[hierarchy.dimension_id] = Selection(hierarchy, codes)
    area = table.area
    if area is not None and area.id not in chosen:
        total = _area_total(table)
        if total is None:
            options = ", ".join(f"{h.id!r} ({h.name})" for h in area.hierarchies)
            raise QueryError(
                f"Table {table.id} has no total over {area.name!r}, so the question must name an area. Its hierarchies:"
                f" {options}.",
            )
        chosen[area.id] = total
    return tuple(chosen[dimension.id] for dimension in table.structure if dimension.id in chosen)


def _hierarchy(table: Table, name: str) -> Hierarchy:
    try:
        return table.hierarchy(name)
    except QueryError:
        if fold(name) in _TOTAL_WORDS:
            raise QueryError(
                f"Table {table.id}: by={name!r} names no dimension. Those that are not named stand at their total: leave it"
                " out."
            ) from None
        dimension, equals, members = name.partition("=")
        if equals:
            raise QueryError(
                f"Table {table.id}: by={name!r} is the command line's way to name members; here it is"
                f" by={{{dimension!r}: {members!r}}}."
            ) from None
        raise


def _two_of_one(table: Table, one: Hierarchy, other: Hierarchy) -> QueryError:
    deepest = {one.levels[-1].name, other.levels[-1].name}
    both = next((h for h in table.all_hierarchies if deepest <= {level.name for level in h.levels}), None)
    return QueryError(
        f"Table {table.id}: {one.id!r} and {other.id!r} break down the same dimension, {one.dimension_name!r}. "
        + (
            f"{both.id!r} ({both.name}) has the levels of both: by={{{both.id!r}: '*'}}. Or ask"
            if both
            else "Ask"
        )
        + " for one of them, and for the other in a second call."
    )


def _area_total(table: Table) -> Selection | None:
    """Return ``/`` of the first area hierarchy that lists it, else of the one that is likeliest to have it."""
    hierarchies = [h for h in (table.area.hierarchies if table.area else ()) if h.has_total]
    listed = [h for h in hierarchies if h.total == "listed"]
    likeliest = listed or sorted(hierarchies, key=lambda h: h.id != "_hele_landet")
    return Selection(likeliest[0], (likeliest[0].codes[TOTAL],), shown=False) if likeliest else None


def _resolve_members(table: Table, hierarchy: Hierarchy, members: Sequence[str]) -> tuple[int, ...]:
    if not members:
        raise QueryError(
            f"Table {table.id}: by={{{hierarchy.id!r}: []}} names no member. Say '*' for all, 'total',"
            f" 'level:<level>' or names; table.members({hierarchy.id!r}) lists them.",
        )
    codes: set[int] = set()
    for name in members:
        codes.update(_member_codes(table, hierarchy, name))
    return tuple(sorted(codes))


def _member_codes(table: Table, hierarchy: Hierarchy, name: str) -> tuple[int, ...]:
    if name == "*":
        return tuple(range(len(hierarchy.members)))
    if name.startswith("level:"):
        return hierarchy.level_codes(_level(table, hierarchy, name.removeprefix("level:").strip()))
    if name in hierarchy.codes:
        return (hierarchy.codes[name],)
    if name == "total":
        if not hierarchy.has_total:
            raise _no_total(table, hierarchy)
        return (hierarchy.codes[TOTAL],)
    if name in hierarchy.codes_by_label:
        return (hierarchy.codes_by_label[name],)
    found = hierarchy.codes_by_name.get(name) or hierarchy.codes_by_folded_name.get(fold(name), ())
    if not found and name.isdigit() and table.area is not None and hierarchy.dimension_id == table.area.id:
        bare = hierarchy.id in REGION_HIERARCHIES
        labels = enumerate(hierarchy.labels)
        found = tuple(code for code, label in labels if is_code(name, label, bare=bare))
    if len(found) == 1:
        return found
    if found:
        options = " or ".join(repr(hierarchy.labels[code]) for code in found)
        raise QueryError(
            f"Table {table.id}: {hierarchy.id!r} has {len(found)} members named {name!r}. Say {options}."
        )
    if fold(name) in _TOTAL_WORDS and hierarchy.has_total:
        return (hierarchy.codes[TOTAL],)
    areas = table.area.id if table.area else None
    code = None if hierarchy.dimension_id != areas or name.isdigit() else code_of(name)
    coded = _coded(hierarchy, code)
    if len(coded) == 1:
        return coded
    homes = [
        other
        for other in table.all_hierarchies
        if fold(name) in other.codes_by_folded_name or (other.dimension_id == areas and _coded(other, code))
    ]
    raise _no_such_member(table, hierarchy, name, homes)


def _coded(hierarchy: Hierarchy, code: str | None) -> tuple[int, ...]:
    """The members that stand for an area of Statistics Denmark."""
    bare = hierarchy.id in REGION_HIERARCHIES
    names = enumerate(member.name for member in hierarchy.members)
    return tuple(place for place, name in names if code and is_code(code, name, bare=bare))


def _no_such_member(table: Table, hierarchy: Hierarchy, name: str, homes: Sequence[Hierarchy]) -> QueryError:
    several_of_them = [part.strip() for part in name.split(",")]
    if fold(name) in {"all", "alle"}:
        near = " Say '*' for all of them."
    elif homes:
        others = " and of ".join(f"{home.id!r} ({home.name})" for home in homes)
        near = f" It is one of {others}: by={{{homes[0].id!r}: {name!r}}}."
    elif all(fold(part) in hierarchy.codes_by_folded_name for part in several_of_them):
        near = f" Several stand in a list: by={{{hierarchy.id!r}: {several_of_them!r}}}."
    else:
        near = did_you_mean(name, hierarchy.labels)
    known = name_of(name) if name.isdigit() else None
    stands_for = f", the code of {known}" if known else ""
    labels = hierarchy.labels
    listed = (
        f"It has: {'; '.join(map(repr, labels))}."
        if len(labels) <= _FEW
        else f"table.members({hierarchy.id!r}) lists them."
    )
    return QueryError(
        f"Table {table.id}: the hierarchy {hierarchy.id!r} ({hierarchy.name}) has no member {arguments.shown(name)}{stands_for}"
        f" (of {len(hierarchy.members)}).{near} {listed}",
    )


def _no_total(table: Table, hierarchy: Hierarchy) -> QueryError:
    return QueryError(
        f"Table {table.id}: the hierarchy {hierarchy.id!r} ({hierarchy.name}) has no total. Ask for its members:"
        f" by={hierarchy.id!r}."
    )


def _level(table: Table, hierarchy: Hierarchy, name: str) -> Level:
    found = find(name, hierarchy.levels, lambda level: [level.id], lambda level: [level.name])
    if len(found) == 1:
        return found[0]
    options = [(level.id, level.name) for level in found or hierarchy.levels]
    holder = f"Table {table.id}: the hierarchy {hierarchy.id!r}"
    raise several(holder, "level", name, options) if found else no_such(holder, "level", name, options)


# --- resolving: measures ---------------------------------------------------------------------------------------------


def _resolve_measures(table: Table, measures: Sequence[str] | None) -> tuple[Measure, ...]:
    everything = table.all_measures
    if not everything:
        raise QueryError(f"Table {table.id} lists no measures: there is nothing to ask for.")
    if measures is None:
        return everything
    if not measures:
        raise QueryError(f"Table {table.id}: measures=[] names no measure. Leave it out for all of them.")
    chosen = {id(found) for name in measures for found in resolve_measure(table, name)}
    return tuple(measure for measure in everything if id(measure) in chosen)


def resolve_measure(table: Table, name: str) -> list[Measure]:
    """Resolve a measure by id, column or name; a group's id or name stands for its measures.

    Raises
    ------
    QueryError
        If nothing, or several measures, bear the name.
    """
    everything = table.all_measures
    found = find_measures(name, everything, lambda measure: (measure.id, measure.column))
    if len(found) > 1:
        raise several(
            f"Table {table.id}", "measure", name, [(m.id, f"{m.group_name}: {m.name}") for m in found]
        )
    group = find(name, everything, lambda measure: [measure.group_id], lambda measure: [measure.group_name])
    if not found and not group:
        raise no_such(f"Table {table.id}", "measure", name, [(m.column, m.name, m.id) for m in everything])
    return found or group
