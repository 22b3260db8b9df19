"""The columns of a frame as a file for people has them: with the levels of its index, labels as headings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from jobindsats_pandas.danish import STATUSES
from jobindsats_pandas.disclosure import CellStatus, DiscretionisedDtype
from jobindsats_pandas.periods import period_text

__all__ = ["has_statuses", "heading", "ids_and_days", "labelled_columns"]


def labelled_columns(df: pd.DataFrame, *, danish: bool) -> list[tuple[Any, pd.Series]]:
    """Return the levels of the index, where they say anything, and the columns; labels may repeat."""
    if danish and has_statuses(df):
        words = {status.label: word for status, word in STATUSES.items()}
        df = df.assign(status=df["status"].cat.rename_categories(words))
    columns = [(label, df.iloc[:, place]) for place, label in enumerate(df.columns)]
    index = df.index
    if isinstance(index, pd.RangeIndex) and index.name is None:
        return columns
    levels = [(name, index.get_level_values(place)) for place, name in enumerate(index.names)]
    return [
        *(
            (f"level_{place}" if name is None else name, pd.Series(level))
            for place, (name, level) in enumerate(levels)
        ),
        *columns,
    ]


def heading(label: Any) -> str:
    """Write a column's label; of several levels, those that say something."""
    if isinstance(label, tuple):
        return " / ".join(period_text(part) for part in label if not (part == "" or pd.isna(part)))
    return period_text(label)


def has_statuses(df: pd.DataFrame) -> bool:
    """Whether the frame has a column of the statuses already, as the long layout does."""
    labels = df.columns.tolist()
    if labels.count("value") != 1 or labels.count("status") != 1:
        return False
    value, status = df["value"], df["status"]
    if not isinstance(value.dtype, DiscretionisedDtype) or not isinstance(status.dtype, pd.CategoricalDtype):
        return False
    array: Any = value.array
    words = np.array([known.label for known in CellStatus], dtype=object)
    return bool(status.tolist() == words[array.status].tolist())


def ids_and_days(values: pd.Series) -> tuple[list[str | None], list[Any]]:
    """Return the ids of pandas periods and their first days."""
    codes, distinct = pd.factorize(values)
    ids: list[str | None] = [period_text(period) for period in distinct]
    days: list[Any] = [period.start_time for period in distinct]
    ids.append(None)
    days.append(pd.NaT)
    return [ids[code] for code in codes], [days[code] for code in codes]
