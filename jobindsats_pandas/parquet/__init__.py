"""Parquet for everybody: plain numbers with a readable status beside them, and everything else in the metadata.

In the file a measure is a column of numbers, null where nothing is shown, followed by ``<name>_status`` as text; a
period is text such as ``2026M05``, followed by ``<name>_start``, its first day; categories are dictionaries of text.
DuckDB, Polars, R's arrow, Power BI and pandas without this package open it as it stands. `read_parquet` restores the
frame exactly: dtypes, statuses, the address of each cell, categories and their order, periods, attrs, index and labels.

Kept exactly are numbers, text, times, periods, categories and intervals. An object column comes back as it was if it
holds text; other objects are refused. Attrs that are not plain JSON are left out with a warning.

pandas' own ``df.to_parquet`` also round-trips a frame of this package, but writes the name of our dtype into the file:
``pd.read_parquet`` then fails with *data type 'discretionised[Int64]' not understood* wherever this package is not
imported. Such a file opens with ``import jobindsats_pandas`` first, or with
``pyarrow.parquet.read_table(path).to_pandas(ignore_metadata=True)``. Files written here have no such trap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobindsats_pandas.parquet.datasets import copy_dataset, differing, writing_dataset
    from jobindsats_pandas.parquet.directories import holdings
    from jobindsats_pandas.parquet.engines import duckdb_sql
    from jobindsats_pandas.parquet.frames import (
        attrs_of,
        dataset_attrs,
        partitions,
        read_parquet,
        to_arrow,
        to_parquet,
    )

__all__ = [
    "attrs_of",
    "copy_dataset",
    "dataset_attrs",
    "differing",
    "duckdb_sql",
    "holdings",
    "partitions",
    "read_parquet",
    "to_arrow",
    "to_parquet",
    "writing_dataset",
]

#: Where what is offered here is made: loaded when it is first asked for, for who only reads answers asks for none of it.
_PLACES = {
    "datasets": ("copy_dataset", "differing", "writing_dataset"),
    "directories": ("holdings",),
    "engines": ("duckdb_sql",),
    "frames": ("attrs_of", "dataset_attrs", "partitions", "read_parquet", "to_arrow", "to_parquet"),
}


if not TYPE_CHECKING:  # where a type checker saw it, every misspelt name would be one of ours

    def __getattr__(name: str) -> object:
        for place, names in _PLACES.items():
            if name in names:
                return getattr(import_module(f"{__name__}.{place}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
