"""How cells look in a frame: hidden ones as themselves, not as NaN."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from jobindsats_pandas.disclosure.cells import Cells, CellStatus

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jobindsats_pandas.disclosure.addresses import AddressMeasure

__all__ = ["number_text", "texts"]

_OTHERS: dict[int, str] = {CellStatus.NOT_AVAILABLE: "n/a", CellStatus.ABSENT: "–", CellStatus.HOLE: "NaN"}

_MARKED = (CellStatus.ROUNDED, CellStatus.FILLED)


def number_text(number: float, *, whole: bool) -> str:
    """A number, as pandas would show it in a column of its own."""
    if whole:
        return str(int(number))
    if (custom := pd.get_option("display.float_format")) is not None:
        return str(custom(number))
    text = f"{number:.{pd.get_option('display.precision')}f}"
    if "." not in text:
        return text
    return text.rstrip("0") + ("0" if text.rstrip("0").endswith(".") else "")


def texts(cells: Cells) -> NDArray[np.object_]:
    """Each cell as text, as it stands in a frame.

    ``<3`` and ``≤3`` for hidden counts, ``hidden`` for others, ``n/a``, ``–`` for what the API left out, ``NaN`` for
    a hole, ``0*`` for what was filled.
    """
    whole = cells.whole
    measures = np.full(len(cells), None, dtype=object)
    for found in cells.registry.decode(cells.addresses):
        measures[found.where] = np.array([*found.space.measures, None], dtype=object)[found.measure]
    columns = (cells.values.tolist(), cells.status.tolist(), measures)
    result = np.empty(len(cells), dtype=object)
    result[:] = [
        _text(number, status, measure, whole=whole) for number, status, measure in zip(*columns, strict=True)
    ]
    return result


def _text(number: float, status: int, measure: AddressMeasure | None, *, whole: bool) -> str:
    published = measure is not None and not measure.derived
    if status == CellStatus.DISCRETIONISED:
        return measure.kind.mark if measure and published else "hidden"
    if status in _OTHERS:
        return _OTHERS[status]
    text = number_text(number, whole=whole)
    if status == CellStatus.ROUNDED and published:
        return f"≤{text}"
    approximate = "≈" if measure is not None and measure.approximate else ""
    return f"{approximate}{text}{'*' if status in _MARKED else ''}"
