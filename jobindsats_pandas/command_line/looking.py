"""``subjects``, ``tables``, ``find``, ``table`` and ``members``: what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jobindsats_pandas as ji
from jobindsats_pandas.command_line.speaking import add_forms, print_found, print_frame, spoken

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

__all__ = ["add"]


def add(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add these commands."""
    subjects = command("subjects", _subjects, "List the subjects.")

    tables = command("tables", _tables, "List the tables, or find some.")
    tables.add_argument("search", nargs="*", help="words to find, in any order")

    find = command("find", _find, "Find members, such as a municipality, in the tables looked at before.")
    find.add_argument("search", nargs="+", help="words to find, in any order")

    table = command("table", _table, "Show what a table offers.")
    table.add_argument("table", help="id, such as y25i01")

    members = command("members", _members, "List the members of a hierarchy of a table.")
    members.add_argument("table", help="id, such as y25i01")
    members.add_argument(
        "hierarchy", nargs="?", help="id or name; the table with its hierarchies is shown by default"
    )

    for lists in (subjects, tables, find, members):
        add_forms(lists)


def _subjects(options: argparse.Namespace) -> None:
    print_frame(ji.subjects(), options)


def _tables(options: argparse.Namespace) -> int:
    found = ji.tables(" ".join(options.search) or None)
    shown = ["table_id", "update_freq", "update_latest", "table_name"]
    return print_found(found, options, [*shown, "matched"] if "matched" in found else shown)


def _find(options: argparse.Namespace) -> int:
    shown = ["table_id", "hierarchy_id", "member_id", "label", "level_name"]
    return print_found(ji.find(" ".join(options.search)), options, shown)


def _table(options: argparse.Namespace) -> None:
    print(spoken(ji.table(options.table), options))


def _members(options: argparse.Namespace) -> None:
    table = ji.table(options.table)
    if options.hierarchy is not None:
        print_frame(table.members(options.hierarchy), options, ["member_id", "label", "level_name"])
    elif options.json or options.csv:
        print_frame(table.hierarchies, options)
    else:
        print(spoken(table, options))
