"""How much is hidden: counted by measure, level, member and period, and what each breakdown costs."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas import arguments
from jobindsats_pandas.disclosure import CellStatus
from jobindsats_pandas.framed import Framed, Key
from jobindsats_pandas.guarded import MEASURE, STATUS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jobindsats_pandas.framed import Axis, MeasureCells

__all__ = ["Audit", "audit"]

#: Rows of each table that are shown; the frames hold all.
_SHOWN = 8


@dataclass(frozen=True, eq=False)
class Audit:
    """How much is hidden, and where.

    Attributes
    ----------
    frame : DataFrame
        For each group of `by` and measure: ``cells``, ``shown``, ``hidden``, ``not_available``, ``absent``,
        ``rounded``, and ``share``, hidden of shown and hidden.
    levels, members, periods : DataFrame
        The same for each level and each member of the dimensions, and for each period; all measures together.
    breakdowns : DataFrame
        For each dimension that is broken down: ``hidden`` and ``share`` among its parts, and ``share_without``: the
        most that could be hidden, were this dimension left at its total. Costliest first.
    """

    frame: pd.DataFrame
    levels: pd.DataFrame
    members: pd.DataFrame
    periods: pd.DataFrame
    breakdowns: pd.DataFrame

    @property
    def summary(self) -> str:
        """One line: how many cells are hidden."""
        counts = self.frame[["cells", "shown", "hidden", "not_available", "rounded"]].sum()
        shown_or_hidden = counts["shown"] + counts["hidden"]
        text = f"{counts['hidden']:,} of {shown_or_hidden:,} cells are hidden (discretionised)"
        if shown_or_hidden:
            text += f": {_percent(counts['hidden'] / shown_or_hidden)}"
        if counts["rounded"]:
            text += f"; {counts['rounded']:,} more are rounded"
        if counts["not_available"]:
            text += f"; {counts['not_available']:,} are not available"
        return text

    def _tables(self) -> list[tuple[str, pd.DataFrame]]:
        tables = [("", self.frame)]
        if self.breakdowns["hidden"].any():
            tables.append(("What each breakdown costs", self.breakdowns))
        hit = self.members[self.members["hidden"] > 0].sort_values("share", ascending=False, kind="stable")
        if len(hit):
            tables.append(("Members with the largest share hidden", hit))
        if len(self.periods) > 1 and self.periods["hidden"].any():
            tables.append(("Periods", self.periods.iloc[::-1]))
        return [(title, _readable(table)) for title, table in tables]

    def __repr__(self) -> str:
        lines = [self.summary]
        for title, table in self._tables():
            lines += ["", *([title] if title else []), table.head(_SHOWN).to_string(index=False)]
            if len(table) > _SHOWN:
                lines.append(f"… {len(table) - _SHOWN:,} more")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        parts = [f"<p><b>{escape(self.summary)}</b></p>"]
        for title, table in self._tables():
            more = f"<small>… {len(table) - _SHOWN:,} more</small>" if len(table) > _SHOWN else ""
            shown = table.head(_SHOWN).to_html(index=False, border=0)
            parts.append(f"{f'<p>{escape(title)}</p>' if title else ''}{shown}{more}")
        return f"<div>{''.join(parts)}</div>"


def _percent(share: float) -> str:
    return "–" if np.isnan(share) else f"{100 * share:.1f} %"


def _readable(table: pd.DataFrame) -> pd.DataFrame:
    """Leave out what is all zero, write shares in per cent, and cut long names."""
    empty = [
        name for name in ("not_available", "absent", "rounded") if name in table and not table[name].any()
    ]
    table = table.drop(columns=empty)
    shown = {}
    for name in table.columns:
        if str(name).startswith("share"):
            shown[name] = [_percent(value) for value in table[name]]
        elif table[name].dtype.kind == "i":
            shown[name] = [f"{value:,}" for value in table[name]]
        else:
            shown[name] = [text if len(text) <= 60 else f"{text[:59]}…" for text in map(str, table[name])]
    titles = {"share": "hidden %", "share_without": "at most, without it", "not_available": "not available"}
    return pd.DataFrame({titles.get(str(name), str(name)): values for name, values in shown.items()})


def audit(frame: pd.DataFrame, by: Sequence[str] | str | None = None) -> Audit:
    """Count what is hidden, as `FrameAccessor.audit`. Only statuses are looked at, never a number."""
    names = arguments.labels("by", by)
    cells, dimensions = _labelled(Framed(frame), names)
    broken = [name for name in dimensions if (cells[f"level of {name}"] != "total").any()]
    levels = [_counts(cells, [f"level of {name}"]).assign(dimension=name) for name in broken]
    members = [
        _counts(cells[cells[f"level of {name}"] != "total"], [name]).assign(dimension=name) for name in broken
    ]
    return Audit(
        frame=_counts(cells, [*names, *([MEASURE] if MEASURE not in names else [])]),
        levels=_named(levels, "level", [f"level of {name}" for name in broken]),
        members=_named(members, "member", broken),
        periods=_counts(cells, ["period"]),
        breakdowns=_breakdowns(cells, broken),
    )


def _labelled(framed: Framed, by: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Label every cell of a frame.

    Returns
    -------
    DataFrame
        One row for each cell: ``status`` (uint8), ``measure``, ``period``, and for each dimension its member and, as
        ``level of <dimension>``, its level; then the columns of `by`. All categorical.
    list of str
        The dimensions' names.
    """
    dimensions: dict[str, dict[str, Axis]] = {}
    for axes in framed.dimensions().values():
        table, axis = next(iter(axes.items()))
        space = next(space for space in framed.spaces if space.table == table)
        dimensions.setdefault(space.dimensions[axis.place].name, {}).update(axes)
    described = [_described(framed, piece, dimensions, by) for piece in framed.by_measure()]
    joined = {
        name: np.concatenate([one[name] for one in described])
        if name == STATUS
        else pd.api.types.union_categoricals([one[name] for one in described], ignore_order=True)
        for name in described[0]
    }
    return pd.DataFrame(joined, copy=False), list(dimensions)


def _described(
    framed: Framed, piece: MeasureCells, dimensions: dict[str, dict[str, Axis]], by: Sequence[str]
) -> dict[str, Any]:
    count = len(piece.cells)
    keys = {MEASURE: Key(MEASURE, np.zeros(count, dtype=np.int8), pd.Index([piece.name], dtype="str"))}
    keys["period"] = framed.period_key(piece, "period")
    for name, axes in dimensions.items():
        keys[name] = framed.member_key(piece, name, axes)
        keys[f"level of {name}"] = framed.level_key(piece, name, axes)
    keys |= {name: framed.key(piece, name) for name in by if name not in keys}
    return {STATUS: piece.cells.status} | {
        name: pd.Categorical.from_codes(key.codes, key.labels) for name, key in keys.items()
    }


def _counts(cells: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Count the cells of each status, by group."""
    ids, groups = _groups(cells, keys)
    counted = np.bincount(
        ids * len(CellStatus) + cells["status"].to_numpy(), minlength=len(groups) * len(CellStatus)
    )
    table = counted.reshape(len(groups), len(CellStatus))
    visible = [CellStatus.OBSERVED, CellStatus.DERIVED, CellStatus.FILLED, CellStatus.ROUNDED]
    shown = table[:, visible].sum(axis=1)
    hidden = table[:, CellStatus.DISCRETIONISED]
    return pd.DataFrame(
        {
            **groups.to_dict("series"),
            "cells": table.sum(axis=1),
            "shown": shown,
            "hidden": hidden,
            "not_available": table[:, CellStatus.NOT_AVAILABLE],
            "absent": table[:, CellStatus.ABSENT],
            "rounded": table[:, CellStatus.ROUNDED],
            "share": np.divide(
                hidden, shown + hidden, out=np.full(len(groups), np.nan), where=shown + hidden > 0
            ),
        }
    )


def _groups(cells: pd.DataFrame, keys: Sequence[str]) -> tuple[NDArray[np.intp], pd.DataFrame]:
    """Number each cell's group, in the order of the categories, and say what the groups are."""
    combined = np.zeros(len(cells), dtype=np.int64)
    for key in keys:
        combined = combined * (len(cells[key].cat.categories) + 1) + cells[key].cat.codes.to_numpy() + 1
    _, first, ids = np.unique(combined, return_index=True, return_inverse=True)
    return ids, cells[list(keys)].iloc[first].reset_index(drop=True)


def _named(tables: Sequence[pd.DataFrame], name: str, keys: Sequence[str]) -> pd.DataFrame:
    columns = ["dimension", name, "cells", "shown", "hidden", "not_available", "absent", "rounded", "share"]
    renamed = [
        table.rename(columns={key: name}).astype({name: "str"})[columns]
        for table, key in zip(tables, keys, strict=True)
    ]
    return pd.concat(renamed, ignore_index=True) if renamed else pd.DataFrame(columns=columns)


def _breakdowns(cells: pd.DataFrame, broken: Sequence[str]) -> pd.DataFrame:
    """What each dimension's breakdown hides.

    A count is hidden below 3, so a total is shown wherever one of its parts is: what could still be hidden are the
    totals of which no part is shown.
    """
    columns = ["dimension", "level", "hidden", "share", "share_without"]
    finest = cells
    chosen = {}
    for name in broken:
        level = f"level of {name}"
        chosen[name] = [one for one in cells[level].cat.categories if (cells[level] == one).any()][-1]
        finest = finest[finest[level] == chosen[name]]
    status = finest["status"].to_numpy()
    hidden = status == CellStatus.DISCRETIONISED
    shown = (status == CellStatus.OBSERVED) | (status == CellStatus.ROUNDED)
    rows = []
    for name in broken:
        ids, groups = _groups(finest, ["measure", "period", *(other for other in broken if other != name)])
        any_hidden = np.bincount(ids[hidden], minlength=len(groups)) > 0
        any_shown = np.bincount(ids[shown], minlength=len(groups)) > 0
        rows.append(
            {
                "dimension": name,
                "level": chosen[name],
                "hidden": int(hidden.sum()),
                "share": _ratio(hidden.sum(), (hidden | shown).sum()),
                "share_without": _ratio((any_hidden & ~any_shown).sum(), (any_hidden | any_shown).sum()),
            }
        )
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("share_without", kind="stable", ignore_index=True)


def _ratio(part: Any, whole: Any) -> float:
    return float(part) / float(whole) if whole else float("nan")
