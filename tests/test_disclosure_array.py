"""The guarded array in pandas: what cells become on their way, how they look, what warns, what files keep."""

from __future__ import annotations

import copy
import dataclasses
import io
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobindsats_pandas.disclosure import (
    NOTHING,
    STATISTIC,
    UNKNOWN,
    AddressDimension,
    AddressMeasure,
    AddressSpace,
    CellStatus,
    DiscretionisedArray,
    DiscretionisedDtype,
    Registry,
    allow_sums,
    texts,
)
from jobindsats_pandas.errors import GuardRemovedWarning, HiddenCellsWarning, InvalidSumError
from jobindsats_pandas.kinds import Kind

AREA = AddressDimension.build(
    "_omrade",
    "Område",
    [
        ("_nykom", "1", "Land", [("/", "Hele landet")]),
        ("_nykom", "2", "Kommune", [(f"/{n}/", f"K{n}") for n in range(9)]),
    ],
)
MEASURES = tuple(AddressMeasure(kind.name, f"Måling {kind}", kind) for kind in Kind)
PERIODS = (("M", "2026M01"), ("M", "2026M02"), ("M", "2026M03"))
SPACE = AddressSpace("t", "Tabel", MEASURES, PERIODS, (AREA,))
REGISTRY = Registry.of(SPACE)
CODES = {kind: place for place, kind in enumerate(Kind)}


def make(values, status=None, *, kind=Kind.FLOW, members=None, period=0):
    """A column of one measure; by default each cell another municipality."""
    values = np.array(values)
    if values.dtype.kind == "i":
        values = values.astype(np.int64)
    members = np.arange(1, len(values) + 1) if members is None else np.array(members)
    status = np.zeros(len(values), dtype=np.uint8) if status is None else np.array(status, dtype=np.uint8)
    return DiscretionisedArray(values, status, SPACE.encode(CODES[kind], period, [members]), REGISTRY)


def triples(array):
    """Value, status and part of every cell; the part in words, so that registries may differ."""
    words = {}
    for cells in array.registry.decode(array.addresses):
        for place, where in enumerate(cells.where):
            codes = [int(column[place]) for column in (cells.measure, cells.period, *cells.members)]
            words[where] = (cells.space.table, cells.space.measures[codes[0]].id, *codes[1:])
    return [
        (None if status in (1, 2, 3, 7) else float(number), int(status), words.get(place, int(part)))
        for place, (number, status, part) in enumerate(
            zip(array.numbers, array.status, array.addresses, strict=True)
        )
    ]


def quietly(function):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function()


# ---- construction ---------------------------------------------------------------------------------------------


def test_the_constructor_refuses_what_it_does_not_understand():
    ones, statuses = np.ones(2, dtype=np.int64), np.zeros(2, dtype=np.uint8)
    with pytest.raises(TypeError, match="one-dimensional int64 or float64"):
        DiscretionisedArray(np.ones(2, dtype=np.int32), statuses)
    with pytest.raises(TypeError, match="uint8"):
        DiscretionisedArray(ones, statuses.astype(np.int64))
    with pytest.raises(TypeError, match="int64 array"):
        DiscretionisedArray(ones, statuses, np.zeros(2))
    with pytest.raises(ValueError, match="lengths differ: 2 values, 1 statuses"):
        DiscretionisedArray(ones, statuses[:1])
    with pytest.raises(ValueError, match="no such status: 9"):
        DiscretionisedArray(ones, statuses + np.uint8(9))
    with pytest.raises(ValueError, match="outside the registry, which numbers 0 cells"):
        DiscretionisedArray(ones, statuses, np.array([0, 1]))
    with pytest.raises(ValueError, match="outside the registry"):
        DiscretionisedArray(ones, statuses, np.array([0, -4]), REGISTRY)


def test_an_array_is_rebuilt_from_its_cells_with_what_was_dropped():
    array = pd.Series(make([5, 0, 7], [0, 1, 0])).dropna().array
    made = DiscretionisedArray.from_cells(array.cells)
    assert (made.dropped, triples(made)) == (array.dropped, triples(array))
    assert made.dropped == 1
    with pytest.raises(InvalidSumError, match="dropped out"):
        made.sum()
    with pytest.raises(ValueError, match="fewer than no cells dropped: -1"):
        DiscretionisedArray.from_cells(dataclasses.replace(array.cells, dropped=-1))
    with pytest.raises(ValueError, match="no such status: 9"):
        DiscretionisedArray.from_cells(dataclasses.replace(array.cells, status=np.full(2, 9, np.uint8)))


def test_cells_are_written_as_text():
    assert texts(make([5, 0, 0, 0], [0, 1, 2, 3]).cells).tolist() == ["5", "<3", "n/a", "–"]


def test_what_stands_under_a_hidden_cell_is_forgotten():
    values = np.array([7, 12345])
    array = DiscretionisedArray(values, np.array([0, 1], dtype=np.uint8))
    assert 12345 not in array.numbers
    assert values.tolist() == [7, 12345]


def test_a_visible_cell_that_holds_no_number_is_not_available():
    array = DiscretionisedArray(np.array([1.5, np.nan]), np.zeros(2, dtype=np.uint8))
    assert array.status.tolist() == [CellStatus.OBSERVED, CellStatus.NOT_AVAILABLE]


def test_statuses_parts_and_numbers_are_read_only():
    array = make([1, 2])
    for view in (array.status, array.addresses, array.numbers):
        with pytest.raises(ValueError, match="read-only"):
            view[0] = 0
    assert array.registry is REGISTRY
    assert array.nbytes == 2 * 17
    assert array.visible.tolist() == [True, True]
    assert array.dropped == 0


def test_bare_numbers_belong_to_no_cell_and_do_not_add():
    array = pd.array([1, 2, None], dtype="discretionised[Int64]")
    assert array.status.tolist() == [CellStatus.DERIVED, CellStatus.DERIVED, CellStatus.HOLE]
    with pytest.raises(InvalidSumError) as caught:
        array.sum()
    assert caught.value.reasons == ("unknown",)
    assert "no known measure" in str(caught.value)
    assert array[:1].sum() == 1


def test_text_and_fractions_do_not_become_whole_numbers():
    with pytest.raises(TypeError):
        pd.array(["a"], dtype="discretionised[Int64]")
    with pytest.raises(TypeError, match="non-equivalent"):
        pd.array([1.5], dtype="discretionised[Int64]")
    with pytest.raises(TypeError, match="non-equivalent"):
        make([1.5]).astype("discretionised[Int64]")
    assert make([2.0]).astype("discretionised[Int64]").dtype == "discretionised[Int64]"
    text = io.StringIO("a,b\n1,1.5\n2,")
    read = pd.read_csv(text, dtype={"a": "discretionised[Int64]", "b": "discretionised[Float64]"})
    assert read.dtypes.astype(str).tolist() == ["discretionised[Int64]", "discretionised[Float64]"]
    large = [2**60 + 1, 3]
    assert (
        pd.array(pd.array(large, dtype="discretionised[Int64]").tolist(), dtype="discretionised[Int64]")[0]
        == large[0]
    )


def test_dtypes_are_named_and_only_two():
    assert pd.api.types.pandas_dtype("discretionised[Int64]") == DiscretionisedDtype("Int64")
    assert repr(DiscretionisedDtype()) == "discretionised[Int64]"
    with pytest.raises(ValueError, match="Int64"):
        DiscretionisedDtype("Int32")
    with pytest.raises(TypeError, match="Cannot construct"):
        DiscretionisedDtype.construct_from_string("Int64")
    with pytest.raises(TypeError, match="expects a string"):
        DiscretionisedDtype.construct_from_string(3)


def test_whole_and_decimal_concatenate_to_decimal_and_never_to_object():
    whole, decimal = pd.Series(make([1, 2])), pd.Series(make([1.5], kind=Kind.NONE))
    both = pd.concat([whole, decimal])
    assert both.dtype == "discretionised[Float64]"
    assert both.array.registry is REGISTRY
    assert pd.concat([whole, pd.Series([3])]).dtype == "discretionised[Int64]"
    assert pd.concat([whole, pd.Series([3.5])]).dtype == "discretionised[Float64]"
    assert pd.concat([whole, pd.Series(["x"])]).dtype == object
    assert pd.concat([whole, pd.Series([True])]).dtype == object
    assert pd.concat([whole, pd.Series([1j])]).dtype == object


# ---- cells keep what they are ---------------------------------------------------------------------------------


@st.composite
def frames(draw):
    """Frames of two guarded columns, of distinct cells in any order and of any status."""
    length = draw(st.integers(1, 12))
    cells = draw(
        st.lists(
            st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=length, max_size=length, unique=True
        )
    )
    periods, members = np.array(cells).T
    columns = {"period": [PERIODS[code][1] for code in periods], "member": members}
    for name, kind, numbers in (
        ("whole", Kind.FLOW, st.integers(0, 10**9)),
        ("decimal", Kind.NONE, st.floats(0, 1e6)),
    ):
        values = np.array(draw(st.lists(numbers, min_size=length, max_size=length)))
        values = values.astype(np.int64 if name == "whole" else np.float64)
        status = np.array(draw(st.lists(st.integers(0, 6), min_size=length, max_size=length)), dtype=np.uint8)
        parts = SPACE.encode(CODES[kind], periods, [members])
        columns[name] = DiscretionisedArray(values, status, parts, REGISTRY)
    return pd.DataFrame(columns)


def sent(frame, write, read, **options):
    file = io.BytesIO()
    getattr(frame, write)(file, **options)
    file.seek(0)
    return read(file)


def by_key(frame, value):
    rows = frame.sort_values(["period", "member"])
    return triples(rows[value].array)


JOURNEYS = {
    "shuffle": lambda f: f.sample(frac=1, random_state=1),
    "sort": lambda f: f.sort_values("whole"),
    "concat": lambda f: pd.concat([f.iloc[: len(f) // 2], f.iloc[len(f) // 2 :]]),
    "merge": lambda f: f.merge(f[["period", "member"]].assign(x=1), on=["period", "member"]),
    "set_index": lambda f: f.set_index("period").reset_index(),
    "filter": lambda f: f[f.member >= 0],
    "turned over": lambda f: pd.concat(
        [f.set_index(["period", "member"])[[name]].T.T for name in ("whole", "decimal")], axis=1
    ).reset_index(),
    "apply": lambda f: f.apply(lambda column: column),
    "rows": lambda f: pd.concat([f.iloc[[n]] for n in range(len(f))]),
    "copy": copy.deepcopy,
    "pickle": lambda f: pickle.loads(pickle.dumps(f)),
    "parquet": lambda f: sent(f, "to_parquet", pd.read_parquet),
    "feather": lambda f: sent(f.reset_index(drop=True), "to_feather", pd.read_feather),
    "arrow": lambda f: pd.DataFrame.from_arrow(f) if hasattr(pd.DataFrame, "from_arrow") else f,
    "map": lambda f: f.assign(whole=f.whole.map(lambda cell: cell), decimal=f.decimal.map(lambda cell: cell)),
    "where": lambda f: f.where(pd.Series(data=True, index=f.index)),
}


def written(frame):
    """Every cell written into an empty column, one by one."""
    made = frame.copy()
    for name in ("whole", "decimal"):
        column = pd.Series(pd.array([None] * len(frame), dtype=frame[name].dtype), index=frame.index)
        for place in range(len(frame)):
            column.iloc[place] = frame[name].iloc[place]
        made[name] = column
    return made


JOURNEYS["written"] = written


@pytest.mark.parametrize("journey", JOURNEYS)
@settings(max_examples=15, deadline=None)
@given(frames())
def test_cells_keep_value_status_and_part_on_every_journey(journey, frame):
    arrived = quietly(lambda: JOURNEYS[journey](frame))
    for column in ("whole", "decimal"):
        assert arrived[column].dtype == frame[column].dtype
        assert by_key(arrived, column) == by_key(frame, column)


@settings(max_examples=25, deadline=None)
@given(frames())
def test_cells_keep_what_they_are_through_reshaping(frame):
    wide = frame.pivot(index="member", columns="period", values="whole")  # noqa: PD010 - it adds nothing up
    back = wide.melt(ignore_index=False).reset_index()
    kept = back.merge(frame[["period", "member"]], on=["period", "member"])
    assert by_key(kept.rename(columns={"value": "whole"}), "whole") == by_key(frame, "whole")
    made_up = len(back) - len(frame)
    holes = (back.value.array.status == CellStatus.HOLE) & (back.value.array.addresses == UNKNOWN)
    assert holes.sum() == made_up
    long = quietly(lambda: frame.melt(id_vars=["period", "member"]))
    assert long.value.dtype == "discretionised[Float64]"
    for name in ("whole", "decimal"):
        assert by_key(long[long.variable == name].rename(columns={"value": name}), name) == by_key(
            frame, name
        )
    stacked = quietly(lambda: wide.stack(future_stack=True))  # noqa: PD013 - stacking is what is tested
    stacked = stacked.rename("whole").reset_index()
    kept = stacked.merge(frame[["period", "member"]], on=["period", "member"])
    assert by_key(kept, "whole") == by_key(frame, "whole")


def test_tables_with_different_metadata_are_united_on_concat():
    newer = AddressSpace("t", "Tabel", MEASURES, (("M", "2026M04"), *PERIODS), (AREA,))
    parts = newer.encode(CODES[Kind.FLOW], 0, [[1, 2]])
    later = DiscretionisedArray(np.array([5, 6]), np.zeros(2, dtype=np.uint8), parts, Registry.of(newer))
    both = pd.concat([pd.Series(make([3, 4])), pd.Series(later)])
    assert both.sum() == 18
    other = AddressSpace("u", "En anden", MEASURES, PERIODS, ())
    foreign = DiscretionisedArray(
        np.array([1]), np.zeros(1, dtype=np.uint8), other.encode(3, 0), Registry.of(other)
    )
    with pytest.raises(InvalidSumError) as caught:
        pd.concat([both, pd.Series(foreign)]).sum()
    assert caught.value.reasons == ("measures",)


def test_a_table_concatenated_with_itself_counts_nothing_twice():
    column = pd.Series(make([3, 4]))
    with pytest.raises(InvalidSumError) as caught:
        pd.concat([column, column]).sum()
    assert caught.value.reasons == ("repeated",)


# ---- writing, filling, dropping -------------------------------------------------------------------------------


def test_filling_marks_guesses_and_leaves_the_left_out_as_the_nothing_they_are():
    column = pd.Series(make([5, 0, 0, 0], [0, 1, 2, 3]))
    filled = column.fillna(0)
    assert filled.array.status.tolist() == [0, CellStatus.FILLED, CellStatus.FILLED, CellStatus.DERIVED]
    assert filled.array.addresses[3] == NOTHING
    assert (filled.array.addresses[:3] == column.array.addresses[:3]).all()
    assert filled.iloc[[0]].sum() == 5
    with pytest.raises(InvalidSumError) as caught:
        filled.sum()
    assert caught.value.reasons == ("filled",)
    assert column.fillna(7).array.status[3] == CellStatus.FILLED


def test_cells_that_pandas_makes_are_holes_and_add_nothing():
    column = pd.Series(make([5, 6]))
    longer = column.reindex(range(4))
    assert longer.array.status.tolist() == [0, 0, CellStatus.HOLE, CellStatus.HOLE]
    assert longer.sum() == 11
    assert longer.iloc[2:].sum() == 0
    assert column.reindex(range(4), fill_value=0).sum() == 11
    with pytest.raises(InvalidSumError):
        column.reindex(range(4), fill_value=3).sum()
    assert column.array.take([0, -1], allow_fill=True, fill_value=column[1]).sum() == 11
    with pytest.raises(IndexError):
        column.array[:0].take([0])


def test_nothing_written_over_a_hidden_cell_unhides_it():
    column = pd.Series(make([5, 0, 7], [0, 1, 0]))
    assert column.where(column > 5).array.status.tolist() == [CellStatus.HOLE, 1, 0]
    assert column.where([False, False, True], other=column * 1).array.status.tolist() == [0, 1, 0]
    guessed = column.copy()
    guessed.iloc[1] = 2
    guessed.iloc[1] = np.nan
    assert guessed.array.status[1] == CellStatus.FILLED


def test_a_zero_written_over_a_visible_cell_takes_it_out_of_the_sum_and_other_numbers_are_of_no_cell():
    column = pd.Series(make([5, 6, 7]))
    column.iloc[0] = 0
    assert column.sum() == 13
    column.iloc[1] = 9
    with pytest.raises(InvalidSumError) as caught:
        column.sum()
    assert caught.value.reasons == ("unknown",)
    with pytest.raises(TypeError):
        column.array[0] = "x"
    with pytest.raises(TypeError):
        column.array[0] = 1.5


def test_cells_written_over_others_stay_what_they_are():
    column, other = pd.Series(make([5, 0], [0, 1])), pd.Series(make([8, 9], members=[5, 6]))
    column.iloc[0] = other.iloc[0]
    assert triples(column.array)[0] == triples(other.array)[0]
    array = make([1, 2])
    array[[0, 1]] = make([3.0, 4.0], members=[3, 4])
    assert array.tolist() == [3, 4]
    assert array.dtype == "discretionised[Int64]"
    array[[0, 1]] = [other[0], other[1]]
    assert triples(array) == triples(other.array)
    array[0, ...] = other[1]
    assert array[..., 0] == 9
    with pytest.raises(IndexError):
        array[0, 1]


WITHOUT_A_CHANGE = {
    "round": lambda s: s.round(),
    "plus 0": lambda s: s + 0,
    "times 1": lambda s: s * 1,
    "times ones": lambda s: s * np.ones(len(s)),
    "positive": lambda s: +s,
    "absolute": abs,
    "np.positive": np.positive,
    "fillna": lambda s: s.fillna(0),
    "where": lambda s: s.where(s > 0),
    "ffill": lambda s: s.ffill(),
    "interpolate": lambda s: s.interpolate(),
    "cummax": lambda s: s.cummax(),
    "shift": lambda s: s.shift(0),
    "map": lambda s: s.map(lambda cell: cell),
    "astype": lambda s: s.astype("discretionised[Int64]"),
    "astype Int64": lambda s: pd.Series(s.array.astype("Int64", copy=False)),
    "plain": lambda s: pd.Series(s.array.plain()),
}


@pytest.mark.parametrize("name", WITHOUT_A_CHANGE)
def test_what_is_made_of_a_column_shares_no_memory_with_it(name):
    column = pd.Series(make([1, 2, 3]))
    made = WITHOUT_A_CHANGE[name](column)
    assert made.tolist() == [1, 2, 3]
    made.iloc[0] = 9
    assert (column.iloc[0], column.array.status[0]) == (1, CellStatus.OBSERVED)


def test_views_share_memory_and_copies_do_not():
    array = make([1, 2, 3])
    view, copied = array.view(), array.copy()
    array[0] = 9
    assert (view[0], copied[0]) == (9, 1)
    same = array + 0
    same[1] = 7
    assert array[1] == 2
    assert array.addresses[1] != UNKNOWN
    decimal = array.astype("discretionised[Float64]")
    decimal[1] = 7.5
    assert array.addresses[1] != UNKNOWN
    with pytest.raises(NotImplementedError):
        array.view("int64")


def test_dropping_exactly_the_hidden_cells_is_remembered():
    column = pd.Series(make([5, 0, 7], [0, 1, 0]))
    for dropped in (column.dropna(), column[column.notna()], column[column > 0], column.iloc[[0, 2]]):
        assert dropped.array.dropped == 1
        with pytest.raises(InvalidSumError) as caught:
            dropped.sum()
        assert caught.value.reasons == ("dropped",)
        with pytest.raises(InvalidSumError):
            sum(dropped)
    assert column.iloc[:1].sum() == 5
    assert column.iloc[[0]].sum() == 5
    hidden = pd.Series(make([0, 0], [1, 1]))
    with pytest.raises(InvalidSumError):
        hidden.dropna().sum()
    assert make([5], [0])[[False]].sum() == 0
    assert pd.concat([column.dropna(), pd.Series(make([1], members=[8]))]).array.dropped == 1


def test_guesses_from_neighbours_are_marked():
    column = pd.Series(make([4.0, 0, 8.0, 0], [0, 1, 0, 3]))
    for guessed in (column.ffill(), column.interpolate(), column.bfill().ffill()):
        assert guessed.array.status.tolist() == [0, 6, 0, 6]
        assert (guessed.array.addresses == column.array.addresses).all()
    assert column.interpolate().tolist() == [4.0, 6.0, 8.0, 8.0]


# ---- arithmetic -----------------------------------------------------------------------------------------------


def test_scaling_keeps_the_cell_as_a_derived_measure():
    column = pd.Series(make([2, 4]))
    doubled = 2 * column
    assert doubled.sum() == 12
    assert (doubled / 2).sum() == 6
    assert ((column * 3) * 5 / 15).array.registry.measures((column * 3 * 5 / 15).array.addresses)[0][
        1
    ].id == "FLOW"
    assert (-column).sum() == -6
    assert abs(column).sum() == 6
    assert (column * 1).sum() == 6
    assert (column + 0).sum() == 6
    assert (+column).sum() == 6
    assert column.round().sum() == 6
    assert pd.Series(make([1.25, 2.25], kind=Kind.MONEY)).round(1).sum() == pytest.approx(3.4, abs=0.11)
    with pytest.raises(InvalidSumError) as caught:
        pd.concat([column, doubled.set_axis([2, 3])]).sum()
    assert caught.value.reasons == ("measures",)
    for unknown in (
        column + 1,
        column**2,
        1 / column,
        column % 2,
        column // 2,
        5 - column,
        column * np.array([1, 2]),
    ):
        with pytest.raises(InvalidSumError) as caught:
            unknown.sum()
        assert caught.value.reasons == ("unknown",)
    assert ((column * 0).array.addresses == UNKNOWN).all()


def test_chained_arithmetic_does_not_grow_names_without_end():
    column = pd.Series(make([2, 4]))
    value = column
    for _ in range(12):
        value = value / column
        value = value * column
    assert max(len(measure.id) for space in value.array.registry.spaces for measure in space.measures) < 130


def test_a_ratio_is_a_rate_and_a_product_of_published_measures_has_no_kind():
    frame = pd.DataFrame(
        {
            "flow": make([10, 30]),
            "stock": make([100, 100], kind=Kind.STOCK),
            "persons": make([50, 50], kind=Kind.PERSONS),
            "rate": make([0.5, 0.1], kind=Kind.NONE),
        }
    )
    with pytest.raises(InvalidSumError) as caught:
        (frame.flow / frame.stock).sum()
    assert caught.value.reasons == ("rate",)
    assert "ratios do not add" in str(caught.value)
    for product in (
        frame.rate * frame.stock,
        frame.stock * frame.rate,
        frame.rate * frame.persons,
        frame.flow * frame.stock,
        frame.stock / frame.rate,
        frame.stock / (frame.stock / frame.rate),
    ):
        with pytest.raises(InvalidSumError) as caught:
            product.sum()
        assert caught.value.reasons == ("rate",)
    with pytest.raises(InvalidSumError):
        frame.rate.array @ frame.stock.array
    assert (frame.flow / frame.stock * frame.stock).sum() == 40
    assert (frame.stock / frame.persons * 2 * frame.persons).sum() == 400
    assert (frame.stock - frame.stock).sum() == 0
    with pytest.raises(InvalidSumError):
        (frame.stock - frame.flow).sum()
    shares = frame.stock / frame.stock.sum()
    assert shares.tolist() == [0.5, 0.5]


def test_differences_over_time_work_and_do_not_add():
    january, february = pd.Series(make([5, 6])), pd.Series(make([7, 9], period=1))
    change = february - january
    assert change.tolist() == [2, 3]
    assert (change.array.addresses == UNKNOWN).all()
    with pytest.raises(InvalidSumError):
        change.sum()


def test_two_cells_add_by_the_same_rules_and_are_hidden_where_either_is():
    january, february = pd.Series(make([5, 6, 7], [0, 1, 3])), pd.Series(make([7, 9, 3], period=1))
    both = january + february
    assert both.tolist()[::2] == [12, 3]
    assert both.array.status.tolist() == [CellStatus.DERIVED, CellStatus.DISCRETIONISED, CellStatus.OBSERVED]
    assert sum([january, february]).tolist()[0] == 12
    with pytest.raises(InvalidSumError, match="refused in 3 of 3 groups"):
        february + february
    with pytest.raises(InvalidSumError) as caught:
        pd.Series(make([1, 2], kind=Kind.STOCK)) + pd.Series(make([3, 4], kind=Kind.STOCK, period=1))
    assert caught.value.reasons == ("periods",)
    with pytest.raises(InvalidSumError):
        february - (0 - february)
    shorter = february.iloc[:2]
    assert (shorter + january).array.status.tolist() == [5, 1, 2]
    assert shorter.add(february.iloc[2:], fill_value=0).tolist() == [7, 9, 3]
    with pytest.raises(InvalidSumError, match="filled with a guess"):
        shorter.add(january, fill_value=0)
    decimal = pd.Series(make([0.5], kind=Kind.MONEY)) + pd.Series(make([2], kind=Kind.MONEY, period=1))
    assert decimal.tolist() == [2.5]
    assert (pd.Series(make([5, 6], members=[8, 9])) + february.iloc[0]).tolist() == [12, 13]
    with allow_sums():
        assert (february + february).tolist() == [14, 18, 6]


def test_hidden_stays_hidden_through_arithmetic():
    column = pd.Series(make([5, 0, 0, 0, 5, 5], [0, 1, 2, 3, 4, 6]))
    assert (column * 2).array.status.tolist() == [5, 1, 2, 3, 4, 6]
    assert (column - column).array.status.tolist() == [5, 1, 2, 3, 4, 6]
    assert (column / column.iloc[::-1].array).array.status[1] == CellStatus.DISCRETIONISED
    assert (column + np.nan).isna().all()
    assert (column + pd.NA).isna().all()
    assert (column / 0).array.status[0] == CellStatus.DERIVED
    nothing = pd.Series(make([0, 0])) / pd.Series(make([0, 0], kind=Kind.STOCK))
    assert nothing.array.status.tolist() == [CellStatus.NOT_AVAILABLE] * 2


def test_operands_that_do_not_fit_are_refused_as_pandas_does():
    array = make([1, 2])
    with pytest.raises(ValueError, match="Lengths"):
        array + np.array([1, 2, 3])
    with pytest.raises(NotImplementedError):
        array + np.ones((2, 2))
    with pytest.raises(TypeError):
        array + "x"
    assert (array * [1, 1]).tolist() == [1, 2]
    assert (array * np.array(2)).tolist() == [2, 4]
    assert array.__add__(pd.Series([1, 2])) is NotImplemented
    assert array.__eq__(pd.Series([1, 2])) is NotImplemented
    assert array.__matmul__(pd.Series([1, 2])) is NotImplemented
    assert divmod(array, 2)[1].tolist() == [1, 0]
    assert (array * pd.Timedelta(days=1)).tolist() == [pd.Timedelta(days=1), pd.Timedelta(days=2)]
    with pytest.warns(GuardRemovedWarning, match="bare numbers stand on the other side"):
        assert np.add(array, pd.Series([1, 2])).tolist() == [2, 4]
    assert abs(make([-4, 3])).tolist() == [4, 3]
    assert (array == pd.array([1, 3], dtype="int64[pyarrow]")).tolist() == [True, False]


def test_nothing_is_known_to_be_larger_or_equal_to_a_cell_that_is_not_shown():
    for status in (CellStatus.DISCRETIONISED, CellStatus.NOT_AVAILABLE, CellStatus.ABSENT):
        array = make([5, 0], [0, status])
        for compared in (
            array > 1,
            array >= 5,
            array < 10,
            array <= 5,
            array == array.copy(),
            array == [5, 7],
            np.array([5, 7]) == array,
            array != 3,
            np.equal(5, array),
            np.less(1, array),
            array != "x",
            array.take([0, -1], allow_fill=True) == 5,
            make([5, 2]) == array,
            array[0] == array,
        ):
            assert compared.dtype == "boolean"
            assert compared[0]
            assert compared[1] is pd.NA
        assert (array == pd.NA).isna().all()
        assert (array == array[1]).isna().all()
    array = make([5, 0], [0, 1])
    assert (array == make([5, 7])).dtype == "boolean"
    assert 5 in array
    assert 1 not in array
    assert any(pd.isna(one) for one in array)
    assert array.dtype.na_value in array
    assert pd.NA not in array


# What pandas makes of a column of 9, 20, 5 and a hidden cell, and the rows that must be left.
SELECTIONS = {
    "df[df.x < 10]": [0, 2],
    "df[~(df.x < 10)]": [1],
    "df.loc[df.x < 10]": [0, 2],
    "df[(df.x < 10) & (df.y > 1)]": [2],
    "df[(df.y < 1) | (df.x > 10)]": [0, 1],
    "df.query('x < 10')": [0, 2],
    "df.query('not x < 10')": [1],
    "df.query('3 < x < 10 and y > 1')": [2],
    "df.query('x == 5')": [2],
    "df.query('x in [5, 9]')": [0, 2],
    "df[df.eval('x < 10')]": [0, 2],
    "df[df.x.between(5, 9)]": [0, 2],
    "df[df.x.isin([5])]": [2],
    "df[df.x == df.x]": [0, 1, 2],
}


@pytest.mark.parametrize("selection", SELECTIONS)
def test_a_selection_by_a_comparison_leaves_out_what_is_not_shown(selection):
    df = pd.DataFrame({"x": make([9, 20, 5, 0], [0, 0, 0, 1]), "y": range(4)})
    assert list(eval(selection, {"df": df}).index) == SELECTIONS[selection]


def test_comparisons_count_what_is_not_shown_as_unknown():
    column = pd.Series(make([9, 20, 5, 0], [0, 0, 0, 1]))
    low = column < 10
    assert low.value_counts(dropna=False).to_dict() == {True: 2, False: 1, pd.NA: 1}
    assert low.isna().sum() == (~low).isna().sum() == 1
    assert low.sum() == 2
    for function in (lambda: np.where(low, 1, 0), lambda: np.flatnonzero(low), lambda: bool(low[3])):
        with pytest.raises(TypeError, match="boolean value of NA is ambiguous"):
            function()
    with pytest.raises(ValueError, match="cannot convert to 'bool'"):
        low.to_numpy(dtype=bool)


def test_pandas_gets_along_with_comparisons_of_which_some_are_unknown():
    column = pd.Series(make([9, 20, 5, 0], [0, 0, 0, 1]), name="x")
    df = pd.DataFrame({"x": column, "y": range(4)})

    def shown(result):
        return ["-" if pd.isna(one) else int(one) for one in result]

    # A condition that is unknown does not hold, and what is written over a hidden cell is a guess.
    assert shown(column.where(column < 10, 0)) == [9, 0, 5, 0]
    assert shown(column.mask(column < 10, 0)) == [0, 20, 0, 0]
    assert column.where(column < 10, 0).array.status[3] == CellStatus.FILLED
    assert column.where(column < 10).array.status[3] == CellStatus.DISCRETIONISED
    assert shown(df[["x"]].where(df[["x"]] < 10).x) == [9, "-", 5, "-"]
    assert shown(column.clip(6, 10)) == [9, 10, 6, "-"]
    assert shown(column.replace(5, 6)) == [9, 20, 6, "-"]
    assert shown(quietly(column.rank)) == [2, 3, 1, "-"]
    assert shown(column.sort_values()) == [5, 9, 20, "-"]
    assert pd.cut(column, [0, 9, 99]).cat.codes.tolist() == [0, 1, 0, -1]
    assert df.groupby(df.x < 10).y.sum().to_dict() == {False: 1, True: 2}
    assert column.equals(column.copy())
    assert not column.equals(column + 1)
    assert column.compare(column.replace(5, 6)).index.tolist() == [2]
    assert df.assign(low=df.x < 10).low.tolist() == [True, False, True, pd.NA]
    df.loc[df.x < 10, "y"] = 99
    assert df.y.tolist() == [99, 1, 99, 3]
    pd.testing.assert_series_equal(column, column.copy())


def test_numpy_functions_compute_cell_by_cell_and_sum_by_the_rules():
    array = make([4, 9])
    assert np.sqrt(array).tolist() == [2.0, 3.0]
    assert np.subtract(10, array).tolist() == [6, 1]
    assert np.isnan(make([4.0, 0], [0, 1])).tolist() == [False, True]
    assert np.modf(make([1.5]))[0].tolist() == [0.5]
    assert np.negative(array).tolist() == [-4, -9]
    assert np.add.reduce(array) == 13
    assert np.maximum.reduce(array) == 9
    assert np.add.accumulate(array).tolist() == [4, 13]
    assert np.maximum.accumulate(array).tolist() == [4, 9]
    assert np.matmul(array, np.ones(2)) == 13
    assert np.ones(2) @ array == 13
    out = np.empty(2)
    np.sqrt(array, out=out)
    assert out.tolist() == [2.0, 3.0]
    with pytest.raises(TypeError):
        np.add.outer(array, array)
    for function in (
        np.add.reduce,
        np.add.accumulate,
        lambda persons: persons @ np.ones(2),
        lambda persons: np.ones(2) @ persons,
    ):
        with pytest.raises(InvalidSumError):
            function(make([4, 9], kind=Kind.PERSONS))


# ---- statistics -----------------------------------------------------------------------------------------------


BIASED = ["mean", "median", "min", "std", "var", "sem", "skew", "kurt", "describe", "quantile", "prod"]


@pytest.mark.parametrize("name", BIASED)
def test_a_statistic_warns_once_and_names_the_count(name):
    frame = pd.DataFrame(
        {"a": make([1, 0, 3, 4, 5], [0, 1, 0, 0, 0]), "b": make([1, 2, 0, 4, 6], [0, 0, 2, 0, 0])}
    )
    for subject in (frame, frame.a):
        with pytest.warns(HiddenCellsWarning, match=f"^{name}: 1 of 5 cells are hidden") as caught:
            getattr(subject, name)()
        assert len(caught) == 1
        assert caught[0].filename == __file__


def test_every_call_warns_anew():
    column = pd.Series(make([1, 0], [0, 1]))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            column.mean()
    assert len(caught) == 3


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.groupby([0, 0, 1]).mean(),
        lambda s: s.groupby([0, 0, 1]).first(),
        lambda s: s.groupby([0, 0, 1]).quantile(0.5),
        lambda s: s.rolling(2).mean(),
        lambda s: s.expanding().std(),
        lambda s: s.cummin(),
        lambda s: s.corr(s),
        lambda s: s.to_frame("a").corr(),
        lambda s: s.array._reduce("mean"),
    ],
)
def test_statistics_of_groups_and_windows_warn_too(call):
    with pytest.warns(HiddenCellsWarning, match="1 of 3 cells") as caught:
        call(pd.Series(make([1, 0, 4], [0, 1, 0])))
    assert len(caught) == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda s: s.max(),
        lambda s: s.count(),
        lambda s: s.sort_values(),
        lambda s: s.nunique(),
        lambda s: s.value_counts(),
        lambda s: s.diff(),
        lambda s: s.pct_change(fill_method=None),
        lambda s: s.cummax(),
        lambda s: s.idxmax(),
        lambda s: s.isin([1]),
        lambda s: s.rolling(2).max(),
        lambda s: s.groupby([0, 0, 1]).max(),
        lambda s: pd.cut(s, 2),
        lambda s: s.nlargest(1),
        lambda s: s.duplicated(),
        lambda s: s.mode(),
        lambda s: s.to_frame("a").merge(s.to_frame("a"), on="a"),
        lambda s: s.to_frame("a").set_index("a").sort_index(),
        lambda s: repr(s.to_frame("a")),
        lambda s: s.to_frame("a").T.T,
        lambda s: s.to_frame("a").style.to_html(),
        lambda s: s.any(),
        lambda s: s.all(),
        lambda s: hash(tuple(pd.util.hash_pandas_object(s))),
        lambda s: pd.testing.assert_series_equal(s, s.copy()),
    ],
)
def test_what_hidden_cells_do_not_bias_does_not_warn(call):
    call(pd.Series(make([1, 0, 4], [0, 1, 0])))


def test_totals_among_the_parts_warn_as_well():
    with pytest.warns(HiddenCellsWarning, match="stand together in Område") as caught:
        pd.Series(make([9, 4, 5], members=[0, 1, 2])).mean()
    assert len(caught) == 1
    pd.Series(make([4, 5], members=[1, 2])).mean()


@pytest.mark.parametrize(
    "call",
    [
        lambda df: df.x.mean(),
        lambda df: df.x.median(),
        lambda df: df.x.describe(),
        lambda df: df.describe(),
        lambda df: df.mean(numeric_only=True),
        lambda df: df.groupby("g").x.mean(),
        lambda df: df.groupby("g").mean(),
        lambda df: df.x.rolling(2).mean(),
        lambda df: df.pivot_table(index="g", values="x"),
        lambda df: np.mean(df.x),
    ],
)
def test_totals_among_the_parts_are_named_beside_hidden_cells_once_each(call):
    cells = make([9, 4, 0], [0, 0, 1], members=[0, 1, 2])
    with pytest.warns(HiddenCellsWarning) as caught:
        call(pd.DataFrame({"x": cells, "z": cells, "g": list("aaa")}))
    assert [" cells are hidden or not available" in str(one.message) for one in caught] == [True, False]
    assert "stand together in Område" in str(caught[1].message)


def test_the_mean_of_persons_is_allowed_and_is_of_kind_none():
    persons = pd.Series(make([4, 6], kind=Kind.PERSONS))
    assert persons.mean() == 5
    means = pd.DataFrame({"a": persons, "b": persons}).mean()
    assert (means.array.addresses == STATISTIC).all()
    with pytest.raises(InvalidSumError, match="means, medians and other statistics do not add") as caught:
        means.sum()
    assert caught.value.reasons == ("rate",)
    assert (means * 2).array.addresses.tolist() == [STATISTIC] * 2
    assert (means - means).array.addresses.tolist() == [STATISTIC] * 2


def test_a_group_of_hidden_cells_alone_stays_hidden():
    column = pd.Series(make([0, 5, 0], [1, 0, 3]))
    keys = ["a", "b", "c"]
    first = quietly(lambda: column.groupby(keys).first())
    assert first.array.status.tolist() == [1, 0, 3]
    means = quietly(lambda: column.groupby(keys).mean())
    assert means.array.status.tolist() == [1, 0, 3]
    assert np.isnan(quietly(lambda: pd.Series(make([0], [1])).mean()))
    assert pd.isna(quietly(lambda: pd.Series(make([0], [1])).min()))
    assert pd.isna(pd.Series(make([0, 5], [1, 0])).max(skipna=False))


def test_extremes_remember_which_cell_they_are():
    column = pd.Series(make([5, 9, 7]))
    assert column.max() + column.min() == 14
    with pytest.raises(InvalidSumError, match="repeats"):
        column.max() + column.iloc[1]


def test_sums_mind_what_pandas_says_of_missing_cells():
    column = pd.Series(make([5, 0], [0, 3]))
    assert column.sum() == 5
    assert pd.isna(column.sum(skipna=False))
    assert pd.isna(column.sum(min_count=2))
    grouped = column.groupby(["a", "a"])
    assert grouped.sum(min_count=2).isna().all()
    assert grouped.sum(skipna=False).isna().all()
    assert grouped.sum(min_count=1).tolist() == [5]
    assert pd.Series(make([5, 6])).groupby([0, 1]).sum(skipna=False).tolist() == [5, 6]


def test_windows_are_checked_over_the_whole_column():
    with pytest.raises(InvalidSumError, match="sum over windows, which is checked over the whole column"):
        pd.Series(make([5, 6], kind=Kind.PERSONS)).rolling(1).sum()
    assert pd.Series(make([5, 6])).rolling(2).sum().tolist()[1] == 11


# ---- how it looks ---------------------------------------------------------------------------------------------


def test_hidden_cells_are_shown_as_themselves():
    status = [0, 1, 2, 3, 4, 6]
    frame = pd.DataFrame({kind.name: make([1234, 0, 0, 0, 5, 0], status, kind=kind) for kind in Kind})
    lines = frame.to_string(index=False).splitlines()
    assert lines[2].split() == ["<3", "≤3", "<3", "<3", "hidden", "hidden"]
    assert [line.split()[0] for line in lines[1:]] == ["1234", "<3", "n/a", "–", "≤5", "0*"]
    assert "&lt;3" in frame.to_html()
    assert "NaN" not in frame._repr_html_()
    assert "<3" in repr(frame.PERSONS)
    assert repr(frame.PERSONS.array) == (
        "<DiscretionisedArray>\n[1234, <3, n/a, –, ≤5, 0*]\nLength: 6, dtype: discretionised[Int64]"
    )
    assert (frame.FLOW * 2).astype("discretionised[Float64]").array._formatter()(
        frame.FLOW[1] * 2
    ) == "hidden"
    assert (frame.FLOW * 2).to_string().split()[-3:] == ["10*", "5", "0*"]
    assert "<3" in frame.style.to_html().replace("&lt;", "<")


def test_decimals_look_as_pandas_shows_them():
    column = pd.Series(make([1.0, 33.3333333333, 2.5], kind=Kind.MONEY))
    assert column.to_string(index=False).split() == ["1.0", "33.333333", "2.5"]
    with pd.option_context("display.precision", 2):
        assert column.to_string(index=False).split() == ["1.0", "33.33", "2.5"]
    with pd.option_context("display.precision", 0):
        assert column.to_string(index=False).split() == ["1", "33", "2"]
    with pd.option_context("display.float_format", "{:.1f} kr.".format):
        assert "33.3 kr." in column.to_string()
    assert column.array._formatter(boxed=True)(3) == "3"


def test_single_cells_say_what_they_are():
    array = make([5, 0, 0, 0], [0, 1, 2, 3])
    assert [repr(cell) for cell in array] == ["5", "<hidden>", "<not available>", "<absent>"]
    assert [str(cell) for cell in array] == ["5", "<3", "n/a", "–"]
    formatted = {
        "": "<3",
        ".2f": "<3",
        ",": "<3",
        "%": "<3",
        ">10": "        <3",
        "<6": "<3    ",
        "^6": "  <3  ",
        "*>4": "**<3",
        ">>4": ">><3",
        # Without an alignment, as the numbers beside it: to the right.
        "6": "    <3",
        "06.1f": "    <3",
        "+=6,.1f": "++++<3",
        "6s": "<3    ",
        "1": "<3",
    }
    assert {spec: format(array[1], spec) for spec in formatted} == formatted
    assert f"{array[2]:>5}|{array[3]:>3}|" == "  n/a|  –|"
    assert pd.isna(array[1])
    assert isinstance(array[0], int)
    assert isinstance(array[1], float)
    assert isinstance(make([1.5])[0], float)
    assert array[0] == 5
    assert {array[0]: 1}[5] == 1
    assert hash(make([1.5])[0]) == hash(1.5)
    assert isinstance(hash(array[1]), int)
    assert pickle.loads(pickle.dumps(array[0])) == 5
    assert repr(pickle.loads(pickle.dumps(array[1]))) == "<hidden>"
    cell = array[0]
    assert copy.deepcopy(cell) is copy.copy(cell) is cell
    assert range(array[0]) == range(5)


def test_arithmetic_of_single_cells_is_that_of_columns():
    january, february = make([5, 0, 7], [0, 1, 0]), make([7, 9, 3], period=1)
    total = january[0] + february[0]
    assert (total, total.status) == (12, CellStatus.DERIVED)
    assert repr(january[1] + february[1]) == "<hidden>"
    assert (january[0] * 2, january[0] / 2, 2 * january[0], -january[0], +january[0]) == (10, 2.5, 10, -5, 5)
    assert (10 - january[0], january[0] - 1, january[0] // 2, january[0] % 2, january[0] ** 2) == (
        5,
        4,
        2,
        1,
        25,
    )
    assert abs(-january[0]) == abs(january[0]) == 5
    assert february[0] - january[0] == 2
    assert january[0] / february[0] == pytest.approx(5 / 7)
    assert np.isinf(january[0] / 0)
    assert repr(make([0])[0] / 0) == "<not available>"
    assert repr(january[0] * np.nan) == "<not available>"
    assert (january[0] + np.int64(1), np.float64(2) * january[0]) == (6, 10)
    assert (january[0] * np.array([1, 2])).tolist() == [5, 10]
    assert (np.array([1, 2]) - january[0]).tolist() == [-4, -3]
    assert isinstance((-january[0]) ** 0.5, complex)
    assert (1 + january[0]).address == UNKNOWN
    for wrong in ("x", None):
        with pytest.raises(TypeError):
            january[0] + wrong
    with pytest.raises(TypeError, match="no set of bits"):
        ~january[0]
    with pytest.raises(InvalidSumError):
        january[0] + january[0]
    with allow_sums():
        assert january[0] + january[0] == 10
        assert sum(january) == 12


def test_a_running_sum_of_cells_may_branch():
    cells = make([1, 2, 3, 4]).tolist()
    start = cells[0] + cells[1]
    assert start + cells[2] == 6
    assert start + cells[3] == 7
    assert (start + cells[2]) + cells[3] == 10
    with pytest.raises(InvalidSumError):
        start + cells[2] + cells[2]
    assert start.address == SPACE.encode(CODES[Kind.FLOW], 0, [0])[0]


def test_cells_of_two_registries_add_where_their_table_is_one():
    newer = AddressSpace("t", "Tabel", MEASURES, (("M", "2026M04"), *PERIODS), (AREA,))
    later = DiscretionisedArray(
        np.array([5]), np.zeros(1, dtype=np.uint8), newer.encode(3, 0, [[1]]), Registry.of(newer)
    )
    assert make([3])[0] + later[0] == 8
    assert pd.array([make([3])[0], later[0]], dtype="discretionised[Int64]").sum() == 8
    column = make([3, 4])
    column[1] = later[0]
    assert column.sum() == 8
    assert sum(make([0, 5, 6], [3, 0, 0])) == 11
    assert sum(make([0], [3])) == 0


def test_arithmetic_minds_the_table_of_each_cell():
    other = AddressSpace("u", "En anden", MEASURES, PERIODS, ())
    foreign = DiscretionisedArray(
        np.array([7, 9]), np.zeros(2, np.uint8), other.encode(3, [0, 1]), Registry.of(other)
    )
    both = pd.concat([pd.Series(make([3, 4])), pd.Series(foreign)])
    doubled = both * 2
    assert doubled.iloc[:2].sum() == 14
    assert doubled.iloc[2:].sum() == 32
    ratio = both / both
    assert ratio.tolist() == [1, 1, 1, 1]
    measures = {measure.name for _, measure in ratio.array.registry.measures(ratio.array.addresses)}
    assert measures == {"Måling flow / Måling flow"}
    with pytest.raises(InvalidSumError) as caught:
        doubled.sum()
    assert caught.value.reasons == ("measures",)


# ---- leaving --------------------------------------------------------------------------------------------------


LEAVING = {
    "to_numpy": lambda s: s.to_numpy(),
    "astype": lambda s: s.astype(float),
    "astype Int64": lambda s: s.astype("Int64"),
    "astype object": lambda s: s.astype(object),
    "astype str": lambda s: s.astype(str),
    "asarray": np.asarray,
    "to_csv": lambda s: s.to_frame("a").to_csv(),
    "to_json": lambda s: s.to_json(),
    "to_dict": lambda s: s.to_frame("a").assign(b=s, c=s).to_dict(),
    "to_excel": lambda s: s.to_frame("a").assign(b=s).to_excel(io.BytesIO()),
    "filled": lambda s: s.fillna(0).to_numpy(),
    "dropped": lambda s: s.dropna().to_numpy(),
}


@pytest.mark.parametrize("how", LEAVING)
def test_leaving_with_hidden_cells_warns_once_and_names_plain(how):
    column = pd.Series(make([4, 0, 5], [0, 1, 0]))
    with pytest.warns(GuardRemovedWarning, match=r"1 of 3 cells are hidden.*plain\(\)") as caught:
        LEAVING[how](column)
    assert len(caught) == 1
    assert caught[0].filename == __file__


@pytest.mark.parametrize("how", list(LEAVING)[:-2])
def test_leaving_without_hidden_cells_does_not_warn(how):
    LEAVING[how](pd.Series(make([4, 3, 5], [0, 3, 0], kind=Kind.PERSONS)))


def test_hidden_cells_are_written_empty():
    text = quietly(
        lambda: pd.DataFrame({"a": make([4, 0], [0, 1]), "b": make([1.5, 0], [0, 2])}).to_csv(index=False)
    )
    assert text.splitlines() == ["a,b", "4,1.5", ","]


def test_exports_have_the_numbers_asked_for():
    array = make([4, 0], [0, 1])
    assert quietly(lambda: array.to_numpy(dtype=float, na_value=0)).tolist() == [4.0, 0.0]
    assert quietly(lambda: array.to_numpy(dtype="int64", na_value=0)).dtype == np.int64
    assert quietly(lambda: array.to_numpy(dtype=object, na_value=None)).tolist() == [4, None]
    assert make([4, 5]).to_numpy().dtype == np.int64
    assert quietly(lambda: array.astype("Int64")).isna().tolist() == [False, True]
    assert quietly(lambda: array.astype("string")).isna().tolist() == [False, True]
    assert quietly(lambda: array.astype("S5")).tolist() == [b"4", b"<NA>"]
    assert quietly(lambda: array.astype("category")).codes.tolist() == [0, -1]
    for wrong in ("int64", "bool"):
        with pytest.raises(ValueError, match="cannot convert"):
            quietly(lambda wrong=wrong: array.astype(wrong))
    with pytest.raises(ValueError, match="missing values"):
        quietly(lambda: array.to_numpy(dtype="int64"))
    with pytest.raises(ValueError, match="avoid copy"):
        quietly(lambda: np.asarray(array, copy=False))
    assert np.asarray(make([4, 5]), copy=False).tolist() == [4, 5]
    assert array.plain().isna().tolist() == [False, True]
    frame = pd.DataFrame({"a": make([4, 5])})
    column = frame["a"].array[:]
    column._readonly = True
    with pytest.raises(ValueError, match="read-only"):
        column.to_numpy()[0] = 1
    with pytest.raises(ValueError, match="read-only"):
        column[0] = 1
    assert make([4, 5]).astype(float).tolist() == [4.0, 5.0]


def test_numbers_that_do_not_add_mind_it_even_in_numpy_if_pandas_gave_them():
    persons = pd.Series(make([4, 6], kind=Kind.PERSONS)).to_numpy(copy=True)
    for adding in (np.sum, np.cumsum, np.nansum, lambda x: x.sum(), lambda x: x[:].sum(), lambda x: x @ x):
        with pytest.raises(InvalidSumError, match=r"to_numpy\(\)"):
            adding(persons)
    assert persons.mean() == np.nanmean(persons) == 5
    assert persons.std() == 1
    assert persons[:1].sum() == 4
    assert type(persons * 2) is np.ndarray
    assert type(persons == 4) is np.ndarray
    assert type(persons.argsort()) is np.ndarray
    assert persons.argsort().sum() == 1
    assert np.asarray(persons).sum() == 10
    assert pickle.loads(pickle.dumps(persons)).sum() == 10
    assert np.add(persons, 1, out=persons).tolist() == [5, 7]
    with allow_sums():
        assert persons.sum() == 12
        assert type(pd.Series(make([4, 6], kind=Kind.PERSONS)).to_numpy()) is np.ndarray
    assert type(pd.Series(make([4, 6])).to_numpy()) is np.ndarray
    assert type(make([4, 6], kind=Kind.PERSONS).to_numpy(dtype=object)) is np.ndarray


def test_plots_draw_hidden_cells_as_gaps_without_a_word():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    frame = pd.DataFrame({"a": make([4, 0, 6], [0, 1, 0]), "k": ["x", "y", "z"]})
    frame.plot(x="k")
    frame.plot.bar(x="k")
    _, axes = plt.subplots()
    (line,) = axes.plot(frame.k, frame.a)
    assert np.isnan(line.get_ydata()[1])
    axes.scatter(frame.k, frame.a)
    plt.close("all")


def test_object_columns_do_not_lose_the_guard():
    frame = pd.DataFrame({"text": ["x", "y"], "a": make([4, 5]), "b": make([3, 6], period=1)})
    assert frame.T[0].loc[["a", "b"]].sum() == 7
    assert frame.T.loc["a"].sum() == 9
    with pytest.raises(InvalidSumError):
        frame.assign(b=frame.a).T[0].loc[["a", "b"]].sum()


def test_objects_taken_from_beside_hidden_cells_are_not_added_for_those_may_have_been_skipped():
    frame = pd.DataFrame({"text": ["x", "y", "z"], "a": make([4, 0, 5], [0, 1, 0])})
    for column in (
        frame.T.loc["a"],
        frame.T.loc["a"].iloc[1:],
        frame.T.loc["a"].iloc[:2],
        frame.T.loc["a"].dropna(),
    ):
        with pytest.raises(InvalidSumError):
            column.sum()
    with pytest.raises(InvalidSumError):
        frame.T.loc["a"].groupby([0, 0, 0]).sum()
    assert frame.a[0] + frame.a[2] == 9


def test_arrow_types_carry_everything_and_refuse_to_be_summed_elsewhere():
    import pyarrow as pa

    array = make([4, 0], [0, 1])
    table = pa.table({"a": pa.array(array)})
    assert table.schema.field("a").type.extension_name == "jobindsats.discretionised"
    assert triples(table.to_pandas().a.array) == triples(array)
    assert array.__arrow_array__(pa.array(array).type).type == pa.array(array).type
    assert hash(table.schema.field("a").type) == hash(pa.array(array).type)
    assert pa.array(array, type=pa.float64()).to_pylist() == [4.0, None]
    assert pa.array(array, type=pa.array(array).type.storage_type).field("status").to_pylist() == [0, 1]
    dropped = pd.DataFrame({"a": make([4, 0], [0, 1]).dropna()})
    assert sent(dropped, "to_parquet", pd.read_parquet).a.array.dropped == 1
    two = pa.chunked_array([pa.array(array), pa.array(make([6], members=[7]))], type=pa.array(array).type)
    assert len(DiscretionisedDtype("Int64").__from_arrow__(two)) == 3
    assert len(DiscretionisedDtype("Int64").__from_arrow__(two.slice(0, 0))) == 0
    empty = pa.chunked_array([], type=pa.array(array).type)
    assert len(DiscretionisedDtype("Int64").__from_arrow__(empty)) == 0
    plain = DiscretionisedDtype("Int64").__from_arrow__(pa.array([1, 2]))
    assert plain.status.tolist() == [5, 5]
    storage = pa.array([None, {"value": 3, "status": 0, "part": 5}], type=pa.array(array).type.storage_type)
    foreign = DiscretionisedDtype("Int64").__from_arrow__(
        pa.ExtensionArray.from_storage(pa.array(array).type, storage)
    )
    assert foreign.status.tolist() == [CellStatus.HOLE, 0]


def test_importing_the_guard_loads_no_heavy_part_of_pyarrow():
    code = (
        "import pandas, sys; before = set(sys.modules); import jobindsats_pandas.disclosure;"
        "print([m for m in set(sys.modules) - before if m.startswith('pyarrow.')])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


# What makes pandas call each hook that is overridden; those that it calls in private may move.
HOOKS = {
    "_accumulate": lambda s: s.cummax(),
    "_cast_pointwise_result": lambda s: s.combine(s, max),
    "_concat_same_type": lambda s: pd.concat([s, s]),
    "_formatter": lambda s: repr(s.array),
    "_from_sequence": lambda s: pd.array([1], dtype=s.dtype),
    "_from_sequence_of_strings": lambda s: pd.read_csv(io.StringIO("a\n1"), dtype={"a": s.dtype}),
    "_groupby_op": lambda s: s.groupby([0, 0, 1]).max(),
    "_groupby_quantile": lambda s: s.groupby([0, 0, 1]).quantile(),
    "_mode": lambda s: s.mode(),
    "_pad_or_backfill": lambda s: s.ffill(),
    "_quantile": lambda s: s.quantile(),
    "_rank": lambda s: s.rank(),
    "_reduce": lambda s: s.max(),
    "_values_for_argsort": lambda s: s.sort_values(),
    "_values_for_factorize": pd.util.hash_pandas_object,
    "_where": lambda s: s.where(s > 3),
}


@pytest.mark.parametrize("name", HOOKS)
def test_pandas_calls_every_hook_that_is_overridden(name, monkeypatch):
    class CalledError(Exception):
        pass

    def hook(*args, **kwargs):
        raise CalledError

    column = pd.Series(make([1, 0, 4], [0, 1, 0]))
    overridden = vars(DiscretionisedArray)[name]
    monkeypatch.setattr(
        DiscretionisedArray, name, classmethod(hook) if isinstance(overridden, classmethod) else hook
    )
    with pytest.raises(CalledError):
        HOOKS[name](column)


def test_no_hook_is_overridden_that_no_test_calls():
    own = {name for name in vars(DiscretionisedArray) if name.startswith("_") and not name.endswith("__")}
    assert {name for name in own if hasattr(pd.api.extensions.ExtensionArray, name)} == {*HOOKS, "_readonly"}


def test_pandas_asks_for_read_only_columns():
    column = pd.DataFrame({"a": make([4, 5])})["a"].array
    assert hasattr(pd.api.extensions.ExtensionArray, "_readonly")
    assert column._readonly is pd.Series([4, 5], dtype="Int64").to_frame()[0].array._readonly


def test_formulas_leave_hidden_cells_out_and_say_how_many():
    formulas = pytest.importorskip("statsmodels.formula.api")
    frame = pd.DataFrame({"a": make([4, 0, 5, 9, 7], [0, 1, 0, 0, 0]), "b": make([1, 2, 3, 4, 6], period=1)})
    with pytest.warns(GuardRemovedWarning, match="1 of 5 cells are hidden"):
        fitted = formulas.ols("a ~ b", frame).fit()
    plain = formulas.ols("a ~ b", quietly(lambda: frame.astype(float))).fit()
    assert (fitted.nobs, fitted.params.tolist()) == (4, pytest.approx(plain.params.tolist()))


def test_the_mode_and_the_unique_cells_are_numbers_of_their_own():
    column = pd.Series(make([5, 5, 7, 0], [0, 0, 0, 1]))
    assert column.mode().tolist() == [5]
    assert (column.mode().array.addresses == UNKNOWN).all()
    assert column.iloc[1:3].mode().sum() == 12
    assert pd.Series(make([5, 0, 0], [0, 1, 1])).mode(dropna=False).array.status.tolist() == [1]
    assert column.unique().status.tolist() == [0, 0, 1]
    with pytest.raises(ValueError, match="NAs"):
        column.array.searchsorted(5)
    sorted_column = make([5, 6, 7])
    assert sorted_column.searchsorted(make([6])).tolist() == [1]
    assert sorted_column.isin(make([6, 8])).tolist() == [False, True, False]
    assert column.map({5: "five"}).tolist()[:2] == ["five", "five"]
    assert column.map(lambda cell: cell > 5).tolist() == [False, False, True, False]
