"""The sandbox over real sockets: api-v3.md's statements, faults on demand, tables of one's own."""

from __future__ import annotations

import gzip
import http.client
import json
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import zlib
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobindsats_pandas import sandbox
from jobindsats_pandas.sandbox import FixedTable, Sandbox
from jobindsats_pandas.sandbox.faults import BODIES, KINDS, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED = Path(__file__).parents[2] / "shared"
DENMARK = timezone(timedelta(hours=2))
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


@pytest.fixture(scope="module")
def shared_api() -> Iterator[Sandbox]:
    """One sandbox for everything that does not change it."""
    with sandbox.serve() as api:
        yield api


@pytest.fixture
def api() -> Iterator[Sandbox]:
    with sandbox.serve() as api:
        yield api


# Who may ask.


@pytest.mark.parametrize("scheme", ["{}", "bearer {}", "Bearer {}x", "Bearer ", "", "Basic {}", "Bearer æ"])
def test_anything_but_the_bearer_token_is_answered_401_with_nothing(shared_api: Sandbox, scheme: str) -> None:
    reply = ask(shared_api, DATA, scheme.format(shared_api.token).encode().decode("latin-1"))
    assert (reply.status, reply.body) == (401, b"")
    assert shared_api.requests[-1].authorized is False


def test_requests_are_noted_as_sent_and_without_the_key(api: Sandbox) -> None:
    path = "data/y25i01?mgroup.%2A=*&period.M=latest%3A1&hierarchy._nykom=%2F&format=json"
    ask(api, path)
    ask(api, "data/y25i01?format=json")
    first, second = api.requests
    assert (first.method, f"{first.path}?{first.query}", first.status) == ("GET", f"/v3/{path}", 200)
    assert (first.cells, first.fault, first.authorized) == (4, "", True)
    assert second.status == 422
    assert api.token not in repr(api.requests) + repr(api)
    assert "authorization" not in first.headers
    assert first.headers["host"] in api.url


# The catalogue.


def test_subjects_and_tables_have_the_documented_shape_and_every_table_is_found(shared_api: Sandbox) -> None:
    subjects = [s for group in ask(shared_api, "subjects?format=json").json for s in group["subjects"]]
    catalogue = ask(shared_api, "tables?format=json").json
    assert {s["subject_id"] for s in subjects} == {s["subject_id"] for s in catalogue}
    tables = [table for s in catalogue for group in s["table_groups"] for table in group["tables"]]
    ids = [table["table_id"] for table in tables]
    assert set(ids) == set(shared_api.tables)
    assert ids.count("y01c01") == 2
    assert all(table["table_name"].endswith(" (syntetisk)") for table in tables)
    assert {type(table["periods"]) for table in tables} == {list, dict}
    assert any(table["update_next"] is None for table in tables)


def test_the_catalogue_can_be_asked_for_some_subjects(shared_api: Sandbox) -> None:
    for sign in (",", "%2C"):
        reply = ask(shared_api, f"tables?subject_id=s01{sign}s03&format=json").json
        assert [subject["subject_id"] for subject in reply] == ["s01", "s03"]


def test_metadata_hold_every_documented_field(shared_api: Sandbox) -> None:
    orders = set()
    for table_id in shared_api.tables:
        metadata = ask(shared_api, f"table/{table_id}?format=json").json
        assert metadata == shared_api.population[table_id].metadata
        periods = [value["period_id"] for value in metadata["periods"][0]["values"]]
        orders.add(periods == sorted(periods))
        for dimension in metadata["dimensions"]:
            for hierarchy in dimension["hierarchies"]:
                top = hierarchy["levels"][0]["values"][0]["value_id"]
                assert (top == "/") == (hierarchy["hierarchy_id"] != "_var13uger")
    assert orders == {True, False}


# The query language.


CAUSES = [
    ("table/y99x99?format=json", 404, "Unknown table: y99x99"),
    ("nothing?format=json", 404, "Unknown path: /v3/nothing"),
    ("subjects/1?format=json", 404, "Unknown path: /v3/subjects/1"),
    ("subjects", 422, "Missing parameter: format"),
    ("subjects?format=csv", 422, "Unknown format: csv"),
    (DATA.replace("json", "xml"), 422, "Unknown format: xml"),
    (DATA.replace("&format=json", ""), 422, "Missing parameter: format"),
    (DATA + "&format=json", 422, "Repeated parameter: format"),
    (DATA.replace("mgroup.*=*&", ""), 422, "Missing parameter: mgroup"),
    (DATA.replace("mgroup.*=*", "mgroup.x=*"), 422, "Unknown measure groups: ['x']"),
    (DATA.replace("mgroup.*=*", "mgroup.mgrpy25i01_1=y"), 422, "Unknown measures: ['y']"),
    (DATA.replace("period.M=latest:2&", ""), 422, "Exactly one period type must be requested, not []"),
    (DATA.replace("latest:2", "latest:0"), 422, "Unknown periods: ['latest:0']"),
    (DATA.replace("latest:2", "latest:x"), 422, "Unknown periods: ['latest:x']"),
    (DATA.replace("latest:2", "2026M08,2026M09"), 422, "Unknown periods: ['2026M09']"),
    (DATA.replace("_nykom=/", "_nykom=/,/99/"), 422, "Unknown values: ['/99/']"),
    (DATA.replace("_nykom=/", "_nykom=level:kommune"), 422, "Unknown levels: ['kommune']"),
    (DATA + "&hierarchy._reko=/", 422, "Several hierarchies of one dimension: ['_nykom', '_reko']"),
    (DATA.replace("_nykom=/", "_nykom="), 422, "Unknown values: ['']"),
    ("data/y25i06b?mgroup.*=*&period.M=*&hierarchy._var13uger=/&format=json", 422, "Unknown values: ['/']"),
]


@pytest.mark.parametrize(("path", "status", "cause"), CAUSES)
def test_what_cannot_be_answered_is_refused_as_json(
    shared_api: Sandbox, path: str, status: int, cause: str
) -> None:
    reply = ask(shared_api, path)
    body = reply.json
    assert (reply.status, body["code"], body["cause"]) == (status, status, cause)
    assert reply.headers["content-type"].startswith("application/json")
    assert len(body["request_id"]) == 36
    assert body["request_id"] != ask(shared_api, path).json["request_id"]


@pytest.mark.parametrize(
    ("recorded", "path"),
    [
        (0, "data/y25i01?mgroup.*=*&period.M=latest:1&hierarchy._omrade=/&format=json"),
        (1, "data/y25i14?mgroup.*=*&period.M=latest:1&hierarchy._hele_landet=/&format=json"),
        (2, "data/y28a15?mgroup.*=*&period.M=latest:2&hierarchy._nykom=/&format=json"),
        (3, "data/y01c01?mgroup.*=*&period.M=latest:60&hierarchy._nykom=/&format=json"),
        (4, "data/y01h01?mgroup.*=*&period.Q=latest:40&hierarchy._nykom=/&format=json"),
    ],
)
def test_the_recorded_refusals_come_word_for_word(shared_api: Sandbox, recorded: int, path: str) -> None:
    source = SHARED / "recorded" / "errors.json"
    if not source.exists():
        pytest.skip(f"{source} is not here")
    expected = json.loads(source.read_text(encoding="utf-8"))[recorded]
    reply = ask(shared_api, path)
    assert (reply.status, reply.json["cause"]) == (expected["status"], expected["body"]["cause"])
    assert reply.json.keys() == expected["body"].keys()


def test_literal_and_percent_encoded_requests_are_the_same(shared_api: Sandbox) -> None:
    literal = "mgroup.*=*&period.M=2026M07,2026M08&hierarchy._nykom=/1/,/5/&format=json"
    encoded = "mgroup.%2A=%2a&period%2EM=2026M07%2C2026M08&hierarchy._nykom=%2F1%2F%2C%2F5%2F&format=json"
    assert ask(shared_api, f"data/y25i01?{literal}").json == ask(shared_api, f"data/y25i01?{encoded}").json


def test_letters_may_stand_in_the_address_literally_or_encoded(shared_api: Sandbox) -> None:
    for name in ("område", "omr%C3%A5de"):
        received = raw(shared_api, f"data/y25i01?mgroup.*=*&period.M=*&hierarchy.{name}=/&format=json")
        assert json.loads(received.split(b"\r\n\r\n")[1])["cause"] == "Unknown hierarchies: ['område']"


def test_a_dimension_that_is_not_named_has_no_column_and_stands_at_its_total(shared_api: Sandbox) -> None:
    short = ask(shared_api, DATA).json
    long = ask(shared_api, DATA + "&hierarchy._ygrpi09=/&hierarchy._akassebl=/").json
    assert short["columns"][:2] == ["Periode", "Område"]
    assert long["columns"][:4] == ["Periode", "Område", "Ydelsesgrupper", "A-kasse"]
    assert short["columns"][2:] == long["columns"][4:]
    assert [row[2:] for row in short["rows"]] == [row[4:] for row in long["rows"]]
    bare = ask(shared_api, DATA.replace("&hierarchy._nykom=/", "")).json
    assert [row[1:] for row in bare["rows"]] == [row[2:] for row in short["rows"]]


def test_columns_of_groups_with_several_measures_bear_the_groups_name(shared_api: Sandbox) -> None:
    path = "data/y01h01?mgroup.mgrpy01h01_2=measy01h01_3,measy01h01_5&mgroup.mgrpy01h01_1=*"
    reply = ask(shared_api, f"{path}&period.Q=latest:1&hierarchy._nykom=/&format=json").json
    assert reply["columns"][2:] == [
        "Antal sanktioner i alt",
        "Antal sanktioner fordelt på type: Karantæne (selvforskyldt ledighed)",
        "Antal sanktioner fordelt på type: Andre (arbejdskrav)",
    ]


def test_a_star_mixes_levels_and_a_hierarchy_may_answer_without_a_total(shared_api: Sandbox) -> None:
    path = "data/y01c01?mgroup.*=*&period.M=latest:1&hierarchy._nykom=/&hierarchy._tilb_2ptv=*&format=json"
    names = [row[2] for row in ask(shared_api, path).json["rows"]]
    assert names.count("Privat virksomhedspraktik") == 2
    assert names[0] == "Tilbud i alt"
    level = [row[2] for row in ask(shared_api, path.replace("=*&f", "=level:_tilb_2ptv_1&f")).json["rows"]]
    assert level == [name for name in names if name in level and name != "Nytteindsats i alt"] + level[3:]
    short = "data/y25i06b?mgroup.*=*&period.M=2025M12&hierarchy._nykom=/&hierarchy._var13uger=*&format=json"
    assert [row[2][-7:] for row in ask(shared_api, short).json["rows"]] == ["13 uger"] * 2


def test_row_order_differs_from_table_to_table(shared_api: Sandbox) -> None:
    def periods(path: str) -> list[str]:
        return [row[0] for row in ask(shared_api, f"data/{path}&mgroup.*=*&format=json").json["rows"]]

    by_period = periods("y25i01?period.M=latest:3&hierarchy._region=*")
    by_member = periods("y01h01?period.Q=latest:3&hierarchy._region=*")
    backwards = periods("y28a15?period.Y=latest:3&hierarchy._akassedp=*")
    mixed = periods("y25i06b?period.M=latest:9&hierarchy._nykom=/")
    assert by_period == sorted(by_period)
    assert by_member[:3] == sorted(set(by_member)) != by_member[:1] * 3
    assert backwards == sorted(backwards, reverse=True)
    assert mixed not in (sorted(mixed), sorted(mixed, reverse=True))


def test_csv_is_semicolon_separated_begins_with_a_byte_order_mark_and_says_the_same(
    shared_api: Sandbox,
) -> None:
    path = "data/y25i01?mgroup.*=*&period.M=latest:2&hierarchy._nykom=*&hierarchy._akassebl=/19/&format="
    reply = ask(shared_api, path + "csv")
    assert reply.headers["content-type"] == "text/csv; charset=utf-8"
    assert reply.body.startswith(BOM)
    head, *lines = reply.body.decode("utf-8-sig").splitlines()
    expected = ask(shared_api, path + "json").json
    assert head.split(";") == expected["columns"]

    def text(cell: Any) -> str:
        return "" if cell is None else str(cell).replace(".", ",") if isinstance(cell, float) else str(cell)

    assert [line.split(";") for line in lines] == [[text(cell) for cell in row] for row in expected["rows"]]
    assert any(None in row for row in expected["rows"])


def test_a_byte_order_mark_comes_now_and_then_and_always_for_the_same_address(shared_api: Sandbox) -> None:
    paths = [DATA.replace("latest:2", f"latest:{n}") for n in range(1, 25)]
    marked = [ask(shared_api, path).body.startswith(BOM) for path in paths]
    assert 2 < sum(marked) < 20
    assert marked == [ask(shared_api, path).body.startswith(BOM) for path in paths]


@st.composite
def questions(draw: st.DrawFn) -> tuple[str, str, list[str], dict[str, list[str]], list[str]]:
    """A valid question: table, period type, periods, members, measures."""
    truth = sandbox.population(1)
    table = truth[draw(st.sampled_from(sorted(truth)))]
    kind = draw(st.sampled_from(sorted(table.spans)))
    some = {"min_size": 1, "max_size": 3, "unique": True}
    periods = draw(st.lists(st.sampled_from(table.index.periods[kind]), **some))
    members = {}
    for axis in table.design.axes:
        hierarchy = draw(st.sampled_from([None, *axis.hierarchies]))
        if hierarchy:
            paths = [path for level in hierarchy.levels for path, _, _ in level.members]
            members[hierarchy.id] = draw(st.lists(st.sampled_from(paths), **some))
    measures = draw(st.lists(st.sampled_from(table.measure_ids), **some))
    return table.design.id, kind, periods, members, measures


@settings(max_examples=60, deadline=None)
@given(question=questions())
def test_any_valid_question_gets_exactly_what_is_published(shared_api: Sandbox, question: Any) -> None:
    table_id, kind, periods, members, measures = question
    table = shared_api.population[table_id]
    groups: dict[str, list[str]] = {}
    for group in table.metadata["mgroups"]:
        for measure in group["measures"]:
            if measure["measure_id"] in measures:
                groups.setdefault(group["mgroup_id"], []).append(measure["measure_id"])
    asked = [f"hierarchy.{name}={','.join(paths)}" for name, paths in members.items()]
    asked += [f"mgroup.{name}={','.join(ids)}" for name, ids in groups.items()]
    reply = ask(
        shared_api, f"data/{table_id}?{'&'.join(asked)}&period.{kind}={','.join(periods)}&format=json"
    )
    assert reply.status == 200

    expected = []
    ordered = [m for m in table.measure_ids if m in measures]
    hierarchies = sorted(members, key=lambda name: table.index.hierarchies[name].dimension)

    def walk(period: str, chosen: dict[str, str], left: list[str]) -> None:
        if left:
            for path in members[left[0]]:
                walk(period, {**chosen, left[0]: path}, left[1:])
            return
        cells = [table.published(measure, period, chosen) for measure in ordered]
        known = [table.index.hierarchies[name] for name in chosen]
        names = [h.names[h.paths.index(path)] for h, path in zip(known, chosen.values(), strict=True)]
        if "absent" not in cells:
            expected.append([period, *names, *cells])

    for period in periods:
        walk(period, {}, hierarchies)
    assert sorted(reply.json["rows"], key=repr) == sorted(expected, key=repr)


def test_150_000_cells_are_answered_in_a_moment(shared_api: Sandbox) -> None:
    path = "data/y30r21?mgroup.*=*&period.M=latest:4&format=json"
    for hierarchy in ("_nykom", "_aldera", "_kon", "_oprinda"):
        path += f"&hierarchy.{hierarchy}=*"
    ask(shared_api, path)
    start = time.perf_counter()
    reply = ask(shared_api, path)
    taken = time.perf_counter() - start
    print(f"{shared_api.requests[-1].cells:,} cells, {len(reply.body):,} bytes: {taken:.2f} s")
    assert shared_api.requests[-1].cells > 150_000
    assert taken < 5


def test_curl_gets_the_same_answer(shared_api: Sandbox) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("there is no curl here")
    for path in (DATA, DATA.replace("*", "%2A")):
        done = subprocess.run(
            [curl, "-sSg", "-H", f"Authorization: Bearer {shared_api.token}", f"{shared_api.url}/{path}"],
            capture_output=True,
            check=True,
            timeout=20,
        )
        assert json.loads(done.stdout.removeprefix(BOM)) == ask(shared_api, path).json


# The life of a server.


def test_one_connection_carries_many_requests_and_ends_with_the_server() -> None:
    before = threading.active_count()
    with sandbox.serve() as api:
        host, port = api.url.split("/")[2].split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        start = time.perf_counter()
        for _ in range(50):
            connection.request(
                "GET", "/v3/subjects?format=json", headers={"Authorization": f"Bearer {api.token}"}
            )
            assert connection.getresponse().read()
        assert time.perf_counter() - start < 2  # 40 ms each where packets wait for each other
        ended = connection.sock
        assert ended is not None
    assert ended.recv(1) == b""
    connection.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)
    assert threading.active_count() <= before


def test_the_cache_directory_is_its_own_and_goes_with_it() -> None:
    with sandbox.serve() as one, sandbox.serve(token="mine") as two:
        assert one.cache_dir != two.cache_dir
        assert one.token != two.token == "mine"
        (one.cache_dir / "entry").write_text("x")
    assert not one.cache_dir.exists()


def test_many_threads_at_once_are_all_noted(api: Sandbox) -> None:
    def work() -> None:
        for _ in range(20):
            assert ask(api, "subjects?format=json").status == 200

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(api.requests) == 160


def test_run_prints_how_to_ask_and_stops_on_ctrl_c() -> None:
    code = "from jobindsats_pandas import sandbox; sandbox.run(port=0, token='abc')"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = []
        while not lines or not lines[-1].startswith("Tables:"):
            lines.append(process.stdout.readline())
        text = "".join(lines)
        curl = text[text.index("curl") :].split("\n\n")[0]
        if shutil.which("curl") and shutil.which("bash"):
            done = subprocess.run(
                ["bash", "-c", curl],
                env={"JOBINDSATS_API_TOKEN": "abc", "PATH": "/usr/bin:/bin:/usr/local/bin"},
                capture_output=True,
                check=True,
                timeout=20,
            )
            assert b"Hele landet" in done.stdout
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


def test_run_tells_the_address_and_the_key(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupted)
    sandbox.run(port=0, token="abc")
    assert "export JOBINDSATS_API_TOKEN=abc" in capsys.readouterr().out


def test_a_client_that_goes_is_no_matter_but_an_error_of_the_sandbox_is_shown(
    api: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    host, port = api.url.split("/")[2].split(":")
    api.faults.add("drip", seconds=0.001)
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(f"GET /v3/{DATA} HTTP/1.1\r\nAuthorization: Bearer {api.token}\r\n\r\n".encode())
        assert connection.recv(10)
    while threading.active_count() > 1 and any("process_request" in t.name for t in threading.enumerate()):
        time.sleep(0.01)
    assert ask(api, DATA).status == 200
    assert capsys.readouterr().err == ""
    api.requests = None  # type: ignore[assignment]
    assert raw(api, DATA) == b""
    assert "AttributeError" in capsys.readouterr().err


def test_a_revision_changes_what_is_served(api: Sandbox) -> None:
    before, old = ask(api, DATA).json, ask(api, "table/y25i01?format=json").json
    revised = api.revise("y25i01", "2026-10-08", "2026-11-12")
    after, new = ask(api, DATA).json, ask(api, "table/y25i01?format=json").json
    assert before != after
    assert (old["update_latest"], new["update_latest"]) == ("2026-09-10", "2026-10-08")
    assert after["rows"][1][2] == revised.truth("measy25i01_1", "2026M08")
    api.tables["x01"] = FixedTable({})
    with pytest.raises(TypeError, match="not synthetic"):
        api.revise("x01", "2026-10-08")


# Faults.


def swallow(api: Sandbox, path: str) -> None:
    """Ask, whatever becomes of it."""
    with suppress(OSError, http.client.HTTPException):
        ask(api, path)


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
        thread.join(5)
        assert not thread.is_alive()
    assert time.perf_counter() - start < 2


def test_a_drip_comes_byte_by_byte_and_latency_comes_late_but_whole(api: Sandbox) -> None:
    whole = ask(api, "subjects?format=json").body
    api.faults.add("drip", seconds=0.0002)
    assert raw(api, "subjects?format=json").endswith(whole)
    for seconds, least in ((None, 0.2), (0.05, 0.05)):
        api.faults.add("latency", seconds=seconds)
        start = time.perf_counter()
        assert ask(api, "subjects?format=json").body == whole
        assert time.perf_counter() - start >= least


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
    assert api.requests[-1].cells == 2 * 99 * 4
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
        assert "lukket" in ask(api, DATA).body.decode()
        api.faults.clear()
        assert ask(api, DATA).status == 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_never_changes_the_right_answer_that_comes_after_it(shared_api: Sandbox, kind: str) -> None:
    right = ask(shared_api, DATA).body
    shared_api.faults.add(kind, seconds=0.0001)
    swallow(shared_api, DATA)
    assert ask(shared_api, DATA).body == right
    assert Fault(kind).kind == kind


# Tables of one's own.


def metadata(**changes: Any) -> dict[str, Any]:
    """A small table: two months, two measures in one group, an area and a kind whose names repeat."""
    values = {
        "": [("/", "I alt")],
        "group": [("/1/", "A"), ("/2/", "B")],
        "leaf": [("/1/1/", "A"), ("/2/1/", "C")],
    }
    return {
        "table_id": "x01",
        "table_name": "Prøve",
        "update_freq": "M",
        "update_latest": "2026-01-02",
        "update_next": None,
        "periods": [{"periodtype_id": "M", "values": [{"period_id": "2026M02"}, {"period_id": "2026M01"}]}],
        "mgroups": [
            {
                "mgroup_id": "g",
                "mgroup_name": "Gruppe",
                "measures": [{"measure_id": m, "measure_name": f"Mål {m}"} for m in ("m1", "m2")],
            }
        ],
        "dimensions": [
            {
                "dimension_id": "_omrade",
                "dimension_name": "Område",
                "hierarchies": [
                    {
                        "hierarchy_id": "_hele_landet",
                        "levels": [
                            {"level_id": "l", "values": [{"value_id": "/", "value_name": "Hele landet"}]}
                        ],
                    }
                ],
            },
            {
                "dimension_id": "_slags",
                "dimension_name": "Slags",
                "hierarchies": [
                    {
                        "hierarchy_id": "_s",
                        "levels": [
                            {
                                "level_id": level,
                                "values": [{"value_id": i, "value_name": n} for i, n in members],
                            }
                            for level, members in values.items()
                        ],
                    }
                ],
            },
        ],
        **changes,
    }


ROWS = [
    [month, "Hele landet", name, number, number / 2]
    for month in ("2026M01", "2026M02")
    for name, number in (("I alt", 10), ("A", 6), ("A", 6.5), ("B", 4), ("C", 4))
]


def test_a_fixed_table_answers_every_form_of_question_from_its_rows() -> None:
    with sandbox.serve(tables={"x01": FixedTable(metadata(), rows=ROWS)}) as api:

        def rows(members: str, periods: str = "*", measures: str = "mgroup.*=*") -> list[list[Any]]:
            path = f"data/x01?{measures}&period.M={periods}&format=json" + (
                f"&hierarchy._s={members}" if members else ""
            )
            found: list[list[Any]] = ask(api, path).json["rows"]
            return found

        assert rows("*") == [[row[0], *row[2:]] for row in ROWS]
        assert rows("/", "latest:1") == [["2026M02", "I alt", 10, 5]]
        assert rows("", "2026M01") == [["2026M01", 10, 5]]
        assert rows("level:group", "latest:1") == [["2026M02", "A", 6, 3], ["2026M02", "B", 4, 2]]
        assert rows("/1/1/,/2/1/", "latest:1", "mgroup.g=m2") == [["2026M02", "A", 3.25], ["2026M02", "C", 2]]
        head = ask(api, "data/x01?mgroup.*=*&period.M=*&hierarchy._hele_landet=/&format=json").json["columns"]
        assert head == ["Periode", "Område", "Gruppe: Mål m1", "Gruppe: Mål m2"]
        subject = ask(api, "tables?format=json").json[-1]
        assert subject["subject_name"] == "Egne tabeller"
        assert ask(api, "table/x01?format=json").json == metadata()


def test_a_fixed_table_may_lack_rows_and_columns_and_repeat_rows() -> None:
    rows = [["2026M01", "A", 1, 2], ["2026M01", "B", 3, 4], ["2026M01", "B", 3, 4], ["2026M01", "X", 5, 6]]
    table = FixedTable(metadata(), columns=["Periode", "Slags", "m", "m"], rows=rows)
    with sandbox.serve(tables={"x01": table}) as api:
        path = "data/x01?mgroup.*=*&period.M=*&hierarchy._hele_landet=/&format=json"
        assert ask(api, path).json["rows"] == []
        reply = ask(api, path + "&hierarchy._s=*").json
        assert reply["columns"] == ["Periode", "Slags", "m", "m"]
        assert reply["rows"] == rows[:3]


def test_a_fixed_table_may_say_anything() -> None:
    tables = {
        "y25i01": FixedTable(b"[1", rows=lambda asked: b"\x00" + asked["x"].encode()),
        "x02": FixedTable({"table_id": 7, "periods": "none"}, rows=lambda _: 1 / 0),
        "x03": FixedTable(["what"], rows=lambda _: {"columns": [], "rows": None}),
        "x04": FixedTable({"periods": []}),
    }
    with sandbox.serve(tables=tables) as api:
        assert ask(api, "table/y25i01?format=json").body == b"[1"
        assert ask(api, "data/y25i01?x=y&format=json").body == b"\x00y"
        assert ask(api, "table/x03?format=json").json == ["what"]
        assert ask(api, "data/x03?format=json").json == {"columns": [], "rows": None}
        failed = ask(api, "data/x02?format=json")
        assert (failed.status, "ZeroDivisionError" in failed.json["cause"]) == (500, True)
        assert ask(api, "data/x04?format=json").status == 500
        catalogue = {subject["subject_name"]: subject for subject in ask(api, "tables?format=json").json}
        own = catalogue["Egne tabeller"]["table_groups"][0]["tables"]
        assert own[0] == {"table_id": "y25i01"}
        assert own[1] == {"table_id": 7, "periods": "none"}
    with pytest.raises(TypeError, match="by a function"):
        tables["x02"].answer(FixedTable(metadata()).index.select({"mgroup.*": "*", "period.M": "*"}))


def test_the_recorded_offers_can_be_served_and_cut_by_level() -> None:
    source = SHARED / "recorded" / "y01c01.json"
    if not source.exists():
        pytest.skip(f"{source} is not here")
    recorded = json.loads(source.read_text(encoding="utf-8"))["response"]
    columns, rows = recorded["columns"], recorded["rows"]
    offers = sandbox.population(1)["y01c01"].metadata["dimensions"][2]
    described = metadata(
        periods=[
            {"periodtype_id": "M", "values": [{"period_id": p} for p in sorted({row[0] for row in rows})]}
        ],
        mgroups=[
            {"mgroup_id": f"g{i}", "mgroup_name": m, "measures": [{"measure_id": f"m{i}", "measure_name": m}]}
            for i, m in enumerate(columns[4:])
        ],
        dimensions=[metadata()["dimensions"][0], _fund_total(), offers],
    )
    with sandbox.serve(tables={"y01c01": FixedTable(described, columns, rows)}) as api:
        path = "data/y01c01?mgroup.*=*&period.M=*&hierarchy._hele_landet=/&hierarchy._akassedp=/&format=json"
        assert ask(api, path + "&hierarchy._tilb_2ptv=*").json == recorded
        by_level = [
            row
            for level in range(4)
            for row in ask(api, f"{path}&hierarchy._tilb_2ptv=level:_tilb_2ptv_{level}").json["rows"]
        ]
        assert sorted(by_level, key=repr) == sorted(rows, key=repr)
        assert [row[:3] for row in ask(api, path).json["rows"]] == [
            row[:3] for row in rows if row[3] == "Tilbud i alt"
        ]


def _fund_total() -> dict[str, Any]:
    level = {"level_id": "t", "values": [{"value_id": "/", "value_name": "A-kasse i alt"}]}
    hierarchy = {"hierarchy_id": "_akassedp", "levels": [level]}
    return {"dimension_id": "_akasse", "dimension_name": "A-kasse", "hierarchies": [hierarchy]}
