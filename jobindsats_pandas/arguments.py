"""What public functions are given, looked at before anything is done with it: the value to use, or an error.

Every check takes the argument's name and what was given, and may be told the kind of error; numpy's scalars are taken
where Python's are, and come out as Python's.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from jobindsats_pandas.errors import JobindsatsError, QueryError

__all__ = [
    "choice",
    "flag",
    "frame",
    "label",
    "labels",
    "number",
    "optional",
    "path",
    "place",
    "shown",
    "text",
    "whole_number",
    "written_as",
]

ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+(::[a-zA-Z0-9+.-]+)*://")
"""How addresses begin; the letter of a drive is none."""

P = ParamSpec("P")
T = TypeVar("T")


def shown(value: object) -> str:
    """Write what was given as it stands in a message: in one line, and short.

    Examples
    --------
    >>> shown("x" * 1000)
    "'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…"
    """
    try:
        written = " ".join(repr(value).split())
    except Exception:  # noqa: BLE001 - a repr may raise anything, that of a number of 5,000 digits among them
        written = f"<{type(value).__name__}>"
    return written if len(written) <= 60 else f"{written[:57]}…"


def _refused(
    name: str, value: object, wanted: str, error: type[JobindsatsError] = QueryError
) -> JobindsatsError:
    return error(f"{name}={shown(value)}: give {wanted}.")


def optional(
    check: Callable[Concatenate[str, Any, P], T], name: str, value: Any, *args: P.args, **options: P.kwargs
) -> T | None:
    """Check what may be None, too."""
    return None if value is None else check(name, value, *args, **options)


def flag(name: str, value: Any, error: type[JobindsatsError] = QueryError) -> bool:
    """Take a truth value; of text such as ``"no"`` it is not known which one is meant.

    Examples
    --------
    >>> flag("refresh", "no")
    Traceback (most recent call last):
    jobindsats_pandas.errors.QueryError: refresh='no': give True or False.
    """
    if not isinstance(value, bool | np.bool_):
        raise _refused(name, value, "True or False", error)
    return bool(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def number(
    name: str, value: Any, least: float, most: float, error: type[JobindsatsError] = QueryError
) -> float:
    """Take a number, not NaN."""
    if not _is_number(value) or not least <= value <= most:
        raise _refused(name, value, f"a number from {least:,} to {most:,}", error)
    found: float = value.item() if isinstance(value, np.generic) else value
    return found


def whole_number(name: str, value: Any, least: int = 1, error: type[JobindsatsError] = QueryError) -> int:
    """Take a whole number; 12.0 is one, as pandas makes it of 12 where others are missing."""
    whole = _is_number(value) and (isinstance(value, int | np.integer) or float(value).is_integer())
    if not whole or value < least:
        raise _refused(name, value, f"a whole number, {least:,} at least", error)
    return int(value)


def text(name: str, value: Any, wanted: str = "a text", error: type[JobindsatsError] = QueryError) -> str:
    """Take a text."""
    if not isinstance(value, str):
        raise _refused(name, value, wanted, error)
    return value


def choice(name: str, value: Any, options: tuple[str, ...], note: str = "") -> str:
    """Take one of a few words."""
    if not isinstance(value, str) or value not in options:
        *others, last = map(repr, options)
        listed = f"{', '.join(others)} and {last}" if others else last
        raise QueryError(f"{name}={shown(value)}: there are {listed}.{note}")
    return value


def label(name: str, value: Any, wanted: str = "a name") -> Hashable:
    """Take what a column can be called: it is hashed, written and compared, which nothing can be with ``pd.NA``."""
    try:
        hash(value)
        str(value)
    except (TypeError, ValueError):
        raise _refused(name, value, wanted) from None
    if value is pd.NA:
        raise _refused(name, value, wanted)
    found: Hashable = value
    return found


def labels(name: str, value: Any) -> list[Any]:
    """Take one name, several, or None for no name."""
    wanted = "a name, or a list of names"
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, bytes | Mapping) or not isinstance(value, Iterable):
        raise _refused(name, value, wanted)
    return [label(name, one, wanted) for one in value]


def path(name: str, value: Any, error: type[JobindsatsError] = QueryError) -> Path:
    """Take the path of a file or directory."""
    written = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    try:
        if isinstance(written, str) and written and b"\0" not in os.fsencode(written):
            return Path(written).expanduser()
    except (UnicodeEncodeError, RuntimeError):
        pass  # letters that no file system has, or a home that nobody has
    raise _refused(name, value, "a path, as text or pathlib.Path", error)


def place(name: str, value: Any, method: str) -> Path | str | Any:
    """Take the path of a file or directory, an address such as ``s3://bucket/x.csv``, or what has a method, as open files do.

    Examples
    --------
    >>> place("path", "memory://x.csv", "write"), place("path", "x.csv", "write").name
    ('memory://x.csv', 'x.csv')
    """
    if isinstance(value, str) and ADDRESS.match(value):
        return value
    if not isinstance(value, os.PathLike | type) and callable(getattr(value, method, None)):
        return value
    return path(name, value)


#: The writers, by the ending of what they write; and endings that name what none of them does.
_WRITERS = {".csv": "to_csv", ".xlsx": "to_excel", ".parquet": "to_parquet"}
_NOT_WRITTEN = {
    ".xls",
    ".xlsm",
    ".xlsb",
    ".ods",
    ".json",
    ".feather",
    ".sav",
    ".dta",
    ".gz",
    ".zip",
    ".bz2",
    ".xz",
    ".zst",
}


def written_as(path: Any, ending: str) -> None:
    """Refuse a path whose ending says that something else stands there than what will be written.

    Examples
    --------
    >>> written_as("ledige.csv", ".xlsx")
    Traceback (most recent call last):
    jobindsats_pandas.errors.QueryError: path='ledige.csv': to_excel writes .xlsx. For .csv: df.jobindsats.to_csv(path).
    """
    found = Path(path).suffix.lower() if isinstance(path, str | Path) else ""
    if found != ending and (found in _WRITERS or found in _NOT_WRITTEN):
        instead = f" For {found}: df.jobindsats.{_WRITERS[found]}(path)." if found in _WRITERS else ""
        raise QueryError(f"path={shown(str(path))}: {_WRITERS[ending]} writes {ending}.{instead}")


def frame(name: str, value: Any) -> pd.DataFrame:
    """Take a frame."""
    if not isinstance(value, pd.DataFrame):
        of_a_file = (
            "; ji.read_parquet(path) makes one of a file" if isinstance(value, str | os.PathLike) else ""
        )
        raise _refused(name, value, f"a DataFrame{of_a_file}")
    return value
