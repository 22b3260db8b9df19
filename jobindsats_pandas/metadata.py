"""What a table offers: its measures, its periods, and the dimensions, hierarchies, levels and members that break it down.

Parsed once from the API's answers into frozen values. The wire is described with its evidence by the agency's own
guide and by recorded answers; forms that are plausible are accepted, anything else is a `PayloadError` that names the
table and the field.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from jobindsats_pandas import arguments
from jobindsats_pandas import searching as words
from jobindsats_pandas.documents import Fields
from jobindsats_pandas.errors import BrokenAnswerError, QueryError
from jobindsats_pandas.kinds import Kind, measure_kind
from jobindsats_pandas.matching import find, find_measures, fold, nearest, no_such, several
from jobindsats_pandas.periods import chronological, frequency, parse_period, period_values
from jobindsats_pandas.showing import facts_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

__all__ = [
    "TOTAL",
    "Dimension",
    "Hierarchy",
    "Level",
    "Measure",
    "MeasureGroup",
    "Member",
    "PeriodType",
    "Table",
    "parse_table",
]

TOTAL = "/"

TotalIs = Literal["listed", "provisional", "learned", "missing"]

#: Ids of area hierarchies that have been seen; a dimension that has one of them is the area.
_AREA_HIERARCHIES = {"_nykom", "_region", "_reko", "_hele_landet"}


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of a table.

    Attributes
    ----------
    column : str
        Its column in the API's answer: the name, behind the group's name where the group has several measures.
    """

    id: str
    name: str
    group_id: str
    group_name: str
    column: str

    @property
    def kind(self) -> Kind:
        """What may be added, as the measure's name tells."""
        return measure_kind(self.name, self.group_name)


@dataclass(frozen=True, slots=True)
class MeasureGroup:
    """A group of measures."""

    id: str
    name: str
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class PeriodType:
    """A period type with its periods, oldest first."""

    id: str
    name: str
    periods: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def frequency(self) -> str | None:
        """The pandas frequency, None where pandas has none."""
        return frequency(self.periods)


@dataclass(frozen=True, slots=True)
class Level:
    """A level of a hierarchy: `start` and `stop` delimit its members in `Hierarchy.members`.

    The official total is always a level of its own, the first, and no other level contains it, however the metadata
    list it: inside the level below it, in a level of its own, or nowhere.

    Attributes
    ----------
    whole : bool
        Whether these are all that the API means by the level's id, beside the total and what stands above the members:
        not where the level repeats other members of an earlier one, or where two levels bear one id. Only a whole
        level may be asked for by its id.
    """

    id: str
    name: str
    start: int
    stop: int
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a hierarchy; `path` is its id, `/` for the official total."""

    path: str
    name: str
    level: int

    @property
    def ancestors(self) -> Iterator[str]:
        """Paths above this one, nearest first: ``/2/3/`` gives ``/2/`` and ``/``, ``/2/3`` gives ``/2`` and ``/``."""
        # An id that is no path stands below the total alone.
        path = self.path if self.path.startswith("/") else f"/{self.path.replace('/', ' ')}/"
        end = "/" if path.endswith("/") else ""
        while path != TOTAL:
            path = path.rstrip("/").rpartition("/")[0] + end or TOTAL
            yield path


@dataclass(frozen=True)
class Hierarchy:
    """A way to break a dimension down: levels of members, the total first, else in the order of the metadata.

    Attributes
    ----------
    total : {"listed", "provisional", "learned", "missing"}
        How the official total is known. Where the metadata do not list it, it is provisional, with a name that nobody
        has published: that is learned from an answer to ``hierarchy.<id>=/``, or found to be missing.
    """

    id: str
    name: str
    dimension_id: str
    dimension_name: str
    levels: tuple[Level, ...]
    members: tuple[Member, ...]
    total: TotalIs = "listed"

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """One distinct label for each member: its name; ``name [level]`` or ``name [id]`` where names collide."""
        names = Counter(member.name for member in self.members)
        by_level = Counter((member.name, self.levels[member.level].name) for member in self.members)
        unseparated = {name for (name, _), count in by_level.items() if count > 1}

        def label(member: Member) -> str:
            if names[member.name] == 1:
                return member.name
            return f"{member.name} [{member.path if member.name in unseparated else self.levels[member.level].name}]"

        labels = [label(member) for member in self.members]
        # A label may be another member's name; the id tells them apart, and can meet the next one's name.
        while (taken := Counter(labels)) and len(taken) < len(labels):
            longer = [
                text if taken[text] == 1 else f"{member.name} [{member.path}]"
                for text, member in zip(labels, self.members, strict=True)
            ]
            labels = longer if longer != labels else [f"{text} [{code}]" for code, text in enumerate(labels)]
        return tuple(labels)

    @cached_property
    def codes(self) -> dict[str, int]:
        """Position of each member by its path."""
        return {member.path: code for code, member in enumerate(self.members)}

    @cached_property
    def codes_by_label(self) -> dict[str, int]:
        """Position of each member by its label."""
        return {label: code for code, label in enumerate(self.labels)}

    @cached_property
    def codes_by_name(self) -> dict[str, tuple[int, ...]]:
        """Positions of the members that bear a name; several where names collide."""
        found: dict[str, list[int]] = {}
        for code, member in enumerate(self.members):
            found.setdefault(member.name, []).append(code)
        return {name: tuple(codes) for name, codes in found.items()}

    @cached_property
    def codes_by_folded_name(self) -> dict[str, tuple[int, ...]]:
        """As `codes_by_name`, by names and labels without case and with æøå spelt either way."""
        found: dict[str, dict[int, None]] = {}
        for code, (member, label) in enumerate(zip(self.members, self.labels, strict=True)):
            for text in (member.name, label):
                found.setdefault(fold(text), {})[code] = None
        return {name: tuple(codes) for name, codes in found.items()}

    @property
    def has_total(self) -> bool:
        """Whether the hierarchy has an official total, as far as is known."""
        return TOTAL in self.codes

    @cached_property
    def names_are_distinct(self) -> bool:
        """Whether no two members bear one name, so that the names in an answer tell all of them apart."""
        return len(self.codes_by_name) == len(self.members)

    def brought_by(self, level: Level) -> tuple[int, ...]:
        """Positions of what an answer to ``level:<id>`` may hold: the level, the total, what stands above the members."""
        return self._brought[level]

    @cached_property
    def _brought(self) -> dict[Level, tuple[int, ...]]:
        found = {}
        for level in self.levels:
            codes = self.level_codes(level)
            above = {path for code in codes for path in self.members[code].ancestors}
            beside = [code for path in above if (code := self.codes.get(path)) is not None]
            found[level] = tuple(sorted({*beside, *codes}))
        return found

    def with_total(self, name: str | None) -> Hierarchy:
        """Give a provisional total the name that was learned, or take it away where the API has none."""
        if self.total != "provisional":
            return self
        if name is not None:
            top = Level(self.levels[0].id, name, 0, 1, whole=False)
            return replace(
                self,
                levels=(top, *self.levels[1:]),
                members=(Member(TOTAL, name, 0), *self.members[1:]),
                total="learned",
            )
        return replace(
            self,
            levels=tuple(
                replace(level, start=level.start - 1, stop=level.stop - 1) for level in self.levels[1:]
            ),
            members=tuple(replace(member, level=member.level - 1) for member in self.members[1:]),
            total="missing",
        )

    def level_codes(self, level: Level) -> tuple[int, ...]:
        """Positions of the members of a level."""
        return tuple(range(level.start, level.stop))

    @cached_property
    def deepest(self) -> tuple[int, ...]:
        """Positions of the members of the deepest level, none of them above another."""
        level = max(self.levels, key=lambda level: (self._depth(level), level.start))
        codes = self.level_codes(level)
        above = {path for code in codes for path in self.members[code].ancestors}
        return tuple(code for code in codes if self.members[code].path not in above)

    def _depth(self, level: Level) -> int:
        return max(sum(1 for _ in self.members[code].ancestors) for code in self.level_codes(level))


@dataclass(frozen=True, slots=True)
class Dimension:
    """A dimension with the hierarchies that break it down."""

    id: str
    name: str
    hierarchies: tuple[Hierarchy, ...]

    @property
    def is_area(self) -> bool:
        """Whether this is the area: its id, its name or a hierarchy of it says so."""
        return (
            self.id == "_omrade"
            or fold(self.name) in {fold("Område"), "area"}
            or any(hierarchy.id in _AREA_HIERARCHIES for hierarchy in self.hierarchies)
        )


@dataclass(frozen=True)
class Table:
    """A measurement table (måling): what can be asked for.

    The properties `measures`, `dimensions`, `hierarchies` and `levels`, and the methods `members` and `periods`, are
    frames to look at; the fields are the same as tuples of frozen values.

    Attributes
    ----------
    id, name : str
        Such as ``y25i01``.
    update_freq : str
        Period type of the table's rhythm, such as ``M``; empty where the API does not say.
    update_latest, update_next : datetime.date or None
        Days of the latest and the next publication.
    period_types : tuple of PeriodType
    measure_groups : tuple of MeasureGroup
    structure : tuple of Dimension
    """

    id: str
    name: str
    update_freq: str = ""
    update_latest: date | None = None
    update_next: date | None = None
    link_tablepage: str = ""
    link_infopage: str = ""
    period_types: tuple[PeriodType, ...] = field(default=(), repr=False)
    measure_groups: tuple[MeasureGroup, ...] = field(default=(), repr=False)
    structure: tuple[Dimension, ...] = field(default=(), repr=False)

    def __hash__(self) -> int:
        # Hashing thousands of members would cost more than comparing those few tables that agree in this.
        return hash((self.id, self.update_latest, self.update_next))

    @cached_property
    def all_measures(self) -> tuple[Measure, ...]:
        """Every measure, in the order of the metadata."""
        return tuple(measure for group in self.measure_groups for measure in group.measures)

    @cached_property
    def all_hierarchies(self) -> tuple[Hierarchy, ...]:
        """Every hierarchy, in the order of the metadata."""
        return tuple(hierarchy for dimension in self.structure for hierarchy in dimension.hierarchies)

    @property
    def area(self) -> Dimension | None:
        """The area dimension, if the table has one that can be asked for."""
        return next(
            (dimension for dimension in self.structure if dimension.is_area and dimension.hierarchies), None
        )

    @property
    def measures(self) -> pd.DataFrame:
        """The measures: id, name, group, column in the frame, short name, and kind (what may be added)."""
        rows = [
            (m.id, m.name, m.group_id, m.group_name, m.column, self.short_names[m.id], str(m.kind))
            for m in self.all_measures
        ]
        columns = ["measure_id", "measure_name", "group_id", "group_name", "column", "short_name", "kind"]
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def short_names(self) -> dict[str, str]:
        """For the id of each measure, its shortest name that is unique in the table, whatever was asked.

        That is its column without the name of its group, or as much of that as tells it apart.
        """
        taken = {fold(text) for dimension in self.structure for text in (dimension.name, "Periode")}
        short = {}
        for measure in self.all_measures:
            pieces = measure.column.split(": ")
            ends = [": ".join(pieces[start:]) for start in range(len(pieces) - 1, -1, -1)]
            short[measure.id] = next(
                (
                    end
                    for end in ends
                    if fold(end) not in taken
                    and find_measures(end, self.all_measures, lambda m: (m.id, m.column)) == [measure]
                ),
                measure.column,
            )
        return short

    @property
    def dimensions(self) -> pd.DataFrame:
        """The dimensions: id, name and the ids of the hierarchies."""
        rows = [(d.id, d.name, ", ".join(h.id for h in d.hierarchies)) for d in self.structure]
        return pd.DataFrame(rows, columns=["dimension_id", "dimension_name", "hierarchies"])

    @property
    def hierarchies(self) -> pd.DataFrame:
        """The hierarchies: id, name, dimension, number of levels and members, and whether there is a total."""
        rows = [
            (h.id, h.name, h.dimension_id, h.dimension_name, len(h.levels), len(h.members), h.has_total)
            for h in self.all_hierarchies
        ]
        columns = [
            "hierarchy_id",
            "hierarchy_name",
            "dimension_id",
            "dimension_name",
            "levels",
            "members",
            "has_total",
        ]
        return pd.DataFrame(rows, columns=columns)

    @property
    def levels(self) -> pd.DataFrame:
        """The levels of every hierarchy: ids, names and number of members."""
        rows = [
            (h.id, h.name, level.id, level.name, level.stop - level.start)
            for h in self.all_hierarchies
            for level in h.levels
        ]
        return pd.DataFrame(
            rows, columns=["hierarchy_id", "hierarchy_name", "level_id", "level_name", "members"]
        )

    def with_totals(self, names: Mapping[str, str | None]) -> Table:
        """Apply what was learned of provisional totals: their names by the hierarchies' ids, None where there is none."""
        if not names:
            return self
        structure = tuple(
            replace(
                dimension,
                hierarchies=tuple(
                    h.with_total(names[h.id]) if h.id in names else h for h in dimension.hierarchies
                ),
            )
            for dimension in self.structure
        )
        return replace(self, structure=structure)

    def hierarchy(self, name: str) -> Hierarchy:
        """Resolve a hierarchy by id or name, or by the id or name of a dimension that has just one.

        Names resolve in this order: hierarchy id, dimension id, then all equal names in any case.

        Raises
        ------
        QueryError
            If the name does not exist, or fits several hierarchies.
        """
        arguments.text("hierarchy", name, "the id or name of a hierarchy or dimension")
        found = find(
            name,
            self.all_hierarchies,
            lambda hierarchy: [hierarchy.id],
            lambda hierarchy: [hierarchy.dimension_id],
            lambda hierarchy: [hierarchy.name, hierarchy.dimension_name],
        )
        if len(found) > 1:
            error = several(f"Table {self.id}", "hierarchy", name, [(h.id, h.name) for h in found])
            raise QueryError(f"{error} For instance by={found[0].id!r}.")
        if not found:
            options = [(h.id, h.name, h.dimension_name, h.dimension_id) for h in self.all_hierarchies]
            error = no_such(f"Table {self.id}", "dimension or hierarchy", name, options)
            near = nearest(name, [text for texts in options for text in texts])
            raise (
                error
                if near or len(name) > 50
                else QueryError(f"{error} ji.tables({name!r}) finds tables that have it.")
            )
        return found[0]

    def period_type(self, period_type: str) -> PeriodType:
        """Resolve a period type by id or name.

        Raises
        ------
        QueryError
            If the table has no such period type.
        """
        arguments.text("period_type", period_type, "the id or name of a period type, such as 'M'")
        found = find(period_type, self.period_types, lambda known: [known.id], lambda known: [known.name])
        if not found:
            options = [(known.id, known.name) for known in self.period_types]
            raise no_such(f"Table {self.id}", "period type", period_type, options)
        return found[0]

    def members(self, hierarchy: str) -> pd.DataFrame:
        """Members of a hierarchy: id, name, label (distinct, as in the frame), level id and name.

        Parameters
        ----------
        hierarchy : str
            Id or name of a hierarchy, or of a dimension that has just one.
        """
        found = self.hierarchy(hierarchy)
        rows = [
            (member.path, member.name, label, found.levels[member.level].id, found.levels[member.level].name)
            for member, label in zip(found.members, found.labels, strict=True)
        ]
        return pd.DataFrame(rows, columns=["member_id", "member_name", "label", "level_id", "level_name"])

    def periods(self, period_type: str | None = None) -> pd.DataFrame:
        """Periods of a type, oldest first: id, name and pandas period (or ordered categorical).

        Parameters
        ----------
        period_type : str, optional
            Id or name, such as ``M``; the table's own rhythm by default.
        """
        found = self.default_period_type if period_type is None else self.period_type(period_type)
        return pd.DataFrame(
            {"period_id": found.periods, "period_name": found.names, "period": period_values(found.periods)},
        )

    @property
    def default_period_type(self) -> PeriodType:
        """The period type of the table's rhythm, or the first it lists."""
        filled = [known for known in self.period_types if known.periods]
        if not filled:
            raise QueryError(f"Table {self.id} lists no periods: there is nothing to ask for.")
        rhythm = fold(self.update_freq)
        return next((known for known in filled if rhythm in {fold(known.id), fold(known.name)}), filled[0])

    def find(self, search: str) -> pd.DataFrame:
        """Find members over all hierarchies, the best match first.

        Parameters
        ----------
        search : str
            Words in any order and case; where one stands nowhere, a misspelt letter is forgiven.

        Returns
        -------
        DataFrame
            Hierarchy id, member id, label and level name.
        """
        members = [
            (h.id, member.path, label, h.levels[member.level].name)
            for h in self.all_hierarchies
            for member, label in zip(h.members, h.labels, strict=True)
        ]
        found = words.search(
            arguments.text("search", search, "words to look for"), members, lambda member: [(member[2], 1.0)]
        )
        best = [hit.item for hit in found.hits]
        return pd.DataFrame(best, columns=["hierarchy_id", "member_id", "label", "level_name"])

    def __repr__(self) -> str:
        lines = [
            f"{self.id} · {self.name}",
            *(f"{name:<12}{text}" for name, text in self._facts()),
            "",
            "measures",
        ]
        width = max((len(m.column) for m in self.all_measures), default=0)
        lines += [f"  {m.column:<{width}}  {m.kind}" for m in self.all_measures]
        lines += ["", "dimensions"]
        for dimension in self.structure:
            lines.append(f"  {dimension.name} ({dimension.id})")
            for h in dimension.hierarchies:
                lines.append(f"    {h.id:<16} {h.name}: {_levels_text(h)}")
        return "\n".join([*lines, "", f"read it:  {self._example()}"])

    def _repr_html_(self) -> str:
        measures = "".join(
            f"<li>{escape(m.column)} <small style='opacity:.65'>{escape(str(m.kind))}</small></li>"
            for m in self.all_measures
        )
        dimensions = "".join(
            f"<li>{escape(d.name)} <small style='opacity:.65'>{escape(d.id)}</small><ul>"
            + "".join(
                f"<li><code>{escape(h.id)}</code> {escape(h.name)}: {escape(_levels_text(h))}</li>"
                for h in d.hierarchies
            )
            + "</ul></li>"
            for d in self.structure
        )
        return (
            f"<div><b><code>{escape(self.id)}</code> {escape(self.name)}</b>{facts_table(self._facts())}"
            f"<details open><summary>{len(self.all_measures)} measures</summary><ul>{measures}</ul></details>"
            f"<details open><summary>{len(self.structure)} dimensions</summary><ul>{dimensions}</ul></details>"
            f"<code>{escape(self._example())}</code></div>"
        )

    def _facts(self) -> list[tuple[str, str]]:
        facts = [
            ("periods", f"{t.id} ({t.name}): {t.periods[0]} to {t.periods[-1]}, {len(t.periods)} of them")
            for t in self.period_types
            if t.periods
        ]
        updated = f"{self.update_latest or 'unknown'}, next {self.update_next or 'unknown'}"
        facts.append(("updated", updated + (f" (rhythm {self.update_freq})" if self.update_freq else "")))
        return [*facts, *([("page", self.link_tablepage)] if self.link_tablepage else [])]

    def _example(self) -> str:
        breakdown = next((h for h in self.all_hierarchies if len(h.members) > 1), None)
        by = f', by="{breakdown.id}"' if breakdown else ""
        return f'ji.read_jobindsats("{self.id}"{by}, periods="latest:12")'


def _levels_text(hierarchy: Hierarchy) -> str:
    parts = []
    for level in hierarchy.levels:
        count = level.stop - level.start
        first = hierarchy.labels[level.start]
        alone = level.name if first == level.name else f"{level.name} ({first})"
        parts.append(alone if count == 1 else f"{level.name} ({count})")
    return " > ".join(parts)


# --- parsing ---------------------------------------------------------------------------------------------------------


def parse_table(body: bytes, table_id: str | None = None) -> Table:
    """Parse the answer of ``/table/{table_id}``.

    Parameters
    ----------
    body : bytes
        JSON without a byte order mark.
    table_id : str, optional
        The table that was asked for; an answer about another one is refused.

    Raises
    ------
    PayloadError
        If a field cannot be understood; the message names the table and the field.
    """
    read = Fields(f"Table {table_id}" if table_id else "A table")
    document = read.document(body)
    if not isinstance(document, dict) or "table_id" not in document:
        raise BrokenAnswerError(
            f"{read.what}: the answer is {arguments.shown(document)}, not an object with a 'table_id'."
        )
    found = read.identifier(document, "table_id")
    if table_id is not None and found.casefold() != table_id.casefold():
        raise read.fail("table_id", f"is {found!r}")
    read = Fields(f"Table {found}")
    return Table(
        id=found.lower(),  # as it is written in addresses
        name=read.text(document, "table_name", found),
        update_freq=read.text(document, "update_freq"),
        update_latest=read.day(document, "update_latest"),
        update_next=read.day(document, "update_next"),
        link_tablepage=read.text(document, "link_tablepage"),
        link_infopage=read.text(document, "link_infopage"),
        period_types=_period_types(document, read),
        measure_groups=_measure_groups(document, read),
        structure=_dimensions(document, read),
    )


def _period_types(document: Mapping[str, Any], read: Fields) -> tuple[PeriodType, ...]:
    periods = document.get("periods")
    if isinstance(periods, dict):
        periods = periods.get("periodtypes")
    if periods is None:
        raise read.fail("periods", "is missing")
    types = []
    for item in (read.mapping(item, "periods") for item in read.sequence(periods, "periods")):
        type_id = read.identifier(item, "periodtype_id")
        names: dict[str, str] = {}
        for value in read.items(item, "values"):
            period = read.identifier(value, "period_id")
            names.setdefault(period, read.text(value, "period_name", period))
        ids = chronological(names)
        if len({parse_period(text) or text for text in ids}) < len(ids):
            raise read.fail("period_id", f"of type {type_id} names one period in two ways")
        try:
            frequency(ids)
        except ValueError as error:
            raise read.fail("period_id", f"is impossible ({error})") from None
        name = read.text(item, "periodtype_name", type_id)
        types.append(PeriodType(type_id, name, tuple(ids), tuple(names[text] for text in ids)))
    return tuple(types)


def _measure_groups(document: Mapping[str, Any], read: Fields) -> tuple[MeasureGroup, ...]:
    groups = []
    for item in read.items(document, "mgroups"):
        group_id, measures = read.identifier(item, "mgroup_id"), read.items(item, "measures")
        group_name = read.text(item, "mgroup_name", group_id)
        parsed = []
        for measure in measures:
            measure_id = read.identifier(measure, "measure_id")
            name = read.text(measure, "measure_name", measure_id)
            column = f"{group_name}: {name}" if len(measures) > 1 else name
            parsed.append(Measure(measure_id, name, group_id, group_name, column))
        groups.append(MeasureGroup(group_id, group_name, tuple(parsed)))
    seen = Counter((m.group_id, m.id) for group in groups for m in group.measures)
    for (group_id, measure_id), count in seen.items():
        if count > 1:
            raise read.fail("measure_id", f"names {measure_id!r} twice in group {group_id!r}")
    return tuple(groups)


def _dimensions(document: Mapping[str, Any], read: Fields) -> tuple[Dimension, ...]:
    dimensions = []
    for item in read.items(document, "dimensions", optional=True):
        dimension_id = read.identifier(item, "dimension_id")
        name = read.text(item, "dimension_name", dimension_id)
        hierarchies = tuple(
            _hierarchy(hierarchy, dimension_id, name, read) for hierarchy in read.items(item, "hierarchies")
        )
        dimensions.append(Dimension(dimension_id, name, hierarchies))
    ids = {
        "dimension_id": Counter(d.id.casefold() for d in dimensions),
        "hierarchy_id": Counter(h.id.casefold() for d in dimensions for h in d.hierarchies),
    }
    for name, seen in ids.items():
        for found, count in seen.items():
            if count > 1:
                raise read.fail(name, f"names {found!r} twice")
    return tuple(dimensions)


def _hierarchy(item: Mapping[str, Any], dimension_id: str, dimension_name: str, read: Fields) -> Hierarchy:
    hierarchy_id = read.identifier(item, "hierarchy_id")
    total = Level("", "", 0, 1, whole=False)
    levels: list[Level] = []
    members: list[Member] = []
    names: dict[str, str] = {}
    for value in read.items(item, "levels"):
        level_id, start = read.identifier(value, "level_id"), len(members)
        level_name = read.text(value, "level_name", level_id)
        repeated: set[str] = set()
        for entry in read.items(value, "values"):
            path = entry.get("value_id")
            if type(path) is not str or not path:
                path = read.identifier(entry, "value_id")
            name = entry.get("value_name")
            if type(name) is not str:
                name = read.text(entry, "value_name", path)
            known = names.get(path)
            if known is None:
                names[path] = name
                if path != TOTAL:
                    members.append(Member(path, name, 1 + len(levels)))
            elif known != name:
                raise read.fail(
                    "value_id", f"{path!r} of hierarchy {hierarchy_id} names both {known!r} and {name!r}"
                )
            elif path != TOTAL:
                repeated.add(path)  # it stays where it was listed first
        fresh = members[start:]
        if fresh:
            above = {path for member in fresh for path in member.ancestors} if repeated else set()
            whole = repeated <= above | {member.path for member in fresh}
            levels.append(Level(level_id, level_name, 1 + start, 1 + len(members), whole))
        elif TOTAL in names and not total.name:
            total = replace(total, id=level_id, name=level_name)
    name = names.get(TOTAL)
    if name is None:
        # The form that the API's other totals have; where a member has that name already, the total's id.
        guess = "Hele landet" if _is_area(hierarchy_id, dimension_id) else f"{dimension_name} i alt"
        name = TOTAL if guess in names.values() else guess
    total = replace(total, name=total.name or name)
    if not total.id:
        total = replace(total, id=TOTAL if any(level.id == "total" for level in levels) else "total")
    ids = Counter(level.id for level in (total, *levels))
    levels = [replace(level, whole=level.whole and ids[level.id] == 1) for level in levels]
    return Hierarchy(
        hierarchy_id,
        read.text(item, "hierarchy_name", hierarchy_id),
        dimension_id,
        dimension_name,
        (total, *levels),
        (Member(TOTAL, name, 0), *members),
        "listed" if TOTAL in names else "provisional",
    )


def _is_area(hierarchy_id: str, dimension_id: str) -> bool:
    return dimension_id == "_omrade" or hierarchy_id in _AREA_HIERARCHIES
