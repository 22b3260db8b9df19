"""Sums and statistics of guarded columns: what is refused, what warns, what stays a cell."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from columns import make, quietly

from jobindsats_pandas.disclosure import (
    STATISTIC,
    UNKNOWN,
    CellStatus,
    allow_sums,
)
from jobindsats_pandas.errors import HiddenCellsWarning, InvalidSumError
from jobindsats_pandas.kinds import Kind

BIASED = ["mean", "median", "min", "std", "var", "sem", "skew", "kurt", "describe", "quantile", "prod"]


@pytest.mark.parametrize("name", BIASED)
def test_a_statistic_warns_once_and_names_the_count(name):
    frame = pd.DataFrame(
        {"a": make([1, 0, 3, 4, 5], [0, 1, 0, 0, 0]), "b": make([1, 2, 0, 4, 6], [0, 0, 2, 0, 0])}
    )
    for subject, counts in ((frame, "2 of 10"), (frame.a, "1 of 5")):
        with pytest.warns(HiddenCellsWarning, match=f"^{name}: {counts} cells (is|are) hidden") as caught:
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
    assert [" hidden or not available" in str(one.message) for one in caught] == [True, False]
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


def test_a_sum_of_too_few_cells_is_left_out_where_anything_may_be_added_too():
    persons = pd.Series(make([5, 6, 7], kind=Kind.PERSONS))
    with allow_sums():
        assert persons.sum(min_count=3) == 18
        assert pd.isna(persons.sum(min_count=4))
        made = persons.groupby(["a", "a", "b"]).sum(min_count=2)
    assert made.iloc[0] == 11
    assert pd.isna(made.iloc[1])


def test_running_sums_of_groups_are_checked_group_by_group():
    groups = ["a", "b", "a"]
    column = pd.Series(make([5, 6, 7]))
    assert column.groupby(groups).cumsum().tolist() == [5, 6, 12]
    assert column.groupby(groups).cummax().tolist() == [5, 6, 7]
    for doubtful in (make([5, 6, 7], kind=Kind.PERSONS), make([5, 6, 0], [0, 0, 1])):
        with pytest.raises(InvalidSumError, match="groupby cumsum"):
            pd.Series(doubtful).groupby(groups).cumsum()
    alone = pd.Series(make([5, 6, 7], kind=Kind.PERSONS)).groupby(["a", "b", "c"]).cumsum()
    assert alone.tolist() == [5, 6, 7]


def test_sums_of_groups_beyond_the_exact_range_of_floats_are_exact():
    column = pd.Series(make([2**53, 2**54, 1, 3]))
    assert column.groupby(["a", "b", "a", "b"]).sum().tolist() == [2**53 + 1, 2**54 + 3]


def test_products_with_plain_numbers_add_up_by_the_rules():
    ones = np.ones(3)
    flows = pd.DataFrame({"x": make([5, 6, 7])})
    for dot in (
        lambda df: df.x.dot(ones),
        lambda df: pd.Series(ones).dot(df.x),
        lambda df: pd.Series(ones).dot(df).iloc[0],
        lambda df: (pd.DataFrame([ones]) @ df).iloc[0, 0],
        lambda df: (df.T @ ones).iloc[0],
    ):
        assert dot(flows) == 18
        for doubtful in (make([5, 6, 7], kind=Kind.PERSONS), make([5, 6, 0], [0, 0, 1])):
            with pytest.raises(InvalidSumError):
                dot(pd.DataFrame({"x": doubtful}))


def test_windows_are_checked_over_the_whole_column():
    with pytest.raises(
        InvalidSumError, match="sum over windows, which is checked as the sum of the whole column"
    ):
        pd.Series(make([5, 6], kind=Kind.PERSONS)).rolling(1).sum()
    assert pd.Series(make([5, 6])).rolling(2).sum().tolist()[1] == 11


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


def test_a_column_that_is_its_own_key_leaves_its_hidden_cells_behind():
    column = pd.Series(make([4, 0, 8], [0, CellStatus.DISCRETIONISED, 0]))
    for one in ("first", "last", "max", "min", "mean", "median"):
        with pytest.raises(InvalidSumError, match="dropped"):
            quietly(lambda one=one: getattr(column.groupby(column), one)()).sum()


def test_margins_of_means_say_what_pandas_dropped():
    frame = pd.DataFrame(
        {"value": make([4, 0, 8, 6], [0, CellStatus.DISCRETIONISED, 0, 0]), "a": [*"xxyy"], "b": [*"mnmn"]}
    )
    with pytest.warns(HiddenCellsWarning, match="1 of 4 cells is hidden"):
        frame.pivot_table(index="a", columns="b", values="value", aggfunc="mean", margins=True)
