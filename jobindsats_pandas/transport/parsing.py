"""What a body is made into, once: within the tries of its request, so that one that was cut is asked for again."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from jobindsats_pandas.transport.entries import Header

T = TypeVar("T")


@dataclass(frozen=True)
class Parser(Generic[T]):
    """Makes something of a body, and columns of that, from which it is made again in less time.

    Parameters
    ----------
    parse : callable
        Raises `BrokenAnswerError` if the body is no whole answer, which is worth another try, and another
        `PayloadError` if it is one that makes no sense.
    dump : callable, optional
        Makes bytes of what was parsed; None where that is not worth it.
    load : callable, optional
        Makes of such bytes what was parsed; None if it cannot.
    version : str
        Names the form of the columns and all that they depend on: others are made anew from the body.
    """

    parse: Callable[[bytes], T]
    dump: Callable[[T], bytes | None] = lambda _: None
    load: Callable[[memoryview], T | None] = lambda _: None
    version: str = ""


@dataclass
class Reading(Generic[T]):
    """How the next answer is parsed, how long one on disk is still good, and what came of the last."""

    parse: Callable[[bytes], T]
    life: Callable[[Header], timedelta]
    value: T | None = None


_current: ContextVar[Reading[Any]] = ContextVar("jobindsats_reading")


@contextmanager
def reading(parse: Callable[[bytes], T], life: Callable[[Header], timedelta]) -> Iterator[Reading[T]]:
    """Tell adapter and storage what this thread asks meanwhile: requests and requests-cache pass nothing on to them."""
    begun = Reading(parse, life)
    token = _current.set(begun)
    try:
        yield begun
    finally:
        _current.reset(token)


def current_reading() -> Reading[Any] | None:
    """Return what this thread asks; None outside of any question of ours."""
    return _current.get(None)
