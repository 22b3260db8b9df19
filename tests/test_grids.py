"""Rows in a grid are the rows that came, and numbers made narrow are the numbers that came, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobindsats_pandas import row_columns
from jobindsats_pandas.fast_rows import Labels, Rows
from jobindsats_pandas.grids import Grid, in_grid, narrowed
from jobindsats_pandas.row_columns import dump_rows, load_rows

NUMBERS = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1).map(float),
    st.floats(-1e15, 1e15).map(lambda number: number + 0.0),
    st.integers(-300, 300).map(lambda number: number / 100),
    st.integers(-5, 5).map(float),
    st.just(float("nan")),
)


@st.composite
def rows(draw):
    """Some combinations of some names, in any order, and now and then one of them twice."""
    shape = draw(st.lists(st.integers(1, 4), min_size=1, max_size=3))
    every = list(np.ndindex(*shape))
    keys = draw(
        st.lists(st.sampled_from(every), min_size=1, unique=draw(st.sampled_from([True, True, False])))
    )
    labels = []
    for column in zip(*keys, strict=True):
        distinct = list(dict.fromkeys(column))
        codes = np.array([distinct.index(code) for code in column], np.int32)
        labels.append(Labels(tuple(f"n{code}" for code in distinct), codes))
    numbers = [np.array(draw(st.lists(NUMBERS, min_size=len(keys), max_size=len(keys)))) for _ in range(2)]
    columns = (*(f"c{place}" for place in range(len(shape))), "x", "y")
    return Rows(columns, tuple(labels), tuple(numbers))


def in_order(found):
    names = [[column.names[code] for code in column.codes] for column in found.labels]
    values = [[number.hex() for number in column.tolist()] for column in found.numbers]
    return sorted(zip(*names, *values, strict=True))


@given(rows())
def test_a_grid_holds_the_rows_that_came_and_no_others(before):
    found = in_grid(before)
    distinct = (
        len(set(zip(*(column.codes.tolist() for column in before.labels), strict=True))) == before.count
    )
    assert distinct or found is before
    if isinstance(found, Grid):
        assert (found.columns, found.names, found.count) == (before.columns, before.names, before.count)
        assert in_order(found.rows()) == in_order(before)


@given(rows())
def test_a_grid_comes_back_from_columns_as_it_went(before):
    found = in_grid(before)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_columns, "SMALL", 0)
        again = load_rows(dump_rows(found), len(before.labels))
    assert type(again) is type(found)
    if isinstance(found, Grid):
        assert again.names == found.names
        assert (again.came is None) == (found.came is None)
        found, again = found.rows(), again.rows()
    assert in_order(again) == in_order(found)


@given(st.lists(NUMBERS, max_size=20))
def test_narrow_numbers_are_the_same_to_the_last_bit(numbers):
    found = narrowed(np.array(numbers, np.float64))
    assert [number.hex() for number in found.floats().tolist()] == [float(number).hex() for number in numbers]
    assert not found.whole or all(np.isnan(number) or number == int(number) for number in numbers)
    assert found.nulls is None or found.nulls.any()


@pytest.mark.parametrize(("most", "kind"), [(127, "i1"), (128, "i2"), (32_768, "i4"), (2**31, "i8")])
def test_numbers_are_as_narrow_as_they_fit(most, kind):
    assert narrowed(np.array([most, 0.0, np.nan])).values.dtype == np.dtype(kind)
    assert narrowed(np.array([most / 100, 0.0])).values.dtype == np.dtype(kind)
