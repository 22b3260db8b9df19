"""Connections that keep a deadline: urllib3's own, with every byte read by a file that looks at the clock.

A time limit on each read starts anew at every byte, so that a server could drip for ever: status line, headers, interim
answers, sizes of chunks, trailers, compressed streams without output. All of them, and a proxy's answer, pass through the
one file that http.client reads an answer from; so that file holds the deadline. What comes before has limits of its own:
the system's for looking a name up and for connecting, of which each address that the name has is given what is left of the
deadline, and OpenSSL's, which counts a whole handshake, for encryption.
"""

from __future__ import annotations

import io
import queue
import socket
import time
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import connection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import WriteableBuffer


@dataclass
class Exchange:
    """One try: a request and its answer.

    Attributes
    ----------
    deadline : float
        By the monotonic clock; no byte is waited for beyond it.
    patience : float
        Seconds to wait for the next bytes.
    room : int
        How many more bytes may come over the wire, headers and all.
    sent : bool
        Whether the request has left this machine.
    """

    deadline: float
    patience: float
    room: int
    sent: bool = False


_current: ContextVar[Exchange] = ContextVar("jobindsats_exchange")


@contextmanager
def exchange(deadline: float, patience: float, room: int) -> Iterator[Exchange]:
    """Hold whatever this thread reads from connections meanwhile to its limits."""
    begun = Exchange(deadline, patience, room)
    token = _current.set(begun)
    try:
        yield begun
    finally:
        _current.reset(token)


class OversizeError(Exception):
    """More bytes come than an answer may have."""


class TimedFile(io.RawIOBase):
    """The bytes of one answer, none of which is waited for beyond the deadline."""

    def __init__(self, sock: socket.socket) -> None:
        self._connection = sock
        self._bytes = sock.makefile("rb", buffering=0)
        self._exchange = _current.get()

    def makefile(self, *_: Any, **__: Any) -> io.BufferedReader:
        """Be read from as if this were the socket."""
        return io.BufferedReader(self, 1 << 16)

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        """Read the next bytes.

        Raises
        ------
        TimeoutError
            If the deadline has come, or none came in time.
        OversizeError
            If there are too many.
        """
        left = self._exchange.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(min(self._exchange.patience, left))
        count = self._bytes.readinto(buffer)
        self._exchange.room -= count or 0
        if self._exchange.room < 0:
            raise OversizeError
        return count

    def close(self) -> None:
        """Let go of the socket."""
        self._bytes.close()
        super().close()


class TimedAnswer(HTTPResponse):
    """An answer read through a `TimedFile`."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(TimedFile(sock), *args, **options)  # type: ignore[arg-type] # all it wants is makefile

    def begin(self) -> None:
        """Read status line and headers."""
        super().begin()
        # urllib3 logs headers that it cannot parse as they are, an echo of the key among them.
        self.msg.defects.clear()
        self.msg.set_payload("")


class Timed:
    """What is added to a connection of any kind."""

    response_class = TimedAnswer

    def request(self, *args: Any, **options: Any) -> None:
        """Send a request, and take note that it is sent."""
        super().request(*args, **options)  # type: ignore[misc] # of the connection
        _current.get().sent = True


class TimedAddresses(Timed):
    """What is added where names are looked up here, and not by a SOCKS proxy."""

    def _new_conn(self: Any) -> socket.socket:
        """Connect to one of the host's addresses; urllib3 would give each of them the whole time anew."""
        deadline, problem = _current.get().deadline, None
        try:
            found = socket.getaddrinfo(
                self._dns_host, self.port, connection.allowed_gai_family(), socket.SOCK_STREAM
            )
        except (socket.gaierror, UnicodeError) as error:
            raise NameResolutionError(self.host, self, error) from error  # type: ignore[arg-type] # a name that is none
        for address in dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found):
            left = min(self.timeout, deadline - time.monotonic())
            if left <= 0:
                break
            try:
                return connection.create_connection(
                    (address, self.port), left, self.source_address, self.socket_options
                )
            except OSError as error:
                problem = error
        if problem is None or isinstance(problem, TimeoutError):
            raise ConnectTimeoutError(self, f"Connection to {self.host} timed out.") from problem
        raise NewConnectionError(self, f"Failed to establish a new connection: {problem}") from problem


class Shelf(queue.LifoQueue[Any]):
    """Idle connections, the last used on top.

    A queue's own `put` and `get` take a lock that an interrupt (Ctrl-C) can leave held, and urllib3 then waits for it
    for ever while it cleans up. A list's need none.
    """

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put a connection back."""
        if len(self.queue) >= self.maxsize:
            raise queue.Full
        self.queue.append(item)

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Take a connection; none is waited for."""
        try:
            return self.queue.pop()
        except IndexError:
            raise queue.Empty from None

    def qsize(self) -> int:
        """How many there are."""
        return len(self.queue)


def keep_time(manager: Any) -> None:
    """Let every connection that a manager makes, direct or through a proxy of any kind, keep deadlines."""
    manager.pool_classes_by_scheme = {
        scheme: _timed(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
    }


@cache
def _timed(pool: type) -> type:
    kind = pool.ConnectionCls  # type: ignore[attr-defined]
    added = TimedAddresses if kind._new_conn is HTTPConnection._new_conn else Timed  # noqa: SLF001
    timed = type(f"Timed{kind.__name__}", (added, kind), {})
    return type(f"Timed{pool.__name__}", (pool,), {"ConnectionCls": timed, "QueueCls": Shelf})
