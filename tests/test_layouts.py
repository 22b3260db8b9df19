"""Statuses, plain numbers and SDMX codes beside the measures; measures side by side and stacked."""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from frames import same_cells

import jobindsats_pandas as ji
from jobindsats_pandas import layouts
from jobindsats_pandas.disclosure import CellStatus, DiscretionisedArray
from jobindsats_pandas.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable

PERSONS, FULL_TIME = "Antal ledige personer", "Antal ledige fuldtidspersoner"
LABELS = [status.label for status in CellStatus]


def every_status(whole: bool = True) -> pd.DataFrame:
    codes = np.array([int(status) for status in CellStatus], dtype=np.uint8)
    values = np.arange(len(codes)) + 10
    return pd.DataFrame(
        {"g": list("abcdefgh"), "x": DiscretionisedArray(values if whole else values + 0.5, codes)}
    )


def test_statuses_come_in_the_shape_of_the_measures(crossed: pd.DataFrame) -> None:
    shown = layouts.status(crossed)
    assert list(shown.columns) == list(crossed.columns[3:])
    assert shown.index is crossed.index
    hidden = layouts.is_discretionised(crossed)
    for name in shown.columns:
        assert list(shown[name].cat.categories) == LABELS
        assert (hidden[name] == (shown[name] == "discretionised")).all()
        assert (crossed[name].isna() == shown[name].isin(["discretionised", "not available", "absent"])).all()
    assert hidden.to_numpy().any()
    assert layouts.status(every_status())["x"].to_list() == LABELS


def test_statuses_keep_labels_that_repeat_or_nest(crossed: pd.DataFrame) -> None:
    spread = crossed.set_index(["Periode", "Ydelsesgrupper", "Område"]).unstack("Område")  # noqa: PD010 - not summed
    assert layouts.status(spread).columns.equals(spread.columns)
    twice = crossed.iloc[:, [3, 3]]
    assert layouts.is_discretionised(twice).columns.to_list() == [crossed.columns[3]] * 2
    plain = layouts.plain(spread)
    assert plain.columns[1] == (spread.columns[0][0], f"{spread.columns[0][1]}_status")
    assert plain.columns.names == spread.columns.names


def test_plain_numbers_stand_beside_a_readable_status(crossed: pd.DataFrame) -> None:
    plain = layouts.plain(crossed)
    assert [str(dtype) for dtype in plain.dtypes[3:]] == ["float64", "category"] * 4
    shown = layouts.plain(crossed[crossed[crossed.columns[3]].notna()])
    assert [str(dtype) for dtype in shown.dtypes[3:5]] == ["int64", "category"]
    name = crossed.columns[3]
    array: Any = crossed[name].array
    assert plain[name].isna().to_numpy().tolist() == (~array.visible).tolist()
    assert plain[name].sum() == int(array.numbers[array.visible].sum())
    assert plain[f"{name}_status"].to_list() == [LABELS[code] for code in array.status]
    assert plain.attrs == crossed.attrs


def test_a_number_for_hidden_cells_is_told_in_the_status() -> None:
    plain = layouts.plain(every_status(), hidden=1)
    assert plain["x"].fillna(-1).to_list() == [10, 1, -1, -1, 14, 15, 16, -1]
    whole = layouts.plain(every_status().iloc[[0, 1, 4]], hidden=1)
    assert (whole["x"].dtype, whole["x"].to_list()) == ("int64", [10, 1, 14])
    whole.loc[0, "x"] = 0  # its own memory, not the frame's
    assert plain["x_status"][1] == "discretionised, filled with 1"
    assert plain["x_status"][[0, 2, 3, 4, 5, 6, 7]].to_list() == [
        LABELS[code] for code in (0, 2, 3, 4, 5, 6, 7)
    ]
    middle = layouts.plain(every_status(), hidden=0.5)
    assert (middle["x"].dtype, middle["x"][1], middle["x_status"][1]) == (
        "float64",
        0.5,
        "discretionised, filled with 0.5",
    )
    assert layouts.plain(every_status(whole=False), hidden=2)["x"][1] == 2.0
    for wrong in (True, float("nan"), float("inf")):
        with pytest.raises(QueryError, match="give a number"):
            layouts.plain(every_status(), hidden=wrong)


def test_no_statuses_where_none_are_wanted(crossed: pd.DataFrame) -> None:
    bare = layouts.plain(crossed, statuses=None)
    assert bare.columns.equals(crossed.columns)
    assert "status" not in layouts.plain(layouts.to_long(crossed), statuses=None)
    with pytest.raises(QueryError, match=r"statuses='rows': there are 'columns'. Or None"):
        layouts.plain(crossed, statuses="rows")


PERIOD_TYPES = [
    ("y25i01", "M", ["2026-07-01", "2026-08-01"], ["2026-07-31", "2026-08-31"], ["2026M07", "2026M08"]),
    ("y01h01", "Q", ["2026-01-01", "2026-04-01"], ["2026-03-31", "2026-06-30"], ["2026Q01", "2026Q02"]),
    ("y01h01", "Y", ["2024-01-01", "2025-01-01"], ["2024-12-31", "2025-12-31"], ["2024Y01", "2025Y01"]),
    ("y25i06b", "MYTD", ["2026-01-01"] * 2, ["2026-07-31", "2026-08-31"], ["2026MYTD07", "2026MYTD08"]),
    (
        "ptv_a02",
        "QMAT",
        ["2025-04-01", "2025-07-01"],
        ["2026-03-31", "2026-06-30"],
        ["2026QMAT01", "2026QMAT02"],
    ),
]


@pytest.mark.parametrize(("table", "period_type", "start", "end", "text"), PERIOD_TYPES)
def test_periods_become_what_is_asked_for(
    reader: ji.Client, table: str, period_type: str, start: list[str], end: list[str], text: list[str]
) -> None:
    frame = reader.read(table, periods=2, period_type=period_type)
    assert frame.jobindsats.plain()["Periode"].astype(str).to_list() == start
    assert frame.jobindsats.plain(periods="end")["Periode"].astype(str).to_list() == end
    told = frame.jobindsats.plain(periods="text")["Periode"]
    assert (told.dtype, told.to_list()) == ("str", text)
    assert frame.jobindsats.plain(periods="period")["Periode"].equals(frame["Periode"])
    turned = frame.jobindsats.timestamps("end").jobindsats.plain()
    assert turned["Periode"].astype(str).to_list() == end
    with pytest.raises(QueryError, match="periods='date': there are 'start', 'end', 'text' and 'period'"):
        frame.jobindsats.plain(periods="date")


def test_periods_of_unknown_length_are_text_and_missing_ones_stay_missing() -> None:
    frame = every_status().iloc[:3]
    frame["uge"] = pd.Categorical(["2026W01", None, "2026W02"])
    frame["måned"] = pd.PeriodIndex(["2026-05", "NaT", "2026-06"], freq="M")
    frame["dag"] = pd.PeriodIndex(["2026-05-03", "NaT", "2026-05-04"], freq="D")
    frame["gruppe"] = pd.Categorical(["2026M05", "andet", None])
    plain = layouts.plain(frame)
    assert [str(dtype) for dtype in plain.dtypes[3:]] == ["str", *["datetime64[us]"] * 2, "category"]
    assert plain["uge"].isna().to_list() == plain["måned"].isna().to_list() == [False, True, False]
    assert layouts.plain(frame, periods="text")["måned"].fillna("").to_list() == ["2026M05", "", "2026M06"]


def test_periods_in_the_index_and_in_the_labels_of_columns(sanctions: pd.DataFrame) -> None:
    name = "Antal sanktioner i alt"
    wide = sanctions.pivot(index="Periode", columns="A-kasse", values=name)  # noqa: PD010 - not summed
    assert isinstance(layouts.plain(wide).index, pd.DatetimeIndex)
    assert layouts.plain(wide, periods="text").index.to_list()[0] == "2025Q03"
    assert layouts.plain(wide, periods="period").index is wide.index
    across = sanctions.pivot(index="A-kasse", columns="Periode", values=name)  # noqa: PD010 - not summed
    assert layouts.plain(across).columns.to_list()[:2] == ["2025Q03", "2025Q03_status"]
    assert (
        layouts.plain(across, periods="period", statuses=None).columns.to_list() == across.columns.to_list()
    )
    nested = sanctions.set_index(["A-kasse", "Periode"])
    assert layouts.plain(nested).index.get_level_values("Periode").dtype.kind == "M"
    spread = nested.unstack("Periode")  # noqa: PD010 - not summed
    assert layouts.plain(spread).columns[1] == (spread.columns[0][0], "2025Q03_status")


def test_names_that_are_taken_are_numbered_alike_in_plain_arrow_and_csv(sanctions: pd.DataFrame) -> None:
    """As in Parquet: who comes first has the name."""
    frame = sanctions.iloc[:, [0, 1, 2, 3, 4]]
    frame.columns = pd.Index(["Periode", "A-kasse", "Antal", "Antal_status", "Antal"])
    names = ["Antal", "Antal_status", "Antal_status.1", "Antal_status_status", "Antal.1", "Antal_status.2"]
    assert layouts.plain(frame).columns.to_list() == ["Periode", "A-kasse", *names]
    table = frame.jobindsats.to_arrow()
    assert table.column_names == ["Periode", "Periode_start", "A-kasse", *names]
    text = io.StringIO()
    frame.jobindsats.to_csv(text)
    assert text.getvalue().splitlines()[0].split(",") == table.column_names
    written = io.BytesIO()
    frame.jobindsats.to_parquet(written)
    assert pq.read_schema(written).names == table.column_names
    spread = frame.set_index(["Periode", "A-kasse"]).iloc[:, :2]
    spread.columns = pd.MultiIndex.from_tuples([("i alt", "n"), ("i alt", "n_status")])
    assert layouts.plain(spread).columns.to_list()[1:3] == [("i alt", "n_status"), ("i alt", "n_status.1")]


def test_the_long_layout_has_its_status_column_already(crossed: pd.DataFrame) -> None:
    long = layouts.to_long(crossed)
    assert layouts.plain(long).columns.to_list() == [
        "Periode",
        "Område",
        "Ydelsesgrupper",
        "measure",
        "value",
        "status",
    ]
    assert layouts.sdmx(long).columns.to_list()[-3:] == ["value", "OBS_STATUS", "CONF_STATUS"]
    filled = layouts.plain(long, hidden=0)
    assert (filled["status"] == "discretionised, filled with 0").sum() == (
        long["status"] == "discretionised"
    ).sum()


def test_sdmx_codes_follow_the_status() -> None:
    coded = layouts.sdmx(every_status())
    assert "".join(coded["x_OBS_STATUS"]) == "AQOMDEIO"
    assert "".join(coded["x_CONF_STATUS"]) == "FCFFCFFF"
    assert coded.columns.to_list() == ["g", "x", "x_OBS_STATUS", "x_CONF_STATUS"]
    assert coded["x"].dtype == "Int64"
    assert set(coded["x_OBS_STATUS"].cat.categories) <= set("ABDEFGHIJKLMNOPQSUVW")


def test_columns_of_objects_stay_objects() -> None:
    frame = every_status()
    frame["o"] = pd.Series(list("abcdefgh"), dtype=object)
    assert layouts.plain(frame)["o"].dtype == object


def quietly(call: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call()


LAYOUTS = [
    ("y25i01", {"_nykom": "*"}, 2),
    ("y01h01", {"_akassedp": "*"}, 4),
    ("y25i06b", {"_var13uger": "*"}, 4),
    ("y14d03", "_kon", 5),
    ("ptv_a02", {"_kon": "*"}, 2),
    ("y01u01", "_nykom", 1),
    ("y25i14", {"_escostar_rs": "*"}, 1),
    ("y28a15", None, 3),
]


@pytest.mark.parametrize(("table", "by", "periods"), LAYOUTS)
def test_layouts_turn_into_each_other_as_if_read_so(
    reader: ji.Client, table: str, by: Any, periods: int
) -> None:
    wide = reader.read(table, by=by, periods=periods)
    long = reader.read(table, by=by, periods=periods, layout="long")
    same_cells(layouts.to_long(wide), long)
    same_cells(layouts.to_wide(long), wide)
    assert layouts.to_long(wide).attrs["jobindsats"]["layout"] == "long"
    assert layouts.to_wide(long).attrs["jobindsats"]["layout"] == "wide"
    assert layouts.to_long(long) is long
    assert layouts.to_wide(wide) is wide
    same_cells(layouts.to_wide(layouts.to_long(wide.iloc[:0])), wide.iloc[:0])


def test_measures_of_one_name_go_by_their_id_in_the_long_layout(crossed: pd.DataFrame) -> None:
    twins = crossed[["Periode", "Område", "Ydelsesgrupper", PERSONS, FULL_TIME]]
    twins.columns = pd.Index(["Periode", "Område", "Ydelsesgrupper", "x", "x"])
    long = layouts.to_long(twins)
    assert list(long["measure"].cat.categories) == ["x [measy25i01_1]", "x [measy25i01_2]"]
    twins.columns = pd.Index(["Periode", "Område", "Ydelsesgrupper", PERSONS, PERSONS])
    twins.attrs.clear()
    assert layouts.to_wide(layouts.to_long(twins)).columns.to_list()[3:] == [
        PERSONS,
        f"{PERSONS} [measy25i01_2]",
    ]
    twins.columns = pd.Index(["Periode", "Område", "Ydelsesgrupper", "x", "x"])
    nameless = layouts.to_long(twins.iloc[:0])
    assert list(nameless["measure"].cat.categories) == ["x [3]", "x [4]"]
    # One measure twice, as where two reads stand beside each other.
    again = pd.concat([crossed, crossed[[PERSONS]]], axis=1)
    assert list(layouts.to_long(again)["measure"].cat.categories)[-1] == f"{PERSONS} [measy25i01_1].1"
    assert len(layouts.to_long(again)) == 5 * len(crossed)


def test_a_cell_whose_row_was_filtered_away_is_not_taken_for_zero(sanctions: pd.DataFrame) -> None:
    long = layouts.to_long(sanctions)
    wide = layouts.to_wide(long[long["status"] == "observed"])
    assert wide.shape == sanctions.shape
    name = "Antal sanktioner fordelt på type: Gentagelsesvirkning (arbejdskrav)"
    assert (wide[name].array.status != CellStatus.OBSERVED).any()
    assert set(wide[name].array.status) == {CellStatus.OBSERVED, CellStatus.NOT_AVAILABLE}


def test_rows_that_cannot_be_told_apart_are_refused(crossed: pd.DataFrame) -> None:
    long = layouts.to_long(crossed).drop(columns="Område")
    with pytest.raises(
        QueryError, match="several rows of the measure 'Antal ledige personer' for the same 'Periode', 'Ydels"
    ):
        layouts.to_wide(long)
    with pytest.raises(QueryError, match="for the same row"):
        layouts.to_wide(long[["measure", "value", "status"]])
    one = layouts.to_wide(long[["measure", "value", "status"]].head(4))
    assert one.shape == (1, 4)
    with pytest.raises(QueryError, match="a column 'status' already"):
        layouts.to_long(crossed.assign(status="x"))


def test_columns_of_objects_stay_objects_in_both_layouts(sanctions: pd.DataFrame) -> None:
    frame = sanctions.assign(note=pd.Series(["a"] * len(sanctions), dtype=object))
    assert layouts.to_long(frame)["note"].dtype == object
    assert layouts.to_wide(layouts.to_long(frame))["note"].dtype == object


def test_two_columns_of_one_name_cannot_be_spread(sanctions: pd.DataFrame) -> None:
    long = layouts.to_long(sanctions).rename(columns={"A-kasse": "value"})
    with pytest.raises(QueryError, match="Two columns bear the name 'value'"):
        layouts.to_wide(long)


# --- members side by side ----------------------------------------------------------------------------------------------

REPEATED = "Antal sanktioner fordelt på type: Gentagelsesvirkning (arbejdskrav)"


@pytest.mark.parametrize("columns", ["Periode", "A-kasse", "_akassedp"])
@pytest.mark.parametrize("layout", ["wide", "long"])
def test_one_measure_lies_across(sanctions: pd.DataFrame, columns: str, layout: str) -> None:
    frame = sanctions if layout == "wide" else layouts.to_long(sanctions)
    wide = frame.jobindsats.to_wide(columns, measure="Gentagelsesvirkning (arbejdskrav)")
    assert wide.attrs["jobindsats"] | {"layout": layout} == frame.attrs["jobindsats"]
    periods, funds = ["2025Q03", "2025Q04", "2026Q01", "2026Q02"], list(sanctions["A-kasse"].cat.categories)
    if columns == "Periode":
        assert (wide.columns.to_list(), wide.index.to_list()) == (periods, funds)
    else:
        assert wide.columns.to_list() == funds
        assert wide.index.equals(
            pd.PeriodIndex(["2025Q3", "2025Q4", "2026Q1", "2026Q2"], freq="Q", name="Periode")
        )
    for _, row in sanctions.iterrows():
        place = (row["A-kasse"], f"{row['Periode'].year}Q0{row['Periode'].quarter}")
        found = wide.loc[place] if columns == "Periode" else wide.loc[row["Periode"], row["A-kasse"]]
        assert str(found) == str(row[REPEATED])


def test_what_lies_across_is_guarded_and_knows_its_source(sanctions: pd.DataFrame) -> None:
    parts = sanctions.jobindsats.parts("A-kasse")
    wide = parts.jobindsats.to_wide(columns="A-kasse", measure=REPEATED)
    with pytest.raises(ji.InvalidSumError, match="hidden"):
        wide.sum(axis=1)
    assert wide.jobindsats.cite().text == parts.jobindsats.cite().text
    assert wide.jobindsats.sum_bounds(by="Periode")["hidden"].sum() == parts[REPEATED].isna().sum()


def test_dimensions_that_stay_are_the_rows_and_codes_go_with_what_they_tell_of(crossed: pd.DataFrame) -> None:
    coded = quietly(crossed.jobindsats.with_codes)
    across = coded.jobindsats.to_wide(columns="Periode", measure=PERSONS)
    assert across.index.names == ["Område", "Områdekode", "Ydelsesgrupper"]
    assert len(across) == len(crossed.drop_duplicates(["Område", "Ydelsesgrupper"]))
    areas = coded.jobindsats.to_wide(columns="Område", measure=PERSONS)
    assert areas.index.names == ["Periode", "Ydelsesgrupper"]
    assert areas.columns.to_list() == crossed["Område"].cat.categories.to_list()
    noted = coded.assign(note="n", value=1).jobindsats.to_wide(columns="Område", measure=PERSONS)
    assert noted.index.names == ["Periode", "Ydelsesgrupper", "note", "value"]


def test_a_place_without_a_row_is_a_hole_and_text_keeps_its_order(sanctions: pd.DataFrame) -> None:
    frame = sanctions.astype({"A-kasse": "str"}).iloc[::-1].iloc[1:]
    wide = frame.jobindsats.to_wide(columns="Periode", measure=REPEATED)
    assert wide.index.to_list() == frame["A-kasse"].unique().tolist()
    assert wide.columns.is_monotonic_increasing
    assert wide.jobindsats.status.iloc[0].to_list()[-1] == "not in the data here"
    across = frame.jobindsats.to_wide(columns="A-kasse", measure=REPEATED)
    assert across.columns.to_list() == wide.index.to_list()


def test_rolling_years_lie_across_by_their_ids(reader: ji.Client) -> None:
    frame = reader.read("ptv_a02", periods=2, period_type="QMAT", by={"_kon": "*"})
    wide = frame.jobindsats.to_wide(columns="Periode", measure=frame.columns[-1])
    assert wide.columns.to_list() == ["2026QMAT01", "2026QMAT02"]


WRONG = [
    ({"columns": "x"}, "The frame has no dimension 'x'"),
    (
        {"columns": "Periode"},
        r"lays out one measure, and the frame has 'Antal sanktioner i alt'.* and 3 more",
    ),
    ({"columns": "Periode", "measure": "x"}, "The frame has no measure 'x'"),
    ({"columns": REPEATED, "measure": REPEATED}, "is a measure; name a dimension"),
    ({"measure": REPEATED}, r"measure= is about to_wide\(columns='…'\)"),
    ({"columns": ["Periode", "A-kasse"], "measure": REPEATED}, "columns=.*: give"),
]


@pytest.mark.parametrize(("given", "told"), WRONG)
def test_what_cannot_lie_across_is_refused(sanctions: pd.DataFrame, given: dict[str, Any], told: str) -> None:
    with pytest.raises(QueryError, match=told):
        sanctions.jobindsats.to_wide(**given)


def test_rows_for_one_place_are_refused_and_a_frame_without_other_labels(sanctions: pd.DataFrame) -> None:
    with pytest.raises(
        QueryError, match="several rows for the same 'Periode', 'A-kasse' \\(2026Q2, CA A-kasse\\)"
    ):
        pd.concat([sanctions, sanctions.tail(1)]).jobindsats.to_wide(columns="A-kasse", measure=REPEATED)
    with pytest.raises(QueryError, match="nothing is left for the rows"):
        sanctions[["Periode", REPEATED]].jobindsats.to_wide(columns="Periode")
    merged = sanctions[["Periode", "A-kasse", REPEATED, "Antal sanktioner i alt"]]
    both = pd.concat(
        [
            merged.iloc[:4, [0, 1, 2]].set_axis(["Periode", "A-kasse", "x"], axis=1),
            merged.iloc[4:8, [0, 1, 3]].set_axis(["Periode", "A-kasse", "x"], axis=1),
        ]
    )
    assert both.jobindsats.to_wide(columns="Periode").shape == (2, 4)
