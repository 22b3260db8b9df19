"""Questions over real sockets: the frame equals the population, the second run sends nothing, errors say what to do."""

from __future__ import annotations

import json
import pickle
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING, Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from frames import same_frames
from hypothesis import given, settings
from requests_cache import CachedSession

import jobindsats_pandas as ji
from jobindsats_pandas import asking, row_columns
from jobindsats_pandas.client import Client
from jobindsats_pandas.disclosure import CellStatus
from jobindsats_pandas.errors import (
    ConfigurationError,
    NotCachedError,
    PayloadError,
    QueryError,
    QueryWarning,
    ServiceError,
    StaleDataWarning,
    TooLargeError,
)
from jobindsats_pandas.transport.storage import KeptResponse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TABLES = ["y25i01", "y01c01", "y01h01", "y28a15", "y14d03", "ptv_a02", "y01u01", "y25i14", "y30r21"]


@pytest.fixture(scope="module", params=["inside", "apart", "unlisted"])
def api(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A sandbox in each world: the metadata list the total inside its level, in a level of its own, or nowhere."""
    with ji.sandbox.serve(levels=request.param) as server:
        yield server


@pytest.fixture(scope="module")
def shared_client(api: Any, tmp_path_factory: Any) -> Client:
    return Client(token=api.token, base_url=api.url, cache_dir=tmp_path_factory.mktemp("cache"))


@st.composite
def questions(draw: Any, client: Client) -> dict[str, Any]:
    """Any valid question of moderate size: table, by, periods, measures."""
    table = client.table(draw(st.sampled_from(TABLES)))
    by: dict[str, Any] = {}
    for dimension in table.structure:
        hierarchy = draw(st.sampled_from(dimension.hierarchies))
        how = draw(st.sampled_from(["none", "none", "total", "members", "level", "*"]))
        small = len(hierarchy.members) <= 30
        if how == "total":
            by[hierarchy.id] = "total"
        elif how == "level" and small:
            by[hierarchy.id] = f"level:{draw(st.sampled_from(hierarchy.levels)).id}"
        elif how == "*" and small and len(by) < 2:
            by[hierarchy.id] = "*"
        elif how != "none":
            codes = draw(st.sets(st.integers(0, len(hierarchy.members) - 1), min_size=1, max_size=4))
            texts = [draw(st.sampled_from([hierarchy.members[c].path, hierarchy.labels[c]])) for c in codes]
            by[hierarchy.id] = draw(st.permutations(texts))
    period_type = draw(st.sampled_from(table.period_types))
    count = draw(st.integers(1, min(3, len(period_type.periods))))
    periods = draw(
        st.one_of(
            st.just(count),
            st.lists(st.sampled_from(period_type.periods), min_size=1, max_size=3, unique=True),
        ),
    )
    measures = draw(
        st.one_of(st.none(), st.sets(st.sampled_from([m.id for m in table.all_measures]), min_size=1))
    )
    return {
        "table": table.id,
        "by": by,
        "periods": periods,
        "period_type": period_type.id,
        "measures": None if measures is None else sorted(measures),
    }


def cell_path(client: Client, frame: pd.DataFrame) -> Any:
    """For each row of a wide frame: period id and {hierarchy: path}."""
    provenance = frame.attrs["jobindsats"]
    table = client.table(provenance["table"])
    period_type = table.period_type(provenance["period_type"])
    names = table.periods(period_type.id)
    ids = dict(zip(names["period"], names["period_id"], strict=True))
    columns = {
        name: table.hierarchy(hierarchy)
        for name, (_, hierarchy) in provenance["columns"]["dimensions"].items()
    }
    for _, row in frame.iterrows():
        members = {h.id: h.members[h.codes_by_label[row[name]]].path for name, h in columns.items()}
        yield ids[row.iloc[0]], members


@settings(max_examples=25)
@given(data=st.data())
def test_the_frame_equals_the_population_and_hides_what_the_rule_hides(
    data: Any, api: Any, shared_client: Client
) -> None:
    question = data.draw(questions(shared_client))
    frame = shared_client.read(**question)
    table = shared_client.table(question["table"])
    population = api.population[question["table"]]
    measures = [m for m in table.all_measures if question["measures"] is None or m.id in question["measures"]]
    places = list(cell_path(shared_client, frame))
    rng = random.Random(len(places))
    for position in rng.sample(range(len(places)), min(25, len(places))):
        period, members = places[position]
        for measure in measures:
            published = population.published(measure.id, period, members)
            cell = frame[measure.column].array[position : position + 1]
            assert published != "absent"
            if published is None:
                assert cell.status[0] in {CellStatus.DISCRETIONISED, CellStatus.NOT_AVAILABLE}
                assert cell.isna()[0]
            else:
                assert cell.status[0] in {CellStatus.OBSERVED, CellStatus.ROUNDED}
                assert cell[0] == pytest.approx(published)


@settings(max_examples=10)
@given(data=st.data())
def test_shuffling_a_question_changes_neither_the_frame_nor_the_cache(
    data: Any, api: Any, shared_client: Client
) -> None:
    question = data.draw(questions(shared_client))
    frame = shared_client.read(**question)
    shuffled = dict(question)
    shuffled["by"] = dict(data.draw(st.permutations(list(question["by"].items()))))
    shuffled["by"] = {
        name: members if isinstance(members, str) else data.draw(st.permutations(members))
        for name, members in shuffled["by"].items()
    }
    if question["measures"]:
        shuffled["measures"] = data.draw(st.permutations(question["measures"]))
    if isinstance(question["periods"], list):
        shuffled["periods"] = data.draw(st.permutations(question["periods"]))
    sent = len(api.requests)
    again = shared_client.read(**shuffled)
    assert len(api.requests) == sent
    pd.testing.assert_frame_equal(again, frame)


@settings(max_examples=10)
@given(data=st.data())
def test_wide_and_long_hold_the_same_cells(data: Any, shared_client: Client) -> None:
    question = data.draw(questions(shared_client))
    wide = shared_client.read(**question)
    long = shared_client.read(**question, layout="long")
    labels = len(long.columns) - 3
    measures = wide.columns[labels:]
    assert len(long) == len(wide) * len(measures)
    for number, measure in enumerate(measures):
        part = long.iloc[number :: len(measures)]
        assert set(part["measure"]) <= {measure}
        left, right = part["value"].array, wide[measure].array
        assert left.status.tolist() == right.status.tolist()
        assert left.addresses.tolist() == right.addresses.tolist()
        assert np.array_equal(left.numbers[left.visible], right.numbers[right.visible])
        assert [CellStatus(s).label for s in left.status] == part["status"].to_list()


@settings(max_examples=8)
@given(data=st.data(), cells=st.integers(1, 60))
def test_a_split_question_gives_the_same_frame(
    data: Any, api: Any, shared_client: Client, cells: int
) -> None:
    question = data.draw(questions(shared_client))
    whole = shared_client.read(**question)
    plan = shared_client.plan(**question)
    limit = max(cells, plan.cells // 20, len(plan.measures))
    split = Client(token=api.token, base_url=api.url, cache_dir=shared_client.cache.path, max_cells=limit)
    pd.testing.assert_frame_equal(split.read(**question), whole)


def test_the_second_identical_call_sends_nothing(api: Any, client: Client) -> None:
    first = ji.read_jobindsats("Y25I01", by="_nykom", periods="latest:3", client=client)
    sent = len(api.requests)
    second = ji.read_jobindsats("y25i01", by="_nykom", periods="latest:3", client=client)
    assert len(api.requests) == sent
    pd.testing.assert_frame_equal(first, second)
    assert not first.attrs["jobindsats"]["from_cache"]
    assert second.attrs["jobindsats"]["from_cache"]


def test_refresh_asks_again_and_offline_asks_nobody(api: Any, client: Client) -> None:
    with pytest.raises(NotCachedError):
        client.read("y28a15", offline=True)
    client.read("y28a15")
    sent = len(api.requests)
    client.read("y28a15", offline=True)
    assert len(api.requests) == sent
    client.read("y28a15", refresh=True)
    assert len(api.requests) > sent
    with pytest.raises(QueryError, match="take one of them"):
        client.read("y28a15", refresh=True, offline=True)


def test_bad_questions_are_refused_before_data_are_asked_for(api: Any, client: Client) -> None:
    client.table("y25i01")
    sent = len(api.requests)
    for question in (
        {"by": "Kommunne"},
        {"by": {"_nykom": "Aarhuss"}},
        {"periods": "2031M01"},
        {"measures": "Antal ledige persner"},
        {"layout": "tall"},
        {"additive": {"Antal ledige personer": "stok"}},
    ):
        with pytest.raises(QueryError):
            client.read("y25i01", **question)
    assert len(api.requests) == sent


def test_an_unknown_table_is_refused_with_the_nearest(client: Client) -> None:
    with pytest.raises(QueryError, match=r"no table 'y25i1'.*'y25i01'"):
        client.read("y25i1")
    with pytest.raises(QueryError, match="no table"):
        client.table("ingen sådan måling")
    with pytest.raises(QueryError, match="table=25: give the id or name of a table"):
        client.table(25)


def test_a_table_can_be_asked_for_by_name(client: Client) -> None:
    name = client.table("y01h01").name
    assert client.table(name.upper()).id == "y01h01"


def test_a_name_of_one_word_is_looked_up_too_and_an_id_that_cannot_be_asked_for_is_told(
    tmp_path: Any,
) -> None:
    tables = {
        table_id: ji.sandbox.FixedTable(
            {**x01([]).metadata, "table_id": table_id, "table_name": name}, rows=[]
        )
        for table_id, name in (("x01", "Sygedagpenge"), ("x-02", "Jobrotation"), ("abc", "Fleksjob"))
    }
    with ji.sandbox.serve(tables=tables) as api:
        client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        assert client.table("sygedagpenge").id == "x01"
        assert client.table("ABC").id == "abc"
        sent = len(api.requests)
        assert client.table("Sygedagpenge").id == "x01"
        assert len(api.requests) == sent
        with pytest.raises(QueryError, match=r"no table 'sygedagpeng'.* Did you mean 'Sygedagpenge'"):
            client.table("sygedagpeng")
        for unaskable in ("x-02", "jobrotation"):
            with pytest.raises(QueryError, match="ids of tables are made of a-z, 0-9 and _"):
                client.table(unaskable)


def test_attrs_are_plain_json_and_short(client: Client) -> None:
    with pytest.warns(
        QueryWarning, match=r"add up to .*additive= names a wrong kind"
    ):  # persons are no stock
        frame = client.read(
            "y30r21",
            by={"_nykom": "*", "_aldera": "*", "_kon": "*"},
            periods="latest:1",
            additive={"Antal personer": "stock"},
        )
    text = json.dumps(frame.attrs["jobindsats"])
    assert len(text.encode()) < 4096
    provenance = json.loads(text)
    assert provenance == frame.attrs["jobindsats"]
    assert provenance["table"] == "y30r21"
    assert provenance["table_name"].endswith("(syntetisk)")
    assert provenance["by"] == {"_nykom": "*", "_aldera": "*", "_kon": "*"}
    assert provenance["area"] is None
    assert provenance["additive"] == {"Antal personer": "stock"}


def test_a_long_list_of_members_is_counted_in_attrs(client: Client) -> None:
    members = [member.path for member in client.table("y25i01").hierarchy("_nykom").members[1:60]]
    frame = client.read("y25i01", by={"_nykom": members}, periods=1)
    assert frame.attrs["jobindsats"]["by"] == {"_nykom": "59 members"}
    assert client.read("y25i01", by={"_nykom": members[:2]}, periods=1).attrs["jobindsats"]["by"] == {
        "_nykom": members[:2],
    }


def test_an_area_nobody_asked_for_is_sent_and_not_shown(api: Any, client: Client) -> None:
    frame = client.read("y25i01", by="A-kasse", periods=1)
    area = frame.attrs["jobindsats"]["area"]
    assert f"hierarchy.{area}=/&" in api.requests[-1].query
    assert "Område" not in frame
    # The first hierarchy that lists its total.
    assert area == (
        "_nykom" if client.table("y25i01").hierarchy("_nykom").total == "listed" else "_hele_landet"
    )


def test_nulls_that_the_answer_explains_cost_no_further_request(api: Any, client: Client) -> None:
    client.read(
        "y14d03", by={"_ygrpi09": "total"}, periods=1
    )  # what the total is called is known from here on
    sent = len(api.requests)
    frame = client.read("y14d03", by={"_ygrpi09": "*"}, periods=6)
    assert len(api.requests) == sent + 1
    late = frame["Periode"] >= pd.Period("2026-06", "M")
    column = frame.columns[3]
    assert set(frame.loc[late, column].array.status) == {CellStatus.NOT_AVAILABLE}
    assert CellStatus.NOT_AVAILABLE not in set(frame.loc[~late, column].array.status)


@pytest.mark.parametrize(("levels", "requests"), [("inside", 1), ("apart", 2)])
def test_nulls_that_the_answer_does_not_explain_cost_one_small_request(
    levels: Any, requests: int, tmp_path: Any
) -> None:
    with ji.sandbox.serve(levels=levels) as api:
        client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        _nulls_are_explained(api, client, requests)


def _nulls_are_explained(api: Any, client: Client, requests: int) -> None:
    client.table("y14d03")
    sent = len(api.requests)
    frame = client.read("y14d03", by="_nykom", periods=6)
    # An answer to a level that brings the total's row explains its nulls itself.
    assert len(api.requests) == sent + requests
    assert ("hierarchy._nykom=/&" in api.requests[-1].query + "&") is (requests == 2)
    late = frame["Periode"] >= pd.Period("2026-06", "M")
    for column in frame.columns[3:]:
        assert set(frame.loc[late, column].array.status) == {CellStatus.NOT_AVAILABLE}
        assert CellStatus.NOT_AVAILABLE not in set(frame.loc[~late, column].array.status)
    again = len(api.requests)
    client.read("y14d03", by="_nykom", periods=6)
    assert len(api.requests) == again


def test_older_periods_alone_are_told_apart_by_the_newest(client: Client) -> None:
    frame = client.read("y14d03", by="_nykom", periods="2026M06")
    assert set(frame.iloc[:, 3].array.status) == {CellStatus.NOT_AVAILABLE}
    earlier = client.read("y14d03", by="_nykom", periods="2026M05")
    assert CellStatus.NOT_AVAILABLE not in set(earlier.iloc[:, 3].array.status)


def test_a_member_unknown_to_the_metadata_is_looked_up_once_and_then_an_error(tmp_path: Any) -> None:
    metadata = {
        "table_id": "x01",
        "periods": [{"periodtype_id": "M", "values": [{"period_id": "2026M01"}]}],
        "mgroups": [{"mgroup_id": "g", "measures": [{"measure_id": "m", "measure_name": "Antal personer"}]}],
        "dimensions": [
            {
                "dimension_id": "_kon",
                "dimension_name": "Køn",
                "hierarchies": [
                    {
                        "hierarchy_id": "_kon",
                        "levels": [
                            {
                                "level_id": "1",
                                "values": [
                                    {"value_id": "/", "value_name": "Køn i alt"},
                                    {"value_id": "/1/", "value_name": "Mænd"},
                                ],
                            },
                        ],
                    },
                ],
            },
        ],
    }
    answer = {"columns": ["Periode", "Køn", "Antal personer"], "rows": [["2026M01", "Kvinder", 7]]}
    table = ji.sandbox.FixedTable(metadata, rows=lambda _: answer)
    with ji.sandbox.serve(tables={"x01": table}) as api:
        client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        with pytest.raises(PayloadError, match="Kvinder"):
            client.read("x01", by="_kon")
        asked = [request.path.rpartition("/v3/")[2] for request in api.requests]
        assert asked == ["table/x01", "data/x01"] * 2
        level = metadata["dimensions"][0]["hierarchies"][0]["levels"][0]
        level["values"].append({"value_id": "/2/", "value_name": "Kvinder"})
        api.tables["x01"] = ji.sandbox.FixedTable(metadata, rows=lambda _: answer)
        assert client.read("x01", by="_kon")["Køn"].to_list() == ["Kvinder"]


def test_more_requests_than_allowed_are_refused_before_any_is_sent(api: Any) -> None:
    client = Client(token=api.token, base_url=api.url, max_cells=100)
    client.table("y30r21")
    sent = len(api.requests)
    with pytest.raises(TooLargeError, match="max_requests="):
        client.read("y30r21", by="_nykom", periods="*", max_requests=119)
    assert len(api.requests) == sent


def test_a_question_that_times_out_is_halved(api: Any, tmp_path: Any) -> None:
    truth = Client(token=api.token, base_url=api.url, cache_dir=tmp_path / "truth").read(
        "y25i01", by="_nykom", periods=12
    )
    with ji.sandbox.serve() as slow:
        slow.faults.limit(1_500, "504")
        client = Client(token=slow.token, base_url=slow.url, cache_dir=tmp_path / "slow")
        frame = client.read("y25i01", by="_nykom", periods=12)
        assert all(
            request.cells <= 1_500 for request in slow.requests if request.status == 200 and request.cells
        )
    pd.testing.assert_frame_equal(frame, truth)


def test_asking_for_more_periods_than_exist_takes_all_and_warns(client: Client) -> None:
    with pytest.warns(QueryWarning, match="latest:99"):
        frame = client.read("y28a15", periods="latest:99")
    assert len(frame) == 16


def test_a_failing_api_is_answered_from_the_disk_with_a_warning(tmp_path: Any) -> None:
    with ji.sandbox.serve() as api:
        client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        first = client.read("y28a15")
        api.faults.add("401", times=None)
        with pytest.raises(ji.errors.AuthenticationError):
            client.read("y28a15", refresh=True)
    with pytest.warns(StaleDataWarning):
        again = client.read("y28a15", refresh=True)
    pd.testing.assert_frame_equal(first, again)
    assert again.attrs["jobindsats"]["stale"]


def test_settings_come_from_the_environment(api: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBINDSATS_API_KEY", api.token)
    monkeypatch.setenv("JOBINDSATS_API_URL", api.url)
    monkeypatch.setenv("JOBINDSATS_CACHE_DIR", str(tmp_path / "here"))
    assert ji.table("y25i01").id == "y25i01"
    assert ji.Client().cache.path == tmp_path / "here" / "loopback"
    assert len(ji.subjects()) == 8


def test_without_a_key_the_error_says_how_to_get_one() -> None:
    with pytest.raises(ConfigurationError, match="jobindsats@star"):
        Client(base_url="https://api.jobindsats.dk/v3", cache_dir="nowhere").subjects()


def test_a_key_by_another_name_is_told_where_it_goes():
    with pytest.raises(
        TypeError, match=r"takes no key=; the key is token=, the address base_url=.*offline= and"
    ):
        Client(key="secret")


def test_a_client_shows_and_pickles_no_key(api: Any) -> None:
    client = Client(token=api.token, base_url=api.url)
    assert api.token not in repr(client)
    assert api.token.encode() not in pickle.dumps(client)
    assert pickle.loads(pickle.dumps(client)).base_url == client.base_url


def test_search_finds_by_id_name_subject_and_measure(client: Client) -> None:
    everything = client.tables()
    assert everything.columns.to_list() == [
        "table_id",
        "table_name",
        "subject",
        "update_freq",
        "update_latest",
        "update_next",
        "link_tablepage",
        "link_infopage",
    ]
    assert everything.set_index("table_id").loc["y28a15", "update_latest"].date() == date(2025, 12, 16)
    assert everything["table_id"].is_unique
    assert client.tables("Y25I01")["table_id"].to_list() == ["y25i01"]
    assert "y01h01" in client.tables("dagpengemodtagere sanktioner")["table_id"].to_list()


def test_mixed_updates_never_join(tmp_path: Any) -> None:
    with ji.sandbox.serve() as api:
        client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path, max_cells=500)
        question = {"table": "y25i01", "by": "_nykom", "periods": ["2026M06", "2026M07", "2026M08"]}
        old = client.read(**question)
        api.revise("y25i01", "2026-10-08", "2026-11-05")
        client.table("y25i01", refresh=True)
        sent = len(api.requests)
        new = client.read(**question)
        assert len(api.requests) > sent
        fresh = Client(token=api.token, base_url=api.url, cache_dir=tmp_path / "fresh").read(**question)
        pd.testing.assert_frame_equal(new, fresh)
        assert not new.equals(old)
        api.revise("y25i01", "2026-11-05", "2026-12-03")
        client.table("y25i01", refresh=True)
        api.faults.add("500", times=None, path="data/", after=1)
        with pytest.warns(StaleDataWarning), pytest.raises(ServiceError, match="different updates"):
            client.read(**question)


class Large:
    """A table of 84 by 100 members, 60 months and 4 measures, hidden cells among them: two million cells in moments."""

    def __init__(self) -> None:
        self.periods = [f"{2020 + month // 12}M{month % 12 + 1:02d}" for month in range(60)]
        self.names = {"Sted": [f"Sted {n}" for n in range(83)], "Gruppe": [f"Gruppe {n}" for n in range(99)]}
        self.head = ["Periode", *self.names, *(f"Antal sager {n}" for n in range(4))]
        sted, gruppe = (["I alt", *names] for names in self.names.values())
        pairs = [f'"{one}","{other}",' for one in sted for other in gruppe]
        self.rows = {}
        for number, period in enumerate(self.periods):
            counts = np.random.default_rng(number).integers(0, 900, (len(pairs), 4)).astype(str)
            counts[np.random.default_rng(-number - 1 & 0xFFFF).random(counts.shape) < 0.1] = "null"
            lines = (
                f'["{period}",{pair}{",".join(row)}]'
                for pair, row in zip(pairs, counts.tolist(), strict=True)
            )
            self.rows[period] = ",".join(lines)

    def metadata(self) -> dict[str, Any]:
        def hierarchy(name: str, members: list[str]) -> dict[str, Any]:
            values = [{"value_id": f"/{n}/", "value_name": member} for n, member in enumerate(members)]
            levels = [
                {"level_id": "0", "values": [{"value_id": "/", "value_name": "I alt"}]},
                {"level_id": "1", "values": values},
            ]
            return {"hierarchy_id": f"_{name}", "hierarchy_name": name, "levels": levels}

        return {
            "table_id": "x01",
            "periods": [{"periodtype_id": "M", "values": [{"period_id": period} for period in self.periods]}],
            "mgroups": [
                {"mgroup_id": f"g{n}", "measures": [{"measure_id": "m", "measure_name": name}]}
                for n, name in enumerate(self.head[3:])
            ],
            "dimensions": [
                {"dimension_id": name, "dimension_name": name, "hierarchies": [hierarchy(name, members)]}
                for name, members in self.names.items()
            ],
        }

    def answer(self, asked: dict[str, str]) -> bytes:
        assert asked["hierarchy._Sted"] == asked["hierarchy._Gruppe"] == "*"
        wanted = asked["period.M"]
        newest = wanted.removeprefix("latest:")
        periods = wanted.split(",") if newest == wanted else self.periods[-int(newest) :]
        return f'{{"columns":{json.dumps(self.head)},"rows":[{",".join(self.rows[p] for p in periods)}]}}'.encode()


def test_two_million_cells_with_a_fifth_of_the_requests_failing_equal_the_unsplit_truth(
    tmp_path: Any,
) -> None:
    large = Large()
    question = {"table": "x01", "by": {"_Sted": "*", "_Gruppe": "*"}, "periods": "*", "max_requests": 100}
    served = {"x01": ji.sandbox.FixedTable(large.metadata(), rows=large.answer)}
    with ji.sandbox.serve(tables=served) as calm:
        whole = Client(token=calm.token, base_url=calm.url, cache_dir=tmp_path / "whole", max_cells=10**8)
        truth = whole.read(**question)
        assert (
            len([path for path in calm.requests if "/data/" in str(path)]) <= 2
        )  # and the totals, to judge nulls by
    with ji.sandbox.serve(tables=served) as stormy:
        kinds = ["500", "503", "403-html", "cut", "cut-unframed", "empty", "html", "reset", "wrong-json"]
        split = Client(token=stormy.token, base_url=stormy.url, cache_dir=tmp_path / "split")
        split.table("x01")
        stormy.faults.random(0.2, kinds=kinds, seed=3, path="data/", per_url=3)
        frame = split.read(**question)
        injected = sum(stormy.faults.injected.values())
        assert len(split.plan("x01", question["by"], "*").requests) > 10
        assert injected > 0
    assert len(truth) == 60 * 84 * 100
    assert frame.columns.equals(truth.columns)
    labels = large.head[:3]
    same_frames(frame[labels], truth[labels])
    for name in large.head[3:]:  # cell by cell, but not as objects, of which two million take minutes
        left, right = frame[name].array, truth[name].array
        assert left.dtype == right.dtype
        pd.testing.assert_extension_array_equal(left.plain(), right.plain())
        assert np.array_equal(left.status, right.status)
        assert np.array_equal(left.addresses, right.addresses)
        assert set(np.unique(left.status)) == {CellStatus.OBSERVED, CellStatus.DISCRETIONISED}


def test_a_whole_read_parses_each_body_once_and_a_second_one_is_answered_by_the_session(
    tmp_path: Any, monkeypatch: Any
) -> None:
    counts: Counter[str] = Counter()

    def counting(place: Any, name: str, told: Any = lambda _: True) -> None:
        real = getattr(place, name)

        def counted(*args: Any, **options: Any) -> Any:
            found = real(*args, **options)
            counts[name] += bool(told(found))
            return found

        monkeypatch.setattr(place, name, counted)

    monkeypatch.setattr(row_columns, "SMALL", 0)
    for name in ("read_answer", "dump_rows", "load_rows"):
        counting(asking, name)
    counting(CachedSession, "send", lambda response: isinstance(response, KeptResponse))
    with ji.sandbox.serve() as api:
        client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path, max_cells=5_000)
        first = client.read("y25i01", by=["_nykom"], periods=36)
        answers = sum("/data/" in str(request) for request in api.requests)
        assert answers > 2
        assert counts == Counter(read_answer=answers, dump_rows=answers)
        counts.clear()
        second = client.read("y25i01", by=["_nykom"], periods=36)
        assert counts == Counter(load_rows=answers, send=answers + 1)  # the metadata too
    pd.testing.assert_frame_equal(first, second)


def test_what_was_cut_by_a_time_out_is_found_on_disk_the_second_time(tmp_path: Any) -> None:
    with ji.sandbox.serve() as api:
        api.faults.limit(1_500, "504")
        client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        first = client.read("y25i01", by="_nykom", periods=12)
        sent = len(api.requests)
        second = client.read("y25i01", by="_nykom", periods=12)
        assert len(api.requests) == sent
        pd.testing.assert_frame_equal(first, second)
        pd.testing.assert_frame_equal(first, client.read("y25i01", by="_nykom", periods=12, offline=True))


def test_an_update_that_nobody_announced_is_noticed_before_parts_are_joined(tmp_path: Any) -> None:
    with ji.sandbox.serve() as api:
        client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path / "split", max_cells=500)
        periods = ["2026M06", "2026M07", "2026M08"]
        client.read("y25i01", by="_nykom", periods=periods[:1])
        api.revise("y25i01", "2026-10-08", "2026-11-05")
        frame = client.read("y25i01", by="_nykom", periods=periods)
        fresh = Client(token=api.token, base_url=api.url, cache_dir=tmp_path / "fresh")
        pd.testing.assert_frame_equal(frame, fresh.read("y25i01", by="_nykom", periods=periods))
        assert frame.attrs["jobindsats"]["update_latest"] == "2026-10-08"


def test_an_older_answer_does_not_bear_the_day_of_newer_metadata(tmp_path: Any) -> None:
    with ji.sandbox.serve() as api:
        client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        before = client.read("y25i01", by="_nykom", periods=1).attrs["jobindsats"]["update_latest"]
        api.revise("y25i01", "2026-10-08", "2026-11-05")
        client.table("y25i01", refresh=True)
        api.faults.add("500", path="data/", times=None)
        with pytest.warns(StaleDataWarning):
            frame = client.read("y25i01", by="_nykom", periods=1)
        assert frame.attrs["jobindsats"]["stale"]
        assert frame.attrs["jobindsats"]["update_latest"] == before != "2026-10-08"


def test_more_periods_than_there_are_is_told_at_the_line_that_asked(client: Client) -> None:
    with pytest.warns(QueryWarning, match="all of them are taken") as caught:
        client.read("y25i01", periods="latest:999")
    assert {warning.filename for warning in caught} == {__file__}


def x01(rows: Any, groups: Any = None) -> ji.sandbox.FixedTable:
    """A small table that answers whatever is given."""
    metadata = {
        "table_id": "x01",
        "periods": [{"periodtype_id": "M", "values": [{"period_id": "2026M01"}]}],
        "mgroups": groups
        or [{"mgroup_id": "g", "measures": [{"measure_id": "m", "measure_name": "Antal sager"}]}],
        "dimensions": [
            {
                "dimension_id": "_d",
                "dimension_name": "D",
                "hierarchies": [
                    {
                        "hierarchy_id": "_h",
                        "levels": [
                            {
                                "level_id": "1",
                                "values": [{"value_id": f"/{n}/", "value_name": f"N{n}"} for n in range(30)],
                            },
                        ],
                    },
                ],
            },
        ],
    }
    return ji.sandbox.FixedTable(metadata, rows=rows)


def test_an_answer_with_a_row_twice_is_refused_and_not_kept(tmp_path: Any) -> None:
    columns = ["Periode", "D", "Antal sager"]
    answers = {"rows": [["2026M01", "N1", 7], ["2026M01", "N1", 8]]}
    table = x01(lambda _: {"columns": columns, **answers})
    with ji.sandbox.serve(tables={"x01": table}) as api:
        client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        with pytest.raises(PayloadError, match="two rows for 2026M01, N1"):
            client.read("x01", by="_h")
        answers["rows"] = [["2026M01", "N1", 7]]
        assert client.read("x01", by="_h")["Antal sager"].to_list() == [7]


def test_equal_names_in_an_order_of_their_own_are_refused(tmp_path: Any) -> None:
    groups = [
        {
            "mgroup_id": "g1",
            "mgroup_name": "Tilgang",
            "measures": [
                {"measure_id": "m1", "measure_name": "Antal"},
                {"measure_id": "m3", "measure_name": "Andel"},
            ],
        },
        {
            "mgroup_id": "g2",
            "mgroup_name": "Alle",
            "measures": [{"measure_id": "m2", "measure_name": "Antal"}],
        },
    ]
    columns = ["Periode", "D", "Antal", "Antal", "Andel"]
    table = x01(lambda _: {"columns": columns, "rows": [["2026M01", "N1", 222, 111, 0.5]]}, groups)
    with ji.sandbox.serve(tables={"x01": table}) as api:
        client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        with pytest.raises(PayloadError, match="cannot be told apart"):
            client.read("x01", by="_h")
        columns[2:] = ["Antal", "Andel", "Antal"]
        with pytest.raises(ji.errors.JobindsatsError):
            client.read("x01", by="_h", measures=["m1", "m2"])


def test_many_fives_and_no_smaller_count_are_warned_of(tmp_path: Any) -> None:
    rows = [["2026M01", f"N{n}", 5 if n < 25 else 40] for n in range(30)]
    table = x01(lambda _: {"columns": ["Periode", "D", "Antal sager"], "rows": rows})
    with ji.sandbox.serve(tables={"x01": table}) as api:
        client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        with pytest.warns(QueryWarning, match="may hide by rounding"):
            client.read("x01", by="_h")
        rows[0][2] = 4
        client.read("x01", by="_h", refresh=True)


def test_counts_below_zero_are_told(tmp_path: Any) -> None:
    table = x01(lambda _: {"columns": ["Periode", "D", "Antal sager"], "rows": [["2026M01", "N1", -7]]})
    with ji.sandbox.serve(tables={"x01": table}) as api:
        client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        with pytest.warns(QueryWarning, match="'Antal sager' counts, and has numbers below 0"):
            client.read("x01", by="_h")


def test_a_ratio_times_its_denominator_adds_as_its_numerator_does(client: Client) -> None:
    df = client.read("y25i01", by="A-kasse", periods=1)
    persons, full_time = df["Antal ledige personer"], df["Antal ledige fuldtidspersoner"]
    rate = df["Ledige fuldtidspersoner i pct. af arbejdsstyrken 16-66 år"]
    for wrong in ((persons / full_time) * full_time, full_time * (persons / full_time * 100)):
        with pytest.raises(ji.InvalidSumError) as caught:
            wrong.sum()
        assert caught.value.reason == "persons"
    for unknown in ((persons / full_time) * persons, (full_time / persons) * full_time):
        with pytest.raises(ji.InvalidSumError) as caught:
            unknown.sum()
        assert caught.value.reason == "rate"
    again = (full_time / persons) * persons
    assert again.sum() == pytest.approx(full_time.sum())
    with pytest.raises(ji.InvalidSumError):
        (rate * full_time).sum()  # a published rate is of nobody knows how many


def test_totals_that_cannot_be_understood_leave_every_null_hidden(tmp_path: Any) -> None:
    def answer(asked: dict[str, str]) -> dict[str, Any]:
        if "hierarchy._h" in asked:
            return {"columns": ["Periode", "D", "Antal sager"], "rows": [["2026M01", "N1", None]]}
        return {"columns": ["Periode", "Noget", "Andet"], "rows": []}

    with ji.sandbox.serve(tables={"x01": x01(answer)}) as api:
        client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        with pytest.warns(QueryWarning, match="all counts as hidden"):
            frame = client.read("x01", by="_h")
        assert frame["Antal sager"].array.status.tolist() == [CellStatus.DISCRETIONISED]


def test_a_member_that_is_unknown_offline_is_not_looked_up(tmp_path: Any) -> None:
    answers = {"rows": [["2026M01", "N1", 7]]}
    table = x01(lambda _: {"columns": ["Periode", "D", "Antal sager"], **answers})
    with ji.sandbox.serve(tables={"x01": table}) as api:
        client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        client.read("x01", by="_h")
        level = table.metadata["dimensions"][0]["hierarchies"][0]["levels"][0]
        level["values"] = level["values"][2:]
        api.tables["x01"] = ji.sandbox.FixedTable(table.metadata, rows=table.rows)
        client.table("x01", refresh=True)
        sent = len(api.requests)
        with pytest.raises((PayloadError, NotCachedError)):
            client.read("x01", by="_h", offline=True)
        assert len(api.requests) == sent


def test_a_table_that_the_catalogue_lists_and_the_api_refuses_keeps_the_apis_word(
    api: Any, client: Client
) -> None:
    api.faults.add("422", path="table/y25i14", cause="Not today")
    with pytest.raises(QueryError, match="Not today"):
        client.table("y25i14")


def test_a_total_that_the_api_refuses_leaves_every_null_hidden(tmp_path: Any) -> None:
    table = x01(lambda _: {"columns": ["Periode", "D", "Antal sager"], "rows": [["2026M01", "N1", None]]})
    with ji.sandbox.serve(tables={"x01": table}) as api:
        client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        api.faults.add("422", path="data/", after=2, cause="Unknown values")
        frame = client.read("x01", by="_h")
        assert frame["Antal sager"].array.status.tolist() == [CellStatus.DISCRETIONISED]
        # It is not asked for again, so that what was read once is read from the disk too.
        sent = len(api.requests)
        same_frames(client.read("x01", by="_h", offline=True), frame)
        same_frames(client.read("x01", by="_h"), frame)
        assert len(api.requests) == sent
        with pytest.warns(QueryWarning, match="Asked for its totals"):  # what now comes is none
            client.read("x01", by="_h", refresh=True)
        assert len(api.requests) == sent + 3


def test_totals_that_are_refused_for_what_has_changed_are_asked_for_again(tmp_path: Any) -> None:
    table = x01(lambda _: {"columns": ["Periode", "D", "Antal sager"], "rows": [["2026M01", "N1", None]]})
    with ji.sandbox.serve(tables={"x01": table}) as api:
        client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        api.faults.add("422", path="data/", after=2, times=2, cause="Unknown period type: M")
        for _ in range(2):
            frame = client.read("x01", by="_h")
            assert frame["Antal sager"].array.status.tolist() == [CellStatus.DISCRETIONISED]
        assert sum("_h=" not in request.query for request in api.requests if "/data/" in request.path) == 2


def test_metadata_that_cannot_be_looked_at_again_do_not_sink_the_parts(tmp_path: Any) -> None:
    with ji.sandbox.serve() as api:
        client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path, max_cells=100)
        client.table("y28a15")
        api.faults.add("401", path="table/", times=None)
        assert len(client.read("y28a15", by="A-kasse")) == 12 * 21


def test_four_threads_that_ask_one_question_get_one_answer(api: Any, tmp_path: Any) -> None:
    client = Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
    client.read(
        "y01u01", by={"A-kasse": "total"}, periods=1
    )  # what the total is called is known from here on
    api.faults.add("latency", times=None, path="data/", seconds=0.3)
    sent = len(api.requests)
    with ThreadPoolExecutor(4) as pool:
        frames = list(pool.map(lambda _: client.read("y01u01", by="A-kasse", periods=2), range(4)))
    api.faults.clear()
    assert len([r for r in api.requests[sent:] if "/data/" in r.path]) == 1
    for frame in frames[1:]:
        pd.testing.assert_frame_equal(frame, frames[0])


def test_a_word_that_does_nothing_any_more_is_still_taken_and_told(tmp_path):
    with pytest.warns(DeprecationWarning, match="ignore_closed_hour does nothing any more") as caught:
        client = ji.Client(base_url="http://127.0.0.1:1/v3", cache_dir=tmp_path, ignore_closed_hour=True)
    assert caught[0].filename == __file__
    pickle.loads(pickle.dumps(client))  # without another warning, which would be an error here


def test_a_search_looks_through_the_members_of_tables_whose_metadata_are_on_disk(
    api: Any, client: ji.Client
) -> None:
    with pytest.warns(
        QueryWarning, match=r"No table holds 'uddannelseshjælp'.* Members were looked for in 0 of \d+ tables"
    ):
        assert client.tables("uddannelseshjælp").empty
    client.table("y25i01")
    before = len(api.requests)
    found = client.tables("uddannelseshjælp")
    assert found[["table_id", "matched"]].to_numpy().tolist() == [
        ["y25i01", "Ydelsesgrupper: Uddannelseshjælp"]
    ]
    with pytest.warns(QueryWarning, match=r"No table holds 'xyzzy'; it was left out\."):
        assert set(client.tables("dagpenge xyzzy")["table_id"]) == set(client.tables("dagpenge")["table_id"])
    with pytest.warns(
        QueryWarning, match=r"find\('aarhus'\): Members were looked for in 1 of \d+ tables"
    ) as caught:
        members = client.find("aarhus")
    assert len(caught) == 1
    assert members["label"].tolist()[0] == "Aarhus"
    assert members.dtypes.astype(str).unique().tolist() == ["str"]
    with pytest.warns(QueryWarning, match=r"No member holds 'xyzzy'\. Try fewer or other words\."):
        assert client.find("xyzzy", offline=True).empty
    assert len(api.requests) == before


def test_measures_are_called_as_asked_and_go_by_all_their_names(client: ji.Client, tmp_path: Path) -> None:
    table, question = client.table("y01h01"), {"by": "A-kasse", "periods": 2}
    listed = table.measures.set_index("column")
    full, short, ids = (client.read("y01h01", **question, names=names) for names in ("full", "short", "id"))
    assert short.columns[2:].to_list() == listed.loc[full.columns[2:], "short_name"].to_list()
    assert ids.columns[2:].to_list() == listed.loc[full.columns[2:], "measure_id"].to_list()
    assert "Gentagelsesvirkning (arbejdskrav)" in short.columns
    long = client.read("y01h01", **question, names="short", layout="long")
    assert long["measure"].cat.categories.to_list() == short.columns[2:].to_list()
    name = "Antal sanktioner fordelt på type: Gentagelsesvirkning (arbejdskrav)"
    for frame in (full, short, ids):
        for goes_by in (name, name.partition(": ")[2], listed.loc[name, "measure_id"]):
            assert frame.jobindsats.sum_bounds(goes_by)["low"].to_list() == [
                full.jobindsats.sum_bounds(name)["low"][0]
            ]
    # What was asked is known, and so is the name, after Parquet too.
    assert "names='short'" in repr(short.jobindsats.source)
    short.jobindsats.to_parquet(tmp_path / "x.parquet")
    pd.testing.assert_frame_equal(ji.read_parquet(tmp_path / "x.parquet"), short)
    assert len(ji.update(tmp_path / "x.parquet", client=client)) == 0
    with pytest.raises(QueryError, match="names='shrt': there are 'full', 'short' and 'id'"):
        client.read("y01h01", **question, names="shrt")


def test_a_short_name_is_unique_in_its_table_and_never_that_of_a_dimension(client: ji.Client) -> None:
    for table_id in client.tables()["table_id"]:
        table = client.table(table_id)
        names = table.measures["short_name"].to_list()
        assert len(set(names)) == len(names)
        assert not set(names) & {dimension.name for dimension in table.structure}
        for name, measure in zip(names, table.all_measures, strict=True):
            assert ji.plan(table_id, measures=name, client=client).measures == (measure,)


def test_a_search_of_which_no_table_holds_all_words_says_so(client: ji.Client) -> None:
    with pytest.warns(QueryWarning, match="No table holds all of the words; these hold at least half"):
        assert len(client.tables("ledige personer sanktioner forløb"))
