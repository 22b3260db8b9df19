"""What warns: true, once a line of the user's, at that line, and of the whole."""

# ruff: noqa: PD010 - ways of users, one as good as another

import re
import subprocess
import sys
import textwrap
import warnings

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from jobindsats_pandas.disclosure import (
    AddressDimension,
    AddressMeasure,
    AddressSpace,
    DiscretionisedArray,
    Registry,
)
from jobindsats_pandas.errors import (
    GuardRemovedWarning,
    HiddenCellsWarning,
    InvalidSumError,
    JobindsatsWarning,
)
from jobindsats_pandas.kinds import Kind

mpl.use("Agg")

AREA = AddressDimension.build(
    "_omrade",
    "Område",
    [
        ("_kom", "1", "Land", [("/", "Hele landet")]),
        ("_kom", "2", "Kommune", [(f"/{n}/", f"K{n}") for n in range(4)]),
    ],
)
KINDS = (Kind.FLOW, Kind.NONE, Kind.PERSONS)
SPACE = AddressSpace(
    "t",
    "T",
    (
        AddressMeasure("f", "Antal sanktioner", Kind.FLOW),
        AddressMeasure("r", "Andel ledige", Kind.NONE),
        AddressMeasure("p", "Antal personer", Kind.PERSONS),
    ),
    (("M", "2026M01"), ("M", "2026M02")),
    (AREA,),
)


def frame(kind=Kind.FLOW, *, hidden=(), members=(1, 2, 3, 4)):
    """Members by two months."""
    member = np.repeat(np.array(members), 2)
    status = np.zeros(len(member), dtype=np.uint8)
    status[list(hidden)] = 1
    values = np.arange(len(member)) * 7 + 5
    array = DiscretionisedArray(
        values.astype(np.float64) if kind is Kind.NONE else values,
        status,
        SPACE.encode(KINDS.index(kind), np.tile([0, 1], len(members)), [member]),
        Registry.of(SPACE),
    )
    names = [AREA.members[code].name for code in member]
    months = pd.period_range("2026-01", periods=2, freq="M").take(np.tile([0, 1], len(members)))
    return pd.DataFrame({"Område": pd.Categorical(names), "Periode": months, "x": array})


def said(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [one for one in caught if issubclass(one.category, JobindsatsWarning)]


SMALLEST = {
    "min": lambda df: df.x.min(),
    "idxmin": lambda df: df.x.idxmin(),
    "argmin": lambda df: df.x.argmin(),
    "nsmallest": lambda df: df.x.nsmallest(2),
    "frame nsmallest": lambda df: df.nsmallest(2, "x"),
    "rank": lambda df: df.x.rank(),
    "qcut": lambda df: pd.qcut(df.x, 2),
    "groupby.idxmin": lambda df: df.groupby("Område", observed=True).x.idxmin(),
    "groupby.rank": lambda df: df.groupby("Område", observed=True).x.rank(),
}


@pytest.mark.parametrize("name", SMALLEST)
def test_what_asks_for_the_smallest_warns_of_hidden_cells_which_are_smaller(name):
    (one,) = said(lambda: SMALLEST[name](frame(hidden=(2,))))
    assert one.category is HiddenCellsWarning
    assert "1 of 8 cells is hidden" in str(one.message)
    assert said(lambda: SMALLEST[name](frame())) == []


def test_grouping_keys_that_separate_totals_from_their_parts_are_seen():
    df = frame(members=(0, 1, 2))
    for call in (
        df.groupby("Område", observed=True).x.mean,
        lambda: df.groupby("Område", observed=True).x.agg(["min", "max", "first"]),
        lambda: df.groupby("Område", observed=True).x.transform("first"),
        lambda: df.pivot_table(index="Område", columns="Periode", values="x", observed=True),
    ):
        assert said(call) == []
    (one,) = said(df.groupby("Periode").x.mean)
    assert "stand together in Område" in str(one.message)


def test_an_unweighted_mean_of_rates_over_members_says_what_it_is():
    rates = frame(Kind.NONE)
    for call in (
        rates.x.mean,
        rates.groupby("Periode").x.mean,
        rates[["x"]].mean,
        lambda: np.mean(rates.x),
    ):
        (one,) = said(call)
        assert "no rate of them together" in str(one.message)
    assert said(rates.groupby("Område", observed=True).x.mean) == []
    assert said(rates.x.median) == []
    assert said(frame().x.mean) == []


def test_a_description_of_rates_speaks_of_no_mean_of_theirs():
    rates = frame(Kind.NONE)
    assert said(rates.x.describe) == []
    (one,) = said(frame(Kind.NONE, hidden=(2,)).x.describe)
    assert "1 of 8 cells is hidden" in str(one.message)


def test_windows_give_way_to_a_function_and_say_so_where_the_column_does_not_add():
    (one,) = said(lambda: frame(Kind.PERSONS).x.rolling(2).apply(lambda w: w.max() - w.min()))
    assert one.category is GuardRemovedWarning
    assert "persons" in str(one.message)
    assert said(lambda: frame().x.rolling(2).apply(lambda w: w.max() - w.min())) == []


def wide(kind, **kwargs):
    return (
        frame(kind, **kwargs)
        .pivot(index="Periode", columns="Område", values="x")
        .set_axis(["a", "b", "c", "d"], axis=1)
        .reset_index(drop=True)
    )


ADDING_PICTURES = {
    "area": lambda w: w.plot.area(),
    "stacked bars": lambda w: w.plot.bar(stacked=True),
    "stacked bars, lying": lambda w: w.plot.barh(stacked=True),
    "pie": lambda w: w.iloc[0].plot.pie() if w.shape[0] == 1 else w.T[0].plot.pie(),
    "plt.pie": lambda w: plt.pie(w.T[0]),
    "stackplot": lambda w: plt.stackplot(range(2), w.a, w.b),
    "bars on bars": lambda w: plt.bar(range(2), w.a, bottom=w.b),
    "bars on a list": lambda w: plt.bar(range(2), w.a, bottom=w.b.tolist()),
    "bars beside bars": lambda w: plt.barh(range(2), w.a, left=w.b),
    "stacked lines": lambda w: w.plot.line(stacked=True),
    "stackplot of a list": lambda w: plt.stackplot(range(2), [w.a, w.b]),
    "weighted histogram, in two dimensions": lambda w: plt.hist2d(range(4), range(4), weights=w.T[0]),
    "hexagons of sums": lambda w: plt.hexbin(
        range(4), range(4), C=w.T[0], reduce_C_function=np.sum, gridsize=3
    ),
    "weighted histogram of pandas": lambda w: pd.Series(range(4)).plot.hist(weights=w.T[0]),
    "an unknown function": lambda w: plt.magnitude_spectrum(w.T[0]),
    "weighted histogram": lambda w: plt.hist(range(4), weights=w.T[0]),
}
HARMLESS_PICTURES = {
    "lines": lambda w: w.plot(),
    "bars": lambda w: w.plot.bar(),
    "boxes": lambda w: w.plot.box(),
    "boxplot": lambda w: w.boxplot(column="a"),
    "histogram": lambda w: w.plot.hist(),
    "scatter": lambda w: w.plot.scatter("a", "b"),
    "plt.plot": lambda w: plt.plot(range(2), w.a),
    "plt.bar": lambda w: plt.bar(range(2), w.a),
    "plt.barh": lambda w: plt.barh(range(2), w.a),
    "plt.hist": lambda w: plt.hist(w.T[0]),
    "plt.errorbar": lambda w: plt.errorbar(range(2), w.a, yerr=w.b),
    "plt.scatter": lambda w: plt.scatter(range(2), w.a),
    "scatter_matrix": lambda w: pd.plotting.scatter_matrix(w[["a", "b"]]),
    "polar": lambda w: plt.polar(range(2), w.a),
    "stairs": lambda w: plt.stairs(w.a),
    "eventplot": lambda w: plt.eventplot(w.a),
    "fill_betweenx": lambda w: plt.fill_betweenx(range(2), w.a, w.b),
    "quiver": lambda w: plt.quiver(range(2), range(2), w.a, w.b),
    "hist2d": lambda w: plt.hist2d(w.T[0], w.T[1]),
    "hexbin": lambda w: plt.hexbin(w.T[0], w.T[1], gridsize=3),
    "ecdf": lambda w: plt.ecdf(w.T[0]),
    "xticks": lambda w: plt.xticks(range(2), labels=w.a),
    "bar_label": lambda w: plt.bar_label(plt.bar(range(2), [1, 2]), labels=w.a),
    "areas side by side": lambda w: w.plot.area(stacked=False),
    "area of one": lambda w: w.a.plot.area(),
    "bars of one, stacked": lambda w: w.a.plot.bar(stacked=True),
    "hexbin of pandas": lambda w: w.plot.hexbin("a", "b", gridsize=3),
    "lag_plot": lambda w: pd.plotting.lag_plot(w.T[0]),
    "radviz": lambda w: pd.plotting.radviz(w.assign(g=["x", "y"]), "g"),
    "parallel_coordinates": lambda w: pd.plotting.parallel_coordinates(w.assign(g=["x", "y"]), "g"),
}


@pytest.mark.parametrize("name", ADDING_PICTURES)
def test_pictures_that_add_warn_where_the_numbers_do_not(name):
    draw = ADDING_PICTURES[name]
    assert said(lambda: draw(wide(Kind.FLOW))) == []
    # matplotlib itself draws no pie of which a slice is missing.
    hidden = [] if name == "plt.pie" else [wide(Kind.FLOW, hidden=(0, 2))]
    for doubtful in (wide(Kind.PERSONS), *hidden):
        (one,) = said(lambda doubtful=doubtful: draw(doubtful))
        assert one.category is HiddenCellsWarning
        assert "what it shows as a sum is none" in str(one.message)
        assert ("hidden cells are drawn as 0" in str(one.message)) == doubtful.isna().any(axis=None)
        assert one.filename == __file__
    plt.close("all")


@pytest.mark.parametrize("name", HARMLESS_PICTURES)
def test_pictures_that_add_nothing_do_not_warn(name):
    for kind in KINDS:
        assert said(lambda kind=kind: HARMLESS_PICTURES[name](wide(kind))) == []
    hidden = frame(hidden=(3,), members=(1, 2, 3, 4)).x
    if name in {"plt.plot", "plt.bar", "plt.barh", "plt.errorbar"}:
        getattr(plt, name[4:])(range(8), hidden)
    elif name in {"lines", "bars", "boxes"}:
        hidden.plot(kind={"lines": "line", "bars": "bar", "boxes": "box"}[name])
    plt.close("all")


def test_a_function_of_ones_own_that_pandas_calls_takes_no_bare_numbers():
    df = frame(hidden=(3,))
    for call in (
        lambda: df.x.agg(max),
        lambda: df.groupby("Periode").x.agg(len),
        lambda: df.groupby("Periode").x.filter(any),
        lambda: df.pivot_table(index="Periode", values="x", aggfunc=max),
    ):
        assert [one for one in said(call) if one.category is GuardRemovedWarning] == []
    for call in (
        lambda: df.groupby("Periode").x.agg(list),
        lambda: df.pivot_table(index="Periode", values="x", aggfunc=list),
        lambda: df.x.agg(tuple),
    ):
        (one,) = said(call)
        assert one.category is GuardRemovedWarning


@pytest.mark.parametrize("call", [lambda x: x.mean(), np.mean, lambda x: x.to_frame().describe()])
def test_a_warning_points_at_the_line_of_the_user(call):
    (one,) = said(lambda: call(frame(hidden=(2,)).x))
    assert one.filename == __file__


PUT_BACK = {
    "groupby.apply": lambda df: df.groupby(df.index).x.apply(lambda one: one.iloc[0]),
    "map over labels": lambda df: pd.Series(df.index).map(lambda label: df.x[label]),
    "a list": lambda df: pd.Series([df.x.iloc[place] for place in range(len(df))]),
    "a list of other numbers": lambda df: pd.Series([df.x.iloc[place] * 2 for place in range(len(df))]),
    "rows": lambda df: pd.DataFrame([{"x": df.x.iloc[place]} for place in range(len(df))]),
    "agg": lambda df: df[["x"]].T.agg(lambda column: column.iloc[0]),
}


@pytest.mark.parametrize("name", PUT_BACK)
def test_cells_put_back_into_a_frame_stay_guarded_or_warn_of_hidden_ones_among_them(name):
    made = None

    def put_back():
        nonlocal made
        made = PUT_BACK[name](frame(hidden=(2,)))

    found = said(put_back)
    if "discretionised" not in str(getattr(made, "dtype", getattr(made, "dtypes", ""))):
        (one,) = found
        assert one.category is GuardRemovedWarning
        assert "1 hidden or not available cell among them" in str(one.message)
        assert one.filename == __file__
    assert said(lambda: PUT_BACK[name](frame())) == []


def into(df, empty, write):
    df = df.assign(y=empty)
    write(df)


WRITTEN = {
    "loc": lambda df, y: into(df, y, lambda df: df.loc.__setitem__((slice(None), "y"), df.x)),
    "loc of some": lambda df, y: into(df, y, lambda df: df.loc.__setitem__((df.index < 6, "y"), df.x[:6])),
    "update": lambda df, y: into(df, y, lambda df: df.update(df[["x"]].rename(columns={"x": "y"}))),
    "an array": lambda df, y: into(df, y, lambda df: df.iloc.__setitem__((slice(2), -1), df.x.array[:2])),
    "a slice": lambda df, y: pd.Series(y, df.index).__setitem__(slice(None), df.x),
    "fillna": lambda df, y: pd.Series(y, df.index).where(df.index > 3).fillna(df.x),
    "where": lambda df, y: pd.Series(y, df.index).where(df.index > 3, df.x),
}


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("kind", [Kind.FLOW, Kind.PERSONS, Kind.NONE])
def test_what_is_written_into_a_column_of_plain_numbers_is_told_where_it_does_not_add(kind, name):
    found = said(lambda: WRITTEN[name](frame(kind), 0.0))
    if kind is Kind.FLOW:
        assert found == []
    else:
        (one,) = found
        assert one.category is GuardRemovedWarning
        assert "its sum does not mean anything" in str(one.message)
        assert one.filename == __file__
    assert said(lambda: WRITTEN[name](frame(kind), frame(kind).x)) == []


def test_hidden_cells_written_into_a_column_of_plain_numbers_are_told_or_refused_as_missing_ones_are():
    df = frame(hidden=(1,))
    (one,) = said(lambda: WRITTEN["update"](df, 0.0))
    assert one.category is GuardRemovedWarning
    assert str(one.message).startswith("update: 1 of 8 cells is hidden")
    for column in (df, df.assign(x=df.x.array.plain())):
        with pytest.raises(TypeError, match="Invalid value"):
            WRITTEN["loc"](column, 0.0)
    assert isinstance(pd.Series(0.0, df.index).where(df.index > 3, df.x).array, DiscretionisedArray)


def test_visible_cells_alone_do_not_warn_once_no_hidden_one_is_held():
    x = frame(hidden=(2,)).x
    hidden = x.iloc[2]
    assert np.isnan(hidden)
    del hidden
    assert said(lambda: pd.Series([x.iloc[0], x.iloc[1]])) == []
    with_hidden = said(lambda: pd.Series([x.iloc[0], x.iloc[2]]))
    assert len(with_hidden) == 1


def test_numbers_of_numpy_before_a_cell_are_no_way_round():
    x = frame(Kind.PERSONS).x
    for start in (0, np.int64(0), np.float64(0), np.float32(0)):
        with pytest.raises(InvalidSumError):
            start + x.iloc[0] + x.iloc[1]
        with pytest.raises(InvalidSumError):
            np.add(np.add(start, x.iloc[0]), x.iloc[1])


@pytest.mark.parametrize("module", ["matplotlib_utils", "numpy_helpers", "pandas_tools", "pandasplotting"])
def test_a_module_is_no_library_because_of_how_its_name_begins(module):
    functions = {"__name__": module}
    exec(
        "def total(cells):\n    return sum(cells)\ndef numbers(column):\n    return column.to_numpy()",
        functions,
    )
    persons = frame(Kind.PERSONS).x
    with pytest.raises(InvalidSumError):
        functions["total"](list(persons))
    with pytest.raises(InvalidSumError):
        functions["numbers"](persons).sum()


@pytest.mark.parametrize(
    "function", [lambda x: np.linalg.norm(x, 1), np.fft.fft, lambda x: np.correlate(x, [1, 1]),
                 lambda x: np.polyval(x, 1), lambda x: np.histogram(range(8), weights=x)]
)  # fmt: skip
def test_an_unknown_function_of_numpy_counts_as_adding(function):
    assert said(lambda: function(frame().x)) == []
    with pytest.raises(InvalidSumError):
        function(frame(Kind.PERSONS).x)


def test_an_unknown_function_of_numpy_that_pandas_calls_counts_as_adding():
    frame(Kind.FLOW)[["x"]].apply(np.fft.fft)
    with pytest.raises(InvalidSumError):
        frame(Kind.PERSONS)[["x"]].apply(np.fft.fft)


@pytest.mark.parametrize(
    "function", [np.sort, np.median, np.diff, np.gradient, np.histogram, np.unique, lambda x: np.quantile(x, 0.5),
                 lambda x: np.polyfit(range(8), x, 1), lambda x: np.interp(2.5, range(8), x),
                 lambda x: np.corrcoef(x, range(8)), np.vectorize(lambda one: one + 1)]
)  # fmt: skip
def test_functions_of_numpy_that_add_nothing_are_let_through(function):
    assert said(lambda: function(frame(Kind.NONE).x)) == []


WHOLE = {
    "groupby.describe": (lambda df: df.groupby("g").x.describe(), "3 of 8"),
    "groupby.describe of two": (lambda df: df.groupby("g")[["x", "y"]].describe(), "4 of 16"),
    "describe": (lambda df: df.describe(), "4 of 16"),
    "mean": (lambda df: df[["x", "y"]].mean(), "4 of 16"),
    "mean of rows": (lambda df: df[["x", "y"]].mean(axis=1), "4 of 16"),
    "a list of statistics": (lambda df: df[["x", "y"]].agg(["mean", "min"]), "4 of 16"),
    "one column of two": (lambda df: df.agg({"x": "mean"}), "3 of 8"),
    "windows": (lambda df: df[["x", "y"]].rolling(2).mean(), "4 of 16"),
    "windows of groups": (lambda df: df.groupby("g").x.rolling(2).mean(), "3 of 8"),
    "correlations": (lambda df: df[["x", "y"]].corr(), "4 of 16"),
    "quantiles of groups": (lambda df: df.groupby("g").x.quantile(0.5), "3 of 8"),
    "resample": (lambda df: df.set_index(pd.date_range("2024", periods=8)).x.resample("2D").mean(), "3 of 8"),
    "to_numpy": (lambda df: df[["x", "y"]].to_numpy(dtype=float), "4 of 16"),
    "to_csv": (lambda df: df.to_csv(), "4 of 16"),
    "astype of one": (lambda df: df.astype({"y": float}), "1 of 8"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_warning_counts_all_that_one_call_goes_over(name):
    call, counts = WHOLE[name]
    df = frame(hidden=(2, 3, 6)).assign(y=frame(hidden=(0,)).x, g=["a", "b"] * 4)
    (one,) = said(lambda: call(df))
    assert re.search(f": {counts} cells (is|are) hidden", str(one.message))
    assert one.filename == __file__


MEANS = {
    "mean": lambda s, g: s.mean(),
    "median": lambda s, g: s.median(),
    "describe": lambda s, g: s.describe(),
    "a frame's": lambda s, g: s.to_frame("x").mean(),
    "groups'": lambda s, g: s.groupby(g).mean(),
    "descriptions of groups": lambda s, g: s.groupby(g).describe(),
    "a pivot's": lambda s, g: s.to_frame("x").assign(g=g).pivot_table(index="g", values="x"),
    "windows'": lambda s, g: s.rolling(2).mean(),
    "numpy's": lambda s, g: np.mean(s),
}
CHANGED = {
    "filled": (lambda s: s.fillna(0), "3 of 8", "computed with the guesses as if they were numbers."),
    "filled from before": (
        lambda s: s.ffill(),
        "3 of 8",
        "computed with the guesses as if they were numbers.",
    ),
    "dropped": (lambda s: s.dropna(), "3 of 8", "computed on the others alone."),
    "some filled": (
        lambda s: s.fillna(0, limit=1),
        "3 of 8",
        "computed with the guesses as if they were numbers.",
    ),
    "chosen": (lambda s: s[s > 0], "3 of 8", "computed on the others alone."),
}


@pytest.mark.parametrize("changed", CHANGED)
@pytest.mark.parametrize("name", MEANS)
def test_a_mean_over_guesses_or_of_what_is_left_says_so(name, changed):
    change, counts, end = CHANGED[changed]
    column = change(frame(hidden=(2, 3, 6)).x)
    (one,) = said(lambda: MEANS[name](column, np.array(["a", "b"] * 4)[column.index]))
    assert (
        f": {counts} cells are hidden or not available, or were before they were filled or dropped; "
        in str(one.message)
    )
    assert str(one.message).endswith(end)


def test_groups_of_one_cell_say_nothing_of_those_that_were_dropped():
    column = frame(hidden=(2, 3, 6)).x.dropna()
    assert said(lambda: column.groupby(level=0).mean()) == []


def test_windows_with_a_hidden_cell_show_nothing_and_the_warning_says_so():
    column = frame(hidden=(2, 3, 6)).x
    (one,) = said(lambda: column.rolling(2).mean())
    assert str(one.message).endswith("a window with one shows nothing, or as min_periods= says the others.")


@pytest.mark.parametrize("kind", [Kind.FLOW, Kind.PERSONS])
def test_a_warning_about_bare_numbers_bears_no_name_of_pandas_inside(kind):
    (one,) = said(lambda: frame(kind).x + pd.Series(range(8)))
    assert str(one.message).startswith("+: bare numbers stand on the other side")


@pytest.mark.parametrize("filters", ["default", "none", "another"])
def test_a_line_that_runs_often_warns_once_where_python_says_each_warning_once(filters):
    column = frame(hidden=(2,)).x
    with warnings.catch_warnings(record=True) as caught:
        warnings.resetwarnings()  # with none, Python does as with "default"
        if filters == "default":
            warnings.simplefilter("default")
        elif filters == "another":
            warnings.filterwarnings("ignore", message="something else", category=HiddenCellsWarning)
        # A line of its own for each of the three, as each is said once for good.
        exec(compile("for _ in range(3): column.mean()", f"{filters}.py", "exec"), {"column": column})
    assert len(caught) == 1
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            column.mean()
    assert len(caught) == 3


def test_under_the_filter_of_python_a_line_warns_once_however_often_it_runs():
    code = """
        import sys
        sys.path.insert(0, sys.argv[1])
        from test_disclosure_warnings import frame
        column = frame(hidden=(2,)).x
        for _ in range(20):
            column.mean()
            column.to_frame().describe()
        column.mean()
    """
    ran = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), str(__import__("pathlib").Path(__file__).parent)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stderr.count("HiddenCellsWarning") == 3
