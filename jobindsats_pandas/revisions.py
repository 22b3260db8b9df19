"""What changed: two frames of one question, compared cell by cell.

Data of Jobindsats are living; earlier periods are revised with every publication. Cells are matched by their exact
number in the table, so neither the order of rows or categories nor the metadata of the day make a difference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas import arguments
from jobindsats_pandas.disclosure import CellStatus, DiscretionisedArray, Registry
from jobindsats_pandas.errors import ProvenanceError, QueryError
from jobindsats_pandas.framed import told_apart
from jobindsats_pandas.guarded import aligned, by_position, guarded_columns, joined, spaces_of
from jobindsats_pandas.periods import chronological, period_values
from jobindsats_pandas.provenance import Provenance
from jobindsats_pandas.showing import facts_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from jobindsats_pandas.disclosure import AddressDimension, AddressSpace, Cells, Decoded

__all__ = ["CHANGES", "Revisions", "all_of", "compare"]

CHANGES = (
    "revised",
    "new",
    "gone",
    "newly hidden",
    "newly shown",
    "now available",
    "no longer available",
)
"""What can happen to a cell."""

_REVISED, _NEW, _GONE, _NEWLY_HIDDEN, _NEWLY_SHOWN, _AVAILABLE, _UNAVAILABLE, _UNCHANGED = range(8)
_SHOWN_ROWS = 12


@dataclass(frozen=True, eq=False)
class Revisions:
    """What changed between two frames of one question.

    Attributes
    ----------
    table, table_name : str
    changes : DataFrame
        One row for each cell that changed: the period, the dimensions, ``measure``, ``change`` (of `CHANGES`), and the
        guarded columns ``old`` and ``new``. Where the cell is hidden on either side, neither number is there.
    summary : DataFrame
        For each measure and period, how many cells are ``unchanged`` and how many changed in which way.
    compared : int
        How many cells both frames have.
    periods_gone, periods_new : tuple of str
        Ids of the periods that only the old or only the new frame has.
    old, new : dict
        The provenance of the two frames, where they still have it.
    """

    table: str
    table_name: str
    changes: pd.DataFrame
    summary: pd.DataFrame
    compared: int
    periods_gone: tuple[str, ...] = ()
    periods_new: tuple[str, ...] = ()
    old: dict[str, Any] = field(default_factory=dict, repr=False)
    new: dict[str, Any] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """How many cells changed: 0, and with that false, if none did."""
        return len(self.changes)

    @property
    def counts(self) -> dict[str, int]:
        """How many cells changed in which way."""
        return {change: int(self.summary[change].sum()) for change in CHANGES}

    def _facts(self) -> list[tuple[str, str]]:
        facts = [(name, text) for name in ("old", "new") if (text := _edition(getattr(self, name)))]
        facts.append(("compared", f"{self.compared:,} cells that both have"))
        where = {"new": (self.periods_new, "new"), "gone": (self.periods_gone, "old")}
        for change, count in self.counts.items():
            if count:
                periods, side = where.get(change, ((), ""))
                only = f" ({_span(periods)}: only in the {side} frame)" if periods else ""
                facts.append((change, f"{count:,} cells{only}"))
        return facts if len(self) else [*facts, ("changes", "none")]

    def _short_summary(self) -> pd.DataFrame:
        changed = self.summary[self.summary[list(CHANGES)].sum(axis=1) > 0]
        return changed[[name for name in changed if name not in CHANGES or changed[name].any()]]

    def __repr__(self) -> str:
        width = max(len(name) for name, _ in self._facts()) + 2
        lines = [f"Revisions of {self.table}: {self.table_name}"]
        lines += [f"  {name:<{width}}{text}" for name, text in self._facts()]
        summary = self._short_summary()
        if len(summary):
            lines += ["", _newest(summary).to_string(index=False, max_colwidth=50)]
            lines += ["", f"{_left_out(summary)}Every cell: .changes"]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        summary = self._short_summary()
        table = _newest(summary).to_html(index=False, border=0) if len(summary) else ""
        foot = f"<small>{_left_out(summary)}Every cell: <code>.changes</code></small>" if table else ""
        title = f"<b>Revisions of <code>{escape(self.table)}</code> {escape(self.table_name)}</b>"
        return f"<div>{title}{facts_table(self._facts())}{table}{foot}</div>"


def _edition(provenance: dict[str, Any]) -> str:
    facts = [("updated", provenance.get("update_latest")), ("fetched", provenance.get("fetched_at"))]
    return ", ".join(f"{name} {str(day)[:10]}" for name, day in facts if day)


def _span(periods: Sequence[str]) -> str:
    # How many, for the months of a table may have gaps.
    return periods[0] if len(periods) == 1 else f"{len(periods)} periods, {periods[0]} to {periods[-1]}"


def _newest(summary: pd.DataFrame) -> pd.DataFrame:
    """The rows that are shown: those of the newest periods, whatever the measure, in the order in which they stand."""
    by_period = summary.iloc[:, 1].sort_values(kind="stable").index
    return summary.loc[by_period[-_SHOWN_ROWS:]].sort_index()


def _left_out(summary: pd.DataFrame) -> str:
    more = len(summary) - _SHOWN_ROWS
    return f"{more:,} more measures and periods: .summary. " if more > 0 else ""


def compare(old: pd.DataFrame, new: pd.DataFrame) -> Revisions:
    """Tell what changed between two frames of one question, read at different times.

    Refused are frames of different tables, dimensions, hierarchies or period types, and cells that are computed, filled in,
    doubled or of unknown origin. Not refused is a difference in what was asked for within these: other periods, members or
    measures. Their cells then stand as *new* or *gone*, as do those of a member that the agency added or withdrew.

    Parameters
    ----------
    old, new : DataFrame
        In any layout, as read, filtered or reshaped, also from Parquet or a pickle. Combinations that the API left out
        are the same whether they stand in a frame as absent or not at all.

    Returns
    -------
    Revisions
        Its `Revisions.changes` has a row for each cell that changed, its `Revisions.summary` counts them.

    Raises
    ------
    ProvenanceError
        If a frame has no guarded columns, or cells that are computed, filled in, or of unknown origin.
    QueryError
        If the frames are of different tables, breakdowns or period types, or one has a cell twice.

    Notes
    -----
    A cell is *revised* when both frames show a number, and another one. Where it is hidden on either side neither number
    is shown: together they would tell more than was published. The side that had one stands as not available then.
    A cell that is hidden where it was not available before counts as *now available*. Rows of periods that only one
    frame asked for are *new* or *gone* too; `Revisions.periods_new` and `Revisions.periods_gone` name those periods.

    Examples
    --------
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox.serve() as api:
    ...     client = ji.Client(token=api.token, base_url=api.url, cache_dir=api.cache_dir)
    ...     old = ji.read_jobindsats("y25i01", by="_region", periods="latest:6", client=client)
    ...     table = api.revise("y25i01", "2026-10-08", "2026-11-05")
    ...     new = ji.read_jobindsats("y25i01", by="_region", periods="latest:6", refresh=True, client=client)
    >>> revisions = compare(old, new)
    >>> bool(revisions), len(compare(old, old))
    (True, 0)
    >>> sorted(revisions.changes.columns)
    ['Område', 'Periode', 'change', 'measure', 'new', 'old']
    """
    # The new frame first: names and order of its metadata stand.
    registry, (later, earlier) = aligned([_published(new, "new"), _published(old, "old")])
    after, before = _Side.of("new", later), _Side.of("old", earlier)
    space = _same_table(before, after, registry)
    question = _same_question(before, after, space)

    place = np.searchsorted(after.addresses, before.addresses)
    place[place == len(after.addresses)] = 0
    stays = (
        after.addresses[place] == before.addresses
        if len(after.addresses)
        else np.zeros(len(before.addresses), dtype=bool)
    )
    came = np.ones(len(after.addresses), dtype=bool)
    came[place[stays]] = False
    was, now = np.flatnonzero(stays), place[stays]
    change = _change(before, after, was, now)
    moved = change != _UNCHANGED

    lost, added = np.flatnonzero(~stays), np.flatnonzero(came)
    kinds = np.concatenate([change[moved], np.full(len(lost), _GONE), np.full(len(added), _NEW)])
    nowhere = np.full(len(added), -1), np.full(len(lost), -1)
    rows_before = np.concatenate([was[moved], lost, nowhere[0]])
    rows_after = np.concatenate([now[moved], nowhere[1], added])
    addresses = np.where(rows_after >= 0, after.at(rows_after), before.at(rows_before))
    changes = _changes(question, addresses, kinds, before, after, rows_before, rows_after, old, new)
    every = np.concatenate([before.addresses, after.addresses[added]])
    every_kind = np.full(len(every), _GONE)
    every_kind[was] = change
    every_kind[len(before.addresses) :] = _NEW
    return Revisions(
        space.table,
        space.table_name,
        changes,
        _summary(question, every, every_kind, changes.columns[0]),
        len(was),
        _only(question, before, after),
        _only(question, after, before),
        dict(old.attrs.get("jobindsats") or {}),
        dict(new.attrs.get("jobindsats") or {}),
    )


def all_of(pieces: Sequence[Revisions], old: dict[str, Any], new: dict[str, Any]) -> Revisions:
    """Join what changed in parts of a table that have no cell in common, such as each of its periods.

    Parameters
    ----------
    pieces : sequence of Revisions
        At least one.
    old, new : dict
        The provenance of the two frames as a whole.
    """
    return Revisions(
        pieces[0].table,
        pieces[-1].table_name,
        _stacked([piece.changes for piece in pieces]),
        _stacked([piece.summary for piece in pieces]).sort_values(
            list(pieces[0].summary.columns[:2]), kind="stable", ignore_index=True
        ),
        sum(piece.compared for piece in pieces),
        tuple(chronological({period for piece in pieces for period in piece.periods_gone})),
        tuple(chronological({period for piece in pieces for period in piece.periods_new})),
        old,
        new,
    )


def _stacked(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put frames one behind the other; categories that only some have are kept."""
    frames = [frame for frame in frames if len(frame)] or frames[:1]
    columns: list[Any] = []
    for place, dtype in enumerate(frames[0].dtypes):
        pieces = [frame.iloc[:, place] for frame in frames]
        if isinstance(dtype, pd.CategoricalDtype):
            columns.append(pd.api.types.union_categoricals(pieces))
        else:
            columns.append(pd.concat(pieces, ignore_index=True))
    return by_position(frames[0].columns, columns)


def _published(frame: pd.DataFrame, name: str) -> Cells:
    """Return the cells of a frame: published numbers alone, each knowing which it is."""
    arguments.frame(name, frame)
    guarded = guarded_columns(frame)
    if not guarded:
        raise ProvenanceError(
            f"compare: the {name} frame has no guarded columns (discretionised[Int64] or [Float64]), so it does not know"
            " which cells of the table its numbers are. Compare frames as ji.read_jobindsats or ji.read_parquet gave them."
        )
    for place, array in guarded.items():
        label = frame.columns[place]
        computed = np.isin(array.status, [CellStatus.DERIVED, CellStatus.FILLED])
        unknown = (array.addresses < 0) & ~np.isin(array.status, [CellStatus.ABSENT, CellStatus.HOLE])
        for bad, what in ((unknown, "of unknown origin"), (computed, "computed or filled in")):
            if bad.any():
                raise ProvenanceError(
                    f"compare: {np.count_nonzero(bad):,} of {len(array):,} cells in column {label!r} of the {name} frame are"
                    f" {what}. Only published cells can be matched: compare the frames as they were read,"
                    f" {name}.drop(columns=[{label!r}]) for instance."
                )
    return joined([array.cells for array in guarded.values()])


@dataclass(frozen=True, eq=False)
class _Side:
    """The cells of one frame by rising address: value, status; those left out by the API are left out here too."""

    name: str
    addresses: NDArray[np.int64]
    values: NDArray[Any]
    status: NDArray[np.uint8]
    registry: Registry
    decoded: tuple[Decoded, ...]

    @classmethod
    def of(cls, name: str, cells: Cells) -> _Side:
        addresses, values, status, registry = cells.addresses, cells.values, cells.status, cells.registry
        there = ~np.isin(status, [CellStatus.ABSENT, CellStatus.HOLE])
        if not there.all():
            addresses, values, status = addresses[there], values[there], status[there]
        if not (np.diff(addresses) > 0).all():
            order = np.argsort(addresses, kind="stable")
            addresses, values, status = addresses[order], values[order], status[order]
        side = cls(name, addresses, values, status, registry, tuple(registry.decode(addresses)))
        double = np.flatnonzero(np.diff(addresses) == 0)
        if len(double):
            raise QueryError(
                f"compare: the {name} frame has {_cell_text(registry, addresses[double[0]])} more than once"
                f" ({len(double):,} such cells), so it is not known which one to compare. Take"
                f" {name}.drop_duplicates(), or read it again."
            )
        return side

    def at(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return the addresses of rows; what a row of -1 gives means nothing."""
        return self.addresses[rows] if len(self.addresses) else np.full(len(rows), -1)


def _cell_text(registry: Registry, address: np.int64) -> str:
    cell = registry.decode(np.array([address]))[0]
    space = cell.space
    members = [
        dimension.members[codes[0]].name
        for dimension, codes in zip(space.dimensions, cell.members, strict=True)
        if codes[0]
    ]
    return ", ".join([repr(space.measures[cell.measure[0]].name), space.periods[cell.period[0]][1], *members])


def _same_table(before: _Side, after: _Side, registry: Registry) -> AddressSpace:
    tables = spaces_of(cells for side in (before, after) for cells in side.decoded)
    if len(tables) > 1:
        of = [
            " and ".join(cells.space.table for cells in side.decoded) or "nothing" for side in (before, after)
        ]
        raise QueryError(
            f"compare: the old frame is of table {of[0]}, the new one of {of[1]}; only one table can be compared."
        )
    spaces = list(tables.values()) or list(registry.spaces)
    if not spaces:
        raise ProvenanceError("compare: both frames are empty, and do not even know which table they are of.")
    return spaces[0]


@dataclass(frozen=True, eq=False)
class _Question:
    """What two frames are broken down by, and how their addresses are read."""

    registry: Registry
    space: AddressSpace
    period_ids: list[str]
    period_rank: NDArray[np.int64]
    dimensions: tuple[int, ...]
    hierarchies: tuple[frozenset[str], ...]

    def digits(
        self, addresses: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], list[NDArray[np.int64]]]:
        """Return measure, rank of the period and members, one array for each of `dimensions`."""
        nothing = np.empty(0, dtype=np.int64)
        if not len(addresses):
            return nothing, nothing, [nothing] * len(self.dimensions)
        (cells,) = self.registry.decode(addresses)
        return (
            cells.measure,
            self.period_rank[cells.period],
            [cells.members[place] for place in self.dimensions],
        )


def _same_question(before: _Side, after: _Side, space: AddressSpace) -> _Question:
    sides = [side for side in (before, after) if side.decoded]
    types = {side.name: _period_types(side, space) for side in sides}
    distinct = sorted({kind for kinds in types.values() for kind in kinds})
    if len(distinct) > 1:
        listed = ", ".join(f"{name} has {' and '.join(sorted(kinds))}" for name, kinds in types.items())
        raise QueryError(f"compare: periods of one type can be compared, and {listed}.")
    ids = chronological([period for kind, period in space.periods if kind in distinct])
    rank = {period: position for position, period in enumerate(ids)}
    period_rank = np.array(
        [rank.get(period, -1) if kind in distinct else -1 for kind, period in space.periods]
    )
    places, hierarchies = [], []
    for place, dimension in enumerate(space.dimensions):
        seen = {side.name: _hierarchies(side, place, dimension) for side in sides}
        if len({frozenset(ids) for ids in seen.values()}) > 1:
            listed = ", ".join(
                f"{name} by {' and '.join(sorted(ids)) or 'its total alone'}" for name, ids in seen.items()
            )
            raise QueryError(
                f"compare: the frames do not answer one question: {dimension.name!r} is broken down in {listed}."
            )
        if any(seen.values()):
            places.append(place)
            hierarchies.append(frozenset().union(*seen.values()))
    return _Question(before.registry, space, ids, period_rank, tuple(places), tuple(hierarchies))


def _period_types(side: _Side, space: AddressSpace) -> set[str]:
    return {space.periods[code][0] for code in _present(side.decoded[0].period, len(space.periods))}


def _hierarchies(side: _Side, place: int, dimension: AddressDimension) -> set[str]:
    codes = _present(side.decoded[0].members[place], len(dimension.members))
    return {dimension.levels[dimension.members[code].level].hierarchy for code in codes if code}


def _present(codes: NDArray[np.int64], count: int) -> list[int]:
    seen = np.zeros(count, dtype=bool)
    seen[codes] = True
    return [int(code) for code in np.flatnonzero(seen)]


def _change(before: _Side, after: _Side, was: NDArray[np.intp], now: NDArray[np.intp]) -> NDArray[np.intp]:
    """Tell what happened to the cells that both sides have."""
    old, new = before.status[was], after.status[now]
    change = np.full(len(was), _UNCHANGED)
    shown_before, shown_after = _shown(old), _shown(new)
    differs = before.values[was] != after.values[now]
    change[shown_before & shown_after & differs] = _REVISED
    change[shown_before & (new == CellStatus.DISCRETIONISED)] = _NEWLY_HIDDEN
    change[(old == CellStatus.DISCRETIONISED) & shown_after] = _NEWLY_SHOWN
    missing_before, missing_after = old == CellStatus.NOT_AVAILABLE, new == CellStatus.NOT_AVAILABLE
    change[missing_before & ~missing_after] = _AVAILABLE
    change[~missing_before & missing_after] = _UNAVAILABLE
    return change


def _shown(status: NDArray[np.uint8]) -> NDArray[np.bool_]:
    shown: NDArray[np.bool_] = (status == CellStatus.OBSERVED) | (status == CellStatus.ROUNDED)
    return shown


def _changes(
    question: _Question,
    addresses: NDArray[np.int64],
    kinds: NDArray[np.intp],
    before: _Side,
    after: _Side,
    rows_before: NDArray[np.intp],
    rows_after: NDArray[np.intp],
    old: pd.DataFrame,
    new: pd.DataFrame,
) -> pd.DataFrame:
    measure, period, members = question.digits(addresses)
    order = np.lexsort((measure, period, *reversed(members)))
    addresses, kinds, measure, period = addresses[order], kinds[order], measure[order], period[order]
    values, statuses = [], []
    for side, rows in ((before, rows_before[order]), (after, rows_after[order])):
        there = rows >= 0
        number = np.zeros(len(rows), dtype=side.values.dtype)
        status = np.full(len(rows), CellStatus.NOT_AVAILABLE, dtype=np.uint8)
        number[there], status[there] = side.values[rows[there]], side.status[rows[there]]
        values.append(number)
        statuses.append(status)
    # A cell hidden on one side: its number on the other would narrow it down, or tell what is hidden now.
    hidden = (statuses[0] == CellStatus.DISCRETIONISED) | (statuses[1] == CellStatus.DISCRETIONISED)
    whole = all(number.dtype.kind == "i" for number in values)
    guarded = []
    for number, status in zip(values, statuses, strict=True):
        status[hidden & _shown(status)] = CellStatus.NOT_AVAILABLE
        typed = number if whole else number.astype(np.float64)
        guarded.append(DiscretionisedArray(typed, status, addresses, question.registry))
    names = _column_names(question, old, new)
    columns: list[Any] = [period_values(question.period_ids, period)]
    for place, hierarchy, codes in zip(question.dimensions, question.hierarchies, members, strict=True):
        columns.append(_member_labels(question.space.dimensions[place], hierarchy, codes[order]))
    columns += [_measure_labels(question.space, measure), _categorical(kinds, CHANGES), *guarded]
    return by_position(names, columns)


def _column_names(question: _Question, old: pd.DataFrame, new: pd.DataFrame) -> list[str]:
    """Name the columns as the frames do, where they still tell."""
    told = [
        known
        for frame in (old, new)
        if (known := Provenance.from_attrs(frame.attrs.get("jobindsats"))) is not None
    ]
    period = told[-1].period_column if told else "Periode"
    names = {
        place: name
        for known in told
        for name, ids in known.dimensions.items()
        for place in question.dimensions
        if question.space.dimensions[place].id == ids[0]
    }
    labels = [names.get(place, question.space.dimensions[place].name) for place in question.dimensions]
    return [period, *labels, "measure", "change", "old", "new"]


def _member_labels(
    dimension: AddressDimension, hierarchies: frozenset[str], codes: NDArray[np.int64]
) -> pd.Categorical:
    """Label members by their names; the total and the members of the hierarchies seen are the categories."""
    keys = [("", "/")] if dimension.members[0].published else []
    keys += [key for key in dimension.codes if key[0] in hierarchies and key[1] != "/"]
    of = [dimension.codes[key] for key in keys]
    names = [dimension.members[code].name for code in of]
    distinct = told_apart(names, ("".join(key if len(hierarchies) > 1 else key[1:]) for key in keys))
    position = np.full(len(dimension.members), -1)
    position[of] = np.arange(len(of))
    return _categorical(position[codes], distinct)


def _measure_labels(space: AddressSpace, codes: NDArray[np.int64]) -> pd.Categorical:
    distinct = told_apart([one.name for one in space.measures], (one.id for one in space.measures))
    used = np.flatnonzero(np.bincount(codes, minlength=len(distinct)))
    return _categorical(np.searchsorted(used, codes), [distinct[code] for code in used])


def _categorical(codes: NDArray[Any], labels: Sequence[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, pd.Index(list(labels), dtype="str"))


def _summary(
    question: _Question, addresses: NDArray[np.int64], kinds: NDArray[np.intp], period_name: str
) -> pd.DataFrame:
    measure, period, _ = question.digits(addresses)
    periods = max(len(question.period_ids), 1)
    group, of = np.unique(measure * periods + period, return_inverse=True)
    counts = np.bincount(of * (_UNCHANGED + 1) + kinds, minlength=len(group) * (_UNCHANGED + 1))
    counts = counts.reshape(len(group), _UNCHANGED + 1)
    columns: list[Any] = [
        _measure_labels(question.space, group // periods),
        period_values(question.period_ids, group % periods),
    ]
    columns += [counts[:, _UNCHANGED], *(counts[:, kind] for kind in range(_UNCHANGED))]
    return by_position(["measure", period_name, "unchanged", *CHANGES], columns)


def _only(question: _Question, one: _Side, other: _Side) -> tuple[str, ...]:
    """Return the ids of the periods that one side has and the other has not."""
    found = []
    for side in (one, other):
        codes = side.decoded[0].period if side.decoded else np.empty(0, dtype=np.int64)
        found.append(
            {question.space.periods[code][1] for code in _present(codes, len(question.space.periods))}
        )
    return tuple(period for period in question.period_ids if period in found[0] - found[1])
