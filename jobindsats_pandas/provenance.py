"""Where a frame comes from: one frozen value, from its attrs, or as far as its cells know; the call that asks it again.

pandas drops attrs in ``pivot``, ``merge`` and ``concat`` of different frames. The cells then still know table, measures,
periods and members; the day of the update and the moment of fetching they do not know, and these are left out.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas.errors import ProvenanceError, QueryError
from jobindsats_pandas.guarded import decode_columns, guarded_columns, is_long
from jobindsats_pandas.kinds import measure_kind
from jobindsats_pandas.periods import parse_period
from jobindsats_pandas.showing import facts_table
from jobindsats_pandas.transport import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from jobindsats_pandas.disclosure import AddressDimension, AddressMeasure, AddressSpace, Decoded

__all__ = [
    "Citation",
    "Contents",
    "Origin",
    "Provenance",
    "Source",
    "cite",
    "notes",
    "origin_of",
    "provenances",
    "read_line",
    "source",
]

#: What the question as it was asked may take in attrs, which pandas copies at every step.
_MOST_BYTES = 3_000
#: How many measures attrs name.
_MOST_MEASURES = 50
#: How a long selection of members stands in attrs; it cannot be asked again.
_TOO_MANY = re.compile(r"\d+ members")
#: How the sandbox's tables are called, so that its figures are known wherever they come to stand.
_SYNTHETIC = "(syntetisk)"


@dataclass(frozen=True)
class Origin:
    """Whose figures they are, as a citation names it.

    Attributes
    ----------
    author : str
    english, danish : str
        Where they are published.
    official : bool
        Whether they are cited as STAR's.
    """

    author: str
    english: str
    danish: str
    official: bool = False


def origin_of(table_name: str, url: str = "") -> Origin:
    """Tell whose figures those of a table are, by its name and the address of the API that answered.

    STAR is named only where nothing speaks against it: the sandbox's tables say in their name that they are synthetic,
    and what an API on this machine answered, STAR did not publish.

    Examples
    --------
    >>> origin_of("Ledige personer", "https://api.jobindsats.dk/v3").author
    'Styrelsen for Arbejdsmarked og Rekruttering'
    >>> origin_of("Ledige personer (syntetisk)").english
    'Synthetic data of the sandbox of jobindsats_pandas, no figures of STAR'
    """
    if table_name.endswith(_SYNTHETIC):
        return Origin(
            "jobindsats_pandas",
            "Synthetic data of the sandbox of jobindsats_pandas, no figures of STAR",
            "Syntetiske data fra sandkassen i jobindsats_pandas, ikke STARs tal",
        )
    if is_loopback(url):
        return Origin(
            f"API at {url}",
            "Answers of an API on a user's own machine, not known to be figures of STAR",
            f"Svar fra et API på egen maskine ({url}), ikke kendt som STARs tal",
        )
    return Origin(
        "Styrelsen for Arbejdsmarked og Rekruttering", "Jobindsats.dk", "Jobindsats.dk", official=True
    )


def read_line(question: Mapping[str, Any]) -> str:
    """Write a question as a line to paste.

    Examples
    --------
    >>> read_line({"table": "y25i01", "by": {"_nykom": "*"}, "periods": "2026M05", "measures": None})
    "ji.read_jobindsats('y25i01', by={'_nykom': '*'}, periods='2026M05')"
    """
    shown = {
        name: value
        for name, value in question.items()
        if name != "table" and value not in (None, "wide", False)
    }
    periods = shown.get("periods")
    ends = [periods.partition(":")[0]] if isinstance(periods, str) else periods
    first = parse_period(ends[0]) if isinstance(ends, list) and ends else None
    if first is not None and first.letters == shown.get("period_type"):
        del shown["period_type"]
    arguments = [repr(question["table"]), *(f"{name}={value!r}" for name, value in shown.items())]
    return f"ji.read_jobindsats({', '.join(arguments)})"


@dataclass(frozen=True)
class Provenance:
    """Where the cells of one table in a frame come from; what is not known is empty.

    Attributes
    ----------
    table, table_name, link : str
        Id, name, and the address of its page.
    url : str
        Address of the API that answered.
    update_latest, fetched_at : str
        Day of the publication, and the moment of fetching in UTC; of the oldest part where there are several.
    from_cache, stale : bool, optional
    period_type : str
    periods : str or tuple of str
        As a question names them: one, a run such as ``2025M01:2025M12``, or each of them.
    count : int
        How many periods these are.
    by : mapping
        Hierarchy ids to members, as a question names them.
    area : str
        The area hierarchy whose total was sent because the API wants one.
    measures : str or tuple of str
        ``"*"`` or ids and names.
    layout : str
    complete : bool
    additive : mapping
        Measures to kinds.
    period_column : str
    dimensions : mapping
        Column names to the ids of their dimension and hierarchy.
    asked : mapping, optional
        The question as it was asked, ``latest:24`` for instance.
    missing : tuple of str
        Periods that the data bank lists and the answer did not hold.
    cells : str
        The mark of the cells that the question brought, as `guarded.tally` gives it.
    """

    table: str
    table_name: str = ""
    link: str = ""
    url: str = ""
    update_latest: str = ""
    fetched_at: str = ""
    from_cache: bool | None = None
    stale: bool | None = None
    period_type: str = ""
    periods: str | tuple[str, ...] = ()
    count: int = 0
    by: Mapping[str, Any] = field(default_factory=dict)
    area: str = ""
    measures: str | tuple[str, ...] = ()
    layout: str = "wide"
    complete: bool = False
    additive: Mapping[str, str] = field(default_factory=dict)
    period_column: str = "Periode"
    dimensions: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    asked: Mapping[str, Any] | None = None
    missing: tuple[str, ...] = ()
    cells: str = ""

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Provenance:
        """Where a frame of one table comes from, by its attrs and its cells.

        Raises
        ------
        ProvenanceError
            If neither knows, or the frame holds cells of several tables; `provenances` tells of each.
        """
        found = provenances(frame)
        if len(found) > 1:
            tables = ", ".join(one.table for one in found)
            raise ProvenanceError(
                f"The frame holds cells of {len(found)} tables ({tables}); keep the columns of one of them."
            )
        return found[0]

    @classmethod
    def from_attrs(cls, attrs: Any) -> Provenance | None:
        """Read ``df.attrs["jobindsats"]``; None if it does not name a table. What it has of a wrong type is left out."""
        if not isinstance(attrs, Mapping) or not isinstance(attrs.get("table"), str):
            return None

        def text(name: str) -> str:
            return text_of(attrs.get(name))

        def mapping(value: Any) -> Mapping[str, Any]:
            return value if isinstance(value, Mapping) else {}

        def flag(name: str) -> bool | None:
            value = attrs.get(name)
            return value if isinstance(value, bool) else None

        measures, columns = attrs.get("measures"), mapping(attrs.get("columns"))
        periods, count = _span(attrs.get("periods"))
        return cls(
            table=attrs["table"],
            **{name: text(name) for name in ("table_name", "link", "url", "update_latest", "fetched_at")},
            from_cache=flag("from_cache"),
            stale=flag("stale"),
            period_type=text("period_type"),
            periods=periods,
            count=count,
            by=mapping(attrs.get("by")),
            area=text("area"),
            measures=tuple(map(str, measures))
            if isinstance(measures, list | tuple)
            else text("measures") or (),
            layout=text("layout") or "wide",
            complete=flag("complete") or False,
            additive=mapping(attrs.get("additive")),
            period_column=text_of(columns.get("period")) or "Periode",
            dimensions={
                str(name): (str(ids[0]), str(ids[-1]))
                for name, ids in mapping(columns.get("dimensions")).items()
                if isinstance(ids, list | tuple) and ids
            },
            asked=_unpacked(attrs.get("asked")),
            missing=tuple(map(str, lacking)) if isinstance(lacking := attrs.get("missing"), list) else (),
            cells=text("cells"),
        )

    def to_attrs(self) -> dict[str, Any]:
        """Write it as plain JSON for ``df.attrs["jobindsats"]``, and short: pandas copies attrs at every step."""
        asked = _packed(self.asked)
        return {
            "table": self.table,
            "table_name": self.table_name,
            "link": self.link,
            "url": self.url,
            "update_latest": self.update_latest or None,
            "fetched_at": self.fetched_at,
            "from_cache": self.from_cache,
            "stale": self.stale,
            "period_type": self.period_type,
            "periods": [*self.ends, self.count] if self.periods else [],
            "by": dict(self.by),
            "area": self.area or None,
            "measures": self.measures
            if isinstance(self.measures, str)
            else list(self.measures)[:_MOST_MEASURES],
            "columns": {
                "period": self.period_column,
                "dimensions": {name: list(ids) for name, ids in self.dimensions.items()},
            },
            "layout": self.layout,
            "complete": self.complete,
            "additive": dict(self.additive),
            **({} if asked is None else {"asked": asked}),
            **({"missing": list(self.missing)} if self.missing else {}),
            **({"cells": self.cells} if self.cells else {}),
        }

    @property
    def ends(self) -> tuple[str, str]:
        """The first and the last period."""
        if isinstance(self.periods, str):
            first, _, last = self.periods.partition(":")
            return first, last or first
        return self.periods[0], self.periods[-1]

    @property
    def question(self) -> dict[str, Any]:
        """The question as it was asked, as far as is known: keyword arguments of `jobindsats_pandas.read_jobindsats`."""
        return {**self._exact, **(self.asked or {})}

    @property
    def _exact(self) -> dict[str, Any]:
        """What brings these cells again, whatever periods have come since."""
        return {
            "table": self.table,
            "by": dict(self.by) or None,
            "periods": (self.periods if isinstance(self.periods, str) else list(self.periods)) or None,
            "period_type": self.period_type or None,
            "measures": list(self.measures) or None if isinstance(self.measures, tuple) else None,
            "layout": self.layout,
            "complete": self.complete,
            "additive": dict(self.additive) or None,
        }

    def _closed(self, asked: str) -> str:
        """A period or range of a list as it was asked, ended where the periods that came end."""
        ends = self.periods.split(":") if isinstance(self.periods, str) else list(self.periods)
        first, colon, last = asked.partition(":")
        last = last if colon else first
        newest, end = parse_period(ends[-1]), parse_period(last)
        whole_year = newest is not None and last.isdecimal() and int(last) >= newest.year
        if not last or whole_year or (newest is not None and end is not None and end > newest):
            last = ends[-1]
        elif first:
            return asked
        return f"{first or ends[0]}:{last}"

    @property
    def call(self) -> str:
        """The line that asks for these cells again, each period named; empty where that is not known well enough."""
        exact, asked = self._exact, self.asked or {}
        if asked.get("names"):
            exact["names"] = asked["names"]
        if isinstance(asked.get("periods"), list):
            exact["periods"] = [self._closed(name) for name in asked["periods"]]  # which may have gaps
        if len(self.measures) >= _MOST_MEASURES:
            exact["measures"] = asked.get("measures")
        if any(isinstance(one, str) and _TOO_MANY.fullmatch(one) for one in self.by.values()):
            exact["by"] = asked.get("by")
        known = exact["periods"] and (exact["by"] or not self.by)
        return read_line(exact) if known else ""

    @property
    def source(self) -> Source:
        """What a user is shown."""
        return Source(
            self.table, self.table_name, self.link, self.update_latest, self.fetched_at, self.call, self.url
        )

    @property
    def origin(self) -> Origin:
        """Whose figures they are."""
        return origin_of(self.table_name, self.url)

    @property
    def citation(self) -> Citation:
        """How to cite it: dates stand in it as far as they are known."""
        origin = self.origin
        link = self.link if origin.official else ""
        year = (self.update_latest or self.fetched_at)[:4]
        updated = f", updated {self.update_latest}" if self.update_latest else ""
        fetched = self.fetched_at[:10]
        text = (
            f"{origin.author}{f' ({year})' if year else ''}: {self.table_name}."
            f" {origin.english}, table {self.table}{updated}.{f' {link}' if link else ''}"
            f"{f' (fetched {fetched})' if fetched else ''}"
        )
        fields = {
            "author": f"{{{_tex(origin.author)}}}",
            "title": f"{{{_tex(self.table_name)}}}",
            "year": year,
            "howpublished": f"{_tex(origin.english)}, table {_tex(self.table)}{updated}",
            "url": link.replace("{", "%7B").replace("}", "%7D"),
            "urldate": fetched,
        }
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
        bank = "jobindsats" if origin.official else "not_jobindsats"
        key = "_".join(part for part in (bank, self.table, year) if part)
        return Citation(text, "\n".join([f"@misc{{{key},", *lines, "}"]))


def text_of(value: Any) -> str:
    """A text; the empty one in the place of what is none."""
    return value if isinstance(value, str) else ""


def _span(periods: Any) -> tuple[str | tuple[str, ...], int]:
    """Read the first and last period, and how many there are."""
    match periods:
        case [str(first), str(last), int(count)]:
            return first if count == 1 else f"{first}:{last}", count
        case _:
            return (), 0


def _packed(asked: Mapping[str, Any] | None) -> Any:
    """A question as it stands in attrs: plain, packed where it is long, None where it is too long even so."""
    if asked is None:
        return None
    text = json.dumps(dict(asked), ensure_ascii=False, separators=(",", ":")).encode()
    if len(text) <= _MOST_BYTES // 4:
        return dict(asked)
    short = base64.b85encode(zlib.compress(text, 9)).decode()
    return short if len(short) <= _MOST_BYTES else None


def _unpacked(packed: Any) -> Mapping[str, Any] | None:
    if isinstance(packed, str):
        try:
            packed = json.loads(zlib.decompress(base64.b85decode(packed)))
        except (ValueError, zlib.error):
            return None
    return packed if isinstance(packed, Mapping) else None


# --- as far as the cells know ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Contents:
    """What of one table some cells are of."""

    space: AddressSpace
    measures: tuple[AddressMeasure, ...]
    periods: tuple[int, ...]
    members: tuple[frozenset[int], ...]

    @classmethod
    def of(
        cls, decoded: Iterable[Decoded], table: str, wanted: set[tuple[str, str]] | None = None
    ) -> Contents:
        """Look at all cells of a table, of some of its measures.

        Raises
        ------
        ProvenanceError
            If the measures were all computed.
        """
        cells = [one for one in decoded if one.space.table == table]
        space = cells[0].space
        # Only the cells of a computed column know that column's measure.
        found = {int(code): one.space.measures[code] for one in cells for code in np.unique(one.measure)}
        measures = tuple(
            measure
            for _, measure in sorted(found.items())
            if not measure.derived and (wanted is None or (table, measure.id) in wanted)
        )
        if not measures:
            raise ProvenanceError(
                "The frame's measures were all computed, so no published total belongs to them. Keep a column as it was"
                " read, or name the measure in ji.read_jobindsats."
            )
        periods = tuple(sorted({int(code) for one in cells for code in np.unique(one.period)}))
        members = tuple(
            frozenset(int(code) for one in cells for code in np.unique(one.members[place]))
            for place in range(len(space.dimensions))
        )
        return cls(space, measures, periods, members)

    @property
    def period_type(self) -> str:
        """The type of the periods."""
        types = sorted({self.space.periods[code][0] for code in self.periods})
        if len(types) > 1:
            raise QueryError(
                f"The frame holds periods of {len(types)} types ({', '.join(types)}), and one call asks for one"
                " type. Keep the rows of one type."
            )
        return types[0]

    def question(self, left_out: Iterable[int] = (), *, layout: str = "wide") -> dict[str, Any]:
        """Write what asks for these cells, some dimensions at their total; arguments of `read_jobindsats`.

        Raises
        ------
        QueryError
            If the cells are of several hierarchies of a dimension or of several types of periods: no one call asks that.
        """
        by = {}
        for place, dimension in enumerate(self.space.dimensions):
            if place not in set(left_out) and (members := self.members[place]) != {0}:
                hierarchy, selection = _selection(dimension, members)
                by[hierarchy] = selection
        published = [m for m in self.space.measures if not m.derived]
        names = [m.name for m in published]
        additive = {m.name: str(m.kind) for m in self.measures if m.kind is not measure_kind(m.name)}
        return {
            "table": self.space.table,
            "by": by or None,
            "periods": self._period_text(),
            "period_type": self.period_type,
            "measures": None
            if len(self.measures) == len(published)
            else [m.name if names.count(m.name) == 1 else m.id for m in self.measures],
            "layout": layout,
            "additive": additive or None,
        }

    def _period_text(self) -> str | list[str]:
        names = [self.space.periods[code][1] for code in self.periods]
        if len(names) == 1:
            return names[0]
        every = [name for kind, name in self.space.periods if kind == self.period_type]
        first = every.index(names[0])
        return f"{names[0]}:{names[-1]}" if every[first : first + len(names)] == names else names


def _selection(dimension: AddressDimension, members: frozenset[int]) -> tuple[str, str | list[str]]:
    """Write members of a dimension as ``by`` takes them: whole levels by their id, others by name."""
    hierarchies = {dimension.levels[dimension.members[code].level].hierarchy for code in members if code}
    if len(hierarchies) > 1:
        raise QueryError(
            f"The frame holds several hierarchies of {dimension.name!r} ({', '.join(sorted(hierarchies))}), and one call"
            " asks for one. Keep the rows of one of them, with df.jobindsats.level(dimension, level)."
        )
    hierarchy = hierarchies.pop()
    levels = [n for n, known in enumerate(dimension.levels) if known.hierarchy == hierarchy]
    ids = [dimension.levels[number].id for number in levels]
    chosen: list[str] = ["total"] if 0 in members else []
    whole = 0
    for number in levels:
        here = set(np.flatnonzero(dimension.level_of == number).tolist())
        if here <= members and len(here) > 1 and ids.count(dimension.levels[number].id) == 1:
            chosen.append(f"level:{dimension.levels[number].id}")
        else:
            chosen += [_member_text(dimension, code) for code in sorted(here & members)]
        whole += here <= members
    if whole == len(levels) and 0 in members:
        return hierarchy, "*"
    return hierarchy, chosen[0] if len(chosen) == 1 else chosen


def _member_text(dimension: AddressDimension, code: int) -> str:
    member = dimension.members[code]
    # A name that `by` would read as something else is left for the path.
    odd = member.name in {"*", "total"} or member.name.startswith(("level:", "/"))
    return member.path if odd else member.name


def provenances(frame: pd.DataFrame) -> list[Provenance]:
    """Where the cells of each table in a frame come from: by the attrs where they are of that table, else by the cells.

    Raises
    ------
    ProvenanceError
        If neither attrs nor cells know.
    """
    attrs = Provenance.from_attrs(frame.attrs.get("jobindsats"))
    arrays = list(guarded_columns(frame).values())
    spaces = [
        array.registry.spaces[place]
        for array in arrays
        for place, *_ in array.registry.split(array.addresses)
    ]

    def rebuilt(space: AddressSpace) -> Provenance:
        # Only where attrs do not tell: to take all cells apart is most of the work.
        decoded = [one for of_column in decode_columns(arrays) for one in of_column]
        return _rebuilt(space, decoded, "long" if is_long(frame) else "wide")

    found = []
    for space in {space.table: space for space in spaces}.values():
        if attrs is None or attrs.table != space.table:
            found.append(rebuilt(space))
        elif any(isinstance(one, str) and _TOO_MANY.fullmatch(one) for one in attrs.by.values()):
            found.append(replace(attrs, by={**attrs.by, **rebuilt(space).by}))
        else:
            found.append(attrs)
    if found or attrs:
        return found or [attrs]  # type: ignore[list-item]
    raise ProvenanceError(
        "Neither df.attrs['jobindsats'] nor the cells know where this frame comes from: it was computed or built by hand."
        " Copy the attrs of the frame as it was read, df.attrs.update(the_frame_as_read.attrs), or read it again with"
        " ji.read_jobindsats(table, …)."
    )


def _rebuilt(space: AddressSpace, decoded: Iterable[Decoded], layout: str) -> Provenance:
    try:
        question = Contents.of(decoded, space.table).question(layout=layout)
    except (ProvenanceError, QueryError):
        # Computed, or more than one call asks for: the table at least is known.
        return Provenance(space.table, space.table_name, url=space.url, layout=layout)
    periods = question["periods"]
    return Provenance(
        space.table,
        space.table_name,
        url=space.url,
        period_type=question["period_type"],
        periods=periods if isinstance(periods, str) else tuple(periods),
        count=len({int(code) for one in decoded if one.space is space for code in np.unique(one.period)}),
        by=question["by"] or {},
        measures=tuple(question["measures"] or ()) or "*",
        layout=layout,
        additive=question["additive"] or {},
    )


# --- shown to people -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Source:
    """Where a frame comes from; what is not known is empty.

    Attributes
    ----------
    table, table_name : str
    link : str
        The table's page.
    update_latest : str
        Day of the publication.
    fetched_at : str
        Moment of fetching, UTC; of the oldest part where there are several.
    query : str
        The call that reads it.
    api : str
        Address of the API.
    """

    table: str
    table_name: str
    link: str
    update_latest: str
    fetched_at: str
    query: str
    api: str

    def _facts(self) -> list[tuple[str, str]]:
        facts = [
            ("table", f"{self.table} · {self.table_name}"),
            ("page", self.link),
            ("updated", self.update_latest),
            ("fetched", self.fetched_at and f"{self.fetched_at} from {self.api}"),
            ("query", self.query),
        ]
        return [fact for fact in facts if fact[1]]

    def __repr__(self) -> str:
        return "\n".join(f"{name:<9}{text}" for name, text in self._facts())

    def _repr_html_(self) -> str:
        return facts_table(self._facts())


@dataclass(frozen=True)
class Citation:
    """How to cite a frame: `text` for a foot of a figure, `bibtex` for a list of references."""

    text: str
    bibtex: str

    def __repr__(self) -> str:
        return f"{self.text}\n\n{self.bibtex}"


def source(frame: pd.DataFrame) -> Source:
    """Say where a frame comes from; of several tables, each fact with a semicolon between them.

    Raises
    ------
    ProvenanceError
        If neither attrs nor cells know.
    """
    several = [vars(one.source) for one in provenances(frame)]
    return Source(**{name: "; ".join(one[name] for one in several if one[name]) for name in several[0]})


def cite(frame: pd.DataFrame) -> Citation:
    """Write a citation of a frame; of several tables, one below the other.

    Raises
    ------
    ProvenanceError
        If neither attrs nor cells know.
    """
    several = [one.citation for one in provenances(frame)]
    return Citation("\n".join(one.text for one in several), "\n\n".join(one.bibtex for one in several))


def notes(frame: pd.DataFrame) -> dict[str, str]:
    """Source and citation, for who opens a file without this package; nothing where nobody knows them."""
    try:
        return {"source": repr(source(frame)), "citation": repr(cite(frame))}
    except ProvenanceError:
        return {}


_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: "\\" + sign for sign in "&%$#_"},
}


def _tex(text: str) -> str:
    return "".join(_TEX.get(sign, sign) for sign in " ".join(text.split()))
