"""The doctor sees what a server really does, asks little, keeps what it saw for the client, and gives nothing away."""

from __future__ import annotations

import getpass
import json
import os
import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jobindsats_pandas as ji
from jobindsats_pandas.command_line import main
from jobindsats_pandas.doctor import examine
from jobindsats_pandas.doctor.checkup import WIDTH, Checkup
from jobindsats_pandas.doctor.machine import look_at_the_cache
from jobindsats_pandas.doctor.visit import MOST_REQUESTS
from jobindsats_pandas.sandbox import FixedTable
from jobindsats_pandas.sandbox.faults import Response
from jobindsats_pandas.sandbox.server import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jobindsats_pandas.sandbox import Sandbox

WORLDS = ("inside", "apart", "unlisted")
AFTERNOON = datetime(2026, 11, 25, 14, tzinfo=UTC)


@pytest.fixture(autouse=True)
def no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
    ):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture(scope="module", params=WORLDS)
def world(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with ji.sandbox.serve(levels=request.param) as api:
        yield api


@pytest.fixture
def every_world(world: Sandbox) -> Iterator[Sandbox]:
    yield from fresh(world)


@pytest.fixture
def server(api: Sandbox) -> Iterator[Sandbox]:
    yield from fresh(api)


def fresh(api: Sandbox) -> Iterator[Sandbox]:
    api.requests.clear()
    yield api
    api.faults.clear()
    api.faults.injected.clear()


def client_of(api: Sandbox, directory: Path, **options: Any) -> ji.Client:
    return ji.Client(token=api.token, base_url=api.url, cache_dir=directory / "cache", **options)


def examined(api: Sandbox, directory: Path, **options: Any) -> Checkup:
    return examine(client_of(api, directory), pause=0, **options)


def seen(checkup: Checkup) -> dict[str, str]:
    found = {finding.assumption: finding.seen for finding in checkup.findings}
    assert len(found) == len(checkup.findings), "an assumption stands twice"
    return found


def kept(client: ji.Client) -> list[dict[str, int]]:
    """The parts of refused requests that the client knows of."""
    entries = client._transport.learned.recall(client.base_url, "refused")
    return [entry["parts"] for entry in entries or []]


def data(api: Sandbox) -> list[Any]:
    return [request for request in api.requests if "/data/" in request.path]


@contextmanager
def answering_otherwise(api: Sandbox, change: Callable[[str, Answer], Answer]) -> Iterator[None]:
    """Let the server change some of its answers, by path and query."""
    right = api.answer
    api.answer = lambda target, authorization: change(target, right(target, authorization))  # type: ignore[method-assign]
    try:
        yield
    finally:
        del api.answer


# --- what it sees ----------------------------------------------------------------------------------------------------


def test_each_world_is_seen_as_it_is_with_few_requests(every_world: Sandbox, tmp_path: Path) -> None:
    metadata = every_world.tables["y25i01"].metadata
    (reko,) = [h for d in metadata["dimensions"] for h in d["hierarchies"] if h["hierarchy_id"] == "_reko"]
    first = [value["value_id"] for value in reko["levels"][0]["values"]]
    place = "in a level of its own" if first == ["/"] else "inside a level" if "/" in first else "nowhere"

    checkup = examined(every_world, tmp_path)
    found = seen(checkup)
    assert checkup.sound
    assert re.search(rf"{place} in \d\d", found["Where the metadata list `/`"])
    brings = "without the total" if place == "in a level of its own" else "brings the total too"
    assert brings in found["`level:` brings the total too"]
    assert found["`*` brings every member"] == "taken, the total among them"
    assert found["Lists of 5, 20, 60 members"] == "60 taken"
    assert found["Lists of 5, 20, 60 periods"] == "44 taken (there are 44)"
    assert re.fullmatch(r"1,8[789]\d taken", found["Addresses of 600, 1,200, 1,900 characters"])
    assert found["Several `mgroup.` parameters"] == "taken (y25i01)"
    assert found["`latest:` of QMAT"] == "taken (ptv_a02)"
    assert found["`latest:` of MYTD"] == "taken (y25i06b)"
    assert found["A question without an area"] == "taken, as the total"
    assert "','" in found["CSV has a decimal comma, hidden is empty"]
    assert "without a number: empty" in found["CSV has a decimal comma, hidden is empty"]

    asked = data(every_world)
    assert len(asked) == checkup.asked <= 15
    assert len({request.query for request in asked}) == len(asked)
    assert all(request.status == 200 and request.cells <= 20_000 for request in asked)
    assert sum("/table/" in request.path for request in every_world.requests) <= 3
    assert len(every_world.requests) == len(asked) + 4
    longest = max(len(f"{every_world.url[:-3]}{r.path}?{r.query}") for r in asked)
    assert f"{longest:,} taken" == found["Addresses of 600, 1,200, 1,900 characters"]
    assert kept(client_of(every_world, tmp_path)) == []


def test_totals_that_are_not_listed_are_known_to_the_client_afterwards(tmp_path: Path) -> None:
    with ji.sandbox.serve(levels="unlisted") as api:
        question = {"by": {"_reko": "level:region"}, "periods": "latest:1"}
        expected = client_of(api, tmp_path / "other").read("y25i01", **question)
        assert len(data(api)) == 2  # the total's name is asked for first
        examined(api, tmp_path)
        api.requests.clear()
        frame = client_of(api, tmp_path).read("y25i01", **question)
        assert len(data(api)) == 1
        assert [request for request in api.requests if "/table/" in request.path] == []
    assert frame.equals(expected)


REFUSALS = [
    # what the server refuses, the line, what it shows, what the client knows then, a question, its forms
    ({"form": "members", "beyond": 20}, "Lists of 5, 20, 60 members", "60 refused (HTTP 422: Not taken: members); 20 taken",
     [{"members": 60}]),
    ({"form": "members", "beyond": 3, "status": 404, "page": True}, "Lists of 5, 20, 60 members",
     ("60 refused (HTTP 404, a page of the hosting); 20 refused (HTTP 404, a page of the hosting); "
     "5 refused (HTTP 404, a page of the hosting)"),
     [{"members": 60}, {"members": 20}, {"members": 5}]),
    ({"form": "periods", "beyond": 10}, "Lists of 5, 20, 60 periods",
     "44 refused (HTTP 422: Not taken: periods); 20 refused (HTTP 422: Not taken: periods); 5 taken (there are 44)",
     [{"periods": 44}, {"periods": 20}]),
    ({"form": "level"}, "`level:` brings the total too", "refused (HTTP 422: Not taken: level)", [{"level": 1}]),
    ({"form": "groups", "beyond": 1}, "Several `mgroup.` parameters", "refused (HTTP 422: Not taken: groups) (y25i01)",
     [{"measures": 2}]),
    ({"form": "no area"}, "A question without an area", "refused (HTTP 422: Not taken: no area)", []),
    ({"form": "latest", "path": "period.QMAT"}, "`latest:` of QMAT",
     "refused (HTTP 422: Not taken: latest) (ptv_a02)", []),
    ({"form": "latest", "path": "period.MYTD", "status": 404}, "`latest:` of MYTD",
     "refused (HTTP 404: Not taken: latest) (y25i06b)", []),
]  # fmt: skip


@pytest.mark.parametrize(("refusal", "line", "told", "known"), REFUSALS)
def test_a_refused_form_is_shown_and_kept_no_further_than_it_was_seen(
    server: Sandbox,
    tmp_path: Path,
    refusal: dict[str, Any],
    line: str,
    told: str,
    known: list[dict[str, int]],
) -> None:
    server.faults.refuse(**refusal)
    checkup = examined(server, tmp_path)
    assert checkup.sound
    assert seen(checkup)[line] == told
    others = [f for f in checkup.findings if f.assumption != line and "refused (" in f.seen]
    assert others == []
    assert kept(client_of(server, tmp_path)) == known


QUESTIONS = [
    ({"form": "members", "beyond": 20}, {"by": {"_reko": 70}, "periods": "latest:1"}),
    ({"form": "periods", "beyond": 10}, {"by": {"_akassebl": "*"}, "periods": 25}),
    ({"form": "level"}, {"by": "A-kasse", "periods": "latest:1"}),
    ({"form": "address", "beyond": 1_000}, {"by": {"_reko": 98}, "periods": 29}),
]


@pytest.mark.parametrize(("refusal", "question"), QUESTIONS)
def test_the_client_sends_no_form_that_the_doctor_saw_refused(
    server: Sandbox, tmp_path: Path, refusal: dict[str, Any], question: dict[str, Any]
) -> None:
    client = client_of(server, tmp_path)
    table = client.table("y25i01")
    by = question["by"]
    if isinstance(by, dict) and "_reko" in by:
        members = [m for m in table.members("_reko")["member_id"] if m.count("/") == 3 and m != "/6/1/"]
        by = {"_reko": members[: by["_reko"]]}
    periods: Any = question["periods"]
    if isinstance(periods, int):
        every = table.periods("M")["period_id"].tolist()
        periods = [*every[: periods - 1], every[-2]]
    ask = {"by": by, "periods": periods}
    expected = client_of(server, tmp_path / "other").read("y25i01", **ask)

    server.faults.refuse(**refusal)
    examine(client, pause=0)
    server.requests.clear()
    assert client.read("y25i01", **ask).equals(expected)
    assert {request.status for request in server.requests} == {200}


def test_a_long_address_is_refused_for_its_length_alone(server: Sandbox, tmp_path: Path) -> None:
    server.faults.refuse("address", beyond=1_000)
    told = seen(examined(server, tmp_path))["Addresses of 600, 1,200, 1,900 characters"]
    lengths = re.fullmatch(
        r"(1,8\d\d) refused \(HTTP 404, a page of the hosting\); "
        r"(1,1\d\d) refused \(HTTP 404, a page of the hosting\); (5\d\d) taken",
        told,
    )
    assert lengths is not None
    # Lists as long were taken in short addresses: the 1,200 were no other fault than the address.
    (longer, shorter) = kept(client_of(server, tmp_path))
    assert shorter.keys() == {"address"}
    assert 1_100 < shorter["address"] < 1_200
    assert longer["address"] > 1_800


def test_several_measures_of_a_group_are_tried_where_a_table_has_them(
    server: Sandbox, tmp_path: Path
) -> None:
    line = "Several measures of a group"
    assert seen(examined(server, tmp_path))[line].startswith("no table with them is at hand")
    assert seen(examined(server, tmp_path, table="Y01H01"))[line] == "taken (y01h01)"
    server.faults.refuse("measures", beyond=1)
    assert seen(examined(server, tmp_path, table="y01h01"))[line].startswith("refused (HTTP 422")
    assert kept(client_of(server, tmp_path)) == [{"measures": 2}]


def test_a_form_that_is_taken_again_is_no_longer_avoided(server: Sandbox, tmp_path: Path) -> None:
    server.faults.refuse("level")
    server.faults.refuse("members", beyond=20)
    examined(server, tmp_path)
    assert kept(client_of(server, tmp_path)) == [{"level": 1}, {"members": 60}]
    server.faults.clear()
    server.faults.refuse("level")
    examined(server, tmp_path)
    assert kept(client_of(server, tmp_path)) == [{"level": 1}]
    server.faults.clear()
    examined(server, tmp_path)
    assert kept(client_of(server, tmp_path)) == []


forms = st.sampled_from(
    ["members", "periods", "address", "level", "groups", "measures", "no area", "latest", "total"]
)


@settings(max_examples=12)
@given(st.dictionaries(forms, st.sampled_from([0, 1, 4, 19, 59, 700, 1_500]), max_size=9))
def test_whatever_is_refused_it_asks_little_and_keeps_only_what_it_saw(
    tmp_path_factory: pytest.TempPathFactory, refused: dict[str, int]
) -> None:
    directory = tmp_path_factory.mktemp("doctor")
    with ji.sandbox.serve() as api:
        for form, beyond in refused.items():
            api.faults.refuse(form, beyond=max(beyond, 200) if form == "address" else beyond)
        checkup = examined(api, directory)
        assert len(data(api)) == checkup.asked <= MOST_REQUESTS
        met = [r for r in data(api) if r.status != 200]
        for parts in kept(client_of(api, directory)):
            assert any(all(size <= part_sizes(r)[name] for name, size in parts.items()) for r in met), parts
        if not met:
            assert kept(client_of(api, directory)) == []


def part_sizes(request: Any) -> dict[str, int]:
    """The parts of a request as it came, counted anew."""
    query = request.query.replace("%2F", "/").replace("%2C", ",").replace("%3A", ":")
    parameters = [part.split("=") for part in query.split("&")]
    listed = {name: value.count(",") + 1 for name, value in parameters}
    return {
        "members": max(listed[name] for name, _ in parameters if name.startswith("hierarchy")) if "hierarchy" in query else 0,
        "periods": max(listed[name] for name, _ in parameters if name.startswith("period")),
        "measures": sum(listed[name] for name, _ in parameters if name.startswith("mgroup")),
        "level": int("level:" in query),
        "address": len(request.path) + len(request.query),
    }  # fmt: skip


# --- answers to something else ---------------------------------------------------------------------------------------


def rows_of(answer: Answer) -> dict[str, Any]:
    return json.loads(answer.response.body.decode("utf-8-sig"))


def with_rows(answer: Answer, document: Any) -> Answer:
    headers = answer.response.headers
    return Answer(Response(200, json.dumps(document).encode(), headers), answer.cells)


def test_a_list_that_is_cut_short_is_not_taken(server: Sandbox, tmp_path: Path) -> None:
    def first_twenty(target: str, answer: Answer) -> Answer:
        if "hierarchy._reko=/1/1/," not in target or answer.response.status != 200:
            return answer
        document = rows_of(answer)
        return with_rows(answer, document | {"rows": document["rows"][:20]})

    with answering_otherwise(server, first_twenty):
        found = seen(examined(server, tmp_path))
    assert found["Lists of 5, 20, 60 members"] == "60 answered, but with 20 of 60 members; 20 taken"
    assert {"members": 60} in kept(client_of(server, tmp_path))


def test_a_list_of_periods_that_is_cut_short_is_not_taken(server: Sandbox, tmp_path: Path) -> None:
    def first_thirty(target: str, answer: Answer) -> Answer:
        if "period.M=2023M01," not in target or answer.response.status != 200:
            return answer
        document = rows_of(answer)
        return with_rows(answer, document | {"rows": document["rows"][:30]})

    with answering_otherwise(server, first_thirty):
        told = seen(examined(server, tmp_path))["Lists of 5, 20, 60 periods"]
    assert told == "44 answered, but without some of the periods that were asked for; 20 taken (there are 44)"
    assert kept(client_of(server, tmp_path))[0] == {"periods": 44}


def test_no_more_is_asked_than_is_polite(
    server: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobindsats_pandas.doctor.visit.MOST_REQUESTS", 5)
    checkup = examined(server, tmp_path)
    assert len(data(server)) == checkup.asked == 5
    assert seen(checkup)["The rest"] == "5 questions were asked, and that is enough"
    assert seen(checkup)["Lists of 5, 20, 60 periods"] == "44 taken (there are 44)"


def test_a_list_that_is_ignored_is_not_taken_and_the_client_asks_otherwise(
    server: Sandbox, tmp_path: Path
) -> None:
    everything = rows_of(server.answer(*plain(server, "*")))

    def ignoring(target: str, answer: Answer) -> Answer:
        listed = re.search(r"period\.M=latest:1&hierarchy\._reko=/1/1/,", target)
        return with_rows(answer, everything) if listed else answer

    with answering_otherwise(server, ignoring):
        found = seen(examined(server, tmp_path))
        assert found["Lists of 5, 20, 60 members"].startswith("60 answered, but with other rows or columns")
        client = client_of(server, tmp_path)
        assert kept(client) == [{"members": 60}, {"members": 20}, {"members": 5}]
        members = client.table("y25i01").members("_reko")["member_id"]
        wanted = [member for member in members if member.startswith("/1/") and member != "/1/"][:20]
        assert len(client.read("y25i01", by={"_reko": wanted}, periods="latest:1")) == 20


def plain(api: Sandbox, members: str) -> tuple[str, str]:
    query = f"mgroup.*=*&period.M=latest:1&hierarchy._reko={members}&format=json"
    return f"/v3/data/y25i01?{query}", f"Bearer {api.token}"


def test_a_form_that_gives_other_figures_is_not_taken(server: Sandbox, tmp_path: Path) -> None:
    def one_more(target: str, answer: Answer) -> Answer:
        if "level:nykom" not in target or answer.response.status != 200:
            return answer
        document = rows_of(answer)
        return with_rows(
            answer, document | {"rows": [[*row[:2], (row[2] or 0) + 1, *row[3:]] for row in document["rows"]]}
        )

    with answering_otherwise(server, one_more):
        found = seen(examined(server, tmp_path))
    assert (
        found["`level:` brings the total too"] == "answered, but with other figures than the plain form gives"
    )
    assert kept(client_of(server, tmp_path)) == [{"level": 1}]


def test_a_form_that_is_answered_with_no_data_is_not_taken(server: Sandbox, tmp_path: Path) -> None:
    server.faults.add("html", times=None, path="level:nykom")
    checkup = examined(server, tmp_path)
    assert seen(checkup)["`level:` brings the total too"] == "answered, but not with data"
    assert kept(client_of(server, tmp_path)) == [{"level": 1}]
    assert checkup.asked > 5


# --- what a user can mend --------------------------------------------------------------------------------------------


def mend(checkup: Checkup) -> list[tuple[str, str]]:
    assert not checkup.sound
    found = [finding for finding in checkup.findings if finding.state == "mend"]
    assert all(finding.step for finding in found)
    return [(finding.assumption, finding.seen) for finding in found]


def test_a_refused_key_ends_it_at_once_and_is_never_shown(
    server: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBINDSATS_API_KEY", "a-wrong-key")
    client = ji.Client(base_url=server.url, cache_dir=tmp_path / "cache")
    checkup = examine(client, pause=0)
    assert mend(checkup) == [("The key may ask this", "no (HTTP 401), from JOBINDSATS_API_KEY")]
    assert len(server.requests) == 1
    assert "a-wrong-key" not in str(checkup) + checkup.report("1") + checkup.to_json()


def test_a_key_that_may_not_ask_for_data_ends_it_at_once(server: Sandbox, tmp_path: Path) -> None:
    server.faults.add("403-json", times=None, path="data/")
    assert mend(examined(server, tmp_path)) == [
        ("The key may ask this", "no (HTTP 403), given to the client")
    ]
    assert len(data(server)) == 1


def test_no_key_and_an_impossible_key_are_told(
    server: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = ji.Client(base_url=server.url, cache_dir=tmp_path / "cache")
    assert mend(examine(nobody, pause=0)) == [("A key is there, and the address is one", "no")]
    monkeypatch.setenv("JOBINDSATS_API_TOKEN", "Bearer secret")
    checkup = examine(pause=0)
    assert mend(checkup) == [("A key is there, and the address is one", "no")]
    assert "secret" not in str(checkup) + checkup.report("1")
    assert server.requests == []


@pytest.mark.parametrize(
    ("hours", "told"), [(3, "180 minutes ahead of the API's"), (-2, "120 minutes behind the API's")]
)
def test_a_wrong_clock_is_told(server: Sandbox, tmp_path: Path, hours: int, told: str) -> None:
    checkup = examined(server, tmp_path, clock=lambda: datetime.now(UTC) + timedelta(hours=hours))
    assert mend(checkup) == [("This machine's clock is right", told)]


def test_a_server_that_does_not_tell_the_time_is_no_fault(
    server: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("http.server.BaseHTTPRequestHandler.date_time_string", lambda *_: "noon")
    checkup = examined(server, tmp_path)
    assert checkup.sound
    assert seen(checkup)["This machine's clock is right"] == "the answer does not tell the time"


def test_a_cache_that_cannot_be_written_is_told(server: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the directory should be")
    checkup = examined(server, tmp_path)
    ((what, told),) = mend(checkup)
    assert (what, told) == ("The cache can be written", "it cannot (NotADirectoryError)")
    assert checkup.asked > 5
    assert str(tmp_path) in "".join(str(checkup).split())
    assert str(tmp_path) not in checkup.report("1")


def test_a_cache_that_others_may_write_is_told(server: Sandbox, tmp_path: Path) -> None:
    place = Path(client_of(server, tmp_path).cache.path)
    place.mkdir(parents=True)
    place.chmod(0o777)
    ((what, told),) = mend(examined(server, tmp_path))
    assert what == "The cache can be written"
    assert told.endswith("others may write there too")


def test_where_the_system_keeps_rights_in_another_way_the_cache_is_nobodys(
    server: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = client_of(server, tmp_path)
    Path(client.cache.path).mkdir(parents=True)
    Path(client.cache.path).chmod(0o777)
    monkeypatch.delattr(os, "getuid", raising=False)  # as on Windows
    checkup = Checkup(AFTERNOON)
    look_at_the_cache(client, checkup)
    assert checkup.sound
    assert seen(checkup)["The cache can be written"] == "it can; 0 answers, 0.0 MB"


def test_proxies_and_certificates_are_shown_without_passwords(
    server: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "http://anne:hemmeligt@proxy.firma.dk:8080")
    monkeypatch.setenv("ALL_PROXY", "bo:p@ss@other.firma.dk:80")
    checkup = examined(server, tmp_path)
    assert checkup.sound
    assert seen(checkup)["Proxies"] == "https_proxy, ALL_PROXY set"
    shown = " ".join(str(checkup).split())
    assert "http://proxy.firma.dk:8080" in shown
    assert "ALL_PROXY=other.firma.dk:80" in shown
    assert not re.search("anne|hemmeligt|p@ss|bo:", str(checkup))
    assert "firma" not in checkup.report("1")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "gone.pem"))
    ((what, told),) = mend(examined(server, tmp_path))
    assert (what, told) == ("Certificates", "REQUESTS_CA_BUNDLE names a file that is not there")


def test_the_closed_hour_is_named_when_it_is_now(server: Sandbox, tmp_path: Path) -> None:
    closed = examined(server, tmp_path, clock=lambda: datetime(2026, 11, 25, 21, 30, tzinfo=UTC))
    assert seen(closed)["The API may be closed from 22:00 to 23:00"] == "it is that hour now, in Danish time"
    assert not any("closed" in line for line in seen(examined(server, tmp_path, clock=lambda: AFTERNOON)))


def test_an_api_that_is_closed_is_told_so(
    server: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "jobindsats_pandas.transport.session.opening_moment",
        lambda _: datetime.now(UTC) + timedelta(minutes=20),
    )
    server.faults.closed = True
    checkup = examine(client_of(server, tmp_path, closed_hour=True), pause=0)
    assert mend(checkup) == [("The API answers", "not to request 1 (HTTP 503)")]
    assert "after 23:00" in checkup.findings[-1].step
    assert len(server.requests) == 1


def test_an_api_that_is_down_is_left_alone(server: Sandbox, tmp_path: Path) -> None:
    server.faults.add("403-html", times=None)
    checkup = examined(server, tmp_path)
    assert mend(checkup) == [("The API answers", "not to request 1 (HTTP 403)")]
    assert len(server.requests) == 2


def test_a_single_refusal_of_the_hosting_is_passed_over(server: Sandbox, tmp_path: Path) -> None:
    server.faults.add("403-html", path="data/", after=3)
    checkup = examined(server, tmp_path)
    assert checkup.sound
    assert checkup.asked == len(data(server)) - 1


@pytest.mark.parametrize("kind", ["reset", "503", "403-html"])
def test_what_was_seen_before_the_network_failed_is_told_and_kept(
    server: Sandbox, tmp_path: Path, kind: str
) -> None:
    server.faults.refuse("level")
    server.faults.refuse("periods", beyond=10)
    server.faults.add(kind, times=None, path="data/", after=6)  # …, 60 members, 44 periods, 20 periods
    checkup = examined(server, tmp_path)
    assert mend(checkup)[0][0] == "The API answers"
    found = seen(checkup)
    assert found["Lists of 5, 20, 60 members"] == "60 taken"
    assert found["`level:` brings the total too"].startswith("refused (HTTP 422")
    # After the last refusals nothing was answered: the form may not be the reason.
    assert kept(client_of(server, tmp_path)) == [{"level": 1}]
    assert "not the last 2 refusals" in found["Kept for the client"]
    assert len(data(server)) == 8


def test_an_api_that_refuses_everything_from_a_moment_on_teaches_nothing(
    server: Sandbox, tmp_path: Path
) -> None:
    server.faults.add("404", times=None, path="data/", after=3)
    checkup = examined(server, tmp_path)
    assert kept(client_of(server, tmp_path)) == []
    assert checkup.asked <= MOST_REQUESTS


def test_a_catalogue_that_is_none_is_told(server: Sandbox, tmp_path: Path) -> None:
    server.faults.add("404", times=None, path="tables")
    assert mend(examined(server, tmp_path)) == [("The catalogue comes", "no (HTTP 404)")]


def test_metadata_that_do_not_come_are_no_end(server: Sandbox, tmp_path: Path) -> None:
    server.faults.add("404", times=None, path="table/ptv_a02")
    found = seen(examined(server, tmp_path))
    assert found["The metadata of ptv_a02 come"] == "refused (HTTP 404)"
    assert found["`latest:` of QMAT"].startswith("no table with it is at hand")
    assert found["`latest:` of MYTD"] == "taken (y25i06b)"
    server.faults.add("404", times=None, path="table/")
    assert examined(server, tmp_path).asked == 0


def test_a_month_that_is_announced_before_its_rows_accuses_no_form(server: Sandbox, tmp_path: Path) -> None:
    server.faults.withhold("2026M08")
    found = seen(examined(server, tmp_path))
    assert not any("refused" in told or "answered, but" in told for told in found.values())
    assert found["Lists of 5, 20, 60 members"] == "60 taken"
    assert found["Lists of 5, 20, 60 periods"] == "43 taken (there are 43)"
    assert kept(client_of(server, tmp_path)) == []


def table_of(rows: Any, dimensions: list[dict[str, Any]], periods: int = 2) -> FixedTable:
    values = [{"period_id": f"{2020 + year}Y01", "period_name": str(2020 + year)} for year in range(periods)]
    return FixedTable(
        {
            "table_id": "x01",
            "table_name": "En tabel",
            "update_freq": "Y",
            "periods": [{"periodtype_id": "Y", "periodtype_name": "År", "values": values}],
            "mgroups": [
                {
                    "mgroup_id": "g",
                    "mgroup_name": "G",
                    "measures": [{"measure_id": "m", "measure_name": "Antal"}],
                }
            ],
            "dimensions": dimensions,
        },
        rows=rows,
    )


def test_a_table_without_dimensions_leaves_most_untried(server: Sandbox, tmp_path: Path) -> None:
    server.tables["x01"] = table_of([("2020Y01", 5), ("2021Y01", 6)], [])
    try:
        found = seen(examined(server, tmp_path, table="x01"))
    finally:
        del server.tables["x01"]
    assert found["Lists, levels and addresses"] == "the table has no area total, or no members"
    assert found["A question without an area"] == "the table has none"
    assert found["`latest:` of QMAT"] == "taken (ptv_a02)"


def test_a_table_that_has_a_rare_period_type_itself_is_asked_for_it(server: Sandbox, tmp_path: Path) -> None:
    found = seen(examined(server, tmp_path, table="ptv_a02"))
    assert found["`latest:` of QMAT"].endswith("(ptv_a02)")
    assert found["`latest:` of MYTD"] == "taken (y25i06b)"
    assert not any("y25i01" in told for told in found.values())


def test_a_table_without_measures_leaves_everything_untried(server: Sandbox, tmp_path: Path) -> None:
    levels = [{"level_id": "r", "level_name": "R", "values": [{"value_id": "/1/", "value_name": "Nord"}]}]
    region = {"hierarchy_id": "_region", "hierarchy_name": "Region", "levels": levels}
    area = {"dimension_id": "_omrade", "dimension_name": "Område", "hierarchies": [region]}
    empty = table_of([], [area])
    empty.metadata["mgroups"] = []
    server.tables["x01"] = empty
    try:
        found = seen(examined(server, tmp_path, table="x01"))
    finally:
        del server.tables["x01"]
    assert found["Lists, levels and addresses"] == "the table has no area total, or no members"
    assert "A question without an area" not in found
    assert not [request for request in data(server) if "x01" in request.path]


def test_a_small_table_is_tried_as_far_as_it_goes(server: Sandbox, tmp_path: Path) -> None:
    names = {"/": "Hele landet", "/1/": "Nord", "/2/": "Syd"}
    values = [{"value_id": path, "value_name": name} for path, name in names.items()]
    levels = [{"level_id": "region", "level_name": "Region", "values": values}]
    region = {"hierarchy_id": "_region", "hierarchy_name": "Region", "levels": levels}
    area = {"dimension_id": "_omrade", "dimension_name": "Område", "hierarchies": [region]}
    rows = [
        (f"{year}Y01", name, number) for year in (2020, 2021) for number, name in enumerate(names.values(), 7)
    ]
    server.tables["x01"] = table_of(rows, [area])
    try:
        found = seen(examined(server, tmp_path, table="x01"))
        assert found["Lists of 5, 20, 60 members"] == "2 taken (there are 2)"
        assert (
            found["Addresses of 600, 1,200, 1,900 characters"] == "the lists that are taken make none so long"
        )
        assert (
            "no decimal number came; no cell is hidden" in found["CSV has a decimal comma, hidden is empty"]
        )
        server.tables["x01"] = table_of(
            [row for row in rows if row[0] == "2020Y01" and row[1] == "Syd"], [area]
        )
        found = seen(examined(server, tmp_path, table="x01"))
        assert found["`/` alone, the newest periods"] == "answered, but without a row"
    finally:
        del server.tables["x01"]


def test_a_plain_form_that_is_refused_ends_only_what_builds_on_it(server: Sandbox, tmp_path: Path) -> None:
    server.faults.add("422", times=None, path="_reko=*")
    found = seen(examined(server, tmp_path))
    assert found["`*` brings every member"].startswith("refused (HTTP 422")
    assert "Lists of 5, 20, 60 members" not in found
    assert found["Several `mgroup.` parameters"] == "taken (y25i01)"


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("404", "refused (HTTP 404: Fault on demand.)"),
        ("html", "answered, but not with the columns that JSON has"),
    ],
)
def test_csv_that_is_none_is_told(server: Sandbox, tmp_path: Path, fault: str, told: str) -> None:
    server.faults.add(fault, times=None, path="format=csv")
    assert seen(examined(server, tmp_path))["CSV has a decimal comma, hidden is empty"] == told


def test_a_catalogue_that_cannot_be_read_is_told(server: Sandbox, tmp_path: Path) -> None:
    def change(target: str, answer: Answer) -> Answer:
        return with_rows(answer, [{"table_groups": 3}]) if "/tables" in target else answer

    with answering_otherwise(server, change):
        assert mend(examined(server, tmp_path)) == [("The catalogue comes", "no (HTTP 200)")]


# --- the report ------------------------------------------------------------------------------------------------------


def test_the_report_gives_nothing_away(server: Sandbox, tmp_path: Path) -> None:
    words = f"Ukendt område: København i {Path.home()}, nøgle {server.token}, æøå"
    server.faults.refuse("members", beyond=20, cause=words)
    client = client_of(server, tmp_path)
    checkup = examine(client, pause=0)
    report = checkup.report("9.9")
    assert "9.9" in report.splitlines()[0]
    assert "Ukendt område: … i ~, nøgle ***, æøå" in " ".join(report.split())
    for told in (report, checkup.to_json()):
        names = client.table("y25i01").members("_reko")["member_name"]
        for private in (server.token, str(Path.home()), str(tmp_path), server.url, *names):
            assert private not in told
        assert not re.search(rf"\b{re.escape(getpass.getuser())}\b", told)
    assert json.loads(checkup.to_json())["sound"] is True


def test_the_table_is_aligned_within_its_width_with_danish_letters(server: Sandbox, tmp_path: Path) -> None:
    server.faults.refuse("members", beyond=3, cause="Æblegrød på øen " * 9)
    lines = str(examined(server, tmp_path)).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert any("Æblegrød på øen" in line for line in lines)
    head, rule = lines[:2]
    column = head.index("seen")
    assert rule[column - 2 : column] == "  "
    assert all(line[column - 2 : column].strip() == "" for line in lines)


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def in_a_shell(server: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    monkeypatch.setenv("JOBINDSATS_API_TOKEN", server.token)
    monkeypatch.setenv("JOBINDSATS_API_URL", server.url)
    monkeypatch.setenv("JOBINDSATS_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("jobindsats_pandas.doctor.visit.time.sleep", lambda seconds: None)
    return server


def test_the_command_prints_the_table_and_writes_a_report_beside_others(
    in_a_shell: Sandbox, tmp_path: Path, capsys: Any
) -> None:
    for _ in range(2):
        assert main(["doctor"]) == 0
    printed = capsys.readouterr()
    assert "yes, from JOBINDSATS_API_TOKEN" in printed.out
    first, second = sorted(tmp_path.glob("jobindsats-doctor-*.txt"), key=lambda path: len(path.name))
    assert second.name == f"{first.stem}-2.txt"
    assert str(second.name) in printed.err
    assert in_a_shell.token not in printed.out + printed.err + first.read_text(encoding="utf-8")
    assert main(["doctor", "--json", "--table", "y01h01", "--out", "rapport æøå.txt"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert any(f["seen"].startswith("y01h01") for f in found["findings"])
    assert "jobindsats doctor" in (tmp_path / "rapport æøå.txt").read_text(encoding="utf-8")


def test_the_command_ends_with_1_where_something_has_to_be_mended(
    in_a_shell: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    assert main(["doctor", "--table", "y25i0l"]) == 1
    assert "Did you mean" in capsys.readouterr().err
    asked = len(in_a_shell.requests)
    assert main(["doctor", "--out", "nowhere/x.txt"]) == 1
    assert capsys.readouterr().err == "jobindsats: nowhere/x.txt: There is no folder to write it into\n"
    assert len(in_a_shell.requests) == asked
    monkeypatch.setenv("JOBINDSATS_API_TOKEN", "wrong")
    assert main(["doctor"]) == 1
    assert "Next: Ask jobindsats@star.dk" in capsys.readouterr().out


def test_it_pauses_between_requests_and_sends_one_at_a_time(
    server: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("jobindsats_pandas.doctor.visit.time.sleep", pauses.append)
    examine(client_of(server, tmp_path), pause=0.25)
    assert pauses == [0.25] * (len(server.requests) - 1)
