"""What reaches a terminal: messages in the words of the command line, names that cannot steer it, the log."""

from __future__ import annotations

import io
import logging
import re
import sys
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Any, TextIO, cast

from jobindsats_pandas.transport.texts import printable

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    import pandas as pd

__all__ = ["on_a_terminal", "print_found", "print_frame", "tell", "telling", "write_what_comes"]

#: What the package says in Python, and how the command line says it.
_SPOKEN = {
    r"ji\.tables\('words'\)": "`jobindsats tables WORDS`",
    r"(?:ji\.table\(…\)|table)\.members\('([^']*)'\)": r"`jobindsats members {table} \1`",
    r"ji\.sandbox\.serve\(\) in Python, or ": "",
    r"Client\.cache\.list\(\)": "`jobindsats cache list`",
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


def tell(message: Exception | str, options: argparse.Namespace) -> None:
    """Write a message of the package to standard error, its advice in the words of the command line."""
    text = str(message)
    for python, spoken in _SPOKEN.items():
        text = re.sub(python, spoken, text)
    text = text.replace("{table}", getattr(options, "table", None) or "TABLE")
    print(_lines(f"jobindsats: {text}"), file=sys.stderr)


def print_frame(frame: pd.DataFrame) -> None:
    """Print a frame whole, without its index."""
    print(frame.to_string(index=False))


def print_found(frame: pd.DataFrame) -> int:
    """Print what was found; where that is nothing, a warning has said so, and the exit status says it too."""
    if not frame.empty:
        print_frame(frame)
    return int(frame.empty)
