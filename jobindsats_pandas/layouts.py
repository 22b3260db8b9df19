"""The layouts of a frame: measures side by side or stacked, and plain numbers with their status told to other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas import arguments
from jobindsats_pandas.disclosure import CellStatus, DiscretionisedArray, DiscretionisedDtype
from jobindsats_pandas.disclosure.messages import some
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.framed import Framed, told_apart
from jobindsats_pandas.guarded import (
    MEASURE,
    STATUS,
    VALUE,
    DistinctNames,
    by_position,
    guarded_columns,
    is_long,
    suffixed,
)
from jobindsats_pandas.kinds import is_count
from jobindsats_pandas.periods import days, has_days, holds_periods, period_text

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from numpy.typing import NDArray

__all__ = ["is_discretionised", "plain", "sdmx", "status", "to_long", "to_wide"]

_LABELS = [status.label for status in CellStatus]

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


# --- what a cell is ----------------------------------------------------------------------------------------------------


def _beside(frame: pd.DataFrame, names: pd.Index, columns: Sequence[Any]) -> pd.DataFrame:
    made = by_position(names, columns, frame.index)
    made.attrs = dict(frame.attrs)
    return made


def _status_categorical(codes: NDArray[np.uint8]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes.astype(np.int8), pd.Index(_LABELS, dtype="str"))


def status(frame: pd.DataFrame) -> pd.DataFrame:
    """Give the status of every cell: a frame of categoricals in the shape of the measure columns."""
    return _of_measures(frame, lambda array: _status_categorical(array.status))


def is_discretionised(frame: pd.DataFrame) -> pd.DataFrame:
    """Tell where a cell is hidden by disclosure control: a frame of bool in the shape of the measure columns."""
    return _of_measures(frame, lambda array: array.status == CellStatus.DISCRETIONISED)


def _of_measures(frame: pd.DataFrame, told: Callable[[DiscretionisedArray], Any]) -> pd.DataFrame:
    """What is told of each guarded column, in their shape."""
    guarded = guarded_columns(frame)
    return _beside(frame, frame.columns[list(guarded)], [told(array) for array in guarded.values()])


def plain(
    frame: pd.DataFrame,
    hidden: float | None = None,
    *,
    periods: str = "start",
    statuses: str | None = "columns",
) -> pd.DataFrame:
    """Turn a frame into ordinary columns, which every program takes, as `FrameAccessor.plain`."""
    hidden = arguments.optional(arguments.number, "hidden", hidden, -(2**53), 2**53)
    arguments.choice("periods", periods, ("start", "end", "text", "period"))
    arguments.optional(arguments.choice, "statuses", statuses, ("columns",), " Or None, for no such columns.")

    def beside(array: DiscretionisedArray) -> tuple[Any, dict[str, Any]]:
        where = array.status == CellStatus.DISCRETIONISED
        numbers = _ordinary(array, where, hidden)
        if statuses is None:
            return numbers, {}
        if hidden is None:
            return numbers, {"status": _status_categorical(array.status)}
        filled = f"discretionised, filled with {hidden:g}"
        codes = np.where(where, len(_LABELS), array.status).astype(np.int8)
        return numbers, {
            "status": pd.Categorical.from_codes(codes, pd.Index([*_LABELS, filled], dtype="str"))
        }

    return _spread(frame, beside, periods)


def _ordinary(array: DiscretionisedArray, where: NDArray[np.bool_], hidden: float | None) -> NDArray[Any]:
    """Numbers as numpy has them: NaN where nothing is shown, so whole numbers with gaps are floats."""
    numbers, shown = array.numbers, array.visible
    if hidden is not None:
        numbers, shown = (
            np.where(where, int(hidden) if hidden == int(hidden) else hidden, numbers),
            shown | where,
        )
    if shown.all():
        return numbers.copy()
    numbers = numbers.astype(np.float64)
    numbers[~shown] = np.nan
    return numbers


def sdmx(frame: pd.DataFrame) -> pd.DataFrame:
    """Turn measures into ordinary numbers with their SDMX codes beside them, as `FrameAccessor.sdmx`."""

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
    frame: pd.DataFrame,
    beside: Callable[[DiscretionisedArray], tuple[Any, dict[str, Any]]],
    periods: str = "period",
) -> pd.DataFrame:
    """Replace each measure by its numbers and what stands beside them, and periods by what they shall be."""
    guarded = guarded_columns(frame)
    labels = list(frame.columns)
    stacked = [labels[place] for place in guarded] == [VALUE] and labels.count(STATUS) == 1
    distinct = DistinctNames()
    names: list[Any] = []
    columns: list[Any] = []
    for place, label in enumerate(labels):
        name = label if periods == "period" else _without_periods(label)
        if place not in guarded:
            if not (stacked and label == STATUS):
                names.append(distinct.of(name))
                columns.append(_told_periods(frame.iloc[:, place], periods))
            continue
        numbers, others = beside(guarded[place])
        names += [
            distinct.of(one) for one in (name, *(s if stacked else suffixed(name, f"_{s}") for s in others))
        ]
        columns += [numbers, *others.values()]
    index = frame.columns.names
    made = pd.MultiIndex.from_tuples(names, names=index) if len(index) > 1 else pd.Index(names, name=index[0])
    result = _beside(frame, made, columns)
    result.index = _told_index(frame.index, periods)
    return result


def _without_periods(label: Hashable) -> Hashable:
    """A column's label, its periods as text: names are text in every other program."""
    if isinstance(label, tuple):
        return tuple(map(_without_periods, label))
    return period_text(label) if isinstance(label, pd.Period) else label


def _told_periods(values: Any, periods: str) -> Any:
    """Periods as days or text; anything else as it is. A type whose days nobody knows is text."""
    if periods == "period" or not holds_periods(values):
        return values
    places, distinct = pd.factorize(values)
    known = isinstance(values.dtype, pd.PeriodDtype) or all(map(has_days, distinct))
    if periods != "text" and known:
        return days(values, periods)
    return pd.array([*map(period_text, distinct), None], dtype="str").take(places)


def _told_index(index: pd.Index, periods: str) -> pd.Index:
    levels = [index.get_level_values(place) for place in range(index.nlevels)]
    if periods == "period" or not any(map(holds_periods, levels)):
        return index
    told = [pd.Index(_told_periods(level, periods), name=level.name) for level in levels]
    return pd.MultiIndex.from_arrays(told) if len(told) > 1 else told[0]


# --- wide and long ---------------------------------------------------------------------------------------------------


def to_long(frame: pd.DataFrame) -> pd.DataFrame:
    """Stack the measures: one row for each cell, with the columns ``measure``, ``value`` and ``status``.

    The index is numbered anew, as after reading. A long frame comes back as it is.
    """
    if is_long(frame):
        return frame
    guarded = guarded_columns(frame)
    labels = [place for place in range(frame.shape[1]) if place not in guarded]
    taken = {MEASURE, VALUE, STATUS} & {frame.columns[place] for place in labels}
    if taken:
        raise QueryError(
            f"The frame has a column {taken.pop()!r} already, which the long layout needs; rename it."
        )
    count, rows = len(guarded), len(frame)
    told = told_apart(
        [str(frame.columns[place]) for place in guarded],
        (_measure_id(array, place) for place, array in guarded.items()),
    )
    names = list(map(DistinctNames().of, told))
    whole = all(array.dtype.kind == "i" for array in guarded.values())
    dtype = DiscretionisedDtype("Int64" if whole else "Float64")
    order = np.arange(count * rows).reshape(count, rows).T.ravel()
    value = pd.concat([pd.Series(array.astype(dtype)) for array in guarded.values()], ignore_index=True).array
    value = value.take(order)
    columns = [frame.iloc[:, place].array.repeat(count) for place in labels]
    columns += [
        pd.Categorical.from_codes(
            np.tile(np.arange(count, dtype=np.int32), rows), pd.Index(names, dtype="str")
        ),
        value,
        _status_categorical(value.status),
    ]
    long = by_position([*(frame.columns[place] for place in labels), MEASURE, VALUE, STATUS], columns)
    return _with_layout(long, frame, "long")


def to_wide(frame: pd.DataFrame, columns: Any = None, measure: Any = None) -> pd.DataFrame:
    """Spread the measures of a long frame, or the members of a dimension, as `FrameAccessor.to_wide`."""
    if columns is not None:
        return _across(Framed(_measures_apart(frame)), columns, measure)
    if measure is not None:
        raise QueryError(
            "measure= is about to_wide(columns='…'), which lays out one measure; say columns= too."
        )
    return _measures_apart(frame)


def _measures_apart(frame: pd.DataFrame) -> pd.DataFrame:
    """Cells whose row is gone, by a filter for instance, are *not available*: they are not known to be 0."""
    if not is_long(frame):
        return frame
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise QueryError(
            f"Two columns bear the name {twice[0]!r}; rename one of them, then spread the measures."
        )
    array: Any = frame[VALUE].array
    measures = pd.Categorical(frame[MEASURE])
    labels = [name for name in frame.columns if name not in {MEASURE, VALUE, STATUS}]
    keys = frame[labels].reset_index(drop=True)
    present = [
        code for code in range(len(measures.categories)) if (measures.codes == code).any() or not len(frame)
    ]
    if labels:
        rows = keys.groupby(list(keys.columns), observed=True, sort=False, dropna=False).ngroup().to_numpy()
    else:
        rows = np.zeros(len(frame), dtype=np.int64)
    count = int(rows.max()) + 1 if len(rows) else 0
    first = np.full(count, -1)
    first[rows[::-1]] = np.arange(len(rows))[::-1]
    columns = [keys.iloc[first].iloc[:, place].array for place in range(len(labels))]
    for code in present:
        where = np.flatnonzero(measures.codes == code)
        if len(np.unique(rows[where])) < len(where):
            raise QueryError(
                f"The frame has several rows of the measure {measures.categories[code]!r} for the same"
                f" {', '.join(map(repr, labels)) or 'row'}. Bring back the columns that tell them apart."
            )
        places = np.full(count, -1)
        places[rows[where]] = where
        columns.append(_one_measure(array, places, str(measures.categories[code])))
    names = [*labels, *(_bare(str(measures.categories[code]), array) for code in present)]
    return _with_layout(by_position(names, columns), frame, "wide")


def _across(framed: Framed, columns: Any, measure: Any) -> pd.DataFrame:
    """One measure, a column for each member of a dimension or for each period."""
    frame = framed.frame
    labels = {label: frame.iloc[:, at] for at, label in enumerate(frame.columns) if at not in framed.guarded}
    (across,) = framed.columns("columns", [columns])
    if across not in labels:
        raise QueryError(f"columns={across!r} is a measure; name a dimension or the column of periods.")
    rows = [name for name in labels if name != across and not _tells_of(framed, across, name)]
    if not rows:
        raise QueryError(
            f"Beside {across!r} the frame has no column of labels, so nothing is left for the rows: keep one."
        )
    place = _measure_to_lay_out(framed, measure)
    keys = pd.DataFrame({at: _in_order(labels[name]) for at, name in enumerate([*rows, across])})
    if (twice := keys.duplicated()).any():
        first = ", ".join(str(one) for one in keys[twice].iloc[0])
        raise QueryError(
            f"The frame has several rows for the same {', '.join(map(repr, [*rows, across]))} ({first}). Bring back the"
            " columns that tell them apart, or keep one of them."
        )
    count = len(rows)
    keys[count + 1] = frame.iloc[:, place].array
    wide = keys.pivot(index=[*range(count)], columns=count, values=count + 1)  # noqa: PD010 - nothing is added
    wide.index.names = rows
    wide.columns = pd.Index([period_text(label) for label in wide.columns], name=across, dtype="str")
    return _with_layout(wide, frame, "wide")


def _measure_to_lay_out(framed: Framed, measure: Any) -> int:
    places = framed.measure(measure).columns if measure is not None else set(framed.guarded)
    if len(places) == 1:
        return places.pop()
    names = some([str(framed.frame.columns[place]) for place in sorted(places)])
    found = "the frame has" if measure is None else f"{measure!r} stands in"
    raise QueryError(
        f"to_wide(columns=…) lays out one measure, and {found} {names}. Say measure='…', one column."
    )


def _tells_of(framed: Framed, across: Any, name: Any) -> bool:
    """Whether a column only says more of what another says, as a code does of a municipality."""
    values, told = framed.frame[name], framed.frame[across]
    if holds_periods(values) or framed.held_by_column(name) or values.nunique(dropna=False) < 2:
        return False
    return bool((values.groupby(told, observed=True).nunique(dropna=False) < 2).all())


def _in_order(values: pd.Series) -> pd.Series:
    """Labels that sort as they stand: text by when it first comes, for its letters say nothing."""
    if isinstance(values.dtype, pd.StringDtype) or values.dtype == object:
        return pd.Series(pd.Categorical(values, categories=values.dropna().unique()))
    return values.reset_index(drop=True)


def _one_measure(array: DiscretionisedArray, places: NDArray[np.intp], name: str) -> DiscretionisedArray:
    cells = array.cells
    found = places >= 0
    status = (
        np.where(found, cells.status[places], np.uint8(CellStatus.NOT_AVAILABLE))
        if len(cells)
        else cells.status
    )
    addresses = np.where(found, cells.addresses[places], -1) if len(cells) else cells.addresses
    values = cells.values[places] if len(cells) else cells.values
    made = DiscretionisedArray(values, status, addresses, cells.registry)
    named = cells.registry.measures(made.addresses)
    counted = all(is_count(text) for text in [measure.name for _, measure in named] or [name])
    shown = values[made.visible]
    whole = counted and bool((shown == np.trunc(shown)).all())
    return made.astype(DiscretionisedDtype("Int64" if whole else "Float64"))  # type: ignore[no-any-return]


def _bare(name: str, array: DiscretionisedArray) -> str:
    """A measure's name as the wide layout has it: two of one name differ by their id in the long layout alone."""
    for _, measure in array.registry.measures(array.addresses):
        if name == f"{measure.name} [{measure.id}]":
            return measure.name
    return name


def _measure_id(array: DiscretionisedArray, place: int) -> str:
    found = array.registry.measures(array.addresses)
    return found[0][1].id if found else str(place)


def _with_layout(made: pd.DataFrame, frame: pd.DataFrame, layout: str) -> pd.DataFrame:
    made.attrs = dict(frame.attrs)
    if "jobindsats" in made.attrs:
        made.attrs["jobindsats"] = {**made.attrs["jobindsats"], "layout": layout}
    return made
