"""How the address of each cell follows from the labels of its row, so that a file need not hold it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas.disclosure import CellStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jobindsats_pandas.disclosure import DiscretionisedArray

__all__ = ["recipe_of"]

#: Rows compared at a time: few enough that what is compared stays in the processor's cache.
_BLOCK = 32_768


def recipe_of(
    array: DiscretionisedArray, keys: Sequence[tuple[str, NDArray[np.integer], int]]
) -> dict[str, Any] | None:
    """How the addresses follow from the labels of the rows; None if they do not.

    An address is a number in mixed radix, so it is a sum of what the period and each member contribute. Contributions are
    taken from a few rows and the sum is then compared with every row: what is noted is exact, or it is not noted.
    """
    addresses = array.addresses
    rows: slice | NDArray[np.intp] = slice(None)
    hole = None
    low, high = (int(addresses.min()), int(addresses.max())) if len(addresses) else (0, 0)
    if low < 0 <= high:
        # What pandas made by concat, merge or unstack belongs to no cell, and its status says so.
        special = array.status == CellStatus.HOLE
        if not np.array_equal(special, addresses == low):
            return None
        hole, rows = low, np.flatnonzero(~special)
        addresses = addresses[rows]
        low = int(addresses.min())
    if low == high:
        return {"constant": low, "sums": {}, "hole": hole}
    within = [
        (space, offset)
        for space, offset in zip(array.registry.spaces, array.registry.offsets, strict=True)
        if offset <= low and high < offset + space.size
    ]
    if not within:
        return None
    (space, constant), *_ = within
    radices = [
        max(len(space.periods), 1),
        *(len(dimension.members) for dimension in reversed(space.dimensions)),
        len(space.measures),
    ]
    strides = np.concatenate([[1], np.cumprod(radices[:-1], dtype=np.int64)])
    labels = [(name, codes[rows], size) for name, codes, size in keys]
    sample = _sample(len(addresses), labels)
    digits = ((addresses[sample] - constant)[:, None] // strides) % np.array(radices)
    tables: dict[str, NDArray[np.int64]] = {}
    for digit, stride in zip(digits.T, strides.tolist(), strict=True):
        if (digit == digit[0]).all():
            constant += int(digit[0]) * stride
            continue
        for name, codes, size in labels:
            table = np.full(size + 1, -1)
            table[codes[sample]] = digit
            if (table[codes[sample]] == digit).all():
                tables[name] = tables.get(name, np.zeros(size + 1, dtype=np.int64)) + table.clip(0) * stride
                break
        else:
            return None
    used = [(tables[name], codes) for name, codes, _ in labels if name in tables]
    for start in range(0, len(addresses), _BLOCK):
        block = slice(start, start + _BLOCK)
        told = np.full(len(addresses[block]), constant)
        for table, codes in used:
            told += table.take(codes[block], mode="wrap")
        if not np.array_equal(told, addresses[block]):
            return None
    sums = {name: table.tolist() for name, table in tables.items()}
    return {"constant": constant, "sums": sums, "hole": hole}


def _sample(count: int, labels: Sequence[tuple[str, NDArray[np.integer], int]]) -> NDArray[np.int64]:
    """Some rows, with at least one of every label that there is."""
    picked = [np.linspace(0, count - 1, 4_000).astype(np.int64)]
    for _, codes, size in labels:
        seen = np.zeros(size + 1, dtype=bool)
        seen[codes[picked[0]]] = True
        seen[-1] |= codes.min() >= 0
        if not seen.all():
            some = np.zeros(size + 1, dtype=np.int64)
            some[codes] = np.arange(count)
            picked.append(some)
    return np.concatenate(picked)
