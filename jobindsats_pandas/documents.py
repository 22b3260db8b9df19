"""JSON as the API may send it: whole, and every name given once."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from jobindsats_pandas.errors import BrokenAnswerError, PayloadError

__all__ = ["parse_json"]


def parse_json(body: bytes) -> Any:
    """Parse a body.

    Raises
    ------
    BrokenAnswerError
        If it is not, or not all of, a JSON document.
    PayloadError
        If an object gives a name twice: which of the two is meant, nobody can tell.

    Examples
    --------
    >>> parse_json(b'{"rows": [1, null]}')
    {'rows': [1, None]}
    """
    try:
        return json.loads(body, parse_constant=_no_constant, object_pairs_hook=_named_once)
    except PayloadError:
        raise
    except (ValueError, RecursionError) as error:
        raise BrokenAnswerError(str(error)) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise PayloadError(f"the answer names {twice!r:.100} twice: which one is meant, nobody can tell.")
    return content
