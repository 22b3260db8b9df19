"""The rows of an answer: any JSON of the documented form, its names and numbers checked cell by cell."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas.arguments import shown
from jobindsats_pandas.documents import parse_json
from jobindsats_pandas.errors import BrokenAnswerError, PayloadError
from jobindsats_pandas.fast_rows import EXACT, Labels, Rows, fast_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["plain_rows", "read_rows"]

#: Bytes below which the plain path is the faster one: starting Arrow's CSV reader costs as much as reading that much.
SMALL = 1 << 16

#: Texts that stand for a missing number; seen in older versions of the API.
MISSING = frozenset({"-", ".", "..", "*"})

# 1.234 alone, and 1,234, may be one and a quarter thousand or one and a bit.
_EITHER = re.compile(r"[-+]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)
_DECIMAL = re.compile(r"[-+]?\d+\.\d+", re.ASCII)
# Danish numbers. A point is a thousands separator only where a second group or a decimal comma proves it.
_DANISH = re.compile(
    r"[-+]?(?:\d+|\d{1,3}(?:\.\d{3}){2,}|\d{1,3}(?:[\u00a0\u202f]\d{3})+)(?:,\d+)?|[-+]?\d{1,3}\.\d{3},\d+",
    re.ASCII,
)
_SEPARATORS = str.maketrans({".": "", "\u00a0": "", "\u202f": "", ",": "."})

# Names, without case and marks, under which other APIs say that an answer is not the whole.
_NEXT = re.compile(
    "(?:odata)?next(?:page|link|url|href|cursor|token|offset|start)?|has(?:more|next|nextpage)|more(?:rows|data|pages)?"
    "|(?:is)?(?:truncated|partial|incomplete)|continuation(?:token)?|errors?|cause"
)
_COUNT = re.compile(
    "(?:odata)?(?:total)?count|(?:total|n|numberof|numof)?rows|total(?:records|results|items)?|rowcount|rowstotal"
)
_NOTHING = frozenset({"false", "no", "null", "none", "0"})
_PAGES = re.compile("(?:total|n|numberof|numof)?pages|pagecount|pagestotal|lastpage")


def read_rows(body: bytes, label_count: int) -> Rows:
    """Read the rows of an answer.

    Parameters
    ----------
    body : bytes
        JSON ``{"columns": […], "rows": [[…], …]}`` without a byte order mark.
    label_count : int
        How many columns, from the first, hold names (period and dimensions); the others hold numbers.

    Returns
    -------
    Rows

    Raises
    ------
    PayloadError
        If a cell is neither a number nor a known mark for a missing one; row and column are named.

    Examples
    --------
    >>> rows = read_rows(b'{"columns": ["Periode", "Antal"], "rows": [["2026M05", "1.234.567"], ["2026M06", null]]}', 1)
    >>> rows.labels[0].names, rows.numbers[0]
    (('2026M05', '2026M06'), array([1234567.,      nan]))
    """
    rows = fast_rows(body, label_count) if len(body) >= SMALL else None
    return rows or plain_rows(body, label_count)


def plain_rows(body: bytes, label_count: int) -> Rows:
    """Read the rows of any body; as `read_rows`, which takes a faster way where the body allows it."""
    try:
        document = parse_json(body)
    except BrokenAnswerError as error:
        raise BrokenAnswerError(f"The answer is not JSON: {error}.") from None
    columns = document.get("columns") if isinstance(document, dict) else None
    rows = document.get("rows") if isinstance(document, dict) else None
    if not isinstance(columns, list) or not isinstance(rows, list):
        raise BrokenAnswerError(
            "The answer has no lists 'columns' and 'rows', so it is not an answer to a question for data: it holds"
            f" {shown(document)}."
        )
    if more := next(_told_of_more(document, len(rows)), None):
        name, value = more
        raise PayloadError(
            f"The answer has {len(rows)} rows and says {name!r}: {shown(value)}: it may be no more than a part of what was asked"
            " for, and the rest would count as 0. Ask for less in one call.",
        )
    if not all(isinstance(name, str) for name in columns):
        raise PayloadError(f"The answer's columns are not all names: {columns!r:.200}.")
    if not label_count < len(columns):
        raise PayloadError(
            f"The answer has the columns {columns}; {label_count} of period and dimensions, and measures, were expected.",
        )
    if set(map(type, rows)) - {list} or set(map(len, rows)) - {len(columns)}:
        number, row = next(
            (number, row)
            for number, row in enumerate(rows, start=1)
            if not isinstance(row, list) or len(row) != len(columns)
        )
        raise PayloadError(
            f"Row {number} of the answer is {row!r:.200}; {len(columns)} values were expected."
        )
    flat = list(chain.from_iterable(rows))
    by_column = [flat[place :: len(columns)] for place in range(len(columns))]
    return Rows(
        tuple(columns),
        tuple(_labels(name, by_column[i]) for i, name in enumerate(columns[:label_count])),
        tuple(_numbers(name, by_column[label_count + i]) for i, name in enumerate(columns[label_count:])),
    )


def _told_of_more(document: dict[str, Any], count: int) -> Iterator[tuple[str, Any]]:
    """What beside the rows says that there are more: pages were never seen, and half an answer looks like a whole one."""
    waiting = [document]
    while waiting:
        for name, value in waiting.pop().items():
            plain = re.sub("[^a-z]", "", name.casefold())
            text = "" if isinstance(value, dict | list) else str(value).casefold()
            number = int(text) if re.fullmatch("[0-9]{1,15}", text) else 0
            if (
                (_NEXT.fullmatch(plain) and value and text not in _NOTHING)
                or (_COUNT.fullmatch(plain) and number > count)
                or (_PAGES.fullmatch(plain) and number > 1)
            ):
                yield name, value
            elif isinstance(value, dict):
                waiting.append(value)
            elif plain == "links" and isinstance(value, list):
                links = [link for link in value if isinstance(link, dict) and link.get("rel") == "next"]
                yield from ((name, link) for link in links if link.get("href"))


def _labels(column: str, cells: list[Any]) -> Labels:
    if set(map(type, cells)) - {str}:
        cells = [_name(column, position, cell) for position, cell in enumerate(cells)]
    numbered = {name: number for number, name in enumerate(dict.fromkeys(cells))}
    codes = np.fromiter(map(numbered.__getitem__, cells), dtype=np.int32, count=len(cells))
    return Labels(tuple(numbered), codes)


def _name(column: str, position: int, cell: Any) -> str:
    if type(cell) is str or type(cell) is int:
        return str(cell)
    raise PayloadError(f"Row {position + 1}, column {column!r} of the answer: {cell!r:.60} is not a name.")


def _numbers(column: str, cells: list[Any]) -> np.ndarray:
    if not set(map(type, cells)) <= {int, float, type(None)}:
        cells = [_number(column, position, cell) for position, cell in enumerate(cells)]
    try:
        numbers = np.array(cells, dtype=np.float64)
        inexact = np.flatnonzero(~(np.abs(numbers) < EXACT) & ~np.isnan(numbers))
    except OverflowError:
        inexact = np.array(
            [next(i for i, cell in enumerate(cells) if cell is not None and abs(cell) >= EXACT)]
        )
    if inexact.size:
        position = int(inexact[0])
        raise PayloadError(
            f"Row {position + 1}, column {column!r} of the answer: {cells[position]!r:.60} is too large to be exact.",
        )
    return numbers + 0.0  # turns -0.0 into 0.0


def _number(column: str, position: int, cell: Any) -> float | None:
    if cell is None or type(cell) in {int, float}:
        return cell  # type: ignore[no-any-return]
    if isinstance(cell, str):
        text = cell.strip()
        if text in MISSING:
            return None
        if _EITHER.fullmatch(text):
            raise PayloadError(
                f"Row {position + 1}, column {column!r} of the answer: {cell!r} can be read in two ways, as so many"
                " thousands or with three decimals. A wrong number would be worse than this error.",
            )
        if _DECIMAL.fullmatch(text):
            return float(text)
        if _DANISH.fullmatch(text):
            return float(text.translate(_SEPARATORS))
    raise PayloadError(f"Row {position + 1}, column {column!r} of the answer: {cell!r:.60} is not a number.")
