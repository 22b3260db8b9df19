"""Some rows and columns of what is read: conditions on labels, which keep every cell what it is."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas import arguments
from jobindsats_pandas.disclosure import DiscretionisedDtype
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.matching import did_you_mean
from jobindsats_pandas.periods import period_text

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
            all(_holds(how, text, value) for name, how, value in several if name == column)
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
    if how in {"=", "==", "in"} and not isinstance(labels.categories.dtype, pd.PeriodDtype):
        for one in sorted(value) if isinstance(value, frozenset) else [value]:
            if one not in texts:
                raise QueryError(f"filters: {name!r} has no label {one!r}.{did_you_mean(one, texts)}")
    holds = np.array([*(_holds(how, text, value) for text in texts), False], dtype=bool)
    found: NDArray[np.bool_] = holds[labels.codes]
    return found


def _holds(how: str, text: str | None, value: Any) -> bool:
    return text is not None and bool(_OPERATORS[how](text, value))


def _value(how: str, value: Any) -> Any:
    """What labels are compared with, as the text that stands in the file."""
    if how not in {"in", "not in"}:
        return period_text(value)
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise QueryError(f"filters: {how!r} wants a list, and {arguments.shown(value)} is none.")
    return frozenset(map(period_text, value))
