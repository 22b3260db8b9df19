"""Digests of a column's content: equal for equal content, however it is stored."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["digest_of_array", "digest_of_numbers", "plain_type"]


def digest_of_numbers(numbers: NDArray[Any]) -> str:
    """Digest numbers or codes."""
    return _digest(iter([np.ascontiguousarray(_narrowed(numbers))]))


def digest_of_array(array: pa.Array) -> str:
    """Digest an Arrow array of any type that is not nested."""
    return _digest(_contents(array))


def plain_type(kind: pa.DataType) -> str:
    """Name a type, the same for the ways in which text can be stored."""
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    return "string" if str(kind) in {"large_string", "string_view"} else str(kind)


def _digest(contents: Iterator[Any]) -> str:
    made = sha256()
    for content in contents:
        made.update(content)
    return made.hexdigest()[:32]


def _narrowed(numbers: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers in as few bytes as they fit into: digesting costs by the byte."""
    if numbers.dtype.kind != "i" or not len(numbers):
        return numbers
    low, high = numbers.min(), numbers.max()
    for narrow in (np.int8, np.int16, np.int32):
        known = np.iinfo(narrow)
        if known.min <= low and high <= known.max:
            return numbers.astype(narrow, copy=False)
    return numbers.astype(np.int64, copy=False)


def _contents(array: pa.Array) -> Iterator[Any]:
    """Where nothing stands, and the bytes of what stands elsewhere."""
    yield np.packbits(array.is_null().to_numpy(zero_copy_only=False))
    if pa.types.is_null(array.type):
        return
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.uint8())
    # What stands under a null means nothing.
    kept = pc.drop_null(array) if array.null_count else array
    if (
        pa.types.is_primitive(kept.type)
        or pa.types.is_decimal(kept.type)
        or pa.types.is_fixed_size_binary(kept.type)
    ):
        width = kept.type.bit_width // 8
        yield memoryview(kept.buffers()[1])[kept.offset * width : (kept.offset + len(kept)) * width]
        return
    if len(kept):
        wide = kept.cast(pa.large_binary())
        ends = np.frombuffer(wide.buffers()[1], np.int64)[wide.offset : wide.offset + len(wide) + 1]
        yield np.diff(ends)
        yield memoryview(wide.buffers()[2])[ends[0] : ends[-1]]
