"""CSV, plain or for Danish Excel."""

from __future__ import annotations

import csv
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas import arguments, files
from jobindsats_pandas.danish import MARKS, RULES, STATUSES
from jobindsats_pandas.disclosure import CellStatus, DiscretionisedDtype, texts
from jobindsats_pandas.exports.columns import has_statuses, heading, ids_and_days, labelled_columns
from jobindsats_pandas.exports.sources import citation, measure_facts, sources_of, stands_for_members
from jobindsats_pandas.guarded import DistinctNames, guarded_columns
from jobindsats_pandas.kinds import is_count

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from jobindsats_pandas.disclosure import DiscretionisedArray

__all__ = ["to_csv"]

_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


def to_csv(df: pd.DataFrame, path: str | os.PathLike[str] | IO[Any], *, danish: bool = False) -> None:
    """Write a CSV file, as `FrameAccessor.to_csv`; a frame without guarded columns is one, too.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> df = pd.DataFrame({"Område": ["Ærø", "Fanø"], "Andel": [12.5, None]})
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     to_csv(df, f"{directory}/a.csv", danish=True)
    ...     print(pathlib.Path(f"{directory}/a.csv").read_text("utf-8-sig"))
    Område;Andel
    Ærø;12,5
    Fanø;
    """
    danish = arguments.flag("danish", danish)
    place = arguments.place("path", path, "write")
    arguments.written_as(place, ".csv")
    names: list[str] = []
    distinct = DistinctNames()
    columns: list[Sequence[str]] = []
    statuses_there = has_statuses(df)
    marked = danish and stands_for_members(df)
    for label, values in labelled_columns(df, danish=danish):
        name = heading(label)
        if isinstance(values.dtype, DiscretionisedDtype):
            array: Any = values.array
            names.append(distinct.of(name))
            numbers = _number_texts(array.numbers, ~array.visible, danish=danish)
            columns.append(numbers if array.numbers.dtype.kind == "i" else _without_decimals(numbers, array))
            if marked:
                columns[-1] = _with_marks(columns[-1], array)
            elif not statuses_there:
                names.append(distinct.of(f"{name}_status"))
                words = STATUSES if danish else {status: status.label for status in CellStatus}
                columns.append([words[CellStatus(status)] for status in array.status.tolist()])
        elif isinstance(values.dtype, pd.PeriodDtype):
            ids, days = ids_and_days(values)
            names += [distinct.of(name), distinct.of(f"{name}_start")]
            columns += [["" if one is None else one for one in ids], _day_texts(days, danish=danish)]
        else:
            names.append(distinct.of(name))
            columns.append(_plain_texts(values, danish=danish))
    if danish:
        names = [_harmless(name) for name in names]
    with files.writing_text(place, "utf-8-sig" if danish else "utf-8") as file:
        writer = csv.writer(file, delimiter=";" if danish else ",", lineterminator="\r\n" if danish else "\n")
        writer.writerow(names)
        writer.writerows(zip(*columns, strict=True))
        if marked:
            writer.writerows([[], *([_harmless(line)] for line in _source_lines(df))])


def _without_decimals(numbers: Sequence[str], array: DiscretionisedArray) -> list[str]:
    """Write counts as whole numbers, also where rates stand between them, as in the long layout."""
    found = list(numbers)
    for one in array.registry.decode(array.addresses):
        counts = np.array([is_count(measure.name) for measure in one.space.measures])
        for place in one.where[counts[one.measure]].tolist():
            found[place] = found[place].removesuffix(".0").removesuffix(",0")
    return found


def _with_marks(numbers: Sequence[str], array: DiscretionisedArray) -> list[str]:
    """Write marks such as <3 where no number is shown, or one that stands for others."""
    found = list(numbers)
    places = np.flatnonzero(~array.visible | (array.status == CellStatus.ROUNDED))
    for place, text in zip(places.tolist(), texts(array.cells[places]).tolist(), strict=True):
        found[place] = MARKS.get(text, text)
    return found


def _source_lines(df: pd.DataFrame) -> list[str]:
    """What a sheet of members tells beneath its numbers, where no heading names the measure."""
    guarded = [(heading(df.columns[place]), array) for place, array in guarded_columns(df).items()]
    facts = [f"Måltal: {name} ({text.rstrip('.')})" for name, text in measure_facts(df, guarded)]
    return [*facts, *(f"Kilde: {citation(one)}" for one in sources_of(df)), f"Regler: {RULES[0]}"]


def _number_texts(numbers: Any, missing: Any, *, danish: bool) -> list[str]:
    if numbers.dtype.kind in "iub":
        found = [str(number) for number in numbers.tolist()]
    else:
        found = [_decimal_text(number) for number in numbers.tolist()]
        if danish:
            found = [text.replace(".", ",") for text in found]
    for place in np.flatnonzero(missing):
        found[place] = ""
    return found


def _decimal_text(number: float) -> str:
    """Write the shortest text that reads back as the same number, never with an exponent."""
    text = repr(number)
    return np.format_float_positional(number, trim="0") if "e" in text else text


def _plain_texts(values: pd.Series, *, danish: bool) -> list[str]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        words = [*_plain_texts(pd.Series(values.cat.categories), danish=danish), ""]
        return [words[code] for code in values.cat.codes.tolist()]
    missing = values.isna().to_numpy()
    if pd.api.types.is_bool_dtype(values.dtype):
        words = ["FALSK", "SAND"] if danish else ["False", "True"]
        return ["" if gone else words[bool(one)] for one, gone in zip(values, missing, strict=True)]
    if pd.api.types.is_numeric_dtype(values.dtype) and values.dtype.kind in "iuf":
        numbers = values.fillna(0).to_numpy(dtype=values.dtype.kind + "8")
        return _number_texts(numbers, missing, danish=danish)
    if values.dtype.kind == "M":
        return _day_texts(values.tolist(), danish=danish)
    found = ["" if gone else str(one) for one, gone in zip(values, missing, strict=True)]
    return [_harmless(text) for text in found] if danish else found


def _day_texts(days: Sequence[Any], *, danish: bool) -> list[str]:
    found: list[str] = []
    for day in days:
        if pd.isna(day):
            found.append("")
            continue
        date = day.strftime("%d-%m-%Y") if danish else day.date().isoformat()
        found.append(
            date if day == day.normalize() and day.tz is None else f"{date} {day.time().isoformat()}{day:%z}"
        )
    return found


def _harmless(text: str) -> str:
    """Keep Excel from taking a text for a formula when it opens a CSV file."""
    return f"'{text}" if text.startswith(_DANGEROUS) else text
