"""``export``, ``update``, ``due``, ``releases``, ``sql`` and ``compare``: files that follow their table, and what was published when."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jobindsats_pandas as ji
from jobindsats_pandas import parquet
from jobindsats_pandas.command_line.questions import add_question, question_of
from jobindsats_pandas.command_line.speaking import add_forms, print_frame, spoken, tell
from jobindsats_pandas.errors import ConfigurationError, JobindsatsError
from jobindsats_pandas.provenance import Provenance

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from jobindsats_pandas.revisions import Revisions

__all__ = ["add", "may_ask"]

#: What stands in ``--releases`` for the name of each file.
_NAME = "{name}"


def add(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add these commands."""
    export = command(
        "export", _export, "Write a table of any size to a folder of Parquet files, one for each period."
    )
    add_question(export)
    export.add_argument(
        "folder", type=Path, help="replaced if it was written so before and holds nothing else"
    )
    export.add_argument("--refresh", action="store_true", help="ask the API, whatever the cache has")
    export.add_argument("--max-requests", type=int, default=500)

    update = command(
        "update",
        _update,
        "Ask the questions of Parquet files again where their tables were updated; a line for each file.",
    )
    update.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="as read --out or export wrote it"
    )
    update.add_argument(
        "--releases",
        metavar="FOLDER",
        help=f"keep each release in a folder too; '{_NAME}' in it stands for the name of each of several files",
    )
    update.add_argument("--refresh", action="store_true", help="ask also where the table was not updated")
    update.add_argument("--json", action="store_true", help="a line of JSON for each file")
    update.add_argument(
        "--closed-hour",
        choices=["ask", "wait", "skip"],
        default="ask",
        help="what to do from 22:00 to 23:00 Danish time, when the API may be closed (default: ask)",
    )

    due = command(
        "due", _due, "List tables in the cache and files: what is held, what is out, what comes when."
    )
    due.add_argument("files", nargs="*", metavar="FILE")
    add_forms(due)

    releases = command("releases", _releases, "List the releases that update --releases kept in a folder.")
    releases.add_argument("folder")
    add_forms(releases)

    sql = command(
        "sql", _sql, "Print what makes a folder that export wrote a view of DuckDB, and guarded_sum."
    )
    sql.add_argument("folder", type=Path)

    compare = command("compare", _compare, "Tell what changed between two files of one question.")
    compare.add_argument("old")
    compare.add_argument("new")


def _export(options: argparse.Namespace) -> None:
    question = question_of(options)
    if question["periods"] is None:
        question["periods"] = "*"
    rows = ji.export(
        options.table,
        options.folder,
        **question,
        refresh=options.refresh,
        max_requests=options.max_requests,
    )
    print(f"{rows:,} rows in {options.folder}", file=sys.stderr)


def may_ask(client: ji.Client, closed_hour: str, sleep: Callable[[float], None] = time.sleep) -> bool:
    """Whether to ask now; in the hour when the API may be closed as was said, perhaps after it is over."""
    while closed_hour != "ask" and (seconds := client.closed_for) > 0:
        if closed_hour == "skip":
            return False
        sleep(seconds)
    return True


def _update(options: argparse.Namespace) -> int:
    client, failed = ji.Client(), False
    if options.releases and len(options.files) > 1 and _NAME not in options.releases:
        raise ConfigurationError(
            f"--releases {options.releases}: a folder holds the releases of one file, and here are {len(options.files)}."
            f" Say --releases '{options.releases}/{_NAME}', where {_NAME} stands for the name of each."
        )
    for file in options.files:
        try:
            outcome = _updated(file, client, options)
        except (JobindsatsError, OSError) as error:
            failed = True
            outcome = {"state": "failed", "error": spoken(" ".join(str(error).split()), options)}
            if not options.json:
                tell(f"{file}: {outcome['error']}", options)
                continue
        print(
            json.dumps({"file": str(file), **outcome}, ensure_ascii=False)
            if options.json
            else _line(file, outcome),
            flush=True,
        )
    return int(failed)


def _updated(file: Path, client: ji.Client, options: argparse.Namespace) -> dict[str, Any]:
    if not may_ask(client, options.closed_hour):
        return {"state": "skipped"}
    folder = options.releases.replace(_NAME, file.stem) if options.releases else None
    revisions = ji.update(file, releases=folder, client=client, refresh=options.refresh)
    return _outcome(revisions)


def _outcome(revisions: Revisions) -> dict[str, Any]:
    old, new = (Provenance.from_attrs(attrs) for attrs in (revisions.old, revisions.new))
    days = [one.update_latest if one else "" for one in (old, new)]
    return {
        "state": "updated" if len(revisions) or days[0] != days[1] else "unchanged",
        "table": revisions.table,
        "update_latest": days[1],
        "changes": {change: count for change, count in revisions.counts.items() if count},
        "periods_new": list(revisions.periods_new),
        "periods_gone": list(revisions.periods_gone),
        "missing": list(new.missing) if new else [],
    }


def _line(file: Path, outcome: dict[str, Any]) -> str:
    if outcome["state"] == "skipped":
        return f"{file}: skipped, as the API may be closed until 23:00 Danish time"
    facts = [f"{count:,} {change}" for change, count in outcome["changes"].items()]
    what = f"{outcome['state']}, {outcome['table']} of {outcome['update_latest'] or 'an unknown day'}"
    for name, word in (("periods_new", "came"), ("periods_gone", "left"), ("missing", "did not come yet")):
        if outcome[name]:
            facts.append(f"{_few(outcome[name])} {word}")
    return f"{file}: {what}{': ' if facts else ''}{', '.join(facts)}"


def _few(periods: list[str]) -> str:
    return " and ".join(periods) if len(periods) < 3 else f"{periods[0]} to {periods[-1]}"


def _due(options: argparse.Namespace) -> None:
    shown = ["file", "table_id", "held", "update_latest", "update_next", "newer", "missing"]
    print_frame(ji.due(*options.files), options, shown)


def _releases(options: argparse.Namespace) -> int:
    found = ji.releases(options.folder)
    if found.empty:
        below = [
            f"{one}"
            for one in sorted(Path(options.folder).iterdir())
            if one.is_dir() and len(ji.releases(one))
        ]
        told = (
            f"those of several files stand in {', '.join(below)}"
            if below
            else "`jobindsats update FILE --releases FOLDER` keeps them"
        )
        tell(f"{options.folder} holds no releases; {told}.", options)
        return 1
    print_frame(found, options)
    return 0


def _sql(options: argparse.Namespace) -> None:
    print(parquet.duckdb_sql(options.folder))


def _compare(options: argparse.Namespace) -> None:
    print(spoken(ji.compare(ji.read_parquet(options.old), ji.read_parquet(options.new)), options).rstrip())
