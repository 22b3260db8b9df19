"""How cells look in a frame: hidden ones as themselves, not as NaN."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jobindsats_pandas.disclosure.cells import Cells, CellStatus, is_missing
from jobindsats_pandas.kinds import Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["number_text", "texts"]

_HIDDEN = {Kind.PERSONS: "<3", Kind.STOCK: "<3", Kind.FLOW: "<3", Kind.FULL_TIME: "≤3"}
_OTHERS = {CellStatus.NOT_AVAILABLE: "n/a", CellStatus.ABSENT: "–", CellStatus.HOLE: "NaN"}


def number_text(number: float, *, whole: bool) -> str:
    """A number, as pandas would show it in a column of its own."""
    if whole:
        return str(int(number))
    if (custom := pd.get_option("display.float_format")) is not None:
        return str(custom(number))
    text = f"{number:.{pd.get_option('display.precision')}f}"
    return (
        text.rstrip("0") + "0"
        if text.rstrip("0").endswith(".")
        else text.rstrip("0")
        if "." in text
        else text
    )


def texts(cells: Cells) -> NDArray[np.object_]:
    """Each cell as text, as it stands in a frame.

    ``<3`` and ``≤3`` for hidden counts, ``hidden`` for others, ``n/a``, ``–`` for what the API left out, ``NaN`` for
    a hole, ``0*`` for what was filled.
    """
    whole = cells.values.dtype.kind == "i"
    result = np.empty(len(cells), dtype=object)
    status = cells.status
    shown = np.flatnonzero(~is_missing(status))
    result[shown] = [number_text(number, whole=whole) for number in cells.values[shown].tolist()]
    for code, text in _OTHERS.items():
        result[status == code] = text
    hidden = np.flatnonzero(status == CellStatus.DISCRETIONISED)
    rounded = np.flatnonzero(status == CellStatus.ROUNDED)
    result[hidden] = "hidden"
    result[rounded] = [f"{text}*" for text in result[rounded]]
    for where in cells.registry.decode(cells.addresses[hidden]):
        kinds = [_HIDDEN.get(m.kind, "hidden") if not m.derived else "hidden" for m in where.space.measures]
        result[hidden[where.where]] = np.array(kinds, dtype=object)[where.measure]
    for where in cells.registry.decode(cells.addresses[rounded]):
        published = np.array([not m.derived for m in where.space.measures])[where.measure]
        places = rounded[where.where][published]
        result[places] = [f"≤{text[:-1]}" for text in result[places]]
    for where in cells.registry.decode(cells.addresses[shown]):
        approximate = np.array([m.approximate for m in where.space.measures])[where.measure]
        places = shown[where.where][approximate]
        result[places] = [f"≈{text}" for text in result[places]]
    filled = np.flatnonzero(status == CellStatus.FILLED)
    result[filled] = [f"{text}*" for text in result[filled]]
    return result
