"""Whether a body is whole and of its endpoint's shape: checked before anything is stored or decoded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

from jobindsats_pandas.errors import PayloadError
from jobindsats_pandas.transport.keys import endpoint_of
from jobindsats_pandas.transport.texts import shortened

if TYPE_CHECKING:
    from collections.abc import Callable

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def body_problem(url: str, body: bytes) -> str | None:
    """Say what is wrong with a body, or None.

    The whole body is parsed: nothing less tells a complete answer from one that was cut.

    Raises
    ------
    PayloadError
        If it gives a name twice: which of the two is meant, nobody can tell.

    Examples
    --------
    >>> body_problem("https://api.jobindsats.dk/v3/data/y25i01", b'{"columns": ["Periode"], "rows": [[')
    'it is not complete JSON'
    """
    parts = urlsplit(url)
    endpoint, _ = endpoint_of(parts.path)
    try:
        content = json.loads(
            body.removeprefix(BYTE_ORDER_MARK).decode(), parse_constant=_refuse, object_pairs_hook=_named_once
        )
    except PayloadError:
        raise
    except (ValueError, RecursionError):
        return "it is not complete JSON"
    if endpoint == "tables" and "subject_id=" in parts.query and content == []:
        return None  # a subject may have no tables; the whole catalogue is never empty
    wanted, fits = SHAPES.get(endpoint, ("an object or a list", _is_anything))
    return None if fits(content) else f"it is not {wanted}"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise PayloadError(
            f"The API's answer names {shortened(twice)!r} twice: which one is meant, nobody can tell."
        )
    return content


def _is_anything(content: Any) -> bool:
    return isinstance(content, (dict, list))


def _is_data(content: Any) -> bool:
    return (
        isinstance(content, dict)
        and isinstance(content.get("rows"), list)
        and isinstance(content.get("columns"), list)
        and len(content["columns"]) > 0
    )


def _is_table(content: Any) -> bool:
    return isinstance(content, dict) and "table_id" in content


def _is_catalogue(content: Any) -> bool:
    return isinstance(content, list) and len(content) > 0 and all(isinstance(item, dict) for item in content)


SHAPES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "data": ("an object with columns and rows", _is_data),
    "table": ("an object with a table_id", _is_table),
    "tables": ("a list of subjects", _is_catalogue),
    "subjects": ("a list of subject groups", _is_catalogue),
}
