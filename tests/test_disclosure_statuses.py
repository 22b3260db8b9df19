"""One meaning for each status: what hidden cells, holes, guesses and what was left out become on their ways."""

# ruff: noqa: PD009, PD010, PD013, PLR0124 - ways of users, one as good as another

from __future__ import annotations

import contextlib
import json
import pickle
import threading
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from columns import make

import jobindsats_pandas as ji
from jobindsats_pandas.disclosure import (
    UNKNOWN,
    AddressDimension,
    AddressMeasure,
    AddressSpace,
    CellStatus,
    DiscretionisedArray,
    Registry,
    check_sums,
    texts,
)
from jobindsats_pandas.errors import HiddenCellsWarning, InvalidSumError
from jobindsats_pandas.kinds import Kind

OBSERVED, HIDDEN, NOT_AVAILABLE, ABSENT, ROUNDED, DERIVED, FILLED, HOLE = CellStatus
FUNDS = ("Min", "FOA", "3F")
PERIODS = tuple(("Q", f"2025Q{quarter}") for quarter in (1, 2, 3, 4))
SPACE = AddressSpace(
    "t",
    "Sanktioner",
    (AddressMeasure("a", "Antal sanktioner", Kind.FLOW), AddressMeasure("b", "Antal samtaler", Kind.FLOW)),
    PERIODS,
    (
        AddressDimension.build(
            "_kasse", "A-kasse", [("_h", "1", "A-kasse", [(f"/{n}/", name) for n, name in enumerate(FUNDS)])]
        ),
    ),
)
REGISTRY = Registry.of(SPACE)
VISIBLE = [11, 23, 47, 95, 191, 383, 767, 1535, 3071, 6143, 12287, 24575]


def panel(hidden=(), *, status=HIDDEN, periods=4, measure=0):
    """Three funds by quarters: rows in the order of the funds, some cells of another status than observed."""
    fund, period = np.divmod(np.arange(3 * periods), periods)
    statuses = np.zeros(3 * periods, dtype=np.uint8)
    statuses[list(hidden)] = status
    values = np.array(VISIBLE[: 3 * periods], dtype=np.int64)
    array = DiscretionisedArray(values.copy(), statuses, SPACE.encode(measure, period, [fund + 1]), REGISTRY)
    return pd.DataFrame(
        {
            "Periode": pd.period_range("2025Q1", periods=periods, freq="Q").take(period),
            "kasse": pd.Categorical.from_codes(fund, list(FUNDS)),
            "x": array,
        }
    )


def statuses(column):
    return [CellStatus(code) for code in column.array.status]


def refused(call):
    with pytest.raises(InvalidSumError) as caught:
        call()
    return caught.value.reasons


def quietly(call):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return call()


# ---- a hidden cell never becomes absent ---------------------------------------------------------------------------


MAKING_HOLES = {
    "reindex": lambda df: df.x.reindex(range(14)).iloc[12:],
    "unstack": lambda df: df.iloc[:6].set_index(["kasse", "Periode"]).x.unstack()["2025Q4"].iloc[1:],
    "shift": lambda df: df.x.shift(2).iloc[:2],
    "take": lambda df: pd.Series(df.x.array.take([0, -1], allow_fill=True)).iloc[1:],
    "merge": lambda df: df.merge(df.head(3), on=["kasse", "Periode"], how="left").x_y.iloc[3:],
    "concat": lambda df: pd.concat([df.x.head(1), df.x.tail(1).rename("y")], axis=1).y.iloc[:1],
    "where": lambda df: df.x.where(df.x > 20).iloc[:1],
    "from bare": lambda df: pd.Series([None, np.nan], dtype=df.x.dtype),
    "groupby.shift": lambda df: df.groupby("kasse", observed=True).x.shift(1).iloc[[0, 4]],
    "groupby.diff": lambda df: df.groupby("kasse", observed=True).x.diff().iloc[[0, 4]],
}


@pytest.mark.parametrize("name", MAKING_HOLES)
def test_what_pandas_makes_is_a_hole_and_no_cell(name):
    holes = MAKING_HOLES[name](panel())
    assert set(statuses(holes)) == {HOLE}
    assert holes.isna().all()
    assert set(texts(holes.array.cells)) == {"NaN"}
    assert HOLE.label == "not in the data here"
    assert holes.sum() == 0
    assert (check_sums(holes.array.cells).count == 0).all()


IN_PLACE_OF_HIDDEN = {
    "groupby.ffill": lambda df: df.groupby("kasse", observed=True).x.ffill(),
    "groupby.bfill": lambda df: df.groupby("kasse", observed=True).x.bfill(),
    "groupby.ffill of a frame": lambda df: df.groupby("kasse", observed=True)[["x"]].ffill().x,
    "groupby.bfill with a limit": lambda df: df.groupby("kasse", observed=True).x.bfill(limit=0),
    "groupby.transform": lambda df: df.groupby("kasse", observed=True).x.transform("ffill"),
    "groupby.pct_change": lambda df: df.groupby("kasse", observed=True).x.pct_change(1),
    "map to None": lambda df: df.x.map(lambda cell: cell if cell >= 3 else None),
    "apply to None": lambda df: df.x.apply(lambda cell: None if pd.isna(cell) else cell),
    "combine": lambda df: df.x.combine(df.x, lambda one, other: one if one == one else None),
    "mask": lambda df: df.x.mask(df.x.isna()),
    "reindex": lambda df: df.x.reindex(range(12), method="ffill"),
    "levels": lambda df: df.set_index(["kasse", "x"]).reset_index().x,
    "MultiIndex": lambda df: (
        pd.MultiIndex.from_arrays([df.kasse, df.x]).get_level_values(1).to_series().reset_index(drop=True)
    ),
    "pivot": lambda df: df.pivot(index="Periode", columns="kasse", values="x").melt().value,
    "pivot_table": lambda df: (
        df.pivot_table(index="Periode", columns="kasse", values="x", observed=True).melt().value
    ),
    "pivot_table first": lambda df: (
        df.pivot_table(index="kasse", columns="Periode", values="x", observed=True, aggfunc="first")
        .T.melt()
        .value
    ),
    "groupby.max": lambda df: df.groupby(["kasse", "Periode"], observed=True).x.max().reset_index().x,
    "groupby.mean": lambda df: df.groupby(["kasse", "Periode"], observed=True).x.mean().reset_index().x,
    "pickle": lambda df: pickle.loads(pickle.dumps(df)).x,
    "stack": lambda df: df[["x"]].stack().reset_index(drop=True),
}


@pytest.mark.parametrize("hidden", [(2, 9), (0, 1, 2, 3), (0, 4, 8), (3, 11)])
@pytest.mark.parametrize("name", IN_PLACE_OF_HIDDEN)
def test_what_stands_in_the_place_of_a_hidden_cell_is_hidden_or_a_guess(name, hidden):
    made = quietly(lambda: IN_PLACE_OF_HIDDEN[name](panel(hidden)))
    found = statuses(made)
    assert len(found) == 12
    assert {found[row] for row in hidden} <= {HIDDEN, FILLED}
    assert ABSENT not in found
    for row in hidden:
        assert "–" not in texts(made.array.cells)[row]
        period = made.iloc[row % 4 :: 4]
        assert refused(lambda period=period: quietly(period.sum))


@pytest.mark.parametrize("name", ["pivot_table", "pivot_table first", "pivot", "groupby.mean", "groupby.max"])
def test_a_pivot_table_of_single_cells_keeps_the_cells(name):
    frame = panel((2, 9))
    made = IN_PLACE_OF_HIDDEN[name](frame)
    assert (made.array.addresses == frame.x.array.addresses).all()
    assert statuses(made) == statuses(frame.x)
    assert made.iloc[4:8].sum() == frame.x.iloc[4:8].sum()


def test_a_fund_of_hidden_cells_alone_keeps_its_place_in_a_pivot_table():
    made = panel((4, 5, 6, 7)).pivot_table(index="kasse", columns="Periode", values="x", observed=True)
    assert made.shape == (3, 4)
    assert {CellStatus(made[period].array.status[1]) for period in made} == {HIDDEN}


@pytest.mark.parametrize(
    ("hidden", "status", "told"),
    [((0, 1), HIDDEN, HIDDEN), ((0, 1), NOT_AVAILABLE, NOT_AVAILABLE), ((0,), HIDDEN, HIDDEN)],
)
def test_an_extreme_of_hidden_cells_is_hidden(hidden, status, told):
    frame = panel(hidden, status=status).iloc[: len(hidden)]
    group = frame.groupby([0] * len(frame)).x
    for found in (frame[["x"]].max(), frame[["x"]].min(), frame[["x"]].agg("max"), group.max()):
        assert statuses(found) == [told]
    assert frame.x.max().status == told
    if len(hidden) == 1:
        assert frame.x.max().address == frame.x.array.addresses[0]


def test_rows_appended_by_their_label_bring_their_hidden_cells():
    frame = panel((2,))
    hidden = frame.iloc[2]
    for appended in (hidden, hidden.tolist(), quietly(hidden.to_dict)):
        made = frame.iloc[4:].reset_index(drop=True)
        made.loc[len(made)] = appended
        assert made.x.dtype == frame.x.dtype
        assert statuses(made.x)[-1] in (HIDDEN, NOT_AVAILABLE)
        assert refused(made.x.sum)
    column = frame.x.iloc[4:].copy()
    column.loc["new"] = frame.x.iloc[2]
    assert statuses(column)[-1] in (HIDDEN, NOT_AVAILABLE)
    assert refused(column.sum)


def test_a_shift_may_bring_a_hidden_cell_in():
    frame = panel((2,))
    made = frame.x.iloc[4:].shift(1, fill_value=frame.x.iloc[2])
    assert statuses(made)[0] is HIDDEN
    assert refused(made.sum)


def test_value_counts_show_hidden_cells_as_hidden():
    counts = panel((2, 3)).x.value_counts(dropna=False)
    hidden = [place for place, value in enumerate(counts.index) if pd.isna(value)]
    assert len(hidden) == 1
    assert counts.iloc[hidden[0]] == 2
    assert texts(counts.index.array.cells)[hidden[0]] in {"<3", "hidden"}


def test_laying_cells_out_anew_fills_nothing():
    frame = panel((5,)).iloc[[0, 5]]  # one fund in the first quarter, another in the second
    wide = frame.pivot(index="kasse", columns="Periode", values="x")
    assert [statuses(wide[period]) for period in wide] == [[OBSERVED, HOLE], [HOLE, HIDDEN]]
    assert statuses(frame.x.reindex([0, 99])) == [OBSERVED, HOLE]
    assert statuses(frame[["x"]].reindex([0, 99]).x) == [OBSERVED, HOLE]
    left = pd.DataFrame({"key": [0, 99]})
    assert statuses(left.merge(frame.assign(key=frame.index), how="left", on="key").x) == [OBSERVED, HOLE]


def test_old_files_and_pickles_keep_the_numbers_of_the_statuses():
    assert [status.value for status in CellStatus] == list(range(8))
    assert [status.name for status in CellStatus][:7] == [
        "OBSERVED",
        "DISCRETIONISED",
        "NOT_AVAILABLE",
        "ABSENT",
        "ROUNDED",
        "DERIVED",
        "FILLED",
    ]


@pytest.mark.parametrize("name", ["_parts", "_addresses"])
@pytest.mark.parametrize("knew_holes", [False, True])
def test_pickles_of_before_there_were_bundles_are_read(name, knew_holes):
    array = panel((2,)).x.reindex(range(13)).array
    cells = array.cells
    status = cells.status if knew_holes else np.where(cells.status == HOLE, np.uint8(ABSENT), cells.status)
    state = {"_numbers": cells.values, "_status": status, name: cells.addresses, "_registry": cells.registry}
    state |= {"_dropped": 2, "_uniform": None} | ({"_left": ("FOA",)} if knew_holes else {})
    old = object.__new__(DiscretionisedArray)
    old.__setstate__(state)
    assert statuses(pd.Series(old)) == statuses(pd.Series(array))
    assert old.equals(array)
    assert (old.dropped, old.cells.left) == (2, ("FOA",) if knew_holes else ())
    assert pickle.loads(pickle.dumps(old)).equals(array)


def test_arrow_columns_of_before_there_were_holes_are_read():
    array = panel((2,)).x.reindex(range(13)).array
    field = pa.array(array).type
    plain = json.loads(field.__arrow_ext_serialize__())
    del plain["left"]
    old = type(field).__arrow_ext_deserialize__(field.storage_type, json.dumps(plain).encode())
    storage = pa.array(array).storage
    status = pa.array(np.where(array.status == HOLE, np.uint8(ABSENT), array.status))
    written = pa.StructArray.from_arrays(
        [storage.field("value"), status, storage.field("part")], names=["value", "status", "part"]
    )
    # Whoever writes the column on as it was read writes that of it too.
    again = type(field).__arrow_ext_deserialize__(field.storage_type, old.__arrow_ext_serialize__())
    for kept in (old, again):
        back = array.dtype.__from_arrow__(pa.ExtensionArray.from_storage(kept, written))
        assert back.status.tolist() == array.status.tolist()
        assert back.equals(array)


@pytest.mark.parametrize("keep", [slice(None), slice(10, None)])
def test_holes_and_what_left_go_through_parquet(tmp_path, keep):
    frame = panel((4, 5, 6, 7))
    wide = (
        frame[frame.kasse != "FOA"]
        .set_index(["kasse", "Periode"])
        .x.reindex(
            pd.MultiIndex.from_product([list(FUNDS), frame.Periode.unique()], names=["kasse", "Periode"])
        )
    )
    written = wide.reset_index().iloc[keep].reset_index(drop=True)
    written.jobindsats.to_parquet(tmp_path / "x.parquet")
    back = ji.read_parquet(tmp_path / "x.parquet")
    assert statuses(back.x) == statuses(written.x)
    assert back.x.array.addresses.tolist() == written.x.array.addresses.tolist()
    assert back.x.array.cells.left == ("FOA",)
    plain = pd.read_parquet(tmp_path / "x.parquet")
    assert plain["x_status"][written.x.isna()].tolist() == ["not in the data here"] * int(
        written.x.isna().sum()
    )


# ---- whatever is written over a hidden cell is a guess ------------------------------------------------------------


OLDER = panel().x  # the same cells of an older download, when none of them was hidden
ANOTHER = panel(measure=1).x
WRITING = {
    "fillna number": lambda df: df.x.fillna(2),
    "fillna older": lambda df: df.x.fillna(OLDER),
    "fillna measure": lambda df: df.x.fillna(ANOTHER),
    "fillna shifted": lambda df: df.x.fillna(df.x.shift(1)),
    "combine_first": lambda df: df.x.combine_first(OLDER),
    "where": lambda df: df.x.where(df.x.notna(), OLDER),
    "mask": lambda df: df.x.mask(df.x.isna(), OLDER),
    "mask measure": lambda df: df.x.mask(df.x.isna(), ANOTHER),
    "case_when": lambda df: df.x.case_when([(df.x.isna(), OLDER)]),
    "loc": lambda df: written(df.x, lambda x: x.loc.__setitem__(x.isna(), OLDER)),
    "setitem": lambda df: written(df.x, lambda x: x.__setitem__(x.isna(), OLDER[x.isna()])),
    "iat": lambda df: written(df.x, lambda x: x.iat.__setitem__((2,), OLDER.iat[2])),
    "update": lambda df: written(df.x, lambda x: x.update(OLDER)),
    "frame where": lambda df: df[["x"]].where(df[["x"]].notna(), OLDER, axis=0).x,
    "frame fillna": lambda df: df[["x"]].fillna({"x": OLDER.iloc[0]}).x,
    "frame combine_first": lambda df: df[["x"]].combine_first(OLDER.to_frame("x")).x,
    "ffill": lambda df: df.x.ffill(),
    "interpolate": lambda df: df.x.interpolate(),
    "map": lambda df: df.x.map(lambda cell: 0 if pd.isna(cell) else cell),
    "map to another": lambda df: df.x.map(lambda cell: OLDER.iloc[2] if pd.isna(cell) else cell),
    "combine": lambda df: df.x.combine(OLDER, lambda one, other: one if one == one else other),
    "replace": lambda df: df.x.replace(np.nan, 2),
    "take": lambda df: pd.Series(df.x.array.take([0, 1, 1, *range(3, 12)])),
}


def written(column, write):
    column = column.copy()
    write(column)
    return column


@pytest.mark.parametrize("name", WRITING)
def test_a_number_written_over_a_hidden_cell_is_a_guess(name):
    made = WRITING[name](panel((2,)))
    assert statuses(made)[2] is FILLED
    assert made.iloc[2] > 0 or name == "map"
    assert "filled" in refused(made.sum)
    assert "filled" in refused(made.iloc[[2, 6]].sum)


def test_only_a_new_read_replaces_a_hidden_cell():
    hidden = panel((2,))
    made = hidden.x.fillna(OLDER)
    assert statuses(made)[2] is FILLED
    assert made.array.addresses[2] == hidden.x.array.addresses[2]
    made[:] = OLDER.array
    assert statuses(made)[2] is FILLED


def test_a_hole_may_be_filled_with_a_cell():
    made = panel().x.iloc[:6].reindex(range(12)).fillna(OLDER)
    assert statuses(made) == [OBSERVED] * 12
    assert made.sum() == sum(VISIBLE)


# ---- hidden cells that vanish are seen ----------------------------------------------------------------------------


VANISHING = {
    "slice": lambda df: df.x.sort_values().iloc[:10],
    "head": lambda df: df.sort_values("x").head(10).x,
    "head of a group": lambda df: df.sort_values("x").head(10).groupby([0] * 10).x,
    "filled and filtered": lambda df: df.x.fillna(0)[lambda x: x > 0],
    "filled, then not": lambda df: df.x.fillna(1)[df.x.notna()],
    "dropna": lambda df: df.x.dropna(),
    "index": lambda df: df.set_index("Periode").x.dropna(),
    "keys": lambda df: df.groupby(df.x > 100).x,
    "cut": lambda df: df.groupby(pd.cut(df.x, [0, 100, 10**9]), observed=True).x,
    "factorize": lambda df: pd.Series(pd.factorize(df.x)[1]),
    "sizes": lambda df: df.groupby(["kasse", "x"], observed=True).size().reset_index().x,
    "value_counts": lambda df: df[["kasse", "x"]].value_counts().reset_index().x,
    "last of dropna": lambda df: df.dropna().groupby("kasse", observed=True).x.last(),
}


@pytest.mark.parametrize("name", VANISHING)
def test_hidden_cells_that_vanish_alone_are_seen(name):
    assert refused(quietly(lambda: VANISHING[name](panel((2, 9)))).sum)


def test_other_cells_than_those_that_were_visible_tell_nothing_of_the_hidden_ones():
    column = pd.Series(make([5, 6, 0], [0, 0, 1]))
    with pytest.raises(InvalidSumError) as caught:
        column.iloc[[0, 0]].sum()
    assert "dropped" not in caught.value.reasons
    with pytest.raises(InvalidSumError) as caught:
        column.iloc[[0, 1]].sum()
    assert caught.value.reasons == ("dropped",)


def test_the_largest_are_chosen_and_what_is_too_small_to_be_shown_is_not_among_them():
    column = pd.Series(make([9, 1, 5, 7, 1, 4], [0, 1, 0, 0, 1, 0]))
    assert column.nlargest(2).sum() == column.groupby([0, 0, 0, 0, 0, 0]).nlargest(2).sum() == 16
    assert column.to_frame("x").nlargest(2, "x").x.sum() == 16
    money = pd.Series(make([9, 1, 5, 7, 1, 4], [0, 1, 0, 0, 1, 0], kind=Kind.MONEY))
    not_published = pd.Series(make([9, 1, 5, 7, 1, 4], [0, 1, 0, 0, 2, 0]))
    for refused in (
        column.nlargest(4),
        quietly(lambda: column.nsmallest(2)),
        column.to_frame("x").nlargest(4, "x").x,
        money.nlargest(2),
        not_published.nlargest(2),
        column.dropna().nlargest(2),
    ):
        with pytest.raises(InvalidSumError, match="2 hidden cells beside these are left out") as caught:
            refused.sum()
        assert caught.value.reasons == ("dropped",)


def test_all_visible_cells_added_one_by_one_are_not_the_whole():
    cells = list(pd.Series(make([5, 6, 0, 7], [0, 0, 1, 0])))
    assert cells[0] + cells[1] == 11
    with pytest.raises(InvalidSumError) as caught:
        cells[0] + cells[1] + cells[3]
    assert caught.value.reasons == ("dropped",)


def test_a_sum_warns_where_visible_cells_fell_out_of_the_groups_too():
    frame = panel((2, 9))
    keys = pd.cut(frame.x, [0, 10000])  # what is above belongs to none
    with pytest.warns(HiddenCellsWarning, match="2 hidden and 2 other cells belong to no group"):
        frame.groupby(keys, observed=True).x.sum()


def test_a_cell_never_comes_back_with_the_address_of_another():
    frame = panel((2,))
    frame["x"] = frame.x.where(frame.index != 5, OLDER.iloc[4]).where(frame.index != 5, frame.x)
    values = frame.x.array.numbers.copy()
    values[5] = values[4]
    frame["x"] = DiscretionisedArray(values, frame.x.array.status.copy(), frame.x.array.addresses, REGISTRY)
    for back in (
        frame.set_index(["kasse", "x"]).reset_index().x,
        frame.groupby(["kasse", "Periode", "x"], observed=True, dropna=False).size().reset_index().x,
        pd.Series(pd.factorize(frame.x)[1]),
        pd.Series(frame.x.unique()),
        pd.MultiIndex.from_arrays([frame.x, frame.kasse]).get_level_values(0).to_series(),
    ):
        own = dict(zip(frame.x.array.addresses.tolist(), frame.x.array.numbers.tolist(), strict=True))
        for number, part in zip(back.array.numbers.tolist(), back.array.addresses.tolist(), strict=True):
            assert part == UNKNOWN or own[part] == number
        assert (
            back.array.addresses[[place for place, one in enumerate(back.tolist()) if one == values[4]]].max()
            == UNKNOWN
        )


# ---- a selection is not a dropna ----------------------------------------------------------------------------------


CHOOSING = {
    "mask": lambda df: df[df.kasse != "FOA"].x,
    "query": lambda df: df.query("kasse != 'FOA'").x,
    "isin": lambda df: df[df.kasse.isin(["Min", "3F"])].x,
    "drop": lambda df: df.drop(index=[4, 5, 6, 7]).x,
    "loc": lambda df: df.set_index("kasse").loc[["Min", "3F"], "x"],
    "slice": lambda df: df.sort_values("kasse").iloc[[0, 1, 2, 3, 8, 9, 10, 11]].x,
    "filter": lambda df: df.groupby("kasse", observed=True).filter(lambda d: d.name != "FOA").x,
}


@pytest.mark.parametrize("name", CHOOSING)
def test_rows_chosen_by_member_may_be_added_and_the_warning_names_who_left(name):
    chosen = CHOOSING[name](panel((4, 5, 6, 7)))
    with pytest.warns(HiddenCellsWarning, match="the rows of 'FOA' were left out") as caught:
        assert chosen.sum() == sum(VISIBLE[:4] + VISIBLE[8:])
    assert len(caught) == 1


ONE_FUND = {
    "mask": lambda df: df[df.kasse == "Min"].x,
    "query": lambda df: df.query("kasse == 'Min'").x,
    "get_group": lambda df: df.groupby("kasse", observed=True).get_group("Min").x,
    "loc": lambda df: df.set_index("kasse").loc["Min", "x"],
    "head": lambda df: df.head(4).x,
}


@pytest.mark.parametrize("name", ONE_FUND)
def test_one_fund_beside_one_that_is_hidden_may_be_added(name):
    frame = panel((4, 5, 6, 7)).iloc[:8]
    with pytest.warns(HiddenCellsWarning, match="'FOA'"):
        assert ONE_FUND[name](frame).sum() == sum(VISIBLE[:4])
    wide = frame.pivot(index="Periode", columns="kasse", values="x")
    assert quietly(wide["Min"].sum) == sum(VISIBLE[:4])
    assert quietly(wide["Min"].rolling(4).sum).iloc[-1] == sum(VISIBLE[:4])
    assert quietly(frame.pivot(index="kasse", columns="Periode", values="x").loc["Min"].sum) == sum(
        VISIBLE[:4]
    )


def test_periods_may_be_chosen_as_members_are():
    frame = panel((3, 7, 11), status=NOT_AVAILABLE)
    with pytest.warns(HiddenCellsWarning, match="2025Q4"):
        assert frame[frame.Periode < "2025Q4"].x.sum() == sum(
            v for row, v in enumerate(VISIBLE) if row % 4 < 3
        )


def test_one_period_tells_nothing_and_the_message_says_what_to_do():
    frame = panel((1,), periods=1)
    with pytest.raises(InvalidSumError, match="1 hidden cell beside these is left out") as caught:
        frame[frame.kasse != "FOA"].x.sum()
    assert "sum_bounds" in str(caught.value)
    wide = panel((1,), periods=1).iloc[:2].pivot(index="Periode", columns="kasse", values="x")
    assert wide["Min"].sum() == VISIBLE[0]


def test_members_that_lost_only_some_cells_were_not_chosen():
    assert refused(panel((4, 5, 6)).x.dropna().sum) == ("dropped",)


# ---- products -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "count", "kind"),
    [
        ("Gnsn. udbetaling pr. person", "Antal personer med udbetaling", Kind.MONEY),
        ("Gnsn. udbetaling pr. person, kr.", "Antal personer", Kind.MONEY),
        ("Ydelser: Gnsn. udbetaling pr. person, kr.", "Ydelser: Antal personer", Kind.MONEY),
        ("Gnsn. antal sanktioner pr. sanktioneret ledig", "Antal sanktionerede ledige", Kind.FLOW),
        ("Gennemsnitligt antal samtaler pr. forløb", "Antal forløb", Kind.FLOW),
        ("Gnsn. antal sanktioner pr. sanktioneret ledig", "Antal sanktioner i alt", Kind.NONE),
        ("Gnsn. antal sanktioner pr. sanktioneret ledig", "Antal ledige", Kind.NONE),
        ("Gnsn. udbetaling pr. person", "Antal personer, tilgang", Kind.NONE),
        ("Gnsn. udbetaling pr. ledig", "Antal ledige fuldtidspersoner", Kind.NONE),
        ("Gnsn. varighed (uger pr. person)", "Antal personer", Kind.NONE),
        ("Antal sager pr. 1.000 ledige", "Antal ledige", Kind.NONE),
        ("Andel sanktionerede ledige", "Antal sanktioner i alt", Kind.NONE),
        ("Ledige i pct. af arbejdsstyrken", "Antal ledige fuldtidspersoner", Kind.NONE),
        ("Gnsn. udbetaling pr. person", "Andel personer", Kind.NONE),
    ],
)
def test_a_product_has_the_kind_of_what_there_is_so_much_of_for_each_of_those_counted(rate, count, kind):
    space = AddressSpace(
        "t",
        "T",
        (AddressMeasure("r", rate, Kind.NONE), AddressMeasure("c", count, Kind.PERSONS)),
        PERIODS,
        SPACE.dimensions,
    )
    parts = [space.encode(measure, 0, [np.array([1, 2])]) for measure in (0, 1)]
    averages, counts = (
        pd.Series(DiscretionisedArray(np.array(values), np.zeros(2, np.uint8), one, Registry.of(space)))
        for values, one in zip(([1.5, 2.5], [10.0, 20.0]), parts, strict=True)
    )
    for product in (averages * counts, counts * averages):
        assert statuses(product) == [DERIVED, DERIVED]
        (found,) = product.array.registry.measures(product.array.addresses)
        assert found[1].kind is kind
        if kind is Kind.NONE:
            assert refused(product.sum) == ("rate",)
            continue
        total = product.groupby([0, 0]).sum()
        assert total.iloc[0] == 65
        assert texts(total.array.cells).tolist() == ["≈65.0"]
        assert found[1].name.startswith("≈ ")
        assert np.isnan(check_sums(product.array.cells).bounds().low[0])


# ---- partly right is not all wrong --------------------------------------------------------------------------------


def test_a_sum_that_skips_nothing_is_hidden_where_only_hidden_cells_stand_against_it():
    frame = panel((2, 9))
    assert frame.x.sum(skipna=False).status is HIDDEN
    assert frame[["x"]].sum(skipna=False).array.status.tolist() == [HIDDEN]
    groups = frame.groupby("kasse", observed=True).x.sum(skipna=False)
    assert statuses(groups) == [HIDDEN, DERIVED, HIDDEN]
    assert groups.iloc[1] == sum(VISIBLE[4:8])
    assert refused(groups.sum)
    assert panel().x.sum(skipna=False) == sum(VISIBLE)
    pending = panel((2,), status=NOT_AVAILABLE)
    assert pending.x.sum(skipna=False).status is NOT_AVAILABLE
    twice = pd.concat([frame.x, frame.x])
    assert "repeated" in refused(lambda: twice.sum(skipna=False))


# ---- numbers that leave -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "leave",
    [
        lambda x: x.to_numpy(),
        np.asarray,
        lambda x: x.array.to_numpy(),
        lambda x: np.asarray(x.values),
        lambda x: x.array.numbers,
        lambda x: x.array.status,
        lambda x: x.to_frame().iloc[:, 0].to_numpy(),
        lambda x: x.to_numpy(dtype=np.int64),
    ],
)
def test_numbers_that_leave_cannot_be_written_into_the_frame(leave):
    column = panel().x
    numbers = leave(column)
    with pytest.raises(ValueError, match=r"read-only|not writeable"):
        numbers[0] = 99
    with pytest.raises(ValueError, match=r"read-only|not writeable|output array"):
        numbers *= 2
    assert column.iloc[0] == VISIBLE[0]


def test_a_copy_may_be_written_to():
    column = panel().x
    numbers = column.to_numpy(copy=True)
    numbers[0] = 99
    assert column.iloc[0] == VISIBLE[0]


def test_numpy_sees_hidden_cells_as_missing():
    column = panel((2,)).x
    for asked in (column, column.array):
        assert np.isnan(asked).tolist() == [row == 2 for row in range(12)]
        assert np.isfinite(asked).tolist() == [row != 2 for row in range(12)]
        assert not np.isinf(asked).any()
    assert np.isnan(column.iloc[2])
    assert not np.isnan(column.iloc[1])
    assert np.isnan(panel((2,))[["x"]]).x.sum() == 1


# ---- allowing sums ------------------------------------------------------------------------------------------------


def test_a_generator_that_has_paused_allows_nothing_to_whoever_resumed_it():
    column = panel((2,)).x

    def steps():
        with ji.allow_sums():
            yield column.sum()
            yield sum([column.sum(), 0])

    running = steps()
    visible = sum(VISIBLE) - VISIBLE[2]
    assert next(running) == visible
    assert refused(column.sum)
    assert next(running) == visible
    assert refused(column.sum)
    with ji.allow_sums():
        assert column.sum() == visible
        assert list(steps()) == [visible, visible]
    assert refused(column.sum)
    # Thrown away in another thread, as the collector may, it takes nothing back and breaks nothing.
    thread = threading.Thread(target=running.close)
    thread.start()
    thread.join()
    with contextlib.ExitStack() as stack:
        stack.enter_context(ji.allow_sums())
        assert column.sum() == visible


def test_holes_alone_are_bounded_by_nothing():
    frame = panel()
    holes = frame.x.reindex(range(14)).iloc[12:]
    assert np.isnan(check_sums(holes.array.cells).bounds().low[0])
    with pytest.raises(InvalidSumError):
        holes.jobindsats.sum_bounds()
    some = check_sums(frame.x.reindex(range(14)).array.cells, np.repeat([0, 1, -1], [12, 1, 1]), 2).bounds()
    assert some.low[0] == some.high[0] == sum(VISIBLE)
    assert np.isnan(some.low[1])


def dropped_from():
    """Six cells of which two were hidden, and dropped."""
    column = pd.Series(make([3, 4, 0, 6, 0, 8], [0, 0, 1, 0, 1, 0]), name="value")
    return column, column.dropna()


@pytest.mark.parametrize(
    "handed_on",
    [
        lambda _, left: left.map(lambda one: one),
        lambda _, left: left.apply(lambda one: one * 2),
        lambda _, left: left.combine(0, max),
        lambda _, left: left.to_frame().map(lambda one: one).value,
        lambda _, left: pd.Series(left.tolist(), dtype=left.dtype),
        lambda column, _: pd.array([one for one in column if one == one], dtype=column.dtype),
        lambda _, left: left.to_frame().T.T.value,
        lambda _, left: left.to_frame().stack(),
        lambda column, left: pd.Series(index=range(6), dtype=column.dtype).where(column.isna(), column),
    ],
)
def test_what_was_dropped_is_known_of_what_is_made_of_the_rest(handed_on):
    made = quietly(lambda: handed_on(*dropped_from()))
    with pytest.raises(InvalidSumError):
        quietly(made.sum)


def test_a_column_filled_with_the_visible_cells_of_another_is_without_its_hidden_ones():
    column, _ = dropped_from()
    frame = pd.DataFrame({"value": column})
    frame.loc[frame.value.notna(), "copied"] = frame.value
    empty = pd.Series(index=range(6), dtype=column.dtype)
    empty[column.notna()] = column[column.notna()]
    shifted = column.shift(100)
    shifted.loc[column.notna()] = column
    for made in (frame["copied"], empty, shifted):
        with pytest.raises(InvalidSumError):
            quietly(made.sum)


def test_a_builtin_sum_says_whose_rows_left():
    frame = pd.DataFrame(
        {
            "area": [*"AABB"],
            "value": make([0, 0, 5, 6], [1, 1, 0, 0], members=[1, 1, 2, 2], period=[0, 1, 0, 1]),
        }
    )
    left = frame.value.dropna()
    with pytest.warns(HiddenCellsWarning, match="the rows of .K0. were left out"):
        assert sum(left) == 11


def test_what_was_before_the_first_visible_cell_may_have_been_hidden():
    column = pd.Series(
        make([0, 5, 6], [1, 0, 0]), index=pd.to_datetime(["2026-01-01", "2026-02-01", "2026-03-01"])
    )
    with pytest.raises(InvalidSumError):
        column.asof(column.index).sum()


def test_a_guess_times_nothing_is_still_a_guess():
    column = pd.Series(make([3, 0, 6], [0, 1, 0]))
    with pytest.raises(InvalidSumError):
        (column.fillna(0) * column.notna()).sum()
