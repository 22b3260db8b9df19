"""What other engines need to read a directory as one table, and to leave sums over hidden cells out."""

from __future__ import annotations

import glob
from typing import TYPE_CHECKING

from jobindsats_pandas.disclosure import CellStatus
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.parquet.manifest import Manifest

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["duckdb_sql"]

_SHOWN = (CellStatus.OBSERVED, CellStatus.ROUNDED, CellStatus.ABSENT)


def duckdb_sql(folder: Path) -> str:
    """Write what makes a directory a view of DuckDB, and a macro that adds shown numbers alone.

    Raises
    ------
    QueryError
        If nothing was written there as a directory of Parquet files.
    """
    manifest = Manifest.of(folder)
    if manifest is None:
        raise QueryError(
            f"{folder} is no folder that ji.export(table, folder) wrote. A single file is a table of DuckDB by itself."
        )
    types = ", ".join(f"{_text(name)}: VARCHAR" for name in manifest.partition_by)
    files = _text(f"{glob.escape(folder.resolve().as_posix())}/**/*.parquet")
    shown = ", ".join(_text(status.label) for status in _SHOWN)
    view = '"' + folder.resolve().name.replace('"', '""') + '"'
    return f"""\
-- NULL where any of the cells is hidden or not available yet. It does not know that totals stand beside their parts, that
-- stocks do not add over time, and that rates, averages and persons do not add at all: choose the rows and measures.
CREATE OR REPLACE MACRO guarded_sum(value, status) AS
    CASE WHEN bool_and(status IN ({shown})) THEN coalesce(sum(value), 0) END;
CREATE OR REPLACE VIEW {view} AS
    SELECT * FROM read_parquet({files}, hive_partitioning = true, hive_types = {{{types}}});"""  # noqa: S608 - to be read and pasted; names and paths are quoted


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
