"""``plan`` and ``read``: a question, and its answer."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jobindsats_pandas as ji
from jobindsats_pandas.accessor import FrameAccessor
from jobindsats_pandas.errors import QueryError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    import pandas as pd

__all__ = ["add", "add_question", "question_of"]


def add(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add these commands."""
    plan = command("plan", _plan, "Show what a question would send: requests, cells and curl commands.")
    add_question(plan)
    plan.add_argument("--powershell", action="store_true", help="commands for PowerShell instead of curl")

    read = command("read", _read, "Read a table, to standard output as CSV or to a file.")
    add_question(read)
    read.add_argument("--layout", choices=["wide", "long"], default="wide")
    read.add_argument(
        "--complete", action="store_true", help="also the combinations that the API left out (they are 0)"
    )
    read.add_argument("--out", help="a file; its ending says what: .parquet, .csv or .xlsx")
    read.add_argument(
        "--danish", action="store_true", help="CSV for a Danish Excel: semicolons, decimal comma, BOM"
    )
    read.add_argument("--refresh", action="store_true", help="ask the API, whatever the cache has")
    read.add_argument("--offline", action="store_true", help="ask the cache alone")
    read.add_argument("--max-requests", type=int, default=500)


def add_question(parser: argparse.ArgumentParser) -> None:
    """Add what a question is made of."""
    parser.add_argument("table", help="id, such as y25i01")
    parser.add_argument(
        "--by",
        action="append",
        default=[],
        metavar="DIMENSION[=MEMBER]",
        help="a dimension or hierarchy; with '=', a member of it, '*', 'total' or 'level:…'. May be given several times.",
    )
    parser.add_argument(
        "--periods",
        help="latest:12, 2025M01, 2025 (its periods), 2025M01:2025M12, a list with commas, or '*'",
    )
    parser.add_argument("--period-type", help="M, Q, Y, QMAT, …")
    parser.add_argument(
        "--measure", action="append", dest="measures", help="a name or id; may be given several times"
    )


def question_of(options: argparse.Namespace) -> dict[str, Any]:
    """The question that was asked, as the functions take it."""
    by: dict[str, Any] = {}
    for text in options.by:
        name, separator, member = text.partition("=")
        if not separator:
            by[name] = None
        elif by.setdefault(name, []) is not None:
            by[name].append(member)
    return {
        "by": by,
        "periods": options.periods,
        "period_type": options.period_type,
        "measures": options.measures,
    }


def _plan(options: argparse.Namespace) -> None:
    plan = ji.plan(options.table, **question_of(options))
    print(plan.summary, *(f"sends {text}" for text in plan.forms), sep="\n", file=sys.stderr)
    print(plan.powershell() if options.powershell else plan.curl())


def _read(options: argparse.Namespace) -> None:
    out: str | None = options.out
    ending = Path(out or "").suffix.lower()
    if out is not None and ending not in _WRITERS:
        raise QueryError(f"--out {out}: the ending says the format, and there are {', '.join(_WRITERS)}.")
    if options.danish and ending != ".csv":
        raise QueryError("--danish is about CSV files; say --out file.csv too.")
    frame = ji.read_jobindsats(
        options.table,
        **question_of(options),
        layout=options.layout,
        complete=options.complete,
        refresh=options.refresh,
        offline=options.offline,
        max_requests=options.max_requests,
    )
    if out is None:
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "read.csv")
            FrameAccessor(frame).to_csv(path)
            with path.open(encoding="utf-8") as file:
                shutil.copyfileobj(file, sys.stdout)
    else:
        if options.danish:
            FrameAccessor(frame).to_csv(out, danish=True)
        else:
            _WRITERS[ending](frame, out)
        print(f"{len(frame):,} rows written to {out}", file=sys.stderr)


_WRITERS: dict[str, Callable[[pd.DataFrame, str], None]] = {
    ".parquet": lambda frame, path: FrameAccessor(frame).to_parquet(path),
    ".csv": lambda frame, path: FrameAccessor(frame).to_csv(path),
    ".xlsx": lambda frame, path: FrameAccessor(frame).to_excel(path),
}
