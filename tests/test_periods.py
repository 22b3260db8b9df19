"""Period ids, and what they are in pandas."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobindsats_pandas.periods import (
    PeriodKey,
    chronological,
    frequency,
    parse_period,
    period_id,
    period_values,
)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("2026M08", ("M", 2026, 8)),
        (" 2026m8 ", ("M", 2026, 8)),
        ("2025Q4", ("Q", 2025, 4)),
        ("2024Y01", ("Y", 2024, 1)),
        ("2023QMAT01", ("QMAT", 2023, 1)),
        ("2026MYTD012", ("MYTD", 2026, 12)),
        ("2026-08", None),
        ("Aug 2026", None),
        ("2026M", None),
        ("26M08", None),
        ("2026M0008", None),
        ("٢٠٢٦M08", None),
        ("", None),
    ],
)
def test_a_period_id_is_read_in_every_form_and_nothing_else_is(text, key):
    assert parse_period(text) == (PeriodKey(*key) if key else None)


@given(st.integers(1900, 2199), st.sampled_from(["M", "Q", "Y"]), st.integers(1, 12))
def test_a_pandas_period_written_as_an_id_is_read_back(year, freq, month):
    period = pd.Period(f"{year}-{month:02d}", freq=freq)
    assert list(period_values([period_id(period)])) == [period]


@pytest.mark.parametrize("freq", ["D", "h", "W-SUN", "Q-NOV", "Y-JUN"])
def test_a_frequency_that_the_api_lacks_has_no_id(freq):
    assert period_id(pd.Period("2025-03-31", freq=freq)) is None


@pytest.mark.parametrize(
    "ids",
    [
        ["2023M12", "2024M01", "2024M02"],
        ["2024Q04", "2025Q1", "2025Q02"],
        ["2022QMAT04", "2023QMAT01"],
        ["2024M9", "2024M10"],
        ["first", "second", "third"],
        ["2024M01", "later"],
    ],
)
def test_ids_in_any_order_come_out_oldest_first(ids):
    shuffled = random.Random(1).sample(ids, len(ids))
    assert chronological(shuffled) == chronological(reversed(ids)) == ids


@pytest.mark.parametrize(
    ("ids", "freq"),
    [
        (["2026M07", "2026M08"], "M"),
        (["2025Q04", "2025Q1"], "Q-DEC"),
        (["2024Y01"], "Y-DEC"),
        (["2023QMAT01"], None),
        (["2026MYTD07"], None),
        (["whatever"], None),
        (["2026M07", "2026Q03"], None),
        (["2026M07", "whatever"], None),
        ([], None),
    ],
)
def test_only_months_quarters_and_years_have_a_frequency(ids, freq):
    assert frequency(ids) == freq


@pytest.mark.parametrize("impossible", ["2025M13", "2025M00", "2025Q05", "2025Y02"])
def test_a_number_that_no_year_has_is_refused(impossible):
    with pytest.raises(ValueError, match=impossible):
        frequency([impossible])


def test_known_types_become_periods_in_the_order_of_the_codes():
    values = period_values(["2025M11", "2025M12"], np.array([1, 0, 1]))
    pd.testing.assert_index_equal(values, pd.PeriodIndex(["2025-12", "2025-11", "2025-12"], freq="M"))
    assert list(period_values(["1969Q04", "1970Q01"])) == [pd.Period("1969Q4"), pd.Period("1970Q1")]
    assert list(period_values(["2024Y01"])) == [pd.Period("2024", "Y")]


@pytest.mark.parametrize(
    "ids", [["2022QMAT04", "2023QMAT01"], ["2026MYTD06", "2026MYTD07"], ["før", "efter"]]
)
def test_other_types_become_an_ordered_categorical(ids):
    values = period_values(ids, np.array([1, 1, 0]))
    assert values.ordered
    assert list(values.categories) == ids
    assert list(values) == [ids[1], ids[1], ids[0]]
    assert values.min() == ids[0]
