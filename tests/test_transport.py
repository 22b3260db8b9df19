"""One question to the network, or to what is on disk."""

from __future__ import annotations

import ast
import contextlib
import copy
import json
import logging
import os
import pickle
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
import types
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import platformdirs
import pytest
from bodies import BODY
from requests_cache import CachedSession
from servers import Server, read_request

import jobindsats_pandas as ji
from jobindsats_pandas.errors import (
    AuthenticationError,
    CacheWarning,
    ClosedHourError,
    ConfigurationError,
    JobindsatsError,
    JobindsatsWarning,
    NotCachedError,
    PayloadError,
    QueryError,
    ServiceError,
    StaleDataWarning,
)
from jobindsats_pandas.notices import held_back, notify, tell
from jobindsats_pandas.sandbox import FixedTable, serve
from jobindsats_pandas.transport import (
    Key,
    Parser,
    Patience,
    Transport,
    adapter,
    keyring_token,
)
from jobindsats_pandas.transport.credentials import BearerAuth
from jobindsats_pandas.transport.session import Landed, _remove_directory

NOON = datetime(2026, 7, 1, 10, tzinfo=UTC)  # 12:00 in Denmark
PATH = "data/x01?n=1&format=json"
KEY = "n0t-a-real-key"


class Clock:
    """A clock that moves a little at every look, as clocks do."""

    def __init__(self, now):
        self.now = now

    def __call__(self):
        self.now += timedelta(microseconds=1)
        return self.now


@pytest.fixture
def clock():
    return Clock(NOON)


@pytest.fixture
def api():
    """A server whose answers say what was asked."""
    table = FixedTable(
        {"table_id": "x01"}, rows=lambda asked: {"columns": ["Periode"], "rows": [[asked.get("n")]]}
    )
    with serve(tables={"x01": table}, token=KEY) as api:
        yield api


@pytest.fixture
def transport(api, clock, tmp_path):
    with_settings = transport_to(api, clock, tmp_path)
    yield with_settings
    with_settings.close()


def transport_to(api, clock, tmp_path, **settings):
    settings = {"token": KEY, "patience": Patience(pause=0.01)} | settings
    return Transport(base_url=api.url, cache_dir=tmp_path / "cache", clock=clock, **settings)


def fetch(transport, path=PATH, accept=lambda body: None, **options):
    return transport.fetch(path, BODY, accept=accept, **options)


# From the network and from the disk.


def test_the_second_identical_call_sends_nothing(api, transport, clock):
    first, second = fetch(transport), fetch(transport)
    assert json.loads(first.value)["rows"] == [["1"]]
    assert (first.from_cache, second.from_cache) == (False, True)
    assert (second.value, second.fetched_at, second.url) == (first.value, first.fetched_at, first.url)
    assert (first.stale, second.stale) == (False, False)
    assert first.fetched_at.tzinfo is UTC
    assert abs(first.fetched_at - clock.now) < timedelta(seconds=1)
    assert len(api.requests) == 1


def test_the_address_is_sent_as_it_stands(api, transport):
    path = "data/x01?mgroup.*=*&period.M=latest:12&hierarchy._nykom=/5/,/11/&x=%C3%B8%20y&blank=&format=json"
    fetch(transport, path)
    assert f"{api.requests[0].path}?{api.requests[0].query}".endswith(path)


def test_a_byte_order_mark_is_removed(api, transport):
    bodies = [fetch(transport, f"data/x01?n={number}&format=json").value for number in range(12)]
    assert all(body.startswith(b"{") for body in bodies)


def test_an_answer_expires_after_a_day_or_when_its_check_says(api, transport, clock):
    fetch(transport)
    clock.now += timedelta(hours=23, minutes=59)
    assert fetch(transport).from_cache
    clock.now += timedelta(minutes=2)
    week = clock.now + timedelta(days=7)
    assert not fetch(transport, accept=lambda body: week).from_cache
    clock.now += timedelta(days=6, hours=23)
    assert fetch(transport).from_cache
    clock.now += timedelta(hours=2)
    assert not fetch(transport).from_cache
    assert len(api.requests) == 3


def test_an_answer_of_another_edition_has_expired(api, transport):
    first = fetch(transport, edition="2026-06-26")
    again = fetch(transport, edition="2026-06-26")
    assert (again.from_cache, first.edition, again.edition) == (True, "2026-06-26", "2026-06-26")
    assert not fetch(transport, edition="2026-07-26").from_cache
    api.faults.add("500", times=None)
    with pytest.warns(StaleDataWarning):
        assert fetch(transport, edition="2026-08-26").edition == "2026-07-26"


def test_an_answer_fetched_while_the_clock_was_ahead_is_not_good_for_ever(api, transport, clock):
    clock.now += timedelta(days=3650)
    fetch(transport)
    clock.now = NOON
    assert not fetch(transport).from_cache


def test_refresh_sends_always_and_stores_what_comes(api, transport):
    first = fetch(transport)
    second = fetch(transport, refresh=True)
    assert (second.from_cache, second.fetched_at > first.fetched_at) == (False, True)
    assert fetch(transport).fetched_at == second.fetched_at
    assert len(api.requests) == 2


def test_an_answer_that_makes_no_sense_is_neither_stored_nor_asked_for_again(api, transport):
    def senseless(body):
        raise PayloadError("no sense")

    with pytest.raises(PayloadError, match="no sense") as caught:
        fetch(transport, accept=senseless)
    assert caught.value.curl == transport.curl(PATH)
    assert (len(api.requests), transport.cache.info().entries) == (1, 0)
    good = fetch(transport)
    with pytest.raises(PayloadError):
        fetch(transport, accept=senseless)  # the stored one counts as missing, the new one is no better
    assert fetch(transport).fetched_at == good.fetched_at
    assert len(api.requests) == 3


@pytest.mark.parametrize(("relation", "is_a_part"), [("next", True), ("self", False)])
def test_an_answer_whose_header_names_a_next_page_is_neither_used_nor_stored(
    clock, tmp_path, relation, is_a_part
):
    body = b'{"columns": [], "rows": []}'

    def talk(connection, _):
        read_request(connection)
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b'Link: <https://api.jobindsats.dk/v3/x?page=2>; rel="%s"\r\nContent-Length: %d\r\n\r\n%s'
            % (relation.encode(), len(body), body)
        )

    with Server(talk) as server:
        transport = Transport(
            token=KEY, base_url=f"http://127.0.0.1:{server.port}/v3", cache_dir=tmp_path, clock=clock
        )
        if is_a_part:
            with pytest.raises(PayloadError, match="'Link' names a next page"):
                fetch(transport)
        else:
            assert fetch(transport).value == body
        assert server.connections == 1
        assert len(transport.cache.list()) == (not is_a_part)
        transport.close()


def test_an_answer_is_checked_before_it_is_served_and_once_when_fetched(api, transport):
    bodies = []
    fetch(transport, accept=bodies.append)
    assert len(bodies) == 1
    fetch(transport, accept=bodies.append)
    assert len(bodies) == 2
    assert bodies[0] == bodies[1]


def test_an_unforeseen_error_in_a_check_is_not_hidden(api, transport):
    with pytest.raises(ZeroDivisionError):
        fetch(transport, accept=lambda body: 1 / 0)
    assert not fetch(transport).from_cache


def test_a_closed_transport_can_be_used_again(api, transport):
    transport.close()
    fetch(transport)
    transport.close()
    transport.close()
    assert not fetch(transport, refresh=True).from_cache


# From the disk alone.


def test_offline_takes_what_is_on_disk_and_warns_where_that_has_expired(api, transport, clock):
    fetch(transport)
    assert not fetch(transport, offline=True).stale
    clock.now += timedelta(days=200)
    with pytest.warns(
        StaleDataWarning, match=r"table x01: .* on 2026-07-01 at 12:00, 200 days ago"
    ) as caught:
        answer = fetch(transport, offline=True, table="x01")
    assert (answer.stale, answer.from_cache) == (True, True)
    assert caught[0].filename == __file__
    assert len(api.requests) == 1


def test_offline_says_what_to_do_about_a_question_that_is_not_on_disk(api, transport):
    with pytest.raises(
        NotCachedError, match=r"data/x01: .* not on disk.* Ask it once without offline"
    ) as caught:
        fetch(transport, offline=True)
    assert caught.value.curl == transport.curl(PATH)
    assert not api.requests


def test_without_a_key_the_disk_answers_and_nothing_is_sent(api, transport, clock, tmp_path):
    fetch(transport)
    keyless = transport_to(api, clock, tmp_path, token=None)
    assert fetch(keyless).from_cache
    with pytest.raises(ConfigurationError, match=r"No key is given.*jobindsats@star\.dk"):
        fetch(keyless, refresh=True)
    assert len(api.requests) == 1


def test_the_transport_tells_whether_an_answer_is_on_disk(api, transport, clock, tmp_path):
    assert not transport.has(PATH)
    fetch(transport)
    clock.now += timedelta(days=200)
    assert transport.has(PATH)
    assert not transport.has("data/x01?n=2&format=json")
    assert not transport_to(api, clock, tmp_path / ("x" * 300)).has(PATH)  # no disk has such a directory


def test_only_a_fresh_answer_of_the_edition_counts_where_one_is_named(api, transport, clock, tmp_path):
    assert not transport.has(PATH, edition="a")
    fetch(transport, edition="a")
    assert transport.has(PATH, edition="a")
    assert not transport.has(PATH, edition="b")
    assert not transport.has(PATH, edition="")
    clock.now += timedelta(hours=25)
    assert not transport.has(PATH, edition="a")
    assert transport.has(PATH)
    clock.now -= timedelta(hours=26)  # fetched while the clock was ahead
    assert not transport.has(PATH, edition="a")
    assert len(api.requests) == 1


@pytest.mark.parametrize("content", [b"", b"garbage", b"\xff" * 100_000, None])
def test_what_cannot_be_read_is_not_there(transport, content):
    fetch(transport)
    (entry,) = transport.cache.path.glob("*.answer")
    entry.unlink()
    entry.mkdir() if content is None else entry.write_bytes(content)
    assert not transport.has(PATH)
    assert not transport.has(PATH, edition="")
    transport.expire(PATH, NOON)


def test_an_answer_can_be_made_to_expire_at_another_moment(api, transport, clock):
    first = fetch(transport, edition="a")
    transport.expire(PATH, clock.now + timedelta(hours=1))
    assert transport.has(PATH, edition="a")
    assert fetch(transport, edition="a").value == first.value
    clock.now += timedelta(hours=2)
    assert not transport.has(PATH, edition="a")
    again = fetch(transport, edition="a")
    assert (again.from_cache, len(api.requests)) == (False, 2)
    transport.expire(PATH, clock.now + timedelta(days=30))
    clock.now += timedelta(days=29)
    assert fetch(transport, edition="a").fetched_at == again.fetched_at


def test_a_new_expiry_keeps_the_age_and_the_mode_of_the_file(transport):
    fetch(transport)
    (entry,) = transport.cache.path.glob("*.answer")
    os.utime(entry, (1000, 1000))
    transport.expire(PATH, NOON)
    assert (entry.stat().st_mtime, entry.stat().st_mode & 0o777) == (1000, 0o600)
    assert [path.name for path in transport.cache.path.iterdir()] == [entry.name]


def test_a_new_expiry_is_left_out_where_there_is_no_answer_or_no_disk(api, transport, clock, tmp_path):
    transport.expire(PATH, NOON)
    transport_to(api, clock, tmp_path / ("x" * 300)).expire(PATH, NOON)
    assert not transport.cache.path.exists()


@pytest.mark.parametrize(("kind", "page"), [("404", False), ("422", False), ("403-html", True)])
def test_a_refusal_says_whether_the_api_or_the_hosting_spoke(api, transport, kind, page):
    api.faults.add(kind, times=None)
    with pytest.raises(JobindsatsError) as caught:
        fetch(transport)
    assert caught.value.page is page
    assert pickle.loads(pickle.dumps(caught.value)).page is page


# Stale rather than nothing.


@pytest.mark.parametrize(
    "kind", ["reset", "500", "503", "403-html", "empty", "html", "cut", "cut-json", "redirect"]
)
def test_an_older_answer_is_served_with_its_age_when_the_api_fails(api, transport, clock, kind):
    first = fetch(transport)
    api.faults.add(kind, times=None)
    clock.now += timedelta(days=3)
    with pytest.warns(StaleDataWarning, match=r"fetched on 2026-07-01 at 12:00, 3 days ago.*Tries: 4"):
        answer = fetch(transport)
    assert (answer.value, answer.fetched_at, answer.stale, answer.from_cache) == (
        first.value,
        first.fetched_at,
        True,
        True,
    )
    api.faults.clear()
    assert not fetch(transport).stale


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("401", AuthenticationError),
        ("403-json", AuthenticationError),
        ("404", QueryError),
        ("422", QueryError),
    ],
)
def test_a_refusal_is_never_hidden_behind_an_older_answer(api, transport, clock, kind, error):
    fetch(transport)
    api.faults.add(kind, times=None, cause="No such thing")
    with pytest.raises(error) as caught:
        fetch(transport, refresh=True)
    assert caught.value.cause == (None if kind == "401" else "No such thing")
    assert fetch(transport).from_cache  # and the older one is still there
    assert len(api.requests) == 2


def test_a_failed_refresh_keeps_and_serves_the_older_answer(api, transport):
    first = fetch(transport)
    api.faults.add("500", times=None)
    with pytest.warns(StaleDataWarning, match="0 minutes ago"):
        assert fetch(transport, refresh=True).fetched_at == first.fetched_at
    assert not fetch(transport).stale


def test_an_answer_of_more_than_ninety_days_is_not_shown_for_a_newer_one(api, transport, clock):
    fetch(transport)
    api.faults.add("500", times=None)
    clock.now += timedelta(days=89)
    with pytest.warns(StaleDataWarning, match="89 days ago"):
        fetch(transport)
    clock.now += timedelta(days=2)
    with pytest.raises(ServiceError) as caught:
        fetch(transport)
    assert caught.value.__notes__ == ["The answer on disk is of 2026-07-01, too old to be shown."]


def test_nothing_on_disk_and_nothing_from_the_network_is_an_error_to_mail(api, transport):
    api.faults.add("503", times=None)
    with pytest.raises(ServiceError) as caught:
        fetch(transport)
    report = caught.value.report()
    assert "HTTP status: 503" in report
    assert f"Request: {transport.curl(PATH)}" in report


# The closed hour.


@pytest.mark.parametrize(("month", "hour"), [(7, 20), (12, 21)])  # summer and winter, in UTC
def test_in_the_closed_hour_the_api_is_asked_once_where_the_disk_has_nothing_fresh(
    api, clock, tmp_path, month, hour
):
    transport = transport_to(api, clock, tmp_path, closed_hour=True)
    clock.now = datetime(2026, month, 5, hour - 1, 58, tzinfo=UTC)
    week = clock.now + timedelta(days=7)
    fetch(transport, accept=lambda body: week)
    fetch(transport, "data/x01?n=2&format=json", accept=lambda body: clock.now)
    clock.now = datetime(2026, month, 5, hour, 15, tzinfo=UTC)
    api.faults.closed = True
    assert not fetch(transport).stale
    assert len(api.requests) == 2
    with pytest.warns(
        StaleDataWarning, match=rf"2026-{month:02}-05 at 21:58, 17 minutes ago.*HTTP 503.*hour.* after 23:00"
    ):
        assert fetch(transport, "data/x01?n=2&format=json").stale
    with pytest.raises(
        ClosedHourError, match=r"HTTP 503.* hour: 127\.0\.0\.1 may be closed .* after 23:00, in 45 minutes"
    ) as caught:
        fetch(transport, "data/x01?n=3&format=json")
    assert caught.value.status == 503
    assert len(api.requests) == 4
    api.faults.closed = False  # some nights it is open
    assert not fetch(transport, "data/x01?n=3&format=json").from_cache
    assert len(api.requests) == 5


@pytest.mark.parametrize(("kind", "error"), [("401", AuthenticationError), ("422", QueryError)])
def test_what_the_api_itself_says_in_the_closed_hour_is_no_matter_of_the_hour(
    api, clock, tmp_path, kind, error
):
    clock.now = datetime(2026, 7, 1, 20, 30, tzinfo=UTC)
    api.faults.add(kind)
    with pytest.raises(error):
        fetch(transport_to(api, clock, tmp_path, closed_hour=True))


def test_in_the_closed_hour_nobody_waits_long(api, clock, tmp_path, monkeypatch):
    monkeypatch.setattr(adapter, "CLOSED_HOUR_BUDGET", 0.3)
    clock.now = datetime(2026, 7, 1, 20, 30, tzinfo=UTC)
    transport = transport_to(api, clock, tmp_path, closed_hour=True)
    for kind, options in [("hang", {}), ("503", {"retry_after": "5"}), ("drip", {"seconds": 0.05})]:
        api.faults.clear()
        api.faults.add(kind, times=None, **options)
        began = time.monotonic()
        with pytest.raises(ClosedHourError):
            fetch(transport)
        assert time.monotonic() - began < 4
    assert len(api.requests) == 3


def test_other_hosts_have_no_closed_hour(api, clock, tmp_path):
    clock.now = datetime(2026, 7, 1, 20, 30, tzinfo=UTC)
    api.faults.add("503", times=None)
    with pytest.raises(ServiceError, match="Tries: 4"):
        fetch(transport_to(api, clock, tmp_path))


def test_the_api_itself_has_a_closed_hour(clock, tmp_path, monkeypatch):
    clock.now = datetime(2026, 7, 1, 20, 30, tzinfo=UTC)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")  # as far as a test gets
    transport = Transport(token=KEY, base_url="https://api.jobindsats.dk/v3", cache_dir=tmp_path, clock=clock)
    with pytest.raises(ClosedHourError, match=r"api\.jobindsats\.dk may be closed"):
        fetch(transport)


def test_an_api_that_closes_between_two_tries_is_closed_not_broken(api, clock, tmp_path):
    transport = transport_to(api, clock, tmp_path, closed_hour=True)
    api.faults.add("503", times=None)
    transport._clock = lambda: datetime(2026, 7, 1, 20 if api.requests else 19, 30, tzinfo=UTC)
    with pytest.raises(ClosedHourError, match="Tries: 4"):
        fetch(transport)
    assert len(api.requests) == 4


# Threads.


def test_one_question_from_many_threads_is_sent_once(api, transport):
    api.faults.add("latency", seconds=0.3)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: fetch(transport), range(16)))
    assert len({answer.value for answer in answers}) == 1
    assert len(api.requests) == 1


def test_many_threads_share_one_failure_too(api, transport):
    api.faults.add("hang", seconds=0.3, times=None)

    def failure(_):
        with pytest.raises(ServiceError) as caught:
            fetch(transport)
        return caught.value

    with ThreadPoolExecutor(4) as pool:
        failures = list(pool.map(failure, range(4)))
    assert len({id(each) for each in failures}) == 4
    assert len(api.requests) == 4  # the tries of one
    api.faults.clear()
    assert not fetch(transport).from_cache


def test_different_questions_do_not_wait_for_each_other(api, transport):
    api.faults.add("latency", seconds=1, times=None)
    began = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: fetch(transport, f"data/x01?n={n}&format=json"), range(8)))
    assert time.monotonic() - began < 6
    assert [json.loads(answer.value)["rows"][0][0] for answer in answers] == [str(n) for n in range(8)]


def test_an_answer_that_landed_just_before_is_not_asked_for_again(api, transport):
    fly = transport._fetch_once

    def late(question, **options):  # another process stores the answer between our look and our turn
        fetch(Transport(**transport._settings, token=KEY))
        return fly(question, **options)

    transport._fetch_once = late
    assert fetch(transport).from_cache
    assert len(api.requests) == 1


def test_the_session_answers_hits_and_questions_to_the_disk_and_is_told_of_refreshes(
    api, transport, clock, monkeypatch
):
    sent, send = [], CachedSession.send

    def watched(session, request, **options):
        response = send(session, request, **options)
        told = tuple(name for name in ("only_if_cached", "force_refresh") if options.get(name))
        sent.append((told, response.from_cache, response.status_code))
        return response

    monkeypatch.setattr(CachedSession, "send", watched)

    def through(**options):
        sent.clear()
        with contextlib.suppress(NotCachedError), warnings.catch_warnings():
            warnings.simplefilter("ignore", StaleDataWarning)
            fetch(transport, **options)
        return list(sent)

    hit, nothing = (("only_if_cached",), True, 200), (("only_if_cached",), True, 504)
    assert through(offline=True) == [nothing]
    assert through() == [((), True, 200)]  # stored as what requests-cache keeps
    assert through() == [hit]
    assert through(offline=True) == [hit]
    assert through(refresh=True) == [(("force_refresh",), True, 200)]
    clock.now += timedelta(days=2)
    assert through(offline=True) == [hit]
    assert through()[0] == nothing
    assert len(api.requests) == 3


def test_a_refresh_is_not_content_with_what_another_thread_found_on_disk(api, transport):
    old = fetch(transport)

    class Joining(dict):
        def setdefault(
            self, name, flight
        ):  # the first time, that of a thread that has just found the stored answer
            self.setdefault = super().setdefault
            flight.outcome = Landed(old, None)
            return flight

    transport._flights = Joining()
    assert not fetch(transport, refresh=True).from_cache
    assert len(api.requests) == 2


def test_threads_that_share_an_answer_share_no_object_of_it(api, transport):
    api.faults.add("latency", seconds=0.3)
    lists = Parser(lambda body: [json.loads(body)])
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: transport.fetch(PATH, lists), range(8)))
    assert len({id(answer.value) for answer in answers}) == 8
    assert all(answer.value == answers[0].value for answer in answers)
    assert len(api.requests) == 1


# Parsed once, and kept as columns.


class Counting:
    """Parses bodies, keeps columns of them, and counts both."""

    def __init__(self, version="1"):
        self.parsed, self.dumped, self.loaded = 0, 0, 0
        self.parser = Parser(self.parse, self.dump, self.load, version)

    def parse(self, body):
        self.parsed += 1
        return json.loads(body)["rows"]

    def dump(self, rows):
        self.dumped += 1
        return repr(rows).encode()

    def load(self, columns):
        self.loaded += 1
        return ast.literal_eval(bytes(columns).decode())

    @property
    def counts(self):
        return self.parsed, self.dumped, self.loaded


@pytest.fixture
def counting():
    return Counting()


def test_a_body_is_parsed_once_and_afterwards_its_columns_are_read(api, transport, counting):
    first = transport.fetch(PATH, counting.parser)
    assert counting.counts == (1, 1, 0)
    second = transport.fetch(PATH, counting.parser)
    assert counting.counts == (1, 1, 1)
    assert (second.value, second.fetched_at, second.edition) == (first.value, first.fetched_at, first.edition)
    transport.fetch(PATH, counting.parser, refresh=True)
    assert counting.counts == (2, 2, 1)
    assert len(api.requests) == 2


def test_an_answer_that_has_expired_is_not_parsed_before_it_is_needed(api, transport, clock, counting):
    transport.fetch(PATH, counting.parser)
    clock.now += timedelta(days=2)
    transport.fetch(PATH, counting.parser)
    assert counting.counts == (2, 2, 0)
    clock.now += timedelta(days=2)
    api.faults.add("500", times=None)
    with pytest.warns(StaleDataWarning):
        transport.fetch(PATH, counting.parser)
    assert counting.counts == (2, 2, 1)


def columns_of(transport):
    (path,) = transport.cache.path.glob("*.columns")
    return path


def damage(place):
    def spoil(path):
        data = bytearray(path.read_bytes())
        data[place] ^= 4
        path.write_bytes(data)

    return spoil


@pytest.mark.parametrize(
    "spoil",
    [
        os.unlink,
        damage(5),
        damage(-3),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-4]),
        lambda path: path.write_bytes(path.read_bytes() + b" "),
        lambda path: path.write_bytes(b'{"version": 5}\n[]'),
        lambda path: path.write_bytes(b"[" * 100_000),
        lambda path: path.chmod(0o666),
        lambda path: path.unlink() or os.mkfifo(path),
    ],
)
def test_columns_that_are_not_ours_are_made_again_silently_and_once(api, transport, counting, spoil):
    first = transport.fetch(PATH, counting.parser)
    spoil(columns_of(transport))
    assert transport.fetch(PATH, counting.parser).value == first.value
    assert counting.counts == (2, 2, 0)
    assert transport.fetch(PATH, counting.parser).value == first.value
    assert counting.counts == (2, 2, 1)
    assert len(api.requests) == 1


def test_columns_of_another_version_or_another_answer_are_made_again(api, transport, counting):
    transport.fetch(PATH, counting.parser)
    newer = Counting("2")
    transport.fetch(PATH, newer.parser)
    assert newer.counts == (1, 1, 0)
    old = columns_of(transport).read_bytes()
    api.tables["x01"] = FixedTable(
        {"table_id": "x01"}, rows=lambda asked: {"columns": ["P"], "rows": [["new"]]}
    )
    transport.fetch(PATH, newer.parser, refresh=True)
    columns_of(transport).write_bytes(old)  # as after a kill between the two
    assert transport.fetch(PATH, newer.parser).value == [["new"]]
    assert newer.loaded == 0


def test_no_flipped_bit_of_columns_ever_gives_other_rows(transport, counting):
    first = transport.fetch(PATH, counting.parser).value
    path, draw = columns_of(transport), random.Random(1)
    good = path.read_bytes()
    for _ in range(300):
        damage(draw.randrange(len(good)))(path)
        assert transport.fetch(PATH, counting.parser).value == first
        path.write_bytes(good)


def test_columns_count_and_go_with_their_answers(transport, counting):
    transport.fetch(PATH, counting.parser)
    size = sum(path.stat().st_size for path in transport.cache.path.iterdir())
    assert (transport.cache.info().entries, transport.cache.info().bytes) == (1, size)
    assert transport.cache.list()["bytes"].tolist() == [size]
    transport.expire(PATH, NOON + timedelta(days=300))
    transport.fetch(PATH, counting.parser)
    assert counting.counts == (1, 1, 1)
    assert transport.cache.clear() == 1
    assert not list(transport.cache.path.iterdir())


def test_what_does_not_fit_is_not_served_from_columns_either(api, transport, counting):
    def refuse(rows):
        raise PayloadError("other members")

    transport.fetch(PATH, counting.parser)
    with pytest.raises(PayloadError, match="other members"):
        transport.fetch(PATH, counting.parser, accept=refuse)
    assert len(api.requests) == 2


# Where the cache is.


def test_an_api_on_this_machine_never_enters_the_users_cache(api, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    transport = Transport(token=KEY, base_url=api.url)
    directory = transport.cache.path
    fetch(transport)
    assert directory.is_dir()
    assert directory.stat().st_mode & 0o777 == 0o700
    assert not list(tmp_path.iterdir())
    del transport
    assert not directory.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_does_not_remove_its_parents_directory(api):
    transport = Transport(token=KEY, base_url=api.url)
    fetch(transport)
    child = os.fork()
    if child == 0:
        del transport
        os._exit(0)
    os.waitpid(child, 0)
    assert transport.cache.info().entries == 1


def test_answers_of_this_machine_never_lie_among_real_ones(api, tmp_path):
    real = Transport(token=KEY, base_url="https://api.jobindsats.dk/v3", cache_dir=tmp_path)
    local = Transport(token=KEY, base_url=api.url, cache_dir=tmp_path)
    fetch(local)
    assert real.cache.path == tmp_path
    assert (real.cache.info().entries, local.cache.info().entries) == (0, 1)
    again = Transport(token=KEY, base_url=api.url, cache_dir=local.cache.path)
    assert again.cache.path == local.cache.path
    assert fetch(again).from_cache
    assert real.cache.clear() == 0
    assert local.cache.info().entries == 1


def test_a_directory_is_removed_by_the_process_that_made_it_alone(tmp_path):
    _remove_directory(tmp_path, os.getpid() + 1)
    assert tmp_path.exists()
    _remove_directory(tmp_path, os.getpid())
    assert not tmp_path.exists()


def test_after_a_fork_the_parents_connections_are_left_alone(api, transport):
    fetch(transport)
    session = transport._session
    transport._process -= 1  # as a child sees it; the fault suite forks in earnest
    assert not fetch(transport, refresh=True).from_cache
    assert transport._session is not session
    transport._process -= 1
    transport.close()
    assert not fetch(transport, refresh=True).from_cache


def test_warnings_of_many_parts_are_told_once_by_the_thread_that_was_called():
    with held_back() as notices:
        for number in range(3):
            notify(f"part {number} is old", StaleDataWarning)
        notify("no disk", CacheWarning)
    with pytest.warns(JobindsatsWarning) as caught:
        tell(notices)
    assert [str(each.message) for each in caught] == ["part 0 is old (and 2 more such parts)", "no disk"]
    assert {each.filename for each in caught} == {__file__}


def test_the_api_itself_is_cached_in_the_users_cache_directory():
    transport = Transport(token=None, base_url="https://api.jobindsats.dk/v3")
    assert transport.cache.path == platformdirs.user_cache_path("jobindsats_pandas", appauthor=False)
    assert repr(transport) == f"<Transport https://api.jobindsats.dk/v3, cache in {transport.cache.path}>"


# The key.


@pytest.mark.parametrize(
    "address",
    [
        "http://api.jobindsats.dk/v3",
        "http://10.0.0.1/v3",
        "http://localhost.example.dk/v3",
        "https://user:sekret@api.jobindsats.dk/v3",
        "https://api.jobindsats.dk/v3?token=sekret",
        "https://api.jobindsats.dk/v3#sekret",
        "ftp://api.jobindsats.dk/v3",
        "api.jobindsats.dk/v3",
        "https://",
        "https://[1/v3",
        "https://x:99999999/v3",
        "",
    ],
)
def test_an_address_that_would_show_the_key_is_refused(address):
    with pytest.raises(
        ConfigurationError, match=r"JOBINDSATS_API_URL, an address such as https://api\.jobindsats\.dk/v3"
    ) as caught:
        Transport(token="sekret", base_url=address)
    assert "sekret" not in str(caught.value)


@pytest.mark.parametrize(
    "address", ["http://localhost:1/v3", "http://127.0.0.5/v3", "http://[::1]:1/v3/", "https://x.dk"]
)
def test_https_and_this_machine_are_good_addresses(address):
    assert Transport(token=KEY, base_url=address).base_url == address.rstrip("/")


@pytest.mark.parametrize(
    "key",
    ["", " ", '""', "sekret\r\nX: y", "Bearer sekret", "sekrét", "sek\x00ret", "sekret\x7f", b"sekret", 5],
)
def test_a_key_that_cannot_be_one_is_refused_without_printing_it(key):
    with pytest.raises(ConfigurationError, match="without the word Bearer") as caught:
        Transport(token=key, base_url="https://api.jobindsats.dk/v3")
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack
    for frame in shown:
        assert frame.filename == __file__ or "sek" not in repr(frame.locals)
    assert "sek" not in str(caught.value)


@pytest.mark.parametrize("settings", [{"base_url": "http://x.dk"}, {"cache_dir": "~nosuchuser/x"}])
@pytest.mark.parametrize("make", [Transport, ji.Client])
def test_no_frame_of_a_refused_client_holds_the_key(make, settings):
    settings = {"base_url": "https://api.jobindsats.dk/v3", "token": KEY} | settings
    with pytest.raises(ConfigurationError) as caught:
        make(**settings)
    trace = caught.value.__traceback__.tb_next
    while trace is not None:
        for value in trace.tb_frame.f_locals.values():
            assert KEY not in (value, repr(value)), trace.tb_frame
        trace = trace.tb_next


@pytest.mark.parametrize(
    "given", [f"{KEY}\n", f" {KEY}\r\n", f'"{KEY}"', f"'{KEY}'", f' "{KEY}" \n', f"\t{KEY}"]
)
def test_white_space_and_quotes_around_a_key_are_no_part_of_it(api, tmp_path, given):
    transport = Transport(token=given, base_url=api.url, cache_dir=tmp_path)
    assert not fetch(transport).from_cache
    assert [request.authorized for request in api.requests] == [True]


def test_a_copied_client_says_that_its_key_was_left_behind(api, tmp_path):
    client = ji.Client(token=KEY, base_url=api.url, cache_dir=tmp_path)
    for copied in (pickle.loads(pickle.dumps(client)), pickle.loads(pickle.dumps(copy.copy(client)))):
        with pytest.raises(ConfigurationError, match=r"keys are never pickled.*JOBINDSATS_API_TOKEN"):
            copied.subjects()
    keyless = pickle.loads(pickle.dumps(ji.Client(base_url=api.url, cache_dir=tmp_path)))
    with pytest.raises(ConfigurationError, match="No key is given"):
        keyless.subjects()


@pytest.mark.parametrize("directory", ["~nosuchuser/x", "a\0b"])
def test_a_cache_directory_that_cannot_be_is_refused(directory):
    with pytest.raises(ConfigurationError, match="is no path that can be"):
        Transport(token=KEY, base_url="https://x.dk", cache_dir=directory)


def test_the_key_goes_to_its_own_origin_alone():
    auth = BearerAuth(Key(KEY), "https://api.jobindsats.dk/v3")
    for url, sent in [
        ("https://api.jobindsats.dk/v3/subjects", True),
        ("https://api.jobindsats.dk:8443/v3/subjects", False),
        ("http://api.jobindsats.dk/v3/subjects", False),
        ("https://api.jobindsats.dk.example.com/", False),
    ]:
        assert ("Authorization" in auth(types.SimpleNamespace(url=url, headers={})).headers) is sent
    assert KEY not in repr(auth)
    for secret in (auth, Key(KEY)):
        with pytest.raises(TypeError, match="never pickled"):
            pickle.dumps(secret)


def answering(body, kind="application/json"):
    """A server that answers everything with one body."""

    def talk(connection, _):
        read_request(connection)
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        connection.sendall(f"{head}Connection: close\r\n\r\n".encode() + body)

    return Server(talk)


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        (b'{"a": 1, "a": 2}', PayloadError, "names 'a' twice"),
        (b'{"rows": []}', ServiceError, "it is no answer of this API's"),
        (b"[]", ServiceError, "it is no answer of this API's"),
    ],
)
def test_what_comes_to_a_probe_and_is_no_answer_is_told(tmp_path, body, error, words):
    with answering(body) as server:
        transport = Transport(
            token=KEY,
            base_url=f"http://127.0.0.1:{server.port}/v3",
            cache_dir=tmp_path,
            patience=Patience(pause=0.01),
        )
        with pytest.raises(error, match=words):
            transport.probe("data/x01?format=json")
        transport.close()


def test_a_probe_in_another_format_that_echoes_the_key_is_not_used(tmp_path):
    with answering(f"Periode;Antal\n2026M05;{KEY}\n".encode(), "text/csv") as server:
        transport = Transport(token=KEY, base_url=f"http://127.0.0.1:{server.port}/v3", cache_dir=tmp_path)
        with pytest.raises(ServiceError, match="The answer holds the key, so it is not used") as caught:
            transport.probe("data/x01?format=csv")
        transport.close()
    assert caught.value.status == 200
    assert KEY not in str(caught.value)


def test_an_answer_whose_body_is_damaged_on_disk_is_asked_for_again(api, transport):
    first = fetch(transport)
    (entry,) = transport.cache.path.glob("*.answer")
    damage(-3)(entry)
    with pytest.warns(CacheWarning, match="damaged"):
        again = fetch(transport)
    assert (again.value, again.from_cache) == (first.value, False)
    assert len(api.requests) == 2
    assert fetch(transport).from_cache


def test_neither_netrc_nor_a_proxy_nor_a_redirect_gets_between_the_key_and_the_api(
    api, transport, monkeypatch, tmp_path
):
    (tmp_path / "netrc").write_text("default login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serve(tables={}) as elsewhere:
        host = elsewhere.url.removesuffix("/v3")
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, host)
        api.faults.add("redirect", location=f"{host}/login")
        fetch(transport)
        assert not elsewhere.requests
    assert [request.authorized for request in api.requests] == [True, True]


def spilled(error):
    """Everything a report of an error may show, locals of every frame included."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    pieces = ["".join(shown.format()), repr(vars(error)), str(error), repr(error)]
    if isinstance(error, JobindsatsError):
        pieces += [error.report(), repr(pickle.dumps(error))]
        assert error.__context__ is None
        assert error.__cause__ is None
    return "\n".join(pieces)


@pytest.mark.parametrize(
    "kind", ["401", "422", "500", "hang", "reset", "cut", "cut-chunked", "html", "redirect"]
)
def test_no_error_shows_the_key(api, clock, tmp_path, kind, caplog):
    caplog.set_level(logging.DEBUG)
    transport = transport_to(api, clock, tmp_path, patience=Patience(pause=0.01, read=0.1))
    api.faults.add(kind, times=None)
    with pytest.raises(JobindsatsError) as caught:
        fetch(transport)
    assert KEY not in spilled(caught.value)
    assert "fetch" in spilled(caught.value)
    assert KEY not in caplog.text
    assert "Starting new HTTP connection" in caplog.text


def test_an_unreachable_host_shows_no_key(clock, tmp_path):
    transport = Transport(
        token=KEY,
        base_url="http://127.0.0.1:1/v3",
        cache_dir=tmp_path,
        patience=Patience(pause=0.01),
        clock=clock,
    )
    with pytest.raises(
        ServiceError, match=r"nothing listens at its address.*sandbox.*ConnectionRefusedError"
    ) as caught:
        fetch(transport)
    assert KEY not in spilled(caught.value)


def test_a_proxy_for_encrypted_traffic_sees_no_key(clock, tmp_path, monkeypatch):
    seen = []
    with socket.create_server(("127.0.0.1", 0)) as proxy:

        def refuse():
            for _ in range(4):
                connection, _ = proxy.accept()
                with connection:
                    seen.append(connection.recv(65536))
                    connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")

        thread = threading.Thread(target=refuse)
        thread.start()
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        transport = Transport(
            token=KEY,
            base_url="https://api.example.dk/v3",
            cache_dir=tmp_path,
            patience=Patience(pause=0.01),
            clock=clock,
        )
        with pytest.raises(ServiceError, match="proxy") as caught:
            fetch(transport)
        thread.join()
    assert [request.partition(b" HTTP")[0] for request in seen] == [b"CONNECT api.example.dk:443"] * 4
    assert KEY.encode() not in b"".join(seen)
    assert KEY not in spilled(caught.value)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timer on this system")
def test_an_interrupt_shows_no_key_and_leaves_a_transport_that_works(api, transport):
    def interrupt(number, frame):
        raise KeyboardInterrupt

    api.faults.add("hang", times=1)
    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(KeyboardInterrupt) as caught:
            fetch(transport)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert KEY not in spilled(caught.value)
    assert not fetch(transport).from_cache


def test_the_key_is_not_pickled_and_not_copied(api, transport):
    fetch(transport)
    data = pickle.dumps(transport)
    assert KEY.encode() not in data
    for other in (pickle.loads(data), copy.deepcopy(transport)):
        assert fetch(other).from_cache
        assert other.curl(PATH) == transport.curl(PATH)
        with pytest.raises(ConfigurationError, match="keys are never pickled"):
            fetch(other, refresh=True)


def test_the_key_is_not_seen_in_what_is_printed(api, transport):
    fetch(transport)
    session = transport._session
    shown = [
        transport,
        transport.cache,
        session,
        session.auth,
        transport._cache,
        transport.curl(PATH),
        fetch(transport),
    ]
    assert KEY not in repr(shown)


@pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="needs bash and curl")
def test_the_curl_command_works_as_pasted(api, transport):
    command = transport.curl("data/x01?n=it's [1]{2}*ø&format=json")
    done = subprocess.run(
        ["bash", "-c", command],
        env=os.environ | {"JOBINDSATS_API_TOKEN": KEY, "no_proxy": "127.0.0.1"},
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout.decode("utf-8-sig"))["rows"] == [["it's [1]{2}*ø"]]
    assert KEY not in command


def keyring(monkeypatch, get_password):
    """Put a keyring in place, since the machine's own may be locked, or a person's."""
    module = types.ModuleType("keyring")
    module.get_password = get_password
    monkeypatch.setitem(sys.modules, "keyring", module)


def test_the_key_can_come_from_the_keyring(monkeypatch):
    asked = []
    keyring(monkeypatch, lambda *names: asked.append(names) or KEY)
    assert keyring_token() == KEY
    assert asked == [("jobindsats_pandas", "token")]


@pytest.mark.parametrize("error", [RuntimeError, OSError, type("DBusErrorResponse", (Exception,), {})])
def test_a_locked_or_missing_keyring_holds_no_key(monkeypatch, error):
    def locked(*names):
        raise error("locked")

    keyring(monkeypatch, locked)
    assert keyring_token() is None
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert keyring_token() is None
