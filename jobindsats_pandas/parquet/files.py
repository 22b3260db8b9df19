"""Files and directories: written whole or not at all, read if they are ours."""

from __future__ import annotations

import base64
import json
import os
import shutil
import tempfile
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import pyarrow as pa

from jobindsats_pandas import arguments
from jobindsats_pandas.errors import ProvenanceError, QueryError
from jobindsats_pandas.parquet.columns import ROW_NUMBER, dictionary, to_table
from jobindsats_pandas.parquet.restoring import to_frame

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["read_parquet", "to_parquet"]

#: The version of what `_METADATA` holds; a file of a newer one is not guessed at. Until 2, holes were called absent.
FORMAT = 2


_METADATA = "jobindsats"


#: More directories than this are a mistake: partition by something coarser.
MAX_PARTITIONS = 5_000


def to_parquet(
    frame: pd.DataFrame,
    path: str | os.PathLike[str],
    partition_by: str | Sequence[str] | None = None,
    *,
    notes: Mapping[str, str] | None = None,
) -> None:
    """Write a frame as Parquet that every program opens and `read_parquet` restores exactly.

    The file is written beside its place and then moved there: a full disk or a kill leaves the old one.

    Parameters
    ----------
    frame : DataFrame
    path : str or Path
        A file; with `partition_by` a directory, which is replaced if it was written here before.
    partition_by : str or sequence of str, optional
        Columns of labels: one file for each combination, in directories such as ``Periode=2026M05``.
    notes : mapping of str to str, optional
        Texts for the file's metadata, such as its source and citation.

    Raises
    ------
    QueryError
        If a column cannot be written, or the directory holds other things.
    """
    target = arguments.path("path", path)
    by = arguments.labels("partition_by", partition_by)
    table, spec = to_table(frame, by)
    spec = {"format": FORMAT, **spec}
    notes = {"source": "", **(notes or {})}
    if not by:
        if target.is_dir():
            raise QueryError(f"{target} is a directory. Name a file, or say what to partition by.")
        with _in_place(target) as temporary:
            _write(table, temporary, spec, notes)
        return
    if target.is_file() or (target.is_dir() and not _is_ours(target)):
        raise QueryError(
            f"{target} exists and was not written with partition_by here; name another directory."
        )
    _write_directory(table, target, by, spec, notes)


def _write(table: pa.Table, path: Path, spec: dict[str, Any], notes: Mapping[str, str]) -> None:
    import pyarrow.parquet as pq

    metadata = {name: text for name, text in notes.items() if text}
    metadata[_METADATA] = _packed(json.dumps(spec, ensure_ascii=False, separators=(",", ":")))
    table = table.replace_schema_metadata({"pandas": _pandas_metadata(table, spec)})
    exact = [name for name in table.column_names if name == ROW_NUMBER or name in spec["parts"]]
    # Which statuses a file holds tells little, and the range of the periods stands with the dates beside them.
    unranged = {c["file"] for c in spec["columns"] if c["kind"] == "period"} | {
        c["status"] for c in spec["columns"] if c["kind"] == "guarded"
    }
    with pq.ParquetWriter(
        path,
        table.schema,
        compression="zstd",
        # Few values that repeat: a dictionary of numbers is small. Days are small as they are.
        use_dictionary=[
            field.name for field in table.schema if field.name not in exact and field.type != pa.date32()
        ],
        write_statistics=[name for name in table.column_names if name not in unranged],
        column_encoding=dict.fromkeys(exact, "DELTA_BINARY_PACKED") or None,
    ) as writer:
        writer.write_table(table)
        # As metadata of the schema, they would be written twice: also within the schema that Arrow keeps for itself.
        writer.add_key_value_metadata(metadata)


def _pandas_metadata(table: pa.Table, spec: dict[str, Any]) -> str:
    """What pandas looks for in a file, so that there too whole numbers with gaps come as Int64."""
    columns = [
        {
            "name": column["file"],
            "field_name": column["file"],
            "pandas_type": str(table.schema.field(column["file"]).type),
            "numpy_type": column["dtype"].removeprefix("discretionised[").removesuffix("]"),
            "metadata": None,
        }
        for column in spec["columns"]
        if column["kind"] == "guarded"
    ]
    document = {
        "index_columns": [],
        "column_indexes": [],
        "columns": columns,
        "pandas_version": pd.__version__,
    }
    return json.dumps(document)


def _packed(text: str) -> str:
    """Text compressed, and text again: other readers want the metadata to be text."""
    raw = text.encode()
    packed: bytes = pa.compress(raw, codec="zstd", asbytes=True)
    return f"{len(raw)}:{base64.b64encode(packed).decode()}"


def _unpacked(text: str) -> str:
    size, _, packed = text.partition(":")
    raw: bytes = pa.decompress(
        base64.b64decode(packed), decompressed_size=int(size), codec="zstd", asbytes=True
    )
    return raw.decode()


@contextmanager
def _in_place(target: Path) -> Iterator[Path]:
    """Give a temporary path beside a file, which takes its place when all went well."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        # mkstemp gives a file that none but its owner reads; this one is like any other.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _write_directory(
    table: pa.Table, target: Path, by: Sequence[str], spec: dict[str, Any], notes: Mapping[str, str]
) -> None:
    files = {column["label_text"]: column["file"] for column in spec["columns"]}
    chosen = [files[name] for name in by]
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
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent))
    try:
        for start, stop in pairwise(ends) if count else [(0, 0)]:
            rows = order[start:stop]
            first = keys.iloc[rows[:1]].astype(object).to_dict("list")
            values = {
                name: None if not text or pd.isna(text[0]) else str(text[0]) for name, text in first.items()
            }
            directory = temporary.joinpath(
                *(f"{_segment(name)}={_segment(text)}" for name, text in values.items())
            )
            directory.mkdir(parents=True, exist_ok=True)
            here = {**spec, "partition": {"values": values, "rows": table.num_rows, "columns": chosen}}
            _write(rest.take(pa.array(rows)), directory / "part-0.parquet", here, notes)
        _swap(temporary, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _segment(text: str | None) -> str:
    """Write a name or value as other programs expect it in the name of a directory."""
    if text is None:
        return "__HIVE_DEFAULT_PARTITION__"
    return "".join(sign if sign.isalnum() or sign in " .,()-_" else quote(sign, safe="") for sign in text)


def _swap(new: Path, target: Path) -> None:
    new.chmod(0o777 & ~_umask())
    if not target.exists():
        new.rename(target)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".old", dir=target.parent)) / target.name
    target.rename(old)
    new.rename(target)
    shutil.rmtree(old.parent)


def _is_ours(directory: Path) -> bool:
    """Whether a directory is empty or holds nothing but a frame written here."""
    import pyarrow.parquet as pq

    files = [path for path in directory.rglob("*") if path.is_file()]
    return all(path.suffix == ".parquet" for path in files) and (
        not files or _METADATA.encode() in (pq.read_metadata(files[0]).metadata or {})
    )


def read_parquet(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Restore a frame that ``df.jobindsats.to_parquet`` wrote: a file, or a directory with ``partition_by``.

    Raises
    ------
    FileNotFoundError
        If there is nothing of that name.
    ProvenanceError
        If it was not written by this package, by a newer version of it, or if files of the directory are gone.
    """
    place = arguments.path("path", path)
    files = sorted(place.rglob("*.parquet")) if place.is_dir() else [place]
    if not place.exists():
        raise FileNotFoundError(f"There is no file or directory {place}")
    if not files:
        raise ProvenanceError(f"{place} holds no Parquet files.")
    tables: list[pa.Table] = []
    spec: dict[str, Any] = {}
    for file in files:
        table, spec = _read_file(file)
        tables.append(table)
    table = tables[0] if len(tables) == 1 else pa.concat_tables(tables).unify_dictionaries()
    if ROW_NUMBER in table.column_names:
        table = table.sort_by(ROW_NUMBER)
    if table.num_rows != spec["rows"] and place.is_dir():
        raise ProvenanceError(
            f"{place} holds {table.num_rows:,} rows, and {spec['rows']:,} were written: files are missing or of another"
            " frame. Write it again, or read a file of it alone."
        )
    return to_frame(table, spec)


def _read_file(file: Path) -> tuple[pa.Table, dict[str, Any]]:
    import pyarrow.parquet as pq

    try:
        opened = pq.ParquetFile(file)
    except pa.ArrowInvalid as error:
        raise ProvenanceError(f"{file} is not a Parquet file, or was cut short: {error}") from None
    with opened:
        metadata = opened.metadata.metadata or {}
        if _METADATA.encode() not in metadata:
            raise ProvenanceError(
                f"{file} was not written by df.jobindsats.to_parquet, so what its cells are is not known."
                " pd.read_parquet(path) opens it as it is."
            )
        spec: dict[str, Any] = json.loads(_unpacked(metadata[_METADATA.encode()].decode()))
        if spec["format"] > FORMAT:
            raise ProvenanceError(
                f"{file} was written by a newer version of jobindsats_pandas (format {spec['format']}; this one reads"
                f" {FORMAT}). Upgrade: pip install --upgrade jobindsats-pandas"
            )
        partition = spec.get("partition", {"values": {}})
        starts = {column["start"] for column in spec["columns"] if "start" in column}
        names = [name for name in opened.schema_arrow.names if name not in starts]
        table = opened.read(columns=names)
    for name, text in partition["values"].items():
        codes = np.full(table.num_rows, -1 if text is None else 0, dtype=np.int8)
        table = table.append_column(name, dictionary(codes, [] if text is None else [text]))
    return table, spec
