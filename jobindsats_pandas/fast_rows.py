"""The rows of an answer, read by Arrow's CSV reader: the fast path, for bodies that are exactly as expected.

The rows ``[["2026M05","Hele landet",107080,null],[…]]`` are CSV but for the brackets between them. In a copy of the
bytes each ``],[`` becomes three line ends (empty lines are skipped), and the CSV reader does the rest in C, labels
straight to dictionaries. Whatever is not exactly as expected (an escaped quote, a number as text, space between the
tokens) is left to the plain path in `rows`, which reads any JSON; the two give the same rows for every body.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Labels", "Rows", "fast_rows"]

#: Whole numbers from here on are not exact as float64.
EXACT = 2.0**53

_QUOTE, _COMMA, _OPEN, _CLOSE, _NEWLINE, _POINT, _PLUS, _ZERO = (np.uint8(ord(c)) for c in '",[]\n.+0')


@dataclass(frozen=True)
class Labels:
    """A column of names: the distinct ones, and each row's position among them (int32)."""

    names: tuple[str, ...]
    codes: np.ndarray


@dataclass(frozen=True)
class Rows:
    """The rows of an answer by column: names first, then numbers (float64, NaN where the answer has none)."""

    columns: tuple[str, ...]
    labels: tuple[Labels, ...]
    numbers: tuple[np.ndarray, ...]

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.labels[0].codes)


def fast_rows(body: bytes, label_count: int) -> Rows | None:
    """Read the rows of a body that meets every precondition; None for any other body.

    Parameters
    ----------
    body : bytes
        JSON ``{"columns": […], "rows": [[…], …]}`` without a byte order mark.
    label_count : int
        How many columns, from the first, hold names; the others hold numbers.
    """
    start, stop = body.find(b'"rows":[['), body.rfind(b"]]")
    if start < 0 or stop < start:
        return None
    first = start + len(b'"rows":[[')
    columns = _columns(body[:start] + b'"rows":[]' + body[stop + 2 :])
    if columns is None:
        return None
    text = np.frombuffer(body, dtype=np.uint8)[first:stop]
    ends = np.flatnonzero(text == _CLOSE)
    if not label_count < len(columns) or not _plain_layout(text, ends, label_count):
        return None
    lines = text.copy()
    for offset in range(3):
        lines[ends + offset] = _NEWLINE
    return _from_csv(lines, columns, label_count, len(ends) + 1)


def _columns(frame: bytes) -> tuple[str, ...] | None:
    """Read the names of the columns from an answer emptied of its rows; None unless those were the answer's own."""
    try:
        # Objects as tuples of pairs: keys that come twice stay visible.
        answer = json.loads(frame, object_pairs_hook=tuple, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, tuple) or len(answer) != 2:
        return None
    found = dict(answer)
    columns = found.get("columns")
    # With these two keys alone, and nothing but texts in the columns, the rows that were cut out were the answer's.
    if found.get("rows") != [] or not isinstance(columns, list):
        return None
    return tuple(columns) if all(isinstance(name, str) for name in columns) else None


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _plain_layout(text: np.ndarray, ends: np.ndarray, label_count: int) -> bool:
    """Whether every row is `label_count` quoted names, without escaped quotes, and then no quote."""
    if text.size == 0 or text.min() < ord(" ") or (ends.size and ends[-1] + 2 >= text.size):
        return False
    if not (text[ends + 1] == _COMMA).all() or not (text[ends + 2] == _OPEN).all():
        return False
    quotes = np.flatnonzero(text == _QUOTE)
    if quotes.size != 2 * label_count * (ends.size + 1) or (text[quotes[1:] - 1] == ord("\\")).any():
        return False
    by_row = quotes.reshape(ends.size + 1, 2 * label_count)
    starts = np.concatenate(([0], ends + 3))
    adjacent = (by_row[:, 2::2] == by_row[:, 1:-1:2] + 2).all()
    if not adjacent or not (by_row[:, 0] == starts).all() or by_row[-1, -1] + 1 >= text.size:
        return False
    if not (text[by_row[:, 1::2] + 1] == _COMMA).all():
        return False
    return _json_numbers(_outside_names(text, by_row[:, -1] + 1, ends))


def _outside_names(text: np.ndarray, names_end: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the bytes of the numbers: of each row what stands behind its last name, the comma first."""
    lengths = np.column_stack((names_end - np.append(0, ends), np.append(ends, text.size) - names_end))
    outside: np.ndarray = text[np.repeat(np.tile([False, True], len(names_end)), lengths.reshape(-1))]
    return outside


def _json_numbers(text: np.ndarray) -> bool:
    """Whether no number is written in a way that the CSV reader understands and JSON forbids: 05, .5, 5., +5."""
    text = np.append(text, _COMMA)
    before, here, after = text[:-2], text[1:-1], text[2:]
    # Below the point stand the comma, the minus and the space: what can stand before a number.
    first = before < _POINT
    digit_follows = after - _ZERO <= 9  # bytes below the zero wrap around
    point = here == _POINT
    wrong = (
        (first & (point | (here == _PLUS)))
        | (first & digit_follows & (here == _ZERO))
        | (point & ~digit_follows)
    )
    return not wrong.any()


def _from_csv(lines: np.ndarray, columns: tuple[str, ...], label_count: int, row_count: int) -> Rows | None:
    # Here, not above: whoever never reads data need not load Arrow's CSV reader.
    import pyarrow as pa
    from pyarrow import csv

    names = [str(position) for position in range(len(columns))]
    name_type = pa.dictionary(pa.int32(), pa.string())
    types = {name: name_type if int(name) < label_count else pa.float64() for name in names}
    try:
        table = csv.read_csv(
            pa.py_buffer(lines),
            # One block: the dictionaries then need no unifying, and no row can fall between two.
            read_options=csv.ReadOptions(column_names=names, use_threads=False, block_size=lines.size),
            parse_options=csv.ParseOptions(double_quote=False),
            convert_options=csv.ConvertOptions(column_types=types, null_values=["null"]),
        )
    except pa.ArrowInvalid:
        return None
    labels = [_labels(column.combine_chunks()) for column in table.columns[:label_count]]
    numbers = [_numbers(column) for column in table.columns[label_count:]]
    if table.num_rows != row_count or None in labels or any(values is None for values in numbers):
        return None
    return Rows(
        columns, tuple(filter(None, labels)), tuple(values for values in numbers if values is not None)
    )


def _labels(column: Any) -> Labels | None:
    names = column.dictionary.to_pylist()
    try:
        names = [str(json.loads(f'"{name}"')) if "\\" in name else name for name in names]
    except ValueError:
        return None
    # Two spellings of one name, such as ø and its escape: rare, and the plain path merges them.
    return Labels(tuple(names), column.indices.to_numpy()) if len(set(names)) == len(names) else None


def _numbers(column: Any) -> np.ndarray | None:
    values: np.ndarray = column.to_numpy() + 0.0  # a copy of our own, in which -0.0 is 0.0
    shown = np.abs(values) < EXACT
    # To the CSV reader ``nan`` is a number; in JSON only null may be missing.
    return values if np.count_nonzero(shown) == len(values) - column.null_count else None
