"""df.jobindsats and series.jobindsats: everything a reader of the documentation can call."""

from __future__ import annotations

import copy
import socket
import warnings
from typing import TYPE_CHECKING, Any

import hypothesis
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import strategies as st

import jobindsats_pandas as ji
from jobindsats_pandas import parquet
from jobindsats_pandas.disclosure import CellStatus, DiscretionisedArray, DiscretionisedDtype
from jobindsats_pandas.errors import GuardRemovedWarning, InvalidSumError, JobindsatsError, QueryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TOTALS = {"Område": "Hele landet", "Ydelsesgrupper": "Ydelsesgrupper i alt", "A-kasse": "A-kasse i alt"}


@pytest.fixture(scope="module")
def reader(api: Any, tmp_path_factory: pytest.TempPathFactory) -> ji.Client:
    return ji.Client(token=api.token, base_url=api.url, cache_dir=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def crossed(reader: ji.Client) -> pd.DataFrame:
    """Some municipalities by benefit, totals among them, small enough to be asked often."""
    by = {"_nykom": ["total", "Fanø", "Læsø", "Samsø", "Aarhus"], "_ygrpi09": "*"}
    return reader.read("y25i01", by=by, periods="latest:2")


@pytest.fixture(scope="module")
def sanctions(reader: ji.Client) -> pd.DataFrame:
    return reader.read("y01h01", by={"_akassedp": "*"}, periods="latest:2")


def test_every_method_works_on_a_frame_as_read(crossed: pd.DataFrame, tmp_path: Path) -> None:
    accessor = crossed.jobindsats
    assert accessor.status.shape == accessor.is_discretionised.shape == (len(crossed), 4)
    assert "are hidden" in accessor.audit().summary
    assert accessor.audit(by="Periode").frame["Periode"].nunique() == 2
    assert accessor.audit(by=["Periode", "Område"]).frame["Område"].nunique() == 5
    assert len(accessor.official_total()) == len(accessor.official_total("Antal ledige personer")) == 2
    assert len(accessor.official_total(over="Område")) == len(accessor.totals("Område")) == 10
    assert len(accessor.level("Område", "Kommune")) == len(accessor.parts("_nykom"))
    assert set(accessor.without_totals()["Område"]) == {"Fanø", "Læsø", "Samsø", "Aarhus"}
    assert set(accessor.without_totals().jobindsats.sum_bounds(by="Periode")["measure"]) == set(
        crossed.columns[3:5]
    )
    assert not accessor.check_sum()["valid"].any()
    assert accessor.plain().shape == (len(crossed), 11)
    assert accessor.sdmx().shape == (len(crossed), 15)
    pd.testing.assert_frame_equal(accessor.to_long().jobindsats.to_wide(), crossed)
    assert accessor.source.table == "y25i01"
    assert "@misc{not_jobindsats_y25i01_2026" in accessor.cite().bibtex
    accessor.to_parquet(tmp_path / "x.parquet")
    pd.testing.assert_frame_equal(parquet.read_parquet(tmp_path / "x.parquet"), crossed)
    notes = pq.read_metadata(tmp_path / "x.parquet").metadata
    assert notes[b"source"].decode() == repr(accessor.source)
    assert "no figures of STAR" in notes[b"citation"].decode()


def test_a_column_has_what_makes_sense_of_it(sanctions: pd.DataFrame) -> None:
    parts = sanctions[(sanctions["A-kasse"] != "A-kasse i alt") & (sanctions["Periode"] == "2026Q2")]
    column = parts["Antal sanktioner fordelt på type: Gentagelsesvirkning (arbejdskrav)"]
    assert column.jobindsats.status.name == column.name
    assert column.jobindsats.is_discretionised.sum() == column.isna().sum() > 0
    bounds = column.jobindsats.sum_bounds().iloc[0]
    assert bounds["high"] - bounds["low"] == 2 * bounds["hidden"]
    assert column.jobindsats.check_sum()["reasons"].to_list() == ["hidden"]
    assert column.jobindsats.plain(hidden=1).columns.to_list() == [column.name, f"{column.name}_status"]
    nameless = column.rename(None)
    assert nameless.jobindsats.status.name is None
    assert nameless.jobindsats.plain().columns.to_list() == ["value", "value_status"]
    assert nameless.jobindsats.sum_bounds()["low"].to_list() == [bounds["low"]]


def test_foreign_frames_have_no_accessor_and_are_told_why() -> None:
    foreign = pd.DataFrame({"x": [1]})
    with pytest.raises(
        AttributeError, match=r"no discretionised columns.*ji\.read_jobindsats and ji\.read_parquet"
    ):
        foreign.jobindsats.audit()
    with pytest.raises(AttributeError, match="This series is int64, not discretionised"):
        foreign["x"].jobindsats.plain()
    assert not hasattr(foreign, "jobindsats")


def test_a_pivot_of_several_values_says_what_to_do_before_and_after(sanctions: pd.DataFrame) -> None:
    names = [sanctions.columns[2], sanctions.columns[5]]
    for values in (names, names[1:]):
        with pytest.warns(
            GuardRemovedWarning, match=r"^pivot: a list of values=.*without values=.*to_wide"
        ) as told:
            wide = sanctions.pivot(index="A-kasse", columns="Periode", values=values)  # noqa: PD010
        assert len(told) == 1
        with pytest.raises(AttributeError, match=r"columns of objects.*df\.pivot\(values=\[…\]\).*to_wide"):
            wide.jobindsats.to_excel("x.xlsx")
    for kept in (
        sanctions.pivot(index="A-kasse", columns="Periode", values=names[1]),  # noqa: PD010
        sanctions[["A-kasse", "Periode", *names]].pivot(index="A-kasse", columns="Periode"),  # noqa: PD010
        sanctions.jobindsats.to_wide(columns="Periode", measure=names[1]),
    ):
        assert {dtype.name for dtype in kept.dtypes} == {"discretionised[Int64]"}


def moved(crossed: pd.DataFrame) -> dict[str, pd.DataFrame]:
    labels = ["Periode", "Område", "Ydelsesgrupper"]
    full_time = crossed.set_index(["Periode", "Ydelsesgrupper", "Område"])[crossed.columns[4]]
    return {
        "set_index": crossed.set_index(labels),
        "pivot": full_time.unstack("Område"),  # noqa: PD010
        "merge": crossed.merge(crossed[labels].assign(extra=1), on=labels),
        "concat": pd.concat([crossed.iloc[:10], crossed.iloc[10:]]),
        "reset": crossed.set_index(labels).reset_index(),
        "bare": crossed.iloc[:, 3:],
        "long": crossed.jobindsats.to_long(),
        "copied": copy.deepcopy(crossed),
    }


@pytest.mark.parametrize("how", ["set_index", "pivot", "merge", "concat", "reset", "bare", "long", "copied"])
def test_it_works_on_frames_that_went_through_pandas(crossed: pd.DataFrame, how: str) -> None:
    frame = moved(crossed)[how]
    name = crossed.columns[4]
    accessor = frame.jobindsats
    assert accessor.status.shape[0] == len(frame)
    finest = accessor.parts("Område").jobindsats.parts("Ydelsesgrupper")
    bounds = finest.jobindsats.sum_bounds(name, by=["period", "_ygrpi09"])
    expected = crossed.jobindsats.without_totals().jobindsats.sum_bounds(
        name, by=["Periode", "Ydelsesgrupper"]
    )
    assert bounds["low"].to_list() == expected["low"].to_list()
    assert bounds["high"].to_list() == expected["high"].to_list()
    total = accessor.official_total(name, over=["Område", "Ydelsesgrupper"])
    assert int(sum(total.jobindsats.plain().select_dtypes("number").sum())) > 0
    hidden = accessor.audit().members.set_index("member").loc["Fanø", "hidden"]
    measures = 1 if how == "pivot" else 4
    assert (hidden > 0) or measures == 1


def test_where_pandas_dropped_the_attrs_the_cells_tell_the_source(
    crossed: pd.DataFrame, tmp_path: Path
) -> None:
    frame = moved(crossed)["pivot"]
    frame.attrs.clear()
    assert frame.jobindsats.source.query.startswith("ji.read_jobindsats('y25i01', by=")
    assert "table y25i01" in frame.jobindsats.cite().text
    frame.jobindsats.to_parquet(tmp_path / "x.parquet")
    assert b"y25i01" in pq.read_metadata(tmp_path / "x.parquet").metadata[b"source"]
    pd.testing.assert_frame_equal(parquet.read_parquet(tmp_path / "x.parquet"), frame)


def test_nothing_touches_the_network_or_the_frame(
    crossed: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*args: Any) -> None:
        raise AssertionError("the accessor went to the network")

    before = copy.deepcopy(crossed)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    for call in calls(tmp_path).values():
        outcome(call, crossed)
    pd.testing.assert_frame_equal(crossed, before)
    assert crossed.attrs == before.attrs


def test_the_accessor_holds_no_state(crossed: pd.DataFrame) -> None:
    frame = crossed.copy()
    first = frame.jobindsats
    frame = frame.rename(columns={"Område": "area"})
    assert first.parts("Område").columns[1] == "Område"
    assert frame.jobindsats.parts("Område").columns[1] == "area"


# --- nothing is computed from a total and its parts ------------------------------------------------------------------


def calls(directory: Path) -> dict[str, Callable[[pd.DataFrame], Any]]:
    """Every public thing that a frame can be asked."""
    name, labels = "Antal ledige fuldtidspersoner", ["Periode", "Område", "Ydelsesgrupper"]

    def through_parquet(frame: pd.DataFrame) -> pd.DataFrame:
        frame.jobindsats.to_parquet(directory / "x.parquet")
        return parquet.read_parquet(directory / "x.parquet")

    def through_csv(frame: pd.DataFrame) -> pd.DataFrame:
        frame.jobindsats.to_csv(directory / "x.csv")
        return pd.read_csv(directory / "x.csv", dtype=str)

    return {
        "status": lambda df: df.jobindsats.status,
        "is_discretionised": lambda df: df.jobindsats.is_discretionised,
        "audit": lambda df: df.jobindsats.audit(),
        "audit by": lambda df: df.jobindsats.audit(by=["Område", "Periode"]),
        "official_total": lambda df: df.jobindsats.official_total(),
        "official_total over": lambda df: df.jobindsats.official_total(name, over="Område"),
        "official_total missing": lambda df: df.jobindsats.without_totals().jobindsats.official_total(),
        "level": lambda df: df.jobindsats.level("Område", "Kommune"),
        "parts": lambda df: df.jobindsats.parts("Ydelsesgrupper"),
        "totals": lambda df: df.jobindsats.totals("Område"),
        "without_totals": lambda df: df.jobindsats.without_totals(),
        "sum_bounds": lambda df: df.jobindsats.sum_bounds(),
        "sum_bounds by": lambda df: df.jobindsats.sum_bounds(by="Periode"),
        "sum_bounds of parts": lambda df: df.jobindsats.without_totals().jobindsats.sum_bounds(
            by=["Periode", "Område"]
        ),
        "sum_bounds beside totals": lambda df: df.jobindsats.parts("Område").jobindsats.sum_bounds(
            by=["Periode", "Ydelsesgrupper"]
        ),
        "check_sum": lambda df: df.jobindsats.check_sum(),
        "check_sum by": lambda df: df.jobindsats.check_sum(by=labels),
        "plain": lambda df: df.jobindsats.plain(),
        "plain hidden": lambda df: df.jobindsats.plain(hidden=1),
        "to_long": lambda df: df.jobindsats.to_long(),
        "to_wide": lambda df: df.jobindsats.to_long().jobindsats.to_wide(),
        "sdmx": lambda df: df.jobindsats.sdmx(),
        "parquet": through_parquet,
        "csv": through_csv,
        "with_codes": lambda df: df.jobindsats.with_codes(),
        "timestamps": lambda df: df.jobindsats.timestamps(),
        "source": lambda df: df.jobindsats.source,
        "cite": lambda df: df.jobindsats.cite(),
        "series bounds": lambda df: df[name].jobindsats.sum_bounds(),
        "series check": lambda df: df[name].jobindsats.check_sum(),
        "series status": lambda df: df[name].jobindsats.status,
        "series plain": lambda df: df[name].jobindsats.plain(),
    }


def outcome(call: Callable[[pd.DataFrame], Any], frame: pd.DataFrame) -> Any:
    """What a call gives: its result, or its error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return call(frame)
        except JobindsatsError as error:
            return f"{type(error).__name__}: {error}"


def tables_of(made: Any) -> list[pd.DataFrame]:
    """Everything in a result that holds cells, as frames of text."""
    if isinstance(made, pd.Series):
        made = made.to_frame()
    if isinstance(made, pd.DataFrame):
        return [made.reset_index(drop=True).map(str)]
    return [pd.DataFrame({"text": [repr(made)]})]


def replaced(frame: pd.DataFrame, column: int, numbers: dict[int, int]) -> pd.DataFrame:
    """The frame with other numbers in some cells of a column, and nothing else changed."""
    changed = frame.copy()
    array: Any = changed.iloc[:, column].array
    values = array.numbers.copy()
    values[list(numbers)] = list(numbers.values())
    changed.isetitem(
        column, DiscretionisedArray(values, array.status.copy(), array.addresses.copy(), array.registry)
    )
    return changed


#: What shows cells as themselves, and nothing else of them.
SHOWN_AS_THEMSELVES = {
    "plain", "plain hidden", "to_long", "to_wide", "sdmx", "parquet", "csv", "with_codes", "timestamps", "series plain", "totals", "parts", "level",
    "official_total", "official_total over",
}  # fmt: skip


@pytest.fixture(scope="module")
def as_it_was(
    crossed: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[pd.DataFrame]]:
    """What each call gives of the frame as it was read."""
    everything = calls(tmp_path_factory.mktemp("files"))
    return {name: tables_of(outcome(call, crossed)) for name, call in everything.items()}


@hypothesis.settings(max_examples=12)
@hypothesis.given(data=st.data())
def test_other_numbers_in_totals_change_nothing_but_those_cells_shown_as_themselves(
    data: Any,
    crossed: pd.DataFrame,
    as_it_was: dict[str, list[pd.DataFrame]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    is_total = (crossed["Område"] == "Hele landet") | (crossed["Ydelsesgrupper"] == "Ydelsesgrupper i alt")
    column = data.draw(st.integers(3, crossed.shape[1] - 1))
    rows = np.flatnonzero(is_total & crossed.iloc[:, column].notna()).tolist()
    numbers = data.draw(st.dictionaries(st.sampled_from(rows), st.integers(3, 10**6), min_size=1))
    changed = replaced(crossed, column, numbers)
    old, new = (
        {text for value in frame.iloc[list(numbers), column] for text in (str(value), str(float(value)))}
        for frame in (crossed, changed)
    )
    for name, call in calls(tmp_path_factory.mktemp("files")).items():
        for before, after in zip(as_it_was[name], tables_of(outcome(call, changed)), strict=True):
            assert before.shape == after.shape, name
            different = (before != after).to_numpy()
            if name in SHOWN_AS_THEMSELVES:
                assert different.sum() <= len(numbers), name
                assert set(before.to_numpy()[different]) <= old, name
                assert set(after.to_numpy()[different]) <= new, name
            elif name == "sum_bounds beside totals":
                # A total over benefits is a part over areas: the sum over areas of one benefit or of all of them.
                groups = before[different.any(axis=1)]
                assert set(groups["Ydelsesgrupper"]) <= {"Ydelsesgrupper i alt"}, name
            else:
                assert not different.any(), name


def test_the_last_example_would_notice_a_difference(crossed: pd.DataFrame, tmp_path: Path) -> None:
    """The property above can fail: a sum that took the total along would show."""
    changed = replaced(crossed, 3, {0: 7})
    with ji.allow_sums():
        assert crossed.iloc[:, 3].sum() != changed.iloc[:, 3].sum()
    assert crossed["Område"][0] == "Hele landet"
    assert isinstance(changed.dtypes.iloc[3], DiscretionisedDtype)
    assert changed.iloc[:, 3].array.status[0] == CellStatus.OBSERVED


def test_errors_are_of_the_tree(crossed: pd.DataFrame) -> None:
    with pytest.raises(InvalidSumError):
        crossed.jobindsats.sum_bounds()
    with pytest.raises(QueryError):
        crossed.jobindsats.level("Område", "Gade")
    with pytest.raises(QueryError):
        crossed.jobindsats.plain(hidden=float("nan"))


def test_a_workbook_of_a_frame_without_attrs_says_what_it_can(
    sanctions: pd.DataFrame, tmp_path: Path
) -> None:
    bare = sanctions.copy()
    bare.attrs.clear()
    bare.jobindsats.to_excel(tmp_path / "x.xlsx")
    assert len(pd.read_excel(tmp_path / "x.xlsx")) == len(sanctions)
