"""How cells look in a frame: hidden ones as themselves, not as NaN."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from jobindsats_pandas.disclosure.cells import Cells, CellStatus

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from jobindsats_pandas.disclosure.addresses import AddressMeasure

__all__ = ["Mark", "number_text", "texts", "to_format"]

# Fill, alignment and width of a format; it matches anything.
_SPEC: Final = re.compile(
    r"(?:(?P<fill>.)?(?P<align>[<>=^]))?[-+ ]?z?#?0?(?P<width>\d+)?[,_]?(?:\.\d+)?(?P<text>s)?", re.DOTALL
)

_OTHERS: dict[int, str] = {CellStatus.NOT_AVAILABLE: "n/a", CellStatus.ABSENT: "–", CellStatus.HOLE: "NaN"}

_MARKED = (CellStatus.ROUNDED, CellStatus.FILLED)


class Mark(str):
    """What stands where no number does, among numbers that are formatted."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        # Width and alignment are those of the numbers beside it; signs, decimals and the like have no meaning here.
        fill, align, width, left = _SPEC.match(spec).group("fill", "align", "width", "text")  # type: ignore[union-attr]
        align = {None: "<" if left else ">", "=": ">"}.get(align, align)
        return f"{self!s:{fill or ' '}{align}{width or 0}}"


def to_format(cells: Cells, objects: NDArray[np.object_]) -> NDArray[np.object_]:
    """Single cells for somebody's own format: numbers where they are shown as they are, and marks where they are not."""
    marked = np.flatnonzero(
        ~np.isin(cells.status, (CellStatus.OBSERVED, CellStatus.DERIVED, CellStatus.HOLE))
    )
    objects[marked] = [Mark(text) for text in texts(cells[marked])]
    return objects


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
    for found in cells.registry.decode(cells.addresses, of_one_cell=False):
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
