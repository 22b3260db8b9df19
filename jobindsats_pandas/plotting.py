"""Pictures of a frame, on matplotlib: hidden cells drawn as what they can be, never as a gap or a 0.

What a picture shows is settled first, by the frame's cells alone (`_Picture`, pure); drawing comes after. The cells
say which table, measure, period and members they are of, so a picture needs no column but the guarded ones.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas.disclosure import (
    NOTHING,
    Cells,
    CellStatus,
    DiscretionisedArray,
    DiscretionisedDtype,
    PartMeasure,
    PartMember,
    PartSpace,
    Registry,
    check_sums,
    merge_registries,
)
from jobindsats_pandas.errors import ProvenanceError, QueryError
from jobindsats_pandas.kinds import Kind
from jobindsats_pandas.matching import did_you_mean, fold
from jobindsats_pandas.periods import chronological, frequency, parse_period, period_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Flags = NDArray[np.bool_]

__all__ = ["plot", "plot_audit"]

MOST_LINES = 8
MOST_BARS = 25
MOST_ROWS = 25

# Okabe and Ito's palette for colour-blind readers, with grey and wine for black and yellow (pale on white).
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#666666", "#882255")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p")
_HATCH = "//////"
_MONTHS = ("jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
# Below this share of the axis a band could be taken for a line at 0.
_THIN = 0.02
_NO_CELL = 255
_NAME_WIDTH = 36


def plot(
    df: pd.DataFrame,
    measure: str | None = None,
    by: str | Sequence[str] | None = None,
    kind: str | None = None,
    *,
    totals: bool = False,
    ax: Any = None,
) -> Any:
    """Draw one measure of a frame: lines over time, or bars for one period.

    Parameters
    ----------
    df : DataFrame
        As `read_jobindsats` returned it, or filtered, re-indexed, concatenated or pivoted since.
    measure : str, optional
        Name of a column, or name or id of a measure; needed where the frame holds several.
    by : str or sequence of str, optional
        Dimensions to tell apart, by name, id or hierarchy id: a line or bar for each of their members. By default every
        dimension in which the cells differ. A dimension that is not named stands at its total.
    kind : {"line", "bar"}, optional
        By default lines, and bars where there is one period only. Nothing is ever stacked: cells do not add.
    totals : bool, default False
        Draw totals and subtotals beside their parts too.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a figure of its own, which pyplot does not know of. A figure made with
        ``layout="constrained"`` makes room for the legend and the source; another one may cut them off.

    Returns
    -------
    matplotlib.axes.Axes
        A notebook shows its picture; ``ax.figure.savefig("x.png")`` writes it.

    Raises
    ------
    QueryError
        If the measure or the dimensions do not exist or are not settled, or there is nothing to draw.
    ProvenanceError
        If it is not known which cells of a table the numbers are.
    ImportError
        If matplotlib is missing.

    Notes
    -----
    A hidden count is drawn as a band from 0 to the largest number that the rule allows: 2 for persons, stocks and
    flows, 3 for rounded full-time persons; a rounded cell from 0 to what is shown. Where no rule bounds the cell (rates,
    money), or where the band is too thin to be seen on the axis, a hatched mark below the axis' lowest number tells of
    it. A cell not published yet is absent from the picture, and a foot note counts it. A combination with the status
    ``ABSENT`` is 0; one without a row is not drawn and counted (``complete=True`` reads them all).

    Of more than 8 lines (25 bars) the largest are drawn, by the mean of their visible cells, and a foot note tells how many
    are not. Members keep the order of the metadata, except where some are left out: then the largest come first.

    Examples
    --------
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox.serve() as api:
    ...     client = ji.Client(token=api.token, base_url=api.url)
    ...     df = ji.read_jobindsats("y25i01", by={"_nykom": ["Odense", "Ærø"]}, periods="latest:24", client=client)
    >>> ax = plot(df, "Antal ledige personer")
    >>> ax.get_ylabel(), [text.get_text() for text in ax.get_legend().get_texts()]
    ('personer', ['Odense', 'Ærø'])
    """
    if kind not in {None, "line", "bar"}:
        raise QueryError(
            f"kind={kind!r}: there are 'line' and 'bar'. Nothing is stacked, for the cells do not add."
        )
    picture = _picture(df, measure, (by,) if isinstance(by, str) else by, totals=totals)
    if kind is None:
        kind = "bar" if len(picture.periods) == 1 else "line"
    flat = kind == "bar" and len(picture.periods) == 1
    picture = picture.largest(MOST_BARS if flat else MOST_LINES)
    foot = picture.foot()
    ax, own = _axes(ax, _rows_height(picture.names) if flat else 4.5)
    if flat:
        _draw_bars(ax, picture)
    else:
        _draw_over_time(ax, picture, bars=kind == "bar")
        foot = [*foot[:-1], "Aksen begynder ikke ved 0.", foot[-1]] if ax.get_ylim()[0] > 0 else foot
    _finish(ax, picture.title, picture.subtitle, foot, None if flat else picture.axis, own=own)
    return ax


def plot_audit(df: pd.DataFrame, by: str | None = None, *, ax: Any = None) -> Any:
    """Draw where the hidden cells of a frame are: a share for each period and member.

    Parameters
    ----------
    df : DataFrame
        As in `plot`, of one table.
    by : str, optional
        What stands on the vertical axis: a dimension, or ``"measure"``. By default whatever the share of hidden cells
        differs most by.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a figure of its own.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    QueryError, ProvenanceError, ImportError
        As in `plot`.

    Notes
    -----
    The share is of the cells with a number to publish: those not available yet and those left out by the API (0) are
    neither hidden nor shown. Cells that the agency rounded count as hidden. Of more than 25 members the ones with most
    hidden cells are drawn, and a foot note tells how many are not.
    """
    audit = _audit(df, by)
    ax, own = _axes(ax, _rows_height(audit.names))
    _draw_audit(ax, audit)
    _finish(ax, audit.title, audit.subtitle, [*audit.notes, audit.source], audit.axis, own=own)
    return ax


# ---- the cells of a frame ----


@dataclass(frozen=True, eq=False)
class _Part:
    """Cells of one table, taken apart; `members` has a row for each dimension."""

    space: PartSpace
    values: Numbers
    high: Numbers
    status: NDArray[np.uint8]
    measure: NDArray[np.int64]
    period: NDArray[np.int64]
    members: NDArray[np.int64]

    def __getitem__(self, where: Any) -> _Part:
        return _Part(
            self.space,
            self.values[where],
            self.high[where],
            self.status[where],
            self.measure[where],
            self.period[where],
            self.members[:, where],
        )

    def varying(self) -> list[int]:
        return [place for place, codes in enumerate(self.members) if len(np.unique(codes)) > 1]


def _guarded(df: pd.DataFrame) -> dict[int, DiscretionisedArray]:
    arrays: dict[int, Any] = {
        place: df.iloc[:, place].array
        for place, dtype in enumerate(df.dtypes)
        if isinstance(dtype, DiscretionisedDtype)
    }
    if not arrays:
        raise ProvenanceError(
            "The frame has no guarded column, so nothing is known of hidden cells. Draw what read_jobindsats() or"
            " read_parquet() returned; plain numbers are drawn by df.plot()."
        )
    return arrays


def _take_apart(arrays: Sequence[DiscretionisedArray]) -> list[_Part]:
    registry, recoders = merge_registries([array.registry for array in arrays])
    parts = np.concatenate(
        [
            array.parts if recode is None else recode(array.parts)
            for array, recode in zip(arrays, recoders, strict=True)
        ]
    )
    status = np.concatenate([array.status for array in arrays])
    values = np.concatenate([np.where(array.visible, array.numbers, np.nan) for array in arrays])
    values[status == CellStatus.ABSENT] = 0
    high = _largest(values, status, parts, registry)
    return [
        _Part(
            found.space,
            values[found.where],
            high[found.where],
            status[found.where],
            found.measure,
            found.period,
            np.array(found.members, dtype=np.int64).reshape(len(found.space.dimensions), len(found.where)),
        )
        for found in registry.decode(parts)
    ]


def _largest(
    values: Numbers, status: NDArray[np.uint8], parts: NDArray[np.int64], registry: Registry
) -> Numbers:
    """The largest number that each hidden or rounded cell can stand for; NaN for the others and where no rule tells."""
    high = np.full(len(values), np.nan)
    unseen = np.flatnonzero((status == CellStatus.DISCRETIONISED) | (status == CellStatus.ROUNDED))
    if len(unseen):
        cells = Cells(np.nan_to_num(values[unseen]), status[unseen], parts[unseen], registry)
        bounds = check_sums(cells, np.arange(len(unseen)), len(unseen)).bounds()
        high[unseen] = np.where(np.isfinite(bounds.high), bounds.high, np.nan)
    return high


def _unknown(array: DiscretionisedArray) -> int:
    """How many cells have a number or a status, but no place in any table."""
    zero = (array.status == CellStatus.ABSENT) | (array.parts == NOTHING)
    return int(np.count_nonzero((array.parts < 0) & ~zero))


def _lost(name: object, count: int) -> ProvenanceError:
    return ProvenanceError(
        f"{name!r}: of {count} cells it is not known which cells of a table they are (a mean, a sum over periods or numbers"
        " put in by hand), so they have no place in the picture. Draw the column that was read, or what was computed with"
        " df.plot()."
    )


@dataclass(frozen=True)
class _Measure:
    """A measure that a frame holds, and the columns that it stands in."""

    table: str
    measure: PartMeasure
    label: str
    columns: tuple[int, ...]

    def answers(self, name: str) -> bool:
        names = (self.label, self.measure.id, self.measure.name, self.measure.name.rpartition(": ")[2])
        return fold(name) in map(fold, names)


def _measures(df: pd.DataFrame, arrays: dict[int, DiscretionisedArray]) -> list[_Measure]:
    places: dict[tuple[str, str], list[int]] = {}
    known: dict[tuple[str, str], PartMeasure] = {}
    alone = set()
    for place, array in arrays.items():
        held = array.registry.measures(array.parts)
        if len(held) == 1:
            alone.add(place)
        for space, measure in held:
            known.setdefault((space.table, measure.id), measure)
            places.setdefault((space.table, measure.id), []).append(place)
    found = []
    for key, columns in places.items():
        label = df.columns[columns[0]]
        named = len(columns) == 1 and columns[0] in alone and isinstance(label, str)
        found.append(_Measure(key[0], known[key], label if named else known[key].name, tuple(columns)))
    return found


def _choose(df: pd.DataFrame, name: str | None) -> tuple[_Part, PartMeasure, str]:
    """The cells of the one measure that is to be drawn, and what the picture is called."""
    arrays = _guarded(df)
    found = _measures(df, arrays)
    columns = {place for place in arrays if name is not None and df.columns[place] == name}
    if columns:
        candidates = [measure for measure in found if columns & set(measure.columns)]
        if not candidates and (count := sum(_unknown(arrays[place]) for place in columns)):
            raise _lost(name, count)
    else:
        candidates = [measure for measure in found if name is None or measure.answers(name)]
    if not found:
        if count := sum(map(_unknown, arrays.values())):
            raise _lost(", ".join(str(df.columns[place]) for place in arrays), count)
        raise QueryError("The frame has no cells, so there is nothing to draw.")
    if len(candidates) != 1:
        raise QueryError(_which_measure(name, candidates, found))
    chosen = candidates[0]
    places = sorted(columns or chosen.columns)
    if count := sum(_unknown(arrays[place]) for place in places):
        raise _lost(chosen.label, count)
    part = next(p for p in _take_apart([arrays[place] for place in places]) if p.space.table == chosen.table)
    code = part.space.measure_code(chosen.measure.id)
    return part[part.measure == code], part.space.measures[code], chosen.label


def _which_measure(name: str | None, candidates: list[_Measure], found: list[_Measure]) -> str:
    several = len({measure.table for measure in found}) > 1
    listed = ", ".join(repr(m.label) + (f" (of {m.table})" if several else "") for m in candidates or found)
    if not candidates:
        near = did_you_mean(str(name), [measure.label for measure in found])
        return f"measure={name!r}: the frame has no such measure; it has {listed}.{near}"
    if name is None:
        return f"The frame holds {len(found)} measures, and a picture shows one; name it with measure=: {listed}."
    return f"measure={name!r} stands for {len(candidates)} measures here: {listed}. Name one, or filter the frame first."


def _one_period_type(part: _Part) -> str:
    types = sorted({part.space.periods[code][0] for code in np.unique(part.period)})
    if len(types) > 1:
        raise QueryError(
            f"The frame holds periods of {len(types)} types ({', '.join(types)}), which do not stand on one axis;"
            " filter it to one."
        )
    return types[0]


# ---- what the picture shows ----


@dataclass(frozen=True, eq=False)
class _Picture:
    """Everything a picture shows; the arrays have a row for each series and a column for each place in time."""

    title: str
    subtitle: str
    unit: str
    names: tuple[str, ...]
    axis: _TimeAxis
    values: Numbers
    high: Numbers
    status: NDArray[np.uint8]
    periods: tuple[str, ...]
    notes: tuple[str, ...]
    source: str

    @property
    def visible(self) -> Flags:
        return np.isfinite(self.values) & (self.status != CellStatus.ROUNDED)

    @property
    def hidden(self) -> Flags:
        """Discretionised or rounded: what is drawn as a band or a mark."""
        return (self.status == CellStatus.DISCRETIONISED) | (self.status == CellStatus.ROUNDED)

    def foot(self) -> list[str]:
        """What stands below the picture: what is not in it, and the source."""
        notes = list(self.notes)
        pending = self.status == CellStatus.NOT_AVAILABLE
        if count := int(np.count_nonzero(pending)):
            when = [self.axis.names[column] for column in np.flatnonzero(pending.any(axis=0))]
            span = when[0] if len(when) == 1 else f"{when[0]} til {when[-1]}"
            notes.append(f"Ikke offentliggjort endnu: {_danish(count)} tal ({span}).")
        columns = [self.axis.ids.index(period) for period in self.periods]
        if count := int(np.count_nonzero(self.status[:, columns] == _NO_CELL)):
            notes.append(f"Ikke i data, og ikke tegnet: {_danish(count)} kombinationer.")
        return [*notes, self.source]

    def largest(self, most: int) -> _Picture:
        """The picture with at most so many series, and a note on the others."""
        if len(self.names) <= most:
            return self
        shown = np.where(np.isfinite(self.values), self.values, 0).sum(axis=1)
        mean = shown / np.maximum(np.isfinite(self.values).sum(axis=1), 1)
        order = np.argsort(-mean, kind="stable")[:most]
        rest = len(self.names) - most
        gone = np.setdiff1d(np.arange(len(self.names)), order)
        unseen = int(np.count_nonzero(self.hidden[gone].any(axis=1)))
        note = f"Vist er de {most} største af {len(self.names)} (gennemsnit af de synlige tal); {rest} er ikke vist"
        note += f" ({unseen} af dem har skjulte tal)." if unseen else "."
        return replace(
            self,
            names=tuple(self.names[place] for place in order),
            values=self.values[order],
            high=self.high[order],
            status=self.status[order],
            notes=(note, *self.notes),
        )


def _picture(df: pd.DataFrame, measure: str | None, by: Sequence[str] | None, *, totals: bool) -> _Picture:
    part, chosen, label = _choose(df, measure)
    period_type = _one_period_type(part)
    part, places = _settle(part, by)
    notes = []
    if not totals:
        part, left_out = _without_totals(part, places)
        notes += [left_out] if left_out else []
    keys, rows = np.unique(part.members[places], axis=1, return_inverse=True)
    axis = _time_axis(part.space, period_type, part.period)
    columns = axis.columns[part.period]
    shape = (keys.shape[1], len(axis.positions))
    values, high = np.full(shape, np.nan), np.full(shape, np.nan)
    status = np.full(shape, _NO_CELL, dtype=np.uint8)
    values[rows, columns], high[rows, columns], status[rows, columns] = part.values, part.high, part.status
    if _differs(values[rows, columns], part.values).any() or (status[rows, columns] != part.status).any():
        raise QueryError(
            f"{label!r}: the frame holds two different numbers for one cell, and a picture has room for one;"
            " filter it first, or name the column with measure=."
        )
    periods = [part.space.periods[code][1] for code in np.unique(part.period)]
    periods = [period for period in axis.ids if period in set(periods)]
    one = periods[0] if len(periods) == 1 else ""
    return _Picture(
        title=label if chosen.derived else chosen.name,
        subtitle=", ".join(
            [*_fixed_members(part, places), *([_period_name(period_type, one)] if one else [])]
        ),
        unit=_unit(chosen),
        names=_series_names(part.space, places, keys),
        axis=axis,
        values=values,
        high=high,
        status=status,
        periods=tuple(periods),
        notes=tuple(notes),
        source=_source(df, part.space),
    )


def _differs(left: Numbers, right: Numbers) -> Flags:
    different: Flags = (left != right) & ~(np.isnan(left) & np.isnan(right))
    return different


def _settle(part: _Part, by: Sequence[str] | None) -> tuple[_Part, list[int]]:
    """The dimensions to tell apart; in the others, the rows at the total or of the only member."""
    varying = part.varying()
    if by is None:
        return part, varying
    places = [_dimension(part.space, name) for name in by]
    for place in varying:
        if place in places:
            continue
        at_total = part.members[place] == 0
        if not at_total.any():
            name = part.space.dimensions[place].name
            raise QueryError(
                f"by={list(by)!r}: the cells also differ by {name!r}, whose total is not in the frame. Filter it to one"
                f" member, or draw by={[*by, name]!r}."
            )
        part = part[at_total]
    return part, places


def _dimension(space: PartSpace, name: str) -> int:
    for place, dimension in enumerate(space.dimensions):
        hierarchies = [level.hierarchy for level in dimension.levels if level.hierarchy]
        if fold(name) in map(fold, (dimension.name, dimension.id, *hierarchies)):
            return place
    names = [dimension.name for dimension in space.dimensions]
    raise QueryError(
        f"by={name!r}: table {space.table} has no such dimension; it has {', '.join(map(repr, names))}."
        f"{did_you_mean(name, names)}"
    )


def _without_totals(part: _Part, places: list[int]) -> tuple[_Part, str]:
    """The rows without members that stand above others in the frame, and a note that names them."""
    keep = np.ones(len(part.values), dtype=bool)
    names = []
    for place in places:
        members = part.space.dimensions[place].members
        present = set(np.unique(part.members[place]).tolist())
        above = sorted(present & {code for member in present for code in _above(members, member)})
        keep &= ~np.isin(part.members[place], above)
        names += [members[code].name for code in above]
    if not names or not keep.any():
        return part, ""
    listed = ", ".join(names) if len(names) <= 3 else f"{', '.join(names[:2])} og {len(names) - 2} andre"
    return part[keep], f"Uden {'total' if len(names) == 1 else 'totaler'}: {listed}."


def _above(members: Sequence[PartMember], code: int) -> Iterator[int]:
    while code:
        code = members[code].parent
        yield code


def _fixed_members(part: _Part, places: list[int]) -> list[str]:
    """The members that all cells share: the area's even if it is the total, others where they are a choice."""
    fixed = []
    for place, dimension in enumerate(part.space.dimensions):
        if place not in places:
            member = dimension.members[int(part.members[place][0])]
            if member.path != "/" or (place == 0 and member.published):
                fixed.append(member.name)
    return fixed


def _series_names(space: PartSpace, places: list[int], keys: NDArray[np.int64]) -> tuple[str, ...]:
    if not places:
        return ("",)
    members = [
        [space.dimensions[place].members[code] for place, code in zip(places, key, strict=True)]
        for key in keys.T
    ]
    names = [", ".join(member.name for member in key) for key in members]
    often = Counter(names)
    # One name in two hierarchies: the level tells them apart.
    return tuple(
        name
        if often[name] == 1
        else ", ".join(
            f"{member.name} [{space.dimensions[place].levels[member.level].name}]"
            for place, member in zip(places, key, strict=True)
        )
        for name, key in zip(names, members, strict=True)
    )


def _source(df: pd.DataFrame, space: PartSpace) -> str:
    text = f"Kilde: Jobindsats.dk, {space.table}: {space.table_name}"
    known = df.attrs.get("jobindsats")
    if isinstance(known, dict) and known.get("table") == space.table:
        if updated := _danish_date(known.get("update_latest")):
            text += f", opdateret {updated}"
        if known.get("stale") and (fetched := _danish_date(known.get("fetched_at"))):
            text += f" (ældre svar, hentet {fetched})"
    return f"{text}."


def _danish_date(text: object) -> str:
    found = re.match(r"(\d{4})-(\d\d)-(\d\d)", str(text))
    return f"{int(found[3])}.{int(found[2])}.{found[1]}" if found else ""


def _unit(measure: PartMeasure) -> str:
    """The unit of a measure, in Danish, from its kind and name."""
    if measure.derived:
        return "beregnet"
    name = measure.name.casefold()
    if measure.kind is Kind.FULL_TIME:
        return "fuldtidspersoner"
    if measure.kind is Kind.PERSONS:
        firms = re.search(r"virksomheder|arbejdsgivere|arbejdssteder|arbejdspladser", name)
        return firms[0] if firms else "personer"
    if measure.kind in (Kind.STOCK, Kind.FLOW):
        noun = re.search(
            r"\w*(?:sanktioner|samtaler|opslag|forløb|sager|tilbud|stillinger|opsigelser|underretninger|klager"
            r"|afgørelser|henvisninger)\b",
            name,
        )
        return noun[0] if noun else "antal"
    per = re.search(r"\b(?:pr\.|per) [\wæøå]+(?: [\wæøå]+)?", name)
    if crowns := re.search(r"(?:1\.000 |mio\. |mia\. )?kr\b\.?", name):
        return " ".join(filter(None, [crowns[0].rstrip(".") + ".", per[0] if per else ""]))
    if re.search(r"\bpct\b|procent|%|\bandel|grad(?:en)?\b|frekvens", name):
        return "pct."
    if time := re.search(r"\b(?:dage|uger|måneder|timer|år)\b", name):
        return " ".join(filter(None, [time[0], per[0] if per else ""]))
    if counted := re.search(r"\bantal (\w+ (?:pr\.|per) .+)", name):
        return counted[1]
    return "kr." if measure.kind is Kind.MONEY else measure.name


# ---- what the audit shows ----


@dataclass(frozen=True, eq=False)
class _Audit:
    """The share of hidden cells, with a row for each member and a column for each place in time; NaN: no cell."""

    title: str
    subtitle: str
    names: tuple[str, ...]
    axis: _TimeAxis
    share: Numbers
    pending: Flags
    notes: tuple[str, ...]
    source: str


def _audit(df: pd.DataFrame, by: str | None) -> _Audit:
    arrays = _guarded(df)
    parts = _take_apart(list(arrays.values()))
    unknown = sum(map(_unknown, arrays.values()))
    if not parts:
        if unknown:
            raise _lost(", ".join(str(df.columns[place]) for place in arrays), unknown)
        raise QueryError("The frame has no cells, so there is nothing to draw.")
    if len(parts) > 1:
        tables = ", ".join(part.space.table for part in parts)
        raise QueryError(f"The frame holds cells of {len(parts)} tables ({tables}); filter it to one.")
    part = parts[0]
    published = np.array([not measure.derived for measure in part.space.measures])[part.measure]
    part = part[published] if published.any() else part
    axis = _time_axis(part.space, _one_period_type(part), part.period)
    # What was filled in was hidden, or not available: it is no published number either.
    hidden = np.isin(part.status, (CellStatus.DISCRETIONISED, CellStatus.ROUNDED, CellStatus.FILLED))
    counted = ~np.isin(part.status, (CellStatus.NOT_AVAILABLE, CellStatus.ABSENT))
    what, codes, names = _rows_of_audit(part, by, hidden, counted)
    present, rows = np.unique(codes, return_inverse=True)
    shape = (len(present), len(axis.positions))
    place = rows * shape[1] + axis.columns[part.period]
    total, unseen, any_cell = (
        np.bincount(place, weights=flags, minlength=shape[0] * shape[1]).reshape(shape)
        for flags in (counted, hidden, part.status == CellStatus.NOT_AVAILABLE)
    )
    share = np.divide(unseen, total, out=np.full(shape, np.nan), where=total > 0)
    count, of = int(unseen.sum()), int(total.sum())
    order = np.arange(shape[0])
    notes = [
        f"{_danish(count)} af {_danish(of)} tal er skjult ({_danish(100 * count / max(of, 1), 1)} pct.)."
    ]
    if shape[0] > MOST_ROWS:
        order = np.argsort(-unseen.sum(axis=1), kind="stable")[:MOST_ROWS]
        rest = int(count - unseen[order].sum())
        notes.append(
            f"Vist er de {MOST_ROWS} med flest skjulte tal af {shape[0]}; de øvrige har {_danish(rest)} tilsammen."
        )
    if unknown:
        notes.append(f"{_danish(unknown)} beregnede tal er ikke talt med.")
    return _Audit(
        title="Hvor tallene er skjult",
        subtitle=f"Andel diskretionerede eller afrundede tal efter {what}",
        names=tuple(names[code] for code in present[order]),
        axis=axis,
        share=share[order],
        pending=(any_cell > 0)[order] & (total == 0)[order],
        notes=tuple(notes),
        source=_source(df, part.space),
    )


def _rows_of_audit(
    part: _Part, by: str | None, hidden: Flags, counted: Flags
) -> tuple[str, NDArray[np.int64], Sequence[str]]:
    """What stands on the vertical axis: its name, the code of each cell, and the name of each code."""
    measures = ("mål", part.measure, [measure.name for measure in part.space.measures])
    ways: list[tuple[str, NDArray[np.int64], Sequence[str]]] = [
        (dimension.name, codes, [member.name for member in dimension.members])
        for dimension, codes in zip(part.space.dimensions, part.members, strict=True)
    ]
    if by is not None:
        return measures if fold(by) in {"measure", "maal"} else ways[_dimension(part.space, by)]
    # Without anything that varies, the measures; else whatever the shares differ most by.
    return max(
        [measures, *(ways[place] for place in part.varying())],
        key=lambda way: _spread(way[1], hidden, counted),
    )


def _spread(codes: NDArray[np.int64], hidden: Flags, counted: Flags) -> float:
    """The variance of the share of hidden cells between groups, each weighing as many cells as it has."""
    total = np.bincount(codes, weights=counted)
    some = total > 0
    share = np.bincount(codes, weights=hidden)[some] / total[some]
    weight = total[some] / max(total.sum(), 1)
    return float((weight * (share - (weight * share).sum()) ** 2).sum())


# ---- time ----


@dataclass(frozen=True, eq=False)
class _TimeAxis:
    """The places of periods on the axis: whole numbers without holes, whatever periods the frame has.

    `ids` and `names` say what stands at each place; `columns` finds the place of a period of the table.
    """

    period_type: str
    positions: NDArray[np.int64]
    ids: tuple[str, ...]
    names: tuple[str, ...]
    columns: NDArray[np.int64]


def _time_axis(space: PartSpace, period_type: str, codes: NDArray[np.int64]) -> _TimeAxis:
    all_ids = [period for kind, period in space.periods if kind == period_type]
    ids = chronological(all_ids)
    known = frequency(ids) is not None
    places: Any = period_values(ids)
    places = places.asi8 if known else places.codes.astype(np.int64)
    at = dict(zip(ids, places.tolist(), strict=True))
    used = [at[space.periods[code][1]] for code in np.unique(codes)]
    positions = np.arange(min(used), max(used) + 1)
    names = {place: period for period, place in at.items()}
    found = tuple(names.get(place, "") for place in positions.tolist())
    columns = np.array([at.get(period, 0) - positions[0] for _, period in space.periods])
    return _TimeAxis(
        period_type, positions, found, tuple(_period_name(period_type, p) for p in found), columns
    )


def _period_name(period_type: str, period: str) -> str:
    key = parse_period(period)
    if key is not None and key.letters == period_type:
        if period_type == "M":
            return f"{_MONTHS[key.number - 1]} {key.year}"
        if period_type == "Q":
            return f"{key.number}. kvt. {key.year}"
        if period_type == "Y":
            return str(key.year)
    return period


_STEPS = {"M": (1, 2, 3, 6, 12, 24, 60, 120), "Q": (1, 2, 4, 8, 20, 40), "Y": (1, 2, 5, 10, 20)}


def _time_ticks(axis: _TimeAxis, most: int) -> tuple[list[int], list[str]]:
    """Ticks at round months, quarters or years; two lines, the year where it changes."""
    count = len(axis.positions)
    steps = _STEPS.get(axis.period_type, tuple(range(1, count + 1)))
    step = next((step for step in steps if count / step <= most), steps[-1])
    # Of other types the newest period is always named.
    origin = 0 if axis.period_type in _STEPS else int(axis.positions[-1])
    ticks, labels, year = [], [], ""
    for place, name in zip(axis.positions.tolist(), axis.names, strict=True):
        if (place - origin) % step or not name:
            continue
        first, _, last = name.rpartition(" ")
        ticks.append(place)
        labels.append(name if not first else f"{first}\n{last}" if last != year else first)
        year = last
    return ticks, labels


# ---- drawing ----


def _rows_height(names: Sequence[str]) -> float:
    """Inches for a figure with a row for each name."""
    lines = max(_wrapped(name, _NAME_WIDTH).count("\n") + 1 for name in names)
    return max(1.8 + (0.15 + 0.11 * lines) * len(names), 2.8)


def _axes(ax: Any, height: float) -> tuple[Any, bool]:
    """Where to draw, and whether the figure is ours."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError(
            "Pictures need matplotlib, which is not installed: pip install 'jobindsats-pandas[plot]'"
        ) from error
    if ax is not None:
        return ax, False
    figure = Figure(figsize=(8.0, height), layout="constrained")
    ax = figure.subplots()
    # pyplot, which shows figures in notebooks, does not know this one: the Axes shows it itself.
    ax._repr_png_ = partial(_png, figure)
    return ax, True


def _png(figure: Any) -> tuple[bytes, dict[str, int]]:
    """The picture as a notebook shows it: twice the pixels, for sharp screens."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=2 * figure.dpi)
    width, height = figure.get_size_inches() * figure.dpi
    return buffer.getvalue(), {"width": int(width), "height": int(height)}


def _draw_over_time(ax: Any, picture: _Picture, *, bars: bool) -> None:
    from matplotlib.patches import Patch

    axis, count = picture.axis, len(picture.names)
    width = 0.8 / count
    handles, labels = [], []
    # Where several lines are hidden at once, their boxes stand beside each other.
    has_band = np.isfinite(picture.high).any(axis=1)
    lanes = np.where(has_band, np.cumsum(has_band), 0).tolist()
    for number, name in enumerate(picture.names):
        colour = _COLOURS[number % len(_COLOURS)]
        values = np.where(picture.visible[number], picture.values[number], np.nan)
        if bars:
            at = axis.positions - 0.4 + (number + 0.5) * width
            seen, boxed = np.isfinite(values), np.isfinite(picture.high[number])
            ax.bar(at[seen], values[seen], width * 0.92, color=colour)
            handle: Any = Patch(color=colour)
            ax.bar(
                at[boxed],
                picture.high[number][boxed],
                width * 0.92,
                facecolor="none",
                edgecolor=colour,
                hatch=_HATCH,
                linewidth=0.6,
            )
        else:
            (handle,) = ax.plot(
                axis.positions,
                values,
                color=colour,
                linewidth=1.6,
                marker=_MARKERS[number % len(_MARKERS)],
                markersize=4 if len(axis.positions) <= 40 else 2,
                zorder=2.5,
            )
            if lanes[number]:
                lane = -0.4 + (lanes[number] - 1) * 0.8 / max(lanes), 0.8 / max(lanes)
                _draw_band(ax, axis.positions, values, picture.high[number], lane, colour)
            filled = picture.status[number] == CellStatus.FILLED
            ax.plot(
                axis.positions[filled],
                values[filled],
                linestyle="none",
                marker="o",
                markersize=6,
                markerfacecolor="white",
                color=colour,
                zorder=2.6,
            )
        handles.append(handle)
        labels.append(name)
    low, high = _span(picture, from_zero=bars)
    ax.set_ylim(low, high)
    _number_axis(ax.yaxis, (low, high), picture.values[picture.visible])
    ax.set_xlim(axis.positions[0] - 0.6, axis.positions[-1] + 0.6)
    thin = picture.hidden & ~(picture.high / (high - low) >= _THIN)
    _draw_strip(ax, picture, thin, low, high)
    ax.set_ylabel(picture.unit)
    ax.grid(axis="y", linewidth=0.5, alpha=0.5)
    ax.set_axisbelow(True)
    if count == 1:
        handles, labels = [], []
    for label, style in _status_styles(picture, thin):
        handles.append(Patch(**style))
        labels.append(label)
    _legend(ax, handles, labels)
    _bare(ax)


def _draw_band(
    ax: Any,
    positions: NDArray[np.int64],
    values: Numbers,
    high: Numbers,
    lane: tuple[float, float],
    colour: str,
) -> None:
    """Hidden cells: a box with what each can be, joined to what is seen of the line beside it."""
    from matplotlib.collections import PolyCollection

    start, width = lane
    boxed = np.isfinite(high)
    ax.bar(
        positions[boxed] + start,
        high[boxed],
        width,
        align="edge",
        facecolor=_pale(colour),
        edgecolor=colour,
        hatch=_HATCH,
        linewidth=0.6,
    )
    edges = [(place + start, place + start + width) for place in positions.tolist()]
    wedges = []
    for left in range(len(positions) - 1):
        right = left + 1
        if boxed[left] and np.isfinite(values[right]):
            edge, limit, tip = edges[left][1], high[left], right
        elif boxed[right] and np.isfinite(values[left]):
            edge, limit, tip = edges[right][0], high[right], left
        else:
            continue
        wedges.append([(edge, 0.0), (positions[tip], values[tip]), (edge, limit)])
    ax.add_collection(PolyCollection(wedges, facecolor=_pale(colour), linewidth=0))


def _pale(colour: str) -> tuple[str, float]:
    return colour, 0.2


def _draw_strip(ax: Any, picture: _Picture, marked: Flags, low: float, high: float) -> None:
    """Marks for hidden cells of which the scale shows nothing: a row per series, below the lowest number."""
    rows = np.flatnonzero(marked.any(axis=1))
    if not len(rows):
        return
    step = (high - low) * 0.035
    ticks = [tick for tick in ax.get_yticks() if low <= tick <= high]
    for row, number in enumerate(rows):
        columns = np.flatnonzero(marked[number])
        ax.broken_barh(
            [(place - 0.4, 0.8) for place in picture.axis.positions[columns].tolist()],
            (low - (row + 0.95) * step, 0.8 * step),
            facecolor="none",
            edgecolor=_COLOURS[number % len(_COLOURS)],
            hatch=_HATCH,
            linewidth=0.6,
        )
    ax.axhline(low, color="0.5", linewidth=0.8)
    ax.set_yticks(ticks)
    ax.set_ylim(low - (len(rows) + 0.3) * step, high)


def _draw_bars(ax: Any, picture: _Picture) -> None:
    """One period: a bar for each member, and beside it in words what it is."""
    column = picture.axis.ids.index(picture.periods[0])
    values, limits, status = picture.values[:, column], picture.high[:, column], picture.status[:, column]
    _, high = _span(picture, from_zero=True)
    low = min(0.0, float(np.nanmin(values, initial=0.0)))
    seen = picture.visible[:, column]
    rows = np.arange(len(values))
    ax.barh(rows[seen], values[seen], 0.7, color=_COLOURS[0])
    boxed = np.isfinite(limits)
    ax.barh(
        rows[boxed], limits[boxed], 0.7, facecolor="none", edgecolor=_COLOURS[1], hatch=_HATCH, linewidth=0.6
    )
    unbounded = picture.hidden[:, column] & ~boxed
    ax.barh(
        rows[unbounded],
        np.full(unbounded.sum(), (high - low) * 0.015),
        0.7,
        facecolor="none",
        edgecolor=_COLOURS[1],
        hatch=_HATCH,
        linewidth=0.6,
    )
    decimals = _decimals(values[seen], 2)
    for row in rows:
        text, at = _bar_text(values[row], limits[row], int(status[row]), decimals)
        ax.annotate(
            text,
            (max(at, 0.0), row),
            (4, 0),
            textcoords="offset points",
            va="center",
            fontsize="small",
            annotation_clip=False,
        )
    ax.set_yticks(rows, [_plain(_wrapped(name, _NAME_WIDTH)) for name in picture.names], fontsize="small")
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_xlim(low, high + (high - low) * 0.08)
    _number_axis(ax.xaxis, (low, high), values[seen])
    ax.set_xlabel(picture.unit)
    ax.grid(axis="x", linewidth=0.5, alpha=0.5)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    _bare(ax)


_SHARES = (0.0, 0.05, 0.25, 0.5, 0.75, 1.0)
_SHARE_COLOURS = ("#f4f4f4", "#d6e6f4", "#9ecae1", "#5a9fd0", "#2470b0", "#08407c")


def _draw_audit(ax: Any, audit: _Audit) -> None:
    from matplotlib.colors import BoundaryNorm, ListedColormap
    from matplotlib.patches import Patch

    rows, columns = audit.share.shape
    classes = np.searchsorted(_SHARES, audit.share.round(9)).astype(float)
    across = np.arange(columns + 1) + audit.axis.positions[0] - 0.5
    ax.pcolormesh(
        across,
        np.arange(rows + 1) - 0.5,
        np.ma.masked_where(np.isnan(audit.share), classes),
        cmap=ListedColormap(_SHARE_COLOURS),
        norm=BoundaryNorm(np.arange(7) - 0.5, 6),
        edgecolors="white",
        linewidth=0.6 if columns <= 60 else 0.0,
    )
    for row, column in np.argwhere(audit.pending):
        ax.barh(
            row, 1.0, 1.0, left=across[column], facecolor="none", edgecolor="0.7", hatch="xxx", linewidth=0.0
        )
    if columns <= 15:
        for (row, column), share in np.ndenumerate(audit.share):
            if share > 0:
                ax.text(
                    audit.axis.positions[column],
                    row,
                    _danish(100 * share) if share >= 0.005 else "<1",
                    ha="center",
                    va="center",
                    fontsize="small",
                    color="white" if share > 0.5 else "black",
                )
    ax.set_xlim(across[0], across[-1])
    ax.set_ylim(rows - 0.5, -0.5)
    ax.set_yticks(
        np.arange(rows), [_plain(_wrapped(name, _NAME_WIDTH)) for name in audit.names], fontsize="small"
    )
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    names = ["ingen skjult", "højst 5 pct.", "5–25 pct.", "25–50 pct.", "50–75 pct.", "75–100 pct."]
    handles = [Patch(facecolor=colour, edgecolor="0.8") for colour in _SHARE_COLOURS]
    if audit.pending.any():
        handles.append(Patch(facecolor="none", edgecolor="0.7", hatch="xxx"))
        names.append("ikke offentliggjort")
    _legend(ax, handles, names)


def _bar_text(value: float, limit: float, status: int, decimals: int) -> tuple[str, float]:
    if status == CellStatus.DISCRETIONISED:
        return ("diskretioneret", 0.02) if np.isnan(limit) else (f"0–{limit:.0f}, diskretioneret", limit)
    if status == CellStatus.ROUNDED:
        return f"højst {value:.0f}, afrundet", value
    if status == CellStatus.NOT_AVAILABLE:
        return "ikke offentliggjort endnu", 0.0
    if status == _NO_CELL:
        return "", 0.0
    return _danish(value, decimals) + (" (udfyldt)" if status == CellStatus.FILLED else ""), value


def _status_styles(picture: _Picture, marked: Flags) -> list[tuple[str, dict[str, Any]]]:
    """What the legend says of cells that are not plain numbers."""
    box = {"facecolor": "none", "edgecolor": "0.35", "hatch": _HATCH, "linewidth": 0.6}
    styles = []
    hidden = picture.status == CellStatus.DISCRETIONISED
    for limit in np.unique(picture.high[hidden & np.isfinite(picture.high)]):
        some = bool(marked[hidden & (picture.high == limit)].any())
        styles.append((f"Diskretioneret: 0–{limit:.0f}" + ("\n(mærke under aksen)" if some else ""), box))
    if (hidden & np.isnan(picture.high)).any():
        styles.append(("Diskretioneret\n(grænsen kendes ikke)", box))
    rounded = picture.status == CellStatus.ROUNDED
    for limit in np.unique(picture.high[rounded & np.isfinite(picture.high)]):
        some = bool(marked[rounded & (picture.high == limit)].any())
        styles.append((f"Afrundet: højst {limit:.0f}" + ("\n(mærke under aksen)" if some else ""), box))
    if (picture.status == CellStatus.FILLED).any():
        styles.append(("Udfyldt, ikke offentliggjort", {"facecolor": "white", "edgecolor": "0.35"}))
    return styles


def _span(picture: _Picture, *, from_zero: bool) -> tuple[float, float]:
    """The numbers that the axis has to hold; from 0 if anything near 0 is drawn."""
    drawn = np.concatenate([picture.values[picture.visible], picture.high[np.isfinite(picture.high)]])
    if not len(drawn):
        return 0.0, 1.0
    low, high = float(drawn.min()), float(drawn.max())
    if low >= 0 and (from_zero or np.isfinite(picture.high).any() or low <= 0.6 * high):
        return 0.0, 1.06 * high or 1.0
    edge = 0.08 * (high - low) or 0.05 * abs(high) or 1.0
    return (0.0 if 0 <= low < edge else low - edge), high + edge


def _number_axis(axis: Any, span: tuple[float, float], numbers: Numbers) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    locator = MaxNLocator(6, steps=[1, 2, 2.5, 5, 10], integer=_decimals(numbers, 1) == 0)
    decimals = _decimals(np.asarray(locator.tick_values(*span)), 4)
    axis.set_major_locator(locator)
    axis.set_major_formatter(FuncFormatter(lambda value, _: _danish(value, decimals)))


def _legend(ax: Any, handles: list[Any], labels: list[str]) -> None:
    if not handles:
        return
    # Only a layout engine makes room beside the axes; a figure without one would cut the legend off.
    beside = ax.figure.get_layout_engine() is not None
    place = (
        {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "frameon": False} if beside else {"loc": "best"}
    )
    ax.legend(handles, [_plain(_wrapped(label, 30)) for label in labels], fontsize="small", **place)


def _bare(ax: Any) -> None:
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def _finish(
    ax: Any, title: str, subtitle: str, foot: Iterable[str], axis: _TimeAxis | None, *, own: bool
) -> None:
    """Title, ticks, notes and source, all fitted to the width that the axes came to have."""
    figure = ax.figure
    if own:
        figure.draw_without_rendering()
    box = ax.get_window_extent()
    if axis is not None:
        inches = 0.62 if axis.period_type in _STEPS else 1.0
        ax.set_xticks(*_time_ticks(axis, max(int(box.width / figure.dpi / inches), 2)))
    # In a figure of our own the texts may stand under the legend too.
    points = (figure.bbox.width - box.x0 - 10 if own else box.width) / figure.dpi * 72
    heading = [*textwrap.wrap(title, max(int(points / 5.6), 20)), *([subtitle] if subtitle else [])]
    ax.set_title(_plain("\n".join(heading)), loc="left", fontsize="medium")
    unit = ax.get_xlabel()
    lines = [line for text in foot for line in textwrap.wrap(text, max(int(points / 4.4), 30))]
    ax.set_xlabel(_plain("\n".join([*([unit, ""] if unit else []), *lines])), loc="left", fontsize="small")


def _wrapped(text: str, width: int) -> str:
    return "\n".join(line for piece in text.split("\n") for line in textwrap.wrap(piece, width))


def _plain(text: str) -> str:
    """A text as it stands: matplotlib would take what is between two dollar signs for a formula."""
    return text.replace("$", r"\$")


def _danish(number: float, decimals: int = 0) -> str:
    """A number as Danes write it: 12.345,6 with a real minus."""
    text = f"{number:,.{decimals}f}".translate(str.maketrans(",.", ".,"))
    return text.replace("-", "\N{MINUS SIGN}")


def _decimals(numbers: Numbers, most: int) -> int:
    """How many decimals numbers need."""
    return next((d for d in range(most) if np.allclose(numbers.round(d), numbers, rtol=0, atol=1e-9)), most)
