"""Partitioned directories: a file for each combination of labels, and the list of them."""

from __future__ import annotations

import json
import time
import uuid
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

import numpy as np
import pandas as pd
import pyarrow as pa

from jobindsats_pandas import files
from jobindsats_pandas.errors import ProvenanceError, QueryError
from jobindsats_pandas.parquet.file import compose, take_apart, told_as_damage
from jobindsats_pandas.parquet.joining import joined_rows
from jobindsats_pandas.parquet.manifest import NAME, Manifest, Part, entries, normal
from jobindsats_pandas.parquet.metadata import ROW_NUMBER
from jobindsats_pandas.parquet.pieces import Columns, changed
from jobindsats_pandas.parquet.restoring import narrowed, to_frame
from jobindsats_pandas.parquet.selecting import Filters, selected

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from jobindsats_pandas.parquet.pieces import Piece

__all__ = [
    "MAX_PARTITIONS",
    "frame_of",
    "holdings",
    "piece_of",
    "place_of",
    "read_directory",
    "write_directory",
    "write_part",
]

#: More directories than this are a mistake: partition by something coarser.
MAX_PARTITIONS = 5_000

#: How the file of a partition is called, in the directory that is named after its labels.
PART = "part-0.parquet"

# What systems and programs leave in a directory that somebody has looked at.
_LEFT_BY_OTHERS = {
    ".DS_Store": "macOS",
    "desktop.ini": "Windows",
    "Thumbs.db": "Windows",
    ".directory": "KDE",
    "Icon\r": "macOS",
}

# Readers that meet a writer look again, as long as there is something new to see.
_LOOKS = 20


def write_directory(
    table: pa.Table, path: Path, by: Sequence[str], spec: dict[str, Any], notes: Mapping[str, str]
) -> None:
    """Write a table as a partitioned directory, in place of one that was written here before.

    Raises
    ------
    QueryError
        If there is something else in the directory, or the partitions are too many or too long in their names.
    """
    columns = {column["label_text"]: column["file"] for column in spec["columns"]}
    chosen = [columns[name] for name in by]
    table = table.append_column(ROW_NUMBER, pa.array(np.arange(table.num_rows)))
    keys = table.select(chosen).to_pandas(ignore_metadata=True)
    ids = keys.groupby(chosen, observed=True, sort=True, dropna=False).ngroup().to_numpy()
    count = int(ids.max()) + 1 if len(ids) else 0
    if count > MAX_PARTITIONS:
        raise QueryError(
            f"partition_by={list(by)!r} makes {count:,} files, more than {MAX_PARTITIONS:,}; take less."
        )
    order = np.argsort(ids, kind="stable")
    ends = np.searchsorted(ids[order], np.arange(count + 1))
    rest = table.drop_columns(chosen)
    write = uuid.uuid4().hex
    parts = []
    with files.writing_directory(path, holdings) as directory:
        for start, stop in pairwise(ends) if count else [(0, 0)]:
            rows = order[start:stop]
            first = keys.iloc[rows[:1]].astype(object).to_dict("list")
            values = {
                name: None if not text or pd.isna(text[0]) else str(text[0]) for name, text in first.items()
            }
            parts.append(write_part(directory, rest.take(pa.array(rows)), spec, notes, values, write))
        Manifest(write, tuple(by), table.num_rows, tuple(parts)).write_into(directory)


def write_part(
    directory: Path,
    table: pa.Table,
    spec: Mapping[str, Any],
    notes: Mapping[str, str],
    values: dict[str, str | None],
    write: str,
) -> Part:
    """Write one file of a directory, in the folder that is named after its labels, and say what to put into the manifest."""
    place = place_of(values)
    data = compose(table, spec, notes, values=values, write=write)
    target = directory / place
    target.parent.mkdir(parents=True, exist_ok=True)
    # Where a file system takes two labels for one, the second does not overwrite the first.
    with target.open("xb") as file:
        file.write(data)
        files.synced(file)
    return Part(place, write, table.num_rows, data.size, sha256(data).hexdigest())


def place_of(values: Mapping[str, str | None]) -> str:
    """Where a partition lies below its directory, as other programs expect it."""
    segments = [f"{_segment(name)}={_segment(text)}" for name, text in values.items()]
    long = [segment for segment in segments if len(segment.encode()) > 255]
    if long:
        raise QueryError(
            f"partition_by: {long[0]!r} is too long for the name of a directory; shorten the label."
        )
    return "/".join([*segments, PART])


def _segment(text: str | None) -> str:
    """Write a name or value as other programs expect it in the name of a directory."""
    if text is None:
        return "__HIVE_DEFAULT_PARTITION__"
    return "".join(sign if sign.isalnum() or sign in " .,()-_" else quote(sign, safe="") for sign in text)


def holdings(directory: Path) -> list[str]:
    """What a directory that was written here holds, the manifest last: so much may be removed.

    Of a directory that a killed run began to remove, files are missing, and their folders may be empty.

    Raises
    ------
    QueryError
        If there is anything else in it, or it is not known what was written.
    """
    if not directory.is_dir():
        raise QueryError(f"{directory} exists and is no directory; name another one.")
    advice = "Nothing was touched: name another directory, or remove this one yourself if nobody needs it."
    try:
        found = entries(directory)
        if not found:
            return []
        manifest = Manifest.of(directory)
    except ProvenanceError as error:
        raise QueryError(f"{error} {advice}") from None
    if manifest is None:
        raise QueryError(
            f"{directory} exists and holds {min(found).partition('/')[0]!r}, and no {NAME} tells that it was written here. {advice}"
        )
    known = {normal(part.path): part for part in manifest.parts}
    ours = []
    for name, path in found.items():
        if name == NAME:
            continue
        if (
            path.is_dir()
            and any(part.startswith(f"{normal(name)}/") for part in known)
            and not path.is_symlink()
        ):
            ours.append(name)
            continue
        part = known.get(normal(name))
        if part is None or path.is_symlink() or not path.is_file():
            left = _LEFT_BY_OTHERS.get(path.name) or ("macOS" if path.name.startswith("._") else None)
            what = f"a file that {left} leaves there" if left else "which was not written with it"
            raise QueryError(f"{directory} is not replaced, as it holds {name!r}, {what}. {advice}")
        if part.problem(path.read_bytes()):
            raise QueryError(
                f"{directory} is not replaced, as its {name!r} was changed since it was written. {advice}"
            )
        ours.append(name)
    return [*ours, NAME]


def read_directory(path: Path, filters: Filters, columns: Sequence[Any]) -> pd.DataFrame:
    """Restore the frame of a partitioned directory, or of a dataset; of a dataset some of its files, where that will do.

    Raises
    ------
    ProvenanceError
        If what is there is not exactly what was written.
    QueryError
        If the filters or columns name what is not there.
    """
    for look in range(_LOOKS):
        manifest = None
        try:
            manifest = Manifest.of(path)
            if manifest is not None and manifest.attrs is not None:
                return _read_dataset(path, manifest, filters, columns)
            return selected(_read(path, manifest, filters.wanted(columns)), filters, columns)
        except (ProvenanceError, OSError):
            # Written anew in the meantime? Then what was read is of two writes, and a new look tells.
            if look + 1 == _LOOKS or not _is_replaced(path, manifest):
                raise
    raise AssertionError


def _is_replaced(path: Path, manifest: Manifest | None) -> bool:
    try:
        if not path.exists():
            time.sleep(0.05)
        return Manifest.of(path) != manifest
    except (ProvenanceError, OSError):
        return False


def _read(path: Path, manifest: Manifest | None, wanted: Collection[Any]) -> pd.DataFrame:
    found = entries(path)
    if not any(name.endswith(".parquet") for name in found):
        raise ProvenanceError(f"{path} holds no Parquet files. Name what df.jobindsats.to_parquet wrote.")
    if manifest is None:
        pieces = _pieces_of_old(path, found)
    else:
        places = _places(path, found, manifest)
        pieces = [_piece(part, places[normal(part.path)], wanted) for part in manifest.parts]
    if any(piece.spec != pieces[0].spec for piece in pieces):
        raise changed(str(path), "its files are of several tables, or of several reads of one")
    with told_as_damage(str(path)):
        columns = Columns(str(path), pieces, ordered=True)
        spec = json.loads(pieces[0].spec)
        if columns.rows != spec["rows"]:
            raise changed(str(path), f"it holds {columns.rows:,} rows, and {spec['rows']:,} were written")
        return to_frame(columns, narrowed(spec, wanted))


def _read_dataset(path: Path, manifest: Manifest, filters: Filters, columns: Sequence[Any]) -> pd.DataFrame:
    """Read the files of a dataset whose label the filters want, one after the other."""
    places = _places(path, entries(path), manifest)
    (column,) = manifest.partition_by
    parts = [part for part in manifest.parts if filters.may_hold(column, _label_of(part.path))]
    wanted = filters.wanted(columns)
    # Where none is wanted, the last tells what an empty frame looks like.
    frames = [
        selected(frame_of(_piece(part, places[normal(part.path)], wanted), wanted), filters, ())
        for part in parts or manifest.parts[-1:]
    ]
    frame = joined_rows(frames)
    frame.attrs.update(manifest.attrs or {})
    return selected(frame, Filters(None), columns)


def frame_of(piece: Piece, wanted: Collection[Any] = ()) -> pd.DataFrame:
    """Restore the frame of one file, or what `narrowed` leaves of it."""
    with told_as_damage(piece.name):
        return to_frame(Columns(piece.name, [piece]), narrowed(json.loads(piece.spec), wanted))


def _label_of(place: str) -> str:
    """The label that a file's folder is named after."""
    return unquote(place.partition("/")[0].partition("=")[2])


def _places(path: Path, found: Mapping[str, Path], manifest: Manifest) -> dict[str, Path]:
    """Where the files of a list lie, none more and none less."""
    places: dict[str, Path] = {}
    known = {normal(part.path) for part in manifest.parts}
    strange = []
    for name, place in found.items():
        hidden = place.name.startswith((".", "_")) or place.name in _LEFT_BY_OTHERS
        if (normal(name) not in known and not hidden) or normal(name) in places:
            strange.append(name)
        places[normal(name)] = place
    missing = [part.path for part in manifest.parts if normal(part.path) not in places]
    if missing:
        raise changed(str(path), f"its {missing[0]!r} is missing")
    if strange:
        raise changed(str(path), f"it holds {strange[0]!r}, which was not written with it")
    return places


def _piece(part: Part, place: Path, wanted: Collection[Any] = ()) -> Piece:
    """Read a file of a list, which is as it was written; of some columns, as what it says of each proves."""
    if wanted and place.is_file() and place.stat().st_size == part.size:
        with place.open("rb") as file:
            piece = take_apart(str(place), file, wanted)
    else:
        data = place.read_bytes() if place.is_file() else b""
        if problem := part.problem(data):
            raise changed(str(place), problem)
        piece = take_apart(str(place), data)
    if piece.facts.write != part.write:
        raise changed(str(place), "it is of another write than its directory says")
    return piece


def piece_of(directory: Path, part: Part) -> Piece:
    """Read a file of a dataset.

    Raises
    ------
    ProvenanceError
        If it is not as it was written.
    """
    return _piece(part, directory / part.path)


def _pieces_of_old(path: Path, found: Mapping[str, Path]) -> list[Piece]:
    """Read a directory without a manifest, as version 0.1.0 wrote them, as strictly as can be."""
    pieces = []
    for name, place in found.items():
        if place.name.startswith((".", "_")) or place.name in _LEFT_BY_OTHERS:
            continue
        if place.suffix != ".parquet":
            raise changed(str(path), f"it holds {name!r}, which was not written with it")
        piece = take_apart(str(place), place.read_bytes())
        if piece.facts.values is None:
            raise ProvenanceError(
                f"{path} was not written with partition_by: it holds {name!r}, a file with a frame of its own. Read it"
                " alone."
            )
        if piece.facts.write is not None:
            raise changed(str(path), f"the list of its files, {NAME!r}, is missing")
        if normal(name) != normal(place_of(piece.facts.values)):
            raise changed(
                str(path), f"it holds {name!r}, which was written to {place_of(piece.facts.values)!r}"
            )
        pieces.append(piece)
    return pieces
