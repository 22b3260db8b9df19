"""The package's logger: INFO for what a scheduled job wants to know, DEBUG for every request; never the key."""

from __future__ import annotations

import logging

__all__ = ["LOG", "named"]

LOG = logging.getLogger("jobindsats_pandas")
LOG.addHandler(logging.NullHandler())

LONGEST = 160


def named(path: str) -> str:
    """Name a question in a line of the log: its path and query, cut where they are long.

    Examples
    --------
    >>> named("data/y25i01?period.M=latest:12&format=json")
    'data/y25i01?period.M=latest:12&format=json'
    """
    return path if len(path) <= LONGEST else f"{path[:LONGEST]}… ({len(path)} letters)"
