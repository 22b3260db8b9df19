"""What tests of pictures share: frames of a few cells, what axes show, and pictures compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import matplotlib.image as mpimg
import numpy as np
import pandas as pd
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from jobindsats_pandas.disclosure import (
    AddressDimension,
    AddressMeasure,
    AddressSpace,
    CellStatus,
    DiscretionisedArray,
    Registry,
)
from jobindsats_pandas.kinds import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

OBSERVED, HIDDEN, PENDING, ABSENT, ROUNDED, DERIVED, FILLED, HOLE = CellStatus
PICTURES = Path(__file__).parent / "pictures"
PERSONS = AddressMeasure("m1", "Antal personer", Kind.PERSONS)
FULL_TIME = AddressMeasure("m2", "Antal fuldtidspersoner", Kind.FULL_TIME)
RATE = AddressMeasure("m3", "Andel personer, pct.", Kind.NONE)
MONEY = AddressMeasure("m4", "Udbetalt beløb, 1.000 kr.", Kind.MONEY)
FLOW = AddressMeasure("m5", "Antal sanktioner", Kind.FLOW)


def months(count: int, first: int = 0) -> tuple[tuple[str, str], ...]:
    return tuple(("M", f"{2024 + n // 12}M{n % 12 + 1:02d}") for n in range(first, first + count))


def area(members: int) -> AddressDimension:
    named = ["Ærø", "Læsø", "Aarhus", "Sønderborg"]
    names = [named[n] if n < len(named) else f"Kommune {n + 1}" for n in range(members)]
    listed = [(f"/{n + 1}/", name) for n, name in enumerate(names)]
    return AddressDimension.build(
        "_omrade",
        "Område",
        [("_nykom", "0", "Hele landet", [("/", "Hele landet")]), ("_nykom", "1", "Kommune", listed)],
    )


def table(
    measures: tuple[AddressMeasure, ...] = (PERSONS,),
    periods: tuple[tuple[str, str], ...] = months(6),
    *dimensions: AddressDimension,
    name: str = "Ledige",
    url: str = "",
) -> AddressSpace:
    return AddressSpace("y25i01", name, measures, periods, dimensions or (area(4),), url)


def column(
    space: AddressSpace, cells: list[list[Any]], measure: int = 0, members: list[int] | None = None
) -> tuple[DiscretionisedArray, list[int], list[int]]:
    """A guarded column: a list of numbers and statuses for each member, from the first period on."""
    members = list(range(1, len(cells) + 1)) if members is None else members
    flat = [
        (m, p, cell)
        for m, row in zip(members, cells, strict=True)
        for p, cell in enumerate(row)
        if cell is not None
    ]
    status = [
        OBSERVED if not isinstance(c, (CellStatus, tuple)) else c if isinstance(c, CellStatus) else c[1]
        for *_, c in flat
    ]
    values = [1 if isinstance(c, CellStatus) else c[0] if isinstance(c, tuple) else c for *_, c in flat]
    codes, periods = [m for m, *_ in flat], [p for _, p, _ in flat]
    numbers = np.array(values)
    array = DiscretionisedArray(
        numbers.astype(np.int64) if numbers.dtype.kind == "i" else numbers.astype(np.float64),
        np.array(status, dtype=np.uint8),
        space.encode(measure, np.array(periods), [np.array(codes)]),
        Registry.of(space),
    )
    return array, codes, periods


def frame(cells: list[list[Any]], space: AddressSpace | None = None, **how: Any) -> pd.DataFrame:
    space = space or table()
    array, codes, periods = column(space, cells, **how)
    return pd.DataFrame(
        {
            "Periode": [space.periods[p][1] for p in periods],
            "Område": [space.dimensions[0].members[c].name for c in codes],
            space.measures[how.get("measure", 0)].name: array,
        }
    )


def lines(ax: Any) -> dict[str, dict[float, float]]:
    """What the lines show: for each name in the legend (or the only line) the numbers by position."""
    shown = [
        line
        for line in ax.lines
        if line.get_linestyle() == "-" and len(line.get_xdata()) and line.get_marker() != "None"
    ]
    names = legend(ax)[: len(shown)] if len(shown) > 1 else [""]
    return {
        name: {x: y for x, y in zip(line.get_xdata(), line.get_ydata(), strict=True) if not np.isnan(y)}
        for name, line in zip(names, shown, strict=True)
    }


def boxes(ax: Any) -> list[tuple[float, float]]:
    """The hatched boxes: the middle of the period, and the height; all must stand on 0."""
    found = [patch for patch in ax.patches if patch.get_hatch()]
    assert all(patch.get_y() == 0 for patch in found)
    return [(round(patch.get_x() + patch.get_width() / 2), patch.get_height()) for patch in found]


def marks(ax: Any) -> list[float]:
    """The middles of the hatched marks below the lowest number."""
    strips = [c for c in ax.collections if isinstance(c, PolyCollection) and c.get_hatch()]
    low = [path.vertices for strip in strips for path in strip.get_paths()]
    assert all(vertices[:, 1].max() <= min(ax.get_yticks()) for vertices in low)
    return [float(np.mean([v[:, 0].min(), v[:, 0].max()])) for v in low]


def legend(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()] if ax.get_legend() else []


def foot(ax: Any) -> str:
    return " ".join(ax.get_xlabel().split())


def title(ax: Any) -> str:
    return ax.get_title(loc="left")


def beside(ax: Any) -> list[str]:
    return [text.get_text() for text in ax.texts]


START = 54 * 12  # January 2024, as pandas counts months


def tick_names(ax: Any) -> list[str]:
    return [label.get_text() for label in ax.get_xticklabels()]


def small(path: Path) -> np.ndarray:
    """What stands inside the axes, in blocks of 8 by 8 pixels: fonts differ by a hair between versions."""
    pixels = mpimg.imread(path)[48:240, 104:488, :3]
    return pixels.reshape(24, 8, 48, 8, 3).mean(axis=(1, 3))


def difference(left: np.ndarray, right: np.ndarray) -> float:
    return float(np.abs(left - right).mean())


def scene(draw: Callable[[Any, Any], Any], hidden: Any, path: Path) -> Path:
    """Draw on axes of fixed size, so that the fonts of a machine or a version move nothing."""
    with mpl.rc_context(mpl.rcParamsDefault):
        figure = Figure(figsize=(6.4, 4.0), dpi=80)
        draw(hidden, figure.add_axes((0.2, 0.25, 0.75, 0.6)))
        for words in filter(None, [axes.get_legend() for axes in figure.axes]):
            words.remove()
        figure.savefig(path)
    return path


def looks_as_it_did(draw: Callable[[Any, Any], Any], name: str, directory: Path) -> None:
    """Compare a picture with the one that was kept, and see that the comparison would miss no band."""
    drawn, kept = scene(draw, HIDDEN, directory / f"{name}.png"), PICTURES / f"{name}.png"
    assert difference(small(drawn), small(kept)) < 0.003, (
        f"look at {drawn}; if it is as it should be, put it in {PICTURES}"
    )
    other = small(scene(draw, 6, directory / "visible.png"))
    assert difference(other, small(kept)) > 0.01, "the comparison would not see a missing band"
