"""Regular expressions that are compiled when they are first asked: all of them take as long as a sixth of an import."""

from __future__ import annotations

import re
from typing import Any, cast

__all__ = ["compiled_later"]


def compiled_later(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """As `re.compile`, but at the first use.

    Examples
    --------
    >>> compiled_later("(?:t|d)e$").search("antallet af ansatte").group()
    'te'
    """
    return cast("re.Pattern[str]", _Later(pattern, flags))


class _Later:
    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern = pattern
        self.flags = flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self.pattern, self.flags), name)
        setattr(self, name, found)  # so that it is not looked for here again
        return found
