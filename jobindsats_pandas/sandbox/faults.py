"""Faults and refusals on demand: what the network, the hosting and the API do on a bad day, or never do."""

from __future__ import annotations

import gzip
import json
import random
import socket
import struct
import sys
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote

from jobindsats_pandas.sandbox.forms import FORMS, forms

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from http.server import BaseHTTPRequestHandler

__all__ = ["BODIES", "KINDS", "STATUSES", "Fault", "Faults", "Response", "error_body", "transmit"]

FORBIDDEN = "You do not have permission to view this directory or page."


@dataclass(frozen=True)
class Response:
    """What is about to be sent."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def error_body(status: int, cause: str) -> bytes:
    """Give the API's error body."""
    return json.dumps({"code": status, "cause": cause, "request_id": str(uuid.uuid4())}).encode()


def _html(status: int, text: str) -> Response:
    body = f"<!DOCTYPE html><html><head><title>{text}</title></head><body><p>{text}</p></body></html>"
    return Response(status, body.encode(), {"Content-Type": "text/html; charset=utf-8"})


def _json(status: int, body: bytes) -> Response:
    return Response(status, body, {"Content-Type": "application/json; charset=utf-8"})


STATUSES = ("401", "403-html", "403-json", "404", "422", "429", "500", "502", "503", "504", "redirect")
"""Answers that are no success."""

# invented: the words of each
BODIES = {
    "empty": _json(200, b""),
    "empty-object": _json(200, b"{}"),
    "empty-list": _json(200, b"[]"),
    "null": _json(200, b"null"),
    "html": _html(200, "Sandkassen er under vedligeholdelse"),
    "html-as-json": replace(
        _html(200, "Log ind"), headers={"Content-Type": "application/json; charset=utf-8"}
    ),
    "wrong-json": _json(200, b'{"message": "Service is starting", "columns": 3, "rows": "none"}'),
}
"""Answers that claim to be a success."""

TRANSFERS = ("cut", "cut-unframed", "cut-chunked", "cut-json", "cut-gzip", "reset", "drip", "hang", "latency")
"""Right answers that do not arrive whole, or not in time."""

KINDS = (*STATUSES, *BODIES, *TRANSFERS)


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes
    ----------
    kind : str
        One of :data:`KINDS`.
    seconds : float, optional
        ``latency``: the delay (default 0.2). ``drip``: between bytes (default 0.05). ``hang``: until the
        connection is closed (default an hour, or when the server stops).
    retry_after : str, optional
        The ``Retry-After`` header of 429 and 503; 429 has ``"1"`` by default.
    location : str, optional
        Where ``redirect`` points to, by default ``/login`` of this server.
    cause : str, optional
        The API's words in 403-json, 404 and 422.
    """

    kind: str
    seconds: float | None = None
    retry_after: str | None = None
    location: str | None = None
    cause: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"There is no fault {self.kind!r}; there are {', '.join(KINDS)}.")

    def response(self, right: Response) -> Response:
        """Give what is sent instead of the right answer; transfer faults change only how it is sent."""
        if self.kind in BODIES:
            return BODIES[self.kind]
        if self.kind == "401":
            return Response(401)
        if self.kind == "403-html":
            return _html(403, FORBIDDEN)
        if self.kind in ("403-json", "404", "422"):
            status = int(self.kind[:3])
            return _json(status, error_body(status, self.cause or "Fault on demand."))  # invented
        if self.kind == "redirect":
            return Response(302, b"", {"Location": self.location or "/login"})
        if self.kind in STATUSES:
            retry_after = self.retry_after or ("1" if self.kind == "429" else None)  # invented
            answer = _html(int(self.kind), f"Fejl {self.kind}")  # invented
            return replace(
                answer, headers={**answer.headers, **({"Retry-After": retry_after} if retry_after else {})}
            )
        if self.kind == "cut-json":
            return replace(right, body=right.body[: len(right.body) * 2 // 3])
        if self.kind == "cut-gzip":
            return replace(
                right,
                body=gzip.compress(right.body)[:-12],
                headers={**right.headers, "Content-Encoding": "gzip"},
            )
        return right


@dataclass
class _Rule:
    fault: Fault
    path: str
    left: float
    skip: int = 0
    rate: float = 1.0
    kinds: tuple[str, ...] = ()
    draw: random.Random = field(default_factory=random.Random)
    per_url: int | None = None
    until: float = float("inf")
    seen: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Refusal:
    form: str
    beyond: int
    path: str
    response: Response


@dataclass
class _Withheld:
    period: str
    rows: Literal["all", "total"]
    path: str
    left: float


class Faults:
    """What goes wrong, what is refused and what does not come; all of it may be set while the server runs.

    Attributes
    ----------
    injected : collections.Counter
        How often each kind was sent; refusals count as ``refused members`` and so on, and answers that lack a
        period as ``withheld``.
    closed : bool
        Whether the API is closed, as it may be every day from 22:00 to 23:00: everything answers 503.

    Examples
    --------
    >>> from jobindsats_pandas import sandbox
    >>> with sandbox.serve() as api:
    ...     api.faults.add("503", times=2, path="data/")  # the next two answers to /data
    ...     api.faults.random(0.2, kinds=["cut", "429"], seed=7)  # and a fifth of all others
    ...     api.faults.limit(200_000, "hang")  # what is too large gets no answer at all
    ...     api.faults.clear()

    The front door refuses everybody for half an hour; on a slow day the first byte comes after 70 seconds:

    >>> with sandbox.serve() as api:
    ...     api.faults.add("403-html", times=None, lasting=1800)
    ...     api.faults.add("latency", times=None, seconds=70, path="data/")

    A server that takes no long lists and no long addresses, and one that knows neither ``level:`` nor any choice
    of measures:

    >>> with sandbox.serve() as api:
    ...     api.faults.refuse("members", beyond=20)
    ...     api.faults.refuse("periods", beyond=30, status=404, page=True)
    ...     api.faults.refuse("address", beyond=600)
    >>> with sandbox.serve() as api:
    ...     api.faults.refuse("level")
    ...     api.faults.refuse("groups")

    A month that the metadata announce, and whose rows come later:

    >>> with sandbox.serve() as api:
    ...     api.faults.withhold("2026M08", path="y25i01", times=3)
    """

    def __init__(self) -> None:
        self.injected: Counter[str] = Counter()
        self.closed = False
        self._rules: list[_Rule] = []
        self._limit: tuple[int, Fault] | None = None
        self._refusals: list[_Refusal] = []
        self._withheld: list[_Withheld] = []
        self._lock = threading.Lock()

    def add(
        self,
        kind: str,
        *,
        times: int | None = 1,
        path: str = "",
        after: int = 0,
        seconds: float | None = None,
        retry_after: str | None = None,
        location: str | None = None,
        cause: str | None = None,
        lasting: float | None = None,
    ) -> None:
        """Let the next requests fail.

        Parameters
        ----------
        kind : str
            One of :data:`KINDS`.
        times : int or None, default 1
            How many requests; None for all.
        path : str, default ""
            Only requests whose path and query contain this.
        after : int, default 0
            How many such requests are answered rightly first.
        seconds, retry_after, location, cause
            As in :class:`Fault`.
        lasting : float, optional
            For how many seconds from now; by default without end.
        """
        fault = Fault(kind, seconds, retry_after, location, cause)
        rule = _Rule(fault, path, float("inf") if times is None else times, after)
        if lasting is not None:
            rule.until = time.monotonic() + lasting
        with self._lock:
            self._rules.append(rule)

    def random(
        self,
        rate: float,
        *,
        kinds: Iterable[str],
        seed: int = 0,
        path: str = "",
        per_url: int | None = None,
        seconds: float | None = None,
        retry_after: str | None = None,
    ) -> None:
        """Let a share of all requests fail, each with one of `kinds` by lot.

        Parameters
        ----------
        rate : float
            Between 0 and 1.
        kinds : iterable of str
            Some of :data:`KINDS`.
        per_url : int, optional
            At most so many times for one URL, so that a client that tries again succeeds for certain.
        """
        kinds = tuple(kinds)
        faults = [Fault(kind, seconds, retry_after) for kind in kinds]
        with self._lock:
            rule = _Rule(faults[0], path, float("inf"), 0, rate, kinds, random.Random(seed), per_url)
            self._rules.append(rule)

    def limit(self, cells: int, kind: str = "504", *, seconds: float | None = None) -> None:
        """Let requests to ``/data`` for more than `cells` cells fail, as the API times out above about 200,000."""
        self._limit = (cells, Fault(kind, seconds))

    def refuse(
        self,
        form: str,
        *,
        beyond: int = 0,
        status: int | None = None,
        page: bool | None = None,
        cause: str | None = None,
        path: str = "",
    ) -> None:
        """Refuse a form of questions from now on.

        Parameters
        ----------
        form : str
            ``"address"``: the characters of path and query, as they were sent, to whatever endpoint. The others
            are forms of ``/data``, refused once the question itself is found to be right: how many
            ``"members"`` of a hierarchy, ``"periods"`` or ``"measures"`` of a group are named one by one;
            ``"groups"``, ``mgroup`` parameters other than ``mgroup.*``; hierarchies asked by ``"level"`` or for
            their ``"total"`` alone; ``"latest"``, ``"every period"`` (``*``), a ``"whole group"``
            (``mgroup.<id>=*``); and ``"no area"``, a question without an area where the table has one.
        beyond : int, default 0
            The most that is taken: ``refuse("members", beyond=1)`` refuses lists, and still takes one member.
        status : int, optional
            By default 422, for addresses 404.
        page : bool, optional
            Whether the answer is a page of the hosting instead of the API's JSON; by default for addresses alone.
        cause : str, optional
            The API's words. Nobody has seen the real ones.
        path : str, default ""
            Only requests whose path and query contain this, for instance ``"period.QMAT"``.
        """
        if form != "address" and form not in FORMS:
            raise ValueError(f"There is no form {form!r}; there are address, {', '.join(FORMS)}.")
        status = status or (404 if form == "address" else 422)
        if form == "address" if page is None else page:
            response = _html(status, f"Fejl {status}")  # invented
        else:
            response = _json(status, error_body(status, cause or f"Not taken: {form}"))  # invented
        with self._lock:
            self._refusals.append(_Refusal(form, beyond, path, response))

    def withhold(
        self,
        period_id: str,
        *,
        rows: Literal["all", "total"] = "all",
        path: str = "",
        times: int | None = None,
    ) -> None:
        """Leave a period out of answers, although the metadata announce it.

        Parameters
        ----------
        period_id : str
            For instance ``"2026M08"``.
        rows : {"all", "total"}, default "all"
            All rows of the period, or the overall total's alone, in which every dimension stands at its total.
        path : str, default ""
            Only requests whose path and query contain this.
        times : int or None, default None
            How many answers that should hold the period lack it, before it comes; None for all, until
            :meth:`clear`.
        """
        with self._lock:
            left = float("inf") if times is None else times
            self._withheld.append(_Withheld(period_id, rows, path, left))

    def clear(self) -> None:
        """Take everything back; the counts stay."""
        with self._lock:
            self._rules.clear()
            self._refusals.clear()
            self._withheld.clear()
            self._limit = None
            self.closed = False

    def pick(self, url: str) -> Fault | None:
        """Give the fault for a request, if it meets one, and count it."""
        with self._lock:
            for rule in self._rules:
                if rule.path not in url or rule.left < 1 or time.monotonic() >= rule.until:
                    continue
                if rule.skip:
                    rule.skip -= 1
                    continue
                if rule.draw.random() >= rule.rate:
                    continue
                if rule.per_url is not None and rule.seen[url] >= rule.per_url:
                    continue
                rule.left -= 1
                rule.seen[url] += 1
                fault = replace(rule.fault, kind=rule.draw.choice(rule.kinds)) if rule.kinds else rule.fault
                self.injected[fault.kind] += 1
                return fault
        return None

    def too_large(self, cells: int) -> Fault | None:
        """Give the fault for a request of so many cells, if it is above the limit, and count it."""
        with self._lock:
            if self._limit is None or cells <= self._limit[0]:
                return None
            self.injected["too large"] += 1
            return self._limit[1]

    def refused_address(self, address: str) -> tuple[str, Response] | None:
        """Give the refusal of an address, and its answer, and count it."""
        return self._refused(unquote(address), {"address": len(address.encode())})

    def refused(
        self, address: str, asked: Mapping[str, str], areas: Collection[str]
    ) -> tuple[str, Response] | None:
        """Give the refusal of a question to ``/data``, and its answer, and count it."""
        return self._refused(address, forms(asked, areas))

    def _refused(self, address: str, found: Mapping[str, int]) -> tuple[str, Response] | None:
        with self._lock:
            for refusal in self._refusals:
                if refusal.path in address and found.get(refusal.form, 0) > refusal.beyond:
                    name = f"refused {refusal.form}"
                    self.injected[name] += 1
                    return name, refusal.response
        return None

    def withheld(self, address: str, periods: Collection[str]) -> dict[str, str]:
        """Give which of an answer's periods lack rows, ``all`` or the ``total``, and count it."""
        found: dict[str, str] = {}
        with self._lock:
            for one in self._withheld:
                if one.path in address and one.period in periods and one.left > 0:
                    one.left -= 1
                    if found.get(one.period) != "all":
                        found[one.period] = one.rows
            if found:
                self.injected["withheld"] += 1
        return found


def transmit(
    handler: BaseHTTPRequestHandler, response: Response, fault: Fault | None, stop: threading.Event
) -> None:
    """Send a response, spoilt by a transfer fault if there is one."""
    kind = fault.kind if fault else ""
    seconds = fault.seconds if fault else None
    body = response.body
    if kind == "latency":
        stop.wait(0.2 if seconds is None else seconds)
    if kind == "hang":
        stop.wait(3600 if seconds is None else seconds)
        handler.close_connection = True
        return
    if kind == "reset":
        # Lingering for no time makes the server's close() send a reset instead of an orderly end.
        handler.connection.setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        )
        handler.close_connection = True
        return
    handler.send_response(response.status)
    for name, value in response.headers.items():
        handler.send_header(name, value)
    if kind == "cut-chunked":
        handler.send_header("Transfer-Encoding", "chunked")
    elif kind != "cut-unframed":
        handler.send_header("Content-Length", str(len(body)))
    if kind in ("cut", "cut-unframed", "cut-chunked", "drip"):
        handler.send_header("Connection", "close")
        handler.close_connection = True
    handler.end_headers()
    if kind in ("cut", "cut-unframed"):
        body = body[: len(body) * 2 // 3]
    elif kind == "cut-chunked":
        body = b"%x\r\n%b" % (len(body), body[: len(body) * 2 // 3])
    elif kind == "drip":
        for place in range(len(body)):
            handler.wfile.write(body[place : place + 1])
            handler.wfile.flush()
            if stop.wait(0.05 if seconds is None else seconds):
                break
        return
    handler.wfile.write(body)
    handler.wfile.flush()
