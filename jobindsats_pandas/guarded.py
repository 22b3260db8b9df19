"""The guarded columns of a frame: found, joined and taken apart once, whatever became of the other columns."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any
from zlib import crc32

import numpy as np
import pandas as pd

from jobindsats_pandas.disclosure import (
    Cells,
    CellStatus,
    DiscretionisedArray,
    merge_registries,
)
from jobindsats_pandas.disclosure.scalars import Cell

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from jobindsats_pandas.disclosure import AddressSpace, Decoded, Registry

__all__ = [
    "MEASURE",
    "STATUS",
    "VALUE",
    "DistinctNames",
    "aligned",
    "by_position",
    "decode_columns",
    "guarded_columns",
    "is_long",
    "joined",
    "spaces_of",
    "suffixed",
    "tally",
    "why_nothing_is_guarded",
]

#: Columns of the long layout.
MEASURE, VALUE, STATUS = "measure", "value", "status"


def guarded_columns(frame: pd.DataFrame) -> dict[int, DiscretionisedArray]:
    """Find the discretionised columns: arrays by position."""
    arrays: Iterator[Any] = (column.array for _, column in frame.items())
    return {place: array for place, array in enumerate(arrays) if isinstance(array, DiscretionisedArray)}


def why_nothing_is_guarded(frame: pd.DataFrame) -> str:
    """What a frame without discretionised columns is told: where they went, and how they stay."""
    objects = [frame.iloc[:, place] for place, dtype in enumerate(frame.dtypes) if dtype.kind == "O"]
    if any(isinstance(value, Cell) for values in objects for value in values.head(100)):
        return (
            "The cells of this frame stand in columns of objects, of which df.jobindsats knows nothing: df.pivot(values=[…])"
            " makes them of a list. With one name, values='…', or without values= they stay guarded, and so they do in"
            " df.jobindsats.to_wide(columns='…', measure='…')."
        )
    return (
        "This frame has no discretionised columns, so df.jobindsats has nothing to work on. Frames from ji.read_jobindsats"
        " and ji.read_parquet have them; plain(), astype and to_numpy leave them behind (plain(periods='end') gives"
        " timestamps at once)."
    )


def is_long(frame: pd.DataFrame) -> bool:
    """Whether a frame is of the long layout: one discretionised column `value` beside `measure`."""
    guarded = [frame.columns[place] for place in guarded_columns(frame)]
    return guarded == [VALUE] and list(frame.columns).count(MEASURE) == 1


def decode_columns(arrays: Iterable[DiscretionisedArray]) -> Iterator[list[Decoded]]:
    """Take each array's cells apart; columns that differ by the measure alone are taken apart once."""
    first: DiscretionisedArray | None = None
    known: list[Decoded] = []
    for array in arrays:
        if first is not None and len(known) == 1 and array.registry is first.registry:
            shift = array.addresses - first.addresses
            space = known[0].space
            if len(known[0].where) == len(array) and (shift == shift[0]).all():
                steps, rest = divmod(int(shift[0]), space.per_measure)
                if rest == 0:
                    yield [replace(known[0], measure=known[0].measure + steps)]
                    continue
        first, known = array, array.registry.decode(array.addresses)
        yield known


def spaces_of(decoded: Iterable[Decoded]) -> dict[str, AddressSpace]:
    """The tables that cells belong to, by their ids."""
    return {one.space.table: one.space for one in decoded}


def aligned(several: Sequence[Cells]) -> tuple[Registry, list[Cells]]:
    """Number several bundles of cells in one registry."""
    registry, recoders = merge_registries([cells.registry for cells in several])
    return registry, [
        replace(
            cells, registry=registry, addresses=cells.addresses if recode is None else recode(cells.addresses)
        )
        for cells, recode in zip(several, recoders, strict=True)
    ]


def joined(several: Sequence[Cells]) -> Cells:
    """Put bundles of cells one behind the other."""
    if len(several) == 1:
        return several[0]
    registry, several = aligned(several)
    return Cells(
        np.concatenate([cells.values for cells in several]),
        np.concatenate([cells.status for cells in several]),
        np.concatenate([cells.addresses for cells in several]),
        registry,
        sum(cells.dropped for cells in several),
    )


class DistinctNames:
    """Names of columns that a file or another program tells apart: who comes later under a name that is taken gets a number.

    Examples
    --------
    >>> names = DistinctNames()
    >>> [names.of(name) for name in ("Antal", "Antal_status", "Antal_status", "Antal_status_status")]
    ['Antal', 'Antal_status', 'Antal_status.1', 'Antal_status_status']
    """

    def __init__(self, taken: Iterable[Hashable] = ()) -> None:
        self._taken = set(taken)

    def of(self, name: Hashable) -> Any:
        """The name itself if it is free; of several levels, the last one is numbered."""
        numbered = (suffixed(name, f".{number}") if number else name for number in count())
        free = next(one for one in numbered if one not in self._taken)
        self._taken.add(free)
        return free


def suffixed(label: Hashable, suffix: str) -> Hashable:
    """A label with something behind it; of several levels, behind the last."""
    return (*label[:-1], f"{label[-1]}{suffix}") if isinstance(label, tuple) else f"{label}{suffix}"


def by_position(
    names: Sequence[Hashable] | pd.Index, columns: Sequence[Any], index: pd.Index | None = None
) -> pd.DataFrame:
    """Make a frame of columns and their names: two may bear one name, and both are kept."""
    # Objects stay objects only as a series that says so.
    data = [
        pd.Series(one, index=index, dtype=object)
        if str(one.dtype) == "object" and not isinstance(one, pd.Series)
        else one
        for one in columns
    ]
    frame = pd.DataFrame(dict(enumerate(data)), index=index, copy=False)
    text = not isinstance(names, pd.Index) and all(isinstance(name, str) for name in names)
    frame.columns = (
        names if isinstance(names, pd.Index) else pd.Index(list(names), dtype="str" if text else None)
    )
    return frame


def tally(frame: pd.DataFrame, *, as_read: bool = False) -> str:
    """A short mark of which cells a frame holds, and under which names and labels.

    Its numbers may be revised, its cells may not. It is made when a question is answered, and told again from what stands
    in a file. A cell that was filled, computed, doubled or put in by hand, a hole that pandas made, another name, label or
    column, and labels or cells that changed places give another mark; the order of rows does not.

    Parameters
    ----------
    frame : DataFrame
    as_read : bool
        Whether the frame was just made of answers: then its columns differ by a step, and no cell is computed.
    """
    rows, names = len(frame), [str(name) for name in frame.columns]
    facts: list[Any] = [rows, names]
    first = None
    arrays: list[Any] = [column.array for _, column in frame.items()]
    for place, array in enumerate(arrays):
        if not isinstance(array, DiscretionisedArray):
            continue
        if first is None:
            first = array.addresses.view(np.uint64)
            total = int(np.add.reduce(first))
            facts.append(_beside(first, first))
        if as_read and rows:
            step = int(array.cells[:1].addresses[0]) - int(first[0])
            computed, known = 0, (total + rows * step) % (1 << 64)
        else:
            addresses = array.addresses.view(np.uint64)
            computed = int(np.count_nonzero(array.status >= CellStatus.DERIVED))
            # Whose cells stand in other rows than those of the first column is not as it was read.
            computed += int(np.count_nonzero(np.diff(addresses - first)))
            known = int(np.add.reduce(addresses))
        facts.append([place, known, computed])
    for place, values in enumerate(arrays):
        codes: Any
        if isinstance(values, pd.Categorical):
            # As a list first: text that lies in Arrow's memory is slow to go through one by one.
            labels, codes = [str(one) for one in values.categories.tolist()], values.codes
        elif isinstance(values, pd.arrays.PeriodArray):
            labels, codes = [str(values.dtype)], values.view("int64")
        else:
            continue
        facts.append([place, labels, 0 if first is None else _beside(first, codes)])
    return f"{rows} {crc32(json.dumps(facts, ensure_ascii=False).encode()):08x}"


def _beside(addresses: NDArray[np.uint64], codes: NDArray[np.integer]) -> int:
    """Each label beside the cell that it stands for, whatever the order of the rows."""
    return int(np.einsum("i,i->", addresses, codes, dtype=np.uint64, casting="unsafe"))
