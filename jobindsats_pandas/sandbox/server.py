"""The loopback server."""

from __future__ import annotations

import secrets
import shlex
import socket
import sys
import tempfile
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from jobindsats_pandas.sandbox.answers import JSON, Answer, answer
from jobindsats_pandas.sandbox.designs import population
from jobindsats_pandas.sandbox.faults import TRANSFERS, Faults, Response, error_body, transmit
from jobindsats_pandas.sandbox.query import RefusedError
from jobindsats_pandas.sandbox.releases import Release
from jobindsats_pandas.sandbox.tables import Population, SyntheticTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jobindsats_pandas.sandbox.description import Levels
    from jobindsats_pandas.sandbox.fixed import FixedTable

__all__ = ["Request", "Sandbox", "run", "serve"]

TEXT = {"Content-Type": "text/plain; charset=utf-8"}


@dataclass(frozen=True)
class Request:
    """One request that the sandbox met.

    Attributes
    ----------
    method, path, query : str
        As they were sent.
    headers : dict
        Lower-case names; without the key.
    status : int
        What was answered; 0 where nothing was.
    fault : str
        The fault or refusal it met, for instance ``cut`` or ``refused members``, or nothing.
    authorized : bool
        Whether it bore the right key.
    cells : int
        For ``/data``, the cells it asked for.
    time : datetime
        When it came, in UTC.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    status: int
    fault: str
    authorized: bool
    cells: int
    time: datetime


@dataclass
class Sandbox:
    """A running sandbox.

    Attributes
    ----------
    url : str
        Base address, for instance ``http://127.0.0.1:40313/v3``.
    token : str
        The key it accepts.
    cache_dir : pathlib.Path
        A temporary directory of its own, removed at the end.
    population : Population
        The truth behind the synthetic tables' first publications.
    tables : dict
        What is served, by table id; may be changed while it runs.
    releases : dict
        By id of a synthetic table, every publication so far, the first one first; those that were late stand
        before what arrived. Each still says what it showed.
    columns : dict
        By table id, other names for the columns of its answers than its metadata give; may be changed while it
        runs.
    clock : callable, optional
        The time in Denmark, for the closed hour.
    faults : Faults
        What goes wrong, what is refused, what does not come.
    requests : list of Request
        Every request so far, each noted before its answer is sent; may be cleared.

    Examples
    --------
    A column under a name that stands nowhere in the metadata, and a table of one's own that comes later:

    >>> from jobindsats_pandas import sandbox
    >>> with sandbox.serve() as api:
    ...     api.columns["y25i14"] = {"Erhverv": "Stillingsbetegnelse (ESCOSTAR)"}
    ...     api.tables["x01"] = sandbox.FixedTable({"table_id": "x01"})
    """

    url: str
    token: str = field(repr=False)
    cache_dir: Path = field(repr=False)
    population: Population = field(repr=False)
    tables: dict[str, SyntheticTable | FixedTable] = field(repr=False)
    releases: dict[str, list[SyntheticTable]] = field(repr=False)
    columns: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    clock: Callable[[], datetime] | None = field(default=None, repr=False)
    faults: Faults = field(default_factory=Faults, repr=False)
    requests: list[Request] = field(default_factory=list, repr=False)

    @property
    def closed(self) -> bool:
        """Whether the API is closed now: between 22:00 and 23:00 by the clock, or by a fault on demand."""
        return self.faults.closed or (self.clock is not None and self.clock().hour == 22)

    def publish(self, table_id: str, release: Release) -> SyntheticTable:
        """Publish a synthetic table anew.

        Parameters
        ----------
        table_id : str
            A table that is served now; ``del api.tables[table_id]`` withdraws it.
        release : Release
            What the new publication brings.

        Returns
        -------
        SyntheticTable
            The new publication, whose truth is the valid one from now on.

        Examples
        --------
        >>> from jobindsats_pandas import sandbox
        >>> october = sandbox.Release("2026-10-08", "2026-11-05", new_period=True, revised=False)
        >>> with sandbox.serve() as api:
        ...     new = api.publish("y25i01", october)
        >>> sandbox.changes(api.releases["y25i01"][0], new, "M", ["_hele_landet"]).periods_new
        ('2026M09',)
        """
        table = self.tables[table_id]
        if not isinstance(table, SyntheticTable):
            raise TypeError(f"{table_id} is not synthetic: put another FixedTable into tables instead.")
        return self._serve(table_id, table, table.next(release))

    def arrive(self, table_id: str) -> SyntheticTable:
        """Let the data of a late publication come; its metadata stay as they are."""
        table = self.tables[table_id]
        if not isinstance(table, SyntheticTable) or not table.late:
            raise ValueError(f"Nothing of {table_id} is late.")
        return self._serve(table_id, table, table.arrived())

    def revise(self, table_id: str, update_latest: str, update_next: str | None = None) -> SyntheticTable:
        """Publish a synthetic table anew: other update dates, and a few changes in the newest three base periods."""
        return self.publish(table_id, Release(update_latest, update_next))

    def _serve(self, table_id: str, old: SyntheticTable, new: SyntheticTable) -> SyntheticTable:
        self.releases.setdefault(table_id, [old]).append(new)
        self.tables[table_id] = new
        return new

    def answer(self, target: str, authorization: str) -> Answer:
        """Give the answer to a request for a path and query, short of what goes wrong on the way."""
        if self.closed:
            return Answer(Response(503, b"API'et er lukket mellem kl. 22 og 23.", TEXT))  # invented
        if refusal := self.faults.refused_address(target):
            return Answer(refusal[1], refused=refusal[0])
        if not secrets.compare_digest(authorization.encode(), f"Bearer {self.token}".encode()):
            return Answer(Response(401))
        try:
            url = urlsplit(target)
            # A copy, for tables may come and go meanwhile.
            return answer(dict(self.tables), self.columns, self.faults, unquote(url.path), url.query)
        except RefusedError as error:
            return Answer(Response(error.status, error_body(error.status, error.cause), JSON))
        except Exception as error:  # noqa: BLE001 - the test that caused it must see it
            return Answer(Response(500, error_body(500, f"The sandbox failed: {error!r}"), JSON))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "JobindsatsSandbox"
    sys_version = ""
    # One packet for head and body: two would wait for each other's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        api = self.server.api
        arrived = datetime.now(UTC)
        # http.server reads the request line as Latin-1; letters may stand in it literally.
        target = self.path.encode("latin-1").decode("utf-8", "replace")
        url = urlsplit(target)
        authorization = self.headers.get("Authorization", "")
        fault = api.faults.pick(target)
        answered = Answer(Response(200))
        if fault is None or fault.kind in TRANSFERS:
            answered = api.answer(target, authorization)
            fault = answered.fault or fault
        response = fault.response(answered.response) if fault else answered.response
        api.requests.append(
            Request(
                method=self.command,
                path=url.path,
                query=url.query,
                headers={
                    name.lower(): value
                    for name, value in self.headers.items()
                    if name.lower() != "authorization"
                },
                status=0 if fault and fault.kind in {"hang", "reset"} else response.status,
                fault=fault.kind if fault else answered.refused,
                authorized=authorization == f"Bearer {api.token}",
                cells=answered.cells,
                time=arrived,
            )
        )
        transmit(self, response, fault, self.server.stop)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing: what was asked stands in ``api.requests``."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    api: Sandbox

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.stop = threading.Event()
        self._open: dict[socket.socket, threading.Thread] = {}

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self._open[request] = threading.current_thread()
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._open.pop(request, None)

    def shutdown_request(self, request: Any) -> None:
        # An orderly shutdown would come before the reset.
        if request.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)[0]:
            self.close_request(request)
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when a client has gone."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def finish(self) -> None:
        """Stop serving, and end the connections that clients keep open."""
        self.stop.set()
        self.shutdown()
        self.server_close()
        for request, thread in list(self._open.items()):
            with suppress(OSError):
                request.shutdown(socket.SHUT_RDWR)
            thread.join(2)


@contextmanager
def serve(
    *,
    port: int = 0,
    token: str | None = None,
    seed: int = 1,
    levels: Levels = "inside",
    tables: Mapping[str, FixedTable] | None = None,
    clock: Callable[[], datetime] | None = None,
) -> Iterator[Sandbox]:
    """Run a sandbox on this machine for as long as the ``with`` block lasts.

    Parameters
    ----------
    port : int, default 0
        0 takes a free one.
    token : str, optional
        The key to accept; a new one by default.
    seed : int, default 1
        Of the synthetic population.
    levels : {"inside", "apart", "unlisted"}, default "inside"
        Where the metadata of synthetic tables list a hierarchy's total, ``/``, which nobody outside the agency
        knows of the real API: as the first value of the top level, in a level of its own before it, or nowhere
        (a hierarchy that holds nothing else still lists it). Unless it stands apart, the answer to ``level:``
        brings the total's row too; ``*`` and ``/`` bring it in every case.
    tables : mapping of str to FixedTable, optional
        Tables of your own, beside the synthetic ones or instead of one of them.
    clock : callable, optional
        The time in Denmark; between 22:00 and 23:00 the API is then closed. By default it never is.

    Yields
    ------
    Sandbox

    Examples
    --------
    >>> import urllib.request
    >>> from jobindsats_pandas import sandbox
    >>> with sandbox.serve() as api:
    ...     request = urllib.request.Request(
    ...         f"{api.url}/data/y25i01?mgroup.*=*&period.M=latest:1&hierarchy._nykom=/&format=json",
    ...         headers={"Authorization": f"Bearer {api.token}"},
    ...     )
    ...     with urllib.request.urlopen(request) as response:
    ...         body = response.read()
    >>> response.status, len(api.requests), api.requests[0].cells
    (200, 1, 4)

    Where the total stands in each of the three worlds:

    >>> for levels in ("inside", "apart", "unlisted"):
    ...     funds = sandbox.population(levels=levels)["y28a15"].metadata["dimensions"][1]["hierarchies"][0]
    ...     print({level["level_id"]: level["values"][0]["value_name"][:13] for level in funds["levels"]})
    {'akassedp': 'A-kasse i alt'}
    {'akassedp_ialt': 'A-kasse i alt', 'akassedp': 'A-kassen for '}
    {'akassedp': 'A-kassen for '}
    """
    truth = population(seed, levels)
    server = _Server(port)
    with tempfile.TemporaryDirectory(prefix="jobindsats-sandbox-", ignore_cleanup_errors=True) as cache_dir:
        server.api = Sandbox(
            url=f"http://127.0.0.1:{server.server_port}/v3",
            token=token or f"sandbox-{secrets.token_hex(12)}",
            cache_dir=Path(cache_dir),
            population=truth,
            tables={**truth, **(tables or {})},
            releases={table_id: [table] for table_id, table in truth.items()},
            clock=clock,
        )
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server.api
        finally:
            server.finish()
            thread.join()


def run(port: int = 8025, token: str | None = None, seed: int = 1, levels: Levels = "inside") -> None:
    """Run a sandbox until Ctrl-C, for a shell, curl and other tools.

    Parameters
    ----------
    port : int, default 8025
        0 takes a free one.
    token, seed, levels
        As in :func:`serve`.
    """
    with serve(port=port, token=token, seed=seed, levels=levels) as api:
        variables = {"URL": api.url, "TOKEN": api.token}
        settings = {f"JOBINDSATS_API_{name}": value for name, value in variables.items()}
        settings["JOBINDSATS_CACHE_DIR"] = str(api.cache_dir)
        unix = [f"export {name}={shlex.quote(value)}" for name, value in settings.items()]
        windows = [
            "$env:{} = '{}'".format(name, value.replace("'", "''")) for name, value in settings.items()
        ]
        sys.stdout.write(
            "The Jobindsats sandbox: synthetic figures, not the real ones. For another terminal:\n\n"
            + "\n".join(unix)
            + "\n\nThe same in PowerShell:\n\n"
            + "\n".join(windows)
            + '\n\ncurl -g -H "Authorization: Bearer $JOBINDSATS_API_TOKEN" \\\n'
            f"  '{api.url}/data/y25i01?mgroup.*=*&period.M=latest:2&hierarchy._nykom=/&format=json'\n\n"
            f"Tables: {', '.join(api.tables)}. Ctrl-C stops.\n"
        )
        sys.stdout.flush()
        with suppress(KeyboardInterrupt):
            while True:
                time.sleep(60)
