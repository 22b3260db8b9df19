"""What adds up, and where it does not, within which bounds the sum lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas import arguments
from jobindsats_pandas.disclosure import (
    UNKNOWN,
    CellStatus,
    DiscretionisedArray,
    SumCheck,
    check_sums,
    sum_error,
)
from jobindsats_pandas.errors import InvalidSumError
from jobindsats_pandas.framed import Framed, Key, MeasureCells
from jobindsats_pandas.guarded import MEASURE, VALUE
from jobindsats_pandas.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


__all__ = ["sum_bounds", "sum_check"]

_WHY = {
    "measures": "different measures",
    "rate": "rates, averages and unknown measures do not add",
    "persons": "the same persons are counted in several parts",
    "unknown": "cells of unknown origin",
    "levels": "totals and their parts stand together",
    "repeated": "the same cell more than once",
    "periods": "it does not add over periods",
    "not_available": "cells are not published (yet)",
    "hidden": "cells are discretionised",
    "rounded": "cells are hidden by rounding",
    "filled": "hidden cells were filled with a guess",
    "dropped": "hidden cells were dropped",
}


def sum_bounds(
    frame: pd.DataFrame | pd.Series, measure: str | None = None, by: Sequence[str] | str | None = None
) -> pd.DataFrame:
    """Give the interval of each sum, as `FrameAccessor.sum_bounds`; a series is summed as it stands."""
    names = arguments.labels("by", by)
    framed, pieces = _pieces_of(frame, measure)
    if len(pieces) > 1:
        countable = [one for one in pieces if one.measure is None or one.measure.kind is not Kind.NONE]
        pieces = countable or pieces
    results, whole = [], True
    for piece in pieces:
        check, groups = _grouped(piece, [framed.key(piece, name) for name in names])
        bounds = check.bounds()
        refused = np.isnan(bounds.low)
        if refused.all() and len(refused) and not (names and check.valid):
            raise _no_interval(check, int(np.flatnonzero(refused)[0]))
        whole &= piece.cells.values.dtype.kind == "i" and piece.measure is not None
        whole &= piece.measure is None or piece.measure.kind in (Kind.PERSONS, Kind.STOCK, Kind.FLOW)
        rounded = check.count_of(CellStatus.ROUNDED)
        results.append(
            pd.DataFrame(
                {
                    **groups,
                    MEASURE: piece.name,
                    VALUE: _right_or_hidden(check),
                    "low": bounds.low,
                    "high": np.where(np.isinf(bounds.high), np.nan, bounds.high),
                    "hidden": bounds.hidden,
                    "rounded": rounded,
                    "why": _why_they_differ(piece, check, bounds.hidden, rounded),
                }
            )
        )
    joined = _stacked(results, [*names, MEASURE, VALUE, "low", "high", "hidden", "rounded", "why"])
    numbers = "Int64" if whole and results else "Float64"
    return joined.astype(
        {"low": numbers, "high": numbers, "hidden": "int64", "rounded": "int64", "why": "str"}
    )


def sum_check(frame: pd.DataFrame | pd.Series, by: Sequence[str] | str | None = None) -> pd.DataFrame:
    """Ask whether sums would be right, as `FrameAccessor.check_sum`; a series is checked as it stands."""
    names = arguments.labels("by", by)
    framed, pieces = _pieces_of(frame)
    results = []
    for piece in pieces:
        check, groups = _grouped(piece, [framed.key(piece, name) for name in names])
        reasons = [check.reasons_of(group) for group in range(check.groups)]
        results.append(
            pd.DataFrame(
                {
                    **groups,
                    MEASURE: piece.name,
                    "valid": [not found for found in reasons],
                    "reasons": [", ".join(found) for found in reasons],
                    "cells": check.count,
                    "hidden": check.count_of(CellStatus.DISCRETIONISED),
                    "why": ["; ".join(_WHY[reason] for reason in found) for found in reasons],
                }
            )
        )
    joined = _stacked(results, [*names, MEASURE, "valid", "reasons", "cells", "hidden", "why"])
    return joined.astype({"valid": bool, "reasons": "str", "cells": "int64", "hidden": "int64", "why": "str"})


def _grouped(piece: MeasureCells, keys: Sequence[Key]) -> tuple[SumCheck, dict[str, Any]]:
    """Check the sums of a measure's cells group by group; the groups come in the order of their labels."""
    if not keys:
        return check_sums(piece.cells), {}
    combined = np.zeros(len(piece.cells), dtype=np.int64)
    for key in keys:
        combined = combined * (len(key.labels) + 1) + key.codes + 1
    present, ids = np.unique(combined, return_inverse=True)
    columns: dict[str, Any] = {}
    rest = present
    for key in reversed(keys):
        rest, codes = np.divmod(rest, len(key.labels) + 1)
        columns[key.name] = _labelled(key.labels, codes - 1)
    return check_sums(piece.cells, ids, len(present)), dict(reversed(columns.items()))


def _labelled(labels: pd.Index, codes: NDArray[np.integer]) -> pd.Index:
    if not len(labels):
        return pd.Index([None] * len(codes), dtype=labels.dtype)
    taken = labels.take(codes)
    return taken.where(codes >= 0) if (codes < 0).any() else taken


def _pieces_of(
    frame: pd.DataFrame | pd.Series, measure: str | None = None
) -> tuple[Framed, list[MeasureCells]]:
    """The cells of each measure, or of one."""
    if isinstance(frame, pd.Series):
        return Framed(frame.to_frame()), [_whole(frame)]
    framed = Framed(frame)
    return framed, framed.by_measure(measure)


def _whole(series: pd.Series) -> MeasureCells:
    """All cells of a series as if they were of one measure, which they should be."""
    array: Any = series.array
    found = array.registry.measures(array.addresses)
    measure = found[0][1] if len(found) == 1 else None
    name = "" if series.name is None else str(series.name)
    return MeasureCells(
        name, found[0][0].table if measure else "", measure, array.cells, np.arange(len(array))
    )


def _stacked(results: Sequence[pd.DataFrame], columns: Sequence[str]) -> pd.DataFrame:
    return pd.concat(results, ignore_index=True) if results else pd.DataFrame(columns=list(columns))


def _no_interval(check: SumCheck, group: int) -> InvalidSumError:
    cells = check.cells if check.ids is None else check.cells[np.flatnonzero(check.ids == group)]
    one = check_sums(cells)
    if not one.valid:
        return sum_error(one, "sum_bounds")
    return InvalidSumError(
        "sum_bounds: refused, for it is not known which cells these are, so no rule bounds what they stand for. Take"
        " the columns as they were read, before computing with them.",
        reasons=("unknown",),
    )


def _why_they_differ(
    piece: MeasureCells, check: SumCheck, hidden: NDArray[np.int64], rounded: NDArray[np.int64]
) -> list[str]:
    kind = piece.measure.kind if piece.measure else Kind.NONE
    limit = {Kind.FULL_TIME: "0 to 3", Kind.MONEY: "0 or more"}.get(kind, "0 to 2")
    texts = []
    counts = zip(check.count.tolist(), hidden.tolist(), rounded.tolist(), strict=True)
    for group, (cells, unseen, small) in enumerate(counts):
        # What the numbers of hidden and rounded cells tell is told below.
        told = {"hidden", "rounded", "persons"}
        why = [_WHY[reason] for reason in check.reasons_of(group) if reason not in told]
        if unseen:
            why.append(f"{unseen:,} hidden {_cells(unseen)} of {limit}{' each' * (unseen > 1)}")
        if small:
            why.append(f"{small:,} {_cells(small)} rounded up from 0 or more")
        if kind is Kind.FULL_TIME and cells > unseen:
            why.append(f"{cells - unseen:,} {_cells(cells - unseen)} rounded by up to 0.5")
        if kind is Kind.PERSONS and cells > 1:
            why.append("a person can be in several parts")
        texts.append("; ".join(why))
    return texts


def _right_or_hidden(check: SumCheck) -> DiscretionisedArray:
    """The sums that are right; the others hidden, or not available where that is all that stands against them."""
    bad = check.bad
    status = check.status.copy()
    status[bad] = CellStatus.DISCRETIONISED
    pending = check.count_of(CellStatus.NOT_AVAILABLE) == check.count
    status[bad & pending] = CellStatus.NOT_AVAILABLE
    registry, addresses = check.placed
    return DiscretionisedArray(check.totals, status, np.where(bad, UNKNOWN, addresses), registry)


def _cells(count: int) -> str:
    return "cell" if count == 1 else "cells"
