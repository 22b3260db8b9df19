"""Warnings that name the user's line, not ours; and what a message has to know of where it is read."""

from __future__ import annotations

import inspect
import os
import re
import warnings
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_PACKAGE = f"{Path(__file__).parent}{os.sep}"

Notice = tuple[str, type[Warning]]

_held: ContextVar[list[Notice] | None] = ContextVar("jobindsats_held_notices", default=None)


_said: set[tuple[str, int, str]] = set()


def notify(message: str, category: type[Warning], *, once: bool = False) -> None:
    """Warn at the line that called into the package, whatever lies between; of the normal case once at each line.

    Python's own memory of what was said forgets whenever pandas or numpy changes a filter for a moment.
    """
    held = _held.get()
    if held is not None:
        held.append((message, category))
        return
    level, ours, frame = 1, 1, inspect.currentframe()
    users: FrameType | None = None
    while frame is not None:
        if frame.f_code.co_filename.startswith(_PACKAGE):
            ours = level
            users = frame.f_back
        frame, level = frame.f_back, level + 1
    if once and users is not None and filtered_as(message, category, users) == "default":
        place = (users.f_code.co_filename, users.f_lineno, message)
        if place in _said:
            return
        _said.add(place)
    warnings.warn(message, category, stacklevel=ours + 1)


def filtered_as(message: str, category: type[Warning], frame: FrameType) -> str:
    """What Python's filters say is to be done with a warning at the line of a frame."""
    module = frame.f_globals.get("__name__", "")
    for action, text, kind, where, line in warnings.filters:
        if (
            issubclass(category, kind)
            and (text is None or re.match(text, message))
            and (where is None or re.match(where, module))
            and line in (0, frame.f_lineno)
        ):
            return action
    return "default"


@contextmanager
def held_back() -> Iterator[list[Notice]]:
    """Keep what would be warned of here, to be told later, once, by the thread that was called by the user."""
    notices: list[Notice] = []
    token = _held.set(notices)
    try:
        yield notices
    finally:
        _held.reset(token)


def tell(notices: list[Notice]) -> None:
    """Warn once of each kind, with how many more there were."""
    for category in dict.fromkeys(category for _, category in notices):
        messages = [message for message, kind in notices if kind is category]
        more = f" (and {len(messages) - 1} more such parts)" if len(messages) > 1 else ""
        notify(messages[0] + more, category)


def needs_client(url: str) -> bool:
    """Whether a call of the user's reaches this address only with ``client=``; empty is the agency's own."""
    return bool(url) and url.rstrip("/") != os.environ.get("JOBINDSATS_API_URL", "").rstrip("/")
