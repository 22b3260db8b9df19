"""Rows kept as columns: the same rows come back, whatever they hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobindsats_pandas import row_columns
from jobindsats_pandas.fast_rows import Labels, Rows
from jobindsats_pandas.row_columns import dump_rows, load_rows

NUMBERS = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1).map(float),
    st.floats(-1e15, 1e15).map(lambda number: number + 0.0),
    st.integers(-5, 5).map(float),
    st.just(float("nan")),
)
NAMES = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8), min_size=1, max_size=6, unique=True
)


@st.composite
def rows(draw):
    count = draw(st.integers(0, 30))
    labels = []
    for _ in range(draw(st.integers(1, 3))):
        names = draw(NAMES)
        codes = draw(st.lists(st.integers(0, len(names) - 1), min_size=count, max_size=count))
        labels.append(Labels(tuple(names), np.array(codes, np.int32)))
    numbers = [
        np.array(draw(st.lists(NUMBERS, min_size=count, max_size=count)), np.float64)
        for _ in range(draw(st.integers(1, 3)))
    ]
    columns = draw(
        st.lists(
            st.text(max_size=5), min_size=len(labels) + len(numbers), max_size=len(labels) + len(numbers)
        )
    )
    return Rows(tuple(columns), tuple(labels), tuple(numbers))


@pytest.fixture(autouse=True)
def small_ones_too(monkeypatch):
    monkeypatch.setattr(row_columns, "SMALL", 0)


def assert_same(left, right):
    assert left.columns == right.columns
    for one, other in zip(left.labels, right.labels, strict=True):
        assert one.names == other.names
        assert one.codes.dtype == other.codes.dtype == np.int32
        assert one.codes.tolist() == other.codes.tolist()
    for one, other in zip(left.numbers, right.numbers, strict=True):
        assert one.dtype == other.dtype == np.float64
        np.testing.assert_array_equal(one, other, strict=True)
        assert np.signbit(one).tolist() == np.signbit(other).tolist() or np.isnan(one).any()


@given(rows())
def test_any_rows_come_back_as_they_went(before):
    columns = dump_rows(before)
    if columns is None:  # a name of a column that cannot be encoded
        return
    assert_same(load_rows(columns, len(before.labels)), before)


@pytest.mark.parametrize("count", [1, 127, 128, 129, 255, 256, 32_767, 32_768, 32_769])
def test_places_are_as_narrow_as_they_fit_and_no_narrower(count):
    names = tuple(map(str, range(count)))
    before = Rows(("P", "A"), (Labels(names, np.arange(count, dtype=np.int32)),), (np.arange(count) / 2,))
    assert_same(load_rows(dump_rows(before), 1), before)


@pytest.mark.parametrize("value", [2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**53 - 1, 0.1, -0.5, 1e15])
@pytest.mark.parametrize("missing", [False, True])
def test_numbers_keep_every_bit(value, missing):
    numbers = np.array([value, 0.0, np.nan if missing else 1.0])
    before = Rows(("P", "A"), (Labels(("x",), np.zeros(3, np.int32)),), (numbers,))
    (found,) = load_rows(dump_rows(before), 1).numbers
    assert found.tobytes() == numbers.tobytes() or missing
    np.testing.assert_array_equal(found, numbers)


def test_columns_of_another_question_are_none():
    before = Rows(("P", "A"), (Labels(("x",), np.zeros(3, np.int32)),), (np.zeros(3),))
    assert load_rows(dump_rows(before), 2) is None


def test_what_comes_back_may_be_written_to():
    before = Rows(("P", "A"), (Labels(("x",), np.zeros(3, np.int32)),), (np.zeros(3),))
    found = load_rows(dump_rows(before), 1)
    found.labels[0].codes[0] = 0
    found.numbers[0][0] = 1


def test_few_rows_and_names_that_cannot_be_written_have_no_columns(monkeypatch):
    half = Rows(("P", "A"), (Labels(("\ud800",), np.zeros(3, np.int32)),), (np.zeros(3),))
    assert dump_rows(half) is None
    monkeypatch.setattr(row_columns, "SMALL", 100)
    assert dump_rows(Rows(("P", "A"), (Labels(("x",), np.zeros(3, np.int32)),), (np.zeros(3),))) is None
