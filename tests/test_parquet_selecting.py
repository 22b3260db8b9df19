"""Some rows and columns of a file or dataset: the cells are those that a read has, and what is not there is told."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from frames import same_frames

import jobindsats_pandas as ji
from jobindsats_pandas.errors import InvalidSumError, ProvenanceError, QueryError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module", params=["file", "partitioned", "dataset"])
def path(request: Any, reader: ji.Client, sanctions: pd.DataFrame, tmp_path_factory: Any) -> Path:
    """The same frame in each of the three forms."""
    place: Path = tmp_path_factory.mktemp("x") / "x"
    if request.param == "dataset":
        ji.export("y01h01", place, by={"_akassedp": "*"}, periods="latest:4", client=reader)
    else:
        by = None if request.param == "file" else "A-kasse"
        sanctions.jobindsats.to_parquet(place, partition_by=by)
    return place


def ids(frame: pd.DataFrame) -> np.ndarray[Any, Any]:
    return np.array([f"{period.year}Q{period.quarter:02d}" for period in frame["Periode"]])


WANTED: dict[str, tuple[Any, Callable[[pd.DataFrame], Any]]] = {
    "one period": ([("Periode", "=", "2026Q01")], lambda df: ids(df) == "2026Q01"),
    "a period of pandas": ([("Periode", "==", pd.Period("2026Q1"))], lambda df: ids(df) == "2026Q01"),
    "from one on": ([("Periode", ">=", "2026Q01")], lambda df: ids(df) >= "2026Q01"),
    "as pandas prints it": ([("Periode", "=", "2026Q1")], lambda df: ids(df) == "2026Q01"),
    "from one on, as pandas prints it": ([("Periode", ">=", "2026Q1")], lambda df: ids(df) >= "2026Q01"),
    "some as people write them": ([("Periode", "in", ["2026K1", "1. kvartal 2026", "2025-12-31"])], lambda df: (ids(df) == "2026Q01") | (ids(df) == "2025Q04")),
    "not one as people write it": ([("Periode", "not in", ["Q1 2026"])], lambda df: ids(df) != "2026Q01"),
    "the quarter of a timestamp": ([("Periode", "=", pd.Timestamp("2026-02-03"))], lambda df: ids(df) == "2026Q01"),
    "up to a timestamp": ([("Periode", "<=", pd.Timestamp("2026-01-01"))], lambda df: ids(df) <= "2026Q01"),
    "a year": ([("Periode", "=", 2026)], lambda df: ids(df) >= "2026Q01"),
    "up to a year": ([("Periode", "<=", "2025")], lambda df: ids(df) < "2026Q01"),
    "after a year": ([("Periode", ">", "2025")], lambda df: ids(df) >= "2026Q01"),
    "before one": ([("Periode", "<", "2026")], lambda df: ids(df) < "2026"),
    "some members": ([("A-kasse", "in", ["Min A-kasse", "FOAs A-kasse"])], lambda df: df["A-kasse"].isin(["Min A-kasse", "FOAs A-kasse"])),
    "all but one": ([("A-kasse", "!=", "Min A-kasse")], lambda df: df["A-kasse"] != "Min A-kasse"),
    "not some": ([("A-kasse", "not in", {"Min A-kasse"})], lambda df: df["A-kasse"] != "Min A-kasse"),
    "both": (
        [("Periode", ">", "2025Q04"), ("A-kasse", "=", "Min A-kasse")],
        lambda df: (ids(df) > "2025Q04") & (df["A-kasse"] == "Min A-kasse"),
    ),
    "one of two": (
        [[("Periode", "<=", "2025Q03")], [("A-kasse", "=", "Min A-kasse"), ("Periode", "=", "2026Q02")]],
        lambda df: (ids(df) <= "2025Q03") | ((df["A-kasse"] == "Min A-kasse") & (ids(df) == "2026Q02")),
    ),
    "none": ([("Periode", "in", [])], lambda df: np.zeros(len(df), dtype=bool)),
}  # fmt: skip


@pytest.mark.parametrize("what", WANTED)
def test_filters_take_the_rows_that_a_mask_takes(path: Path, sanctions: pd.DataFrame, what: str) -> None:
    filters, mask = WANTED[what]
    found = ji.read_parquet(path, filters=filters)
    expected = sanctions[np.asarray(mask(sanctions))].reset_index(drop=True)
    same_frames(found, expected)


def test_the_guard_stands_over_what_was_taken(path: Path, sanctions: pd.DataFrame) -> None:
    column = next(name for name in sanctions.columns[2:] if sanctions[name].isna().any())
    hidden = sanctions[sanctions[column].isna()].iloc[0]
    found = ji.read_parquet(path, filters=[("A-kasse", "=", hidden["A-kasse"])], columns=["A-kasse", column])
    assert found.columns.to_list() == ["A-kasse", column]
    with pytest.raises(InvalidSumError):
        ji.read_parquet(path, columns=[column])[column].sum()
    assert found[column].isna().any()


REFUSED = {
    "a word": ("Periode", "give conditions such as"),
    "nothing": ([], "give conditions such as"),
    "no condition": ([("Periode", "=")], "give conditions such as"),
    "no operator": ([("Periode", "like", "2026%")], "'like' compares nothing; there are ="),
    "a column": ([("Periodes", "=", "2026Q01")], r"there is no column 'Periodes'\. Did you mean 'Periode'"),
    "a label": ([("A-kasse", "=", "Min A-kase")], r"'A-kasse' has no label 'Min A-kase'\. Did you mean 'Min A-kasse'"),
    "one label of several": ([("A-kasse", "in", ["Min A-kasse", "x"])], "has no label 'x'"),
    "another type of period": ([("Periode", ">=", "2026-01")], "'Periode' holds periods such as '20..Q0.', and '2026-01' is none of their type"),
    "a quarter that no year has": ([("Periode", "=", "2026Q05")], "and '2026Q05' is none of their type"),
    "no period": ([("Periode", "<", "x")], "and 'x' is none of their type"),
    "no day": ([("Periode", "<", "2026-02-31")], "and '2026-02-31' is none of their type"),
    "a number of periods": ([("Periode", "in", ["2026Q01", "latest:2"])], "and 'latest:2' is none of their type"),
    "what cannot be read": ([("Periode", "=", "latest:x")], "and 'latest:x' is none of their type"),
    "a text for a list": ([("A-kasse", "in", "Min A-kasse")], "'in' wants a list, and 'Min A-kasse' is none"),
    "numbers": ([("Andel sanktionerede ledige", ">", 5)], "holds numbers, of which some are hidden"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_there_is_told(path: Path, what: str) -> None:
    filters, message = REFUSED[what]
    with pytest.raises(QueryError, match=message):
        ji.read_parquet(path, filters=filters)


def test_columns_that_are_not_there_are_told(path: Path) -> None:
    with pytest.raises(QueryError, match=r"columns: there is no column 'A-kase'\. Did you mean 'A-kasse'"):
        ji.read_parquet(path, columns="A-kase")


def test_each_column_alone_is_what_it_is_beside_the_others(path: Path, sanctions: pd.DataFrame) -> None:
    for name in sanctions.columns:
        same_frames(ji.read_parquet(path, columns=name), sanctions[[name]])
        some = ji.read_parquet(path, columns=[name], filters=[("A-kasse", "=", "Min A-kasse")])
        expected = sanctions.loc[sanctions["A-kasse"] == "Min A-kasse", [name]].reset_index(drop=True)
        same_frames(some, expected)
    names = sanctions.columns[[4, 0, 3]].to_list()
    found = ji.read_parquet(path, columns=names)
    same_frames(found, sanctions[names])
    array, known = found[names[0]].array, sanctions[names[0]].array
    decoded, expected = (one.registry.decode(one.addresses)[0] for one in (array, known))
    for told, meant in ((decoded.period, expected.period), (decoded.measure, expected.measure)):
        assert (told == meant).all()
    with pytest.raises(QueryError, match="holds numbers, of which some are hidden"):
        ji.read_parquet(path, columns=names[0], filters=[(names[2], ">", 5)])


def test_no_columns_are_not_all_of_them(path: Path) -> None:
    with pytest.raises(QueryError, match=r"^columns: none are named\. Leave it out"):
        ji.read_parquet(path, columns=[])


def test_of_measures_that_are_not_asked_for_nothing_is_read(
    path: Path, sanctions: pd.DataFrame, tmp_path: Path
) -> None:
    place, unasked, asked = tmp_path / "x", sanctions.columns[-1], sanctions.columns[3]
    (shutil.copytree if path.is_dir() else shutil.copy)(path, place)
    for file in place.rglob("*.parquet") if path.is_dir() else [place]:
        group = pq.ParquetFile(file).metadata.row_group(0)
        (chunk,) = (c for c in map(group.column, range(group.num_columns)) if c.path_in_schema == unasked)
        data = bytearray(file.read_bytes())
        start = chunk.dictionary_page_offset or chunk.data_page_offset
        data[start : start + chunk.total_compressed_size] = bytes(chunk.total_compressed_size)
        file.write_bytes(data)
    same_frames(ji.read_parquet(place, columns=asked), sanctions[[asked]])
    for columns in (unasked, [asked, unasked], None):
        with pytest.raises(ProvenanceError, match="is not as it was written"):
            ji.read_parquet(place, columns=columns)


def test_of_a_dataset_only_files_of_wanted_periods_are_read(
    reader: ji.Client, sanctions: pd.DataFrame, tmp_path: Path
) -> None:
    ji.export("y01h01", tmp_path / "x", by={"_akassedp": "*"}, periods="latest:4", client=reader)
    damaged = tmp_path / "x" / "Periode=2025Q03" / "part-0.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    found = ji.read_parquet(tmp_path / "x", filters=[("Periode", ">", "2025Q03")])
    assert len(found) == (ids(sanctions) > "2025Q03").sum()
    with pytest.raises(ProvenanceError):
        ji.read_parquet(tmp_path / "x", filters=[("Periode", ">=", "2025Q03")])


def test_labels_of_periods_that_pandas_has_no_frequency_for_are_compared_as_periods(
    reader: ji.Client, tmp_path: Path
) -> None:
    df = reader.read("y25i06b", by="_region", periods="latest:3", period_type="MYTD")
    df.jobindsats.to_parquet(tmp_path / "x.parquet")
    newest = str(df["Periode"].max())
    one_digit = newest.replace("MYTD0", "MYTD")
    assert one_digit != newest
    for how in ("=", ">="):
        found = ji.read_parquet(tmp_path / "x.parquet", filters=[("Periode", how, one_digit)])
        assert set(found["Periode"]) == {newest}
    with pytest.raises(QueryError, match="has no label '1999MYTD01'"):
        ji.read_parquet(tmp_path / "x.parquet", filters=[("Periode", "=", "1999MYTD01")])
    with pytest.raises(QueryError, match="is none of their type"):
        ji.read_parquet(tmp_path / "x.parquet", filters=[("Periode", ">", pd.Timestamp("2026-01-01"))])


def test_a_folder_of_releases_names_the_way_to_one(
    reader: ji.Client, sanctions: pd.DataFrame, tmp_path: Path
) -> None:
    sanctions.jobindsats.to_parquet(tmp_path / "x.parquet")
    ji.update(tmp_path / "x.parquet", releases=tmp_path / "kept", client=reader)
    with pytest.raises(
        QueryError,
        match=r"holds the releases 2026-08-20\. Say which\s+one: ji\.read_parquet\(folder, as_of='2026-08-20'\)",
    ):
        ji.read_parquet(tmp_path / "kept")
    column = sanctions.columns[2]
    found = ji.read_parquet(tmp_path / "kept", as_of="2026-08-20", columns=column)
    same_frames(found, sanctions[[column]])
