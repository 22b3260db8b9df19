"""Faults on demand, and the closed hour."""

from __future__ import annotations

import gzip
import http.client
import socket
import threading
import time
import zlib
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from asking import DATA, ask, raw, swallow

from jobindsats_pandas import sandbox
from jobindsats_pandas.sandbox.faults import BODIES, KINDS, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobindsats_pandas.sandbox import Sandbox

DENMARK = timezone(timedelta(hours=2))


@pytest.fixture(scope="module")
def shared_api() -> Iterator[Sandbox]:
    """One sandbox for everything that does not change it."""
    with sandbox.serve() as api:
        yield api


@pytest.fixture
def api() -> Iterator[Sandbox]:
    with sandbox.serve() as api:
        yield api


STATUS_FAULTS = [kind for kind in KINDS if kind[0].isdigit()]


@pytest.mark.parametrize("kind", STATUS_FAULTS)
def test_status_faults_answer_with_their_status_once(api: Sandbox, kind: str) -> None:
    api.faults.add(kind, path="data/")
    assert ask(api, "subjects?format=json").status == 200
    reply = ask(api, DATA)
    assert reply.status == int(kind[:3])
    assert ask(api, DATA).status == 200
    assert api.faults.injected == {kind: 1}
    assert [request.fault for request in api.requests] == ["", kind, ""]
    if kind in {"403-json", "404", "422"}:
        assert reply.json["code"] == reply.status
    elif kind != "401":
        assert reply.headers["content-type"].startswith("text/html")
    assert reply.headers.get("retry-after") == ("1" if kind == "429" else None)


@pytest.mark.parametrize("kind", BODIES)
def test_body_faults_claim_to_be_a_success(api: Sandbox, kind: str) -> None:
    api.faults.add(kind)
    reply = ask(api, DATA)
    assert (reply.status, reply.body) == (200, BODIES[kind].body)
    assert reply.headers["content-type"] == BODIES[kind].headers["Content-Type"]
    assert ("html" in reply.headers["content-type"]) == (kind == "html")


def test_words_and_headers_of_faults_can_be_chosen(api: Sandbox) -> None:
    api.faults.add("422", cause="Unknown hierarchies: ['_x']")
    api.faults.add("503", retry_after="3600")
    api.faults.add("redirect", location="http://127.0.0.1:9/elsewhere")
    api.faults.add("redirect")
    assert ask(api, DATA).json["cause"] == "Unknown hierarchies: ['_x']"
    assert ask(api, DATA).headers["retry-after"] == "3600"
    first, second = ask(api, DATA), ask(api, DATA)
    assert (first.status, first.headers["location"]) == (302, "http://127.0.0.1:9/elsewhere")
    assert second.headers["location"] == "/login"


def test_cut_bodies_end_too_early_each_in_its_own_way(api: Sandbox) -> None:
    whole = ask(api, DATA).body
    api.faults.add("cut")
    with pytest.raises(http.client.IncompleteRead):
        ask(api, DATA)
    api.faults.add("cut-chunked")
    with pytest.raises(http.client.IncompleteRead):
        ask(api, DATA)
    api.faults.add("cut-unframed")
    unframed = ask(api, DATA)
    assert "content-length" not in unframed.headers
    api.faults.add("cut-json")
    framed = ask(api, DATA)
    assert int(framed.headers["content-length"]) == len(framed.body)
    for reply in (unframed, framed):
        assert whole.startswith(reply.body)
        assert 0 < len(reply.body) < len(whole)
    api.faults.add("cut-gzip")
    zipped = ask(api, DATA)
    assert zipped.headers["content-encoding"] == "gzip"
    with pytest.raises((EOFError, zlib.error)):
        gzip.decompress(zipped.body)
    assert ask(api, DATA).body == whole


def test_a_reset_breaks_the_connection_and_a_hang_says_nothing(api: Sandbox) -> None:
    api.faults.add("reset")
    with pytest.raises(ConnectionResetError):
        ask(api, DATA)
    api.faults.add("hang", seconds=0.2)
    start = time.perf_counter()
    assert raw(api, DATA) == b""
    assert time.perf_counter() - start >= 0.2
    assert [request.status for request in api.requests] == [0, 0]


def test_a_hang_ends_with_the_server() -> None:
    with sandbox.serve() as api:
        api.faults.add("hang")
        api.faults.add("drip", seconds=3600)
        threads = [threading.Thread(target=swallow, args=(api, DATA)) for _ in range(2)]
        for thread in threads:
            thread.start()
        while len(api.requests) < 2:
            time.sleep(0.01)
        start = time.perf_counter()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()
    assert time.perf_counter() - start < 20


def test_a_drip_comes_byte_by_byte_and_latency_comes_late_but_whole(api: Sandbox) -> None:
    whole = ask(api, "subjects?format=json").body
    api.faults.add("drip", seconds=0.0002)
    assert raw(api, "subjects?format=json").endswith(whole)
    for seconds, least in ((None, 0.2), (0.05, 0.05)):
        api.faults.add("latency", seconds=seconds)
        start = time.perf_counter()
        assert ask(api, "subjects?format=json").body == whole
        assert time.perf_counter() - start >= least


def test_the_front_door_refuses_everybody_for_a_time(api: Sandbox) -> None:
    api.faults.add("403-html", times=None, lasting=2)
    start = time.perf_counter()
    replies = [ask(api, path, key) for path in (DATA, "subjects?format=json") for key in (None, "Bearer x")]
    assert time.perf_counter() - start < 2
    assert {(reply.status, reply.headers["content-type"]) for reply in replies} == {
        (403, "text/html; charset=utf-8")
    }
    while time.perf_counter() - start < 2.05:
        time.sleep(0.01)
    assert ask(api, DATA).status == 200


def test_on_a_slow_day_the_first_byte_of_every_answer_comes_late(api: Sandbox) -> None:
    whole = ask(api, DATA).body
    api.faults.add("latency", times=None, seconds=0.6, path="data/")
    for _ in range(2):
        host, port = api.url.split("/")[2].split(":")
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            start = time.perf_counter()
            connection.sendall(
                f"GET /v3/{DATA} HTTP/1.1\r\nAuthorization: Bearer {api.token}\r\n\r\n".encode()
            )
            assert connection.recv(1) == b"H"
            assert time.perf_counter() - start >= 0.6
    start = time.perf_counter()
    ask(api, "subjects?format=json")
    assert time.perf_counter() - start < 0.6
    assert ask(api, DATA).body == whole


def test_faults_can_wait_repeat_and_be_taken_back(api: Sandbox) -> None:
    api.faults.add("500", times=2, after=1)
    assert [ask(api, DATA).status for _ in range(4)] == [200, 500, 500, 200]
    api.faults.add("502", times=None)
    assert {ask(api, DATA).status for _ in range(5)} == {502}
    api.faults.clear()
    assert ask(api, DATA).status == 200
    assert api.faults.injected == {"500": 2, "502": 5}


def test_random_faults_come_at_their_rate_by_their_seed_and_at_most_so_often_for_one_address() -> None:
    def statuses(seed: int, **more: Any) -> list[int]:
        with sandbox.serve() as api:
            api.faults.random(0.3, kinds=["500", "cut-json", "429"], seed=seed, **more)
            found = [ask(api, "subjects?format=json").status for _ in range(100)]
            assert sum(api.faults.injected.values()) == sum(bool(request.fault) for request in api.requests)
            return found if more else [*found, sum(api.faults.injected.values())]

    once = statuses(1)
    assert once == statuses(1) != statuses(2)
    assert 15 < once[-1] < 45
    assert {200, 429, 500} <= set(once)
    assert sum(status != 200 for status in statuses(1, per_url=3)) <= 3


def test_an_unknown_fault_is_refused_with_those_there_are(api: Sandbox) -> None:
    with pytest.raises(ValueError, match="503"):
        api.faults.add("5O3")
    with pytest.raises(ValueError, match="no fault 'x'"):
        api.faults.random(0.1, kinds=["x"])


def test_too_many_cells_time_out(api: Sandbox) -> None:
    api.faults.limit(50)
    wide = DATA.replace("_nykom=/", "_nykom=*")
    assert ask(api, DATA).status == 200
    assert ask(api, wide).status == 504
    assert api.requests[-1].cells == 2 * 100 * 4
    api.faults.limit(50, "hang", seconds=0.1)
    assert raw(api, wide) == b""
    assert api.faults.injected == {"too large": 2}
    api.faults.clear()
    assert ask(api, wide).status == 200


def test_the_closed_hour_comes_by_switch_or_by_clock() -> None:
    now = [datetime(2026, 7, 1, 21, 59, tzinfo=DENMARK)]
    with sandbox.serve(clock=lambda: now[0]) as api:
        assert ask(api, DATA).status == 200
        now[0] = datetime(2026, 7, 1, 22, 0, tzinfo=DENMARK)
        assert ask(api, DATA).status == 503
        now[0] = datetime(2026, 7, 1, 23, 0, tzinfo=DENMARK)
        assert ask(api, DATA).status == 200
        api.faults.closed = True
        assert ask(api, DATA).status == 503
        api.faults.clear()
        assert ask(api, DATA).status == 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_never_changes_the_right_answer_that_comes_after_it(shared_api: Sandbox, kind: str) -> None:
    right = ask(shared_api, DATA).body
    shared_api.faults.add(kind, seconds=0.0001)
    swallow(shared_api, DATA)
    assert ask(shared_api, DATA).body == right
    assert Fault(kind).kind == kind
