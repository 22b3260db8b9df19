"""Servers over bare sockets, for what no library of HTTP would send."""

from __future__ import annotations

import contextlib
import socket
import threading


class Server:
    """Lets `talk` have every connection, in a thread of its own."""

    def __init__(self, talk):
        self._talk, self._done, self.connections = talk, threading.Event(), 0
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                self.connections += 1
                threading.Thread(target=self._converse, args=(connection,), daemon=True).start()

    def _converse(self, connection):
        with contextlib.suppress(OSError), connection:
            self._talk(connection, self._done)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._done.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def read_request(connection):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return data
        data += piece
    return data
