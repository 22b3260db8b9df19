"""Nothing that comes back is trusted: echoes of the key, letters that steer a terminal, sizes, bombs, odd headers."""

from __future__ import annotations

import gzip
import html
import json
import logging
import pickle
import threading
import traceback
import tracemalloc
import zlib
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest
from bodies import BODY
from hypothesis import given
from hypothesis import strategies as st

from jobindsats_pandas.errors import (
    JobindsatsError,
    PayloadError,
    QueryError,
    ServiceError,
    StaleDataWarning,
    TooLargeError,
)
from jobindsats_pandas.transport import Patience, Transport
from jobindsats_pandas.transport.failures import _retry_after
from jobindsats_pandas.transport.texts import printable

KEY = "SeCr3t+Key/of-this<&>Test=="
GOOD = json.dumps({"columns": ["Periode", "Antal"], "rows": [["2026M05", 3]]}).encode()
PATH = "data/x01?format=json"
QUICK = Patience(pause=0.001, longest_pause=0.002)


@contextmanager
def answering(status=200, body=GOOD, headers=(), pieces=None):
    """Serve one answer to everything; `server.answer` may be changed meanwhile."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            server.asked += 1
            status, body, headers, pieces = server.answer
            self.send_response(status)
            for name, value in headers:
                self.send_header(name, value)
            if pieces is None:
                self.send_header("Content-Length", str(len(body)))
            # Else the next try may meet a connection that is just closing.
            self.send_header("Connection", "close")
            self.end_headers()
            try:
                self.wfile.write(body)
                for piece in pieces or ():
                    self.wfile.write(piece)
            except OSError:
                pass
            self.close_connection = True

        def log_message(self, *message):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.asked, server.answer = 0, (status, body, headers, pieces)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def to(server, directory, **settings):
    settings = {"patience": QUICK} | settings
    url = f"http://127.0.0.1:{server.server_port}/v3"
    return Transport(token=KEY, base_url=url, cache_dir=directory, **settings)


def ask(transport, path=PATH, accept=lambda body: None, **options):
    return transport.fetch(path, BODY, accept=accept, **options)


# Echoes of the key.

ECHOES = [
    KEY,
    f"Bearer {KEY}",
    quote(KEY, safe=""),
    html.escape(KEY),
    KEY.replace("/", r"\/"),
    KEY.upper(),
    KEY.lower(),
    KEY[:9],
]


def shown(error):
    """Everything of an error that a person may see, and the locals of its frames."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next  # the test knows the key
    error = error.with_traceback(trace)
    lines = traceback.TracebackException.from_exception(error, capture_locals=True).format()
    return "\n".join(
        ["".join(lines), repr(vars(error)), error.report(), repr(pickle.dumps(error).decode("latin-1"))]
    )


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 413, 422, 429, 500, 503, 504])
@pytest.mark.parametrize("form", ["json", "page", "headers"])
def test_no_echo_of_the_key_reaches_anybody(tmp_path, caplog, status, form):
    caplog.set_level(logging.DEBUG)
    for echo in ECHOES[:-1]:
        told = f"Invalid header: Authorization: Bearer {echo}; and {echo} again"
        body, headers = b"", []
        if form == "json":
            body = json.dumps({"code": status, "cause": told, "request_id": echo}).encode()
        elif form == "page":
            body = f"<html>{told}</html>".encode()
        else:
            names = ["Content-Type", "Retry-After", "Location", "Set-Cookie", "ETag", "Cache-Control", "Vary"]
            headers = [(name, told) for name in [*names, "Expires", "Warning", "X-Request-Id", "Server"]]
        with answering(status, body, headers) as server, pytest.raises(JobindsatsError) as caught:
            ask(to(server, tmp_path))
        for hidden in (echo, KEY):
            assert hidden not in shown(caught.value)
            assert hidden not in caplog.text
        assert form != "json" or "Invalid header: Authorization: Bearer ***" in str(caught.value)
        assert form != "json" or caught.value.request_id in {"***", "Bearer ***"}


def test_any_bearer_is_hidden_whole_or_cut_by_the_server(tmp_path):
    for said in (f"Bearer {KEY[:9]}", "bearer eyJhbGciOi.another.key", "BEARER=abc", 'Bearer: "abc"'):
        body = json.dumps({"code": 400, "cause": f"Refused: {said}"}).encode()
        with answering(400, body) as server, pytest.raises(QueryError) as caught:
            ask(to(server, tmp_path))
        assert caught.value.cause.casefold().startswith("refused: bearer ***")
        assert said.split()[-1].strip('"') not in shown(caught.value)


def test_an_echo_is_in_no_warning_of_an_older_answer(tmp_path):
    clock = [datetime(2026, 7, 1, 10, tzinfo=UTC)]
    with answering() as server:
        transport = to(server, tmp_path, clock=lambda: clock[0])
        ask(transport)
        clock[0] += timedelta(days=2)
        server.answer = (500, json.dumps({"cause": f"Bearer {KEY}"}).encode(), (), None)
        with pytest.warns(StaleDataWarning, match=r"Bearer \*\*\*") as caught:
            ask(transport)
    assert KEY not in str(caught[0].message)


@pytest.mark.parametrize("echo", ECHOES[:5])
def test_data_that_hold_the_key_are_neither_used_nor_stored(tmp_path, echo):
    body = json.dumps({"columns": ["Periode", "Antal"], "rows": [["2026M05", 3]], "headers": "echo"})
    body = body.replace("echo", echo).encode()
    with answering(body=body) as server:
        transport, seen = to(server, tmp_path), []
        with pytest.raises(PayloadError, match="holds the key") as caught:
            ask(transport, accept=seen.append)
        assert (server.asked, seen) == (1, [])
    assert echo not in shown(caught.value)
    assert not list(tmp_path.rglob("*"))


def test_data_that_only_speak_of_bearers_are_taken_as_they_are(tmp_path):
    body = json.dumps({"columns": ["Bearer of news"], "rows": [["Bearer x"]]}).encode()
    with answering(body=body) as server:
        assert ask(to(server, tmp_path)).value == body


def test_what_is_stored_of_the_headers_is_short_and_holds_no_key(tmp_path):
    with answering(headers=[("Content-Type", f"text/x; {KEY} " + "y" * 60_000)]) as server:
        transport = to(server, tmp_path)
        ask(transport)
        assert ask(transport).from_cache
        assert len(transport.cache.list()) == 1
    (entry,) = tmp_path.rglob("*.answer")
    assert KEY.encode() not in entry.read_bytes()
    assert len(entry.read_bytes()) < 2000


def test_headers_that_cannot_be_parsed_are_logged_by_nobody(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)

    with answering() as server:
        send = server.RequestHandlerClass.end_headers

        def end_headers(handler):
            handler._headers_buffer.append(f"no colon Bearer {KEY}\r\n".encode())
            send(handler)

        server.RequestHandlerClass.end_headers = end_headers
        ask(to(server, tmp_path))
    assert KEY not in caplog.text


# Letters that steer a terminal, a mail or a log.

STEERING = "\x1b]0;title\x07\x1b[2J\r\nX-Forged: yes\x00\x9b31m\u202eabc\ud800\u2028 å"


def test_texts_from_the_wire_are_short_and_steer_nothing(tmp_path):
    body = json.dumps({"code": 422, "cause": STEERING + "x" * 5_000_000, "request_id": STEERING}).encode()
    with answering(422, body, [("Content-Type", "a\tb" + "c" * 50_000)]) as server:
        with pytest.raises(QueryError) as caught:
            ask(to(server, tmp_path))
        error = caught.value
        server.answer = (200, b"<html>", [("Content-Type", "z" * 50_000)], None)
        with pytest.raises(ServiceError) as caught:
            ask(to(server, tmp_path))
    for text in (str(error), error.cause, error.request_id, str(caught.value)):
        assert text.isprintable()
        assert len(text) < 700
    assert error.cause.startswith(
        r"\x1b]0;title\x07\x1b[2J\r\nX-Forged: yes\x00\x9b31m\u202eabc\ud800\u2028 å"
    )
    assert all(line.isprintable() for line in error.report().splitlines())
    assert len(error.report().splitlines()) == 9


def test_what_a_check_says_of_a_body_steers_nothing_either(tmp_path):
    def check(body):
        raise PayloadError(f"unknown member {STEERING!s}" + "x" * 100_000)

    with answering() as server, pytest.raises(PayloadError) as caught:
        ask(to(server, tmp_path), accept=check)
    assert all(line.isprintable() for line in str(caught.value).split("\n"))
    assert len(str(caught.value)) < 6000


@given(st.text())
def test_what_is_printable_stays_and_all_else_becomes_so(text):
    assert printable(text).isprintable()
    assert (printable(text) == text) is text.isprintable()


# Sizes.


def test_an_answer_beyond_the_limit_is_refused_by_its_length(tmp_path):
    with answering(body=b" " * 2000) as server:
        transport = to(server, tmp_path, max_answer_bytes=1000)
        with pytest.raises(TooLargeError, match=r"more than 1,000 bytes.*max_answer_bytes"):
            ask(transport)
        assert server.asked == 1


def test_a_limit_is_no_limit_for_what_just_fits(tmp_path):
    with answering() as server:
        assert ask(to(server, tmp_path, max_answer_bytes=len(GOOD))).value == GOOD
        with pytest.raises(TooLargeError):
            ask(to(server, tmp_path / "less", max_answer_bytes=len(GOOD) - 1))


def zeros(coding):
    """64 MB of nothing but zeros in a body of a few kB."""
    packer = zlib.compressobj(9, wbits=31 if coding == "gzip" else 15)
    zero = bytes(1 << 20)
    return b"".join(packer.compress(zero) for _ in range(64)) + packer.flush()


@pytest.mark.parametrize("kind", ["endless", "gzip", "deflate"])
def test_no_answer_takes_more_memory_than_the_limit_and_a_little(tmp_path, kind):
    endless = kind == "endless"
    body = b"" if endless else zeros(kind)
    headers = [("Transfer-Encoding", "identity") if endless else ("Content-Encoding", kind)]
    pieces = (b" " * 65536 for _ in range(10**5)) if endless else None
    with answering(200, body, headers, pieces) as server:
        transport = to(server, tmp_path, max_answer_bytes=8 << 20)
        tracemalloc.start()
        try:
            with pytest.raises(TooLargeError, match="more than 8,388,608 bytes"):
                ask(transport)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 40 << 20
    assert server.asked == 1


@pytest.mark.parametrize("coding", ["gzip, gzip", "gzip,deflate", "br", "zstd", "compress", "nonsense"])
def test_a_coding_that_was_not_asked_for_is_refused_unread(tmp_path, coding):
    with answering(200, gzip.compress(gzip.compress(GOOD)), [("Content-Encoding", coding)]) as server:
        with pytest.raises(ServiceError, match="coded in a way"):
            ask(to(server, tmp_path))
        assert server.asked == 1


# Retry-After.


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0), ("5", 5), (" 7 ", 7), ("-3", 0), ("2.5", 2.5), ("9" * 309, 1e9), ("9" * 5000, 1e9),
        ("-" + "9" * 400, 0), ("1e400", None), ("nan", None), ("inf", None), ("٣", None), ("", None),
        ("soon", None), ("Wed, 21 Oct 99999 07:28:00 GMT", None), ("Fri, 31 Dec 9999 23:59:59 -2359", 1e9),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0), ("Wed, 99 Foo 2015", None), ("()", None), ("0 " * 40, None),
    ],
)  # fmt: skip
def test_a_wait_of_any_form_is_seconds_or_nothing(value, seconds):
    assert _retry_after(value) == seconds


@given(st.text(max_size=80))
def test_no_wait_is_an_error(value):
    wait = _retry_after(value)
    assert wait is None or 0 <= wait <= 1e9


def test_a_wait_beyond_all_numbers_is_an_error_of_ours(tmp_path):
    with answering(503, b"", [("Retry-After", "9" * 309)]) as server, pytest.raises(ServiceError) as caught:
        ask(to(server, tmp_path))
    assert server.asked == 1
    assert len(str(caught.value)) < 300


# JSON, and names in addresses.


@pytest.mark.parametrize(
    ("path", "body", "twice"),
    [
        ("data/x01", '{"columns": ["Periode"], "rows": [[1]], "rows": [[2]]}', "rows"),
        ("data/x01", '{"columns": ["Periode"], "rows": [[1]], "r\\u006fws": [[2]]}', "rows"),
        ("table/x01", '{"table_id": "x01", "mgroups": [{"id": 1, "id": 2}]}', "id"),
        ("tables", '[{"subject_id": 1, "subject_id": 1}]', "subject_id"),
    ],
)
def test_a_name_given_twice_is_no_answer(tmp_path, path, body, twice):
    with answering(body=body.encode()) as server:
        transport = to(server, tmp_path)
        with pytest.raises(PayloadError, match=f"names '{twice}' twice"):
            ask(transport, f"{path}?format=json")
        assert server.asked == 1
    assert not list(tmp_path.rglob("*"))


@pytest.mark.parametrize(
    "path",
    ["table/../admin?format=json", "data/X01?x", "data/x01/y?", "//x.dk/a", "data/x%2e", "data/ x",
     "table/x01#?a", "", "data/x\n"],
)  # fmt: skip
def test_no_question_leaves_the_place_of_questions(tmp_path, path):
    with answering() as server:
        transport = to(server, tmp_path)
        with pytest.raises(QueryError, match="a-z, 0-9 and _"):
            ask(transport, path)
        assert not transport.has(path)
        assert server.asked == 0
