"""What is hidden: the status of every cell, how much a breakdown hides, and the same told to other programs."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas import arguments
from jobindsats_pandas.disclosure import CellStatus, DiscretionisedArray, DiscretionisedDtype

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["Audit", "audit", "is_discretionised", "plain", "sdmx", "status"]

_LABELS = [status.label for status in CellStatus]

#: Rows of each table that are shown; the frames hold all.
_SHOWN = 8

# The code lists CL_OBS_STATUS 2.2 and CL_CONF_STATUS of SDMX. That a count is hidden for being small is known of the
# table, not of each cell (there may be secondary suppression): hence C, confidential, and not A, small counts.
_SDMX = {
    CellStatus.OBSERVED: ("A", "F"),  # normal, free
    CellStatus.DISCRETIONISED: ("Q", "C"),  # missing and suppressed, confidential
    CellStatus.NOT_AVAILABLE: ("O", "F"),  # missing, reason unspecified
    CellStatus.ABSENT: ("M", "F"),  # missing, cannot exist: nothing was counted
    CellStatus.ROUNDED: ("D", "C"),  # definition differs: stands for any number up to it
    CellStatus.DERIVED: ("E", "F"),  # estimated: computed from others
    CellStatus.FILLED: ("I", "F"),  # imputed by the receiver
    CellStatus.HOLE: ("O", "F"),  # missing: no cell of the data stands here
}
_OBS_CODES, _CONF_CODES = ["A", "D", "E", "I", "M", "O", "Q"], ["C", "F"]


def _guarded(frame: pd.DataFrame) -> Iterator[tuple[int, DiscretionisedArray]]:
    for place, dtype in enumerate(frame.dtypes):
        if isinstance(dtype, DiscretionisedDtype):
            yield place, frame.iloc[:, place].array


def _assemble(frame: pd.DataFrame, names: pd.Index, columns: Sequence[Any]) -> pd.DataFrame:
    # By position first: two columns may bear one name, and both are kept.
    made = pd.DataFrame(dict(enumerate(columns)), index=frame.index, copy=False)
    made.columns = names
    made.attrs = dict(frame.attrs)
    return made


def _status_categorical(codes: NDArray[np.uint8]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes.astype(np.int8), pd.Index(_LABELS, dtype="str"))


def status(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the status of every cell: a frame of categoricals in the shape of the measure columns."""
    guarded = dict(_guarded(frame))
    return _assemble(
        frame, frame.columns[list(guarded)], [_status_categorical(array.status) for array in guarded.values()]
    )


def is_discretionised(frame: pd.DataFrame) -> pd.DataFrame:
    """Tell where a cell is hidden by disclosure control: a frame of bool in the shape of the measure columns."""
    guarded = dict(_guarded(frame))
    return _assemble(
        frame,
        frame.columns[list(guarded)],
        [array.status == CellStatus.DISCRETIONISED for array in guarded.values()],
    )


def plain(frame: pd.DataFrame, hidden: float | None = None) -> pd.DataFrame:
    """Turn measures into ordinary nullable numbers, each with a readable status column beside it.

    Parameters
    ----------
    frame : DataFrame
    hidden : number, optional
        What to put where a cell is discretionised; its status says so. Missing by default.

    Returns
    -------
    DataFrame
        ``Int64`` and ``Float64`` columns, each followed by ``<name>_status`` (categorical). In the long layout the
        column ``status`` that is there already takes that place. Nothing guards sums of these numbers.
    """
    hidden = arguments.optional(arguments.number, "hidden", hidden, -(2**53), 2**53)

    def beside(array: DiscretionisedArray) -> tuple[Any, dict[str, Any]]:
        labels, where = _status_categorical(array.status), array.status == CellStatus.DISCRETIONISED
        numbers: Any = array.plain()
        if hidden is None:
            return numbers, {"status": labels}
        if hidden != int(hidden):
            numbers = numbers.astype("Float64")
        numbers[where] = hidden if numbers.dtype.kind == "f" else int(hidden)
        filled = f"discretionised, filled with {hidden:g}"
        codes = np.where(where, len(_LABELS), array.status).astype(np.int8)
        return numbers, {
            "status": pd.Categorical.from_codes(codes, pd.Index([*_LABELS, filled], dtype="str"))
        }

    return _spread(frame, beside)


def sdmx(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn measures into ordinary numbers with the SDMX codes of their status beside them.

    Returns
    -------
    DataFrame
        Each measure is followed by ``<name>_OBS_STATUS`` (A normal, Q suppressed, O not available, M nothing counted,
        D rounded, E derived, I filled) and ``<name>_CONF_STATUS`` (F free, C confidential), both categorical; in the
        long layout they are ``OBS_STATUS`` and ``CONF_STATUS``.
    """

    def beside(array: DiscretionisedArray) -> tuple[Any, dict[str, Any]]:
        codes = {}
        for name, known, place in (("OBS_STATUS", _OBS_CODES, 0), ("CONF_STATUS", _CONF_CODES, 1)):
            table = np.array(
                [known.index(_SDMX[CellStatus(code)][place]) for code in CellStatus], dtype=np.int8
            )
            codes[name] = pd.Categorical.from_codes(table[array.status], pd.Index(known, dtype="str"))
        return array.plain(), codes

    return _spread(frame, beside)


def _spread(
    frame: pd.DataFrame, beside: Callable[[DiscretionisedArray], tuple[Any, dict[str, Any]]]
) -> pd.DataFrame:
    """Replace each measure by its numbers and what stands beside them."""
    guarded = dict(_guarded(frame))
    labels = list(frame.columns)
    is_long = [labels[place] for place in guarded] == ["value"] and labels.count("status") == 1
    names: list[Any] = []
    columns: list[Any] = []
    for place, label in enumerate(labels):
        if place not in guarded:
            if not (is_long and label == "status"):
                names.append(label)
                columns.append(frame.iloc[:, place])
            continue
        numbers, others = beside(guarded[place])
        names += [label, *(name if is_long else _suffixed(label, name) for name in others)]
        columns += [numbers, *others.values()]
    if frame.columns.nlevels > 1:
        return _assemble(frame, pd.MultiIndex.from_tuples(names, names=frame.columns.names), columns)
    return _assemble(frame, pd.Index(names, name=frame.columns.name), columns)


def _suffixed(label: Hashable, suffix: str) -> Hashable:
    return (*label[:-1], f"{label[-1]}_{suffix}") if isinstance(label, tuple) else f"{label}_{suffix}"


# --- how much is hidden ----------------------------------------------------------------------------------------------


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


def audit(cells: pd.DataFrame, dimensions: Sequence[str], by: Sequence[str] = ()) -> Audit:
    """Count what is hidden.

    Only statuses are looked at, never a number.

    Parameters
    ----------
    cells : DataFrame
        One row for each cell, as `totals.describe_cells` gives it: ``status``, ``measure``, ``period``, and for each
        dimension its member and ``level of <dimension>``; then the columns of `by`.
    dimensions : sequence of str
    by : sequence of str
    """
    broken = [name for name in dimensions if (cells[f"level of {name}"] != "total").any()]
    levels = [_counts(cells, [f"level of {name}"]).assign(dimension=name) for name in broken]
    members = [
        _counts(cells[cells[f"level of {name}"] != "total"], [name]).assign(dimension=name) for name in broken
    ]
    return Audit(
        frame=_counts(cells, [*by, *(["measure"] if "measure" not in by else [])]),
        levels=_named(levels, "level", [f"level of {name}" for name in broken]),
        members=_named(members, "member", broken),
        periods=_counts(cells, ["period"]),
        breakdowns=_breakdowns(cells, broken),
    )


def _counts(cells: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """Count the cells of each status, by group."""
    ids, groups = _groups(cells, keys)
    columns = groups.to_dict("series")
    counted = np.bincount(
        ids * len(CellStatus) + cells["status"].to_numpy(), minlength=len(groups) * len(CellStatus)
    )
    table = counted.reshape(len(groups), len(CellStatus))
    shown = table[:, [CellStatus.OBSERVED, CellStatus.DERIVED, CellStatus.FILLED, CellStatus.ROUNDED]].sum(
        axis=1
    )
    hidden = table[:, CellStatus.DISCRETIONISED]
    return pd.DataFrame(
        {
            **columns,
            "cells": table.sum(axis=1),
            "shown": shown,
            "hidden": hidden,
            "not_available": table[:, CellStatus.NOT_AVAILABLE],
            "absent": table[:, CellStatus.ABSENT],
            "rounded": table[:, CellStatus.ROUNDED],
            "share": _share(hidden, shown + hidden),
        }
    )


def _groups(cells: pd.DataFrame, keys: Sequence[str]) -> tuple[NDArray[np.intp], pd.DataFrame]:
    """Number each cell's group, in the order of the categories, and say what the groups are."""
    combined = np.zeros(len(cells), dtype=np.int64)
    for key in keys:
        combined = combined * (len(cells[key].cat.categories) + 1) + cells[key].cat.codes.to_numpy() + 1
    _, first, ids = np.unique(combined, return_index=True, return_inverse=True)
    return ids, cells[list(keys)].iloc[first].reset_index(drop=True)


def _share(part: NDArray[np.integer], whole: NDArray[np.integer]) -> NDArray[np.float64]:
    share: NDArray[np.float64] = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return share


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
        deepest = cells[f"level of {name}"].cat.categories[-1]
        present = [
            one
            for one in cells[f"level of {name}"].cat.categories
            if (cells[f"level of {name}"] == one).any()
        ]
        chosen[name] = present[-1] if present else deepest
        finest = finest[finest[f"level of {name}"] == chosen[name]]
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
