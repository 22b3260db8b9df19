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

#: Bytes read in one go, and bytes looked at in one go: fresh memory costs more than what is done in it.
PIECE, BLOCK = 1 << 23, 1 << 18

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
    if columns is None or not label_count < len(columns):
        return None
    pieces = []
    while first <= stop:
        cut = body.find(b"],[", first + PIECE, stop)
        last = stop if cut < 0 else cut
        # With the bracket behind the last row.
        piece = _piece(np.frombuffer(body, np.uint8, last + 1 - first, first), len(columns), label_count)
        if piece is None:
            return None
        pieces.append(piece)
        first = last + len(b"],[")
    return Rows(
        columns,
        tuple(_joined([labels[place] for labels, _ in pieces]) for place in range(label_count)),
        tuple(map(np.concatenate, zip(*(numbers for _, numbers in pieces), strict=True))),
    )


def _joined(pieces: list[Labels]) -> Labels:
    """Join the names of one column, each name numbered where it first comes."""
    numbered: dict[str, int] = {}
    codes = [
        np.array([numbered.setdefault(name, len(numbered)) for name in piece.names], np.int32)[piece.codes]
        for piece in pieces
    ]
    return Labels(tuple(numbered), np.concatenate(codes))


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


def _piece(text: np.ndarray, width: int, label_count: int) -> tuple[list[Labels], list[np.ndarray]] | None:
    ends, quotes, misspelt = _scan(text)
    between = ends[:-1]
    if (
        quotes != 2 * label_count * len(ends)
        or text.min() < ord(" ")
        or (text[between + 1] != _COMMA).any()
        or (text[between + 2] != _OPEN).any()
    ):
        return None
    lines = text.copy()
    lines[-1] = _NEWLINE
    for offset in range(3):
        lines[between + offset] = _NEWLINE
    table = _from_csv(lines, width, label_count)
    # A row without values, or a name with brackets in it, is not a line of its own.
    if table is None or table.num_rows != len(ends):
        return None
    names = [column.chunk(0) for column in table.columns[:label_count]]
    labels = [found for column in names if (found := _labels(column)) is not None]
    numbers = [read for column in table.columns[label_count:] if (read := _numbers(column)) is not None]
    if len(labels) + len(numbers) != width or not _names_in_quotes(text, np.append(0, between + 3), names):
        return None
    # What looks like a misspelt number is harmless within a name.
    return (labels, numbers) if not misspelt or misspelt == _misspelt_in(names) else None


def _from_csv(lines: np.ndarray, width: int, label_count: int) -> Any:
    # Here, not above: whoever never reads data need not load Arrow's CSV reader.
    import pyarrow as pa
    from pyarrow import csv

    names = [str(position) for position in range(width)]
    types = [pa.dictionary(pa.int32(), pa.string())] * label_count + [pa.float64()] * (width - label_count)
    try:
        return csv.read_csv(
            pa.py_buffer(lines),
            # One block: the dictionaries then need no unifying, and no row can fall between two.
            read_options=csv.ReadOptions(column_names=names, use_threads=False, block_size=lines.size),
            parse_options=csv.ParseOptions(double_quote=False),
            convert_options=csv.ConvertOptions(
                column_types=dict(zip(names, types, strict=True)),
                null_values=["null"],
                check_utf8=False,  # `_labels` decodes every name there is
            ),
        )
    except pa.ArrowInvalid:
        return None


def _scan(text: np.ndarray) -> tuple[np.ndarray, int, int]:
    """Find where rows end, how many quotes there are, and how many numbers look misspelt."""
    ends, quotes, misspelt = [], 0, 0
    for start in range(0, len(text), BLOCK):
        block = text[start : start + BLOCK]
        ends.append(np.flatnonzero(block == _CLOSE) + start)
        quotes += int(np.count_nonzero(block == _QUOTE))
        misspelt += int(np.count_nonzero(_misspelt(text[max(start - 1, 0) : start + BLOCK + 1])))
    return np.concatenate(ends), quotes, misspelt


def _misspelt(text: np.ndarray) -> np.ndarray:
    """Tell, but for the first and last byte, where a number is spelt as CSV allows and JSON forbids: 05, .5, 5., +5."""
    before, here, after = text[:-2], text[1:-1], text[2:]
    point, digit_follows = here == _POINT, after - _ZERO <= 9  # bytes below the zero wrap around
    wrong: np.ndarray = here == _ZERO
    wrong &= digit_follows
    wrong |= point
    wrong |= here == _PLUS
    # Below the point stand the comma, the minus and the space: what can stand before a number.
    wrong &= before < _POINT
    wrong |= point > digit_follows
    return wrong


def _names_in_quotes(text: np.ndarray, position: np.ndarray, names: list[Any]) -> bool:
    """Whether quotes stand where the names' lengths put them: nothing was read as a name but what they enclose.

    Parameters
    ----------
    text : ndarray of uint8
        The rows.
    position : ndarray of int
        Where each begins.
    names : list of pyarrow.DictionaryArray
        The names that were read.
    """
    for column in names:
        lengths = np.array([len(name) for name in _spelt(column)])
        end = position + lengths[column.indices.to_numpy()]
        if (text.take(position, mode="clip") != _QUOTE).any():
            return False
        if (text.take(end - 1, mode="clip") != _QUOTE).any():
            return False
        position = end + 1
    return True


def _misspelt_in(names: list[Any]) -> int:
    """Count what looks like a misspelt number in names, row by row."""
    count = 0
    for column in names:
        spelt = _spelt(column)
        joined = _misspelt(np.frombuffer(b" ".join([b"", *spelt, b""]), dtype=np.uint8))
        starts = np.cumsum([0, *(len(name) + 1 for name in spelt[:-1])])
        in_each = np.add.reduceat(joined, starts, dtype=np.int64)
        if in_each.any():
            count += int(np.bincount(column.indices.to_numpy(), minlength=len(spelt)) @ in_each)
    return count


def _spelt(column: Any) -> list[bytes]:
    return [f'"{name}"'.encode() for name in column.dictionary.to_pylist()]


def _labels(column: Any) -> Labels | None:
    try:
        names = column.dictionary.to_pylist()
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
