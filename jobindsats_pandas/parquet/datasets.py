"""Datasets: a directory with a file for each period, written as they come, each with a frame of its own.

What all of it is stands in the list of its files, so that the file of a period that did not change stays as it is, byte for
byte. A column is of one type in all of them: engines that read them as one table round where they differ.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from jobindsats_pandas import files
from jobindsats_pandas.disclosure import Registry
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.guarded import by_position, guarded_columns
from jobindsats_pandas.parquet.columns import to_table
from jobindsats_pandas.parquet.directories import (
    MAX_PARTITIONS,
    frame_of,
    holdings,
    piece_of,
    place_of,
    write_part,
)
from jobindsats_pandas.parquet.manifest import Manifest
from jobindsats_pandas.periods import period_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from jobindsats_pandas.parquet.manifest import Part
    from jobindsats_pandas.parquet.pieces import Piece

__all__ = ["Dataset", "copy_dataset", "differing", "writing_dataset"]

_FLOATS = "discretionised[Float64]"


@contextlib.contextmanager
def writing_dataset(path: Path) -> Iterator[Dataset]:
    """Give a dataset to be written beside a place, which takes it in one step if all goes well.

    Raises
    ------
    QueryError
        If there is something in the place that was not written here.
    """
    with files.writing_directory(path, holdings) as directory:
        yield Dataset(directory, path)


class Dataset:
    """A dataset that is being written.

    Parameters
    ----------
    directory : Path
        Where it is written.
    before : Path
        Where the one stands that it is to replace, if there is one.
    """

    def __init__(self, directory: Path, before: Path) -> None:
        self._directory = directory
        self._before = before
        known = Manifest.of(before)
        self._old = {} if known is None or known.attrs is None else {part.path: part for part in known.parts}
        self._write = uuid.uuid4().hex
        self._parts: dict[str, Part] = {}
        self._notes: Mapping[str, str] = {}
        self._column = ""
        self._floats: set[int] = set()

    def add(self, frame: pd.DataFrame, notes: Mapping[str, str]) -> pd.DataFrame | None:
        """Write the rows of one period, its labels in the first column, or keep the old file where it holds the same.

        Parameters
        ----------
        notes : mapping of str to str
            Texts for the file's metadata.

        Returns
        -------
        DataFrame or None
            What was held of that period before.
        """
        if len(self._parts) == MAX_PARTITIONS:
            raise QueryError(f"The question has more than {MAX_PARTITIONS:,} periods; ask for less.")
        self._notes, self._column = notes, str(frame.columns[0])
        self._widen({place for place, array in guarded_columns(frame).items() if not array.cells.whole})
        part, old = self._put(frame)
        self._parts[part.path] = part
        return None if old is None else frame_of(old)

    def remaining(self) -> Iterator[pd.DataFrame]:
        """What was held before of periods that were not written again."""
        for place, part in self._old.items():
            if place not in self._parts:
                yield frame_of(piece_of(self._before, part))

    def finish(self, attrs: dict[str, Any]) -> int:
        """Write the list of the files, which makes the dataset whole; gives how many rows they hold."""
        parts = tuple(self._parts.values())
        rows = sum(part.rows for part in parts)
        Manifest(self._write, (self._column,), rows, parts, attrs).write_into(self._directory)
        return rows

    def _widen(self, came: set[int]) -> None:
        """Columns that hold decimals now hold them in the files that were written before, too."""
        came -= self._floats
        self._floats |= came
        for place, part in self._parts.items() if came else ():
            frame = frame_of(piece_of(self._directory, part))
            (self._directory / place).unlink()
            self._parts[place], _ = self._put(frame)

    def _put(self, frame: pd.DataFrame) -> tuple[Part, Piece | None]:
        """Write a frame, or link the old file; with that, if there is one."""
        columns: list[Any] = [frame.iloc[:, place] for place in range(len(frame.columns))]
        for place in self._floats:
            columns[place] = columns[place].astype(_FLOATS)
        table, spec = to_table(by_position(frame.columns, columns), [self._column])
        name = spec["columns"][0]["file"]
        values: dict[str, str | None] = {name: period_text(frame.iloc[0, 0])}
        table = table.drop_columns([name])
        part = self._old.get(place_of(values))
        old = None if part is None else piece_of(self._before, part)
        if part is not None and old is not None and _same(old, table, spec):
            _link(self._before / part.path, self._directory / part.path)
            return part, old
        return write_part(self._directory, table, spec, self._notes, values, self._write), old


def copy_dataset(source: Path, target: Path) -> None:
    """Let a dataset stand in a second place too; its files are shared, for nobody writes into them."""
    manifest = _manifest(source)
    with files.writing_directory(target, holdings) as directory:
        for part in manifest.parts:
            _link(source / part.path, directory / part.path)
        manifest.write_into(directory)


def differing(one: Path, other: Path) -> Iterator[tuple[pd.DataFrame | None, pd.DataFrame | None]]:
    """What two datasets hold of the periods whose files are not the same, period by period."""
    places = (one, other)
    known = [{part.path: part for part in _manifest(place).parts} for place in places]
    for path in {**known[0], **known[1]}:
        parts = [parts.get(path) for parts in known]
        if parts[0] != parts[1]:
            first, second = (
                None if part is None else frame_of(piece_of(place, part))
                for place, part in zip(places, parts, strict=True)
            )
            yield first, second


def _manifest(place: Path) -> Manifest:
    return Manifest.of(place) or Manifest("", (), 0, ())


def _same(old: Piece, table: pa.Table, spec: Mapping[str, Any]) -> bool:
    """Whether a file holds the same labels, numbers and statuses, of cells that mean the same."""
    known = json.loads(old.spec)
    if _meaning(known) != _meaning(spec) or old.table.column_names != [
        name for name in table.column_names if name in old.facts.digests
    ]:
        return False
    return all(
        _plain(one).equals(_plain(table.column(name)))
        for name, one in zip(old.table.column_names, old.table.columns, strict=True)
    )


def _meaning(spec: Mapping[str, Any]) -> list[Any]:
    """What is known of the cells beside their numbers; periods that the table has since do not matter."""
    spaces = [space for text in spec["registries"] for space in Registry.from_json(text).spaces]
    columns = [{name: one for name, one in column.items() if name != "parts"} for column in spec["columns"]]
    return [[replace(space, periods=(("", ""),)) for space in spaces], columns, spec["labels"]]


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def _link(old: Path, new: Path) -> None:
    """Let a file stand in two directories; copy it where the file system cannot."""
    new.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(old, new)
    except OSError:
        shutil.copy2(old, new)
