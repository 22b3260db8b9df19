"""What values show of themselves in a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["facts_table"]


def facts_table(facts: Iterable[tuple[str, str]]) -> str:
    """Write facts and their names as a table in HTML."""
    left = "style='text-align:left'"
    rows = (f"<tr><th {left}>{escape(name)}</th><td {left}>{escape(text)}</td></tr>" for name, text in facts)
    return f"<table>{''.join(rows)}</table>"
