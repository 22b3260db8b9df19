"""The rows of an answer, read by Arrow's CSV reader: the fast path, for bodies that are exactly as expected.

The rows ``[["2026M05","Hele landet",107080,null],[…]]`` are CSV but for the brackets between them. In a copy of the
bytes each ``],[`` becomes line ends (empty lines are skipped), and the CSV reader splits the lines at every comma, with
the quotes left on, names straight to dictionaries. What it found is then checked token by token: each distinct name
must be a JSON string, each number one that JSON allows. Tokens and commas are all there is in a row, so it can be read
in this one way only. Whatever is not exactly as expected (a number as text, an escaped quote, an empty row) is left to
the plain path in `rows`, which reads any JSON; the two give the same rows for every body.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Labels", "Rows", "fast_rows", "from_csv"]

#: Whole numbers from here on are not exact as float64.
EXACT = 2.0**53

#: Bytes read in one go, and bytes looked at in one go: what stays in the processor's own memory is cheap to do again.
PIECE, BLOCK = 1 << 22, 1 << 17

#: Stands for a comma within a name while rows are split; no answer holds it, for JSON forbids bytes below the space.
MASKED = "\x1f"

_QUOTE, _COMMA, _CLOSE, _NEWLINE, _POINT, _SPACE = (np.uint8(ord(sign)) for sign in '",]\n. ')
_OPENING = re.compile(rb'"rows": ?\[\[')
# What stands between two rows, without spaces and with them, and the line ends for it: four bytes, taken in one step.
_LINE_ENDS = {b'],["': b'\n\n\n"', b"], [": b"\n\n\n\n"}


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
    # With the bracket behind the last row.
    text = np.frombuffer(body, np.uint8, stop + 1 - opening.end(), opening.end())
    ends, between = _row_ends(text)
    numbered: list[dict[str, int]] = [{} for _ in range(label_count)]
    codes = np.empty((label_count, len(ends)), np.int32)
    numbers = np.empty((len(columns) - label_count, len(ends)))
    for first, last, start in _pieces(ends, _LINE_ENDS[between].count(b"\n")):
        piece = text[start : ends[last - 1] + 1]
        batch = _batch(piece, ends[first : last - 1] - start, between, len(columns), label_count)
        labels = batch.columns[:label_count]
        spelt = [_spelt(column) for column in labels]
        for names, column, known, place in zip(spelt, labels, numbered, codes[:, first:last], strict=True):
            _codes(names, column, known, out=place)
        _refuse_misspelt(piece, spelt, labels)
        for column, place in zip(batch.columns[label_count:], numbers[:, first:last], strict=True):
            _numbers(column, out=place)
    found = (Labels(tuple(known), row) for known, row in zip(numbered, codes, strict=True))
    return Rows(columns, tuple(found), tuple(numbers))


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


def _row_ends(text: np.ndarray) -> tuple[np.ndarray, bytes]:
    """Find the bracket behind every row, and what stands between two rows, if that is always the same."""
    _require(len(text) > 3 and text[0] == _QUOTE)
    found = []
    for start in range(0, len(text), BLOCK):
        block = text[start : start + BLOCK]
        _require(block.min() >= _SPACE)
        found.append(np.flatnonzero(block == _CLOSE) + start)
    ends = np.concatenate(found)
    for names_hold_brackets in (False, True):
        if names_hold_brackets:
            ends = ends[~_within_names(text)[ends]]
        # The last row has an end of its own, and at least four bytes of it stand behind that of the row before.
        _require(ends.size and ends[-1] == len(text) - 1 and (ends[-2:-1] < len(text) - 3).all())
        for between in _LINE_ENDS:
            if (_words(text)[ends[:-1]] == _word(between)).all():
                return ends, between
    raise _UnexpectedError


def _words(text: np.ndarray) -> np.ndarray:
    """Every four bytes that stand side by side as one number, on the text's own memory."""
    return np.ndarray(max(len(text) - 3, 0), np.uint32, text, strides=(1,))


def _word(four: bytes) -> np.uint32:
    word: np.uint32 = np.frombuffer(four, np.uint32)[0]
    return word


def _pieces(ends: np.ndarray, between: int) -> Iterator[tuple[int, int, int]]:
    """Cut rows, which have some bytes between them, into pieces of about `PIECE` bytes.

    Yields
    ------
    first, last, start : int
        The first row, the one behind the last, and where the first one's text begins.
    """
    first = start = 0
    while first < len(ends):
        last = max(first + 1, int(ends.searchsorted(start + PIECE)))
        yield first, last, start
        first, start = last, int(ends[last - 1]) + between


def _batch(text: np.ndarray, ends: np.ndarray, between: bytes, width: int, label_count: int) -> Any:
    """Split rows into a batch of Arrow's: names as dictionaries, then numbers.

    Parameters
    ----------
    text : ndarray of uint8
        The rows, with the bracket behind the last.
    ends : ndarray of int
        Where the brackets behind the others are.
    between : bytes
        What follows there.
    width, label_count : int
        How many columns there are, and how many of them hold names.
    """
    lines = text.copy()
    lines[-1] = _NEWLINE
    _words(lines)[ends] = _word(_LINE_ENDS[between])
    batch = from_csv(lines, width, label_count)
    if batch is None:
        # Perhaps for a comma in a name.
        lines[_within_names(text) & (text == _COMMA)] = ord(MASKED)
        batch = from_csv(lines, width, label_count)
    # A row without values is no line.
    _require(batch is not None and batch.num_rows == len(ends) + 1)
    return batch


def from_csv(lines: np.ndarray, width: int, label_count: int) -> Any:
    """Read lines as a batch of Arrow's, quotes and all; None if one has not `width` columns, or no number where one belongs."""
    # Here, not above: whoever never reads data need not load Arrow's CSV reader.
    import pyarrow as pa
    from pyarrow import csv

    names = [str(position) for position in range(width)]
    types = [pa.dictionary(pa.int32(), pa.string())] * label_count + [pa.float64()] * (width - label_count)
    try:
        # As a stream of one batch: `read_csv` would start a thread each time.
        with csv.open_csv(
            pa.py_buffer(lines),
            # One block: the dictionaries then need no unifying, and no row can fall between two.
            read_options=csv.ReadOptions(column_names=names, use_threads=False, block_size=lines.size),
            parse_options=csv.ParseOptions(quote_char=False, double_quote=False),
            convert_options=csv.ConvertOptions(
                column_types=dict(zip(names, types, strict=True)),
                null_values=["null", " null"],
                check_utf8=False,  # `_spelt` decodes every name there is
            ),
        ) as reader:
            return reader.read_next_batch()
    except pa.ArrowInvalid:
        return None


def _spelt(column: Any) -> list[str]:
    """Give the distinct names of a column as they are spelt, if each is a JSON string that holds no quote."""
    names = column.dictionary.cast("binary").to_numpy(zero_copy_only=False)
    try:
        text = b"\n".join(names).decode()
    except ValueError:
        raise _UnexpectedError from None
    spelt = [name.strip(" ") for name in text.replace(MASKED, ",").split("\n")]
    # With two quotes in all, every quote of the rows opens or closes a name, as `_within_names` takes for granted.
    _require(all(name.count('"') == 2 and name[0] == name[-1] == '"' for name in spelt))
    return spelt


def _codes(spelt: list[str], column: Any, known: dict[str, int], out: np.ndarray) -> None:
    """Read names as their numbers among the known ones, and those not known yet as the next."""
    try:
        names = [str(json.loads(name)) if "\\" in name else name[1:-1] for name in spelt]
    except ValueError:
        raise _UnexpectedError from None
    codes = np.array([known.setdefault(name, len(known)) for name in names], np.int32)
    codes.take(column.indices.to_numpy(), out=out, mode="clip")


def _numbers(column: Any, out: np.ndarray) -> None:
    """Read numbers into a place of our own."""
    values = column.to_numpy(zero_copy_only=False)
    # To the CSV reader ``nan`` is a number; in JSON only null may be missing.
    _require(np.count_nonzero(np.abs(values) < EXACT) == len(values) - column.null_count)
    np.add(values, 0.0, out=out)  # turns -0.0 into 0.0


def _refuse_misspelt(text: np.ndarray, spelt: list[list[str]], columns: list[Any]) -> None:
    """Refuse rows whose numbers are spelt as CSV allows and JSON forbids; within a name the same is harmless."""
    around = (text[max(start - 1, 0) : start + BLOCK + 1] for start in range(0, len(text), BLOCK))
    count = sum(np.count_nonzero(_misspelt(block)) for block in around)
    _require(not count or count == _misspelt_in_names(spelt, columns))


def _misspelt(text: np.ndarray) -> np.ndarray:
    """Tell, but for the first and last byte, where a number looks misspelt: 05, .5, 5., +5."""
    # In bytes: 0 for the point, 2 to 11 for digits, 253 for the plus. The slash, 1, is in no number.
    sign = text - _POINT
    number, point = sign < 12, sign == 0
    before, after = number[:-2], number[2:]
    wrong: np.ndarray = point[1:-1] > (before & after)
    # A zero that begins a number goes before a digit.
    wrong |= ((sign[1:-1] == 2) & (number > point)[2:]) > before
    wrong |= sign[1:-1] == 253
    return wrong


def _misspelt_in_names(spelt: list[list[str]], columns: list[Any]) -> int:
    """Count what looks like a misspelt number in the names of columns, row by row."""
    text = np.frombuffer("\n".join(["", *chain.from_iterable(spelt), ""]).encode(), np.uint8)
    in_each = np.add.reduceat(_misspelt(text), np.flatnonzero(text == _NEWLINE)[:-1], dtype=np.int64)
    count = 0
    for names, column in zip(spelt, columns, strict=True):
        counts, in_each = in_each[: len(names)], in_each[len(names) :]
        if counts.any():
            count += int(np.bincount(column.indices.to_numpy(), minlength=len(names)) @ counts)
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
