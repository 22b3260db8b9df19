"""Sending until a whole answer has come, within a deadline.

urllib3's own retries see no bodies, start without a pause and obey a Retry-After of hours; so they are off.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from random import SystemRandom
from typing import TYPE_CHECKING, Any, cast

from requests.adapters import HTTPAdapter

from jobindsats_pandas.errors import BrokenAnswerError
from jobindsats_pandas.transport.connections import OversizeError, exchange, keep_time
from jobindsats_pandas.transport.failures import (
    BYTE_ORDER_MARK,
    CODED,
    ECHO,
    Failure,
    failure_of_answer,
    failure_of_body,
    failure_of_exception,
    failure_of_size,
)
from jobindsats_pandas.transport.log import LOG
from jobindsats_pandas.transport.parsing import current_reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests import PreparedRequest, Response

    from jobindsats_pandas.transport.credentials import BearerAuth
    from jobindsats_pandas.transport.parsing import Reading

CONNECTIONS = 16  # kept open for reuse; how many are used at once is the caller's choice
BLOCK = 1 << 16
FRAMING = 1 << 20  # bytes of headers and the like that come with a body at most
CODINGS = {"", "identity", "gzip", "x-gzip", "deflate"}  # one, so that a bomb in a bomb is not set off
CLOSED_HOUR_BUDGET = 30.0


@dataclass(frozen=True)
class Patience:
    """How long and how often to try; all times in seconds.

    Parameters
    ----------
    tries : int
        At most, per request.
    budget : float
        For all tries and pauses of one request together.
    connect, read : float
        For reaching the server; for its next bytes, the first of which come when all is computed.
    pause, longest_pause : float
        Before the second try; doubled before each further one, up to the longest. A random part of up to half is
        left out, so that clients do not come back together.
    longest_wait : float
        A Retry-After up to this is obeyed; a longer one ends the tries.
    """

    tries: int = 4
    budget: float = 140.0
    connect: float = 10.0
    read: float = 120.0
    pause: float = 0.5
    longest_pause: float = 20.0
    longest_wait: float = 60.0

    def pause_after(self, tries: int, failure: Failure) -> float | None:
        """Seconds between this failed try and the next; None if there should be no next."""
        if not failure.transient or tries >= self.tries or (failure.wait or 0) > self.longest_wait:
            return None
        if failure.wait is not None:
            return failure.wait
        return min(self.pause * 2.0 ** (tries - 1), self.longest_pause) * SystemRandom().uniform(0.5, 1)

    def for_a_probe(self) -> Patience:
        """Two tries at most: a single refusal of the hosting is passed over, an API that is down is left alone."""
        return replace(self, tries=min(self.tries, 2))

    def in_the_closed_hour(self) -> Patience:
        """One try without a long wait: the API may be open all the same, but is likely not."""
        return replace(self, tries=1, budget=min(self.budget, CLOSED_HOUR_BUDGET))


def failure_of_reply(
    _: str, status: int, headers: Mapping[str, str], body: bytes, *, auth: BearerAuth
) -> Failure | None:
    """Judge what came, and parse it, as `parsing` says; None if it is a whole answer."""
    if status != 200:
        return failure_of_answer(status, headers, body, auth=auth)
    if auth.is_in(body):
        return ECHO
    asked = cast("Reading[Any]", current_reading())
    try:
        asked.value = asked.parse(body)
    except BrokenAnswerError as broken:
        return failure_of_body(str(broken), len(body), headers.get("Content-Type", ""), auth=auth)
    return None


class WholeBody:
    """A body that has come, in the place of the connection it came from; requests would read that in small pieces."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        """Give the body in one piece."""
        yield self._body

    def close(self) -> None:
        """Nothing is open."""


class ApiAdapter(HTTPAdapter):
    """Give back a whole answer, parsed as `parsing` says, or raise one of our errors.

    Parameters
    ----------
    patience : callable
        Returns the patience to have with the next request.
    auth : BearerAuth
        Knows the key, which an answer may echo.
    most : int
        Bytes of the largest answer that is read.
    judge : callable
        Tells an answer from a failure, as `failure_of_reply` does.
    """

    def __init__(
        self,
        patience: Callable[[], Patience],
        auth: BearerAuth,
        most: int,
        judge: Callable[..., Failure | None] = failure_of_reply,
    ) -> None:
        super().__init__(pool_maxsize=CONNECTIONS, max_retries=0)
        self.patience, self.auth, self.most, self.judge = patience, auth, most, judge

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools of direct connections; requests' hook."""
        super().init_poolmanager(*args, **options)
        keep_time(self.poolmanager)

    def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
        """Make the pools of connections through a proxy; requests' hook."""
        known = len(self.proxy_manager)
        manager = super().proxy_manager_for(*args, **options)
        if len(self.proxy_manager) > known:
            keep_time(manager)
        return manager

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        """Try, pause and try again; requests' hook.

        Raises
        ------
        JobindsatsError
            After the last try, or at once where another try cannot help.
        """
        request.headers.pop("Cache-Control", None)  # requests-cache's note to itself
        patience = self.patience()
        began, tries, slow = time.monotonic(), 0, 0
        deadline = began + patience.budget
        while True:
            tries += 1
            LOG.debug("GET %s, try %d", request.url, tries)
            outcome = self._try(request, patience, deadline, options)
            if not isinstance(outcome, Failure):
                LOG.debug("HTTP %d after %.1f s", outcome.status_code, time.monotonic() - began)
                return outcome
            LOG.debug("%s: %s", f"HTTP {outcome.status}" if outcome.status else "No answer", outcome.message)
            slow += outcome.slow
            pause = patience.pause_after(tries, outcome)
            if pause is None or slow > 1 or time.monotonic() + pause >= deadline:
                # Not where a foreign exception was caught: its frames hold the request, and so the key.
                raise outcome.exception(tries, time.monotonic() - began)
            LOG.info("waits %.1f s before try %d: %s", pause, tries + 1, outcome.message)
            time.sleep(pause)

    def _try(
        self, request: PreparedRequest, patience: Patience, deadline: float, options: dict[str, Any]
    ) -> Response | Failure:
        connect = min(patience.connect, max(deadline - time.monotonic(), 0.001))
        with exchange(deadline, patience.read, self.most + FRAMING) as begun:
            try:
                response = super().send(
                    request, **options | {"stream": True, "timeout": (connect, patience.read)}
                )
                body = self._read(response)
            except OversizeError:
                return failure_of_size(self.most)
            except Exception as error:  # noqa: BLE001 - whatever these libraries raise, ours comes out
                bundle = options.get("verify")
                encrypted = str(request.url).startswith("https:") and isinstance(bundle, str)
                return failure_of_exception(error, sent=begun.sent, bundle=bundle if encrypted else None)
        if body is None:
            return CODED
        body = body.removeprefix(BYTE_ORDER_MARK)
        failure = self.judge(str(request.url), response.status_code, response.headers, body, auth=self.auth)
        if failure is not None:
            return failure
        response.raw = WholeBody(body)
        return response

    def _read(self, response: Response) -> bytes | None:
        """Read the body, decompressed; None if it is coded in a way that was not asked for."""
        blocks, size = [], response.raw.length_remaining or 0
        try:
            if size > self.most:
                raise OversizeError
            if response.headers.get("Content-Encoding", "").strip().lower() not in CODINGS:
                return None
            size = 0
            while block := response.raw.read1(BLOCK, decode_content=True):
                blocks.append(block)
                size += len(block)
                if size > self.most:
                    raise OversizeError
        finally:
            response.raw.close()  # a connection whose answer was half read must not be used again
        return b"".join(blocks)
