"""The sandbox over real sockets: who may ask, the catalogue, the query language, the life of a server."""

from __future__ import annotations

import ast
import http.client
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from asking import BOM, DATA, ask, raw
from effort import effort
from hypothesis import given, settings
from hypothesis import strategies as st

from jobindsats_pandas import sandbox
from jobindsats_pandas.sandbox import FixedTable, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="module", params=["inside", "apart", "unlisted"])
def shared_api(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """One sandbox of each world in turn, for everything that does not change it."""
    with sandbox.serve(levels=request.param) as api:
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
                for level in hierarchy["levels"]:
                    assert level.keys() == {"level_id", "level_name", "values"}
                    assert all(value.keys() == {"value_id", "value_name"} for value in level["values"])
    assert orders == {True, False}


# The query language.


REFUSED = [
    ("table/y99x99?format=json", 404),
    ("nothing?format=json", 404),
    ("subjects/1?format=json", 404),
    ("subjects", 422),
    ("subjects?format=csv", 422),
    (DATA.replace("json", "xml"), 422),
    (DATA.replace("&format=json", ""), 422),
    (DATA + "&format=json", 422),
    (DATA.replace("mgroup.*=*&", ""), 422),
    (DATA.replace("mgroup.*=*", "mgroup.x=*"), 422),
    (DATA.replace("mgroup.*=*", "mgroup.mgrpy25i01_1=y"), 422),
    (DATA.replace("period.M=latest:2&", ""), 422),
    (DATA.replace("latest:2", "latest:0"), 422),
    (DATA.replace("latest:2", "latest:x"), 422),
    (DATA.replace("latest:2", "2026M08,2026M09"), 422),
    (DATA.replace("_nykom=/", "_nykom=/,/100/"), 422),
    (DATA.replace("_nykom=/", "_nykom=level:kommune"), 422),
    (DATA + "&hierarchy._reko=/", 422),
    (DATA.replace("_nykom=/", "_nykom="), 422),
    ("data/y25i06b?mgroup.*=*&period.M=*&hierarchy._var13uger=/&format=json", 422),
]


@pytest.mark.parametrize(("path", "status"), REFUSED)
def test_what_cannot_be_answered_is_refused_as_json(shared_api: Sandbox, path: str, status: int) -> None:
    reply = ask(shared_api, path)
    body = reply.json
    assert (reply.status, body["code"]) == (status, status)
    assert body.keys() == {"code", "cause", "request_id"}
    assert reply.headers["content-type"].startswith("application/json")
    assert len(body["request_id"]) == 36
    assert body["request_id"] != ask(shared_api, path).json["request_id"]


@pytest.mark.parametrize(
    ("path", "cause"),
    [
        (DATA.replace("_nykom", "_omrade"), "Unknown hierarchies: ['_omrade']"),
        (DATA.replace("period.M", "period.Q"), "Unknown period type: Q"),
        (
            DATA.replace("latest:2", "latest:60"),
            "Requested latest:60 for type M, but only 44 periods are available.",
        ),
        (DATA.replace("_nykom", "_x").replace("period.M", "period.Q"), "Unknown hierarchies: ['_x']"),
    ],
)
def test_words_that_were_seen_come_so_and_hierarchies_before_period_types(
    shared_api: Sandbox, path: str, cause: str
) -> None:
    reply = ask(shared_api, path)
    assert (reply.status, reply.json["cause"]) == (422, cause)


def test_words_that_nobody_has_seen_are_marked_in_the_code() -> None:
    seen = ("Unknown hierarchies: ", "Unknown period type: ", "Requested latest:")
    invented = 0
    for path in Path(sandbox.__file__).parent.glob("*.py"):
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in ast.walk(ast.parse("\n".join(lines))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "RefusedError":
                assert node.end_lineno
                marked = "# invented" in " ".join(lines[node.lineno - 1 : node.end_lineno])
                assert marked != ast.unparse(node.args[1]).lstrip("f'\"").startswith(seen), ast.unparse(node)
                invented += marked
    assert invented > 10


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


def test_a_rate_is_the_same_whatever_is_asked_beside_it(shared_api: Sandbox) -> None:
    """This one is a tie: added up in another order, what it is divided by was smaller in the last bit."""
    asked = "data/y01h01?mgroup.*=*&period.Y=2020Y01&hierarchy._nykom={}&hierarchy._akassedp={}&format=json"
    (alone,) = ask(shared_api, asked.format("/", "/2/")).json["rows"]
    beside = ask(shared_api, asked.format("/,/1/", "level:akassedp")).json["rows"]
    assert alone in beside


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
    level = [row[2] for row in ask(shared_api, path.replace("=*&f", "=level:tilb_hoved&f")).json["rows"]]
    assert level[-4:] == [
        "Vejledning og opkvalificering i alt",
        "Ansættelse med løntilskud i alt",
        "Virksomhedspraktik i alt",
        "Nytteindsats i alt",
    ]
    short = "data/y25i06b?mgroup.*=*&period.M=*&hierarchy._nykom=/&hierarchy._var13uger=*&format=json"
    assert {row[2][-7:] for row in ask(shared_api, short).json["rows"]} == {"13 uger"}


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

    assert len(lines) == len(expected["rows"])
    for line, row in zip(lines, expected["rows"], strict=True):
        for field, cell in zip(line.split(";"), row, strict=True):
            if isinstance(cell, str):
                assert field == cell
            elif cell is not None:
                assert float(field.replace(",", ".")) == cell
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
            paths = [path for path, _, _ in hierarchy.members]
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
    assert effort(lambda: ask(shared_api, path), times=1) < 5000
    assert shared_api.requests[-1].cells > 150_000


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
        waits = []
        for _ in range(50):
            start = time.perf_counter()
            connection.request(
                "GET", "/v3/subjects?format=json", headers={"Authorization": f"Bearer {api.token}"}
            )
            assert connection.getresponse().read()
            waits.append(time.perf_counter() - start)
        assert min(waits) < 0.03  # 40 ms each where packets wait for each other
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


def test_run_tells_the_address_and_the_key_and_serves_the_world_it_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = []

    def meanwhile(seconds: float) -> None:
        told = dict(re.findall(r"export (\w+)=(\S+)", capsys.readouterr().out))
        assert told["JOBINDSATS_API_TOKEN"] == "abc"
        request = urllib.request.Request(
            f"{told['JOBINDSATS_API_URL']}/table/y28a15?format=json", headers={"Authorization": "Bearer abc"}
        )
        with urllib.request.urlopen(request, timeout=20) as response:
            table = json.loads(response.read().removeprefix(BOM))
        listed.append([level["level_id"] for level in table["dimensions"][1]["hierarchies"][0]["levels"]])
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", meanwhile)
    sandbox.run(port=0, token="abc")
    sandbox.run(port=0, token="abc", levels="apart")
    assert [len(levels) for levels in listed] == [1, 2]


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
