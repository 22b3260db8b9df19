"""Parquet for everybody: plain numbers with a readable status beside them, and everything else in the metadata.

In the file a measure is a column of numbers, null where nothing is shown, followed by ``<name>_status`` as text; a
period is text such as ``2026M05``, followed by ``<name>_start``, its first day; categories are dictionaries of text.
DuckDB, Polars, R's arrow, Power BI and pandas without this package open it as it stands. `read_parquet` restores the
frame exactly: dtypes, statuses, the part of each cell, categories and their order, periods, attrs, index and labels.

Kept exactly are numbers, text, times, periods, categories and intervals. An object column comes back as it was if it
holds text; other objects are refused. Attrs that are not plain JSON are left out with a warning.

pandas' own ``df.to_parquet`` also round-trips a frame of this package, but writes the name of our dtype into the file:
``pd.read_parquet`` then fails with *data type 'discretionised[Int64]' not understood* wherever this package is not
imported. Such a file opens with ``import jobindsats_pandas`` first, or with
``pyarrow.parquet.read_table(path).to_pandas(ignore_metadata=True)``. Files written here have no such trap.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import tempfile
import warnings
from contextlib import contextmanager
from itertools import count as numbers_from
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import pyarrow as pa

from jobindsats_pandas.disclosure import (
    Cells,
    CellStatus,
    DiscretionisedArray,
    DiscretionisedDtype,
    Registry,
)
from jobindsats_pandas.errors import JobindsatsWarning, ProvenanceError, QueryError
from jobindsats_pandas.periods import FREQUENCIES, period_id

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["read_parquet", "to_parquet"]

#: The version of what `_METADATA` holds; a file of a newer one is not guessed at.
FORMAT = 1

_METADATA = "jobindsats"
_ROW = "row_number"
_LABELS = [status.label for status in CellStatus]
_CODES = {status.label: int(status) for status in CellStatus}

#: What stands for a missing period among ordinals.
_NAT = int(np.iinfo(np.int64).min)

#: More directories than this are a mistake: partition by something coarser.
MAX_PARTITIONS = 5_000


# --- writing ---------------------------------------------------------------------------------------------------------


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
    target = Path(path).expanduser()
    by = [partition_by] if isinstance(partition_by, str) else list(partition_by or [])
    table, spec = _to_table(frame, by)
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
    exact = [name for name in table.column_names if name == _ROW or name in spec["parts"]]
    with pq.ParquetWriter(
        path,
        table.schema,
        compression="zstd",
        # Few values that repeat: a dictionary of numbers is small. Days are small as they are.
        use_dictionary=[
            field.name for field in table.schema if field.name not in exact and field.type != pa.date32()
        ],
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
    table = table.append_column(_ROW, pa.array(np.arange(table.num_rows)))
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


# --- from a frame to a table -----------------------------------------------------------------------------------------


class _Names:
    """Distinct texts for the columns of a file, whose labels may be anything and may repeat."""

    def __init__(self) -> None:
        self.taken: set[str] = {_ROW}

    def of(self, text: str) -> str:
        name = next(
            name for n in numbers_from() if (name := text if n == 0 else f"{text}.{n}") not in self.taken
        )
        self.taken.add(name)
        return name


def _text(label: Hashable) -> str:
    return " | ".join(map(_text, label)) if isinstance(label, tuple) else _period_text(label)


def _period_text(label: Any) -> str:
    return period_id(label) or str(label) if isinstance(label, pd.Period) else str(label)


class _Builder:
    """The columns of a file, and what it takes to restore those of the frame."""

    def __init__(self) -> None:
        self.names = _Names()
        self.fields: list[pa.Field] = []
        self.arrays: list[Any] = []
        self.registries: list[Registry] = []

    def add(self, name: str, array: Any) -> str:
        name = self.names.of(name)
        self.fields.append(pa.field(name, array.type))
        self.arrays.append(array)
        return name

    def registry(self, registry: Registry) -> int:
        for place, known in enumerate(self.registries):
            if known is registry:
                return place
        self.registries.append(registry)
        return len(self.registries) - 1


def _to_table(frame: pd.DataFrame, by: Sequence[str]) -> tuple[pa.Table, dict[str, Any]]:
    builder = _Builder()
    columns: list[dict[str, Any]] = []
    keys: list[tuple[str, NDArray[np.integer], int]] = []
    guarded: list[tuple[dict[str, Any], DiscretionisedArray]] = []
    index = _index_columns(frame.index)
    labels = list(frame.columns)
    for label, values in [*index, *((labels[place], frame.iloc[:, place]) for place in range(len(labels)))]:
        text = _text(label) if label is not None else "index"
        column: dict[str, Any] = {"label_text": text}
        if isinstance(values.dtype, DiscretionisedDtype):
            array: Any = values.array
            column |= _add_guarded(builder, text, array)
            guarded.append((column, array))
        elif isinstance(values.dtype, pd.PeriodDtype):
            column |= _add_periods(builder, text, pd.PeriodIndex(values), keys)
        elif isinstance(values.dtype, pd.CategoricalDtype):
            column |= _add_categorical(builder, text, pd.Categorical(values), keys)
        else:
            column |= _add_other(builder, text, values, keys)
        columns.append(column)
    _say_statuses_once(builder, columns, guarded)
    _add_parts(builder, guarded, keys)
    texts = [column["label_text"] for column in columns]
    for name in by:
        if texts.count(name) != 1 or columns[texts.index(name)]["kind"] not in {"period", "category", "text"}:
            raise QueryError(
                f"partition_by={name!r}: that is not one column of labels. There are:"
                f" {', '.join(repr(c['label_text']) for c in columns if c['kind'] in {'period', 'category', 'text'})}."
            )
    if len(set(by)) < len(by) or len(by) == len(texts):
        raise QueryError(f"partition_by={list(by)!r} leaves no column for the files, or names one twice.")
    spec = {
        "format": FORMAT,
        "rows": len(frame),
        "index": {"columns": len(index), **_index_plain(frame.index)},
        "columns": columns,
        "labels": _labels_plain(frame.columns),
        "attrs": _attrs_plain(frame.attrs),
        "registries": [registry.to_json() for registry in builder.registries],
        "parts": [c["parts"]["file"] for c, _ in guarded if "file" in c["parts"]],
    }
    return pa.Table.from_arrays(builder.arrays, schema=pa.schema(builder.fields)), spec


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


def _add_guarded(builder: _Builder, text: str, array: DiscretionisedArray) -> dict[str, Any]:
    numbers = pa.array(array.numbers, mask=~array.visible)
    return {
        "kind": "guarded",
        "dtype": array.dtype.name,
        "file": builder.add(text, numbers),
        "status": builder.add(f"{text}_status", _dictionary(array.status.astype(np.int8), _LABELS)),
        "registry": builder.registry(array.registry),
        "dropped": array.dropped,
    }


def _dictionary(codes: NDArray[Any], labels: Sequence[str], *, ordered: bool = False) -> Any:
    missing = codes < 0
    indices = pa.array(
        codes.astype(np.int32 if len(labels) > 127 else np.int8), mask=missing if missing.any() else None
    )
    return pa.DictionaryArray.from_arrays(indices, pa.array(labels, pa.string()), ordered=ordered)


def _say_statuses_once(
    builder: _Builder,
    columns: Sequence[dict[str, Any]],
    guarded: Sequence[tuple[dict[str, Any], DiscretionisedArray]],
) -> None:
    """Where the frame has a column of the statuses already, as the long layout does, it serves as one."""
    if len(guarded) != 1:
        return
    column, _ = guarded[0]
    place = [field.name for field in builder.fields].index(column["status"])
    mine = builder.arrays[place]
    for other in columns:
        if (
            other["kind"] == "category"
            and other["label_text"] == "status"
            and other.get("categories") == _LABELS
        ):
            theirs = builder.arrays[[field.name for field in builder.fields].index(other["file"])]
            if theirs.indices.cast(pa.int8()).equals(mine.indices.cast(pa.int8())):
                del builder.fields[place], builder.arrays[place]
                column["status"] = other["file"]


def _add_periods(
    builder: _Builder, text: str, values: pd.PeriodIndex, keys: list[tuple[str, NDArray[np.integer], int]]
) -> dict[str, Any]:
    codes, uniques = _period_codes(values)
    labels = [_period_text(one) for one in uniques]
    starts = np.array([one.start_time.to_datetime64() for one in uniques], dtype="datetime64[ns]")
    whole_days = values.freqstr.partition("-")[0] in {*FREQUENCIES, "W", "D"}
    days = starts.astype("datetime64[D]" if whole_days else "datetime64[us]")
    taken = days.take(codes.clip(0)) if len(days) else np.empty(len(codes), dtype=days.dtype)
    name = builder.add(text, _dictionary(codes, labels))
    keys.append((name, codes, len(labels)))
    return {
        "kind": "period",
        "file": name,
        "start": builder.add(f"{text}_start", pa.array(taken, mask=codes < 0)),
        "freq": values.freqstr,
        "periods": dict(zip(labels, [int(one.ordinal) for one in uniques], strict=True)),
    }


def _period_codes(values: Any) -> tuple[NDArray[np.integer], Any]:
    """Number periods from the oldest; -1 for a missing one."""
    ordinals = values.astype("int64").to_numpy()
    low, high = (int(ordinals.min()), int(ordinals.max())) if len(ordinals) else (_NAT, _NAT)
    if low == _NAT or high - low > 4 * len(ordinals) + 1_000:
        codes, uniques = pd.factorize(values, sort=True)
        return codes, values.__class__(uniques)
    places = ordinals - low
    seen = np.zeros(high - low + 1, dtype=bool)
    seen[places] = True
    rank = np.cumsum(seen, dtype=np.int32) - np.int32(1)
    return rank[places], values.from_ordinals(np.flatnonzero(seen) + low, freq=values.freq)


def _add_categorical(
    builder: _Builder, text: str, values: pd.Categorical, keys: list[tuple[str, NDArray[np.integer], int]]
) -> dict[str, Any]:
    labels = [_text(label) for label in values.categories]
    if len(set(labels)) < len(labels):
        raise QueryError(f"The categories of column {text!r} read alike as text; rename them first.")
    name = builder.add(text, _dictionary(values.codes, labels, ordered=bool(values.ordered)))
    keys.append((name, values.codes, len(labels)))
    column = {"kind": "category", "file": name, "ordered": bool(values.ordered)}
    if values.categories.dtype == "str":
        return {**column, "categories": labels}
    return {**column, "categories": labels, "exact": _labels_plain(values.categories)}


def _add_other(
    builder: _Builder, text: str, values: Any, keys: list[tuple[str, NDArray[np.integer], int]]
) -> dict[str, Any]:
    """Anything else goes as pandas and Arrow have it; objects with a readable text go as that text."""
    array: Any = values.array
    kinds = set(map(type, array)) if values.dtype == object else set()
    if isinstance(array.dtype, pd.IntervalDtype) or kinds & {pd.Period, pd.Interval, tuple}:
        codes, uniques = pd.factorize(np.asarray(array, dtype=object))
        column = _add_categorical(
            builder, text, pd.Categorical.from_codes(codes, pd.Index(uniques, dtype=object)), keys
        )
        return {**column, "kind": "objects", "dtype": str(array.dtype)}
    try:
        table = pa.Table.from_pandas(pd.DataFrame({"x": array}), preserve_index=False)
    except pa.ArrowException as error:
        raise QueryError(
            f"The column {text!r} ({values.dtype}) cannot be written to Parquet: {error}"
        ) from None
    plain = table.column(0).combine_chunks()
    if isinstance(plain.type, pa.BaseExtensionType) or pa.types.is_nested(plain.type):
        raise QueryError(
            f"The column {text!r} ({values.dtype}) is of a type that other programs cannot read from Parquet. Turn it"
            " into text, numbers, dates or categories first."
        )
    is_text = pa.types.is_string(plain.type) or pa.types.is_large_string(plain.type)
    return {
        "kind": "text" if is_text else "other",
        "file": builder.add(text, plain.cast(pa.string()) if is_text else plain),
        "dtype": str(values.dtype),
        "pandas": table.schema.metadata[b"pandas"].decode(),
    }


# --- parts: told by the labels where possible ------------------------------------------------------------------------


def _add_parts(
    builder: _Builder,
    guarded: Sequence[tuple[dict[str, Any], DiscretionisedArray]],
    keys: Sequence[tuple[str, NDArray[np.integer], int]],
) -> None:
    """Note each cell's part: as a sum of what the labels of its row contribute, else as a column of its own."""
    base: tuple[DiscretionisedArray, str] | None = None
    for column, array in guarded:
        if base is not None and array.registry is base[0].registry and len(array):
            shift = int(array.parts[0] - base[0].parts[0])
            if (
                np.array_equal(base[0].parts + shift, array.parts)
                and min(array.parts.min(), base[0].parts.min()) >= 0
            ):
                column["parts"] = {"like": base[1], "shift": shift}
                continue
        recipe = _recipe(array, keys)
        if recipe is None:
            recipe = {"file": builder.add(f"{column['file']}_part", pa.array(array.parts))}
        column["parts"] = recipe
        if base is None:
            base = (array, column["file"])


def _recipe(
    array: DiscretionisedArray, keys: Sequence[tuple[str, NDArray[np.integer], int]]
) -> dict[str, Any] | None:
    """How the parts follow from the labels of the rows; None if they do not.

    A part is a number in mixed radix, so it is a sum of what the period and each member contribute. Contributions are
    taken from a few rows and the sum is then compared with every row: what is noted is exact, or it is not noted.
    """
    parts, rows = array.parts, np.arange(len(array))
    special = parts < 0
    absent = None
    if special.any() and not special.all():
        # What pandas made by concat, merge or unstack belongs to no cell, and its status says so.
        values = np.unique(parts[special])
        if len(values) > 1 or not np.array_equal(special, array.status == CellStatus.ABSENT):
            return None
        absent, rows = int(values[0]), np.flatnonzero(~special)
        parts = parts[rows]
    if not len(parts) or int(parts.min()) == int(parts.max()):
        return {"constant": int(parts[0]) if len(parts) else 0, "sums": {}, "absent": absent}
    within = [
        (space, offset)
        for space, offset in zip(array.registry.spaces, array.registry.offsets, strict=True)
        if offset <= int(parts.min()) and int(parts.max()) < offset + space.size
    ]
    if not within:
        return None
    (space, constant), *_ = within
    radices = [
        max(len(space.periods), 1),
        *(len(dimension.members) for dimension in reversed(space.dimensions)),
        len(space.measures),
    ]
    strides = np.concatenate([[1], np.cumprod(radices[:-1], dtype=np.int64)])
    labels = [(name, codes[rows] if absent is not None else codes, size) for name, codes, size in keys]
    sample = _sample(len(parts), [codes for _, codes, _ in labels])
    digits = ((parts[sample] - constant)[:, None] // strides) % np.array(radices)
    tables: dict[str, NDArray[np.int64]] = {}
    for digit, stride in zip(digits.T, strides.tolist(), strict=True):
        if (digit == digit[0]).all():
            constant += int(digit[0]) * stride
            continue
        for name, codes, size in labels:
            table = np.full(size + 1, -1)
            table[codes[sample]] = digit
            if (table[codes[sample]] == digit).all():
                tables[name] = tables.get(name, np.zeros(size + 1, dtype=np.int64)) + table.clip(0) * stride
                break
        else:
            return None
    told = np.full(len(parts), constant)
    for name, codes, _ in labels:
        if name in tables:
            told += tables[name].take(codes, mode="wrap")
    if not np.array_equal(told, parts):
        return None
    sums = {name: table.tolist() for name, table in tables.items()}
    return {"constant": constant, "sums": sums, "absent": absent}


def _sample(count: int, labels: Sequence[NDArray[np.integer]]) -> NDArray[np.int64]:
    """Some rows, with at least one of every label that there is."""
    picked = [np.linspace(0, count - 1, 4_000).astype(np.int64)]
    for codes in labels:
        seen = np.zeros(int(codes.max(initial=0)) + 2, dtype=bool)
        seen[codes[picked[0]]] = True
        unseen = np.flatnonzero(~seen[codes])
        picked.append(unseen[np.unique(codes[unseen], return_index=True)[1]])
    return np.unique(np.concatenate(picked))


# --- labels, index and attrs as plain JSON ---------------------------------------------------------------------------


def _index_columns(index: pd.Index) -> list[tuple[Hashable, Any]]:
    """The levels of an index that have to stand in the file; a numbering of the rows does not."""
    if isinstance(index, pd.RangeIndex):
        return []
    return [(index.names[place], index.get_level_values(place)) for place in range(index.nlevels)]


def _index_plain(index: pd.Index) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "names": [_scalar_plain(name) for name in index.names],
        "nested": index.nlevels > 1 or isinstance(index, pd.MultiIndex),
    }
    if isinstance(index, pd.RangeIndex):
        plain["range"] = [index.start, index.stop, index.step]
    return plain


def _labels_plain(labels: pd.Index) -> dict[str, Any]:
    names = [_scalar_plain(name) for name in labels.names]
    if isinstance(labels, pd.MultiIndex):
        levels = [_labels_plain(level) for level in labels.levels]
        return {"levels": levels, "codes": [codes.tolist() for codes in labels.codes], "names": names}
    if isinstance(labels, pd.RangeIndex):
        return {"range": [labels.start, labels.stop, labels.step], "names": names}
    if isinstance(labels, pd.CategoricalIndex):
        return {
            "categories": _labels_plain(labels.categories),
            "codes": labels.codes.tolist(),
            "ordered": bool(labels.ordered),
            "names": names,
        }
    return {"values": [_scalar_plain(label) for label in labels], "dtype": str(labels.dtype), "names": names}


def _labels_restored(plain: dict[str, Any]) -> pd.Index:
    names = [_scalar_restored(name) for name in plain["names"]]
    if "levels" in plain:
        levels: Any = [_labels_restored(level) for level in plain["levels"]]
        return pd.MultiIndex(levels=levels, codes=plain["codes"], names=names)
    if "range" in plain:
        start, stop, step = plain["range"]
        return pd.RangeIndex(start, stop, step, name=names[0])
    if "categories" in plain:
        categories = _labels_restored(plain["categories"])
        return pd.CategoricalIndex(
            pd.Categorical.from_codes(plain["codes"], categories, ordered=plain["ordered"]), name=names[0]
        )
    values = [_scalar_restored(value) for value in plain["values"]]
    made: pd.Index = pd.Index(values, dtype=plain["dtype"], name=names[0], tupleize_cols=False)
    return made


def _scalar_plain(value: Any) -> Any:
    """A label as JSON: itself, or a list of its type's name and what makes it."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, tuple):
        return ["tuple", *map(_scalar_plain, value)]
    if isinstance(value, pd.Period):
        return ["period", value.ordinal, value.freqstr]
    if isinstance(value, pd.Interval):
        return ["interval", _scalar_plain(value.left), _scalar_plain(value.right), value.closed]
    if isinstance(value, pd.Timestamp):
        return ["timestamp", value.isoformat(), value.unit]
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return ["float", repr(float(value))]
    raise QueryError(
        f"The label {value!r} ({type(value).__name__}) cannot be kept in a file; rename it first."
    )


def _scalar_restored(plain: Any) -> Any:
    if not isinstance(plain, list):
        return plain
    kind, *rest = plain
    if kind == "tuple":
        return tuple(map(_scalar_restored, rest))
    if kind == "period":
        return pd.Period(ordinal=rest[0], freq=rest[1])
    if kind == "interval":
        return pd.Interval(_scalar_restored(rest[0]), _scalar_restored(rest[1]), rest[2])
    if kind == "timestamp":
        return pd.Timestamp(rest[0]).as_unit(rest[1])
    return float(rest[0])


def _attrs_plain(attrs: Mapping[Hashable, Any]) -> dict[str, Any]:
    kept, lost = {}, []
    for name, value in attrs.items():
        try:
            same = isinstance(name, str) and json.loads(json.dumps(value)) == value
        except (TypeError, ValueError, RecursionError):
            same = False
        if same:
            kept[str(name)] = value
        else:
            lost.append(repr(name))
    if lost:
        warnings.warn(
            f"df.attrs[{'], df.attrs['.join(lost)}] is not plain JSON (text, numbers, lists, mappings from text) and is"
            " not kept in the file.",
            JobindsatsWarning,
            stacklevel=5,
        )
    return kept


# --- reading ---------------------------------------------------------------------------------------------------------


def read_parquet(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Restore a frame that ``df.jobindsats.to_parquet`` wrote: a file, or a directory with ``partition_by``.

    Raises
    ------
    FileNotFoundError
        If there is nothing of that name.
    ProvenanceError
        If it was not written by this package, by a newer version of it, or if files of the directory are gone.
    """
    place = Path(path).expanduser()
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
    if _ROW in table.column_names:
        table = table.sort_by(_ROW)
    if table.num_rows != spec["rows"] and place.is_dir():
        raise ProvenanceError(
            f"{place} holds {table.num_rows:,} rows, and {spec['rows']:,} were written: files are missing or of another"
            " frame. Write it again, or read a file of it alone."
        )
    return _to_frame(table, spec)


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
        table = table.append_column(name, _dictionary(codes, [] if text is None else [text]))
    return table, spec


class _Columns:
    """The columns of a table, each with the codes of its labels, taken apart once."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table
        self.known: dict[tuple[str, tuple[str, ...]], NDArray[np.integer]] = {}
        self.parts: dict[str, NDArray[np.int64]] = {}

    def array(self, name: str) -> Any:
        return self.table.column(name).combine_chunks() if self.table.num_rows else self.table.column(name)

    def numbers(self, name: str, dtype: type) -> NDArray[Any]:
        """The bare numbers of a column; what stands where it is null means nothing."""
        chunks: list[NDArray[Any]] = [
            np.frombuffer(chunk.buffers()[1], dtype=dtype, count=chunk.offset + len(chunk))[chunk.offset :]
            for chunk in self.table.column(name).chunks
            if len(chunk)
        ]
        # A copy also of one piece: Arrow's memory cannot be written to, and a frame's can.
        return np.concatenate([np.empty(0, dtype=dtype), *chunks])

    def codes(self, name: str, labels: Sequence[str]) -> NDArray[np.integer]:
        """Positions of a dictionary column's values among known labels; -1 for null."""
        key = (name, tuple(labels))
        if key not in self.known:
            self.known[key] = self._codes(name, labels)
        return self.known[key]

    def _codes(self, name: str, labels: Sequence[str]) -> NDArray[np.integer]:
        places = {label: place for place, label in enumerate(labels)}
        pieces = [np.empty(0, dtype=np.int8)]
        for chunk in self.table.column(name).unify_dictionaries().chunks:
            recode = np.array([places[text] for text in chunk.dictionary.to_pylist()] + [-1], dtype=np.int32)
            indices = chunk.indices
            if indices.null_count:
                indices = indices.fill_null(len(recode) - 1)
            codes = indices.to_numpy(zero_copy_only=False)
            same = not indices.null_count and (recode[:-1] == np.arange(len(recode) - 1)).all()
            pieces.append(codes if same and not chunk.null_count else recode[codes])
        return np.concatenate(pieces)


def _to_frame(table: pa.Table, spec: dict[str, Any]) -> pd.DataFrame:
    columns = _Columns(table)
    labels = {
        column["file"]: list(column["periods"]) if column["kind"] == "period" else column["categories"]
        for column in spec["columns"]
        if column["kind"] in {"period", "category", "objects"}
    }
    registries = [Registry.from_json(text) for text in spec["registries"]]
    restored = [_restored(columns, column, labels, registries) for column in spec["columns"]]
    levels, rest = restored[: spec["index"]["columns"]], restored[spec["index"]["columns"] :]
    index = _index_restored(spec, levels, table.num_rows)
    # Objects stay objects only as a series that says so.
    data = [pd.Series(one, index=index, dtype=object) if isinstance(one, np.ndarray) else one for one in rest]
    frame = pd.DataFrame(dict(enumerate(data)), copy=False, index=index)
    frame.columns = _labels_restored(spec["labels"])
    frame.attrs = spec["attrs"]
    return frame


def _index_restored(spec: dict[str, Any], levels: Sequence[Any], rows: int) -> pd.Index:
    names = [_scalar_restored(name) for name in spec["index"]["names"]]
    if "range" in spec["index"]:
        start, stop, step = spec["index"]["range"]
        whole = pd.RangeIndex(start, stop, step, name=names[0])
        # One file of a directory holds some of the rows.
        return whole if len(whole) == rows else pd.RangeIndex(rows, name=names[0])
    if spec["index"]["nested"]:
        return pd.MultiIndex.from_arrays(levels, names=names)
    made: pd.Index = pd.Index(
        levels[0], name=names[0], dtype=object if isinstance(levels[0], np.ndarray) else None
    )
    return made


def _restored(
    columns: _Columns,
    column: dict[str, Any],
    labels: Mapping[str, Sequence[str]],
    registries: Sequence[Registry],
) -> Any:
    name = column["file"]
    if column["kind"] == "guarded":
        return _guarded_restored(columns, column, labels, registries)
    if column["kind"] == "objects":
        objects = np.array([*_labels_restored(column["exact"]), np.nan, None], dtype=object)[:-1]
        found = objects[columns.codes(name, labels[name])]
        return found if column["dtype"] == "object" else pd.array(found, dtype=column["dtype"])
    if column["kind"] == "category":
        exact = column.get("exact")
        categories = _labels_restored(exact) if exact else pd.Index(list(labels[name]), dtype="str")
        return pd.Categorical.from_codes(
            columns.codes(name, labels[name]), categories, ordered=column["ordered"]
        )
    if column["kind"] == "period":
        ordinals = np.array([*column["periods"].values(), _NAT], dtype=np.int64)
        codes = columns.codes(name, labels[name])
        periods: Any = pd.PeriodIndex
        return periods.from_ordinals(ordinals[codes], freq=column["freq"]).array
    array = columns.array(name)
    if column["kind"] == "text" and pa.types.is_dictionary(array.type):
        array = array.cast(pa.string())
    one = pa.table({"x": array}).replace_schema_metadata({"pandas": column["pandas"]}).to_pandas()["x"]
    return one.to_numpy(dtype=object) if column["dtype"] == "object" else one.array


def _guarded_restored(
    columns: _Columns,
    column: dict[str, Any],
    labels: Mapping[str, Sequence[str]],
    registries: Sequence[Registry],
) -> DiscretionisedArray:
    status = columns.codes(column["status"], _LABELS).astype(np.uint8)
    whole = column["dtype"] == "discretionised[Int64]"
    values = columns.numbers(column["file"], np.int64 if whole else np.float64)
    parts = columns.parts[column["file"]] = _parts_restored(columns, column["parts"], labels, status)
    made = DiscretionisedArray(values, status, parts, registries[column["registry"]])
    if column["dropped"]:
        made = DiscretionisedArray._of(Cells(values, status, parts, made.registry, column["dropped"]))  # noqa: SLF001
    return made


def _parts_restored(
    columns: _Columns, recipe: dict[str, Any], labels: Mapping[str, Sequence[str]], status: NDArray[np.uint8]
) -> NDArray[np.int64]:
    if "like" in recipe:
        return columns.parts[recipe["like"]] + np.int64(recipe["shift"])
    if "file" in recipe:
        return columns.numbers(recipe["file"], np.int64)
    parts = np.full(len(status), recipe["constant"], dtype=np.int64)
    for name, table in recipe["sums"].items():
        parts += np.array(table, dtype=np.int64).take(columns.codes(name, labels[name]), mode="wrap")
    if recipe["absent"] is not None:
        parts[status == CellStatus.ABSENT] = recipe["absent"]
    return parts
