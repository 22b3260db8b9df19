"""Totals and parts of real frames: rows, questions, bounds, layouts, sources."""

from __future__ import annotations

import re
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import hypothesis
import numpy as np
import pandas as pd
import pytest
import recordings
from frames import same_cells
from hypothesis import strategies as st

import jobindsats_pandas as ji
from jobindsats_pandas import layouts, totals
from jobindsats_pandas.disclosure import CellStatus, DiscretionisedArray, DiscretionisedDtype
from jobindsats_pandas.errors import InvalidSumError, ProvenanceError, QueryError, QueryWarning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PERSONS, FULL_TIME = "Antal ledige personer", "Antal ledige fuldtidspersoner"


@pytest.fixture(scope="module")
def offers(reader: ji.Client) -> pd.DataFrame:
    """Four levels, of which several members share a name."""
    return reader.read("y01c01", by={"_tilb_2ptv": "*"}, periods="latest:2")


def spread_out(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    return frame.pivot(index="Periode", columns="A-kasse", values=measure)  # noqa: PD010 - each cell once, not summed


# --- rows ------------------------------------------------------------------------------------------------------------


def test_totals_and_parts_of_a_dimension_are_told_whatever_the_other_dimension_is(
    crossed: pd.DataFrame,
) -> None:
    everywhere = crossed["Område"] == "Hele landet"
    pd.testing.assert_frame_equal(totals.totals(crossed, "Område"), crossed[everywhere])
    pd.testing.assert_frame_equal(totals.parts(crossed, "Område"), crossed[~everywhere])
    benefits = crossed["Ydelsesgrupper"] == "Ydelsesgrupper i alt"
    pd.testing.assert_frame_equal(totals.without_totals(crossed), crossed[~everywhere & ~benefits])


@pytest.mark.parametrize("name", ["Område", "_omrade", "_nykom", "område"])
def test_a_dimension_goes_by_its_column_its_id_and_its_hierarchy(crossed: pd.DataFrame, name: str) -> None:
    assert len(totals.totals(crossed, name)) == len(crossed[crossed["Område"] == "Hele landet"])


def test_the_cells_know_their_rows_without_any_column_of_labels(crossed: pd.DataFrame) -> None:
    bare = crossed.drop(columns=["Område", "Ydelsesgrupper"]).rename(columns={PERSONS: "x"})
    assert totals.without_totals(bare).index.equals(totals.without_totals(crossed).index)
    indexed = crossed.set_index(["Periode", "Område", "Ydelsesgrupper"])
    assert len(totals.parts(indexed, "Område")) == len(totals.parts(crossed, "Område"))


def test_levels_are_told_by_name_and_id_and_never_mix(offers: pd.DataFrame) -> None:
    by_name = totals.level(offers, "Tilbud", "Tilbudsgruppe")
    same_cells(by_name, totals.level(offers, "_tilb_2ptv", "tilb_gruppe"))
    assert by_name["Tilbud"].str.endswith("[Tilbudsgruppe]").any()
    assert not by_name["Tilbud"].str.endswith("[Tilbud]").any()
    same_cells(totals.level(offers, "Tilbud", "total"), totals.level(offers, "Tilbud", "Tilbud i alt"))
    levels = ["total", "Hovedtilbud", "Tilbudsgruppe", "Tilbud"]
    rows = [set(totals.level(offers, "Tilbud", level).index) for level in levels]
    assert sum(map(len, rows)) == len(offers) == len(set.union(*rows))
    same_cells(totals.without_totals(offers), totals.level(offers, "Tilbud", "Tilbud"))


def test_a_level_that_the_frame_lacks_gives_no_rows_and_one_that_does_not_exist_an_error(
    offers: pd.DataFrame,
) -> None:
    assert totals.level(totals.parts(offers, "Tilbud"), "Tilbud", "Hovedtilbud").empty
    # A level of that name stands in several hierarchies of areas, and the frame has none of them.
    assert totals.level(offers, "Område", "Region").empty
    with pytest.raises(
        QueryError,
        match=r"no level 'Hovedtilbudd'. Did you mean 'Hovedtilbud' or 'Tilbud'\? It has: 'tilb_hoved' ",
    ):
        totals.level(offers, "Tilbud", "Hovedtilbudd")
    with pytest.raises(
        QueryError,
        match=r"no dimension 'Tillbud'. Did you mean 'Tilbud' or '_tilbud'\? It has: 'Område' \(",
    ):
        totals.parts(offers, "Tillbud")


def test_parts_of_a_dimension_that_stands_at_its_total_are_no_rows(sanctions: pd.DataFrame) -> None:
    assert totals.parts(sanctions, "Område").empty
    assert len(totals.totals(sanctions, "Område")) == len(sanctions)


def test_a_pivot_that_spread_the_members_over_columns_keeps_the_right_columns(
    sanctions: pd.DataFrame,
) -> None:
    spread = spread_out(sanctions, "Antal sanktioner i alt")
    assert totals.totals(spread, "A-kasse").columns.to_list() == ["A-kasse i alt"]
    assert totals.parts(spread, "A-kasse").shape == (4, spread.shape[1] - 1)
    assert totals.official_total(spread).columns.to_list() == ["A-kasse i alt"]


def test_totals_in_rows_and_columns_at_once_are_refused(crossed: pd.DataFrame) -> None:
    left = totals.totals(crossed, "Område").drop(columns=["Område"]).set_index(["Periode", "Ydelsesgrupper"])
    right = crossed[crossed["Område"] == "Aarhus"].set_index(["Periode", "Ydelsesgrupper"])
    beside = pd.concat([left[PERSONS], right[PERSONS]], axis=1)
    turned = pd.DataFrame(
        {
            "a": pd.concat([beside.iloc[:, 0], beside.iloc[:, 1]], ignore_index=True),
            "b": pd.concat([beside.iloc[:, 1], beside.iloc[:, 0]], ignore_index=True),
        }
    )
    with pytest.raises(QueryError, match="in the rows and in the columns"):
        totals.totals(turned, "Område")


def test_rows_of_two_merged_tables_are_told_by_both(crossed: pd.DataFrame, reader: ji.Client) -> None:
    other = reader.read("y01c01", by={"_nykom": "*"}, periods="latest:3")
    both = totals.official_total(crossed, over="Ydelsesgrupper").merge(other, on=["Periode", "Område"])
    assert set(totals.totals(both, "Område")["Område"]) == {"Hele landet"}
    assert len(totals.totals(both, "Tilbud")) == len(both)


def test_rows_where_one_table_knows_nothing_go_by_the_other(
    crossed: pd.DataFrame, sanctions: pd.DataFrame
) -> None:
    stacked = pd.concat([crossed, sanctions], ignore_index=True)
    assert len(totals.totals(stacked, "Ydelsesgrupper")) == len(totals.totals(crossed, "Ydelsesgrupper"))
    benefits = totals.level(stacked, "Ydelsesgrupper", "Ydelsesgrupper")
    assert len(benefits) == len(totals.parts(crossed, "Ydelsesgrupper"))
    spread = pd.concat([crossed.iloc[:, 3], sanctions.iloc[:, 3]], ignore_index=True).to_frame("x")
    assert (
        totals.sum_bounds(spread, sanctions.columns[3], by=["period", "_akassedp"])["_akassedp"].nunique()
        == 22
    )
    assert len(totals.sum_check(spread, by=["_ygrpi09", "period"])) > 15
    whole = totals.without_totals(stacked)
    assert len(whole) == len(totals.without_totals(crossed)) + len(totals.without_totals(sanctions))


def test_two_hierarchies_of_one_dimension_are_not_taken_for_one(reader: ji.Client) -> None:
    both = pd.concat(
        [reader.read("y25i01", by=name, periods="latest:1") for name in ("_nykom", "_region")],
        ignore_index=True,
    )
    with pytest.raises(
        QueryError, match="several hierarchies of 'Område', each of them the whole: '_nykom', '_region'"
    ):
        totals.parts(both, "Område")
    assert len(totals.parts(both, "_region")) == 6
    with pytest.raises(QueryError, match="one call asks for one"):
        totals.question_for_total(both, over="Ydelsesgrupper")


def test_choosing_rows_is_no_dropna(sanctions: pd.DataFrame) -> None:
    name = "Antal sanktioner fordelt på type: Gentagelsesvirkning (arbejdskrav)"
    column = sanctions[["Periode", "A-kasse", name]]
    # Four totals and hidden parts: whoever keeps the totals keeps just the visible cells.
    frame = column[(column["A-kasse"] == "A-kasse i alt") | column[name].isna()]
    by_hand = frame[frame["A-kasse"] == "A-kasse i alt"]
    chosen = totals.totals(frame, "A-kasse")
    for kept in (by_hand, chosen):
        assert (kept[name].array.dropped, kept[name].array.cells.left) == (0, ())
    # A dropna before stays known.
    assert totals.parts(column.dropna(), "A-kasse")[name].array.dropped


# --- official totals -------------------------------------------------------------------------------------------------


def test_the_official_total_over_some_dimensions_leaves_the_others(crossed: pd.DataFrame) -> None:
    over_area = totals.official_total(crossed, over="Område")
    assert set(over_area["Område"]) == {"Hele landet"}
    assert len(over_area["Ydelsesgrupper"].unique()) == 5
    assert len(totals.official_total(crossed)) == 3
    same_cells(
        totals.official_total(crossed, over=["Område", "Ydelsesgrupper"]), totals.official_total(crossed)
    )
    assert list(totals.official_total(crossed, PERSONS).columns) == [
        "Periode",
        "Område",
        "Ydelsesgrupper",
        PERSONS,
    ]


def test_the_official_total_of_one_measure_of_a_long_frame_is_its_rows(crossed: pd.DataFrame) -> None:
    long = layouts.to_long(crossed)
    found = totals.official_total(long, PERSONS)
    assert set(found["measure"]) == {PERSONS}
    assert found["value"].tolist() == totals.official_total(crossed)[PERSONS].tolist()


def test_a_sum_is_no_official_total(sanctions: pd.DataFrame) -> None:
    shown = totals.parts(sanctions, "A-kasse")[["Periode", "Antal sanktioner i alt"]]
    summed = shown.groupby("Periode").sum()
    assert (summed["Antal sanktioner i alt"].array.status == CellStatus.DERIVED).all()
    with pytest.raises(QueryError, match="not in the frame"):
        totals.official_total(summed)


QUESTIONS = [
    ("y25i01", {"_nykom": None, "_ygrpi09": None}, None, "latest:3"),
    ("y25i01", {"_nykom": None, "_ygrpi09": None}, "Område", "latest:3"),
    ("y25i01", {"_nykom": ["Aarhus", "Ærø"], "_ygrpi09": "*"}, "_nykom", ["2026M05", "2026M07"]),
    (
        "y25i01",
        {"_nykom": "level:nykom", "_ygrpi09": "*"},
        ["Område", "Ydelsesgrupper"],
        "2025M11:2026M02",
    ),
    ("y01c01", {"_tilb_2ptv": "*", "_nykom": ["Aarhus"]}, "Område", "latest:1"),
    (
        "y01c01",
        {"_tilb_2ptv": ["level:tilb_hoved", "level:tilb_gruppe"], "_nykom": ["Odense"]},
        "_omrade",
        2,
    ),
    ("y25i06b", {"_var13uger": "*"}, "Arbejdsfordelingstype", "latest:5"),
    ("ptv_a02", {"_kon": None}, "Køn", "latest:3"),
    ("y25i14", {"_escostar_rs": None}, None, 2),
    ("y28a15", {"_nykom": ["Aarhus"]}, None, "2023Y01"),
]


@pytest.mark.parametrize(("table", "by", "over", "periods"), QUESTIONS)
def test_the_line_of_the_error_gets_the_rows_when_pasted(
    reader: ji.Client, table: str, by: dict[str, Any], over: Any, periods: Any
) -> None:
    hierarchies = {h.id: h for h in reader.table(table).all_hierarchies}
    by = {
        name: [hierarchies[name].members[code].path for code in hierarchies[name].deepest]
        if members is None
        else members
        for name, members in by.items()
    }
    frame = reader.read(table, by=by, periods=periods)
    if over is None:
        frame = totals.without_totals(frame)
    else:
        for name in [over] if isinstance(over, str) else over:
            frame = totals.parts(frame, name)
    with pytest.raises(QueryError) as raised:
        totals.official_total(frame, over=over)
    lines = str(raised.value).splitlines()
    published = eval(lines[1], {"ji": ji, "client": reader})
    # Of some members of a level no total is published: both ways tell that the total is of all.
    some = re.search("the frame holds .* members of '[^']+'", lines[0])
    told = pytest.warns(QueryWarning, match=f"{some[0]}, and the published") if some else nullcontext()
    with told:
        again = eval(lines[3], {"ji": ji, "df": frame, "client": reader})
    pd.testing.assert_frame_equal(again, published)
    assert lines[4:] == [f"  # client: the ji.Client of {reader.base_url}, where these cells come from"]
    # A call reaches the address that the environment names by itself.
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("JOBINDSATS_API_URL", f"{reader.base_url}/")
        with pytest.raises(QueryError) as raised:
            totals.official_total(frame, over=over)
    assert str(raised.value).splitlines() == [line.replace(", client=client", "") for line in lines[:4]]
    found = totals.official_total(published, over=over)
    pd.testing.assert_frame_equal(found, published)
    question = totals.question_for_total(frame, over=over)
    pd.testing.assert_frame_equal(reader.read(**question), published)
    # Just the periods and the other members that the frame has.
    kept = [name for name in frame.columns[: len(by) + 1] if name in published.columns]
    expected = frame[kept].drop_duplicates()
    got = published[kept].drop_duplicates()
    assert set(map(tuple, expected.astype(str).to_numpy())) <= set(map(tuple, got.astype(str).to_numpy()))
    assert list(got["Periode"].unique()) == sorted(expected["Periode"].unique())


@pytest.mark.parametrize("names", ["short", "id"])
def test_totals_that_are_asked_for_are_called_as_the_frame_calls_them(reader: ji.Client, names: Any) -> None:
    frame = reader.read("y01h01", by={"_akassedp": "*"}, periods=1, names=names)
    column = frame.columns[4]
    assert column in {"Karantæne (selvforskyldt ledighed)", "measy01h01_3"}
    total = ji.read_official_total(frame, column, client=reader)
    assert total[column].to_list() == totals.official_total(frame, column)[column].to_list()
    with pytest.raises(QueryError, match=f"names='{names}'"):
        totals.official_total(totals.parts(frame, "A-kasse"), column)


def test_the_question_keeps_measures_layout_and_kinds(reader: ji.Client) -> None:
    frame = reader.read(
        "y25i01",
        by="_ygrpi09",
        periods="2026M05",
        measures=[PERSONS, FULL_TIME],
        layout="long",
        additive={PERSONS: "stock"},
    )
    question = totals.question_for_total(frame, FULL_TIME)
    assert question == {
        "table": "y25i01",
        "by": None,
        "periods": "2026M05",
        "period_type": "M",
        "measures": [FULL_TIME],
        "layout": "long",
        "additive": {PERSONS: "stock"},
    }
    frame.attrs.clear()
    assert totals.question_for_total(frame)["additive"] == {PERSONS: "stock"}
    assert totals.question_for_total(frame)["measures"] == [PERSONS, FULL_TIME]
    with pytest.raises(
        QueryError,
        match=r"measures=\['Antal ledige personer'\].*\n.*\n.*df, measure='Antal ledige personer', over='Ydels",
    ):
        totals.official_total(frame, PERSONS, over="Ydelsesgrupper")


def test_one_question_asks_for_one_table_and_one_period_type(
    crossed: pd.DataFrame, sanctions: pd.DataFrame, reader: ji.Client
) -> None:
    stacked = pd.concat([totals.parts(crossed, "Område"), sanctions], ignore_index=True)
    with pytest.raises(QueryError, match=r"cells of 2 tables \(y01h01, y25i01\)"):
        totals.question_for_total(stacked)
    assert totals.question_for_total(stacked, PERSONS)["table"] == "y25i01"
    years = reader.read("y01h01", by={"_akassedp": "*"}, periods="2024Y01")
    with pytest.raises(QueryError, match=r"periods of 2 types \(Q, Y\)"):
        totals.question_for_total(pd.concat([sanctions, years]))


def test_periods_of_several_types_are_groups_though_they_have_no_order(
    crossed: pd.DataFrame, sanctions: pd.DataFrame
) -> None:
    stacked = pd.concat([sanctions, crossed], ignore_index=True)
    column = sanctions.columns[2]
    bounds = totals.sum_bounds(totals.parts(stacked, "A-kasse"), column, by="Periode")
    pd.testing.assert_frame_equal(
        bounds.astype({"Periode": object}),
        totals.sum_bounds(totals.parts(sanctions, "A-kasse"), column, by="Periode").astype(
            {"Periode": object}
        ),
    )
    checked = totals.sum_check(stacked, by="Periode")
    assert set(checked["Periode"]) == {*sanctions["Periode"], *crossed["Periode"]}


def test_a_measure_that_is_not_there_is_refused_with_the_nearest(crossed: pd.DataFrame) -> None:
    with pytest.raises(
        QueryError, match=r"no measure 'Antal ledige person'. Did you mean 'Antal ledige personer'"
    ):
        totals.official_total(crossed, "Antal ledige person")


def test_a_computed_column_beside_a_measure_is_no_hindrance_and_has_no_total(crossed: pd.DataFrame) -> None:
    parts = totals.parts(crossed, "Område")
    frame = parts.assign(half=parts[PERSONS] / 2, product=parts[PERSONS] * parts[FULL_TIME])
    frame[FULL_TIME] = frame[FULL_TIME] / 2
    expected = totals.question_for_total(parts, PERSONS)
    assert totals.question_for_total(frame, PERSONS) == expected
    for computed in ("half", "product", FULL_TIME):
        with pytest.raises(ProvenanceError, match="were all computed"):
            totals.question_for_total(frame, computed)


def test_an_empty_frame_has_no_total_to_ask_for(crossed: pd.DataFrame) -> None:
    for measure in (None, PERSONS):
        with pytest.raises(ProvenanceError, match="it is empty"):
            totals.question_for_total(crossed.head(0), measure)


def test_computed_measures_have_no_published_total(crossed: pd.DataFrame) -> None:
    frame = totals.parts(crossed, "Område")
    share = pd.DataFrame({"share": frame[FULL_TIME] / frame[PERSONS]})
    with pytest.raises(ProvenanceError, match="were all computed"):
        totals.official_total(share)


# --- lost provenance -------------------------------------------------------------------------------------------------


def test_frames_without_parts_say_how_to_bring_them_back(crossed: pd.DataFrame) -> None:
    lost = crossed[["Periode", PERSONS]].copy()
    array: Any = lost[PERSONS].array
    lost[PERSONS] = DiscretionisedArray(array.numbers.copy(), array.status.copy())
    with pytest.raises(
        ProvenanceError, match=re.escape("ji.read_jobindsats('y25i01', by={'_nykom': '*', '_ygrpi09': '*'}")
    ):
        totals.without_totals(lost)
    lost.attrs.clear()
    with pytest.raises(ProvenanceError, match=r"ji.read_jobindsats\(table, …\), or ji.read_parquet\(path\)"):
        totals.official_total(lost)
    check = totals.sum_check(lost)
    assert check["reasons"].to_list() == ["unknown, hidden"]
    with pytest.raises(InvalidSumError, match="unknown"):
        totals.sum_bounds(lost)
    with pytest.raises(InvalidSumError, match="not known which cells") as raised:
        totals.sum_bounds(lost.iloc[:1])
    assert raised.value.reasons == ("unknown",)


# --- sums ------------------------------------------------------------------------------------------------------------


def test_bounds_follow_the_rule_and_say_why_they_differ(sanctions: pd.DataFrame) -> None:
    parts = totals.parts(sanctions, "A-kasse")
    name = "Antal sanktioner fordelt på type: Gentagelsesvirkning (arbejdskrav)"
    bounds = totals.sum_bounds(parts, name, by="Periode")
    for _, row in bounds.iterrows():
        cells = parts[parts["Periode"] == row["Periode"]][name].array
        hidden = int((cells.status == CellStatus.DISCRETIONISED).sum())
        shown = int(cells.numbers[cells.visible].sum())
        assert (row["low"], row["high"], row["hidden"]) == (shown, shown + 2 * hidden, hidden)
    assert bounds["low"].dtype == "Int64"
    assert re.fullmatch(r"\d+ hidden cells of 0 to 2 each", bounds["why"][0])
    assert (totals.sum_bounds(parts, "Antal sanktioner i alt")["why"] == "").all()


def test_persons_full_time_money_and_rounding_have_their_own_bounds(
    crossed: pd.DataFrame, reader: ji.Client
) -> None:
    frame = totals.without_totals(crossed)
    persons = totals.sum_bounds(frame, PERSONS)
    assert persons["low"].dtype == "Int64"
    assert persons["low"][0] == frame[PERSONS].max()
    assert persons["why"][0].endswith("; a person can be in several parts")
    full_time = totals.sum_bounds(frame, FULL_TIME, by="Periode")
    assert full_time["low"].dtype == "Float64"
    assert (
        full_time["why"]
        .str.contains(r"^\d+ hidden cells of 0 to 3 each; \d+ cells rounded by up to 0.5$")
        .all()
    )
    assert totals.sum_bounds(crossed, by=["Periode", "Område", "Ydelsesgrupper"])[
        "measure"
    ].unique().tolist() == [PERSONS, FULL_TIME]
    money = reader.read(
        "y01u01", by={"_nykom": ["Læsø", "Fanø", "Ærø"], "_akassedp": None}, periods="latest:3"
    )
    name = "Udbetalt beløb, 1.000 kr."
    assert (money[name].array.status == CellStatus.DISCRETIONISED).any()
    bounds = totals.sum_bounds(money, name)
    assert bounds["high"].isna().all()
    assert "of 0 or more" in bounds["why"][0]
    adverts = totals.parts(reader.read("y25i14", by="_escostar_rs", periods="latest:1"), "Erhverv")
    bounds = totals.sum_bounds(adverts)
    assert bounds["rounded"][0] > 0
    assert bounds["high"][0] - bounds["low"][0] == 5 * bounds["rounded"][0]
    assert re.fullmatch(r"\d+ cells? rounded up from 0 or more", bounds["why"][0])


def test_rates_levels_and_cells_not_available_have_no_bounds(
    crossed: pd.DataFrame, reader: ji.Client
) -> None:
    with pytest.raises(InvalidSumError) as raised:
        totals.sum_bounds(crossed, crossed.columns[-1])
    assert raised.value.reason == "rate"
    with pytest.raises(InvalidSumError, match="without_totals") as raised:
        totals.sum_bounds(crossed)
    assert "levels" in raised.value.reasons
    with pytest.raises(InvalidSumError, match=r"by='period'\)  # the interval for each period"):
        totals.sum_bounds(totals.without_totals(crossed), FULL_TIME)
    only_rates = crossed[[crossed.columns[-1]]]
    with pytest.raises(InvalidSumError):
        totals.sum_bounds(only_rates)
    later = reader.read("y14d03", by="_kon", periods="latest:2")
    with pytest.raises(InvalidSumError) as raised:
        totals.sum_bounds(
            later, "Antal i lønmodtagerbeskæftigelse / uddannelse 3 mdr. efter afsluttet forløb", by="Periode"
        )
    assert "not_available" in raised.value.reasons


def test_groups_are_columns_index_levels_or_what_the_cells_know(sanctions: pd.DataFrame) -> None:
    name = "Antal sanktioner i alt"
    by_column = totals.sum_bounds(sanctions, name, by=["A-kasse", "Periode"])
    assert list(by_column.columns[:2]) == ["A-kasse", "Periode"]
    assert by_column["A-kasse"].dtype == sanctions["A-kasse"].dtype
    indexed = sanctions.set_index(["Periode", "A-kasse"])
    pd.testing.assert_frame_equal(totals.sum_bounds(indexed, name, by=["A-kasse", "Periode"]), by_column)
    bare = sanctions[[name]]
    by_cell = totals.sum_bounds(bare, name, by=["_akassedp", "period"])
    assert by_cell["low"].to_list() == by_column["low"].to_list()
    assert by_cell["_akassedp"].to_list() == by_column["A-kasse"].astype(str).to_list()
    assert by_cell["period"][0] == "2025Q03"
    spread = spread_out(sanctions, name)
    assert totals.sum_bounds(spread, by=["A-kasse", "Periode"])["low"].to_list() == by_column["low"].to_list()
    with pytest.raises(QueryError, match="no dimension 'Kommuner'"):
        totals.sum_bounds(sanctions, name, by="Kommuner")


def test_cells_of_another_table_stand_in_a_group_of_their_own(
    crossed: pd.DataFrame, sanctions: pd.DataFrame
) -> None:
    stacked = pd.concat([totals.official_total(crossed), totals.official_total(sanctions)], ignore_index=True)
    bounds = totals.sum_bounds(stacked.drop(columns="A-kasse"), by=["period", "A-kasse"])
    assert set(bounds["A-kasse"]) == {"I alt", "A-kasse i alt"}
    by_label = totals.sum_bounds(stacked, "Antal sanktioner i alt", by="Ydelsesgrupper")
    assert by_label["Ydelsesgrupper"].isna().to_list() == [True]


def test_a_check_tells_what_a_sum_would_say(crossed: pd.DataFrame, sanctions: pd.DataFrame) -> None:
    check = totals.sum_check(totals.parts(sanctions, "A-kasse"), by="Periode")
    for _, row in check.iterrows():
        cells = totals.parts(sanctions, "A-kasse")
        column = cells[cells["Periode"] == row["Periode"]][row["measure"]]
        if row["valid"]:
            column.sum()
            assert row["reasons"] == row["why"] == ""
        else:
            with pytest.raises(InvalidSumError) as raised:
                column.sum()
            assert ", ".join(raised.value.reasons) == row["reasons"]
            assert row["why"]
    assert check["valid"].any()
    assert not check["valid"].all()
    column = layouts.to_long(crossed)["value"]
    one = totals.sum_check(column)
    assert one["reasons"][0].split(", ")[:2] == ["measures", "rate"]
    assert totals.sum_check(column.rename(None))["measure"].to_list() == [""]
    with pytest.raises(InvalidSumError, match="different measures"):
        totals.sum_bounds(column)
    assert totals.sum_bounds(sanctions["Antal sanktioner i alt"].iloc[1:3])["low"].dtype == "Int64"


def test_measures_are_told_apart_in_a_long_frame_and_found_by_their_column(crossed: pd.DataFrame) -> None:
    long = layouts.to_long(totals.without_totals(crossed))
    check = totals.sum_check(long, by="Periode")
    assert check["measure"].unique().tolist() == list(crossed.columns[3:])
    wide = totals.sum_check(totals.without_totals(crossed), by="Periode")
    pd.testing.assert_frame_equal(check, wide)
    bounds = totals.sum_bounds(long, "value", by=["Periode", "Område", "Ydelsesgrupper"])
    assert bounds["measure"].unique().tolist() == [PERSONS, FULL_TIME]
    mixed = long.copy()
    mixed["value"] = pd.concat([mixed["value"].iloc[:-1], mixed["value"].iloc[-1:] + 1])
    assert "value" in totals.sum_check(mixed)["measure"].to_list()


def test_an_empty_frame_has_no_sums(sanctions: pd.DataFrame) -> None:
    empty = sanctions.iloc[:0]
    assert totals.sum_check(empty)["valid"].all()
    assert totals.sum_check(empty, by="Periode").empty
    bounds = totals.sum_bounds(empty)
    assert (bounds["low"] == 0).all()
    with pytest.raises(ProvenanceError, match="empty"):
        totals.without_totals(empty)


@hypothesis.settings(max_examples=60)
@hypothesis.given(data=st.data())
def test_bounds_contain_the_truth(data: Any, api: Any, crossed: pd.DataFrame) -> None:
    table = api.population["y25i01"]
    municipalities = totals.without_totals(crossed)
    chosen = data.draw(st.sets(st.integers(0, len(municipalities) - 1), min_size=1, max_size=25))
    frame = municipalities.iloc[sorted(chosen)]
    hierarchies = {"Område": "_nykom", "Ydelsesgrupper": "_ygrpi09"}
    paths = {
        column: {
            v["value_name"]: v["value_id"]
            for d in table.metadata["dimensions"]
            for h in d["hierarchies"]
            if h["hierarchy_id"] == hierarchy
            for level in h["levels"]
            for v in level["values"]
        }
        for column, hierarchy in hierarchies.items()
    }
    for measure, name in zip(table.measure_ids[:2], (PERSONS, FULL_TIME), strict=True):
        bounds = totals.sum_bounds(frame, name, by=["Periode", "Ydelsesgrupper"])
        for _, row in bounds.iterrows():
            inside = frame[
                (frame["Periode"] == row["Periode"]) & (frame["Ydelsesgrupper"] == row["Ydelsesgrupper"])
            ]
            period = f"{row['Periode'].year}M{row['Periode'].month:02d}"
            cells = [
                (period, {"_nykom": paths["Område"][area], "_ygrpi09": paths["Ydelsesgrupper"][benefit]})
                for area, benefit in zip(inside["Område"], inside["Ydelsesgrupper"], strict=True)
            ]
            truth = table.truth_of_union(measure, cells)
            assert row["low"] <= truth <= row["high"]


# --- recorded answers ------------------------------------------------------------------------------------------------

#: How many published parents each answer holds, over all measures that add in any way.
RECORDED = {"y01h01": 10, "y25i01": 4, "y01c01": 336}


def answer(recorded: Path, tmp_path: Path, table: str) -> pd.DataFrame:
    recording = recordings.load(recorded, table)
    fixed = ji.sandbox.FixedTable(recording.metadata, columns=recording.columns, rows=recording.rows)
    with ji.sandbox.serve(tables={table: fixed}) as served:
        reader = ji.Client(token=served.token, base_url=served.url, cache_dir=tmp_path / table)
        return reader.read(table, by=recording.by, periods="*")


@pytest.mark.parametrize(("table", "parents"), RECORDED.items())
def test_bounds_of_the_recorded_parts_contain_every_published_parent(
    recorded: Path, tmp_path: Path, table: str, parents: int
) -> None:
    frame = answer(recorded, tmp_path, table)
    *others, dimension = (
        name for name in frame.columns if not isinstance(frame.dtypes[name], DiscretionisedDtype)
    )
    checked = 0
    for parent, children in families(frame, dimension):
        above, below = frame.loc[parent].set_index(others), frame.loc[children]
        for name in frame.columns[len(others) + 1 :]:
            if totals.sum_check(below[[name]])["reasons"].str.contains("rate").all():
                with pytest.raises(InvalidSumError):
                    totals.sum_bounds(below, name)
                continue
            bounds = totals.sum_bounds(below, name, by=others).set_index(others)
            published = above[name][above[name].notna()]
            inside = bounds.loc[bounds.index.intersection(published.index)]
            shown = published.loc[inside.index].jobindsats.plain(periods="period").iloc[:, 0]
            # What is published is itself rounded by up to a half.
            slack = 0.5 if "fuldtid" in name else 0
            assert (inside["low"] - slack <= shown).all()
            assert (shown <= inside["high"] + slack).all()
            checked += len(inside)
    assert checked == parents


def families(frame: pd.DataFrame, dimension: str) -> Iterator[tuple[pd.Index, pd.Index]]:
    """Rows of each member that has parts in the frame, and the rows of those parts, one level below."""
    array: Any = frame.iloc[:, -1].array
    decoded = array.registry.decode(array.addresses)[0]
    place = next(i for i, d in enumerate(decoded.space.dimensions) if d.name == dimension)
    members, codes = decoded.space.dimensions[place].members, decoded.members[place]
    parents = np.array([member.parent for member in members])
    for code in np.unique(codes):
        children = (parents[codes] == code) & (codes != code)
        if children.any():
            yield frame.index[codes == code], frame.index[children]


def test_the_recorded_examples_are_those_of_the_rule(recorded: Path, tmp_path: Path) -> None:
    found = {}
    for table, name, period in (
        ("y01h01", "Antal sanktioner fordelt på type: Gentagelsesvirkning (arbejdskrav)", "2025Q4"),
        ("y01c01", "Antal aktiverede", "2026-05"),
    ):
        frame = answer(recorded, tmp_path, table)
        frame = frame[frame["Periode"] == period]
        _, children = next(iter(families(frame, "A-kasse" if table == "y01h01" else "Tilbud")))
        bounds = totals.sum_bounds(frame.loc[children], name)
        published = totals.official_total(frame, name)[name]
        found[table] = (int(bounds["low"][0]), int(published.iloc[0]), int(bounds["high"][0]))
    assert found == {"y01h01": (74, 86, 96), "y01c01": (15372, 20791, 22746)}


# --- names and levels ------------------------------------------------------------------------------------------------


def test_a_dimension_is_known_by_the_name_of_its_level_too(crossed: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(totals.parts(crossed, "Kommune"), totals.parts(crossed, "Område"))


def test_a_total_is_not_offered_as_the_sum_of_less_than_a_level(client):
    df = client.read("y25i01", by="Kommune", periods=1)
    column = "Antal ledige personer"
    known = df[df["Område"] != "Uoplyst område"]
    with pytest.raises(
        QueryError, match=r"No total is published of just these: the frame holds 98 of 99 members of 'Område'"
    ):
        known.jobindsats.official_total(column)
    with pytest.raises(QueryError, match=r"3 of 99 members of 'Område'"):
        known[known["Område"].isin(["Odense", "Aarhus", "Vejle"])].jobindsats.official_total(
            column, over="Område"
        )
    with pytest.raises(QueryError, match=r"is not in the frame. It is one call away"):
        df.jobindsats.official_total(column)
    with pytest.raises(ji.InvalidSumError) as caught:
        known[column].sum()
    assert "official_total" not in str(caught.value)
    with pytest.raises(ji.InvalidSumError, match="official_total"):
        df[column].sum()
