"""Texts that come from the wire, made fit for a terminal, a mail or a log."""

from __future__ import annotations

LONGEST = 300
"""Letters of one text of the API's; its own are a line."""


def printable(text: str) -> str:
    r"""Write what steers a terminal, breaks a line or cannot be encoded as the escape that Python writes for it.

    Examples
    --------
    >>> print(printable("Århus\x1b[2J\n"))
    Århus\x1b[2J\n
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text
    )


def shortened(text: str, longest: int = LONGEST) -> str:
    """Cut a text that is too long to be read."""
    return text if len(text) <= longest else f"{text[:longest]}…"
