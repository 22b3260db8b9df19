"""Warnings that name the user's line, not ours."""

from __future__ import annotations

import inspect
import os
import warnings
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGE = f"{Path(__file__).parent}{os.sep}"

Notice = tuple[str, type[Warning]]

_held: ContextVar[list[Notice] | None] = ContextVar("jobindsats_held_notices", default=None)


def notify(message: str, category: type[Warning]) -> None:
    """Warn at the line that called into the package, whatever lies between."""
    held = _held.get()
    if held is not None:
        held.append((message, category))
        return
    level, ours, frame = 1, 1, inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_filename.startswith(_PACKAGE):
            ours = level
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=ours + 1)


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
