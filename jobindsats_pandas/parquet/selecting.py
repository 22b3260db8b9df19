"""Some rows and columns of what is read: conditions on labels, which keep every cell what it is."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas import arguments
from jobindsats_pandas.asked_periods import read_periods
from jobindsats_pandas.disclosure import DiscretionisedDtype
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.matching import did_you_mean
from jobindsats_pandas.periods import FREQUENCIES, PeriodKey, parse_period, period_id, period_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["Filters", "selected"]

_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda text, those: text in those,
    "not in": lambda text, those: text not in those,
}
_FORM = "[('Periode', '>=', '2025M01'), ('Område', 'in', ['Aarhus', 'Odense'])]"


class Filters:
    """Conditions on labels, as pandas and pyarrow write them: all of a list hold, or all of one of several lists.

    Raises
    ------
    QueryError
        If it is anything else.
    """

    def __init__(self, filters: Any) -> None:
        self.any_of: list[list[tuple[str, str, Any]]] = []
        if filters is None:
            return
        wanted = (
            f"filters={arguments.shown(filters)}: give conditions such as {_FORM}, or a list of such lists."
        )
        if not isinstance(filters, list) or not filters:
            raise QueryError(wanted)
        for several in filters if all(isinstance(one, list) for one in filters) else [filters]:
            for one in several:
                if not isinstance(one, tuple) or len(one) != 3 or not isinstance(one[1], str):
                    raise QueryError(wanted)
                if one[1] not in _OPERATORS:
                    raise QueryError(
                        f"filters: {one[1]!r} compares nothing; there are {', '.join(_OPERATORS)}."
                    )
            self.any_of.append([(name, how, _value(how, value)) for name, how, value in several])

    def wanted(self, columns: Sequence[Any]) -> set[Any]:
        """What has to be read where some columns are asked for; nothing by name where all are."""
        return {*columns, *(name for several in self.any_of for name, _, _ in several)} if columns else set()

    def may_hold(self, column: str, text: str | None) -> bool:
        """Whether rows with this label in a column can be among those wanted."""
        return not self.any_of or any(
            all(_may_hold(how, text, value) for name, how, value in several if name == column)
            for several in self.any_of
        )

    def rows(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """Which rows of a frame are wanted.

        Raises
        ------
        QueryError
            If there is no such column, or it holds guarded numbers, or no such label.
        """
        found = np.zeros(len(frame), dtype=bool)
        for several in self.any_of:
            every = np.ones(len(frame), dtype=bool)
            for name, how, value in several:
                every &= _holding(_labels(frame, name), name, how, value)
            found |= every
        return found if self.any_of else ~found


def selected(frame: pd.DataFrame, filters: Filters, columns: Sequence[Any]) -> pd.DataFrame:
    """Take the rows that filters want, and some columns; all where none are named.

    Raises
    ------
    QueryError
        If there is no such column or label.
    """
    for name in columns:
        _place(frame, name, "columns")
    if filters.any_of:
        frame = frame[filters.rows(frame)].reset_index(drop=True)
    return frame[list(columns)] if columns else frame


def _place(frame: pd.DataFrame, name: Any, argument: str) -> int:
    labels = list(frame.columns)
    if name not in labels:
        near = did_you_mean(str(name), [str(label) for label in labels])
        raise QueryError(
            f"{argument}: there is no column {name!r}.{near} There are {', '.join(map(repr, labels))}."
        )
    return labels.index(name)


def _labels(frame: pd.DataFrame, name: str) -> pd.Categorical:
    values = frame.iloc[:, _place(frame, name, "filters")]
    if isinstance(values.dtype, DiscretionisedDtype):
        raise QueryError(
            f"filters: {name!r} holds numbers, of which some are hidden. Filter by labels here, and by numbers what is read:"
            " df[df[…] > 100]."
        )
    return pd.Categorical(values)


def _holding(labels: pd.Categorical, name: str, how: str, value: Any) -> NDArray[np.bool_]:
    texts = [period_text(label) for label in labels.categories]
    letters = _letters(texts)
    for one in sorted(_each(value)):
        if letters is not None and _span(one, letters) is None:
            raise QueryError(
                f"filters: {name!r} holds periods such as {texts[-1]!r}, and {one!r} is none of their type, nor a year."
            )
        known = one in texts if letters is None else any(_side(text, one, letters) == 0 for text in texts)
        # Of pandas' periods only those that there are are categories, in a file of a dataset those of this file.
        if not known and how in {"=", "==", "in"} and not isinstance(labels.categories.dtype, pd.PeriodDtype):
            raise QueryError(f"filters: {name!r} has no label {one!r}.{did_you_mean(one, texts)}")
    holds = np.array([*(_holds(how, text, value, letters) for text in texts), False], dtype=bool)
    found: NDArray[np.bool_] = holds[labels.codes]
    return found


def _holds(how: str, text: str, value: Any, letters: str | None) -> bool:
    """Whether a label is as wanted; as a period where the letters of its type are given, else as text."""
    if letters is None:
        return bool(_OPERATORS[how](text, value))
    if isinstance(value, frozenset):
        return any(_side(text, one, letters) == 0 for one in value) == (how == "in")
    return bool(_OPERATORS[how](_side(text, value, letters), 0))


def _may_hold(how: str, text: str | None, value: Any) -> bool:
    """As `_holds`, of the one label of a file; what is no period is refused where all labels are known."""
    if text is None:
        return False
    letters = _letters([text])
    if letters is not None and any(_span(one, letters) is None for one in _each(value)):
        return True
    return _holds(how, text, value, letters)


def _each(value: Any) -> Iterable[str]:
    return value if isinstance(value, frozenset) else [value]


# --- periods ---------------------------------------------------------------------------------------------------------


def _letters(texts: Sequence[str]) -> str | None:
    """The letters of the type that all labels are periods of; None if they are not."""
    keys = [parse_period(text) for text in texts]
    letters = {key.letters if key else None for key in keys}
    return letters.pop() if len(letters) == 1 else None


def _side(text: str, wanted: str, letters: str) -> int:
    """Whether a period lies before what is wanted (-1), in it (0), or behind it (1)."""
    span = _span(wanted, letters)
    assert span is not None  # noqa: S101 - others were refused
    key = parse_period(text)
    return (key > span[1]) - (key < span[0])  # type: ignore[operator]


@lru_cache(maxsize=4096)
def _span(text: str, letters: str) -> tuple[PeriodKey, PeriodKey] | None:
    """The first and the last period of a type that a text means, as questions take it; None if it means no such."""
    try:
        read = read_periods(text.removesuffix(" 00:00:00"))  # as a timestamp prints
    except QueryError:
        return None
    if not isinstance(read, str):
        return None
    if re.fullmatch(r"\d{4}", read, re.ASCII):
        return PeriodKey(letters, int(read), 0), PeriodKey(letters, int(read), 999)
    if letters in FREQUENCIES and re.fullmatch(r"\d{4}-\d{2}-\d{2}", read, re.ASCII):
        try:
            read = period_id(pd.Timestamp(read).to_period(FREQUENCIES[letters][0])) or ""
        except ValueError:
            return None
    key = parse_period(read)
    if key is None or key.letters != letters or not 0 < key.number <= FREQUENCIES.get(letters, ("", 999))[1]:
        return None
    return key, key


def _value(how: str, value: Any) -> Any:
    """What labels are compared with, as the text that stands in the file."""
    if how not in {"in", "not in"}:
        return period_text(value)
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise QueryError(f"filters: {how!r} wants a list, and {arguments.shown(value)} is none.")
    return frozenset(map(period_text, value))
