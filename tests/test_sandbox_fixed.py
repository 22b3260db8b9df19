"""Tables of one's own: recorded answers, hostile metadata, odd rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from asking import ask

from jobindsats_pandas import sandbox
from jobindsats_pandas.sandbox import FixedTable

SHARED = Path(__file__).parents[2] / "shared"


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
    offers = sandbox.population(1, "apart")["y01c01"].metadata["dimensions"][2]
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
        levels = [level["level_id"] for level in offers["hierarchies"][0]["levels"]]
        assert len(levels) == 4
        by_level = [
            row
            for level in levels
            for row in ask(api, f"{path}&hierarchy._tilb_2ptv=level:{level}").json["rows"]
        ]
        assert sorted(by_level, key=repr) == sorted(rows, key=repr)
        assert [row[:3] for row in ask(api, path).json["rows"]] == [
            row[:3] for row in rows if row[3] == "Tilbud i alt"
        ]


def _fund_total() -> dict[str, Any]:
    level = {"level_id": "t", "values": [{"value_id": "/", "value_name": "A-kasse i alt"}]}
    hierarchy = {"hierarchy_id": "_akassedp", "levels": [level]}
    return {"dimension_id": "_akasse", "dimension_name": "A-kasse", "hierarchies": [hierarchy]}
