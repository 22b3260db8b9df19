"""A second small server of the API, written from what is known of the wire alone: three worlds, five tempers.

It shares nothing with the sandbox, so that a misunderstanding cannot hide in both. Nobody here knows where the real
metadata list the total, nor which forms of a question the real API refuses: a *world* says the first, a *temper* the
second. Answers are computed from the tables when they are asked for, and every request is recorded.
"""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from world_tables import TABLES, TOTAL, above

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from world_tables import Dimension, Hierarchy, Table

TOKEN = "a-key-of-the-tests"

#: Where the metadata list the total: in a hierarchy's first level, in a level of its own, nowhere.
WORLDS = ("inside", "apart", "unlisted")

#: Which forms are refused; several can stand in one temper. "long": lists and addresses beyond a length.
TEMPERS = ("all", "long", "no level", "no lists", "no subsets")
LONGEST_LIST = 20
LONGEST_ADDRESS = 600

PAGE = b"<!DOCTYPE html><html><body><h1>The resource you are looking for cannot be shown.</h1></body></html>"


class Refused(Exception):  # noqa: N818 - an answer, not an error of the tests
    """The server does not take a request: HTTP status and the API's words, none for the hosting's own page."""

    def __init__(self, status: int, cause: str | None = None) -> None:
        self.status, self.cause = status, cause


@dataclass
class Server:
    """The API in one world and one temper.

    A form that is refused gets the HTTP status `refusal`: 422 with the API's JSON, else a page of its hosting.
    ``level:`` brings besides its level "nothing", the "total", or all "ancestors". `listed` holds what the metadata say
    of a table where that is not what the answers hold; `requests` and `refused` what was asked, decoded.
    """

    world: str
    temper: str
    tables: dict[str, Table]
    refusal: int = 404
    level_brings: str = "total"
    refuses_missing_totals: bool = False
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
        if "long" in self.temper and len(address) > LONGEST_ADDRESS:
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
        wanted: dict[str, dict[str, str]] = {"hierarchy": {}, "period": {}, "mgroup": {}, "format": {}}
        for name, value in query.items():
            parameter, _, key = name.partition(".")
            wanted[parameter][key] = value
        members, groups = wanted["hierarchy"], wanted["mgroup"]
        ((period_type, period),) = wanted["period"].items()
        if unknown := [name for name in members if name not in table.hierarchies]:
            raise Refused(422, f"Unknown hierarchies: {unknown}")
        if period_type != table.period_type:
            raise Refused(422, f"Unknown period type: {period_type}")
        count = int(period.removeprefix("latest:")) if period.startswith("latest:") else 0
        if count > len(table.periods):
            told = f"Requested {period} for type {period_type}, but only {len(table.periods)} periods are available."
            raise Refused(422, told)
        lists = [value.split(",") for value in [period, *members.values()] if "," in value]
        if (
            ("long" in self.temper and any(len(one) > LONGEST_LIST for one in lists))
            or ("no level" in self.temper and any(value.startswith("level:") for value in members.values()))
            or ("no lists" in self.temper and lists)
            or ("no subsets" in self.temper and groups != {"*": "*"})
        ):
            self._refuse(address)
        # Nobody has seen what the real API says of the rest, nor whether the area may be left out: so it must not be.
        found = {table.hierarchies[name][0]: name for name in members}
        if wanted["format"] != {"": "json"} or len(found) < len(members) or 0 not in found:
            raise Refused(422, "One hierarchy of each dimension, the area among them, as JSON")
        periods = table.periods[-count:] if count or period == "*" else period.split(",")
        named = {found[at]: self._members(table, found[at], members[found[at]]) for at in sorted(found)}
        chosen = [
            measure
            for group, _, listed in table.groups
            for measure, _, _ in listed
            if measure in groups.get(group, "").split(",") or "*" in {groups.get("*"), groups.get(group)}
        ]
        rows = list(table.rows(periods, named, chosen))
        if table.by_member:
            rows.sort(key=lambda row: row[1 : 1 + len(named)])
        dimensions = [table.dimensions[at].column or table.dimensions[at].name for at in sorted(found)]
        measures = [table.measures[measure][0] for measure in chosen]
        return {"columns": ["Periode", *dimensions, *measures], "rows": rows}

    def _members(self, table: Table, name: str, value: str) -> list[str]:
        hierarchy = table.hierarchies[name][1]
        if value == "*":
            return list(hierarchy.names)
        if value == TOTAL and name in table.without_total and self.refuses_missing_totals:
            raise Refused(422, "Unknown values: ['/']")
        if not value.startswith("level:"):
            return value.split(",")
        levels = {level_id: {path for path, _ in members} for level_id, _, members in hierarchy.levels}
        paths = levels[value.removeprefix("level:")]
        brought = paths | (set() if self.level_brings == "nothing" else {TOTAL})
        if self.level_brings == "ancestors":
            brought |= {one for path in paths for one in above(path)}
        return [path for path in hierarchy.names if path in brought]


def metadata(table: Table, world: str) -> dict[str, Any]:
    """Write the answer of ``/table/{table_id}``; a level holds the total, or another does, or none."""

    def named(what: str, one: Sequence[Any], **more: Any) -> dict[str, Any]:
        return {f"{what}_id": one[0], f"{what}_name": one[1], **more}

    def levels(hierarchy: Hierarchy) -> list[dict[str, Any]]:
        listed = [(level_id, name, list(members)) for level_id, name, members in hierarchy.levels]
        total = (TOTAL, hierarchy.total)
        if world == "inside":
            listed[0][2].insert(0, total)
        elif world == "apart":
            listed = [("i_alt", "I alt", [total]), *(level for level in listed if level[2])]
        return [named("level", one, values=[named("value", member) for member in one[2]]) for one in listed]

    def hierarchies(dimension: Dimension) -> list[dict[str, Any]]:
        return [named("hierarchy", (h.id, h.name), levels=levels(h)) for h in dimension.hierarchies]

    periods = [named("period", (period, period)) for period in reversed(table.periods)]
    today = date.today()  # noqa: DTZ011 - days, not moments
    return {
        **named("table", (table.id, f"Måling {table.id}")),
        "update_freq": table.period_type,
        "update_latest": f"{today - timedelta(days=10)}",
        "update_next": f"{today + timedelta(days=20)}",
        "periods": [named("periodtype", (table.period_type, table.period_type), values=periods)],
        "mgroups": [named("mgroup", g, measures=[named("measure", m) for m in g[2]]) for g in table.groups],
        "dimensions": [
            named("dimension", (d.id, d.name), hierarchies=hierarchies(d)) for d in table.dimensions
        ],
    }


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
            except (Refused, KeyError) as error:
                # What is unknown and nobody has seen refused: words of our own.
                refused = error if isinstance(error, Refused) else Refused(422, f"Unknown value: {error}")
                status = refused.status
                kind = "text/html" if refused.cause is None else kind
                words = {"code": status, "cause": refused.cause, "request_id": f"{len(state.requests):032d}"}
                body = PAGE if refused.cause is None else json.dumps(words).encode()
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
