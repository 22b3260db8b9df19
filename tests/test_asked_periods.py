"""Periods as people write them: read without a table, and resolved in one."""

from __future__ import annotations

import datetime as dt
import json
import warnings
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pandas as pd
import pytest
from builders import months, period_type, table
from hypothesis import given
from hypothesis import strategies as st

from jobindsats_pandas.asked_periods import DEFAULT_PERIODS, read_periods
from jobindsats_pandas.errors import QueryError, QueryWarning
from jobindsats_pandas.queries import plan

TABLE = table()


def parameters(request):
    return dict(parse_qsl(urlsplit(request.path).query, keep_blank_values=True))


YEAR = tuple(months(2025, 12))


@pytest.mark.parametrize(
    ("periods", "ids", "latest"),
    [
        (None, tuple(months(2024, 28)[-DEFAULT_PERIODS:]), True),
        ("*", tuple(months(2024, 28)), True),
        ("latest:3", ("2026M02", "2026M03", "2026M04"), True),
        (" Latest: 3", ("2026M02", "2026M03", "2026M04"), True),
        (2, ("2026M03", "2026M04"), True),
        (np.int64(2), ("2026M03", "2026M04"), True),
        ("2025M01:2025M12", YEAR, False),
        ("2025m1 : 2025M12", YEAR, False),
        (slice("2025M01", "2025M12"), YEAR, False),
        (slice(pd.Period("2025-01", "M"), pd.Period("2025-12", "M")), YEAR, False),
        (":2024M02", ("2024M01", "2024M02"), False),
        ("2026M03:", ("2026M03", "2026M04"), True),
        (slice(None, "2024M01"), ("2024M01",), False),
        (slice(None), tuple(months(2024, 28)), True),
        ("2025M01-2025M12", YEAR, False),
        ("jan 2025 – dec 2025", YEAR, False),
        ("2025M01..2025M12", YEAR, False),
        ("2025-01 - 2025-12", YEAR, False),
        (2025, YEAR, False),
        (np.int64(2025), YEAR, False),
        ("2025", YEAR, False),
        ("2025:2025", YEAR, False),
        (slice(2025, 2025), YEAR, False),
        ("2024-2025", tuple(months(2024, 24)), False),
        (["2024", 2025], tuple(months(2024, 24)), False),
        (["2024M11:2025M01", "2026M03:"], (*months(2024, 28)[10:13], "2026M03", "2026M04"), False),
        ("2024M11-2025M01, 2024M12:2025M02,2025M02", tuple(months(2024, 28)[10:14]), False),
        ([slice("2025M01", "2025M12"), "2025M06"], YEAR, False),
        ("2025:2026M04", tuple(months(2025, 16)), True),
        ([2025, "2026M01"], tuple(months(2025, 13)), False),
        ("all", tuple(months(2024, 28)), True),
        ("Alle", tuple(months(2024, 28)), True),
        ("latest 3", ("2026M02", "2026M03", "2026M04"), True),
        ("seneste 3", ("2026M02", "2026M03", "2026M04"), True),
        ("2026-", tuple(months(2026, 4)), True),
        ("2026M03-", ("2026M03", "2026M04"), True),
        ("nyeste 3", ("2026M02", "2026M03", "2026M04"), True),
        ("siden 2026", tuple(months(2026, 4)), True),
        ("from mar 2026", ("2026M03", "2026M04"), True),
        ("15.01.2026", ("2026M01",), False),
        ("15. 1. 2026", ("2026M01",), False),
        ("jan-mar 2026", tuple(months(2026, 3)), False),
        ("januar til marts 2026", tuple(months(2026, 3)), False),
        ("jan. – mar. 2026", tuple(months(2026, 3)), False),
        ("2026-01 to 2026-03", tuple(months(2026, 3)), False),
        ("jan 2026 til mar 2026", tuple(months(2026, 3)), False),
        ("1. kv. 2024", ("2024Q01",), False),
        ("last:3", ("2026M02", "2026M03", "2026M04"), True),
        ("seneste: 3", ("2026M02", "2026M03", "2026M04"), True),
        ("3", ("2026M02", "2026M03", "2026M04"), True),
        ("2025M03, 2025M05", ("2025M03", "2025M05"), False),
        ("Aug 2025", ("2025M08",), False),
        ("maj 2025", ("2025M05",), False),
        ("2025 Oktober", ("2025M10",), False),
        ("sept. 2025", ("2025M09",), False),
        ("03/2025", ("2025M03",), False),
        ("2025-03-31", ("2025M03",), False),
        (dt.date(2025, 3, 31), ("2025M03",), False),
        (pd.Timestamp("2025-03-31 12:00"), ("2025M03",), False),
        (np.datetime64("2025-03-31"), ("2025M03",), False),
        (pd.date_range("2025-01-01", "2025-12-31"), YEAR, False),
        (slice(dt.date(2025, 1, 15), pd.Timestamp("2025-12-01")), YEAR, False),
        ("2025-01-15:2025-12-01", YEAR, False),
        ("2024K3", ("2024Q3",), False),
        ("3. kvartal 2024", ("2024Q3",), False),
        ("Q3 2024", ("2024Q3",), False),
        ("2024-q3", ("2024Q3",), False),
        ("K1 2024 - K3 2024", ("2024Q01", "2024Q02", "2024Q3"), False),
        ("2025M03", ("2025M03",), False),
        ("2025M3", ("2025M03",), False),
        (["2025M03", "2025M01", "2025M3"], ("2025M01", "2025M03"), False),
        (pd.Period("2025-03", "M"), ("2025M03",), False),
        ([pd.Period("2025-03", "M"), "2025M02"], ("2025M02", "2025M03"), False),
        (pd.period_range("2025-01", "2025-12", freq="M"), YEAR, False),
        (pd.Series(["2025M01"]), ("2025M01",), False),
        (pd.Period("2024Q3"), ("2024Q3",), False),
        ("2024Q03", ("2024Q3",), False),
        ("2024Q2:2024Q04", ("2024Q02", "2024Q3", "2024Q04"), False),
        (pd.Period("2024", "Y"), ("2024Y01",), False),
        ("2023QMAT01", ("2023QMAT01",), False),
        ("2022QMAT04:2023QMAT01", ("2022QMAT04", "2023QMAT01"), False),
        ("2023QMAT02:", ("2023QMAT02",), True),
    ],
)
def test_periods_are_named_in_every_way(periods, ids, latest):
    question = plan(TABLE, periods=periods)
    assert question.periods == ids
    assert question.requests[0].latest == (len(ids) if latest else 0)
    sent = f"latest:{len(ids)}" if latest else ",".join(ids)
    assert parameters(question.requests[0])[f"period.{question.period_type.id}"] == sent


@pytest.mark.parametrize(
    ("period_type_asked", "periods", "ids"),
    [
        ("Q", 1, ("2025Q01",)),
        ("kvartal", None, ("2024Q01", "2024Q02", "2024Q3", "2024Q04", "2025Q01")),
        ("QMAT", "*", ("2022QMAT04", "2023QMAT01", "2023QMAT02")),
        ("y", "2024Y01", ("2024Y01",)),
    ],
)
def test_a_period_type_is_taken_where_it_is_named(period_type_asked, periods, ids):
    assert plan(TABLE, periods=periods, period_type=period_type_asked).periods == ids


def test_the_tables_own_rhythm_is_taken_where_no_type_is_named():
    assert plan(table(update_freq="Q"), periods=1).periods == ("2025Q01",)
    assert plan(table(update_freq="D"), periods=1).periods == ("2026M04",)


def test_types_that_nobody_knows_are_ordered_labels():
    strange = table(
        periods=[period_type("UGE", ["b", "a", "c"]), period_type("MYTD", ["2026MYTD02", "2026MYTD01"])]
    )
    assert plan(strange, periods="a:b").periods == ("a", "b")
    assert plan(strange, periods=["c"]).periods == ("c",)
    assert plan(strange, periods="2026MYTD1:").periods == ("2026MYTD01", "2026MYTD02")
    with pytest.raises(QueryError, match=r"no period 'd' of type UGE. UGE runs from a to c, 3 of them.$"):
        plan(strange, periods="a:d")


@pytest.mark.parametrize("periods", ["latest:29", 29, 1_000])
def test_more_periods_than_exist_are_cut_with_a_warning(periods):
    with pytest.warns(
        QueryWarning, match=r"more periods of type M than the 28 there are \(2024M01 to 2026M04\)"
    ) as caught:
        question = plan(TABLE, periods=periods)
    assert question.periods == tuple(months(2024, 28))
    assert "latest:28" in question.urls[0]
    assert len(caught) == 1


def test_as_many_periods_as_exist_need_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(plan(TABLE, periods=28).periods) == 28
        assert len(plan(table(periods=[period_type("M", ["2026M01"])])).periods) == 1


@pytest.mark.parametrize(
    ("periods", "period_type_asked", "message"),
    [
        ("latest:0", None, "latest:0 asks for no period"),
        (-1, None, "latest:-1 asks for no period"),
        ("latest:x", None, "cannot be read"),
        ("latest", None, "how many of the newest"),
        ("seneste 12 måneder", None, "Say 'latest:12'"),
        ("de sidste 4 kvartaler", None, "Say 'latest:4'"),
        ("last 2 years", None, "Say 'latest:2'"),
        (True, None, "cannot be read"),
        (2.5, None, "cannot be read"),
        ([], None, "names no period"),
        ([1024], None, "1024 is not a period"),
        ([True], None, "True is not a period"),
        ([pd.NaT], None, "is not a period"),
        (pd.NaT, None, "NaT is not a period"),
        (np.datetime64("NaT"), None, "is not a period"),
        (slice(1, 3), None, "1 is not a period"),
        ("2025-02-30", None, "is no date"),
        (dt.date(2025, 1, 1), "QMAT", "what a period of type QMAT covers is not known.*'2023QMAT02'"),
        (dt.date(2031, 1, 1), None, "no period '2031-01-01' of type M"),
        ("01-03-2025", None, "no period '01-03-2025' of type M.*Periods are written as '2026M04'"),
        ("13/2025", None, "no period '13/2025'"),
        ("hest 2025", None, "no period 'hest 2025'"),
        ("2019", None, r"no period of type M in 2019\. M runs from 2024M01"),
        (2031, None, r"no period of type M in 2031\."),
        (slice("2025M01", "2025M12", 2), None, "has no step"),
        (
            "2025M02:2025M01",
            None,
            "no period of type M in 2025M02:2025M01. The first end is later than the last. M runs from 2024M01 to 2026M04",
        ),
        ("2030M01:", None, "no period of type M"),
        ("2025M13", None, r"no period '2025M13' of type M\. Did you mean '2025M12'"),
        ("2027M01", None, r"no period '2027M01' of type M\. M runs from 2024M01 to 2026M04, 28 of them\.$"),
        ("Aug", None, "no period 'Aug' of type M.*Periods are written as '2026M04'"),
        ("2025M01:Aug", None, "no period 'Aug' of type M"),
        ("2025M01:2025Q04", None, r"of several types \(M, Q\)"),
        (["2025M01", "2025Y01"], None, "of several types"),
        (["2025M01:2025M03", "2025Y01"], None, "of several types"),
        (["2025M03:2025M01"], None, "The first end is later than the last"),
        (["latest:2", "2025M01"], None, r"'latest:2' stands alone, not in a list"),
        ("2025M01,12", None, r"'12' stands alone, not in a list"),
        (["2025M01", "*"], None, r"'\*' stands alone, not in a list"),
        ("2025W01", None, "no periods of the type of '2025W01'. It has: M .Måned."),
        ("2025M01", "Q", "no period '2025M01' of type Q"),
        ("2025M01:", "Q", "no period '2025M01' of type Q"),
        (pd.Period("2025-01-01", "D"), None, "the API has months, quarters and years"),
        (pd.period_range("2025-01-01", periods=2, freq="W"), None, "has the frequency 'W-SUN'"),
        (pd.Period("2025-01", "Q-NOV"), None, "has the frequency 'Q-NOV'"),
        (None, "W", "no period type 'W'"),
    ],
)
def test_periods_that_cannot_be_asked_for_are_refused(periods, period_type_asked, message):
    with pytest.raises(QueryError, match=message):
        plan(TABLE, periods=periods, period_type=period_type_asked)


def test_a_type_without_periods_has_nothing_to_ask_for():
    empty = table(periods=[period_type("M", []), period_type("Q", ["2025Q01"])])
    assert plan(empty).periods == ("2025Q01",)
    with pytest.raises(QueryError, match=r"lists no periods of type M"):
        plan(empty, period_type="M")
    with pytest.raises(QueryError, match=r"no periods of the type of '2025Y01'"):
        plan(empty, periods="2025Y01")


def test_months_as_pandas_prints_them_are_understood():
    found = one_year()
    assert plan(found, periods="2024-05").periods == ("2024M05",)
    assert plan(found, periods="2024-05:2024-07").periods == ("2024M05", "2024M06", "2024M07")
    assert plan(found, periods=["2024-06", "2024M05"]).periods == ("2024M05", "2024M06")


def one_year():
    return table(periods=[period_type("M", [f"2024M{month:02d}" for month in range(1, 13)])])


def test_swapped_ends_are_told():
    with pytest.raises(QueryError, match="first end is later"):
        plan(one_year(), periods="2024M05:2024M01")


@pytest.mark.parametrize(
    ("periods", "period_type_asked", "told"),
    [
        ("1999M01:2024M01", None, "1999M01:2024M01 is cut to .* type M that there are: 2024M01 to 2024M01"),
        ("2026M04:2030M01", None, "2026M04:2030M01 is cut to .* 2026M04 to 2026M04"),
        (2026, None, "2026 is cut to .* 2026M01 to 2026M04"),
        ("2025:2026", None, "2025:2026 is cut to .* 2025M01 to 2026M04"),
        ("2023:2024", None, "2023:2024 is cut to .* 2024M01 to 2024M12"),
        (["2026", "2025M01"], None, "2026 is cut"),
        (2025, "Q", "2025 is cut to .* type Q that there are: 2025Q01 to 2025Q01"),
        ("2021:2023", "QMAT", "2021:2023 is cut to .* 2022QMAT04 to 2023QMAT02"),
    ],
)
def test_what_is_cut_to_what_exists_is_told(periods, period_type_asked, told):
    with pytest.warns(QueryWarning, match=told) as caught:
        plan(TABLE, periods=periods, period_type=period_type_asked)
    assert len(caught) == 1


@pytest.mark.parametrize("periods", ["2025:", ":2025", "2024:2025", 2024, "2025M01:", slice(2024, None)])
def test_what_is_whole_or_open_is_not_told(periods):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert plan(TABLE, periods=periods).periods


def test_a_year_means_the_periods_of_the_type_in_force():
    assert plan(TABLE, periods=2024, period_type="Q").periods == ("2024Q01", "2024Q02", "2024Q3", "2024Q04")
    assert plan(TABLE, periods=2024, period_type="Y").periods == ("2024Y01",)
    assert plan(TABLE, periods=2023, period_type="QMAT").periods == ("2023QMAT01", "2023QMAT02")
    assert plan(TABLE, periods=[2024, "2025Q01"]).period_type.id == "Q"
    assert plan(table(periods=[period_type("Y", ["2024", "2025"])]), periods="2025").periods == ("2025",)


@given(
    st.sampled_from([*months(2024, 28), "2024Q3", "2025", 2025, "latest:3", "*", None, 7, ":2025", "2025:"])
    | st.text(max_size=12)
    | st.dates(dt.date(1990, 1, 1), dt.date(2099, 12, 31))
    | st.lists(
        st.sampled_from(["jan 2025", "2025K1", "2025-2026", "2025M03:", dt.date(2025, 1, 31), 2024]),
        max_size=4,
    )
)
def test_what_was_read_can_be_kept_and_read_again(periods):
    try:
        read = read_periods(periods)
    except QueryError:
        return
    assert read_periods(json.loads(json.dumps(read))) == read
