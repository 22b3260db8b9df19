"""Statuses, plain numbers and SDMX codes beside the measures; measures side by side and stacked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from frames import same_cells

import jobindsats_pandas as ji
from jobindsats_pandas import layouts
from jobindsats_pandas.disclosure import CellStatus, DiscretionisedArray
from jobindsats_pandas.errors import QueryError

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
    assert [str(dtype) for dtype in plain.dtypes[3:]] == ["Int64", "category", "Int64", "category"] + [
        "Float64",
        "category",
    ] * 2
    name = crossed.columns[3]
    array: Any = crossed[name].array
    assert plain[name].isna().to_numpy().tolist() == (~array.visible).tolist()
    assert plain[name].sum() == int(array.numbers[array.visible].sum())
    assert plain[f"{name}_status"].to_list() == [LABELS[code] for code in array.status]
    assert plain.attrs == crossed.attrs


def test_a_number_for_hidden_cells_is_told_in_the_status() -> None:
    plain = layouts.plain(every_status(), hidden=1)
    assert plain["x"].dtype == "Int64"
    assert plain["x"].to_list() == [10, 1, pd.NA, pd.NA, 14, 15, 16, pd.NA]
    assert plain["x_status"][1] == "discretionised, filled with 1"
    assert plain["x_status"][[0, 2, 3, 4, 5, 6, 7]].to_list() == [
        LABELS[code] for code in (0, 2, 3, 4, 5, 6, 7)
    ]
    middle = layouts.plain(every_status(), hidden=0.5)
    assert (middle["x"].dtype, middle["x"][1], middle["x_status"][1]) == (
        "Float64",
        0.5,
        "discretionised, filled with 0.5",
    )
    assert layouts.plain(every_status(whole=False), hidden=2)["x"][1] == 2.0
    for wrong in (True, float("nan"), float("inf")):
        with pytest.raises(QueryError, match="give a number"):
            layouts.plain(every_status(), hidden=wrong)


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
