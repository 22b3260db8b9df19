"""Tries, time limits and what becomes of a failure."""

from __future__ import annotations

import inspect
import json
import queue
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
import urllib3.exceptions
from bodies import BODY

from jobindsats_pandas.errors import (
    AuthenticationError,
    JobindsatsError,
    QueryError,
    ServiceError,
    TimedOutError,
    TooLargeError,
)
from jobindsats_pandas.sandbox import FixedTable, serve
from jobindsats_pandas.sandbox.faults import KINDS
from jobindsats_pandas.transport import Patience, Transport
from jobindsats_pandas.transport.adapter import ApiAdapter
from jobindsats_pandas.transport.connections import Shelf, TimedAnswer
from jobindsats_pandas.transport.failures import FOREIGN, UNEXPECTED, failure_of_exception

QUICK = Patience(pause=0.01)
DATA = {"columns": ["Periode", "Antal"], "rows": [["2026M05", 3]]}
PATH = "data/x01?format=json"


@pytest.fixture
def api():
    with serve(tables={"x01": FixedTable({"table_id": "x01"}, rows=lambda asked: DATA)}) as api:
        yield api


@contextmanager
def answering(status, headers=(), body=b""):
    """Serve one answer to everything, for answers that the sandbox never gives."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            server.asked += 1
            server.ports.add(self.client_address)
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *message):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked, server.ports = 0, set()
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield (
            server,
            Transport(token="sekret", base_url=f"http://127.0.0.1:{server.server_port}/v3", patience=QUICK),
        )
        server.shutdown()


def to(api, patience=QUICK):
    return Transport(token=api.token, base_url=api.url, cache_dir=api.cache_dir, patience=patience)


def fetch(transport, path=PATH, **options):
    return transport.fetch(path, BODY, **options)


# The map.


def foreign_classes():
    for module in (requests.exceptions, urllib3.exceptions):
        for _, each in inspect.getmembers(module, inspect.isclass):
            roots = (requests.RequestException, urllib3.exceptions.HTTPError)
            ours_to_map = each.__module__.partition(".")[0] in {"requests", "urllib3"} and each not in roots
            if ours_to_map and issubclass(each, Exception) and not issubclass(each, Warning):
                yield pytest.param(each, id=f"{each.__module__}.{each.__name__}")


@pytest.mark.parametrize("each", list(foreign_classes()))
def test_every_exception_of_requests_and_urllib3_is_mapped(each):
    error = each.__new__(each)
    nearest = next(base for base in each.__mro__ if base in FOREIGN)
    assert nearest not in (OSError, Exception), "mapped by nothing more precise than OSError"
    failure = failure_of_exception(error)
    assert issubclass(failure.error, JobindsatsError)
    assert (failure.transient, failure.slow) == (FOREIGN[nearest].transient, FOREIGN[nearest].slow)


def test_an_exception_that_nobody_knows_is_ours_too():
    failure = failure_of_exception(LookupError("Bearer sekret"))
    assert failure.exception(1, 0).args == (f"{UNEXPECTED.message[:-1]} (LookupError).",)


def test_a_refused_certificate_is_told_from_other_trouble_with_encryption():
    refused = requests.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed"))
    assert not failure_of_exception(refused).transient
    assert "REQUESTS_CA_BUNDLE" in failure_of_exception(refused).message
    assert failure_of_exception(requests.exceptions.SSLError(ssl.SSLError("eof"))).transient


def test_an_exception_that_names_itself_as_its_cause_ends_the_search():
    error = requests.ConnectionError()
    error.args = (error,)
    assert failure_of_exception(error).transient


# One answer.


REFUSAL = b'{"code": 422, "cause": "Unknown period type: M", "request_id": "ebab4e76"}'


@pytest.mark.parametrize(
    ("status", "body", "error", "tries"),
    [
        (401, b"", AuthenticationError, 1),
        (403, REFUSAL, AuthenticationError, 1),
        (403, b"You do not have permission to view this directory or page.", ServiceError, 4),
        (404, b"", QueryError, 1),
        (404, REFUSAL, QueryError, 1),
        (422, b"", QueryError, 1),
        (422, REFUSAL, QueryError, 1),
        (400, REFUSAL, QueryError, 1),
        (400, b"<html>", ServiceError, 4),
        (413, b"", TooLargeError, 1),
        (414, b"<html>", TooLargeError, 1),
        (408, REFUSAL, ServiceError, 4),
        (429, REFUSAL, ServiceError, 4),
        (500, REFUSAL, ServiceError, 4),
        (502, b"", ServiceError, 4),
        (504, b"", TimedOutError, 2),
        (204, b"", ServiceError, 4),
        (206, json.dumps(DATA).encode(), ServiceError, 4),
        (301, b"", ServiceError, 4),
        (200, b"[" * 100_000, ServiceError, 4),
        (500, b"[" * 100_000, ServiceError, 4),
        (500, b"[]", ServiceError, 4),
    ],
)
def test_each_answer_that_is_none_becomes_its_error_after_the_tries_it_is_worth(status, body, error, tries):
    with answering(status, body=body) as (server, transport), pytest.raises(error) as caught:
        fetch(transport)
    assert type(caught.value) is error
    assert server.asked == tries
    assert caught.value.status == (None if status == 200 else status)
    assert "$JOBINDSATS_API_TOKEN" in caught.value.curl
    if body == REFUSAL:
        assert (caught.value.cause, caught.value.request_id) == ("Unknown period type: M", "ebab4e76")
        assert "Unknown period type: M" in str(caught.value)
    assert len(transport.cache.list()) == 0


def test_a_front_door_that_stays_shut_is_told_as_that():
    page = b"You do not have permission to view this directory or page."
    with (
        answering(403, body=page) as (_, transport),
        pytest.raises(ServiceError, match="front door refuses everybody at the moment: often over") as caught,
    ):
        fetch(transport)
    assert not isinstance(caught.value, TimedOutError)


def test_the_first_byte_is_waited_for_as_long_as_slow_days_take():
    patience = Patience()
    assert (patience.read, patience.budget) == (120, 140)


def test_a_slow_day_is_told_as_that(api):
    api.faults.add("hang", times=None)
    with pytest.raises(TimedOutError, match="On some days it is slow whatever is asked"):
        fetch(to(api, Patience(read=0.1, pause=0.01)))


def test_a_refused_key_is_told_how_to_get_one():
    with answering(401) as (_, transport), pytest.raises(AuthenticationError, match=r"jobindsats@star\.dk"):
        fetch(transport)


# Several tries.


TRANSIENT = [
    kind for kind in KINDS if kind not in {"401", "403-json", "404", "422", "drip", "hang", "latency"}
]


@pytest.mark.parametrize("kind", TRANSIENT)
def test_one_more_try_mends_what_is_transient(api, kind):
    api.faults.add(kind, retry_after="0")
    assert json.loads(fetch(to(api)).value) == DATA
    assert [request.fault for request in api.requests] == [kind, ""]


def test_pauses_grow_up_to_the_longest_and_differ():
    patience = Patience(tries=99)
    failure = UNEXPECTED.__class__(ServiceError, "", transient=True)
    for tries, longest in [(1, 0.5), (2, 1), (3, 2), (6, 16), (7, 20), (50, 20)]:
        pauses = {patience.pause_after(tries, failure) for _ in range(50)}
        assert longest / 2 <= min(pauses) < max(pauses) <= longest


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_a_short_retry_after_is_obeyed(api, form):
    wait = (
        "1" if form == "seconds" else format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    )
    api.faults.add("503", retry_after=wait)
    began = time.monotonic()
    fetch(to(api))
    assert 0.9 <= time.monotonic() - began < 20


@pytest.mark.parametrize("wait", ["3600", "Wed, 21 Oct 2099 07:28:00 GMT", "Wed, 21 Oct 2099 07:28:00 -0000"])
def test_a_long_retry_after_ends_the_tries_and_is_told(api, wait):
    api.faults.add("503", times=None, retry_after=wait)
    with pytest.raises(ServiceError, match=r"asks to wait \d{4,} s") as caught:
        fetch(to(api))
    assert caught.value.status == 503
    assert len(api.requests) == 1


@pytest.mark.parametrize("wait", ["soon", "", "-5"])
def test_a_senseless_retry_after_is_no_reason_to_wait(api, wait):
    api.faults.add("503", retry_after=wait or " ")
    began = time.monotonic()
    fetch(to(api))
    assert time.monotonic() - began < 10


def test_tries_end_with_the_budget(api):
    api.faults.add("503", times=None)
    with pytest.raises(ServiceError, match=r"Tries: [234],") as caught:
        fetch(to(api, Patience(tries=99, pause=0.4, budget=1.0)))
    assert not isinstance(caught.value, TimedOutError)


def test_a_drip_ends_with_the_budget(api):
    api.faults.add("drip", seconds=0.05, times=None)
    began = time.monotonic()
    with pytest.raises(TimedOutError, match="split the question"):
        fetch(to(api, Patience(budget=0.5)))
    assert time.monotonic() - began < 10


def test_a_question_that_times_out_is_tried_once_more_and_then_to_be_split(api):
    api.faults.add("hang", times=None)
    with pytest.raises(TimedOutError, match="split the question"):
        fetch(to(api, Patience(read=0.2, pause=0.01)))
    assert len(api.requests) == 2


def test_a_single_time_out_is_no_failure(api):
    api.faults.add("hang")
    assert json.loads(fetch(to(api, Patience(read=2, pause=0.01))).value) == DATA


def test_the_shelf_of_idle_connections_holds_the_last_used_ones_without_a_lock():
    shelf = Shelf(2)
    shelf.mutex.acquire()  # as an interrupt can leave it
    shelf.put("first")
    shelf.put("second")
    with pytest.raises(queue.Full):
        shelf.put("third")
    assert [shelf.qsize(), shelf.get(), shelf.get(), shelf.qsize()] == [2, "second", "first", 0]
    with pytest.raises(queue.Empty):
        shelf.get()


@pytest.mark.parametrize("proxy", ["", "http://127.0.0.1:9"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_pool_of_connections_keeps_time_and_them_on_a_shelf(scheme, proxy):
    request = requests.Request("GET", f"{scheme}://127.0.0.1:1/").prepare()
    proxies, adapter = {scheme: proxy} if proxy else {}, ApiAdapter(lambda: QUICK, None, 1)
    pools = [adapter.get_connection_with_tls_context(request, True, proxies) for _ in range(2)]
    assert pools[0] is pools[1]
    assert type(pools[0].pool) is Shelf
    assert pools[0].ConnectionCls.response_class is TimedAnswer


def test_one_connection_serves_many_questions():
    with answering(200, body=json.dumps(DATA).encode()) as (server, transport):
        for number in range(5):
            fetch(transport, f"{PATH}&n={number}")
        transport.close()
    assert (server.asked, len(server.ports)) == (5, 1)


def test_a_name_that_cannot_be_looked_up_is_told_as_a_missing_network():
    error = requests.ConnectionError(socket.gaierror(-2, "Name or service not known"))
    assert "cannot be looked up: there is no network" in failure_of_exception(error).message
