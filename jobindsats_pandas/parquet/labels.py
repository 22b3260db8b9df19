"""Labels, index and attrs as plain JSON, and back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas.errors import JobindsatsWarning, QueryError
from jobindsats_pandas.notices import notify
from jobindsats_pandas.periods import period_text

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

__all__ = [
    "attrs_plain",
    "index_columns",
    "index_plain",
    "labels_plain",
    "labels_restored",
    "scalar_restored",
    "text_of",
]


def text_of(label: Hashable) -> str:
    """Write a label as text: nested ones with bars between."""
    return " | ".join(map(text_of, label)) if isinstance(label, tuple) else period_text(label)


def index_columns(index: pd.Index) -> list[tuple[Hashable, Any]]:
    """The levels of an index that have to stand in the file; a numbering of the rows does not."""
    if isinstance(index, pd.RangeIndex):
        return []
    return [(index.names[place], index.get_level_values(place)) for place in range(index.nlevels)]


def index_plain(index: pd.Index) -> dict[str, Any]:
    """What of an index stands beside the columns of the file."""
    plain: dict[str, Any] = {
        "names": [_scalar_plain(name) for name in index.names],
        "nested": index.nlevels > 1 or isinstance(index, pd.MultiIndex),
    }
    if isinstance(index, pd.RangeIndex):
        plain["range"] = [index.start, index.stop, index.step]
    if isinstance(index, pd.DatetimeIndex):
        plain["freq"] = index.freqstr
    return plain


def labels_plain(labels: pd.Index) -> dict[str, Any]:
    """An index of labels as JSON: also nested, categorical or a range."""
    names = [_scalar_plain(name) for name in labels.names]
    if isinstance(labels, pd.MultiIndex):
        levels = [labels_plain(level) for level in labels.levels]
        return {"levels": levels, "codes": [codes.tolist() for codes in labels.codes], "names": names}
    if isinstance(labels, pd.RangeIndex):
        return {"range": [labels.start, labels.stop, labels.step], "names": names}
    if isinstance(labels, pd.CategoricalIndex):
        return {
            "categories": labels_plain(labels.categories),
            "codes": labels.codes.tolist(),
            "ordered": bool(labels.ordered),
            "names": names,
        }
    plain: dict[str, Any] = {
        "values": [_scalar_plain(label) for label in labels],
        "dtype": str(labels.dtype),
        "names": names,
    }
    if isinstance(labels, pd.DatetimeIndex):
        plain["freq"] = labels.freqstr
    return plain


def labels_restored(plain: dict[str, Any]) -> pd.Index:
    """What `labels_plain` wrote."""
    names = [scalar_restored(name) for name in plain["names"]]
    if "levels" in plain:
        levels: Any = [labels_restored(level) for level in plain["levels"]]
        return pd.MultiIndex(levels=levels, codes=plain["codes"], names=names)
    if "range" in plain:
        start, stop, step = plain["range"]
        return pd.RangeIndex(start, stop, step, name=names[0])
    if "categories" in plain:
        categories = labels_restored(plain["categories"])
        return pd.CategoricalIndex(
            pd.Categorical.from_codes(plain["codes"], categories, ordered=plain["ordered"]), name=names[0]
        )
    values = [scalar_restored(value) for value in plain["values"]]
    made: pd.Index = pd.Index(values, dtype=plain["dtype"], name=names[0], tupleize_cols=False)
    return pd.DatetimeIndex(made, freq=plain["freq"]) if plain.get("freq") else made


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


def scalar_restored(plain: Any) -> Any:
    """One label, as it was before it became JSON."""
    if not isinstance(plain, list):
        return plain
    kind, *rest = plain
    if kind == "tuple":
        return tuple(map(scalar_restored, rest))
    if kind == "period":
        return pd.Period(ordinal=rest[0], freq=rest[1])
    if kind == "interval":
        return pd.Interval(scalar_restored(rest[0]), scalar_restored(rest[1]), rest[2])
    if kind == "timestamp":
        return pd.Timestamp(rest[0]).as_unit(rest[1])
    return float(rest[0])


def attrs_plain(attrs: Mapping[Hashable, Any]) -> dict[str, Any]:
    """The attrs that JSON can hold; a warning names the others."""
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
        notify(
            f"df.attrs[{'], df.attrs['.join(lost)}] is not plain JSON (text, numbers, lists, mappings from text) and is"
            " not kept in the file.",
            JobindsatsWarning,
        )
    return kept
