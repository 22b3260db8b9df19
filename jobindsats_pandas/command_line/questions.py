"""``plan`` and ``read``: a question, and its answer."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jobindsats_pandas as ji
from jobindsats_pandas.accessor import FrameAccessor
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.files import check_folder
from jobindsats_pandas.matching import fold

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["add", "add_question", "question_of"]


def add(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add these commands."""
    plan = command("plan", _plan, "Show what a question would send: requests, cells and curl commands.")
    add_question(plan)
    plan.add_argument("--powershell", action="store_true", help="commands for PowerShell instead of curl")

    read = command("read", _read, "Read a table, to standard output as CSV or to a file.")
    add_question(read)
    read.add_argument(
        "--layout",
        choices=["wide", "long"],
        default="wide",
        help="a column for each measure, or a row (default: wide)",
    )
    read.add_argument(
        "--complete", action="store_true", help="also the combinations that the API left out (they are 0)"
    )
    read.add_argument("--out", metavar="FILE", help="a file; its ending says what: .parquet, .csv or .xlsx")
    read.add_argument(
        "--danish", action="store_true", help="CSV for a Danish Excel: semicolons, decimal comma, BOM"
    )
    read.add_argument("--refresh", action="store_true", help="ask the API, whatever the cache has")
    read.add_argument("--offline", action="store_true", help="ask the cache alone")
    read.add_argument(
        "--max-requests", type=int, default=500, metavar="N", help="refuse what takes more (default: 500)"
    )


def add_question(parser: argparse.ArgumentParser) -> None:
    """Add what a question is made of."""
    parser.add_argument("table", help="id, such as y25i01")
    parser.add_argument(
        "--by",
        action="append",
        default=[],
        metavar="DIMENSION[=MEMBERS]",
        help="a dimension or hierarchy; with '=', members of it with commas, '*', 'total' or 'level:…'. May be given "
        "several times.",
    )
    parser.add_argument(
        "--periods",
        help="latest:12, 2025M01, 2025 (its periods), 2025M01:2025M12, a list with commas, or '*'",
    )
    parser.add_argument("--period-type", metavar="TYPE", help="M, Q, Y, QMAT, …")
    parser.add_argument(
        "--measures",
        "--measure",
        action="append",
        help="names or ids with commas; may be given several times",
    )


def question_of(options: argparse.Namespace) -> dict[str, Any]:
    """The question that was asked, as the functions take it."""
    table = partial(ji.table, options.table, offline=getattr(options, "offline", False))
    by: dict[str, Any] = {}
    for text in options.by:
        names, separator, members = text.partition("=")
        if separator:
            if by.setdefault(names, []) is not None:
                by[names] += _parted(members, lambda: _names_of_members(table()))
        else:
            by |= dict.fromkeys(_parted(names, lambda: _names_of_dimensions(table())))
    measures = [
        name for text in options.measures or () for name in _parted(text, lambda: _names_of_measures(table()))
    ]
    return {
        "by": by,
        "periods": options.periods,
        "period_type": options.period_type,
        "measures": measures or None,
    }


def _parted(text: str, names: Callable[[], Iterable[str]]) -> list[str]:
    """Part a list at its commas, but not within a name that holds one: the longest name counts."""
    pieces = text.split(",")
    if len(pieces) == 1:
        return pieces
    known, parts = {fold(name) for name in names()}, []
    while pieces:
        joined = (",".join(pieces[:end]) for end in range(len(pieces), 0, -1))
        part = next((one for one in joined if fold(one) in known), pieces[0])
        parts.append(part.strip())
        del pieces[: part.count(",") + 1]
    return parts


def _names_of_members(table: ji.Table) -> Iterator[str]:
    for hierarchy in table.all_hierarchies:
        yield from hierarchy.labels
        yield from (member.name for member in hierarchy.members)


def _names_of_dimensions(table: ji.Table) -> Iterator[str]:
    return (name for one in table.all_hierarchies for name in (one.name, one.dimension_name))


def _names_of_measures(table: ji.Table) -> Iterator[str]:
    return (name for one in table.all_measures for name in (one.name, one.column))


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
    if out is not None:
        check_folder(Path(out))
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
        FrameAccessor(frame).to_csv(sys.stdout)
    else:
        _WRITERS[ending](FrameAccessor(frame), out, **({"danish": True} if options.danish else {}))
        print(f"{len(frame):,} rows written to {out}", file=sys.stderr)


_WRITERS: dict[str, Callable[..., None]] = {
    ".parquet": FrameAccessor.to_parquet,
    ".csv": FrameAccessor.to_csv,
    ".xlsx": FrameAccessor.to_excel,
}
