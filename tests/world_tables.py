"""Tables for the server in `worlds`: what exists, and numbers that follow from a formula."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TOTAL = "/"

#: A level as the metadata list it, without the total: id, name, members as (path, name).
Level = tuple[str, str, tuple[tuple[str, str], ...]]


def above(path: str) -> list[str]:
    """The paths from below the total down to a member, itself included."""
    steps = path.strip("/").split("/")
    return ["/" + "/".join(steps[:depth]) + "/" for depth in range(1, len(steps) + 1)]


@dataclass(frozen=True)
class Hierarchy:
    """Levels of members below one total.

    `cuts` are the borders of the lowest members among a dimension's smallest units; even by default.
    """

    id: str
    name: str
    total: str
    levels: tuple[Level, ...]
    cuts: tuple[int, ...] = ()

    @cached_property
    def names(self) -> dict[str, str]:
        """The name of each member by its path, the total first."""
        return {TOTAL: self.total} | {path: name for level in self.levels for path, name in level[2]}

    @cached_property
    def lowest(self) -> list[str]:
        """The members without children, brothers beside each other."""
        order = {path: place for place, path in enumerate(self.names)}
        parents = {TOTAL} | {one for path in self.names for one in above(path)[:-1]}
        return sorted(order.keys() - parents, key=lambda path: [order.get(one, -1) for one in above(path)])

    def runs(self, units: int) -> dict[str, tuple[int, int]]:
        """The run of a dimension's smallest units that each member stands for."""
        runs = {TOTAL: (0, units)}
        for place, path in enumerate(self.lowest):
            even = (place * units // len(self.lowest), (place + 1) * units // len(self.lowest))
            start, stop = self.cuts[place : place + 2] or even
            for one in above(path):
                runs[one] = (runs.get(one, (start,))[0], stop)
        return runs


@dataclass(frozen=True)
class Dimension:
    """A dimension; `column` is its name in answers where that is another than in the metadata."""

    id: str
    name: str
    hierarchies: tuple[Hierarchy, ...]
    column: str = ""

    @property
    def units(self) -> int:
        """How many smallest units there are."""
        return max(1, *(len(hierarchy.lowest) for hierarchy in self.hierarchies))


#: What a measure makes of the cases in a cell. Only cases add up: persons are fewer the more are put together,
#: full-time persons are rounded.
MEASURES: dict[str, Callable[[Any], Any]] = {
    "cases": lambda n: n,
    "persons": lambda n: n - n // 50,
    "full-time": lambda n: (83 * n + 50) // 100,
    "rate": lambda n: np.round(100 * n / (n + 400), 1),
}

#: Groups of measures as (id, name, ((id, name, what it makes of the cases), ...)).
Groups = tuple[tuple[str, str, tuple[tuple[str, str, str], ...]], ...]


@dataclass(frozen=True)
class Table:
    """A table whose cells follow from a formula.

    `spread` is one more than the largest number of cases in a cell of smallest units; `without_total` names
    hierarchies of whose total no answer has a row.
    """

    id: str
    periods: tuple[str, ...]
    dimensions: tuple[Dimension, ...]
    groups: Groups
    period_type: str = "M"
    spread: int = 7
    by_member: bool = False
    without_total: tuple[str, ...] = ()

    @cached_property
    def hierarchies(self) -> dict[str, tuple[int, Hierarchy]]:
        """Each hierarchy by its id, with the place of its dimension."""
        return {h.id: (place, h) for place, d in enumerate(self.dimensions) for h in d.hierarchies}

    @cached_property
    def measures(self) -> dict[str, tuple[str, str]]:
        """For each measure's id, its column in answers and what it makes of the cases."""
        return {
            measure: (name if len(listed) == 1 else f"{group}: {name}", kind)
            for _, group, listed in self.groups
            for measure, name, kind in listed
        }

    @cached_property
    def units(self) -> np.ndarray:
        """The cases of every period and every combination of smallest units."""
        sizes = (len(self.periods), *(dimension.units for dimension in self.dimensions))
        mixed: Any = np.int64(len(self.id))
        for factor, axis in zip((3, 17, 29, 43, 59, 71), np.ogrid[*map(slice, sizes)], strict=False):
            mixed = mixed * 31 + (axis + 1) * factor
        return ((mixed * mixed // 11) % self.spread).astype(np.int32)

    @cached_property
    def _summed(self) -> np.ndarray:
        summed = self.units
        for axis in range(1, summed.ndim):
            border = [(int(axis == one), 0) for one in range(summed.ndim)]
            summed = np.pad(summed.cumsum(axis, dtype=np.int32), border)
        return summed

    def rows(
        self, periods: Sequence[str], named: Mapping[str, Sequence[str]], measures: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        """Rows as answered: period, the name of one member for each named hierarchy, the measures.

        Fewer than 3 cases are hidden, but for the rate beside them; a combination without any is left out.
        """
        chosen = [(dimension.hierarchies[0], [TOTAL]) for dimension in self.dimensions]
        for name, paths in named.items():
            place, hierarchy = self.hierarchies[name]
            chosen[place] = (hierarchy, [p for p in paths if p != TOTAL or name not in self.without_total])
        cases = self._summed[[self.periods.index(period) for period in periods]]
        for axis, (hierarchy, paths) in enumerate(chosen, start=1):
            runs = hierarchy.runs(self.dimensions[axis - 1].units)
            starts, stops = np.array([runs[path] for path in paths], int).reshape(-1, 2).T
            cases = cases.take(stops, axis) - cases.take(starts, axis)
        # Column by column: the largest answers have some hundred thousand rows.
        cells = cases.ravel()
        there = np.flatnonzero(cells)
        cells, places = cells[there], np.unravel_index(there, cases.shape)
        names = [list(periods), *([hierarchy.names[path] for path in paths] for hierarchy, paths in chosen)]
        shown = sorted(1 + self.hierarchies[name][0] for name in named)
        columns = [[names[axis][place] for place in places[axis].tolist()] for axis in (0, *shown)]
        for kind in (self.measures[measure][1] for measure in measures):
            numbers = MEASURES[kind](cells).astype(object)
            if kind != "rate":
                numbers[cells < 3] = None
            columns.append(numbers.tolist())
        yield from zip(*columns, strict=True)


@dataclass(frozen=True)
class RecordedTable(Table):
    """A table that answers from a recording: what it does not hold is left out."""

    cells: Mapping[tuple[str, ...], Sequence[Any]] = field(default_factory=dict)

    def rows(
        self, periods: Sequence[str], named: Mapping[str, Sequence[str]], measures: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        every = [dimension.hierarchies[0] for dimension in self.dimensions]
        places = [list(self.measures).index(measure) for measure in measures]
        for key in product(periods, *([h.names[p] for p in named.get(h.id, [TOTAL])] for h in every)):
            if key in self.cells:
                members = [name for h, name in zip(every, key[1:], strict=True) if h.id in named]
                yield (key[0], *members, *(self.cells[key][place] for place in places))


# --- what it serves --------------------------------------------------------------------------------------------------


def months(first_year: int, count: int, step: int = 1) -> tuple[str, ...]:
    return tuple(f"{first_year + n // 12}M{n % 12 + 1:02d}" for n in range(0, count * step, step))


def hierarchy(hierarchy_id: str, name: str, total: str, *, cuts: Any = (), **levels: Any) -> Hierarchy:
    """Write a hierarchy; a level as its members, or as text ``/1/ One, /2/ Two``."""

    def members(level: Any) -> tuple[tuple[str, str], ...]:
        if isinstance(level, str):
            level = [member.split(" ", 1) for member in level.split(", ") if member]
        return tuple((path, member) for path, member in level)

    made = ((level_id, level_id.capitalize(), members(level)) for level_id, level in levels.items())
    return Hierarchy(hierarchy_id, name, total, tuple(made), cuts)


KNOWN = {0: "København", 41: "Odense", 70: "Ærø", 97: "Aarhus", 98: "Uoplyst område"}
COMMUNES = [(101 + n, KNOWN.get(n, f"Kommune {n}")) for n in range(99)]
REGIONS = (
    "/1/ Hovedstaden, /2/ Sjælland, /3/ Syddanmark, /4/ Midtjylland, /5/ Nordjylland, /6/ Uoplyst område"
)
REGION_CUTS = (0, 20, 40, 60, 80, 98, 99)
IN_REGIONS = [
    (f"/{region}/{code}/", name)
    for region, (start, stop) in enumerate(pairwise(REGION_CUTS), start=1)
    for code, name in COMMUNES[start:stop]
]
AREA = Dimension(
    "_omrade",
    "Område",
    (
        hierarchy("_nykom", "Kommune", "Hele landet", nykom=[(f"/{code}/", name) for code, name in COMMUNES]),
        hierarchy("_region", "Region", "Hele landet", cuts=REGION_CUTS, region=REGIONS),
        # "Uoplyst område" is a region and its only municipality.
        hierarchy("_reko", "Region og kommune", "Hele landet", region=REGIONS, reko=IN_REGIONS),
        hierarchy("_hele_landet", "Hele landet", "Hele landet", hele_landet=""),
    ),
)


def beside_area(*hierarchies: Hierarchy, column: str = "") -> tuple[Dimension, ...]:
    """The area, and a dimension for each hierarchy."""
    return AREA, *(Dimension(f"{h.id}_dim", h.name, (h,), column) for h in hierarchies)


FOUR: Groups = (
    ("mgrp_1", "Sanktioner", (("meas_1", "Antal sanktioner", "cases"),)),
    ("mgrp_2", "Ledige", (("meas_2", "Antal personer", "persons"), ("meas_3", "Antal fuldtidspersoner", "full-time"))),
    ("mgrp_3", "Andel", (("meas_4", "Andel sanktionerede, pct.", "rate"),)),
)  # fmt: skip
ADVERTS: Groups = (("mgrp_1", "Jobopslag", (("meas_1", "Antal nyopslåede stillinger", "cases"),)),)

FUND_NAMES = [*(f"A-kasse {number}" for number in range(1, 22)), "Ingen a-kasse"]
FUND_MEMBERS = [(f"/{number}/", name) for number, name in enumerate(FUND_NAMES, start=1)]
FUNDS = Table(
    "a01",
    months(2024, 24),
    beside_area(hierarchy("_akassedp", "A-kasse", "A-kasse i alt", akassedp=FUND_MEMBERS)),
    FOUR,
)

#: Names that collide: a parent and its only child, two brothers; a subtotal called "… i alt"; a total in no answer.
NAMES = Table(
    "b02",
    months(2024, 12),
    beside_area(
        hierarchy(
            "_tilb_2ptv",
            "Tilbud",
            "Tilbud i alt",
            hoved="/1/ Praktik, /2/ Nytteindsats i alt",
            gruppe="/1/1/ Privat, /1/2/ Offentlig, /2/1/ Nytteindsats i alt",
            tilbud="/1/1/1/ Privat, /1/2/1/ Stat, /1/2/2/ Region, /2/1/1/ Kommune, /2/1/2/ Nytteindsats",
        ),
        hierarchy(
            "_ygrpi09",
            "Ydelsesgrupper",
            "Ydelsesgrupper i alt",
            ydelse="/1/ Ledige i alt, /2/ Øvrige",
            ygrpi09="/1/1/ A-dagpenge, /1/2/ Kontanthjælp, /2/1/ Revalidering, /2/2/ Fleksjob",
        ),
        hierarchy("_arsag", "Årsag", "Årsager i alt", arsag="/1/ Sygdom, /2/ Andet, /3/ Barsel, /4/ Andet"),
        hierarchy("_var13uger", "Type", "Typer i alt", var13uger="/1/ Op til 13 uger, /2/ Over 13 uger"),
    ),
    FOUR,
    by_member=True,
    without_total=("_var13uger",),
)

#: 1,150 occupations over every third month, their column under a third name.
OCCUPATION_MEMBERS = [(f"/{number}/", f"Stilling nummer {number}") for number in range(1, 1151)]
OCCUPATIONS = Table(
    "o14",
    months(2019, 30, step=3),
    beside_area(
        hierarchy("_escostar_rs", "Stilling", "Stillinger i alt", escostar_rs=OCCUPATION_MEMBERS),
        column="Stillingsbetegnelse (ESCOSTAR)",
    ),
    ADVERTS,
)

#: 3,000 titles whose ids have 60 characters each.
TITLE_MEMBERS = [(f"/{number:058d}/", f"Titel nummer {number}") for number in range(1, 3001)]
TITLES = Table(
    "e05",
    months(2025, 12),
    beside_area(hierarchy("_esco_uri", "Titel", "Titler i alt", esco_uri=TITLE_MEMBERS)),
    ADVERTS,
)

TABLES = (FUNDS, NAMES, OCCUPATIONS, TITLES)
