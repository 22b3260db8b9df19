"""Warnings that name the user's line, not ours."""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path

_PACKAGE = str(Path(__file__).parents[1])


def notify(message: str, category: type[Warning]) -> None:
    """Warn at the line that called into the package, whatever lies between."""
    level, ours, frame = 1, 1, inspect.currentframe()
    while frame is not None:
        if frame.f_code.co_filename.startswith(_PACKAGE):
            ours = level
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=ours + 1)
