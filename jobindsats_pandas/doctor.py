"""What a machine and a key find when they really ask: ``jobindsats doctor``.

Nobody who wrote this package had a key. The doctor looks at what a user can mend (key, clock, cache, network), then
tries each form of a question that no real client is known to have sent, and each assumption about the API, with few
small requests, one at a time. What the API refuses is remembered for the client; all of it makes a report without key,
names and paths.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from math import isnan
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import quote

from jobindsats_pandas.answers import match
from jobindsats_pandas.asking import (
    expiry_of_table,
    is_about_the_question,
    remember_refusals,
    remember_total,
)
from jobindsats_pandas.catalogue import parse_tables
from jobindsats_pandas.client import Client
from jobindsats_pandas.errors import (
    AuthenticationError,
    ClosedHourError,
    ConfigurationError,
    JobindsatsError,
    PayloadError,
    QueryError,
    ServiceError,
)
from jobindsats_pandas.forms import BASE_URL, PROVEN, Selection
from jobindsats_pandas.matching import did_you_mean
from jobindsats_pandas.metadata import TOTAL, parse_table
from jobindsats_pandas.notices import held_back
from jobindsats_pandas.queries import plan
from jobindsats_pandas.transport import Parser, keyring_token
from jobindsats_pandas.transport.clock import opening_moment, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from jobindsats_pandas.answers import Block
    from jobindsats_pandas.catalogue import CatalogueEntry
    from jobindsats_pandas.forms import DataRequest
    from jobindsats_pandas.metadata import Hierarchy, Level, Measure, Table
    from jobindsats_pandas.transport import Reply, Transport

__all__ = ["Checkup", "Finding", "examine"]

T = TypeVar("T")
State = Literal["as assumed", "learned", "not tried", "mend"]

#: The most questions for data that one examination asks, and the seconds before each.
MOST_REQUESTS = 18
PAUSE = 0.5

#: Of the tables that real clients ask, the one with municipalities, funds, months and several groups of measures.
WELL_KNOWN = "y25i01"
MOST_TABLES = 3

#: What is tried, the largest first: where that is taken, the smaller ones are too.
LISTS = (60, 20, 5)
ADDRESSES = (1_900, 1_200, 600)

#: Period types whose newest periods no real client is known to have asked for.
RARE_PERIODS = ("QMAT", "MYTD")

#: The most periods that a client is known to have asked for as the newest ones.
LONGEST_LATEST = 222

#: The most cells of an answer that is asked for only because its address is long.
SMALL = 20_000

#: A clock that is wrong by more makes answers seem older or newer than they are.
CLOCK_SLACK = timedelta(minutes=5)

_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")

WIDTH = 100
LEFT = 38


@dataclass(frozen=True)
class Finding:
    """One line of the table.

    Attributes
    ----------
    assumption : str
        What the package holds to be so, or what was looked at.
    seen : str
        What was found; fit to be sent to others.
    state : {"as assumed", "learned", "not tried", "mend"}
        "learned" is otherwise than assumed; "mend" is what the user has to put right.
    private : str
        More for this user alone: paths, hosts.
    step : str
        What to do next, where something is to be done.
    """

    assumption: str
    seen: str
    state: State = "as assumed"
    private: str = ""
    step: str = ""


@dataclass
class Checkup:
    """What an examination found.

    Attributes
    ----------
    moment : datetime
        When it began.
    findings : list of Finding
    asked : int
        How many questions for data were sent.
    """

    moment: datetime
    findings: list[Finding] = field(default_factory=list)
    asked: int = 0

    @property
    def sound(self) -> bool:
        """Whether there is nothing that the user has to mend."""
        return all(finding.state != "mend" for finding in self.findings)

    def add(self, *about: Any, **more: Any) -> None:
        """Add a finding."""
        self.findings.append(Finding(*about, **more))

    def __str__(self) -> str:
        return self._table(private=True)

    def report(self, version: str) -> str:
        """Write a text to send in an issue: no key, no names of members, no user, no paths, no hosts but the API's.

        Parameters
        ----------
        version : str
            Of this package.
        """
        head = f"jobindsats doctor, {self.moment:%Y-%m-%d %H:%M} UTC, jobindsats-pandas {version}"
        return f"{head}\n{self.asked} questions for data were asked.\n\n{self._table(private=False)}\n"

    def to_json(self) -> str:
        """Write the findings as JSON, without what is private."""
        rows = [
            {"assumption": f.assumption, "seen": f.seen, "state": f.state, "step": f.step}
            for f in self.findings
        ]
        found = {
            "moment": self.moment.isoformat(),
            "sound": self.sound,
            "asked": self.asked,
            "findings": rows,
        }
        return json.dumps(found, ensure_ascii=False, indent=1)

    def _table(self, *, private: bool) -> str:
        lines = [f"{'assumption':<{LEFT}}  seen", f"{'-' * LEFT}  {'-' * (WIDTH - LEFT - 2)}"]
        for finding in self.findings:
            seen = finding.seen + (f" ({finding.private})" if private and finding.private else "")
            if finding.state in {"mend", "learned"}:
                seen = f"{'MEND' if finding.state == 'mend' else 'learned'}: {seen}"
            right = [
                line
                for text in (seen, f"Next: {finding.step}" if finding.step else "")
                for line in wrap(text, WIDTH - LEFT - 2, break_on_hyphens=False)
            ]
            rows = zip_longest(wrap(finding.assumption, LEFT), right, fillvalue="")
            lines += [f"{left:<{LEFT}}  {told}".rstrip() for left, told in rows]
        return "\n".join(lines)


def examine(
    client: Client | None = None,
    *,
    table: str | None = None,
    pause: float = PAUSE,
    clock: Callable[[], datetime] = utc_now,
) -> Checkup:
    """Look at what a user can mend, and at how the API answers.

    Parameters
    ----------
    client : Client, optional
        One made from the environment by default.
    table : str, optional
        Id of the table to try most of the forms on; chosen from the catalogue by default.
    pause : float
        Seconds before each request.
    clock : callable
        Returns the present moment, with time zone.

    Returns
    -------
    Checkup

    Raises
    ------
    QueryError
        If there is no such table.

    Examples
    --------
    >>> from jobindsats_pandas import sandbox
    >>> with sandbox.serve() as api:
    ...     client = Client(token=api.token, base_url=api.url, cache_dir=api.cache_dir)
    ...     examine(client, pause=0).sound
    True
    """
    checkup = Checkup(clock().astimezone(UTC))
    _look_at_the_environment(checkup)
    if opening_moment(clock()) is not None:
        checkup.add("The API may be closed from 22:00 to 23:00", "it is that hour now, in Danish time")
    try:
        client = client or Client()
        _look_at_the_cache(client, checkup)
        visit = _Visit(client._transport, checkup, pause, clock)  # noqa: SLF001 - the client's own seam and memory
        try:
            with held_back():
                _ask(visit, table)
        except (ServiceError, ClosedHourError) as error:
            _tell_of_the_end(error, visit)
        finally:
            visit.keep()
    except ConfigurationError as error:
        step = (
            "Mend JOBINDSATS_API_TOKEN (jobindsats@star.dk gives keys; `jobindsats sandbox` needs none), or"
            " JOBINDSATS_API_URL if that is set."
        )
        checkup.add("A key is there, and the address is one", "no", "mend", str(error), step)
    except AuthenticationError as error:
        step = "Ask jobindsats@star.dk for a key of version 3, and give it alone, without the word Bearer."
        source = _source_of_the_key()
        checkup.add("The key may ask this", f"no (HTTP {error.status}), {source}", "mend", "", step)
    return checkup


# --- this machine ----------------------------------------------------------------------------------------------------


def _look_at_the_environment(checkup: Checkup) -> None:
    for names, what in ((_PROXIES, "Proxies"), (_CERTIFICATES, "Certificates")):
        found = {
            name: value
            for known in names
            for name in (known, known.lower())
            if (value := os.environ.get(name))
        }
        lost = [name for name, value in found.items() if names is _CERTIFICATES and not Path(value).exists()]
        shown = "; ".join(f"{name}={_without_password(value)}" for name, value in found.items())
        seen = f"{', '.join(found)} set" if found else "none set in the environment"
        if lost:
            step = f"Let {lost[0]} name a file of certificates, or unset it: no request can be sent so."
            checkup.add(what, f"{lost[0]} names a file that is not there", "mend", shown, step)
        else:
            checkup.add(what, seen, "as assumed", shown)


def _without_password(value: str) -> str:
    """Leave out name and password of a proxy's address, with or without its scheme."""
    head, at, host = value.rpartition("@")
    scheme = f"{head.partition('://')[0]}://" if "://" in head else ""
    return f"{scheme}{host}" if at else value


def _source_of_the_key() -> str:
    for name in ("JOBINDSATS_API_TOKEN", "JOBINDSATS_API_KEY"):
        if os.environ.get(name):
            return f"from {name}"
    return "from the system's keyring" if keyring_token() else "given to the client"


def _look_at_the_cache(client: Client, checkup: Checkup) -> None:
    path = client.cache.path
    what = "The cache can be written"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(b"doctor")
    except OSError as error:
        step = "Give yourself the right to write there, or name another directory in JOBINDSATS_CACHE_DIR."
        checkup.add(what, f"it cannot ({type(error).__name__})", "mend", str(path), step)
        return
    found, about = client.cache.info(), path.stat()
    owner, open_to_all = "", 0
    if hasattr(os, "getuid"):  # Windows keeps rights in another way
        owner = ", yours" if about.st_uid == os.getuid() else ", another user's"
        open_to_all = about.st_mode & 0o022
    seen = f"it can{owner}; {found.entries} answers, {found.bytes / 1e6:.1f} MB"
    if open_to_all:
        step = "Take the right to write there from others: chmod go-w, on the directory named here."
        checkup.add(what, f"{seen}; but others may write there too", "mend", str(path), step)
    else:
        checkup.add(what, seen, "as assumed", str(path))


# --- asking ----------------------------------------------------------------------------------------------------------


class _SpentError(Exception):
    """As many questions were asked as one examination may."""


@dataclass(frozen=True)
class _Outcome:
    """What came of one form: the rows where it was taken, else how it was not."""

    what: str
    block: Block | None = None


@dataclass
class _Visit:
    """The requests of one examination, and what is to be remembered of them."""

    transport: Transport
    checkup: Checkup
    pause: float
    clock: Callable[[], datetime]
    tables: list[Table] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    totals: int = 0
    refused: list[dict[str, int]] = field(default_factory=list)
    unconfirmed: list[dict[str, int]] = field(default_factory=list)
    taken: list[dict[str, int]] = field(default_factory=list)
    cells: dict[Any, float | None] = field(default_factory=dict)
    sent: int = 0

    def wait(self) -> None:
        """Pause between two requests."""
        if self.sent:
            time.sleep(self.pause)
        self.sent += 1

    def probe(self, path: str) -> Reply:
        """Send one question for data."""
        if self.checkup.asked >= MOST_REQUESTS:
            raise _SpentError
        self.checkup.asked += 1
        self.wait()
        return self.transport.probe(path)

    def ask(
        self, request: DataRequest, expected: set[tuple[int, ...]] | None = None, path: str = ""
    ) -> _Outcome:
        """Ask in one form, and see whether what was asked for came.

        Parameters
        ----------
        request : DataRequest
        expected : set of tuple
            The combinations of members that the answer has to hold; by default the first of each dimension.
        path : str
            The request as it is written, where that is not the client's own way.
        """
        path = path or request.path
        parts = request.parts | ({"address": len(path)} if request.parts else {})
        if expected is None:
            expected = {tuple(selection.codes[0] for selection in request.selections)}
        try:
            reply = self.probe(path)
        except ServiceError as error:
            if error.status != 200 or not self.cells:
                raise
            return self._not_taken(parts, "answered, but not with data")
        if reply.status != 200:
            told = f"refused (HTTP {reply.status}{self.words(reply)})"
            return _Outcome(told) if is_about_the_question(reply.cause) else self._not_taken(parts, told)
        try:
            block = match(reply.body, request)
        except PayloadError:
            return self._not_taken(parts, "answered, but with other rows or columns than were asked for")
        problem = self._problem(block, request, expected)
        if problem:
            return self._not_taken(parts, f"answered, but {problem}")
        self.cells |= _cells(block, request)
        self.confirm(parts)
        self._learn_totals(block, request)
        return _Outcome("taken", block)

    def confirm(self, parts: dict[str, int]) -> None:
        """Note a right answer: what was refused before it was not refused because the API is down."""
        self.taken.append(parts)
        self.refused += self.unconfirmed
        self.unconfirmed = []

    def keep(self) -> None:
        """Remember what the host refuses, and forget what it takes again."""
        if not self.checkup.asked:
            return
        refused = remember_refusals(self.transport, self.refused, self.taken)
        kept = [", ".join(f"{name} {size:,}" for name, size in each.items()) for each in refused]
        seen = [f"refused forms: {'; '.join(kept)}"] if kept else []
        seen += [f"the names of {self.totals} totals"] if self.totals else []
        seen += [f"not the last {len(self.unconfirmed)} refusals, after which nothing was answered"] * bool(
            self.unconfirmed
        )
        self.checkup.add("Kept for the client", "; ".join(seen) or "nothing: there is nothing to avoid")

    def _not_taken(self, parts: dict[str, int], what: str) -> _Outcome:
        # What was taken elsewhere, as large or larger, is not the reason by itself; where that leaves nothing, the parts
        # are the reason together, or in a way that their sizes do not tell.
        suspects = {
            name: size
            for name, size in parts.items()
            if not any(other.get(name, 0) >= size for other in self.taken)
        }
        if set(suspects) <= {"address"} and parts.get("address", 0) <= PROVEN["address"]:
            suspects = {name: size for name, size in parts.items() if name != "address"}
        if suspects := suspects or parts:
            self.unconfirmed.append(suspects)
        return _Outcome(what)

    def _problem(self, block: Block, request: DataRequest, expected: set[tuple[int, ...]]) -> str:
        """Say what an answer lacks of what was asked, or has otherwise than the plain forms gave."""
        if not block.periods.size:
            return "without a row"
        # The newest periods can be announced before their rows come, and then no form brings them.
        if block.unfinished and not request.latest:
            return "without some of the periods that were asked for"
        came: set[tuple[int, ...]] = set(zip(*(codes.tolist() for codes in block.members), strict=True))
        if not request.selections:
            came = {()}
        if not expected <= came:
            return f"with {len(came & expected)} of {len(expected)} members"
        found = _cells(block, request)
        if any(found[key] != self.cells[key] for key in found.keys() & self.cells.keys()):
            return "with other figures than the plain form gives"
        return ""

    def _learn_totals(self, block: Block, request: DataRequest) -> None:
        """Remember the names of totals that the metadata do not list."""
        for hierarchy, name in block.names.items():
            remember_total(self.transport, request.table, hierarchy, name, None)
        self.totals += len(block.names)
        self.names |= set(block.names.values())
        self.tables = [
            known.with_totals(block.names) if known.id == request.table.id else known for known in self.tables
        ]

    def words(self, reply: Reply) -> str:
        """The API's words, without the names of members and of this user's home."""
        if not reply.cause:
            return ", a page of the hosting" if reply.body.lstrip()[:1] == b"<" else ""
        words = reply.cause.replace(str(Path.home()), "~")
        for name in sorted(self.names, key=len, reverse=True):
            words = words.replace(name, "…")
        words = " ".join(words.split())
        return f": {words[:80]}{'…' if len(words) > 80 else ''}"


def _cells(block: Block, request: DataRequest) -> dict[Any, float | None]:
    """The figures of an answer by table, period, members and measure; a dimension at its total is left out."""
    periods = request.table.period_type(request.period_type).periods
    axes = [
        (selection.hierarchy, codes.tolist())
        for selection, codes in zip(request.selections, block.members, strict=True)
    ]
    found: dict[Any, float | None] = {}
    for row, period in enumerate(block.periods.tolist()):
        members = [(hierarchy, hierarchy.members[codes[row]].path) for hierarchy, codes in axes]
        place = tuple((hierarchy.id, path) for hierarchy, path in members if path != TOTAL)
        for measure, numbers in zip(request.measures, block.numbers, strict=True):
            value = float(numbers[row])
            key = request.table.id, periods[period], place, measure.group_id, measure.id
            found[key] = None if isnan(value) else value
    return found


def _ask(visit: _Visit, wanted: str | None) -> None:
    checkup = visit.checkup
    visit.wait()
    reply = visit.transport.probe("tables?format=json")
    checkup.add("The key is accepted", f"yes, {_source_of_the_key()}")
    agency = visit.transport.base_url == BASE_URL
    where = "the agency's API" if agency else "another address than the agency's API"
    checkup.add("What is asked", where, "as assumed", visit.transport.base_url)
    _compare_clocks(reply, visit)
    try:
        entries = parse_tables(reply.body) if reply.status == 200 else ()
    except PayloadError:
        entries = ()
    if not entries:
        step = "Look at the address of the API, and at the proxy; else send this report."
        checkup.add("The catalogue comes", f"no (HTTP {reply.status})", "mend", "", step)
        return
    places: Counter[str] = Counter()
    for table_id in _chosen(entries, reply.body, wanted):
        visit.wait()
        try:
            table, found = _metadata(visit.transport, table_id)
        except (QueryError, PayloadError) as error:
            told = f"refused (HTTP {error.status})" if error.status else "cannot be understood"
            checkup.add(f"The metadata of {table_id} come", told, "learned", str(error))
            continue
        visit.tables.append(table)
        places += found
    if not visit.tables:
        return
    visit.names |= {
        member.name
        for table in visit.tables
        for hierarchy in table.all_hierarchies
        for member in hierarchy.members
        if len(member.name) > 2
    }
    checkup.add("Tables that are tried", ", ".join(table.id for table in visit.tables))
    seen = ", ".join(
        f"{place} in {count} hierarch{'y' if count == 1 else 'ies'}" for place, count in places.items()
    )
    checkup.add("Where the metadata list `/`", seen or "no hierarchy has members")
    try:
        _try_forms(visit)
    except _SpentError:
        checkup.add("The rest", f"{MOST_REQUESTS} questions were asked, and that is enough", "not tried")


def _compare_clocks(reply: Reply, visit: _Visit) -> None:
    what = "This machine's clock is right"
    if reply.date is None:
        visit.checkup.add(what, "the answer does not tell the time", "not tried")
        return
    off = visit.clock() - reply.date
    if abs(off) <= CLOCK_SLACK:
        visit.checkup.add(what, "to within 5 minutes of the API's")
        return
    way = "ahead of" if off > timedelta(0) else "behind"
    minutes = abs(off) / timedelta(minutes=1)
    step = "Set the clock and its time zone: answers on disk expire by it."
    visit.checkup.add(what, f"{minutes:,.0f} minutes {way} the API's", "mend", "", step)


def _metadata(transport: Transport, table_id: str) -> tuple[Table, Counter[str]]:
    """Look at a table anew, for the client too; and count where its hierarchies list their totals."""
    both = Parser(lambda body: (parse_table(body, table_id), json.loads(body)))
    path = f"table/{table_id}?format=json"
    table, document = transport.fetch(
        path, both, accept=lambda found: expiry_of_table(found[0]), table=table_id, refresh=True
    ).value
    places: Counter[str] = Counter()
    for dimension in document.get("dimensions") or []:
        for hierarchy in dimension["hierarchies"]:
            levels = [[value["value_id"] for value in level["values"]] for level in hierarchy["levels"]]
            if sum(map(len, levels)) < 2:
                continue
            if [TOTAL] in levels:
                places["in a level of its own"] += 1
            else:
                places["inside a level" if any(TOTAL in level for level in levels) else "nowhere"] += 1
    return table, places


def _tell_of_the_end(error: JobindsatsError, visit: _Visit) -> None:
    if isinstance(error, ClosedHourError):
        step = "Ask again after 23:00 Danish time."
    elif visit.sent > 1:
        step = "What was seen so far stands above, and is kept. Ask again in an hour."
    else:
        step = "Look at the network, and at the proxies and certificates above; then ask again."
    status = f" (HTTP {error.status})" if error.status else ""
    visit.checkup.add("The API answers", f"not to request {visit.sent}{status}", "mend", str(error), step)


# --- which tables ----------------------------------------------------------------------------------------------------


def _chosen(entries: Sequence[CatalogueEntry], catalogue: bytes, wanted: str | None) -> list[str]:
    """Choose the table for most of the forms, and tables that have the rarer period types."""
    ids = {entry.id.lower(): entry for entry in entries}
    if wanted is not None and wanted.lower() not in ids:
        near = did_you_mean(wanted, [entry.id for entry in entries])
        raise QueryError(f"There is no table {wanted!r} among the {len(entries)} there are.{near}")
    types = _period_types(json.loads(catalogue))

    def rank(table_id: str) -> tuple[bool, ...]:
        entry = ids[table_id]
        has_area = any(name.casefold() == "område" for name in entry.dimensions)
        return table_id != WELL_KNOWN, not has_area, entry.update_freq != "M", len(entry.dimensions) > 3

    chosen = [(wanted or min(ids, key=rank)).lower()]
    for rare in RARE_PERIODS:
        if not any(rare in types[table_id] for table_id in chosen):
            chosen += sorted((table_id for table_id in ids if rare in types[table_id]), key=rank)[:1]
    return chosen[:MOST_TABLES]


def _period_types(catalogue: Any) -> dict[str, set[str]]:
    """The period types of each table, in either form in which the catalogue may give them."""
    found: dict[str, set[str]] = {}
    for subject in catalogue:
        for group in subject.get("table_groups") or []:
            for table in group.get("tables") or []:
                given = table.get("periods") or []
                given = given.get("periodtypes") or [] if isinstance(given, dict) else given
                found[str(table["table_id"]).lower()] = {
                    str(each.get("periodtype_id") if isinstance(each, dict) else each) for each in given
                }
    return found


# --- the forms -------------------------------------------------------------------------------------------------------


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


def _try_forms(visit: _Visit) -> None:
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


def _state(outcome: _Outcome) -> State:
    return "as assumed" if outcome.block else "learned"


def _plain(table: Table, period_type: str | None = None) -> DataRequest | None:
    """Ask for the overall total of the newest period or two; None where the table has no area total."""
    chosen = table.period_type(period_type) if period_type else table.default_period_type
    try:
        return plan(table, None, chosen.periods[-2:], chosen.id).requests[0]
    except QueryError:
        return None


def _ground(visit: _Visit) -> _Ground | None:
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


def _try_level(visit: _Visit, ground: _Ground) -> None:
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
    visit: _Visit,
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


def _try_addresses(visit: _Visit, ground: _Ground, members: int, periods: int) -> None:
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


def _try_measures(visit: _Visit) -> None:
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


# --- CSV -------------------------------------------------------------------------------------------------------------


def _try_csv(visit: _Visit, ground: _Ground) -> None:
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
