"""What a machine and a key find when they really ask: ``jobindsats doctor``.

Nobody who wrote this package had a key. The doctor looks at what a user can mend (key, clock, cache, network), then
tries each form of a question that no real client is known to have sent, and each assumption about the API, with few
small requests, one at a time. What the API refuses is remembered for the client; all of it makes a report without key,
names and paths.
"""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from jobindsats_pandas.asking import expiry_of_table
from jobindsats_pandas.catalogue import parse_tables
from jobindsats_pandas.client import Client
from jobindsats_pandas.doctor.checkup import Checkup, Finding
from jobindsats_pandas.doctor.forms import RARE_PERIODS, try_forms
from jobindsats_pandas.doctor.machine import look_at_the_cache, look_at_the_environment
from jobindsats_pandas.doctor.visit import SpentError, Visit
from jobindsats_pandas.errors import (
    AuthenticationError,
    ClosedHourError,
    ConfigurationError,
    JobindsatsError,
    PayloadError,
    QueryError,
    ServiceError,
)
from jobindsats_pandas.forms import BASE_URL
from jobindsats_pandas.key import source_of_the_key
from jobindsats_pandas.matching import did_you_mean
from jobindsats_pandas.metadata import TOTAL, parse_table
from jobindsats_pandas.notices import held_back
from jobindsats_pandas.transport import Parser
from jobindsats_pandas.transport.clock import opening_moment, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jobindsats_pandas.catalogue import CatalogueEntry
    from jobindsats_pandas.metadata import Table
    from jobindsats_pandas.transport import Reply, Transport

__all__ = ["Checkup", "Finding", "examine"]

#: The seconds before each request.
PAUSE = 0.5

#: Of the tables that real clients ask, the one with municipalities, funds, months and several groups of measures.
WELL_KNOWN = "y25i01"
MOST_TABLES = 3

#: A clock that is wrong by more makes answers seem older or newer than they are.
CLOCK_SLACK = timedelta(minutes=5)


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
    look_at_the_environment(checkup)
    if opening_moment(clock()) is not None:
        checkup.add("The API may be closed from 22:00 to 23:00", "it is that hour now, in Danish time")
    try:
        client = client or Client()
        look_at_the_cache(client, checkup)
        visit = Visit(client._transport, checkup, pause, clock)  # noqa: SLF001 - the client's own seam and memory
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
        source = source_of_the_key() or "given to the client"
        checkup.add("The key may ask this", f"no (HTTP {error.status}), {source}", "mend", "", step)
    return checkup


# --- asking ----------------------------------------------------------------------------------------------------------


def _ask(visit: Visit, wanted: str | None) -> None:
    checkup = visit.checkup
    visit.wait()
    reply = visit.transport.probe("tables?format=json")
    checkup.add("The key is accepted", f"yes, {source_of_the_key() or 'given to the client'}")
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
        try_forms(visit)
    except SpentError:
        checkup.add("The rest", f"{checkup.asked} questions were asked, and that is enough", "not tried")


def _compare_clocks(reply: Reply, visit: Visit) -> None:
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


def _tell_of_the_end(error: JobindsatsError, visit: Visit) -> None:
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
        raise QueryError(
            f"There is no table {wanted!r} among the {len(entries)} there are.{near} `jobindsats tables WORDS` finds them."
        )
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
