"""What was learned of a host and lies in no answer: which forms it refuses, what a table's total is called."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobindsats_pandas.files import Directory

NAME = "learned.json"
FORMAT = 1
LARGEST = 4_000_000
"""Bytes; a file beyond this is none of ours."""


class Learned:
    """A small memory in one file beside the answers; without a disk that can be written, there is none.

    Several processes may write: the last one wins, and no file is ever half written.

    Parameters
    ----------
    directory : Directory
        Where the file lies.
    clock : callable
        Returns the present moment, with time zone.
    """

    def __init__(self, directory: Directory, clock: Callable[[], datetime]) -> None:
        self._directory = directory
        self._clock = clock

    def recall(self, host: str, topic: str) -> Any | None:
        """Return what was noted of a topic; None if that is nothing, or too long ago."""
        return self._read().get(host, {}).get(topic, {}).get("value")

    def note(self, host: str, topic: str, value: Any, days: float | None) -> None:
        """Keep a value of plain JSON, for so many days or (None) for good."""
        until = None if days is None else (self._clock() + timedelta(days=days)).isoformat()
        hosts = self._read()
        hosts.setdefault(host, {})[topic] = {"value": value, "until": until}
        self._write(hosts)

    def clear(self, prefix: str = "") -> None:
        """Drop every topic of every host whose name begins so."""
        hosts = self._read()
        kept = {
            host: {topic: note for topic, note in topics.items() if not topic.startswith(prefix)}
            for host, topics in hosts.items()
        }
        if kept != hosts:
            self._write(kept)

    def _read(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Everything that is still known, by host and topic."""
        try:
            content = json.loads(self._directory.read(NAME, LARGEST))
            hosts = content["hosts"] if content["format"] == FORMAT else {}
            now = self._clock()
            return {
                host: {topic: note for topic, note in topics.items() if _holds(note, now)}
                for host, topics in hosts.items()
            }
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return {}  # damaged, foreign, written by others, or not there

    def _write(self, hosts: dict[str, dict[str, dict[str, Any]]]) -> None:
        known = {host: topics for host, topics in hosts.items() if topics}
        data = json.dumps({"format": FORMAT, "hosts": known}, allow_nan=False, ensure_ascii=False).encode()
        with contextlib.suppress(OSError):
            self._directory.replace(NAME, data)


def _holds(note: dict[str, Any], now: datetime) -> bool:
    until = note["until"]
    return "value" in note and (until is None or datetime.fromisoformat(until) > now)
