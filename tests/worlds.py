"""A second small server of the API, written from what is known of the wire alone: three worlds, five tempers.

It shares nothing with the sandbox, so that a misunderstanding cannot hide in both. Nobody here knows where the real
metadata list the total, nor which forms of a question the real API refuses; so a *world* says the first
and a *temper* the second. What a table holds is computed when it is asked for, from a formula, and every request is
recorded.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TOTAL = "/"
TOKEN = "a-key-of-the-tests"

#: Where the metadata list the total: in a hierarchy's first level, in a level of its own, nowhere.
WORLDS = ("inside", "apart", "unlisted")

#: Which forms are refused; each is one that no real client is known to have sent, or the refusal is plausible.
TEMPERS = ("all", "long", "no level", "no lists", "no subsets")

LONGEST_LIST = 20
LONGEST_ADDRESS = 600


# --- tables ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Level:
    """A level as the metadata list it, without the total: members as (path, name)."""

    id: str
    name: str
    members: tuple[tuple[str, str], ...]


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
        return {TOTAL: self.total} | {path: name for level in self.levels for path, name in level.members}

    @cached_property
    def lowest(self) -> list[str]:
        """The members without children, brothers beside each other."""
        parents = {path.rstrip("/").rpartition("/")[0] + "/" for path in self.names}
        order = {path: place for place, path in enumerate(self.names)}

        def place(path: str) -> list[int]:
            steps = path.strip("/").split("/")
            above = ["/" + "/".join(steps[:n]) + "/" for n in range(1, len(steps) + 1)]
            return [order.get(one, -1) for one in above]

        return sorted((path for path in self.names if path not in parents and path != TOTAL), key=place)

    def spans(self, paths: Sequence[str], units: int) -> list[tuple[int, int]]:
        """The run of smallest units that each member stands for."""
        count = len(self.lowest)
        cuts = self.cuts or tuple(place * units // max(count, 1) for place in range(count + 1))
        runs = {TOTAL: (0, units)}
        for place, path in enumerate(self.lowest):
            steps = path.strip("/").split("/")
            for depth in range(1, len(steps) + 1):
                above = "/" + "/".join(steps[:depth]) + "/"
                runs[above] = (runs.get(above, (cuts[place], 0))[0], cuts[place + 1])
        return [runs[path] for path in paths]


@dataclass(frozen=True)
class Dimension:
    """A dimension; `column` is its name in answers where that is another than in the metadata."""

    id: str
    name: str
    hierarchies: tuple[Hierarchy, ...]
    column: str = ""

    @property
    def units(self) -> int:
        return max(1, *(len(hierarchy.lowest) for hierarchy in self.hierarchies))


#: What a measure makes of the cases in a cell. Only cases add up: persons are fewer the more they are put together,
#: full-time persons are rounded.
MEASURES: dict[str, Callable[[Any], Any]] = {
    "cases": lambda n: n,
    "persons": lambda n: n - n // 50,
    "full-time": lambda n: (83 * n + 50) // 100,
    "rate": lambda n: np.round(100 * n / (n + 400), 1),
}

#: Groups of measures as (id, name, ((id, name, what it makes of the cases), ...)).
Groups = tuple[tuple[str, str, tuple[tuple[str, str, str], ...]], ...]

FOUR_MEASURES: Groups = (
    ("mgrp_1", "Sanktioner", (("meas_1", "Antal sanktioner", "cases"),)),
    (
        "mgrp_2",
        "Ledige",
        (("meas_2", "Antal personer", "persons"), ("meas_3", "Antal fuldtidspersoner", "full-time")),
    ),
    ("mgrp_3", "Andel", (("meas_4", "Andel sanktionerede, pct.", "rate"),)),
)


@dataclass(frozen=True)
class Table:
    """A table whose cells follow from a formula.

    `spread` is one more than the largest number of cases in a cell of smallest units; `without_total` names
    hierarchies of whose total no answer has a row.
    """

    id: str
    periods: tuple[str, ...]
    dimensions: tuple[Dimension, ...]
    groups: Groups = FOUR_MEASURES
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
            first = [(0, 0)] * summed.ndim
            first[axis] = (1, 0)
            summed = np.pad(summed.cumsum(axis, dtype=np.int32), first)
        return summed

    def cases(self, periods: Sequence[str], chosen: Sequence[tuple[Hierarchy, Sequence[str]]]) -> np.ndarray:
        """The cases of every period and every combination of chosen members, one hierarchy for each dimension."""
        found = self._summed[[self.periods.index(period) for period in periods]]
        for axis, (hierarchy, paths) in enumerate(chosen, start=1):
            starts, stops = zip(*hierarchy.spans(paths, self.dimensions[axis - 1].units), strict=True)
            found = found.take(stops, axis) - found.take(starts, axis)
        return found

    def rows(
        self, periods: Sequence[str], named: Mapping[str, Sequence[str]], measures: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        """Rows as answered: period, the name of one member for each named hierarchy, the measures.

        Fewer than 3 cases are hidden, but for the rate beside them; a combination without any is left out.
        """
        chosen = [(d.hierarchies[0], [TOTAL]) for d in self.dimensions]
        for name, paths in named.items():
            place, hierarchy = self.hierarchies[name]
            chosen[place] = (hierarchy, [p for p in paths if p != TOTAL or name not in self.without_total])
        shown = sorted(self.hierarchies[name][0] for name in named)
        if not all(paths for _, paths in chosen):
            return
        cases = self.cases(periods, chosen).ravel()
        kinds = [self.measures[measure][1] for measure in measures]
        columns = [MEASURES[kind](cases).tolist() for kind in kinds]
        names = [[hierarchy.names[path] for path in paths] for hierarchy, paths in chosen]
        for place, (number, key) in enumerate(zip(cases.tolist(), product(periods, *names), strict=True)):
            if number:
                cells = [
                    None if number < 3 and kind != "rate" else column[place]
                    for kind, column in zip(kinds, columns, strict=True)
                ]
                yield (key[0], *(key[1 + axis] for axis in shown), *cells)


@dataclass(frozen=True)
class RecordedTable(Table):
    """A table that answers from a recording: what it does not hold is left out."""

    cells: Mapping[tuple[str, ...], Sequence[Any]] = field(default_factory=dict)

    def rows(
        self, periods: Sequence[str], named: Mapping[str, Sequence[str]], measures: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        every = [d.hierarchies[0] for d in self.dimensions]
        order = list(self.measures)
        names = [[h.names[path] for path in named.get(h.id, [TOTAL])] for h in every]
        for key in product(periods, *names):
            if key in self.cells:
                members = [name for h, name in zip(every, key[1:], strict=True) if h.id in named]
                yield (key[0], *members, *(self.cells[key][order.index(measure)] for measure in measures))


# --- the server ------------------------------------------------------------------------------------------------------


class Refused(Exception):  # noqa: N818 - an answer, not an error of the tests
    """The server does not take a request: HTTP status and the API's words, none for the hosting's own page."""

    def __init__(self, status: int, cause: str | None = None) -> None:
        self.status, self.cause = status, cause


@dataclass
class Server:
    """The API in one world and one temper.

    Attributes
    ----------
    refusal : int
        The HTTP status of a form that is refused: the API's JSON with 422, else a page of its hosting.
    level_brings : str
        What the answer to ``level:`` holds besides the level: "nothing", the "total", or all "ancestors".
    listed : dict
        What the metadata say of a table where that is not what the answers hold.
    requests : list of str
        Every request, decoded, in the order they came.
    refused : list of str
        Those whose form was refused.
    """

    world: str
    temper: str
    tables: dict[str, Table]
    refusal: int = 404
    level_brings: str = "total"
    listed: dict[str, Table] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    url: str = ""
    token: str = TOKEN

    @property
    def data_requests(self) -> list[str]:
        return [request for request in self.requests if "/data/" in request]

    def answer(self, address: str, authorization: str | None) -> Any:
        """Answer one request, or raise `Refused`."""
        parts = urlsplit(address)
        _, what, table_id = unquote(parts.path).removeprefix("/v3").split("/")
        if self.temper == "long" and len(address) > LONGEST_ADDRESS:
            self._refuse(address)
        if authorization != f"Bearer {TOKEN}":
            raise Refused(401, "Unauthorized")
        if table_id not in self.tables or what not in {"table", "data"}:
            raise Refused(404, "Not found")
        if what == "table":
            return metadata(self.listed.get(table_id, self.tables[table_id]), self.world)
        return self._data(self.tables[table_id], dict(parse_qsl(parts.query)), address)

    def _refuse(self, address: str) -> None:
        self.refused.append(unquote(address))
        raise Refused(self.refusal, "Invalid value" if self.refusal == 422 else None)

    def _data(self, table: Table, query: dict[str, str], address: str) -> Any:
        wanted: dict[str, dict[str, str]] = {"hierarchy": {}, "period": {}, "mgroup": {}}
        assert query.pop("format", None) == "json"
        for name, value in query.items():
            parameter, _, key = name.partition(".")
            wanted[parameter][key] = value
        hierarchies, ((period_type, period),) = wanted["hierarchy"], wanted["period"].items()
        if unknown := [name for name in hierarchies if name not in table.hierarchies]:
            raise Refused(422, f"Unknown hierarchies: {unknown}")
        places = sorted(table.hierarchies[name][0] for name in hierarchies)
        # Whether an area may be left out is not known, so it must not be.
        if len(set(places)) < len(places) or 0 not in places:
            raise Refused(422, "One hierarchy of each dimension, the area among them")
        if period_type != table.period_type:
            raise Refused(422, f"Unknown period type: {period_type}")
        lists = [value.split(",") for value in [period, *hierarchies.values()] if "," in value]
        if (
            (self.temper == "long" and any(len(one) > LONGEST_LIST for one in lists))
            or (self.temper == "no level" and any(v.startswith("level:") for v in hierarchies.values()))
            or (self.temper == "no lists" and lists)
            or (self.temper == "no subsets" and wanted["mgroup"] != {"*": "*"})
        ):
            self._refuse(address)
        periods = self._periods(table, period)
        measures = self._measures(table, wanted["mgroup"])
        ordered = sorted(hierarchies, key=lambda name: table.hierarchies[name][0])
        named = {name: self._members(table.hierarchies[name][1], hierarchies[name]) for name in ordered}
        rows = list(table.rows(periods, named, measures))
        if table.by_member:
            rows.sort(key=lambda row: row[1 : 1 + len(named)])
        dimensions = [table.dimensions[place] for place in places]
        columns = ["Periode", *(d.column or d.name for d in dimensions)]
        return {"columns": [*columns, *(table.measures[m][0] for m in measures)], "rows": rows}

    @staticmethod
    def _periods(table: Table, period: str) -> tuple[str, ...]:
        if period == "*":
            return table.periods
        if period.startswith("latest:"):
            count = int(period.removeprefix("latest:"))
            if count > len(table.periods):
                raise Refused(
                    422,
                    f"Requested latest:{count} for type {table.period_type}, but only {len(table.periods)} periods are"
                    " available.",
                )
            return table.periods[-count:]
        if unknown := [name for name in period.split(",") if name not in table.periods]:
            raise Refused(422, f"Unknown periods: {unknown}")
        return tuple(name for name in table.periods if name in period.split(","))

    @staticmethod
    def _measures(table: Table, wanted: dict[str, str]) -> list[str]:
        ids = {group: [measure for measure, _, _ in listed] for group, _, listed in table.groups}
        if wanted == {"*": "*"}:
            return list(table.measures)
        if not wanted or set(wanted) - set(ids):
            raise Refused(422, f"Unknown measure groups: {sorted(set(wanted) - set(ids))}")
        chosen = [m for group, v in wanted.items() for m in (ids[group] if v == "*" else v.split(","))]
        if unknown := set(chosen) - set(table.measures):
            raise Refused(422, f"Unknown measures: {sorted(unknown)}")
        return [measure for measure in table.measures if measure in chosen]

    def _members(self, hierarchy: Hierarchy, value: str) -> list[str]:
        if value == "*":
            return list(hierarchy.names)
        if value.startswith("level:"):
            level = next((one for one in hierarchy.levels if one.id == value.removeprefix("level:")), None)
            if level is None:
                raise Refused(422, f"Unknown level: {value}")
            paths = {path for path, _ in level.members}
            above = {p for p in hierarchy.names if p != TOTAL and any(path.startswith(p) for path in paths)}
            brought = {"nothing": set(), "total": {TOTAL}, "ancestors": {TOTAL} | above}[self.level_brings]
            return [path for path in hierarchy.names if path in paths | brought]
        if unknown := [path for path in value.split(",") if path not in hierarchy.names]:
            raise Refused(422, f"Unknown values: {unknown}")
        return [path for path in hierarchy.names if path in value.split(",")]


def metadata(table: Table, world: str) -> dict[str, Any]:
    """Write the answer of ``/table/{table_id}``; a level holds the total, or another does, or none."""

    def levels(hierarchy: Hierarchy) -> list[dict[str, Any]]:
        listed = [(level.id, level.name, list(level.members)) for level in hierarchy.levels]
        total = (TOTAL, hierarchy.total)
        if world == "inside":
            listed[0][2].insert(0, total)
        elif world == "apart":
            listed = [("i_alt", "I alt", [total]), *(level for level in listed if level[2])]
        return [
            {
                "level_id": level_id,
                "level_name": name,
                "values": [{"value_id": path, "value_name": member} for path, member in members],
            }
            for level_id, name, members in listed
        ]

    return {
        "table_id": table.id,
        "table_name": f"Måling {table.id}",
        "link_infopage": "https://jobindsats.dk/information/",
        "link_tablepage": "https://jobindsats.dk/databank/",
        "update_freq": table.period_type,
        "update_latest": f"{date.today() - timedelta(days=10)}",  # noqa: DTZ011 - days, not moments
        "update_next": f"{date.today() + timedelta(days=20)}",  # noqa: DTZ011
        "periods": [
            {
                "periodtype_id": table.period_type,
                "periodtype_name": table.period_type,
                "values": [{"period_id": p, "period_name": p} for p in reversed(table.periods)],
            },
        ],
        "mgroups": [
            {
                "mgroup_id": group,
                "mgroup_name": name,
                "measures": [{"measure_id": measure, "measure_name": text} for measure, text, _ in listed],
            }
            for group, name, listed in table.groups
        ],
        "dimensions": [
            {
                "dimension_id": dimension.id,
                "dimension_name": dimension.name,
                "hierarchies": [
                    {"hierarchy_id": h.id, "hierarchy_name": h.name, "levels": levels(h)}
                    for h in dimension.hierarchies
                ],
            }
            for dimension in table.dimensions
        ],
    }


PAGE = b"<!DOCTYPE html><html><body><h1>The resource you are looking for cannot be shown.</h1></body></html>"


@contextmanager
def serve(world: str, temper: str = "all", **settings: Any) -> Iterator[Server]:
    """Run a server on a free port of this machine until the block ends."""
    tables = settings.pop("tables", TABLES)
    state = Server(world, temper, {table.id: table for table in tables}, **settings)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.requests.append(unquote(self.path))
            try:
                status, kind = 200, "application/json"
                body = json.dumps(state.answer(self.path, self.headers["Authorization"])).encode()
            except Refused as refused:
                status = refused.status
                kind = "text/html" if refused.cause is None else kind
                error = {"code": status, "cause": refused.cause, "request_id": f"{len(state.requests):032d}"}
                body = PAGE if refused.cause is None else json.dumps(error).encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        state.url = f"http://127.0.0.1:{http.server_port}/v3"
        thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield state
        finally:
            http.shutdown()
            thread.join()


# --- what it serves --------------------------------------------------------------------------------------------------


def months(first_year: int, count: int, step: int = 1) -> tuple[str, ...]:
    """Ids of `count` months from January of a year on, every `step`-th."""
    return tuple(f"{first_year + n // 12}M{n % 12 + 1:02d}" for n in range(0, count * step, step))


def level(level_id: str, name: str, *members: tuple[str, str]) -> Level:
    return Level(level_id, name, members)


KNOWN = {0: "København", 41: "Odense", 70: "Ærø", 97: "Aarhus", 98: "Uoplyst område"}
COMMUNES = tuple((str(101 + n), KNOWN.get(n, f"Kommune {n}")) for n in range(99))
REGIONS = ("Hovedstaden", "Sjælland", "Syddanmark", "Midtjylland", "Nordjylland", "Uoplyst område")
REGION_LEVEL = level("region", "Region", *((f"/{n}/", name) for n, name in enumerate(REGIONS, start=1)))

AREA = Dimension(
    "_omrade",
    "Område",
    (
        Hierarchy(
            "_nykom", "Kommune", "Hele landet", (level("nykom", "Kommune", *((f"/{c}/", n) for c, n in COMMUNES)),)
        ),
        Hierarchy("_region", "Region", "Hele landet", (REGION_LEVEL,), cuts=(0, 20, 40, 60, 80, 98, 99)),
        # "Uoplyst område" is a region and its only municipality.
        Hierarchy(
            "_reko",
            "Region og kommune",
            "Hele landet",
            (
                REGION_LEVEL,
                level(
                    "reko",
                    "Kommune",
                    *((f"/{min(n // 20, 4) + 1 + (n == 98)}/{c}/", name) for n, (c, name) in enumerate(COMMUNES)),
                ),
            ),
        ),
        Hierarchy("_hele_landet", "Hele landet", "Hele landet", (level("hele_landet", "Hele landet"),)),
    ),
)  # fmt: skip

FUND_NAMES = [f"A-kasse {number}" for number in range(1, 22)]
FUNDS = Table(
    "a01",
    months(2024, 24),
    (
        AREA,
        Dimension(
            "_akasse",
            "A-kasse",
            (
                Hierarchy(
                    "_akassedp",
                    "A-kasse",
                    "A-kasse i alt",
                    (level("akassedp", "A-kasse", *((f"/{n}/", name) for n, name in enumerate([*FUND_NAMES, "Ingen a-kasse"], 1))),),
                ),
            ),
        ),
    ),
)  # fmt: skip

#: Names that collide: a parent and its only child, two brothers; a subtotal called "… i alt"; a total in no answer.
NAMES = Table(
    "b02",
    months(2024, 12),
    (
        replace(AREA, hierarchies=AREA.hierarchies[1:]),
        Dimension(
            "_tilbud",
            "Tilbud",
            (
                Hierarchy(
                    "_tilb_2ptv",
                    "Tilbudstype",
                    "Tilbud i alt",
                    (
                        level("hoved", "Hovedgruppe", ("/1/", "Praktik"), ("/2/", "Nytteindsats i alt")),
                        level("gruppe", "Gruppe", ("/1/1/", "Privat"), ("/1/2/", "Offentlig"), ("/2/1/", "Nytteindsats i alt")),
                        level("tilbud", "Tilbud", ("/1/1/1/", "Privat"), ("/1/2/1/", "Stat"), ("/1/2/2/", "Region"), ("/2/1/1/", "Kommune"), ("/2/1/2/", "Nytteindsats, stat")),
                    ),
                ),
            ),
        ),
        Dimension(
            "_ydelse",
            "Ydelsesgrupper",
            (
                Hierarchy(
                    "_ygrpi09",
                    "Ydelsesgrupper",
                    "Ydelsesgrupper i alt",
                    (
                        level("ydelse", "Ydelse", ("/1/", "Ledige i alt"), ("/2/", "Øvrige")),
                        level("ygrpi09", "Gruppe", ("/1/1/", "A-dagpenge"), ("/1/2/", "Kontanthjælp"), ("/2/1/", "Revalidering"), ("/2/2/", "Fleksjob")),
                    ),
                ),
            ),
        ),
        Dimension(
            "_grund",
            "Årsag",
            (Hierarchy("_arsag", "Årsag", "Årsager i alt", (level("arsag", "Årsag", ("/1/", "Sygdom"), ("/2/", "Andet"), ("/3/", "Barsel"), ("/4/", "Andet")),)),),
        ),
        Dimension(
            "_fordeling",
            "Arbejdsfordelingstype",
            (Hierarchy("_var13uger", "Arbejdsfordelingstype", "Typer i alt", (level("var13uger", "Type", ("/1/", "Op til 13 uger"), ("/2/", "Over 13 uger")),)),),
        ),
    ),
    by_member=True,
    without_total=("_var13uger",),
)  # fmt: skip

ADVERTS: Groups = (("mgrp_1", "Jobopslag", (("meas_1", "Antal nyopslåede stillinger", "cases"),)),)


def _many(hierarchy_id: str, dimension: str, column: str, paths: Sequence[str]) -> Dimension:
    members = tuple((path, f"{dimension} nummer {number}") for number, path in enumerate(paths, start=1))
    levels = (Level(hierarchy_id.strip("_"), dimension, members),)
    return Dimension(f"{hierarchy_id}_dim", dimension, (Hierarchy(hierarchy_id, dimension, f"{dimension} i alt", levels),), column)  # fmt: skip


#: 1,150 occupations over every third month, their column under a third name.
OCCUPATIONS = Table(
    "o14",
    months(2019, 30, step=3),
    (AREA, _many("_escostar_rs", "Stilling", "Stillingsbetegnelse (ESCOSTAR)", [f"/{n}/" for n in range(1, 1151)])),
    ADVERTS,
)  # fmt: skip

#: 3,000 titles whose ids have 60 characters each.
TITLES = Table(
    "e05", months(2025, 12), (AREA, _many("_esco_uri", "Titel", "", [f"/{n:058d}/" for n in range(1, 3001)])), ADVERTS
)  # fmt: skip

TABLES = (FUNDS, NAMES, OCCUPATIONS, TITLES)
