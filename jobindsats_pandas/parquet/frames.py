"""A frame to a file or directory, and back."""

from __future__ import annotations

import json
import time
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from jobindsats_pandas import arguments, files
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.matching import nearest
from jobindsats_pandas.parquet.columns import plain_table, to_table
from jobindsats_pandas.parquet.directories import frame_of, read_directory, write_directory
from jobindsats_pandas.parquet.file import compose, facts_of, pandas_metadata, take_apart
from jobindsats_pandas.parquet.manifest import Manifest
from jobindsats_pandas.parquet.selecting import Filters, selected

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    import pandas as pd
    import pyarrow as pa

__all__ = ["attrs_of", "dataset_attrs", "partitions", "read_parquet", "to_arrow", "to_parquet"]


def to_arrow(frame: pd.DataFrame, *, notes: Mapping[str, str] | None = None) -> pa.Table:
    """The columns that `to_parquet` writes, as `FrameAccessor.to_arrow`, with texts for the metadata."""
    table, columns = plain_table(frame)
    told = {name: text for name, text in (notes or {}).items() if text}
    return table.replace_schema_metadata({"pandas": pandas_metadata(table, columns), **told})


def to_parquet(
    frame: pd.DataFrame,
    path: str | os.PathLike[str] | IO[bytes],
    partition_by: str | Sequence[str] | None = None,
    *,
    notes: Mapping[str, str] | None = None,
) -> None:
    """Write a frame as Parquet, as `FrameAccessor.to_parquet`.

    It is written beside its place and then moved there in one step: a full disk or a kill leaves the old one.

    Parameters
    ----------
    path, partition_by
        Of the columns of labels that are to be partitioned by, their own names.
    notes : mapping of str to str, optional
        Texts for the file's metadata, such as its source and citation.

    Raises
    ------
    QueryError
        If a column cannot be written, the directory holds other things, or the ending tells of another sort of file.
    OSError
        If the disk refuses.
    """
    place = arguments.place("path", path, "write")
    by = arguments.labels("partition_by", partition_by)
    if not by:
        arguments.written_as(place, ".parquet")
    table, spec = to_table(frame, by)
    notes = notes or {}
    if by:
        if not isinstance(place, Path):
            raise QueryError(
                "partition_by makes a directory of files, so path must be one of this machine: name a directory."
            )
        write_directory(table, place, by, spec, notes)
        return
    if isinstance(place, Path) and place.is_dir():
        raise QueryError(f"{place} is a directory. Name a file, or say what to partition by.")
    data = compose(table, spec, notes)
    with files.writing(place) as file:
        file.write(data)


def read_parquet(
    path: str | os.PathLike[str] | IO[bytes], *, filters: Any = None, columns: Any = None
) -> pd.DataFrame:
    """Restore a frame, as `jobindsats_pandas.read_parquet` without `as_of`.

    What is read is what was written: types, numbers of rows, statuses and a digest of each column are compared with
    what the file says of itself, and of a directory the list of its files.
    """
    place = arguments.place("path", path, "read")
    conditions, names = Filters(filters), arguments.labels("columns", columns)
    if columns is not None and not names:
        raise QueryError("columns: none are named. Leave it out, or None, for all of them.")
    if isinstance(place, Path):
        if not place.exists():
            time.sleep(0.05)  # a directory that is being replaced, where the system cannot do it in one step
        if not place.exists():
            raise _nothing_at(place)
        if place.is_dir():
            return read_directory(place, conditions, names)
    name, wanted = str(place) if isinstance(place, Path | str) else "The file", conditions.wanted(names)
    if wanted and isinstance(place, Path):
        with files.named(place), place.open("rb") as file:
            piece = take_apart(name, file, wanted)
    else:
        piece = take_apart(name, files.read(place))
    return selected(frame_of(piece, wanted), conditions, names)


def _nothing_at(place: Path) -> FileNotFoundError:
    """Tell what a killed run left, if it stopped while one directory stood aside for another, or what is called alike."""
    told = f"There is no file or directory {place}"
    if left := [str(leftover) for leftover in files.leftovers(place)]:
        told += (
            f", but a run that was killed left {' and '.join(left)} beside it: whole directories or parts of one. Read or"
            f" rename one of them, or write {place.name} again, which removes what is not needed"
        )
    beside = islice(place.parent.iterdir(), 1000) if place.parent.is_dir() else ()
    # By what stands before the ending, which alone would make all files alike.
    names = {one.stem: one.name for one in beside if place.suffix in {"", one.suffix}}
    near = " or ".join(repr(names[stem]) for stem in nearest(place.stem, names))
    return FileNotFoundError(f"{told}.{f' Did you mean {near}?' if near else ''}")


def dataset_attrs(place: Path) -> dict[str, Any] | None:
    """The attrs of a dataset; None if a place holds none."""
    manifest = Manifest.of(place)
    return None if manifest is None else manifest.attrs


def attrs_of(place: Path) -> dict[str, Any]:
    """The attrs of what was written, without reading any of its cells.

    Raises
    ------
    FileNotFoundError
        If there is nothing of that name.
    ProvenanceError
        If it was not written here, or says nothing that can be read.
    """
    if not place.exists():
        raise _nothing_at(place)
    manifest = Manifest.of(place)
    if manifest is not None and manifest.attrs is not None:
        return manifest.attrs
    path = place if manifest is None else place / manifest.parts[0].path
    with files.named(place), path.open("rb") as file:
        spec, _ = facts_of(str(place), file)
    attrs: dict[str, Any] = json.loads(spec)["attrs"]
    return attrs


def partitions(place: Path) -> list[str] | None:
    """What a directory is partitioned by; None for a file."""
    manifest = Manifest.of(place)
    return None if manifest is None else list(manifest.partition_by)
