"""Period ids such as ``2026M08``, and what they are in pandas.

Months, quarters and years have a pandas frequency. Every other type (``QMAT``, a rolling year; ``MYTD``, the year
to date; whatever comes) is an ordered label: its order is known, its length is not, so pandas cannot count with it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "PeriodKey",
    "chronological",
    "frequency",
    "parse_period",
    "period_id",
    "period_values",
    "periods_per_year",
]

#: Letters of a period id that pandas has a frequency for, and how many such periods a year has.
FREQUENCIES = {"M": ("M", 12), "Q": ("Q-DEC", 4), "Y": ("Y-DEC", 1)}

_PERIOD_ID = re.compile(r"(\d{4})([A-Z]+)(\d{1,3})", re.ASCII)


class PeriodKey(NamedTuple):
    """What a period id says, however its number is written: ``2025Q4`` and ``2025Q04`` have one key."""

    letters: str
    year: int
    number: int


def parse_period(text: str) -> PeriodKey | None:
    """Read a period id; None for a text of another form.

    Examples
    --------
    >>> parse_period("2025Q4") == parse_period("2025Q04")
    True
    >>> parse_period("Aug 2026") is None
    True
    """
    match = _PERIOD_ID.fullmatch(text.strip().upper())
    return PeriodKey(match[2], int(match[1]), int(match[3])) if match else None


def period_id(period: pd.Period) -> str | None:
    """Write a pandas period as the API does, or None where the API has no such frequency.

    Examples
    --------
    >>> period_id(pd.Period("2025-11", "M")), period_id(pd.Period("2025Q4")), period_id(pd.Period("2024"))
    ('2025M11', '2025Q04', '2024Y01')
    """
    letter = period.freqstr.partition("-")[0]
    if letter not in FREQUENCIES or period.freqstr not in FREQUENCIES[letter]:
        return None
    number = {"M": period.month, "Q": period.quarter, "Y": 1}[letter]
    return f"{period.year}{letter}{number:02d}"


def chronological(ids: Iterable[str]) -> list[str]:
    """Sort period ids of one type, oldest first; ids of unknown form stand in the order of their text.

    Examples
    --------
    >>> chronological(["2025Q04", "2024Q10", "2025Q1"])
    ['2024Q10', '2025Q1', '2025Q04']
    """
    keys = [(parse_period(text), text) for text in ids]
    if any(key is None for key, _ in keys):
        return sorted(text for _, text in keys)
    return [text for _, text in sorted(keys, key=lambda pair: pair[0] or ())]


def frequency(ids: Sequence[str]) -> str | None:
    """Return the pandas frequency that all these ids share, None for a type pandas does not know.

    Raises
    ------
    ValueError
        If an id of a known frequency has an impossible number, such as ``2025M13``.

    Examples
    --------
    >>> frequency(["2026M07", "2026M08"]), frequency(["2023QMAT01"])
    ('M', None)
    """
    keys = [parse_period(text) for text in ids]
    letters = {key.letters if key else "" for key in keys}
    if len(letters) != 1 or not letters <= FREQUENCIES.keys():
        return None
    name, per_year = FREQUENCIES[letters.pop()]
    for text, key in zip(ids, keys, strict=True):
        if key and not 1 <= key.number <= per_year:
            msg = f"period {text!r}: a year has {per_year} such periods"
            raise ValueError(msg)
    return name


def periods_per_year(ids: Sequence[str]) -> int:
    """How many periods of the type of these ids a year has; 0 for a type pandas does not know.

    Examples
    --------
    >>> periods_per_year(["2026M07", "2026M08"]), periods_per_year(["2023QMAT01"])
    (12, 0)
    """
    name = frequency(ids)
    return FREQUENCIES[name.partition("-")[0]][1] if name else 0


def period_values(
    ids: Sequence[str], codes: np.ndarray | None = None
) -> pd.PeriodIndex | pd.CategoricalIndex:
    """Turn period ids of one type into pandas periods, or into an ordered categorical.

    Parameters
    ----------
    ids : sequence of str
        Distinct ids, oldest first.
    codes : ndarray of int, optional
        Positions in `ids`, one for each value wanted; all ids once by default.

    Returns
    -------
    PeriodIndex or CategoricalIndex
        Periods where `frequency` knows the type, else an ordered categorical with `ids` as its categories.

    Examples
    --------
    >>> period_values(["2025Q03", "2025Q04"])
    PeriodIndex(['2025Q3', '2025Q4'], dtype='period[Q-DEC]')
    """
    codes = np.arange(len(ids)) if codes is None else codes
    known = _ordinals(tuple(ids))
    if known is None:
        categories = pd.Index(list(ids), dtype="str")
        return pd.CategoricalIndex(pd.Categorical.from_codes(codes, categories, ordered=True))
    ordinals, freq = known
    index: pd.PeriodIndex = pd.PeriodIndex.from_ordinals(ordinals.take(codes), freq=freq)  # type: ignore[attr-defined]
    return index


@lru_cache(maxsize=32)
def _ordinals(ids: tuple[str, ...]) -> tuple[np.ndarray, pd.offsets.BaseOffset] | None:
    """What pandas numbers these periods as, and their frequency; None for a type pandas does not know."""
    name = frequency(ids)
    if name is None:
        return None
    per_year = periods_per_year(ids)
    keys = [key for key in map(parse_period, ids) if key]
    ordinals = np.array([(key.year - 1970) * per_year + key.number - 1 for key in keys], dtype="int64")
    return ordinals, pd.PeriodDtype(name).freq
