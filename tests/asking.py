"""Asking the sandbox by hand, as a client would, but with nothing in between."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from jobindsats_pandas.sandbox import Sandbox

BOM = b"\xef\xbb\xbf"
DATA = "data/y25i01?mgroup.*=*&period.M=latest:2&hierarchy._nykom=/&format=json"


class Reply(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body.removeprefix(BOM))


def ask(api: Sandbox, path: str, authorization: str | None = None, timeout: float = 20) -> Reply:
    host = api.url.split("/")[2]
    connection = http.client.HTTPConnection(host, timeout=timeout)
    headers = {"Authorization": authorization if authorization is not None else f"Bearer {api.token}"}
    try:
        connection.putrequest("GET", f"/v3/{path}", skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, found, response.read())
    finally:
        connection.close()


def raw(api: Sandbox, path: str, timeout: float = 5) -> bytes:
    """Everything that comes over the socket until it ends."""
    host, port = api.url.split("/")[2].split(":")
    with socket.create_connection((host, int(port)), timeout=timeout) as connection:
        head = f"GET /v3/{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {api.token}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
        return received


def swallow(api: Sandbox, path: str) -> None:
    """Ask, whatever becomes of it."""
    with suppress(OSError, http.client.HTTPException):
        ask(api, path)
