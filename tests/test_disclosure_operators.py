"""Arithmetic, comparison and numpy's functions, cell by cell."""

from __future__ import annotations

import functools
import math
import operator
import warnings

import numpy as np
import pandas as pd
import pytest
from columns import make, quietly

from jobindsats_pandas.disclosure import (
    UNKNOWN,
    CellStatus,
    allow_sums,
)
from jobindsats_pandas.errors import GuardRemovedWarning, InvalidSumError
from jobindsats_pandas.kinds import Kind


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
    assert (column * 0).sum() == (0 * column * 3).sum() == 0
    assert ((column * np.inf).array.addresses == UNKNOWN).all()


@pytest.mark.parametrize("of", [pd.Series.sum, pd.Series.max, pd.Series.mean, lambda column: column.iloc[1]])
def test_shares_of_one_number_add_as_what_they_are_shares_of_does(of):
    column = pd.Series(make([2, 4, 10]))
    assert (column / of(column)).sum() == 16 / of(column)
    assert (column / of(column) * 100).cumsum().tolist() == pytest.approx(
        (np.cumsum([2, 4, 10]) / of(column) * 100).tolist()
    )
    # One over several, several over several, and one over one are ratios.
    for ratio in (of(column) / column, column / column[::-1].array):
        with pytest.raises(InvalidSumError):
            ratio.sum()
    for kind, hidden in ((Kind.PERSONS, []), (Kind.NONE, []), (Kind.FLOW, [0])):
        column = pd.Series(make([2, 4, 10], kind=kind, status=[int(n in hidden) for n in range(3)]))
        with pytest.raises(InvalidSumError):
            (column / column.iloc[1]).sum()


def test_shares_of_each_group_add_within_it():
    column = pd.Series(make([2, 4, 10, 30]))
    shares = column.groupby([0, 0, 1, 1]).transform(lambda x: x / x.sum())
    assert shares.groupby([0, 0, 1, 1]).sum().tolist() == [1, 1]
    with pytest.raises(InvalidSumError):
        shares.sum()


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
    assert "ratios, products and the like do not add" in str(caught.value)
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
    assert (frame.stock - frame.stock).sum() == (frame.stock.round(-1) - frame.stock).sum() == 0
    with pytest.raises(InvalidSumError):
        (frame.stock - frame.flow).sum()
    shares = frame.stock / frame.stock.sum()
    assert shares.tolist() == [0.5, 0.5]


def test_of_two_columns_only_quotients_products_and_differences_mean_anything():
    left, right = pd.Series(make([7, 9])), pd.Series(make([2, 3]))
    for made, numbers in ((left // right, [3, 3]), (left % right, [1, 0]), (left**right, [49, 729])):
        assert made.tolist() == numbers
        assert (made.array.addresses == UNKNOWN).all()
        with pytest.raises(InvalidSumError) as caught:
            made.sum()
        assert caught.value.reasons == ("unknown",)


def test_a_quotient_times_another_denominator_is_not_the_numerator():
    flow, stock = pd.Series(make([10, 30])), pd.Series(make([100, 100], kind=Kind.STOCK))
    with pytest.raises(InvalidSumError) as caught:
        (flow / stock * pd.Series(make([50, 50], kind=Kind.PERSONS))).sum()
    assert caught.value.reasons == ("rate",)


def test_cells_know_what_they_are_after_however_many_factors():
    one = make([5])[0]
    for factor in range(2, 1500):
        assert one * factor == 5 * factor
        assert (one * factor).address != one.address
    assert (one * 1024 / 1024).address == one.address


def test_a_sum_of_cells_does_not_mind_on_which_side_it_grows():
    one, two, three = make([5, 6, 7])
    left, right = (one + two) + three, one + (two + three)
    assert left == right == 18
    assert left.address == right.address == pd.Series(make([5, 6, 7])).sum().address
    with pytest.raises(InvalidSumError):
        one + (two + sum([one, three]))


def test_sums_made_cell_by_cell_are_those_made_at_once():
    january, february = pd.Series(make([5, 6])), pd.Series(make([7, 9], period=1))
    other = february.iloc[0]
    mapped = january.map(lambda one: one + other)
    assert mapped.tolist() == [12, 13]
    assert mapped.array.addresses.tolist() == (january + other).array.addresses.tolist()
    beside = pd.Series(make([7], members=[8])).iloc[0]
    mapped = january.map(lambda one: one + beside)
    assert mapped.array.addresses.tolist() == (january + beside).array.addresses.tolist()
    assert (mapped.array.addresses >= 0).all()


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
    with pytest.raises(InvalidSumError, match="refused in 3 of 3 rows"):
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


@pytest.mark.parametrize("function", [operator.truediv, operator.mul, operator.add, operator.sub])
def test_what_is_missing_in_numbers_of_the_users_is_a_hole_and_nothing_that_was_not_published(function):
    """Rates of a population file that lacks a municipality: the data bank left nothing out."""
    column = pd.Series(make([5, 0, 0, 0, 5], [0, 1, 2, 3, 4]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", GuardRemovedWarning)
        for missing in (
            pd.Series([np.nan] * 5),
            pd.Series([pd.NA] * 5, dtype="Int64"),
            np.full(5, np.nan),
            np.nan,
        ):
            made = function(column, missing).array.status.tolist()
            assert made[1:3] == [CellStatus.DISCRETIONISED, CellStatus.NOT_AVAILABLE]
            assert made[0] == made[4] == CellStatus.HOLE


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
    with pytest.raises(TypeError):
        np.maximum.reduceat(array, [0])
    assert np.add.reduceat(array, [0]).tolist() == [13]
    for function in (
        np.add.reduce,
        np.add.accumulate,
        lambda persons: persons @ np.ones(2),
        lambda persons: np.ones(2) @ persons,
    ):
        with pytest.raises(InvalidSumError):
            function(make([4, 9], kind=Kind.PERSONS))


def test_numpy_adds_in_place_by_the_rules_and_writes_nothing_into_cells():
    found = np.zeros(2)
    np.add.at(found, [0, 1, 1], make([4, 9, 5]))
    assert found.tolist() == [4, 14]
    for doubtful in (make([4, 9, 5], kind=Kind.PERSONS), make([4, 0, 5], [0, 1, 0])):
        with pytest.raises(InvalidSumError, match=r"np\.add\.at"):
            np.add.at(found, [0, 1, 1], doubtful)
        # What is taken away, and what is the largest beside a hidden one, would be made up as well.
        for function in (np.subtract, np.maximum, np.multiply):
            for column in (doubtful, pd.Series(doubtful)):
                with pytest.raises(TypeError):
                    function.at(found, [0, 1, 1], column)
    assert found.tolist() == [4, 14]
    array = make([4, 9])
    for column in (array, pd.Series(array)):
        with pytest.raises(TypeError):
            np.add.at(column, [0], 5)
    assert array.tolist() == [4, 9]


RATES = [12.5, 14.25, 9.75]
ONE_BY_ONE = {
    "round": round,
    "round to tenths": lambda one: round(one, 1),
    "floor": math.floor,
    "ceil": math.ceil,
    "trunc": math.trunc,
    "divmod": lambda one: divmod(one, 1)[0],
    "divmod, turned": lambda one: divmod(100, one)[0],
    "conjugate": lambda one: one.conjugate(),
    "real": lambda one: one.real,
    "np.real": np.real,
    "np.floor": np.floor,
    "np.rint": np.rint,
    "np.round": lambda one: np.round(one, 1),
    "np.sqrt": np.sqrt,
    "np.maximum": lambda one: np.maximum(one, 0),
    "np.divmod": lambda one: np.divmod(one, 1)[0],
}


@pytest.mark.parametrize("function", ONE_BY_ONE.values(), ids=ONE_BY_ONE)
def test_what_a_function_makes_of_a_single_cell_is_a_cell(function):
    column = pd.Series(make([*RATES, 0.0], [0, 0, 0, CellStatus.DISCRETIONISED], kind=Kind.NONE))
    plain = [function(number) for number in RATES]
    *shown, hidden = [function(one) for one in column]
    assert [one.number for one in shown] == plain
    assert [f"{one}" for one in shown] == [f"{one}" for one in plain]
    assert hidden.status == CellStatus.DISCRETIONISED
    with pytest.raises(InvalidSumError):
        sum(function(one) for one in column.iloc[:3])


@pytest.mark.parametrize(
    "product", [np.dot, np.matmul, np.inner, lambda left, right: np.tensordot(left, right, 1)]
)
def test_a_refusal_within_a_product_of_numpys_is_not_lost(product):
    first, second = (make(range(1, 7), kind=Kind.STOCK, period=period) for period in (0, 1))
    cells = pd.DataFrame({"first": first, "second": second}).astype(object).to_numpy()
    for _ in range(100):
        with pytest.raises(InvalidSumError):
            product(cells, np.ones(2, object))


def test_products_of_a_frame_add_across_its_columns():
    first, second = (make(range(1, 7), kind=Kind.STOCK, period=period) for period in (0, 1))
    frame = pd.DataFrame({"first": first, "second": second})
    for _ in range(100):
        with pytest.raises(InvalidSumError):
            frame @ np.ones(2)
    hidden = pd.DataFrame({"first": make([1, 0], [0, 1]), "second": make([3, 4], period=1)})
    with pytest.raises(InvalidSumError, match="hidden"):
        hidden @ [1, 1]
    assert (hidden[["second"]] @ [2]).tolist() == [6, 8]
    assert (frame[["first"]] @ [2]).tolist() == [2, 4, 6, 8, 10, 12]
    persons = pd.DataFrame({"persons": make(range(1, 7), kind=Kind.PERSONS)})
    assert (persons @ [2]).tolist() == [2, 4, 6, 8, 10, 12]
    assert np.vdot(first.astype(object), np.ones(6, object)) == 21
    with pytest.raises(InvalidSumError):
        np.vdot(make(RATES, kind=Kind.NONE).astype(object), np.ones(3, object))


def columns_of(kind=Kind.FLOW, count=4):
    """The members of one level beside each other, six months or municipalities of each."""
    return [
        pd.Series(
            make([3 + place, 10 * place + 4, 7], kind=kind, members=[place + 1] * 3, period=np.arange(3))
        )
        for place in range(count)
    ]


@pytest.mark.parametrize(
    "added",
    [
        lambda columns: columns[0] + columns[1] + columns[2] + columns[3],
        lambda columns: (columns[0] + columns[1]) + (columns[2] + columns[3]),
        lambda columns: columns[0].add(columns[1]).add(columns[2]).add(columns[3]),
        sum,
        lambda columns: functools.reduce(operator.add, columns),
        lambda columns: pd.concat(columns, axis=1, keys=[*"ABCD"]).eval("A + B + C + D"),
        lambda columns: sum(columns, start=pd.Series(0, index=range(3))),
        lambda columns: functools.reduce(np.add, columns, np.zeros(3)),
    ],
)
def test_columns_are_added_up_one_after_the_other(added):
    columns = columns_of()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        total = added(columns)
    assert total.tolist() == sum(column.to_numpy() for column in columns).tolist()
    assert total.iloc[1:].sum() == total.to_numpy()[1:].sum()
    with pytest.raises(InvalidSumError, match="repeated: sums of some of the same cells"):
        total + columns[1]
    with pytest.raises(InvalidSumError):
        added(columns_of(Kind.NONE))


def test_months_are_added_up_one_after_the_other():
    months = [pd.Series(make([5, 6], period=period)) for period in range(3)]
    assert (months[0] + months[1] + months[2]).tolist() == [15, 18]
    stocks = [pd.Series(make([5, 6], period=period, kind=Kind.STOCK)) for period in range(3)]
    with pytest.raises(InvalidSumError):
        stocks[0] + stocks[1] + stocks[2]


def test_a_sum_of_columns_that_was_written_into_is_no_longer_that_sum():
    first, second, third, _ = columns_of()
    total = first + second
    total.iloc[0] = 1
    with pytest.raises(InvalidSumError):
        total + third


def test_a_column_of_one_number_does_what_the_number_does():
    column = columns_of()[0]
    for dtype in (bool, np.int8, np.float64):
        assert (
            (column * np.full(3, True, dtype)).sum()
            == (column / np.full(3, True, dtype)).sum()
            == column.sum()
        )
        assert (column * np.full(3, False, dtype)).sum() == 0
    for mask in (column.notna(), column > 0, pd.array([True] * 3)):
        assert (column * mask).sum() == column.sum()
    assert (column * [2, 2, 2]).sum() == 2 * column.sum()
    assert (column / [2, 2, 2]).sum() == column.sum() / 2
    with pytest.raises(InvalidSumError):
        (column * [2, 2, 3]).sum()


def test_zeros_add_nothing_to_a_column():
    column = columns_of()[0]
    for zeros in (np.zeros(3), pd.Series([0, 0, 0]), pd.array([0, 0, 0])):
        assert (zeros + column).sum() == (column - zeros).sum() == column.sum()
    assert (0 - column + np.zeros(3)).sum() == -column.sum()


@pytest.mark.parametrize(
    "taken_away",
    [
        lambda a, b: -a - b,
        lambda a, b: 0 - a - b,
        lambda a, b: a * -1 - b,
        lambda a, b: a.rsub(-b),
        lambda a, b: (a * -2 - b * 2) / -2,
        lambda a, b: -(a - b * np.full(3, -1)),
        lambda a, b: np.subtract(a, -b, dtype=float),
    ],
)
def test_taking_away_from_a_negative_is_adding(taken_away):
    with pytest.raises(InvalidSumError):
        taken_away(*columns_of(Kind.NONE, 2))
    first, second = columns_of(count=2)
    assert abs(taken_away(first, second)).tolist() == (first + second).tolist()
    assert (-first - -second).tolist() == (second - first).tolist()


def test_a_column_less_a_multiple_of_itself_is_a_multiple_of_it():
    column, other = (
        pd.Series(make([2, 4], kind=Kind.STOCK)),
        pd.Series(make([3, 5], kind=Kind.STOCK, period=1)),
    )
    addresses = column.array.addresses.tolist()
    assert (
        (2 * column - column).array.addresses.tolist()
        == (column - 0 * column).array.addresses.tolist()
        == addresses
    )
    assert (3 * column - 5 * column).sum() == -12
    for negative in (0 * other - other, other - 2 * other, (other / 2 - other) * 2):
        with pytest.raises(InvalidSumError):
            column - negative
    one, another = column.iloc[0], other.iloc[0]
    with pytest.raises(InvalidSumError):
        sum([one, 2 * another - another])


@pytest.mark.parametrize("options", [{"where": True}, {"dtype": float}, {"casting": "unsafe"}])
def test_how_numpy_is_asked_to_add_does_not_matter(options):
    with pytest.raises(InvalidSumError):
        np.add(*columns_of(Kind.NONE, 2), **options)
    first, second = columns_of(count=2)
    assert np.add(first, second, **options).tolist() == (first + second).tolist()
    with pytest.raises(TypeError):
        np.add(first, second, where=[True, False, True])


def test_what_runs_over_a_column_with_gaps_sees_no_number_in_them():
    column = pd.Series(make([4, 2, 8])).reindex(range(5))
    assert np.add.accumulate(column)[2] == np.add.reduceat(column.array, [0])[0] == 14
    added = np.zeros(2, dtype=np.int64)
    np.add.at(added, [0, 0, 1, 1, 1], column.array)
    assert added.tolist() == [6, 8]
    assert column.array @ np.ones(5) == np.matmul(np.ones(5), column.array) == 14
    hidden = pd.Series(make([4, 0, 8], [0, CellStatus.DISCRETIONISED, 0]))
    with allow_sums():
        assert hidden.array @ np.ones(3) == np.add.reduceat(hidden.array, [0])[0] == 12
    for function in (np.minimum, np.maximum, np.multiply):
        running = quietly(lambda function=function: function.accumulate(hidden))
        assert pd.isna(running[1])
    with pytest.raises(TypeError):
        np.subtract.accumulate(hidden)


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "int64[pyarrow]"])
def test_a_column_of_pandas_own_stands_on_the_left(dtype):
    column = columns_of()[0]
    theirs = pd.Series([1, 2, 3], dtype=dtype)
    assert (theirs * column).tolist() == [3, 8, 21]
    assert (theirs - column).tolist() == [-2, -2, -4]
    assert ((column > 3) * column).tolist() == [0, 4, 7]


@pytest.mark.parametrize("name", ["truediv", "mul", "sub", "mod", "floordiv", "pow"])
def test_single_cells_are_computed_with_each_other_as_columns_are(name):
    first = pd.Series(make(range(3, 9), [0, 0, 1, 0, 5, 0]))
    others = {
        "another measure": pd.Series(make(range(4, 10), kind=Kind.STOCK)),
        "another period": pd.Series(make(range(4, 10), period=1)),
        "itself": first,
        "other members": pd.Series(make(range(4, 10), members=[2, 3, 4, 5, 6, 7])),
    }
    function = getattr(operator, name)
    for other in others.values():
        for left, right in ((first, other), (other, first)):
            expected = function(left, right).array
            made = [function(one, another) for one, another in zip(left, right, strict=True)]
            assert [one.status for one in made] == expected.status.tolist()
            assert [(one.registry, one.address) for one in made if one == one] == [  # noqa: PLR0124
                (expected.registry, address) for address in expected.addresses[expected.visible].tolist()
            ]


@pytest.mark.parametrize("hidden", [False, True], ids=["visible", "hidden"])
@pytest.mark.parametrize("kind", [Kind.FLOW, Kind.PERSONS, Kind.NONE])
@pytest.mark.parametrize("options", [{}, {"axis": 1}, {"drop": True}, {"numeric_only": True}], ids=str)
def test_two_frames_are_correlated_column_by_column(kind, hidden, options):
    status = [[0, hidden, 0, 0, 0], [0, 0, 0, hidden, 0]]
    one = pd.DataFrame(
        {"a": make([3, 9, 4, 7, 5], status[0], kind=kind), "b": make([8, 5, 9, 3, 6], kind=kind)}
    )
    two = pd.DataFrame(
        {"a": make([7, 8, 4, 6, 3], status[1], kind=kind), "b": make([4, 9, 7, 8, 5], kind=kind)}
    )
    plain = [
        pd.DataFrame({name: frame[name].array.plain() for name in frame}).astype(float)
        for frame in (one, two)
    ]
    found = quietly(lambda: one.corrwith(two, **options))
    wanted = plain[0].corrwith(plain[1], **options)
    assert quietly(lambda: found.to_numpy(float)) == pytest.approx(wanted.to_numpy(), nan_ok=True)
    with pytest.raises(InvalidSumError):
        found.sum()


def test_what_is_added_on_the_way_to_a_correlation_is_still_refused_by_hand():
    one, two = pd.DataFrame({"a": make([3, 9, 4])}), pd.DataFrame({"a": make([7, 8, 4])})
    with pytest.raises(InvalidSumError):
        one + two * 0
    with pytest.raises(InvalidSumError):
        ((one - one.mean()) * (two - two.mean())).sum()
    with pytest.raises(InvalidSumError):
        one.corrwith(two, method=lambda *_: one.a.sum() + (two.a * one.a).sum())
