"""The periods that a question names, as people write them, and which of a table's periods they are.

Whatever can mean only one thing is taken: ids of the API, years, months and quarters in words, dates, pandas' own
periods and timestamps, ranges of these. Reading knows no table and leaves only what can be kept and read again; a year
means all its periods, and a date the period that it lies in, of the period type in force.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from numbers import Integral
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas import arguments
from jobindsats_pandas.errors import QueryError, QueryWarning
from jobindsats_pandas.matching import did_you_mean, fold
from jobindsats_pandas.notices import notify
from jobindsats_pandas.patterns import compiled_later
from jobindsats_pandas.periods import (
    FREQUENCIES,
    PeriodKey,
    frequency,
    parse_period,
    period_id,
    periods_per_year,
)

if TYPE_CHECKING:
    from jobindsats_pandas.metadata import PeriodType, Table

__all__ = ["DEFAULT_PERIODS", "read_periods", "resolve_periods"]

#: How many of the newest periods are asked for when the question names none.
DEFAULT_PERIODS = 12

#: Whole numbers that are years; others are numbers of periods.
YEARS = range(1990, 2100)

_EVERYTHING = {"*", "all", "alle"}
_LATEST = {"latest", "last", "newest", "seneste", "nyeste"}
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januar january",
            "feb februar february",
            "mar marts march",
            "apr april",
            "maj may",
            "jun juni june",
            "jul juli july",
            "aug august",
            "sep sept september",
            "okt oct oktober october",
            "nov november",
            "dec december",
        ),
        start=1,
    )
    for name in names.split()
}
_YEAR = compiled_later(r"\d{4}", re.ASCII)
_DATE = compiled_later(r"\d{4}-\d{2}-\d{2}", re.ASCII)
#: Months in figures (2025-08 as pandas prints them, 08/2025), in words (aug 2025, 2025 august), quarters (2025K3 as
#: Statistics Denmark writes them, Q3 2025, 3. kvartal 2025).
_WRITTEN = (
    compiled_later(r"(?P<year>\d{4})[-/.](?P<month>\d{2})", re.ASCII),
    compiled_later(r"(?P<month>\d{1,2})[-/.](?P<year>\d{4})", re.ASCII),
    compiled_later(r"(?P<word>[a-z]+)[. -]{0,2}(?P<year>\d{4})", re.ASCII),
    compiled_later(r"(?P<year>\d{4})[ -]?(?P<word>[a-z]{3,})\.?", re.ASCII),
    compiled_later(r"[kq] ?(?P<quarter>[1-4])[ -]?(?P<year>\d{4})", re.ASCII),
    compiled_later(r"(?P<year>\d{4})[ -]?[kq] ?(?P<quarter>0?[1-4])", re.ASCII),
    compiled_later(r"(?P<quarter>[1-4])\. ?(?:kvartal|kvt\.?|kv\.?) ?(?P<year>\d{4})", re.ASCII),
)
#: A day as it is written in Denmark: 15.01.2026.
_DANISH_DATE = compiled_later(r"(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})", re.ASCII)
_NEWEST = compiled_later(rf"(?:{'|'.join(_LATEST)}) (\d{{1,9}})", re.ASCII)
_NEWEST_OF_A_KIND = compiled_later(
    rf"(?:de |the )?(?:{'|'.join(_LATEST)}|sidste|past) (\d{{1,9}}) [a-z]+\.?", re.ASCII
)
_SINCE = compiled_later(
    r"(?:since|from|siden|fra) (?P<first>.+)|(?P<begun>\d{4}(?:[a-z]+\d{1,3})?) ?-", re.ASCII
)
#: Months of one year: jan-mar 2026.
_MONTHS_OF_A_YEAR = compiled_later(
    r"([a-z]+)\.?(?: ?(?:-|–|—|\.\.) ?| (?:to|til) )([a-z]+)\.? (?P<year>\d{4})", re.ASCII
)
_RANGES = (
    compiled_later(r"\s*(.+?)\s*(?:\.\.|–|—|\s-\s|\s(?:to|til)\s)\s*(.+?)\s*"),
    compiled_later(r"\s*(\d{4}[a-z]+\d{1,3}|\d{4})-(\d{4}[a-z]+\d{1,3}|\d{4})\s*", re.ASCII | re.IGNORECASE),
)


# --- reading ---------------------------------------------------------------------------------------------------------


def read_periods(periods: Any) -> str | int | list[str] | None:
    """Read what a question names, before anything is known of the table; what was read can be read again.

    Parameters
    ----------
    periods : Any
        As `read_jobindsats` takes them.

    Returns
    -------
    str, int, list of str, or None
        A period, a range with a colon between its ends, or ``*``; how many of the newest; several; nothing named.

    Raises
    ------
    QueryError
        If it cannot be read, or can mean several things.

    Examples
    --------
    >>> read_periods("jan 2025"), read_periods(["2025K3", "2025"]), read_periods("2025M01-2025M06")
    ('2025M01', ['2025Q03', '2025'], '2025M01:2025M06')
    """
    if periods is None or (isinstance(periods, str) and fold(periods) in _EVERYTHING):
        return periods and "*"
    if isinstance(periods, slice):
        if periods.step is not None:
            raise QueryError(f"periods={arguments.shown(periods)}: a slice of periods has no step.")
        return ":".join("" if end is None else _text(end) for end in (periods.start, periods.stop))
    if isinstance(periods, str):
        return _read_text(periods)
    if not isinstance(periods, bool) and isinstance(periods, Integral) and abs(int(periods)) < 10**9:
        return str(int(periods)) if int(periods) in YEARS else int(periods)
    if isinstance(periods, (pd.Period, dt.date, np.datetime64)):
        return _text(periods)
    if isinstance(periods, Iterable):
        return [_one_of_several(item) for item in periods]
    raise QueryError(_unreadable(periods))


def _one_of_several(item: Any) -> str:
    """Read what stands in a list: a period or a range."""
    read = read_periods(item) if isinstance(item, (str, slice)) else _text(item)
    if not isinstance(read, str) or read == "*":
        raise QueryError(
            f"periods: {arguments.shown(item)} stands alone, not in a list, which holds periods and ranges: say it by itself."
        )
    return read


def _read_text(text: str) -> str | int | list[str]:
    if "," in text:
        return [_one_of_several(item) for item in text.split(",") if item.strip()]
    first, colon, last = (part.strip() for part in text.partition(":"))
    if colon and fold(first) in _LATEST:
        if not re.fullmatch(r"\d{1,9}", last, re.ASCII):
            raise QueryError(_unreadable(text))
        return int(last)
    if colon:
        return ":".join(_text(end) if end else "" for end in (first, last))
    plain = fold(text)
    if found := _NEWEST.fullmatch(plain):
        return int(found[1])
    if found := _SINCE.fullmatch(plain):
        return f"{_text(found['first'] or found['begun'])}:"
    if found := _MONTHS_OF_A_YEAR.fullmatch(plain):
        months = [_MONTHS.get(name) for name in found.groups()[:2]]
        if None not in months:
            return ":".join(f"{found['year']}M{month:02d}" for month in months)
    if found := _NEWEST_OF_A_KIND.fullmatch(plain):
        raise QueryError(
            f"periods={text!r}: the newest are counted in periods of the table, months or others. Say"
            f" 'latest:{found[1]}', with period_type= where the table has several types."
        )
    if plain in _LATEST:
        raise QueryError(f"periods={text!r}: how many of the newest? Say 'latest:1', or 'latest:12'.")
    for form in _RANGES:
        if found := form.fullmatch(text):
            return ":".join(map(_text, found.groups()))
    if re.fullmatch(r"\s*\d{1,3}\s*", text, re.ASCII):
        return int(text)
    return _text(text)


def _text(item: Any) -> str:
    """Write one period: an id, a year, or a date; a text of another form as it is."""
    if isinstance(item, pd.Period):
        text = period_id(item)
        if text is None:
            raise QueryError(
                f"The period {item!s} has the frequency {item.freqstr!r}; the API has months, quarters and years:"
                f" pd.Period('{item.start_time:%Y-%m}', 'M') for instance.",
            )
        return text
    if isinstance(item, (dt.date, np.datetime64)) and not pd.isna(item):
        return f"{pd.Timestamp(item):%Y-%m-%d}"
    if not isinstance(item, bool) and isinstance(item, Integral) and int(item) in YEARS:
        return str(int(item))
    if isinstance(item, str):
        return _written(item.strip())
    raise QueryError(
        f"{arguments.shown(item)} is not a period. Say '2025M01', '2025Q04', '2024Y01', the year 2025, a date or a"
        " pandas Period."
    )


def _written(text: str) -> str:
    plain = fold(text)
    if found := _DANISH_DATE.fullmatch(plain):
        return f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}"
    for form in _WRITTEN:
        if not (found := form.fullmatch(plain)):
            continue
        named = found.groupdict()
        month = _MONTHS.get(named["word"]) if "word" in named else named.get("month")
        if month is not None and 1 <= int(month) <= 12:
            return f"{named['year']}M{int(month):02d}"
        if "quarter" in named:
            return f"{named['year']}Q{int(named['quarter']):02d}"
    return text


def _unreadable(periods: Any) -> str:
    return (
        f"periods={arguments.shown(periods)} cannot be read. Say 'latest:12', 12, '2025M01', '2025M01:2025M12', 2025"
        " for the whole year, a list of periods and ranges, dates, a pandas Period or PeriodIndex, or '*'."
    )


# --- resolving -------------------------------------------------------------------------------------------------------


def resolve_periods(
    table: Table, periods: str | int | Sequence[str] | None, period_type: str | None
) -> tuple[PeriodType, tuple[str, ...]]:
    """Return the period type, and the ids oldest first, of what `read_periods` read.

    Raises
    ------
    QueryError
        If the table has no such periods.

    Warns
    -----
    QueryWarning
        If a range, a year or a number of periods goes beyond what there is; all that there is, is taken.
    """
    if periods is None or periods == "*":
        chosen = _period_type(table, [], period_type)
        return chosen, chosen.periods[0 if periods else -DEFAULT_PERIODS :]
    if isinstance(periods, int):
        return _latest(table, periods, period_type)
    periods = _as_listed(table, periods, period_type)
    if isinstance(periods, str):
        first, colon, last = periods.partition(":")
        if colon:
            chosen = _period_type(table, [end for end in (first, last) if end], period_type)
            return chosen, _between(table, chosen, first, last)
        periods = [periods]
    if not periods:
        raise QueryError(f"Table {table.id}: periods=[] names no period. Leave it out for the newest 12.")
    chosen = _period_type(table, [end for name in periods for end in name.split(":") if end], period_type)
    known = _positions(chosen)
    positions: set[int] = set()
    for name in periods:
        first, colon, last = name.partition(":")
        if colon or (_YEAR.fullmatch(name) and name not in known):
            span = _between(table, chosen, first, last if colon else name)
            positions.update(map(chosen.periods.index, span))
            continue
        position = known.get(_key(table, chosen, name) or name)
        if position is None:
            raise QueryError(_no_such_period(table, chosen, name))
        positions.add(position)
    return chosen, tuple(chosen.periods[position] for position in sorted(positions))


def _as_listed(table: Table, periods: str | Sequence[str], period_type: str | None) -> str | Sequence[str]:
    """Put ids of the period type in force where they were read as something else: 2011/12 as a month, 2023-2024 as a range."""
    if not isinstance(periods, str):
        return [str(_as_listed(table, name, period_type)) for name in periods]
    chosen = table.default_period_type if period_type is None else table.period_type(period_type)
    listed = _read_forms(chosen)
    if periods in listed or not listed:
        return listed.get(periods, periods)
    return ":".join(listed.get(end, end) for end in periods.split(":"))


@lru_cache(maxsize=32)
def _read_forms(period_type: PeriodType) -> dict[str, str]:
    """The ids of a type that are none of months, quarters or years, by what is read where they are named."""
    keys = [(text, parse_period(text)) for text in period_type.periods]
    unusual = [text for text, key in keys if key is None or key.letters not in FREQUENCIES]
    forms = [(read_periods(text), text) for text in unusual if text.strip()]
    return {form: text for form, text in forms if isinstance(form, str)}


def _latest(table: Table, count: int, period_type: str | None) -> tuple[PeriodType, tuple[str, ...]]:
    chosen = _period_type(table, [], period_type)
    if count < 1:
        raise QueryError(
            f"Table {table.id}: latest:{arguments.shown(count)} asks for no period; ask for 1 at least."
        )
    if count > len(chosen.periods):
        notify(
            f"Table {table.id}: latest:{count} asks for more periods of type {chosen.id} than the"
            f" {len(chosen.periods)} there are ({chosen.periods[0]} to {chosen.periods[-1]}); all of them are taken.",
            QueryWarning,
        )
    return chosen, chosen.periods[-count:]


def _between(table: Table, chosen: PeriodType, first: str, last: str) -> tuple[str, ...]:
    """The periods from one named to another, both included; what is cut off is told."""
    ids = chosen.periods
    order = {text: position for position, text in enumerate(ids)}
    keys = [parse_period(text) for text in ids]
    letters = {key.letters if key else "" for key in keys}
    per_year = periods_per_year(ids)

    def place(text: str, *, end: bool = False) -> tuple[int, ...]:
        if _YEAR.fullmatch(text) and "" not in letters:
            numbers = [key.number for key in keys if key and key.year == int(text)]
            known = (1, per_year) if per_year else (min(numbers, default=0), max(numbers, default=0))
            return int(text), known[end]
        key = _key(table, chosen, text)
        if key is not None and letters == {key.letters}:
            return key.year, key.number
        if text not in order:
            raise QueryError(_no_such_period(table, chosen, text))
        return (order[text],)

    low = place(first) if first else place(ids[0])
    high = place(last, end=True) if last else place(ids[-1])
    inside = tuple(text for text in ids if low <= place(text) <= high)
    asked = first if first == last else f"{first}:{last}"
    if not inside:
        swapped = " The first end is later than the last." if low > high else ""
        raise QueryError(
            f"Table {table.id} has no period of type {chosen.id} in {asked}.{swapped}{_span(chosen)}"
        )
    if low < place(ids[0]) or high > place(ids[-1]):
        notify(
            f"Table {table.id}: {asked} is cut to the periods of type {chosen.id} that there are:"
            f" {inside[0]} to {inside[-1]}.",
            QueryWarning,
        )
    return inside


def _key(table: Table, chosen: PeriodType, text: str) -> PeriodKey | None:
    """The key of a period named; of a date, that of the period it lies in."""
    if not _DATE.fullmatch(text) or text in chosen.periods:
        return parse_period(text)
    known = frequency(chosen.periods)
    try:
        day = pd.Timestamp(text)
    except ValueError:
        raise QueryError(f"Table {table.id}: {text!r} is no date. Dates are written as 2025-02-28.") from None
    if known is None:
        raise QueryError(
            f"Table {table.id}: {text} is a date, and what a period of type {chosen.id} covers is not known. Its"
            f" periods are written as {chosen.periods[-1]!r}."
        )
    return parse_period(period_id(day.to_period(known)) or "")


def _period_type(table: Table, names: Sequence[str], period_type: str | None) -> PeriodType:
    """Choose the period type: the one named, else that of the periods named, else the table's rhythm."""
    if period_type is not None:
        chosen = table.period_type(period_type)
    else:
        keys = [parse_period(name) for name in names]
        letters = {key.letters for key in keys if key}
        if len(letters) > 1:
            raise QueryError(
                f"Table {table.id}: the periods {', '.join(names)} are of several types"
                f" ({', '.join(sorted(letters))}). Ask for one type in one call.",
            )
        chosen = table.default_period_type
        told = [name for name, key in zip(names, keys, strict=True) if key] or names
        if told:
            wanted = parse_period(told[0]) or told[0]
            types = [t for t in table.period_types if wanted in _positions(t)] or [
                t
                for t in table.period_types
                if letters & {k.letters for k in map(parse_period, t.periods) if k}
            ]
            if letters and not types:
                listed = ", ".join(f"{t.id} ({t.name})" for t in table.period_types)
                raise QueryError(
                    f"Table {table.id} has no periods of the type of {told[0]!r}. It has: {listed}."
                    f"{_span(chosen)}",
                )
            chosen = types[0] if types else chosen
    if not chosen.periods:
        raise QueryError(f"Table {table.id} lists no periods of type {chosen.id}.")
    return chosen


def _positions(period_type: PeriodType) -> dict[Any, int]:
    return {parse_period(text) or text: position for position, text in enumerate(period_type.periods)}


def _span(period_type: PeriodType) -> str:
    return (
        f" {period_type.id} runs from {period_type.periods[0]} to {period_type.periods[-1]}, {len(period_type.periods)} of"
        " them."
        if period_type.periods
        else ""
    )


def _no_such_period(table: Table, chosen: PeriodType, name: str) -> str:
    key = parse_period(name)
    known = [each for text in chosen.periods if (each := parse_period(text))]
    # What comes before or after all there are is near to none of them, whatever its letters.
    beyond = key is not None and not min(known, default=key) < key < max(known, default=key)
    near = "" if beyond else did_you_mean(name, chosen.periods)
    note = (
        ""
        if key or not frequency(chosen.periods)
        else f" Periods are written as {chosen.periods[-1]!r}, ranges as '{chosen.periods[0]}:{chosen.periods[-1]}', the newest"
        " as 'latest:12', all of them as '*'."
    )
    return f"Table {table.id} has no period {arguments.shown(name)} of type {chosen.id}.{near}{_span(chosen)}{note}"
