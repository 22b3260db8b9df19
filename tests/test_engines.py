"""Other engines read a dataset as one table, and their guarded sums are those of the guarded frame, or NULL."""

from __future__ import annotations

import contextlib
import glob
import warnings
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pytest

import jobindsats_pandas as ji
from jobindsats_pandas.command_line import main
from jobindsats_pandas.errors import InvalidSumError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Of each status, whether a sum may have such a cell in it.
SHOWN = ["observed", "rounded", "absent"]


@pytest.fixture(scope="module")
def folder(reader: ji.Client, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two editions, so that files of several writes are read as one table; in a folder whose name is odd."""
    place = tmp_path_factory.mktemp("x") / 'sanktioner [ny] "æøå"'
    ji.export("y01h01", place, by="A-kasse", periods="2024Q01:", client=reader)
    return place


@pytest.fixture(scope="module")
def frame(folder: Path) -> pd.DataFrame:
    return ji.read_parquet(folder)


@pytest.fixture(scope="module")
def counts(frame: pd.DataFrame) -> list[str]:
    """The measures that add: one without hidden cells, one with some."""
    names = [name for name in frame.columns[2:] if name.startswith("Antal sanktioner")]
    assert len({bool(frame[name].isna().any()) for name in names}) == 2
    return names


@pytest.fixture(scope="module")
def guarded(frame: pd.DataFrame, counts: list[str]) -> dict[tuple[str, str], int | None]:
    """The guarded frame's sum of each measure and period; None where it refuses."""
    found: dict[tuple[str, str], int | None] = {}
    for period, rows in frame.groupby("Periode"):
        for name in counts:
            number: int | None = None
            with contextlib.suppress(InvalidSumError):
                number = int(rows[name].sum())
            assert (number is None) == rows[name].isna().any()
            found[name, f"{period.year}Q{period.quarter:02d}"] = number
    assert 0 < list(found.values()).count(None) < len(found)
    return found


def duckdb_sums(folder: Path, counts: list[str], capsys: Any) -> dict[tuple[str, str], int | None]:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not on this machine")
    assert main(["sql", str(folder)]) == 0
    with duckdb.connect() as connection:
        connection.execute(capsys.readouterr().out)
        view = folder.name.replace('"', '""')
        rows = [
            (name, *row)
            for name in counts
            for row in connection.execute(
                f'SELECT Periode, guarded_sum("{name}", "{name}_status") FROM "{view}" GROUP BY Periode'
            ).fetchall()
        ]
    return {(name, period): number for name, period, number in rows}


def polars_sums(folder: Path, counts: list[str], capsys: Any) -> dict[tuple[str, str], int | None]:
    pl = pytest.importorskip("polars", reason="Polars is not on this machine")

    def guarded_sum(name: str) -> Any:
        shown = pl.col(f"{name}_status").cast(pl.String).is_in(SHOWN).all()
        return pl.when(shown).then(pl.col(name).sum()).alias(name)

    lazy = pl.scan_parquet(f"{glob.escape(str(folder))}/**/*.parquet", hive_partitioning=True)
    table = lazy.group_by("Periode").agg(guarded_sum(name) for name in counts).collect()
    return {(name, row["Periode"]): row[name] for row in table.to_dicts() for name in counts}


def summed_by_pandas(plain: pd.DataFrame, counts: list[str]) -> dict[tuple[str, str], int | None]:
    found: dict[tuple[str, str], int | None] = {}
    for period, rows in plain.groupby(plain["Periode"].astype("str")):
        for name in counts:
            shown = rows[f"{name}_status"].astype("str").isin(SHOWN).all()
            found[name, str(period)] = int(rows[name].sum()) if shown else None
    return found


def arrow_sums(folder: Path, counts: list[str], capsys: Any) -> dict[tuple[str, str], int | None]:
    table: pa.Table = ds.dataset(folder, partitioning="hive").to_table()
    return summed_by_pandas(table.to_pandas(ignore_metadata=True), counts)


def pandas_sums(folder: Path, counts: list[str], capsys: Any) -> dict[tuple[str, str], int | None]:
    return summed_by_pandas(pd.read_parquet(folder), counts)


def dask_sums(folder: Path, counts: list[str], capsys: Any) -> dict[tuple[str, str], int | None]:
    frames = pytest.importorskip("dask.dataframe", reason="Dask is not on this machine")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what Dask itself asks of pandas
        return summed_by_pandas(frames.read_parquet(folder).compute(), counts)


@pytest.mark.parametrize("sums", [duckdb_sums, polars_sums, arrow_sums, pandas_sums, dask_sums])
def test_the_guarded_sums_of_an_engine_are_those_of_the_guarded_frame(
    folder: Path,
    counts: list[str],
    guarded: dict[tuple[str, str], int | None],
    capsys: Any,
    sums: Callable[..., dict[tuple[str, str], int | None]],
) -> None:
    assert sums(folder, counts, capsys) == guarded


def test_engines_read_after_an_update_what_we_read(reader: ji.Client, tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not on this machine")
    with ji.sandbox.serve() as api:
        client = ji.Client(api.token, api.url, tmp_path / "cache")
        ji.export("y01h01", tmp_path / "x", by="A-kasse", periods="2024Q01:", client=client)
        api.publish("y01h01", ji.sandbox.Release("2026-11-02", "2027-02-19", new_period=True))
        ji.update(tmp_path / "x", client=client)
    frame = ji.read_parquet(tmp_path / "x")
    name = frame.columns[2]
    found = duckdb.sql(f"select count(*), sum(\"{name}\") from '{tmp_path}/x/**/*.parquet'").fetchall()
    assert found == [(len(frame), frame.jobindsats.plain()[name].sum())]


def test_statuses_and_periods_have_ranges_that_engines_skip_by(
    folder: Path, frame: pd.DataFrame, counts: list[str]
) -> None:
    dataset = ds.dataset(folder, partitioning="hive")
    one = list(dataset.get_fragments(filter=pc.field("Periode") == "2025Q01"))
    assert len(one) == 1
    late = pc.field("Periode_start") >= pa.scalar(pd.Timestamp("2026-01-01").date())
    kept = [fragment for fragment in dataset.get_fragments() if fragment.subset(late).row_groups]
    assert len(kept) == len({period for period in frame["Periode"] if period.year == 2026})
    name = next(name for name in counts if frame[name].isna().any())
    files = [fragment.metadata.row_group(0) for fragment in dataset.get_fragments()]
    ranges = [
        {column.statistics.min, column.statistics.max}
        for group in files
        for column in map(group.column, range(group.num_columns))
        if column.path_in_schema == f"{name}_status"
    ]
    assert len(ranges) == len(files)
    assert all(found <= {"observed", "discretionised"} for found in ranges)


def test_what_is_no_dataset_has_no_view(frame: pd.DataFrame, tmp_path: Path, capsys: Any) -> None:
    frame.jobindsats.to_parquet(tmp_path / "x.parquet")
    for name in ("x.parquet", "nowhere", "."):
        assert main(["sql", str(tmp_path / name)]) == 1
        assert "is no folder that" in capsys.readouterr().err
