"""What reaches a terminal: messages in the words of the command line, names that cannot steer it, the log."""

from __future__ import annotations

import io
import json
import logging
import re
import shutil
import sys
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any, TextIO, cast

import pandas as pd

from jobindsats_pandas.transport.texts import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

__all__ = [
    "add_forms",
    "as_text",
    "on_a_terminal",
    "print_found",
    "print_frame",
    "spoken",
    "tell",
    "telling",
    "write_what_comes",
]

#: What the package says in Python, and how the command line says it.
_SPOKEN = {
    r"\bthe (old|new) frame\b": r"the \1 file",
    r"(?:: \.summary\. )?Every cell: \.changes": "",
    r"df\.jobindsats\.to_parquet": "`jobindsats read --out`",
    r" pd\.read_parquet\(path\) opens it as it is\.": "",
    r"ji\.read_parquet\(folder, as_of='([^']*)'\)": r"the file of \1",
    r"ji\.update\(path, releases=folder\)": "`jobindsats update FILE --releases FOLDER`",
    r", or give a client with this base_url": "",
    r"ji\.releases\(folder\)": "`jobindsats releases FOLDER`",
    r"ji\.export\(table, folder\)|ji\.export(?= wrote)": "`jobindsats export`",
    r"ji\.table\(id\)": "`jobindsats table ID`",
    r"ji\.tables\('words'\)": "`jobindsats tables WORDS`",
    r"ji\.tables\(('[^']*')\)": r"`jobindsats tables \1`",
    r"\bby=\{'([^']*)': '([^']*)'\}": r"--by '\1=\2'",
    r"\bby='([^']*)'": r"--by '\1'",
    r"\bperiods=('[^']*')": r"--periods \1",
    r"(?:ji\.table\(…\)|table)\.members\('([^']*)'\)": r"`jobindsats members {table} \1`",
    r" in a terminal, or ji\.sandbox_client\(\) in Python \([^)]*\),": "",
    r'ji\.read_jobindsats\("(\w+)", by="(\w+)", periods="([\w:]+)"\)': r"jobindsats read \1 --by \2 --periods \3",
    r"ji\.Client\(\)\.cache\.list\(\)": "`jobindsats cache list`",
    r"\b(find|tables)\(('.*?'|\".*?\")\): ": r"\1 \2: ",
    r"\bmax_requests=(?=\d)": "--max-requests ",
    r"\bmax_requests=": "--max-requests",
    r"\b(offline|refresh)=True": r"--\1",
}


def write_what_comes() -> None:
    """Data in a pipe or file are UTF-8 everywhere; a terminal that lacks a letter gets its escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            if stream.isatty():
                stream.reconfigure(errors="backslashreplace")
            else:
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _lines(text: str) -> str:
    """Escape what would steer a terminal in each line."""
    return "\n".join(map(printable, text.split("\n")))


class _Terminal:
    """Standard output where it is a terminal: names from the API cannot steer it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, each line of it made printable."""
        return self._stream.write(_lines(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def on_a_terminal() -> Iterator[None]:
    """Make all that is printed printable, where standard output is a terminal."""
    if not sys.stdout.isatty():
        yield
        return
    with redirect_stdout(cast("TextIO", _Terminal(sys.stdout))):
        yield


@contextmanager
def telling(level: int) -> Iterator[None]:
    """Write the package's log to standard error: what is done, and from the second level on every request."""
    log, handler = logging.getLogger("jobindsats_pandas"), logging.StreamHandler()
    handler.setFormatter(logging.Formatter("jobindsats: %(message)s"))
    before = log.level
    if level:
        log.addHandler(handler)
        log.setLevel(logging.INFO if level == 1 else logging.DEBUG)
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before)


def spoken(message: object, options: argparse.Namespace) -> str:
    """Say what the package says in Python in the words of the command line."""
    text = str(message)
    if not hasattr(options, "offline"):
        text = re.sub(r" offline=True (takes|reads) what is on disk[^.]*\.", "", text)
    for python, words in _SPOKEN.items():
        text = re.sub(python, words, text)
    return text.replace("{table}", getattr(options, "table", None) or "TABLE")


def tell(message: Exception | str, options: argparse.Namespace) -> None:
    """Write a message of the package to standard error, its advice in the words of the command line."""
    print(_lines(f"jobindsats: {spoken(message, options)}"), file=sys.stderr)


def add_forms(parser: argparse.ArgumentParser) -> None:
    """Let a list be had in forms that other programs read."""
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true", help="as JSON, with all columns")
    forms.add_argument("--csv", action="store_true", help="as CSV, with all columns")


def print_frame(frame: pd.DataFrame, options: argparse.Namespace, shown: Sequence[str] | None = None) -> None:
    """Print a frame: for people some of its columns, fitted to a terminal; or the whole in the form of `add_forms`."""
    if options.json:
        rows = json.loads(frame.to_json(orient="records", date_format="iso"))
        print(json.dumps(rows, ensure_ascii=False, indent=2))
    elif options.csv:
        print(frame.to_csv(index=False, lineterminator="\n"), end="")
    elif not frame.empty:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        print(as_text(frame if shown is None else frame[list(shown)], width))


def print_found(frame: pd.DataFrame, options: argparse.Namespace, shown: Sequence[str]) -> int:
    """Print what was found; where that is nothing, a warning has said so, and the exit status says it too."""
    print_frame(frame, options, shown)
    return int(frame.empty)


def as_text(frame: pd.DataFrame, width: int | None) -> str:
    """Write a frame in columns; the widest are cut until a line is not wider than `width`."""
    columns = {str(name): _texts(frame[name]) for name in frame}
    widths = {name: max(map(len, [name, *texts])) for name, texts in columns.items()}
    cap = max(widths.values())
    while width is not None and cap > 4 and sum(min(cap, one) + 2 for one in widths.values()) - 2 > width:
        cap -= 1
    rows = [list(columns), *zip(*columns.values(), strict=True)]
    right = [pd.api.types.is_numeric_dtype(dtype) for dtype in frame.dtypes]
    return "\n".join(
        "  ".join(
            _cut(text, cap).rjust(min(cap, wide)) if number else _cut(text, cap).ljust(min(cap, wide))
            for text, wide, number in zip(row, widths.values(), right, strict=True)
        ).rstrip()
        for row in rows
    )


def _texts(column: pd.Series) -> list[str]:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.strftime("%Y-%m-%d %H:%M")
    return ["" if pd.isna(value) else str(value).removesuffix(" 00:00:00") for value in column]


def _cut(text: str, cap: int) -> str:
    return text if len(text) <= cap else f"{text[: cap - 1]}…"
