"""Bodies as they are, for tests of the transport, which does not ask what they mean."""

from __future__ import annotations

from jobindsats_pandas.documents import parse_json
from jobindsats_pandas.errors import BrokenAnswerError
from jobindsats_pandas.transport import Parser

__all__ = ["BODY"]


def whole(body: bytes) -> bytes:
    """Return a body that holds columns and rows, or is metadata."""
    content = parse_json(body)
    if not isinstance(content, dict) or not (isinstance(content.get("rows"), list) or "table_id" in content):
        raise BrokenAnswerError("it is not an object with columns and rows")
    return body


BODY = Parser(whole)
