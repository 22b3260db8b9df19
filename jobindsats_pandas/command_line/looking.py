"""``subjects``, ``tables``, ``find``, ``table`` and ``members``: what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jobindsats_pandas as ji
from jobindsats_pandas.command_line.speaking import print_found, print_frame

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

__all__ = ["add"]


def add(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Add these commands."""
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


def _subjects(_: argparse.Namespace) -> None:
    print_frame(ji.subjects())


def _tables(options: argparse.Namespace) -> int:
    found = ji.tables(" ".join(options.search) or None)
    shown = [
        "table_id",
        "update_freq",
        "update_latest",
        "table_name",
        *(["matched"] if options.search else []),
    ]
    return print_found(found[shown])


def _find(options: argparse.Namespace) -> int:
    return print_found(ji.find(" ".join(options.search)).drop(columns="table_name"))


def _table(options: argparse.Namespace) -> None:
    print(ji.table(options.table))


def _members(options: argparse.Namespace) -> None:
    table = ji.table(options.table)
    if options.hierarchy is None:
        print(table)
    else:
        print_frame(table.members(options.hierarchy))
