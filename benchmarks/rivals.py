"""Ways from the bytes of an answer to a frame: what users write, and ours."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import requests
from answers import LABELS, MEASURES

from jobindsats_pandas import answers, decoding, fast_rows, judging
from jobindsats_pandas.rows import plain_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jobindsats_pandas.queries import Plan


def response(body: bytes, content_type: str = "application/json") -> requests.Response:
    """A response as requests would give it."""
    made = requests.Response()
    made.status_code = 200
    made.raw = io.BytesIO(body)
    made.headers["Content-Type"] = content_type
    made.encoding = requests.utils.get_encoding_from_headers(made.headers)
    assert made.content == body
    return made


def user_json(answer: requests.Response) -> pd.DataFrame:
    """What a user writes: ``response.json()``, a frame, categories."""
    found = answer.json()
    return categories(pd.DataFrame(found["rows"], columns=found["columns"]))


def user_frame(answers: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """The same of several answers."""
    frames = [pd.DataFrame(found["rows"], columns=found["columns"]) for found in answers]
    return categories(pd.concat(frames, ignore_index=True))


def user_csv(answer: requests.Response) -> pd.DataFrame:
    """The agency's documented way: CSV."""
    return pd.read_csv(io.BytesIO(answer.content), sep=";", encoding="utf-8-sig")


def categories(frame: pd.DataFrame) -> pd.DataFrame:
    """The names as categories."""
    return frame.astype(dict.fromkeys(LABELS, "category"))


def ours(bodies: Sequence[bytes], question: Plan) -> pd.DataFrame:
    """The package's way: typed, flagged, guarded, in order."""
    blocks = [answers.match(body, request) for body, request in zip(bodies, question.requests, strict=True)]
    assert judging.unexplained_since(blocks, question) is None
    return decoding.to_frame(blocks, question)


@contextmanager
def plain_path() -> Iterator[None]:
    """Only the plain path, as for an answer that does not meet the fast path's preconditions."""
    usual = answers.read_rows
    answers.read_rows = plain_rows
    try:
        yield
    finally:
        answers.read_rows = usual


def csv_reader_alone(body: bytes) -> Callable[[], None]:
    """What bounds the fast path: Arrow's CSV reader on rows that are lines already."""
    first, last = body.index(b"[[") + 2, body.rindex(b"]]")
    rows = body[first:last].split(b"],[")
    count = max(1, len(rows) * fast_rows.PIECE // (last - first))
    pieces = [
        b",[" + b"\n,[".join(rows[start : start + count]) + b"\n" for start in range(0, len(rows), count)
    ]

    def read() -> None:
        for lines in pieces:
            assert fast_rows.from_csv(lines, len(LABELS) + len(MEASURES), len(LABELS)) is not None

    return read


def assert_equal(guarded: pd.DataFrame, theirs: pd.DataFrame) -> None:
    """Both hold the same cells; theirs in any order."""
    ids = {f"{period.year}M{period.month:02d}": period for period in guarded["Periode"].unique()}
    keys = [
        pd.Categorical(theirs[name].astype(str), guarded[name].cat.categories).codes for name in LABELS[1:]
    ]
    known = list(ids)
    keys.append(pd.Categorical(theirs["Periode"].astype(str), known).codes)
    order = np.lexsort(keys[::-1])
    assert len(theirs) == len(guarded)
    for name, codes in zip(LABELS[1:], keys, strict=False):
        assert (guarded[name].cat.codes.to_numpy() == codes[order]).all(), name
    periods = pd.Categorical.from_codes(keys[-1][order], pd.Index(list(ids.values())))
    assert (guarded["Periode"].array == periods.astype(guarded["Periode"].dtype)).all()
    for name in MEASURES:
        shown = guarded[name].array.plain().to_numpy(dtype=float, na_value=np.nan)
        expected = theirs[name].to_numpy(dtype=float, na_value=np.nan)[order]
        assert np.array_equal(shown, expected, equal_nan=True), name
