"""A deadline that holds whatever a server does: every stage of HTTP, of its content codings and of TLS is dripped."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import os
import socket
import sys
import time
import zlib
from types import SimpleNamespace

import pytest
from bodies import BODY
from servers import Server, read_request

from jobindsats_pandas.errors import ServiceError, TimedOutError
from jobindsats_pandas.transport import Patience, Transport
from jobindsats_pandas.transport.connections import TimedFile, exchange

FULL = os.environ.get("JOBINDSATS_FULL") == "1"
CONTENT = json.dumps({"columns": ["Periode", "Antal"], "rows": [["2026M05", 3]]}).encode()
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
PATH = "data/x01?format=json"
SCALED = Patience(budget=1.0, read=0.8, connect=0.8, pause=0.01)


def forever(pattern=b"x"):
    return itertools.repeat(pattern)


def empty_blocks():
    """A deflate stream that goes on and on and holds nothing."""
    packer = zlib.compressobj(wbits=-15)
    return itertools.repeat(packer.flush(zlib.Z_FULL_FLUSH))


#: What a server sends at once, and what it sends piece by piece for ever after.
DRIPS = {
    "silence": (b"", ()),
    "status line": (b"HTTP/1.1 200 ", forever()),
    "status line from its first letter": (b"", forever()),
    "status line, then silence": (b"HTTP/1.1 200 OK\r\n", ()),
    "name of a header": (OK, forever()),
    "value of a header": (OK + b"X: ", forever()),
    "folded header": (OK + b"X: y", forever(b"\r\n z")),
    "interim answers": (b"", forever(b"HTTP/1.1 100 Continue\r\n\r\n")),
    "headers of an interim answer": (b"HTTP/1.1 100 Continue\r\nX: ", forever()),
    "headers, then silence": (OK + b"Content-Length: 100\r\n\r\n", ()),
    "body of a known length": (OK + b"Content-Length: 100000\r\n\r\n", forever(b" ")),
    "body of an unknown length": (OK + b"\r\n", forever(b" ")),
    "size of a chunk": (CHUNKED, forever(b"0")),
    "extension of a chunk": (CHUNKED + b"1;x=", forever()),
    "small chunks": (CHUNKED, forever(b"1\r\n \r\n")),
    "inside a chunk": (CHUNKED + b"10000\r\n", forever(b" ")),
    "after a chunk": (CHUNKED + b"1\r\n ", ()),
    "trailers": (CHUNKED + b"1\r\n \r\n0\r\n", forever(b"X: y\r\n")),
    "a trailer's value": (CHUNKED + b"1\r\n \r\n0\r\nX: ", forever()),
    "last chunk without an end": (CHUNKED + b"%x\r\n%s\r\n0\r\n" % (len(CONTENT), CONTENT), ()),
    "gzip: name of the file": (
        OK + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x08\0\0\0\0\0\xff",
        forever(),
    ),
    "gzip: blocks that hold nothing": (
        OK + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\0\0\0\0\0\0\xff",
        empty_blocks(),
    ),
    "gzip: members that hold nothing": (
        OK + b"Content-Encoding: gzip\r\n\r\n",
        itertools.repeat(gzip.compress(b"")),
    ),
    "deflate: blocks that hold nothing": (OK + b"Content-Encoding: deflate\r\n\r\n", empty_blocks()),
    "a page that refuses": (b"HTTP/1.1 503 Busy\r\nContent-Length: 9999\r\n\r\n", forever()),
    "a redirect": (b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 9999\r\n\r\n", forever()),
}


def drip(first, rest, every=0.02):
    """Answer with a beginning, and then one piece after the other, as long as anybody listens."""

    def talk(connection, done):
        read_request(connection)
        connection.sendall(first)
        for piece in rest:
            connection.sendall(piece)
            if done.wait(every):
                return
        done.wait()

    return talk


def to(listening, directory, patience=SCALED, scheme="http"):
    url = f"{scheme}://127.0.0.1:{listening.port}/v3"
    return Transport(token="sekret", base_url=url, cache_dir=directory, patience=patience)


def ask(transport):
    return transport.fetch(PATH, BODY)


def timed(transport, error):
    began = time.monotonic()
    with pytest.raises(error) as caught:
        ask(transport)
    return time.monotonic() - began, caught.value


@pytest.mark.parametrize("every", [0.0, 0.1])
@pytest.mark.parametrize("stage", DRIPS)
def test_no_stage_of_an_answer_can_be_dripped_beyond_the_budget(tmp_path, stage, every):
    first, rest = DRIPS[stage]
    with Server(drip(first, rest, every)) as listening:
        took, error = timed(to(listening, tmp_path), ServiceError)
    assert took < SCALED.budget + 5
    assert type(error) is TimedOutError or every == 0.0  # a flood may break a rule of HTTP before
    assert not list(tmp_path.rglob("*.answer"))


def test_an_answer_that_comes_slowly_but_within_the_budget_is_taken(tmp_path):
    answer = OK + b"Content-Length: %d\r\n\r\n" % len(CONTENT) + CONTENT
    with Server(drip(b"", [bytes([each]) for each in answer], 0.001)) as listening:
        assert ask(to(listening, tmp_path, Patience(budget=20, read=5))).value == CONTENT


@pytest.mark.skipif(not FULL, reason="takes minutes: --full")
@pytest.mark.parametrize("stage", ["value of a header", "trailers", "gzip: name of the file"])
def test_the_budget_of_every_day_holds_too(tmp_path, stage):
    with Server(drip(*DRIPS[stage], 3)) as listening:
        took, error = timed(to(listening, tmp_path, Patience()), TimedOutError)
    assert 100 < took < 145
    assert type(error) is TimedOutError


# Before the request is sent.


def silent(connection, done):
    done.wait()


def drip_a_handshake(connection, done):
    connection.recv(65536)
    for byte in b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc" + bytes(16000):
        connection.sendall(bytes([byte]))
        if done.wait(0.02):
            return


def plain_http(connection, done):
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.mark.parametrize("talk", [silent, drip_a_handshake, plain_http])
def test_encryption_that_never_begins_is_no_slow_answer(tmp_path, talk):
    with Server(talk) as listening:
        patience = Patience(budget=30, connect=0.3, read=20, pause=0.01)
        took, error = timed(to(listening, tmp_path, patience, scheme="https"), ServiceError)
        assert listening.connections == 4
    assert type(error) is ServiceError  # not one that asks for fewer cells
    assert "cells" not in str(error)
    assert took < 15


@pytest.mark.parametrize(
    ("first", "rest"),
    [(b"", ()), (b"HTTP/1.1 200 ", forever()), (b"HTTP/1.1 200 OK\r\nX: ", forever()), (b"", forever())],
)
def test_a_proxy_that_drips_is_no_slow_answer_and_ends_with_the_budget(tmp_path, monkeypatch, first, rest):
    with Server(drip(first, rest)) as listening:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{listening.port}")
        transport = Transport(
            token="sekret",
            base_url="https://api.example.dk/v3",
            cache_dir=tmp_path,
            patience=Patience(budget=1.0, read=0.8, connect=0.3, pause=0.01),
        )
        took, error = timed(transport, ServiceError)
    assert type(error) is ServiceError
    assert took < 8


def test_a_host_that_takes_no_connection_is_no_slow_answer(tmp_path):
    full = socket.create_server(("127.0.0.1", 0), backlog=0)
    with full, contextlib.ExitStack() as stack:
        for _ in range(3):  # whoever comes now is not let in
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        patience = Patience(budget=30, connect=0.3, pause=0.01)
        took, error = timed(to(SimpleNamespace(port=full.getsockname()[1]), tmp_path, patience), ServiceError)
    assert type(error) is ServiceError
    assert took < 15


@pytest.fixture
def addresses(monkeypatch):
    """Give the name of this machine other addresses."""
    look_up = socket.getaddrinfo

    def give(*hosts):
        def found(host, port, *options):
            if host != "localhost":
                return look_up(host, port, *options)
            return [entry for each in hosts for entry in look_up(each, port, *options)]

        monkeypatch.setattr(socket, "getaddrinfo", found)

    return give


def letting_nobody_in(stack, host, port=0):
    full = stack.enter_context(socket.create_server((host, port), backlog=0))
    for _ in range(3):
        waiting = stack.enter_context(socket.socket())
        waiting.setblocking(False)
        waiting.connect_ex(full.getsockname())
    return full.getsockname()[1]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere this machine has one address")
def test_many_addresses_that_let_nobody_in_take_no_longer_than_the_budget(tmp_path, addresses):
    hosts = [f"127.0.0.{number}" for number in range(2, 14)]
    with contextlib.ExitStack() as stack:
        port = letting_nobody_in(stack, hosts[0])
        for host in hosts[1:]:
            letting_nobody_in(stack, host, port)
        addresses(*hosts)
        patience = Patience(budget=1.0, connect=0.4, pause=0.01)
        url = f"http://localhost:{port}/v3"
        transport = Transport(token="sekret", base_url=url, cache_dir=tmp_path, patience=patience)
        took, error = timed(transport, ServiceError)
    assert type(error) is ServiceError
    assert took < 4


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere this machine has one address")
def test_an_address_that_lets_nobody_in_keeps_nobody_from_the_next(tmp_path, addresses):
    answer = OK + b"Content-Length: %d\r\n\r\n" % len(CONTENT) + CONTENT
    with Server(drip(answer, ())) as listening, contextlib.ExitStack() as stack:
        letting_nobody_in(stack, "127.0.0.2", listening.port)
        addresses("127.0.0.2", "127.0.0.1")
        url = f"http://localhost:{listening.port}/v3"
        patience = Patience(budget=20, connect=0.4)
        assert (
            ask(Transport(token="sekret", base_url=url, cache_dir=tmp_path, patience=patience)).value
            == CONTENT
        )
        assert listening.connections == 1


def test_a_name_that_cannot_be_one_is_a_fault_of_the_connection(tmp_path):
    url = f"https://{'x' * 70}.dk/v3"
    transport = Transport(token="sekret", base_url=url, cache_dir=tmp_path, patience=SCALED)
    _, error = timed(transport, ServiceError)
    assert type(error) is ServiceError


def test_what_lies_ready_is_not_read_any_more_once_the_deadline_has_come():
    here, there = socket.socketpair()
    with here, there:
        there.sendall(b"in time, late")
        with exchange(time.monotonic() + 10, 1, 100) as limits:
            file = TimedFile(here)
            buffer = bytearray(7)
            assert file.readinto(buffer) == 7
            assert buffer == b"in time"
            limits.deadline = time.monotonic()
            with pytest.raises(TimeoutError):
                file.readinto(buffer)
            file.close()
