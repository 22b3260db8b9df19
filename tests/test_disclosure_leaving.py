"""How guarded columns look, and how their numbers leave."""

from __future__ import annotations

import copy
import io
import operator
import pickle
import statistics
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from columns import AREA, CODES, MEASURES, PERIODS, REGISTRY, SPACE, make, quietly, sent, triples

from jobindsats_pandas.disclosure import (
    UNKNOWN,
    AddressSpace,
    CellStatus,
    DiscretionisedArray,
    DiscretionisedDtype,
    Registry,
    allow_sums,
)
from jobindsats_pandas.errors import GuardRemovedWarning, InvalidSumError
from jobindsats_pandas.kinds import Kind


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


@pytest.mark.parametrize(
    "function",
    [
        lambda one: one * 2,
        lambda one: 2 * one,
        lambda one: one * 1,
        lambda one: one / 2,
        lambda one: one + 0,
        lambda one: one - 1,
        lambda one: 1 - one,
        lambda one: one * 0,
    ],
)
def test_cells_of_a_column_go_where_the_column_goes(function):
    """Of several measures and tables, one after the other and mixed; many enough that they go together."""
    other = AddressSpace("u", "En anden", MEASURES, PERIODS, (AREA,))
    codes = [SPACE.encode(CODES[kind], 0, [np.arange(1, 10)]) for kind in (Kind.FLOW, Kind.MONEY, Kind.NONE)]
    status = np.tile(np.array([0, 0, 1, 0, 4, 5, 6, 2, 0], np.uint8), 3)
    known = DiscretionisedArray(np.arange(3, 30), status, np.concatenate(codes), REGISTRY)
    foreign = DiscretionisedArray(
        np.arange(3, 12), np.zeros(9, np.uint8), other.encode(0, 1, [np.arange(1, 10)]), Registry.of(other)
    )
    column = pd.concat([pd.Series(known), pd.Series(foreign), pd.Series(make([4, 5]))], ignore_index=True)
    for order in (np.arange(len(column)), np.random.default_rng(1).permutation(len(column))):
        shuffled = column.iloc[order]
        alone = pd.array([function(one) for one in shuffled], dtype=function(shuffled).dtype)
        assert triples(alone) == triples(function(shuffled).array)


def test_a_running_sum_of_cells_may_branch():
    cells = make([1, 2, 3, 4]).tolist()
    start = cells[0] + cells[1]
    assert start + cells[2] == 6
    assert start + cells[3] == 7
    assert (start + cells[2]) + cells[3] == 10
    with pytest.raises(InvalidSumError):
        start + cells[2] + cells[2]
    assert start.registry.locate(start.address)[0].measures[-1].name == "Måling flow over members"


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
    "Series": lambda s: pd.Series(s, dtype=float),
    "DataFrame": lambda s: pd.DataFrame([s]),
    "DataFrame of frame": lambda s: pd.DataFrame(s.to_frame("a"), dtype=float),
    "to_csv": lambda s: s.to_frame("a").to_csv(),
    "to_json": lambda s: s.to_json(),
    "to_dict": lambda s: s.to_frame("a").assign(b=s, c=s).to_dict(),
    "to_excel": lambda s: s.to_frame("a").assign(b=s).to_excel(io.BytesIO()),
    "filled": lambda s: s.fillna(0).to_numpy(),
    "dropped": lambda s: s.dropna().to_numpy(),
}


@pytest.mark.parametrize("how", LEAVING)
def test_leaving_with_hidden_cells_warns_once_and_names_what_to_call_instead(how):
    column = pd.Series(make([4, 0, 5], [0, 1, 0]))
    counts = {"to_dict": "3 of 9", "to_excel": "2 of 6"}.get(how, "1 of 3")  # of all columns that leave
    advice = rf"df\.jobindsats\.{how}\(path\) writes" if how in {"to_csv", "to_excel"} else r"plain\(\)"
    with pytest.warns(GuardRemovedWarning, match=rf"{counts} cells (is|are) hidden.*{advice}") as caught:
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


def test_stata_files_hold_the_numbers(tmp_path):
    frame = pd.DataFrame({"a": make([4, 0], [0, 1]), "b": make([1.5, 2.5], kind=Kind.MONEY)})
    quietly(lambda: frame.to_stata(tmp_path / "x.dta", write_index=False))
    written = pd.read_stata(tmp_path / "x.dta")
    assert written.a.isna().tolist() == [False, True]
    assert written.b.tolist() == [1.5, 2.5]


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


def test_formulas_leave_hidden_cells_out_and_say_how_many():
    formulas = pytest.importorskip("statsmodels.formula.api")
    frame = pd.DataFrame({"a": make([4, 0, 5, 9, 7], [0, 1, 0, 0, 0]), "b": make([1, 2, 3, 4, 6], period=1)})
    with pytest.warns(GuardRemovedWarning, match="1 of 5 cells is hidden"):
        fitted = formulas.ols("a ~ b", frame).fit()
    plain = formulas.ols("a ~ b", quietly(lambda: frame.astype(float))).fit()
    assert (fitted.nobs, fitted.params.tolist()) == (4, pytest.approx(plain.params.tolist()))


def test_a_format_of_ones_own_gets_numbers_and_keeps_the_marks():
    frame = pd.DataFrame({"n": make([5, 0], [0, 1]), "r": make([1.23456, 0.0], [0, 1], kind=Kind.NONE)})
    for text in (
        frame.to_string(float_format="{:.3f}".format),
        frame.to_string(formatters={"r": "{:.3f}".format}),
        frame.to_html(float_format=lambda number: f"{number:.3f}"),
    ):
        assert "1.235" in text
        assert "hidden" in text
        assert "<3" in text or "&lt;3" in text
        assert "NaN" not in text


def test_the_larger_of_a_frame_and_a_number_is_not_the_number_where_a_cell_is_hidden():
    frame = pd.DataFrame({"a": make([5, 0], [0, 1]), "b": make([9, 2])})
    with pytest.raises(TypeError, match="columns one by one"):
        np.maximum(frame, 5)
    assert np.maximum(frame[["b"]], 5).to_numpy().ravel().tolist() == [9, 5]
    assert frame.apply(lambda column: np.maximum(column, 5)).a.isna().tolist() == [False, True]


def test_statistics_of_python_are_no_sums():
    rates = pd.Series(make([1.5, 2.5, 4.5, 8.5], kind=Kind.NONE))
    assert statistics.median(rates) == 3.5
    assert statistics.quantiles(rates)[1] == 3.5


def test_a_function_of_python_given_to_numpy_works_on_cells():
    column = pd.Series(make([5, 0, 7], [0, 1, 0]))
    assert np.frompyfunc(lambda one: one * 2, 1, 1)(column).tolist()[::2] == [10, 14]
    assert np.frompyfunc(str, 1, 1)(column).tolist() == ["5", "<3", "7"]
    persons = [pd.Series(make([5, 6], kind=Kind.PERSONS, period=period)) for period in (0, 1)]
    with pytest.raises(InvalidSumError):
        np.frompyfunc(operator.add, 2, 1)(*persons)
