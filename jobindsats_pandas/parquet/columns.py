"""From a frame to the columns of a file that everybody can read, and what it takes to restore it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from jobindsats_pandas.disclosure import CellStatus, DiscretionisedArray, DiscretionisedDtype, Registry
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.guarded import DistinctNames
from jobindsats_pandas.parquet.labels import (
    attrs_plain,
    index_columns,
    index_plain,
    labels_plain,
    text_of,
)
from jobindsats_pandas.parquet.metadata import ROW_NUMBER
from jobindsats_pandas.parquet.recipes import recipe_of
from jobindsats_pandas.periods import FREQUENCIES, period_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["MISSING_PERIOD", "STATUS_LABELS", "plain_table", "to_table"]

STATUS_LABELS = [status.label for status in CellStatus]

#: What stands for a missing period among ordinals.
MISSING_PERIOD = int(np.iinfo(np.int64).min)


class _Builder:
    """The columns of a file, and what it takes to restore those of the frame.

    Attributes
    ----------
    columns : list of dict
        What each column of the frame was.
    keys : list of tuple
        Columns of labels: name, codes, and how many labels there are.
    guarded : list of tuple
        What is said of the guarded columns, and their arrays.
    """

    def __init__(self) -> None:
        self.names = DistinctNames({ROW_NUMBER})
        self.fields: list[pa.Field] = []
        self.arrays: list[Any] = []
        self.registries: list[Registry] = []
        self.columns: list[dict[str, Any]] = []
        self.keys: list[tuple[str, NDArray[np.integer], int]] = []
        self.guarded: list[tuple[dict[str, Any], DiscretionisedArray]] = []

    def add(self, name: str, array: Any) -> str:
        name = str(self.names.of(name))
        self.fields.append(pa.field(name, array.type))
        self.arrays.append(array)
        return name

    def registry(self, registry: Registry) -> int:
        for place, known in enumerate(self.registries):
            if known is registry:
                return place
        self.registries.append(registry)
        return len(self.registries) - 1

    def table(self) -> pa.Table:
        return pa.Table.from_arrays(self.arrays, schema=pa.schema(self.fields))


def plain_table(frame: pd.DataFrame) -> tuple[pa.Table, list[dict[str, Any]]]:
    """Turn a frame into the columns for everybody alone, and say what each was."""
    builder = _built(frame)
    return builder.table(), builder.columns


def to_table(frame: pd.DataFrame, by: Sequence[str]) -> tuple[pa.Table, dict[str, Any]]:
    """Turn a frame into columns for everybody, and say how to restore it."""
    builder = _built(frame)
    _add_parts(builder)
    columns = builder.columns
    texts = [column["label_text"] for column in columns]
    for name in by:
        if texts.count(name) != 1 or columns[texts.index(name)]["kind"] not in {"period", "category", "text"}:
            raise QueryError(
                f"partition_by={name!r}: that is not one column of labels. There are:"
                f" {', '.join(repr(c['label_text']) for c in columns if c['kind'] in {'period', 'category', 'text'})}."
            )
    if len(set(by)) < len(by) or len(by) == len(texts):
        raise QueryError(
            f"partition_by={list(by)!r} leaves no column for the files, or names one twice: name fewer."
        )
    spec = {
        "rows": len(frame),
        "index": {"columns": len(index_columns(frame.index)), **index_plain(frame.index)},
        "columns": columns,
        "labels": labels_plain(frame.columns),
        "attrs": attrs_plain(frame.attrs),
        "registries": [registry.to_json() for registry in builder.registries],
        "parts": [c["parts"]["file"] for c, _ in builder.guarded if "file" in c["parts"]],
    }
    return builder.table(), spec


def _built(frame: pd.DataFrame) -> _Builder:
    builder = _Builder()
    labels = list(frame.columns)
    beside = ((labels[place], frame.iloc[:, place]) for place in range(len(labels)))
    for label, values in [*index_columns(frame.index), *beside]:
        text = text_of(label) if label is not None else "index"
        column: dict[str, Any] = {"label_text": text}
        if isinstance(values.dtype, DiscretionisedDtype):
            array: Any = values.array
            column |= _add_guarded(builder, text, array)
            builder.guarded.append((column, array))
        elif isinstance(values.dtype, pd.PeriodDtype):
            column |= _add_periods(builder, text, pd.PeriodIndex(values))
        elif isinstance(values.dtype, pd.CategoricalDtype):
            column |= _add_categorical(builder, text, pd.Categorical(values))
        else:
            column |= _add_other(builder, text, values)
        builder.columns.append(column)
    _say_statuses_once(builder)
    return builder


def _dictionary(codes: NDArray[Any], labels: Sequence[str], *, ordered: bool = False) -> Any:
    """Codes and labels as an Arrow dictionary; a code below 0 is null."""
    missing = codes < 0 if codes.min(initial=0) < 0 else None
    indices = pa.array(codes.astype(_code_type(len(labels)), copy=False), mask=missing)
    return pa.DictionaryArray.from_arrays(indices, pa.array(labels, pa.string()), ordered=ordered)


def _code_type(count: int) -> type[np.int8 | np.int32]:
    return np.int32 if count > 127 else np.int8


def _add_guarded(builder: _Builder, text: str, array: DiscretionisedArray) -> dict[str, Any]:
    numbers = pa.array(array.numbers, mask=~array.visible)
    return {
        "kind": "guarded",
        "dtype": array.dtype.name,
        "file": builder.add(text, numbers),
        "status": builder.add(f"{text}_status", _dictionary(array.status.view(np.int8), STATUS_LABELS)),
        "registry": builder.registry(array.registry),
        "dropped": array.dropped,
        "left": list(array.cells.left),
    }


def _say_statuses_once(builder: _Builder) -> None:
    """Where the frame has a column of the statuses already, as the long layout does, it serves as one."""
    if len(builder.guarded) != 1:
        return
    column, _ = builder.guarded[0]
    names = [field.name for field in builder.fields]
    place = names.index(column["status"])
    mine = builder.arrays[place]
    for other in builder.columns:
        if (
            other["kind"] == "category"
            and other["label_text"] == "status"
            and other.get("categories") == STATUS_LABELS
        ):
            theirs = builder.arrays[names.index(other["file"])]
            if theirs.indices.cast(pa.int8()).equals(mine.indices.cast(pa.int8())):
                del builder.fields[place], builder.arrays[place]
                column["status"] = other["file"]
                return


def _add_parts(builder: _Builder) -> None:
    """Note each cell's address: as a sum of what the labels of its row contribute, else as a column of its own."""
    base: tuple[DiscretionisedArray, str] | None = None
    low = 0
    for column, array in builder.guarded:
        if base is not None and array.registry is base[0].registry and len(array):
            shift = int(array.addresses[0] - base[0].addresses[0])
            if low + min(shift, 0) >= 0 and np.array_equal(base[0].addresses + shift, array.addresses):
                column["parts"] = {"like": base[1], "shift": shift}
                continue
        recipe = recipe_of(array, builder.keys)
        if recipe is None:
            recipe = {"file": builder.add(f"{column['file']}_part", pa.array(array.addresses))}
        column["parts"] = recipe
        if base is None:
            base, low = (array, column["file"]), int(array.addresses.min(initial=0))


def _add_periods(builder: _Builder, text: str, values: pd.PeriodIndex) -> dict[str, Any]:
    codes, uniques = _period_codes(values)
    labels = [period_text(one) for one in uniques]
    whole_days = values.freqstr.partition("-")[0] in {*FREQUENCIES, "W", "D"}
    starts = uniques.start_time.to_numpy().astype("datetime64[D]" if whole_days else "datetime64[us]")
    coded = _dictionary(codes, labels)
    name = builder.add(text, coded)
    builder.keys.append((name, codes, len(labels)))
    return {
        "kind": "period",
        "file": name,
        "start": builder.add(f"{text}_start", pa.array(starts).take(coded.indices)),
        "freq": values.freqstr,
        "periods": dict(zip(labels, uniques.asi8.tolist(), strict=True)),
    }


def _period_codes(values: Any) -> tuple[NDArray[np.integer], Any]:
    """Number periods from the oldest; -1 for a missing one."""
    ordinals = values.asi8
    low, high = (
        (int(ordinals.min()), int(ordinals.max())) if len(ordinals) else (MISSING_PERIOD, MISSING_PERIOD)
    )
    if low == MISSING_PERIOD or high - low > 4 * len(ordinals) + 1_000:
        codes, uniques = pd.factorize(values, sort=True)
        return codes, values.__class__(uniques)
    places = ordinals - low
    seen = np.zeros(high - low + 1, dtype=bool)
    seen[places] = True
    found = np.flatnonzero(seen) + low
    rank = (np.cumsum(seen) - 1).astype(_code_type(len(found)))
    return rank.take(places), values.from_ordinals(found, freq=values.freq)


def _add_categorical(builder: _Builder, text: str, values: pd.Categorical) -> dict[str, Any]:
    labels = [text_of(label) for label in values.categories]
    if len(set(labels)) < len(labels):
        raise QueryError(f"The categories of column {text!r} read alike as text; rename them first.")
    name = builder.add(text, _dictionary(values.codes, labels, ordered=bool(values.ordered)))
    builder.keys.append((name, values.codes, len(labels)))
    column = {"kind": "category", "file": name, "ordered": bool(values.ordered), "categories": labels}
    exact = {} if values.categories.dtype == "str" else {"exact": labels_plain(values.categories)}
    return column | exact


def _add_other(builder: _Builder, text: str, values: Any) -> dict[str, Any]:
    """Anything else goes as pandas and Arrow have it; objects with a readable text go as that text."""
    array: Any = values.array
    kinds = set(map(type, array)) if values.dtype == object else set()
    if isinstance(array.dtype, pd.IntervalDtype) or kinds & {pd.Period, pd.Interval, tuple}:
        codes, uniques = pd.factorize(np.asarray(array, dtype=object))
        objects = pd.Categorical.from_codes(codes, pd.Index(uniques, dtype=object))
        column = _add_categorical(builder, text, objects)
        return {**column, "kind": "objects", "dtype": str(array.dtype)}
    try:
        table = pa.Table.from_pandas(pd.DataFrame({"x": array}), preserve_index=False)
    except pa.ArrowException as error:
        raise QueryError(
            f"The column {text!r} ({values.dtype}) cannot be written to Parquet; turn it into text, numbers or dates"
            f" first: {error.args[0]}"
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
