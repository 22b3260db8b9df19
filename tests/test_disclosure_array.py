"""The guarded array: how it is made, what its cells are on every way through pandas, what is written into it."""

from __future__ import annotations

import copy
import dataclasses
import io
import pickle

import numpy as np
import pandas as pd
import pytest
from columns import AREA, CODES, MEASURES, PERIODS, REGISTRY, SPACE, make, quietly, sent, triples
from hypothesis import given, settings
from hypothesis import strategies as st

from jobindsats_pandas.disclosure import (
    NOTHING,
    UNKNOWN,
    AddressSpace,
    Cells,
    CellStatus,
    DiscretionisedArray,
    DiscretionisedDtype,
    Registry,
    texts,
)
from jobindsats_pandas.errors import InvalidSumError
from jobindsats_pandas.kinds import Kind


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
    with pytest.raises(InvalidSumError, match="left out"):
        made.sum()
    with pytest.raises(ValueError, match="fewer than no cells dropped: -1"):
        DiscretionisedArray.from_cells(dataclasses.replace(array.cells, dropped=-1))
    with pytest.raises(ValueError, match="no such status: 9"):
        DiscretionisedArray.from_cells(dataclasses.replace(array.cells, status=np.full(2, 9, np.uint8)))


def test_addresses_are_made_when_somebody_asks():
    plain = make([5, 0, 7, 9], [0, 1, 0, 0])

    def later():
        cells = plain.cells
        made = Cells.numbered_later(cells.values, cells.status, cells.addresses - 3, 3, cells.registry)
        return DiscretionisedArray.unchecked(made)

    def is_numbered(array):
        return "addresses" in vars(array.cells)

    for unasked in (lambda a: a.isna(), len, lambda a: a.nbytes, pickle.dumps, lambda a: a[1:]):
        array = later()
        unasked(array)
        assert not is_numbered(array)
    assert later()[2].address == plain[2].address
    for made in (later(), later().copy(), pickle.loads(pickle.dumps(later())), copy.deepcopy(later())):
        assert made.equals(plain)
        assert made.addresses.tolist() == plain.addresses.tolist()
        assert is_numbered(made)
    assert later()[[2, 0]].addresses.tolist() == plain[[2, 0]].addresses.tolist()
    with pytest.raises(AttributeError, match="no 'adresses'"):
        later().cells.adresses  # noqa: B018


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


def test_single_cells_make_a_column_of_the_dtype_that_is_asked_for():
    whole, decimal = make([5, 6]), make([1.5, 2.0], kind=Kind.MONEY)
    made = pd.array(list(whole), dtype="discretionised[Float64]")
    assert (made.tolist(), made.dtype.name) == ([5.0, 6.0], "discretionised[Float64]")
    assert made.addresses.tolist() == whole.addresses.tolist()
    assert pd.array([decimal[1]], dtype="discretionised[Int64]").tolist() == [2]
    with pytest.raises(TypeError, match="cannot safely cast"):
        pd.array([decimal[0]], dtype="discretionised[Int64]")


def test_a_function_that_hands_on_the_bare_number_of_a_cell_hands_on_the_cell():
    column = pd.Series(make([5, 0, 7], [0, 1, 0]))
    made = column.map(lambda one: one if pd.isna(one) else int(one))
    assert made.array.status.tolist() == column.array.status.tolist()
    assert made.array.addresses.tolist() == column.array.addresses.tolist()
    other = column.map(lambda one: one if pd.isna(one) else int(one) + 1)
    assert other.array.addresses.tolist() == [UNKNOWN] * 3 or (other.array.addresses[[0, 2]] == UNKNOWN).all()


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
@settings(max_examples=8, deadline=None)
@given(frames())
def test_cells_keep_value_status_and_part_on_every_journey(journey, frame):
    arrived = quietly(lambda: JOURNEYS[journey](frame))
    for column in ("whole", "decimal"):
        assert arrived[column].dtype == frame[column].dtype
        assert by_key(arrived, column) == by_key(frame, column)


@settings(max_examples=12, deadline=None)
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


def test_a_frame_turned_over_holds_the_same_cells(monkeypatch):
    """Also where its columns are of two tables; no single cell is made on the way, which would take ten times as long."""
    other = AddressSpace("u", "En anden", MEASURES, PERIODS, (AREA,))
    columns = {
        "a": make([5, 1, 7, 0], [0, 1, 0, 3]),
        "b": DiscretionisedArray(
            np.array([3, 1, 8, 9]),
            np.array([0, 2, 4, 6], np.uint8),
            other.encode(0, 0, [[1, 2, 3, 4]]),
            Registry.of(other),
        ),
        "c": pd.Series(make([5, 6], period=1)).reindex([0, 1, 2, 3]).array,
    }
    wide = pd.DataFrame(columns, index=list("wxyz"))
    slow = {
        label: [cell for column in columns.values() for cell in triples(column[place : place + 1])]
        for place, label in enumerate(wide.index)
    }

    def no_single_cells(*_):
        raise AssertionError("single cells were made")

    with monkeypatch.context() as patched:
        patched.setattr("jobindsats_pandas.disclosure.leaving.scalars_of", no_single_cells)
        turned = wide.T
    assert {label: triples(turned[label].array) for label in turned} == slow
    assert (turned.dtypes == "discretionised[Int64]").all()
    turned.loc["a", "w"] = 100
    assert wide.loc["w", "a"] == 5
    assert turned["x"].array.status[0] == CellStatus.DISCRETIONISED
    back = turned.T
    assert [triples(back[name].array)[1:] for name in columns] == [
        triples(column)[1:] for column in columns.values()
    ]


def test_hidden_cells_dropped_from_columns_are_dropped_from_their_rows_too():
    left = pd.Series(make([5, 1, 7], [0, 1, 0])).dropna()
    turned = pd.DataFrame({"a": left, "b": pd.Series(make([4, 5, 6], period=1))[left.index]}).T
    with pytest.raises(InvalidSumError) as caught:
        turned[0].sum()
    assert caught.value.reasons == ("dropped",)


def test_a_frame_of_several_dtypes_is_turned_over_as_objects():
    turned = pd.DataFrame(
        {"whole": make([5, 1], [0, 1]), "decimal": make([2.5, 3.5], period=1), "text": "x"}
    ).T
    assert set(turned.dtypes) == {np.dtype(object)}
    assert repr(turned.loc["whole", 1]) == "<hidden>"
    assert (turned.loc["decimal", 0], turned.loc["decimal", 0].status) == (2.5, CellStatus.OBSERVED)


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


def test_what_was_dropped_at_once_is_counted_once_however_many_parts_tell_of_it():
    status = [0, 1, 0, 0, 1, 0]
    one, other = (pd.Series(make([3, 0, 5, 7, 0, 9], status, period=period)).dropna() for period in (0, 1))
    parts = [part for _, part in one.groupby([0, 1, 0, 1])]
    for whole in (
        pd.concat(parts),
        pd.concat([one, one * 2]),
        one / one,
        pd.concat([one.iloc[:1], one.iloc[1:]]),
    ):
        assert whole.array.dropped == 2
    for both in (pd.concat([one, other]), one - other, pd.concat([*parts, other.iloc[:1], other.iloc[1:]])):
        assert both.array.dropped == 4
    again = pickle.loads(pickle.dumps(pd.concat(parts)))
    assert pd.concat([again.iloc[:2], again.iloc[2:]]).array.dropped == 2
    column = pd.Series(make([3, 0, 5, 7, 0, 9], status))
    with pytest.raises(InvalidSumError, match="2 hidden cells beside these are left out"):
        column.groupby(column).apply(lambda group: group).sum()


def test_guesses_from_neighbours_are_marked():
    column = pd.Series(make([4.0, 0, 8.0, 0], [0, 1, 0, 3]))
    for guessed in (column.ffill(), column.interpolate(), column.bfill().ffill()):
        assert guessed.array.status.tolist() == [0, 6, 0, 6]
        assert (guessed.array.addresses == column.array.addresses).all()
    assert column.interpolate().tolist() == [4.0, 6.0, 8.0, 8.0]


# ---- what pandas calls ----------------------------------------------------------------------------------------


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
