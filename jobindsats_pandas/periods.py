"""Period ids such as ``2026M08``, and what they are in pandas.

Months, quarters and years have a pandas frequency. Every other type (``QMAT``, a rolling year; ``MYTD``, the year
to date; whatever comes) is an ordered label: its order is known, its length is not, so pandas cannot count with it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from jobindsats_pandas.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "FREQUENCIES",
    "PeriodKey",
    "chronological",
    "days",
    "frequency",
    "has_days",
    "holds_periods",
    "parse_period",
    "period_id",
    "period_text",
    "period_values",
    "periods_per_year",
    "statbank_period",
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


def period_text(label: Any) -> str:
    """Write a period as the API does, ``2026M05``; anything else as it prints."""
    return period_id(label) or str(label) if isinstance(label, pd.Period) else str(label)


def statbank_period(text: str) -> str | None:
    """Write the id of a month, quarter or year as Statistics Denmark's StatBank does; None for other types.

    Examples
    --------
    >>> [statbank_period(text) for text in ("2026M08", "2026Q03", "2025Y01", "2026QMAT01")]
    ['2026M08', '2026K3', '2025', None]
    """
    key = parse_period(text)
    if key is None or key.letters not in FREQUENCIES:
        return None
    written = {"M": f"M{key.number:02d}", "Q": f"K{key.number}", "Y": ""}
    return f"{key.year}{written[key.letters]}"


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


# --- the days that periods cover -------------------------------------------------------------------------------------

#: Months and quarters, years, rolling years and the year to date: what is known to cover certain days.
_DAYS_KNOWN = re.compile(r"(M|Q|Y)(|MAT|YTD)")


def holds_periods(values: pd.Series | pd.Index) -> bool:
    """Whether these are periods of pandas, or categories that are all ids of periods."""
    if isinstance(values.dtype, pd.PeriodDtype):
        return True
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return False
    labels = values.dtype.categories
    return len(labels) > 0 and all(parse_period(str(label)) for label in labels)


def has_days(text: str) -> bool:
    """Whether it is known which days a period covers."""
    key = parse_period(text)
    form = _DAYS_KNOWN.fullmatch(key.letters) if key else None
    return bool(key and form and 1 <= key.number <= {"M": 12, "Q": 4, "Y": 1}[form[1]])


def days(values: pd.Series | pd.Index, how: str) -> Any:
    """Midnight of the first or last day of each period, as ``datetime64``.

    Raises
    ------
    QueryError
        If it is not known which days a period covers.

    Examples
    --------
    >>> days(pd.Series(["2026QMAT01", "2026MYTD03"]), "start").astype(str).tolist()
    ['2025-04-01T00:00:00.000000', '2026-01-01T00:00:00.000000']
    """
    if isinstance(values.dtype, pd.PeriodDtype):
        return pd.PeriodIndex(values).to_timestamp(how=how).normalize()  # type: ignore[arg-type]
    places, distinct = pd.factorize(values)
    found = np.array([*(_day(str(text), how) for text in distinct), "NaT"], dtype="datetime64[D]")
    return found[places].astype("datetime64[us]")


def _day(text: str, how: str) -> Any:
    key = parse_period(text)
    form = _DAYS_KNOWN.fullmatch(key.letters) if key else None
    if key is None or form is None or not has_days(text):
        raise QueryError(
            f"Period {text!r}: nothing is known of the days that a period of this type covers, so it has no {how}."
            " Types known are months, quarters and years (M, Q, Y), rolling years (QMAT, MMAT) and the year to date"
            " (MYTD, QYTD)."
        )
    months = {"M": 1, "Q": 3, "Y": 12}[form[1]]
    after = np.datetime64(f"{key.year:04d}-01", "M") + key.number * months
    if how == "end":
        return after.astype("datetime64[D]") - np.timedelta64(1, "D")
    length = {"": months, "MAT": 12, "YTD": key.number * months}[form[2]]
    return (after - length).astype("datetime64[D]")
