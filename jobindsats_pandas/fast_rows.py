"""The rows of an answer, read by Arrow's CSV reader: the fast path, for bodies that are exactly as expected.

The rows ``[["2026M05","Hele landet",107080,null],[…]]`` are CSV but for the brackets. In a copy of the bytes each ``]``
becomes the end of a line; the ``,[`` behind it makes an empty first column and a bracket before the first name. The CSV
reader splits the lines at every comma, with the quotes left on, names straight to dictionaries. What it found is then
checked token by token: each distinct name must be a JSON string, each number one that JSON allows. Tokens, commas and
brackets are all there is in a row, so it can be read in this one way only. Whatever is not exactly as expected (a number
as text, an escaped quote, an empty row) is left to the plain path in `rows`, which reads any JSON; the two give the same
rows for every body.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Labels", "Rows", "fast_rows", "from_csv"]

#: Whole numbers from here on are not exact as float64.
EXACT = 2.0**53

#: Bytes read in one go, and bytes looked at in one go: what stays in the processor's own memory is cheap to do again.
PIECE, BLOCK = 1 << 22, 1 << 17

#: Bytes that Arrow's CSV reader takes as one piece: a row may be longer than `PIECE`.
LARGEST = 2**31 - 1

#: Stands for a comma within a name while rows are split; no answer holds it, for JSON forbids bytes below the space.
MASKED = "\x1f"

_QUOTE, _COMMA, _POINT, _ZERO, _CLOSE, _NEWLINE, _SPACE = (np.uint8(ord(sign)) for sign in '",.0]\n ')
# The bits that point and plus have in common; of all other bytes only the star and the slash share them.
_ALIKE = np.uint8(0xFA)
_OPENING = re.compile(rb'"rows": ?\[\[')
# The last column holds numbers, so this is hardly ever within a name; if it is, what was cut there is refused.
_ROW_END = re.compile(rb'[\dl] ?\](?=, ?\[")')


class Labels(NamedTuple):
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
    def names(self) -> tuple[tuple[str, ...], ...]:
        """The distinct names of each column of names."""
        return tuple(column.names for column in self.labels)

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
    try:
        return _rows(body, label_count)
    except _UnexpectedError:
        return None


class _UnexpectedError(Exception):
    """The body does not meet a precondition."""


def _require(condition: object) -> None:
    if not condition:
        raise _UnexpectedError


def _rows(body: bytes, label_count: int) -> Rows:
    opening, stop = _OPENING.search(body), body.rfind(b"]]")
    if opening is None or stop < opening.end():
        raise _UnexpectedError
    columns = _columns(body[: opening.start()] + b'"rows":[]' + body[stop + 2 :])
    _require(label_count < len(columns))
    known: list[dict[str, int]] = [{} for _ in range(label_count)]
    pieces = []
    for text in _pieces(body, opening.end() - 2, stop + 1):
        _require(len(text) <= LARGEST)
        lines, suspects = _lines(text)
        batch = from_csv(lines, len(columns), label_count)
        if batch is None:
            # Perhaps for a comma or a bracket in a name.
            batch = from_csv(_masked(text), len(columns), label_count)
        _require(batch is not None)
        empty, *found = batch.columns
        _require(not empty.null_count)  # where a null stands between two rows
        labels, numbers = found[:label_count], found[label_count:]
        spelt = [_spelt(column.dictionary, "" if place else "[") for place, column in enumerate(labels)]
        places = [column.indices.to_numpy() for column in labels]
        _require(not suspects or suspects == _misspelt_in_names(spelt, places))
        pieces.append([*map(_codes, spelt, places, known), *map(_numbers, numbers)])
    joined = [
        of_one[0] if len(of_one) == 1 else np.concatenate(of_one) for of_one in zip(*pieces, strict=True)
    ]
    names = (tuple(numbered) for numbered in known)
    return Rows(columns, tuple(map(Labels, names, joined)), tuple(joined[label_count:]))


def _columns(frame: bytes) -> tuple[str, ...]:
    """Read the names of the columns from an answer emptied of its rows, if those were the answer's own."""
    try:
        # Objects as tuples of pairs: keys that come twice stay visible.
        answer = json.loads(frame, object_pairs_hook=tuple, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _UnexpectedError from None
    _require(isinstance(answer, tuple) and len(answer) == 2)
    found = dict(answer)
    columns = found.get("columns")
    # With these two keys alone, and nothing but texts in the columns, the rows that were cut out were the answer's.
    if found.get("rows") != [] or not isinstance(columns, list):
        raise _UnexpectedError
    _require(all(isinstance(name, str) for name in columns))
    return tuple(columns)


def _no_constant(name: str) -> float:
    raise ValueError(name)


def _pieces(body: bytes, start: int, stop: int) -> Iterator[np.ndarray]:
    """Cut rows into pieces of about `PIECE` bytes, each with the byte in front of its first row."""
    text = np.frombuffer(body, np.uint8)
    while start < stop:
        row_end = _ROW_END.search(body, start + PIECE, stop)
        end = row_end.end() if row_end else stop
        yield text[start:end]
        start = end


def _lines(text: np.ndarray) -> tuple[np.ndarray, int]:
    """Make lines of rows, with a comma in front of each, and count what looks like a misspelt number."""
    lines = np.empty_like(text)
    suspects = 0
    for start in range(0, len(text), BLOCK):
        block = text[start : start + BLOCK]
        _require(block.min() >= _SPACE)
        closes = (block == _CLOSE).view(np.uint8)
        closes *= _CLOSE - _NEWLINE
        np.subtract(block, closes, out=lines[start : start + BLOCK])
        suspects += int(np.count_nonzero(_misspelt(text[max(start - 1, 0) : start + BLOCK + 1])))
    lines[0] = _COMMA
    return lines, suspects


def _masked(text: np.ndarray) -> np.ndarray:
    """Make lines of rows, as `_lines` does, but leave brackets within names alone, and mask the commas there."""
    within = _within_names(text)
    lines = text.copy()
    lines[(text == _CLOSE) > within] = _NEWLINE
    lines[within & (text == _COMMA)] = ord(MASKED)
    lines[0] = _COMMA
    return lines


def from_csv(lines: bytes | np.ndarray, width: int, label_count: int) -> Any:
    """Read lines of `width` columns behind an empty one as a batch of Arrow's, quotes and all; None if they are not that."""
    # Here, not above: whoever never reads data need not load Arrow's CSV reader.
    import pyarrow as pa
    from pyarrow import csv

    names, parsing, conversion = _csv_options(width, label_count)
    # One block: the dictionaries then need no unifying, and no row can fall between two.
    reading = csv.ReadOptions(column_names=names, use_threads=False, block_size=len(lines))
    try:
        # As a stream of one batch: `read_csv` would start a thread each time.
        with csv.open_csv(pa.py_buffer(lines), reading, parsing, conversion) as reader:
            return reader.read_next_batch()
    except pa.ArrowInvalid:
        return None


@lru_cache(maxsize=64)
def _csv_options(width: int, label_count: int) -> tuple[list[str], Any, Any]:
    import pyarrow as pa
    from pyarrow import csv

    types = [pa.binary(0), *[pa.dictionary(pa.int32(), pa.binary())] * label_count]
    types += [pa.float64()] * (width - label_count)
    names = [str(position) for position in range(len(types))]
    return (
        names,
        csv.ParseOptions(quote_char=False, double_quote=False, ignore_empty_lines=False),
        csv.ConvertOptions(
            column_types=dict(zip(names, types, strict=True)), null_values=["null", " null"], check_utf8=False
        ),
    )


def _spelt(names: Any, before: str) -> list[str]:
    """Give names as they are spelt, if each is a JSON string that holds no quote, `before` in front of it."""
    try:
        text = b"\n".join(names.to_numpy(zero_copy_only=False)).decode()
    except ValueError:
        raise _UnexpectedError from None
    spelt = [name.strip(" ") for name in text.replace(MASKED, ",").split("\n")]
    # With two quotes in all, every quote of the rows opens or closes a name, as `_within_names` takes for granted.
    opening = before + '"'
    _require(all(name.count('"') == 2 and name.startswith(opening) and name[-1] == '"' for name in spelt))
    return [name.removeprefix(before) for name in spelt] if before else spelt


def _codes(spelt: list[str], places: np.ndarray, known: dict[str, int]) -> np.ndarray:
    """Read places among names as numbers among the known ones; those not known yet are the next."""
    try:
        names = [str(json.loads(name)) if "\\" in name else name[1:-1] for name in spelt]
    except ValueError:
        raise _UnexpectedError from None
    codes = np.array([known.setdefault(name, len(known)) for name in names], np.int32)
    # A copy, as pandas may keep the codes, and those of Arrow cannot be written to.
    return places.copy() if (codes == np.arange(len(codes))).all() else codes.take(places)


def _numbers(column: Any) -> np.ndarray:
    """Read numbers into an array of our own."""
    values = column.to_numpy(zero_copy_only=False)
    # To the CSV reader ``nan`` is a number; in JSON only null may be missing.
    _require(np.count_nonzero(np.abs(values) < EXACT) == len(values) - column.null_count)
    numbers: np.ndarray = values + 0.0  # turns -0.0 into 0.0
    return numbers


def _misspelt(text: np.ndarray) -> np.ndarray:
    """Tell, but for the first and last byte, where a number looks misspelt: 05, .5, 5., +5.

    Each is a point, a plus or a leading zero with a digit on one side only; what has none is no number to Arrow either.
    """
    digit = (text - _ZERO) < 10
    mark = (text & _ALIKE) == (_POINT & _ALIKE)
    # In place, as what is looked at again and again should fit into the processor's own memory.
    wrong: np.ndarray = text[1:-1] == _ZERO
    wrong &= text[:-2] < _POINT
    wrong |= mark[1:-1]
    wrong &= digit[:-2] ^ digit[2:]
    return wrong


def _misspelt_in_names(spelt: list[list[str]], columns: list[np.ndarray]) -> int:
    """Count what looks like a misspelt number in the names of columns, row by row."""
    text = np.frombuffer("\n".join(["", *chain.from_iterable(spelt), ""]).encode(), np.uint8)
    in_each = np.add.reduceat(_misspelt(text), np.flatnonzero(text == _NEWLINE)[:-1], dtype=np.int64)
    count = 0
    for names, column in zip(spelt, columns, strict=True):
        counts, in_each = in_each[: len(names)], in_each[len(names) :]
        if counts.any():
            count += int(counts.take(column).sum())
    return count


def _within_names(text: np.ndarray) -> np.ndarray:
    """Mark every byte from an opening quote up to the closing one: those behind an odd number of quotes.

    The counting goes by words of 64 bits, one for each byte of the text.
    """
    words = np.zeros(-(-len(text) // 64), np.dtype("<u8"))
    bits = np.packbits(text == _QUOTE, bitorder="little")
    words.view(np.uint8)[: len(bits)] = bits
    for step in (1, 2, 4, 8, 16, 32):
        words ^= words << np.uint64(step)
    odd = np.bitwise_xor.accumulate(words >> np.uint64(63)).astype(bool)
    np.invert(words[1:], out=words[1:], where=odd[:-1])
    return np.unpackbits(words.view(np.uint8), count=len(text), bitorder="little").view(bool)
