"""The command line: ``jobindsats``, or ``python -m jobindsats_pandas``.

Data go to standard output, everything else to standard error; the exit status is 0, 1 after an error, 2 for a command
that cannot be read.
"""

from __future__ import annotations

import argparse
import io
import logging
import re
import shutil
import sys
import tempfile
import warnings
from contextlib import contextmanager, redirect_stdout
from getpass import getpass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

import jobindsats_pandas as ji
from jobindsats_pandas.accessor import FrameAccessor
from jobindsats_pandas.doctor import examine
from jobindsats_pandas.errors import JobindsatsError, QueryError
from jobindsats_pandas.key import check_key, forget_key, set_key
from jobindsats_pandas.transport.texts import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

__all__ = ["main"]

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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process by default.

    Returns
    -------
    int
        The exit status.
    """
    options = _parser().parse_args(arguments)
    _write_what_comes()
    try:
        with warnings.catch_warnings(), _telling(options.verbose), _on_a_terminal():
            warnings.showwarning = lambda message, *_, **__: _tell(message, options)
            return int(options.run(options) or 0)
    except JobindsatsError as error:
        _tell(error, options)
        if error.curl:
            print(f"\nThe request: {error.curl}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader, `head` for instance, has seen enough.
        sys.stderr.close()
        return 1
    except OSError as error:
        print(f"jobindsats: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("jobindsats: stopped; what was fetched is in the cache, ask again to go on.", file=sys.stderr)
        return 130


def _write_what_comes() -> None:
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
def _on_a_terminal() -> Iterator[None]:
    if not sys.stdout.isatty():
        yield
        return
    with redirect_stdout(cast("TextIO", _Terminal(sys.stdout))):
        yield


@contextmanager
def _telling(level: int) -> Iterator[None]:
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


def _tell(message: Exception | str, options: argparse.Namespace) -> None:
    """Write a message of the package to standard error, its advice in the words of the command line."""
    text = str(message)
    for python, spoken in _SPOKEN.items():
        text = re.sub(python, spoken, text)
    text = text.replace("{table}", getattr(options, "table", None) or "TABLE")
    print(_lines(f"jobindsats: {text}"), file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jobindsats", description="Jobindsats in pandas, from the command line."
    )
    parser.add_argument("--version", action="version", version=f"jobindsats-pandas {ji.__version__}")
    parser.add_argument(
        "--verbose",
        action="count",
        default=0,
        help="tell what is asked, taken from disk, waited for and split; twice: every request",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def command(name: str, run: Any, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    command(
        "demo", _demo, "Show the package at work: a local API with synthetic data, no key and no network."
    )

    server = command(
        "sandbox", _sandbox, "Run a local API with synthetic data until Ctrl-C, for curl and other tools."
    )
    server.add_argument("--port", type=int, default=8025, help="a free port (default: 8025)")

    command("subjects", _subjects, "List the subjects.")

    tables = command("tables", _tables, "List the tables, or find some.")
    tables.add_argument("search", nargs="*", help="words to find, in any order")

    find = command("find", _find, "Find members, such as a municipality, in the tables looked at before.")
    find.add_argument("search", nargs="+", help="words to find, in any order")

    table = command("table", _table, "Show what a table offers.")
    table.add_argument("table", help="id, such as y25i01")

    members = command("members", _members, "List the members of a hierarchy of a table.")
    members.add_argument("table", help="id, such as y25i01")
    members.add_argument("hierarchy", nargs="?", help="id or name; all hierarchies are shown by default")

    plan = command("plan", _plan, "Show what a question would send: requests, cells and curl commands.")
    _add_question(plan)
    plan.add_argument("--powershell", action="store_true", help="commands for PowerShell instead of curl")

    read = command("read", _read, "Read a table, to standard output as CSV or to a file.")
    _add_question(read)
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
    return parser


def _add_question(parser: argparse.ArgumentParser) -> None:
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


def _question(options: argparse.Namespace) -> dict[str, Any]:
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


def _subjects(_: argparse.Namespace) -> None:
    _print_frame(ji.subjects())


def _tables(options: argparse.Namespace) -> int:
    found = ji.tables(" ".join(options.search) or None)
    shown = [
        "table_id",
        "update_freq",
        "update_latest",
        "table_name",
        *(["matched"] if options.search else []),
    ]
    return _print_found(found[shown])


def _find(options: argparse.Namespace) -> int:
    return _print_found(ji.find(" ".join(options.search)).drop(columns="table_name"))


def _members(options: argparse.Namespace) -> None:
    table = ji.table(options.table)
    if options.hierarchy is None:
        print(table)
    else:
        _print_frame(table.members(options.hierarchy))


def _print_found(frame: pd.DataFrame) -> int:
    """Print what was found; where that is nothing, a warning has said so, and the exit status says it too."""
    if not frame.empty:
        _print_frame(frame)
    return int(frame.empty)


def _table(options: argparse.Namespace) -> None:
    print(ji.table(options.table))


def _plan(options: argparse.Namespace) -> None:
    plan = ji.plan(options.table, **_question(options))
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
        **_question(options),
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
        _print_frame(cache.list())
    else:
        print(f"{cache.clear(table=options.table)} answers removed", file=sys.stderr)


def _doctor(options: argparse.Namespace) -> int:
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


def _sandbox(options: argparse.Namespace) -> None:
    ji.sandbox.run(port=options.port)


def _demo(_: argparse.Namespace) -> None:
    question: dict[str, Any] = {"by": {"A-kasse": "*"}, "periods": "latest:2"}
    with ji.sandbox.serve() as api:
        client = ji.Client(token=api.token, base_url=api.url, cache_dir=api.cache_dir)
        print("A local API with synthetic data answers; no key, no network.\n")
        print(">>> ji.plan('y01h01', by={'A-kasse': '*'}, periods='latest:2')")
        print(ji.plan("y01h01", **question, client=client), "\n")
        print(">>> df = ji.read_jobindsats('y01h01', by={'A-kasse': '*'}, periods='latest:2')")
        frame = ji.read_jobindsats("y01h01", **question, client=client)
        short = {name: name.rpartition(": ")[2] for name in frame.columns}
        print(frame.rename(columns=short).iloc[:, :7].head(12).to_string(max_colwidth=28), "\n")
        column = frame.columns[5]
        print(">>> newest = df[df['Periode'] == df['Periode'].max()]")
        print(f">>> newest.jobindsats.parts('A-kasse')['{column}'].sum()")
        newest = frame[frame["Periode"] == frame["Periode"].max()]
        try:
            newest.jobindsats.parts("A-kasse")[column].sum()
        except ji.InvalidSumError as error:
            print(f"InvalidSumError: {error}\n")
        print(f">>> newest.jobindsats.official_total('{column}')")
        print(newest.jobindsats.official_total(column).rename(columns=short).to_string(index=False), "\n")
        sent = len(api.requests)
        again = ji.read_jobindsats("y01h01", **question, client=client)
        print(f"The same question again: {len(api.requests) - sent} requests, equal: {again.equals(frame)}\n")
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "ledige.parquet")
            FrameAccessor(frame).to_parquet(path)
            same = ji.read_parquet(path).equals(frame)
        print(
            f">>> df.jobindsats.to_parquet('{path.name}'); ji.read_parquet('{path.name}').equals(df)\n{same}"
        )


def _print_frame(frame: pd.DataFrame) -> None:
    print(frame.to_string(index=False))


if __name__ == "__main__":
    raise SystemExit(main())
