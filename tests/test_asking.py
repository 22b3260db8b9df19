"""How a question is asked where the host refuses its form, lists no total, or has not everything yet."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import jobindsats_pandas as ji
from jobindsats_pandas.disclosure import CellStatus
from jobindsats_pandas.errors import QueryError, QueryWarning, TooLargeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NINE = ["Aarhus", "Odense", "Aalborg", "Esbjerg", "Vejle", "Randers", "Viborg", "Herning", "Silkeborg"]


@pytest.fixture
def api() -> Iterator[Any]:
    with ji.sandbox.serve() as api:
        yield api


@pytest.fixture
def client(api: Any, tmp_path: Path) -> ji.Client:
    return ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path)


def sent(api: Any) -> list[str]:
    return [request.query for request in api.requests if "/data/" in request.path]


def test_a_refused_form_is_replaced_and_remembered_once_the_other_has_succeeded(
    api: Any, client: ji.Client, tmp_path: Path
) -> None:
    expected = client.read("y25i01", by={"_nykom": NINE}, periods=3, refresh=True)
    client.cache.clear()
    api.requests.clear()
    api.faults.refuse("members", beyond=1)
    frame = client.read("y25i01", by={"_nykom": NINE}, periods=3)
    pd.testing.assert_frame_equal(frame, expected)
    assert len(sent(api)) == 2
    assert "level:nykom" in sent(api)[1]
    other = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
    other.read("y25i01", by={"_nykom": NINE}, periods=4)
    assert len(sent(api)) == 3  # the refusal is known: asked in the other form at once
    assert "as level:nykom" in repr(other.plan("y25i01", by={"_nykom": NINE}))


def test_a_refusal_that_no_form_gets_past_is_not_remembered_and_names_what_was_tried(
    api: Any, client: ji.Client, tmp_path: Path
) -> None:
    for form in ("members", "level", "every period", "latest"):
        api.faults.refuse(form, status=422, cause=f"no {form} here")
    api.faults.add("422", path="data/", times=None, cause="not today")
    with pytest.raises(QueryError, match=r"refuses this question in every form") as caught:
        client.read("y25i01", by={"_nykom": NINE}, periods=["2026M01", "2025M10"])
    text = str(caught.value)
    assert (
        "\n  1. _nykom as a list of 9 members, a list of 2 periods, all measures: HTTP 422, 'not today'"
        in text
    )
    assert "\n  2. _nykom as level:nykom" in text
    assert "doctor" in text
    assert len(sent(api)) <= 4
    assert caught.value.status == 422
    assert "curl" in caught.value.report()
    learned = client.cache.path / "learned.json"
    assert not learned.exists() or "refused" not in learned.read_text(encoding="utf-8")


@pytest.mark.parametrize("cause", ["Unknown hierarchies: ['_nykom']", "Unknown period type: M"])
def test_a_refusal_that_is_about_the_question_itself_is_told_at_once(
    api: Any, client: ji.Client, cause: str
) -> None:
    api.faults.add("422", path="data/", times=None, cause=cause)
    with pytest.raises(QueryError, match="Unknown") as caught:
        client.read("y25i01", by={"_nykom": NINE}, periods=2)
    assert len(sent(api)) == 1
    assert "every form" not in str(caught.value)


def test_a_refusal_of_the_safest_forms_has_no_other_to_try(api: Any, client: ji.Client) -> None:
    api.faults.add("422", path="data/", times=None, cause="no")
    with pytest.raises(QueryError, match="no") as caught:
        client.read("y25i01", periods=2)
    assert len(sent(api)) == 1
    assert "every form" not in str(caught.value)


@pytest.mark.parametrize("status", [404, 413, 414, 422])
def test_every_status_that_refuses_a_form_leads_to_another(api: Any, client: ji.Client, status: int) -> None:
    api.faults.refuse("level", status=status)
    frame = client.read("y25i01", by="A-kasse", periods=1)
    assert len(frame) == len(client.table("y25i01").members("_akassebl")) - 1
    assert [("level:" in query, "=*&" in query.partition("hierarchy")[2]) for query in sent(api)] == [
        (True, False),
        (False, True),
    ]


def test_a_refusal_is_forgotten_after_thirty_days(api: Any, client: ji.Client, tmp_path: Path) -> None:
    api.faults.refuse("level")
    client.read("y25i01", by="A-kasse", periods=1)
    path = client.cache.path / "learned.json"
    text = path.read_text(encoding="utf-8")
    now = datetime.now(UTC)
    assert str(now.year) in text
    old = text.replace(now.strftime("%Y-%m-%d"), (now - timedelta(days=40)).strftime("%Y-%m-%d"))
    assert old != text
    path.write_text(old, encoding="utf-8")
    before = len(sent(api))
    client.read("y25i01", by="A-kasse", periods=2)
    assert "level:" in sent(api)[before]


def test_answers_of_another_form_on_disk_are_found_before_asking_and_offline(
    api: Any, client: ji.Client
) -> None:
    client.read("y25i01", by={"A-kasse": "*"}, periods=2)
    before = len(sent(api))
    parts = client.read("y25i01", by="A-kasse", periods=2)
    assert len(sent(api)) == before
    fresh = client.read("y25i01", by="A-kasse", periods=2, refresh=True)
    pd.testing.assert_frame_equal(parts, fresh)
    some = client.read("y25i01", by={"A-kasse": ["Akademikernes A-kasse", "total"]}, periods=2, offline=True)
    assert len(some) == 4


def test_another_form_keeps_to_the_number_of_requests(api: Any, client: ji.Client) -> None:
    with pytest.raises(TooLargeError, match="max_requests"):
        client.read("y30r21", by={"_nykom": "*", "_aldera": "*"}, periods="*", max_requests=1)
    assert sent(api) == []


# --- names of totals --------------------------------------------------------------------------------------------------


@pytest.fixture
def unlisted(tmp_path: Path) -> Iterator[tuple[Any, ji.Client]]:
    with ji.sandbox.serve(levels="unlisted") as api:
        yield api, ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path)


def test_the_name_of_a_total_is_learned_by_one_request_and_kept(
    unlisted: tuple[Any, ji.Client], tmp_path: Path
) -> None:
    api, client = unlisted
    parts = client.read("y28a15", by="A-kasse", periods=2)
    assert "A-kasse i alt" not in set(parts.iloc[:, 1])
    assert len(sent(api)) == 2
    again = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
    everything = again.read("y28a15", by={"A-kasse": "*"}, periods=2)
    assert len(sent(api)) == 3
    assert (everything.iloc[:, 1] == "A-kasse i alt").sum() == 2
    total = again.read("y28a15", by={"A-kasse": "total"}, periods=2)
    assert len(sent(api)) == 4
    assert set(total.iloc[:, 1]) == {"A-kasse i alt"}
    for by in ("A-kasse", {"A-kasse": "*"}, {"A-kasse": "total"}):
        again.read("y28a15", by=by, periods=2, offline=True)


def test_a_total_asked_for_alone_names_itself(unlisted: tuple[Any, ji.Client]) -> None:
    api, client = unlisted
    total = client.read("y28a15", by={"A-kasse": "total"}, periods=2)
    assert len(sent(api)) == 1
    assert set(total.iloc[:, 1]) == {"A-kasse i alt"}
    client.read("y28a15", by="A-kasse", periods=2)
    assert len(sent(api)) == 2  # its name is known by now


def test_a_hierarchy_whose_total_is_refused_has_none(unlisted: tuple[Any, ji.Client]) -> None:
    api, client = unlisted
    api.faults.refuse("total", path="_akassedp=/", status=422)
    with pytest.raises(ji.errors.PayloadError, match="'A-kasse i alt'"):
        client.read("y28a15", by="A-kasse", periods=2)  # a row of an unknown name stays an error
    with pytest.raises(QueryError, match="has no total"):
        client.read("y28a15", by={"A-kasse": ["total", "Lærernes A-kasse"]}, periods=2)


def test_totals_that_are_refused_together_are_learned_one_by_one(unlisted: tuple[Any, ji.Client]) -> None:
    api, client = unlisted
    api.faults.refuse("total", path="_akassebl=/", status=422)
    with pytest.raises(ji.errors.PayloadError, match="no such member of the hierarchy '_akassebl'"):
        client.read("y25i01", by=["A-kasse", "Ydelsesgrupper"], periods=2)
    asked_for = [("_akassebl=/&" in query, "_ygrpi09=/&" in query) for query in sent(api)]
    assert asked_for[:3] == [(True, True), (False, True), (True, False)]
    # The name of the one is known by now.
    api.requests.clear()
    client.read("y25i01", by="Ydelsesgrupper", periods=2)
    assert len(sent(api)) == 1


def test_a_name_that_is_not_on_disk_is_missed_offline_where_it_is_needed(
    unlisted: tuple[Any, ji.Client], tmp_path: Path
) -> None:
    api, client = unlisted
    client.read("y28a15", by="A-kasse", periods=2)
    (client.cache.path / "learned.json").unlink()
    headers = {path: path.read_bytes().partition(b"\n")[0] for path in client.cache.path.glob("*.answer")}
    (total,) = [path for path, header in headers.items() if b"_akassedp=/&" in header]
    total.unlink()
    api.requests.clear()
    again = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
    with pytest.raises(ji.errors.NotCachedError, match="offline=True"):
        again.read("y28a15", by="A-kasse", periods=2, offline=True)
    assert not api.requests


def test_a_total_of_newer_periods_than_are_known_is_asked_for_again_with_the_newer_metadata(
    unlisted: tuple[Any, ji.Client],
) -> None:
    api, client = unlisted
    before = client.table("y28a15").periods()["period_id"].iloc[-1]
    api.publish("y28a15", ji.sandbox.Release("2026-10-08", "2026-11-05", new_period=True))
    frame = client.read("y28a15", by="A-kasse", periods=2)
    assert client.table("y28a15").periods()["period_id"].iloc[-1] != before
    assert str(frame.iloc[:, 0].max()).replace("-", "M") > before


def test_a_total_that_cannot_be_asked_for_at_all_is_told(unlisted: tuple[Any, ji.Client]) -> None:
    api, client = unlisted
    api.faults.refuse("total", path="_akassedp=/", status=400, cause="not so")
    with pytest.raises(QueryError, match="not so") as caught:
        client.read("y28a15", by="A-kasse", periods=2)
    assert caught.value.status == 400


def test_clearing_the_cache_of_a_table_forgets_the_names_of_its_totals(
    unlisted: tuple[Any, ji.Client], tmp_path: Path
) -> None:
    _, client = unlisted
    client.read("y28a15", by="A-kasse", periods=2)
    assert "A-kasse i alt" in json.dumps(
        json.loads((client.cache.path / "learned.json").read_text(encoding="utf-8")), ensure_ascii=False
    )
    client.cache.clear("y28a15")
    assert "A-kasse i alt" not in (client.cache.path / "learned.json").read_text(encoding="utf-8")


def test_what_no_proven_form_has_room_for_is_told_with_the_form_that_was_refused(tmp_path: Path) -> None:
    table = one_member([["2026M01", "N1", 5]], [["2026M01", 8]], hierarchy_id="_" + "h" * 600)
    with ji.sandbox.serve(tables={"x01": table}) as api:
        client = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        api.faults.add("422", path="data/", times=None, cause="not today")
        with pytest.raises(QueryError, match="not today") as caught:
            client.read("x01", by={"D": ["N1", "N2"]}, periods=1)
        assert caught.value.status == 422
        assert len(sent(api)) == 1


def test_nulls_of_a_table_without_any_total_are_hidden(tmp_path: Path) -> None:
    table = one_member([["2026M01", "N1", 5], ["2026M02", "N1", None]], [], area=True)
    with ji.sandbox.serve(tables={"x01": table}) as api:
        client = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        api.faults.refuse("total", path="_h=/", status=422)
        frame = client.read("x01", by={"_h": "*"})
        assert frame["Antal sager"].array.status.tolist() == [
            CellStatus.OBSERVED,
            CellStatus.DISCRETIONISED,
        ]
        assert len(sent(api)) == 2  # one for the name of a total, and none for totals that there are not


# --- what did not come ------------------------------------------------------------------------------------------------


def test_a_period_announced_without_rows_is_told_and_not_available(api: Any, client: ji.Client) -> None:
    newest = client.table("y25i01").periods()["period_id"].iloc[-1]
    api.faults.withhold(newest)
    with pytest.warns(QueryWarning, match=f"no row for {newest}.*not available"):
        frame = client.read("y25i01", by="_nykom", periods=2, complete=True)
    late = frame["Periode"] == frame["Periode"].max()
    assert set(frame.loc[late].iloc[:, 2].array.status) == {CellStatus.NOT_AVAILABLE}
    assert CellStatus.NOT_AVAILABLE not in set(frame.loc[~late].iloc[:, 2].array.status)


def hours_left(client: ji.Client, words: str) -> list[float]:
    """For how many hours the answers on disk live whose address holds some words."""
    listed = client.cache.list()
    found = listed[listed["url"].str.contains(words, regex=False)]
    left = pd.to_datetime(found["expires"], utc=True) - pd.Timestamp.now(tz="UTC")
    return (left / pd.Timedelta(hours=1)).tolist()


def test_an_answer_in_which_a_period_is_missing_lives_an_hour_at_most(api: Any, client: ji.Client) -> None:
    newest = client.table("y25i01").periods()["period_id"].iloc[-1]
    api.faults.withhold(newest)
    with pytest.warns(QueryWarning, match="no row"):
        client.read("y25i01", by="_nykom", periods=2)
    (late,) = hours_left(client, "latest:2")
    assert 0 < late <= 1


def test_an_answer_without_any_row_is_told_and_lives_an_hour_at_most(api: Any, client: ji.Client) -> None:
    newest = client.table("y25i01").periods()["period_id"].iloc[-1]
    api.faults.withhold(newest)
    with pytest.warns(QueryWarning, match=f"no row for {newest}"):
        assert client.read("y25i01", by="_nykom", periods=1).empty
    assert max(hours_left(client, "latest:1")) <= 1


def test_an_overall_total_that_is_left_out_is_told(api: Any, client: ji.Client) -> None:
    newest = client.table("y25i01").periods()["period_id"].iloc[-1]
    api.faults.withhold(newest, rows="total")
    with pytest.warns(QueryWarning, match=f"official total that was asked for is left out in {newest}"):
        frame = client.read("y25i01", by={"_nykom": "*"}, periods=2, complete=True)
    late = frame[(frame["Område"] == "Hele landet") & (frame["Periode"] == frame["Periode"].max())]
    assert late.iloc[:, 2].array.status.tolist() == [CellStatus.NOT_AVAILABLE]


def one_member(
    rows: list[list[Any]], totals: list[list[Any]], *, hierarchy_id: str = "_h", area: bool = False
) -> Any:
    """A table that has rows of one member, and a total, each as given; of an area, the total is not listed."""

    def answer(asked: dict[str, str]) -> dict[str, Any]:
        named = f"hierarchy.{hierarchy_id}" in asked
        return {
            "columns": ["Periode", *(["Område" if area else "D"] if named else []), "Antal sager"],
            "rows": rows if named else totals,
        }

    values = [] if area else [{"value_id": "/", "value_name": "I alt"}]
    values += [{"value_id": f"/{n}/", "value_name": f"N{n}"} for n in range(3)]
    hierarchy = {"hierarchy_id": hierarchy_id, "levels": [{"level_id": "h", "values": values}]}
    id_and_name = (
        {"dimension_id": "_omrade", "dimension_name": "Område"}
        if area
        else {"dimension_id": "_d", "dimension_name": "D"}
    )
    metadata = {
        "table_id": "x01",
        "update_next": "2099-01-01",
        "periods": [{"periodtype_id": "M", "values": [{"period_id": f"2026M0{n}"} for n in (1, 2)]}],
        "mgroups": [{"mgroup_id": "g", "measures": [{"measure_id": "m", "measure_name": "Antal sager"}]}],
        "dimensions": [id_and_name | {"hierarchies": [hierarchy]}],
    }
    return ji.sandbox.FixedTable(metadata, rows=answer)


def test_a_part_of_what_was_read_is_judged_by_the_totals_on_disk(tmp_path: Path) -> None:
    def answer(asked: dict[str, str]) -> dict[str, Any]:
        named, months = "hierarchy._h" in asked, ("2026M01", "2026M02")
        rows = [
            [p, *(["N1"] if named else []), None if named else 9, None if named and p > months[0] else 8]
            for p in months
        ]
        return {
            "columns": ["Periode", *(["D"] if named else []), "Antal sager", "Antal samtaler"],
            "rows": rows,
        }

    table = one_member([], [])
    table.metadata["mgroups"].append(
        {"mgroup_id": "g2", "measures": [{"measure_id": "m2", "measure_name": "Antal samtaler"}]}
    )
    with ji.sandbox.serve(tables={"x01": ji.sandbox.FixedTable(table.metadata, rows=answer)}) as api:
        client = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        whole = client.read("x01", by={"_h": "N1"})
        before = len(api.requests)
        for measure in ("Antal sager", "Antal samtaler"):
            for offline in (False, True):
                part = client.read("x01", by={"_h": "N1"}, measures=measure, offline=offline)
                assert part[measure].array.status.tolist() == whole[measure].array.status.tolist()
        assert len(api.requests) == before


def test_a_measure_that_begins_later_than_its_table_is_not_available_before(tmp_path: Path) -> None:
    """Whatever the window: where the totals in it do not tell, those of the whole table are asked for, once."""
    months = [f"2025M{number:02d}" for number in range(1, 13)]
    begins = 8

    def answer(asked: dict[str, str]) -> dict[str, Any]:
        count = int(asked["period.M"].removeprefix("latest:"))
        rows = [[p, None if p < months[begins] else 9] for p in months[-count:]]
        if form := asked.get("hierarchy._h"):
            names = ("N1",) if form == "/1/" else ("I alt", "N1")
            rows = [[p, name, total if name == "I alt" else None] for p, total in rows for name in names]
        return {"columns": ["Periode", *(["D"] if form else []), "Antal sager"], "rows": rows}

    table = one_member([], [])
    table.metadata["periods"][0]["values"] = [{"period_id": month} for month in months]
    with ji.sandbox.serve(tables={"x01": ji.sandbox.FixedTable(table.metadata, rows=answer)}) as api:
        client = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        for by in ({"_h": "N1"}, {"_h": ["total", "N1"]}):
            for count in (12, 6, 3):
                frame = client.read("x01", by=by, periods=count)
                parts = frame[frame["D"] == "N1"]
                wanted = [CellStatus.NOT_AVAILABLE] * begins + [CellStatus.DISCRETIONISED] * (12 - begins)
                assert parts["Antal sager"].array.status.tolist() == wanted[-count:]
        assert sum("_h=" not in query for query in sent(api)) == 1
        before = len(api.requests)
        client.read("x01", by={"_h": "N1"}, periods=6)
        assert len(api.requests) == before


@pytest.mark.parametrize("published", [True, False])
def test_a_named_member_without_a_row_is_zero_where_the_total_is_there_and_late_where_it_is_not(
    published: bool, tmp_path: Path
) -> None:
    totals = [["2026M02", 8]] if published else []
    table = one_member([["2026M01", "N1", 5]], totals)
    with ji.sandbox.serve(tables={"x01": table}) as api:
        client = ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path)
        if published:
            frame = client.read("x01", by={"_h": "N1"}, complete=True)
        else:
            with pytest.warns(QueryWarning, match="no row for 2026M02"):
                frame = client.read("x01", by={"_h": "N1"}, complete=True)
        assert len(sent(api)) == 2  # one request for the totals decides
        last = CellStatus.ABSENT if published else CellStatus.NOT_AVAILABLE
        assert frame["Antal sager"].array.status.tolist() == [CellStatus.OBSERVED, last]
        (left,) = hours_left(client, "hierarchy._h=/1/")
        assert (left > 2) is published
