"""Forms that a server refuses, periods that do not come, and columns under third names: all of it on demand."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from asking import BOM, ask

from jobindsats_pandas import sandbox
from jobindsats_pandas.sandbox import FixedTable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobindsats_pandas.sandbox import Sandbox
    from jobindsats_pandas.sandbox.description import Levels

WORLDS: tuple[Levels, ...] = ("inside", "apart", "unlisted")


@pytest.fixture(scope="module", params=WORLDS)
def world(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with sandbox.serve(levels=request.param) as api:
        yield api


@pytest.fixture
def api(world: Sandbox) -> Iterator[Sandbox]:
    """One of each world in turn, as it was at first."""
    yield world
    world.faults.clear()
    world.faults.injected.clear()
    world.columns.clear()


def data(
    members: str = "/", area: str | None = "/", periods: str = "latest:1", measures: str = "mgroup.*=*"
) -> str:
    path = f"data/y28a15?{measures}&period.Y={periods}&hierarchy._akassedp={members}&format=json"
    return path if area is None else path.replace("&format", f"&hierarchy._nykom={area}&format")


ONE = "mgroup.mgrpy28a15_1=measy28a15_1"
OTHER = "mgroup.mgrpy28a15_2=measy28a15_2"

FORMS = [
    # form, beyond, what is still taken, what is refused
    ("members", 2, [data("/1/,/2/"), data("*"), data("level:akassedp")], [data("/1/,/2/,/3/"), data("/", "/,/1/,/2/")]),
    ("members", 1, [data("/1/"), data("/", "/7/")], [data("/1/,/2/"), data("/,/2/")]),
    ("members", 0, [data("/"), data("*", "*")], [data("/1/"), data("*", "/1/")]),
    ("total", 0, [data("*", "*"), data("/1/", "/1/")], [data("/", "*"), data("*", "/")]),
    ("level", 0, [data("*"), data("/1/,/2/")], [data("level:akassedp"), data("*", "level:nykom")]),
    ("level", 1, [data("level:akassedp")], [data("level:akassedp", "level:nykom")]),
    ("no area", 0, [data(), data("*", "/1/")], [data(area=None)]),
    ("periods", 3, [data(periods="2025Y01,2024Y01,2023Y01"), data(periods="*"), data(periods="latest:9")],
     [data(periods="2025Y01,2024Y01,2023Y01,2022Y01")]),
    ("periods", 1, [data(periods="2025Y01")], [data(periods="2025Y01,2024Y01")]),
    ("periods", 0, [data(periods="latest:1")], [data(periods="2025Y01")]),
    ("latest", 0, [data(periods="*"), data(periods="2025Y01")], [data(periods="latest:1")]),
    ("every period", 0, [data(periods="latest:16")], [data(periods="*")]),
    ("groups", 0, [data()], [data(measures=ONE), data(measures=f"{ONE}&{OTHER}")]),
    ("groups", 1, [data(measures=ONE)], [data(measures=f"{ONE}&{OTHER}")]),
    ("whole group", 0, [data(), data(measures=ONE)], [data(measures="mgroup.mgrpy28a15_1=*")]),
]  # fmt: skip


@pytest.mark.parametrize(("form", "beyond", "taken", "refused"), FORMS)
def test_a_form_is_refused_beyond_its_limit_and_every_other_is_taken(
    api: Sandbox, form: str, beyond: int, taken: list[str], refused: list[str]
) -> None:
    right = [ask(api, path).body for path in taken]
    assert all(ask(api, path).status == 200 for path in refused)
    api.faults.refuse(form, beyond=beyond)
    assert [ask(api, path).body for path in taken] == right
    for path in refused:
        reply = ask(api, path)
        assert (reply.status, reply.json["code"]) == (422, 422)
        assert api.requests[-1].fault == f"refused {form}"
        assert api.requests[-1].cells > 0
    assert api.faults.injected == {f"refused {form}": len(refused)}
    api.faults.clear()
    assert all(ask(api, path).status == 200 for path in refused)


def test_several_measures_of_a_group_can_be_refused(api: Sandbox) -> None:
    group = "data/y01h01?mgroup.mgrpy01h01_2={}&period.Q=latest:1&hierarchy._nykom=/&format=json"
    api.faults.refuse("measures", beyond=1)
    assert ask(api, group.format("measy01h01_2")).status == 200
    assert ask(api, group.format("*")).status == 200
    assert ask(api, group.format("measy01h01_2,measy01h01_3")).status == 422


@pytest.mark.parametrize("status", [404, 413, 414, 422])
@pytest.mark.parametrize("page", [True, False])
def test_the_status_and_who_answers_can_be_chosen(api: Sandbox, status: int, page: bool) -> None:
    api.faults.refuse("level", status=status, page=page, cause="No levels here")
    reply = ask(api, data("level:akassedp"))
    assert reply.status == status
    assert reply.headers["content-type"].startswith("text/html" if page else "application/json")
    if not page:
        assert (reply.json["code"], reply.json["cause"]) == (status, "No levels here")


def test_long_addresses_get_a_page_from_the_hosting_whatever_they_ask(api: Sandbox) -> None:
    short = data(",".join(f"/{number}/" for number in range(1, 11)))
    longer = data(",".join(f"/{number}/" for number in range(1, 22)))
    encoded = short.replace("/1", "%2F1")
    assert len(encoded) > len(short)
    api.faults.refuse("address", beyond=len("/v3/" + short))
    assert ask(api, short).status == 200
    for path in (longer, encoded, "subjects?format=json&x=" + "x" * 200):
        for key in (None, "Bearer wrong"):
            reply = ask(api, path, key)
            assert (reply.status, reply.headers["content-type"]) == (404, "text/html; charset=utf-8")
            assert api.requests[-1].fault == "refused address"
    api.faults.clear()
    api.faults.refuse("address", beyond=10, status=414, page=False)
    assert ask(api, short).json["code"] == 414


def test_a_wrong_question_is_told_before_a_refused_form(api: Sandbox) -> None:
    api.faults.refuse("level", status=404, page=True)
    wrong = data("level:akassedp").replace("_nykom", "_omrade")
    assert ask(api, wrong).json["cause"] == "Unknown hierarchies: ['_omrade']"
    assert (
        ask(api, data("level:akassedp").replace("period.Y", "period.M")).json["cause"]
        == "Unknown period type: M"
    )


def test_a_refusal_can_stand_for_some_questions_alone_however_they_are_encoded(api: Sandbox) -> None:
    api.faults.refuse("total", path="_akassedp=/")
    assert ask(api, data("/", "*")).status == 422
    assert ask(api, data("%2F", "*")).status == 422
    assert ask(api, data("*", "/")).status == 200
    rolling = "data/ptv_a02?mgroup.*=*&period.{}=latest:2&hierarchy._nykom=/&format=json"
    api.faults.refuse("latest", path="period.QMAT")
    assert ask(api, rolling.format("QMAT")).status == 422
    assert ask(api, rolling.format("Y")).status == 200


def test_an_unknown_form_is_refused_with_those_there_are(api: Sandbox) -> None:
    with pytest.raises(ValueError, match="no form 'lists'; there are address, members, "):
        api.faults.refuse("lists")


def test_a_refused_form_may_come_late_like_any_answer(api: Sandbox) -> None:
    api.faults.refuse("level")
    api.faults.add("cut-unframed")
    assert ask(api, data("level:akassedp")).status == 422
    assert api.requests[-1].fault == "cut-unframed"


# Periods that do not come.


FUNDS = "data/y28a15?mgroup.*=*&period.Y=latest:2&hierarchy._nykom=/&hierarchy._akassedp=*&format={}"


def rows(api: Sandbox, path: str) -> list[Any]:
    found: list[Any] = ask(api, path).json["rows"]
    return found


def test_an_announced_period_has_no_rows_until_it_comes(api: Sandbox) -> None:
    path = FUNDS.format("json")
    whole = rows(api, path)
    api.faults.withhold("2025Y01", times=2)
    kept = [row for row in whole if row[0] != "2025Y01"]
    assert 0 < len(kept) < len(whole)
    announced = ask(api, "table/y28a15?format=json").json["periods"][0]["values"]
    assert "2025Y01" in {period["period_id"] for period in announced}
    assert rows(api, path.replace("latest:2", "2023Y01"))  # does not hold it, and does not count
    assert rows(api, path) == kept
    assert rows(api, path.replace("latest:2", "2025Y01")) == []
    assert rows(api, path) == whole
    assert api.faults.injected == {"withheld": 2}


def test_the_overall_total_alone_can_be_missing(api: Sandbox) -> None:
    path = FUNDS.format("json")
    whole = rows(api, path)
    corner = ["2025Y01", "Hele landet", "A-kasse i alt"]
    assert corner in [row[:3] for row in whole]
    api.faults.withhold("2025Y01", rows="total", path="y28a15")
    assert rows(api, path) == [row for row in whole if row[:3] != corner]
    # A dimension that is not named stands at its total too; one that has other members alone has no such row.
    assert [row[0] for row in rows(api, path.replace("&hierarchy._akassedp=*", ""))] == ["2024Y01"]
    assert [row[0] for row in rows(api, path.replace("&hierarchy._nykom=/&hierarchy._akassedp=*", ""))] == [
        "2024Y01"
    ]
    assert len(rows(api, path.replace("_akassedp=*", "_akassedp=/1/,/2/"))) == 4
    assert len(rows(api, path.replace("_nykom=/", "_nykom=/1/"))) == len(whole)
    api.faults.withhold("2025Y01")  # all is more than the total
    assert {row[0] for row in rows(api, path)} == {"2024Y01"}
    api.faults.withhold("2025Y01", rows="total")  # whichever is said last
    assert {row[0] for row in rows(api, path)} == {"2024Y01"}
    api.faults.clear()
    assert rows(api, path) == whole


def test_a_withheld_period_is_missing_in_csv_and_for_the_tables_named_alone(api: Sandbox) -> None:
    api.faults.withhold("2025Y01", path="data/y28a15")
    lines = ask(api, FUNDS.format("csv")).body.decode("utf-8-sig").splitlines()
    assert {line[:7] for line in lines} == {"Periode", "2024Y01"}
    other = "data/y01u01?mgroup.*=*&period.Y=2025Y01&hierarchy._nykom=/&format=json"
    assert len(rows(api, other)) == 1


# Columns under third names.


def test_a_dimensions_column_can_bear_a_third_name(api: Sandbox) -> None:
    path = "data/y25i14?mgroup.*=*&period.M=latest:1&hierarchy._region=/&hierarchy._escostar_rs=*&format="
    before = ask(api, path + "json").json
    assert before["columns"] == ["Periode", "Område", "Erhverv", "Jobopslag"]
    api.columns["y25i14"] = {"Erhverv": "Stillingsbetegnelse (ESCOSTAR)"}
    after = ask(api, path + "json").json
    assert after["columns"] == ["Periode", "Område", "Stillingsbetegnelse (ESCOSTAR)", "Jobopslag"]
    assert after["rows"] == before["rows"]
    head = ask(api, path + "csv").body.removeprefix(BOM).decode().splitlines()[0]
    assert head == "Periode;Område;Stillingsbetegnelse (ESCOSTAR);Jobopslag"
    metadata = json.dumps(ask(api, "table/y25i14?format=json").json, ensure_ascii=False)
    assert "Stillingsbetegnelse" not in metadata


# Tables of one's own.


METADATA = {
    "table_id": "x01",
    "periods": [{"periodtype_id": "M", "values": [{"period_id": "2026M01"}, {"period_id": "2026M02"}]}],
    "mgroups": [{"mgroup_id": "g", "mgroup_name": "G", "measures": [{"measure_id": "m", "measure_name": "M"}]}],
    "dimensions": [
        {
            "dimension_id": dimension,
            "dimension_name": name,
            "hierarchies": [
                {
                    "hierarchy_id": hierarchy,
                    "levels": [
                        {
                            "level_id": "l",
                            "values": [{"value_id": "/", "value_name": "I alt"}, {"value_id": "/1/", "value_name": "A"}],
                        }
                    ],
                }
            ],
        }
        for dimension, name, hierarchy in (("_omrade", "Område", "_nykom"), ("_d", "D", "_h"))
    ],
}  # fmt: skip


def test_refusals_and_withheld_periods_hold_for_tables_of_ones_own(api: Sandbox) -> None:
    path = "data/x01?mgroup.*=*&period.M=*&hierarchy._nykom=/&hierarchy._h=*&format=json"
    table_rows = [[month, "I alt", name, 1] for month in ("2026M01", "2026M02") for name in ("I alt", "A")]
    api.tables["x01"] = FixedTable(METADATA, rows=table_rows)
    api.tables["x02"] = FixedTable(METADATA, rows=lambda _: {"columns": ["Periode", "M"], "rows": []})
    api.tables["x03"] = FixedTable(["broken"], rows=lambda _: [])
    try:
        api.columns["x01"] = {"D": "Third"}
        api.faults.withhold("2026M02", rows="total")
        reply = ask(api, path).json
        assert reply["columns"] == ["Periode", "Område", "Third", "M"]
        assert reply["rows"] == [table_rows[0], table_rows[1], table_rows[3]]
        api.faults.refuse("level")
        api.faults.refuse("no area", status=404)
        for table_id in ("x01", "x02"):
            own = path.replace("x01", table_id)
            assert ask(api, own).status == 200
            assert ask(api, own.replace("_h=*", "_h=level:l")).status == 422
            assert ask(api, own.replace("&hierarchy._nykom=/", "")).status == 404
        assert ask(api, path.replace("x01", "x03").replace("&hierarchy._nykom=/", "")).json == []
        assert ask(api, path.replace("x01", "x03").replace("_h=*", "_h=level:l")).status == 422
    finally:
        for table_id in ("x01", "x02", "x03"):
            del api.tables[table_id]
