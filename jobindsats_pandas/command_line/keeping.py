"""``key``, ``cache`` and ``doctor``: what a machine needs, and keeps."""

from __future__ import annotations

import sys
from getpass import getpass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import jobindsats_pandas as ji
from jobindsats_pandas.command_line.speaking import add_forms, print_frame, tell
from jobindsats_pandas.doctor import examine
from jobindsats_pandas.files import check_folder
from jobindsats_pandas.key import check_key, forget_key, set_key

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

__all__ = ["add"]


def add(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add these commands."""
    doctor = command(
        "doctor",
        _doctor,
        "Look at key, clock, cache and network, and find out with some 15 small requests which forms of a question the"
        " API takes; what it refuses is remembered.",
    )
    doctor.add_argument("--table", metavar="ID", help="the table to try most of the forms on")
    doctor.add_argument("--out", type=Path, help="the report's file (default: jobindsats-doctor-DATE.txt)")
    doctor.add_argument("--json", action="store_true", help="the findings as JSON instead of a table")

    key = command(
        "key", _key, "Keep your key in the system's keyring, look whether the API accepts it, or forget it."
    )
    key.add_argument(
        "action", choices=["set", "check", "forget"], help="set asks for the key, and does not show it"
    )

    cache = command("cache", _cache, "Look at the answers on disk, or remove them.")
    cache.add_argument("action", choices=["info", "list", "clear"])
    cache.add_argument("--table", help="clear the answers of this table alone")
    add_forms(cache)


def _key(options: argparse.Namespace) -> None:
    if options.action == "check":
        print(check_key())
    elif options.action == "forget":
        print(forget_key())
    else:
        print(
            set_key(getpass("The key (it does not show): ") if sys.stdin.isatty() else sys.stdin.readline())
        )


def _cache(options: argparse.Namespace) -> None:
    cache = ji.Client().cache
    if options.action == "info":
        print(cache.info())
    elif options.action == "list":
        listed = cache.list()
        if listed.empty:
            tell("the cache is empty.", options)
        print_frame(listed, options)
    else:
        print(f"{cache.clear(table=options.table)} answers removed", file=sys.stderr)


def _doctor(options: argparse.Namespace) -> int:
    if options.out is not None:
        check_folder(options.out)
    print("One small request at a time; this takes half a minute.", file=sys.stderr)
    checkup = examine(table=options.table)
    print(checkup.to_json() if options.json else checkup)
    report = checkup.report(ji.__version__)
    if options.out is not None:
        options.out.write_text(report, encoding="utf-8")
        path = options.out
    else:
        path = _write_beside_others(f"jobindsats-doctor-{checkup.moment:%Y-%m-%d}", report)
    print(
        f"Report, without key, names and paths, to send in an issue if something differs: {path}",
        file=sys.stderr,
    )
    return 0 if checkup.sound else 1


def _write_beside_others(stem: str, text: str) -> Path:
    """Write a text to a file that is not there yet."""
    for number in count(1):
        path = Path(f"{stem}.txt" if number == 1 else f"{stem}-{number}.txt")
        try:
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            continue
        return path
    raise AssertionError
