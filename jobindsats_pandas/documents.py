"""JSON as the API may send it: whole, every name given once, and fields that are what they should be."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any, NoReturn

from jobindsats_pandas.arguments import shown
from jobindsats_pandas.errors import BrokenAnswerError, PayloadError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Fields", "parse_json"]


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


class Fields:
    """Reads fields of one JSON document; what cannot be understood names the document and the field.

    Parameters
    ----------
    what : str
        The document, as it is called in an error.
    """

    def __init__(self, what: str) -> None:
        self.what = what

    def fail(self, name: str, problem: str) -> PayloadError:
        """Say what is wrong with a field."""
        return PayloadError(
            f"{self.what}: the field {name!r} {problem}. The API's answer cannot be understood."
        )

    def document(self, body: bytes) -> Any:
        """Parse a body."""
        try:
            document = parse_json(body)
            if b"\\u" in body:
                # Half of a surrogate pair can be read, and then neither sent, shown nor stored.
                json.dumps(document, ensure_ascii=False).encode()
        except BrokenAnswerError as error:
            raise BrokenAnswerError(f"{self.what}: the answer is not JSON ({error}).") from None
        except PayloadError as error:
            raise PayloadError(f"{self.what}: {error}") from None
        except (UnicodeError, RecursionError) as error:
            raise PayloadError(f"{self.what}: the answer is not JSON ({error}).") from None
        return document

    def catalogue(self, body: bytes) -> Sequence[Any]:
        """Parse a body that is a list of objects, one at least."""
        document = self.document(body)
        if (
            not isinstance(document, list)
            or not document
            or not all(isinstance(item, dict) for item in document)
        ):
            raise BrokenAnswerError(
                f"{self.what}: the field 'answer' is {shown(document)}, not a list of objects."
            )
        return document

    def mapping(self, value: Any, name: str) -> Mapping[str, Any]:
        """Take an object."""
        if not isinstance(value, dict):
            raise self.fail(name, f"is {shown(value)}, not an object")
        return value

    def sequence(self, value: Any, name: str) -> Sequence[Any]:
        """Take a list."""
        if not isinstance(value, list):
            raise self.fail(name, f"is {shown(value)}, not a list")
        return value

    def items(
        self, parent: Mapping[str, Any], name: str, *, optional: bool = False
    ) -> list[Mapping[str, Any]]:
        """Take a list of objects."""
        value = parent.get(name)
        if value is None and optional:
            return []
        if value is None:
            raise self.fail(name, "is missing")
        return [self.mapping(item, name) for item in self.sequence(value, name)]

    def identifier(self, parent: Mapping[str, Any], name: str) -> str:
        """Take an id, as text."""
        value = parent.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            raise self.fail(name, "is missing" if value is None else f"is {shown(value)}, not an id")
        return str(value)

    def text(self, parent: Mapping[str, Any], name: str, default: str = "") -> str:
        """Take a text."""
        value = parent.get(name)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise self.fail(name, f"is {shown(value)}, not a text")
        return str(value)

    def day(self, parent: Mapping[str, Any], name: str) -> date | None:
        """Take a date, None where there is none."""
        value = parent.get(name)
        if value is None or value == "":
            return None
        try:
            # What is no text raises the same error as a text that is no date.
            return date.fromisoformat(value[:10] if isinstance(value, str) else "")
        except ValueError:
            raise self.fail(name, f"is {shown(value)}, not a date") from None
