"""A question as a line to paste, and the question that a frame's provenance tells."""

from __future__ import annotations

from typing import Any

from jobindsats_pandas.periods import parse_period

__all__ = ["asked", "read_line"]


def read_line(question: dict[str, Any]) -> str:
    """Write a question as a line to paste.

    Examples
    --------
    >>> read_line({"table": "y25i01", "by": {"_nykom": "*"}, "periods": "2026M05", "measures": None})
    "ji.read_jobindsats('y25i01', by={'_nykom': '*'}, periods='2026M05')"
    """
    shown = {
        name: value
        for name, value in question.items()
        if name != "table" and value not in (None, "wide", False)
    }
    periods = shown.get("periods")
    first = parse_period(periods.partition(":")[0] if isinstance(periods, str) else (periods or [""])[0])
    if first is not None and first.letters == shown.get("period_type"):
        del shown["period_type"]
    arguments = [repr(question["table"]), *(f"{name}={value!r}" for name, value in shown.items())]
    return f"ji.read_jobindsats({', '.join(arguments)})"


def asked(attrs: dict[str, Any]) -> dict[str, Any]:
    """The question that a frame's provenance tells."""
    first, last, count = [*(attrs.get("periods") or []), None, None, None][:3]
    measures = attrs.get("measures")
    return {
        "table": attrs["table"],
        "by": attrs.get("by") or None,
        "periods": first if count == 1 or last is None else f"{first}:{last}",
        "period_type": attrs.get("period_type"),
        "measures": None if measures == "*" else measures,
        "layout": attrs.get("layout"),
        "complete": attrs.get("complete", False),
        "additive": attrs.get("additive") or None,
    }
