"""The tables of the sandbox: what each one counts, its metadata, and what disclosure control leaves of the truth."""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from jobindsats_pandas.sandbox.description import PER_YEAR, Levels, Measure, TableDesign, describe, spans
from jobindsats_pandas.sandbox.population import Floats, Integers, Register, Span
from jobindsats_pandas.sandbox.query import Selection, TableIndex
from jobindsats_pandas.sandbox.releases import Release, Split, released

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "ABSENT",
    "HIDDEN",
    "HOURS",
    "REACH",
    "SHOWN",
    "Cell",
    "Population",
    "SyntheticTable",
    "draw_register",
]

HOURS = 160
"""Hours of a full month, so that full-time persons are counted in whole hours."""

REACH = 3
"""How many of the newest base periods a publication revises; measures that look ahead look no further."""

FEW = 5_000
"""Up to how many cells an answer is remembered."""

ABSENT, HIDDEN, SHOWN = range(3)
"""What can be seen of a cell."""

Cell = tuple[str, Mapping[str, str]]
"""A period id, and a path for each hierarchy; the dimensions that are not named stand at their total."""


def _source(design: TableDesign, seed: int) -> list[int]:
    return [seed, zlib.crc32(design.id.encode())]


def _expected(design: TableDesign, seed: int) -> Floats:
    """Give the expected number of persons, base periods by cells; more base periods leave the first ones alone."""
    rng = np.random.default_rng([*_source(design, seed), 1])
    share = np.ones((1,) * len(design.axes))
    for axis, dimension in enumerate(design.axes):
        shape = [1] * len(design.axes)
        shape[axis] = -1
        share = share * (dimension.weights / dimension.weights.sum()).reshape(shape)
    if design.pairs:
        one, two, matrix = design.pairs
        shape = [1] * len(design.axes)
        shape[one], shape[two] = matrix.shape
        share = share * matrix.reshape(shape)
    # Uneven cells: without this a table would hold either no small counts or only those.
    share = share * rng.gamma(design.spread, size=share.shape)
    share /= share.sum()
    per_year = PER_YEAR[design.frequency]
    time = np.arange(design.count) + design.start[1] - 1
    wave = (
        1
        + 0.08 * (per_year > 1) * np.cos(2 * np.pi * time / per_year)
        + 0.1 * np.sin(time / (3.1 * per_year))
    )
    expected: Floats = design.size * wave.reshape(-1, *[1] * len(design.axes)) * share
    if design.volatility:
        expected = expected * rng.lognormal(sigma=design.volatility, size=expected.shape)
    return expected


@lru_cache(maxsize=40)
def draw_register(design: TableDesign, seed: int) -> Register:
    """Draw the persons of a table's first publication, once for all its ways of listing the total."""
    return Register.populate(
        seed=_source(design, seed),
        expected=_expected(design, seed),
        crossing=design.crossing,
        amounts=design.amounts,
        subsets=design.subsets,
    )


def _moved(
    register: Register,
    design: TableDesign,
    source: Sequence[int],
    splits: Sequence[Split],
    revised: bool,
) -> Register:
    """Let persons move to the members that are new, and figures change a little, in the newest base periods."""
    rng = np.random.default_rng(source)
    singles = register.singles["persons"][-REACH:].copy()
    for axis, leaf in splits:
        cells = np.moveaxis(singles, axis + 1, 0)
        cells[-1] = cells[leaf] // 2
        cells[leaf] -= cells[-1]
    if revised:
        # Here and there a cell is emptied, or somebody comes into an empty one.
        come = rng.random(singles.shape) < 0.005
        singles += np.where(singles > 0, rng.integers(-1, 2, size=singles.shape), come)
    return register.revised(rng, singles, amounts=design.amounts, subsets=design.subsets)


def _new_period(
    design: TableDesign, expected: Floats, source: Sequence[int], splits: Sequence[Split]
) -> Register:
    """Draw the persons of one base period, which nobody has seen before."""
    for axis, leaf in splits:
        half = expected.take([leaf], axis + 1) / 2
        expected = np.concatenate([expected, half], axis + 1)
        np.moveaxis(expected, axis + 1, 0)[leaf] = np.moveaxis(half, axis + 1, 0)[0]
    return Register.populate(
        seed=source,
        expected=expected,
        # In a register of many base periods those who cross stay for two and a half on average.
        crossing={axis: 2.5 * part for axis, part in design.crossing.items()},
        amounts=design.amounts,
        subsets=design.subsets,
    )


class SyntheticTable:
    """One publication of a table, counted from its register when it is first asked.

    Parameters
    ----------
    design : TableDesign
        What it counts.
    seed : int
        The same seed gives the same figures.
    levels : {"inside", "apart", "unlisted"}, default "inside"
        Where the metadata list the totals; the figures do not depend on it.
    earlier : SyntheticTable, optional
        The publication before it.
    release : Release, optional
        What it brings that `earlier` did not have; the design has it already.
    splits : tuple of Split
        The members that were split so far, in this publication and those before it.

    Attributes
    ----------
    number : int
        How many publications came before it.
    origin : TableDesign
        The first publication's.
    measure_ids : list of str
        In the order of ``design.measures``.
    spans : dict
        For each period type, its period ids, oldest first, and the base periods they hold.
    index : TableIndex
        The metadata, indexed for questions.
    """

    def __init__(
        self,
        design: TableDesign,
        seed: int,
        levels: Levels = "inside",
        earlier: SyntheticTable | None = None,
        release: Release | None = None,
        splits: tuple[Split, ...] = (),
    ) -> None:
        self.design = design
        self.seed = seed
        self.levels = levels
        self.earlier = earlier
        self.release = release
        self.splits = splits
        self.number: int = earlier.number + 1 if earlier else 0
        self.origin: TableDesign = earlier.origin if earlier else design
        self.spans = {kind: spans(design, kind) for kind in design.period_types or (design.frequency,)}
        hierarchies = [hierarchy for axis in design.axes for hierarchy in axis.hierarchies]
        totals = {hierarchy.id: hierarchy.total for hierarchy in hierarchies if hierarchy.total}
        self.index = TableIndex(self.metadata, totals)
        self.measure_ids = [measure for group in self.index.groups.values() for measure in group]
        self._nodes = {
            hierarchy.id: (axis, {path: node for path, _, node in hierarchy.members})
            for axis, dimension in enumerate(design.axes)
            for hierarchy in dimension.hierarchies
        }

    def __repr__(self) -> str:
        return f"SyntheticTable({self.design.id!r}, seed={self.seed}, levels={self.levels!r}, number={self.number})"

    def next(self, release: Release) -> SyntheticTable:
        """Give the table's next publication; what has not arrived yet comes with it at the latest."""
        earlier = self.arrived()
        design, splits = released(earlier.design, release)
        return SyntheticTable(design, self.seed, self.levels, earlier, release, (*earlier.splits, *splits))

    @property
    def late(self) -> bool:
        """Whether it has its metadata alone, and its data are those of the publication before."""
        return self.release is not None and self.release.late

    def arrived(self) -> SyntheticTable:
        """Give the same publication with its data."""
        if not (self.earlier and self.release and self.release.late):
            return self
        return self.earlier.next(replace(self.release, late=False))

    @cached_property
    def register(self) -> Register:
        """The persons behind the table."""
        if self.earlier is None or self.release is None:
            return draw_register(self.design, self.seed)
        register = self.earlier.register
        splits = self.splits[len(self.earlier.splits) :]
        for axis, _ in splits:
            register = register.widened(axis)
        if self.late:
            return register
        source = _source(self.design, self.seed)
        register = _moved(register, self.design, [*source, 2, self.number], splits, self.release.revised)
        expected = _expected(replace(self.origin, count=self.design.count), self.seed)
        for period in range(self.earlier.design.count, self.design.count):
            new = _new_period(self.design, expected[period : period + 1], [*source, 3, period], self.splits)
            register = register.followed_by(new)
        return register

    @property
    def metadata(self) -> dict[str, Any]:
        """What ``/table/{id}`` answers, as a new object."""
        return describe(self.design, self.levels)

    # The truth: for Python alone, never over the wire.

    def truth(self, measure_id: str, period_id: str, members: Mapping[str, str] | None = None) -> float:
        """Give the exact number behind one cell, whether it is published or not.

        Parameters
        ----------
        measure_id, period_id : str
            As in the metadata.
        members : mapping of str to str, optional
            A path for each hierarchy; dimensions that are not named stand at their total.

        Returns
        -------
        int or float
            Whole for counts; ``nan`` for a rate over nobody.
        """
        values = self.truths(
            measure_id, [period_id], {name: [path] for name, path in (members or {}).items()}
        )
        number: float = values[0].item()
        return number

    def truths(
        self, measure_id: str, period_ids: Sequence[str], members: Mapping[str, Sequence[str]] | None = None
    ) -> NDArray[Any]:
        """Give the exact numbers behind many cells: the n-th period with the n-th path of every hierarchy."""
        kind, periods, positions = self._locate(period_ids, members or {})
        if not self._come(kind)[periods[0]].all():
            raise LookupError(
                f"Not all of {', '.join(period_ids)} has arrived: there is no truth behind it yet."
            )
        cube = self._truth(self._measure(measure_id), self._take(kind, periods[0]), self._matrices(positions))
        result: NDArray[Any] = cube[(periods[1], *[inverse for _, inverse in positions])]
        return result

    def published(
        self, measure_id: str, period_id: str, members: Mapping[str, str] | None = None
    ) -> float | Literal["absent"] | None:
        """Give what the API shows for one cell: a number, None where it is null, or that its row is left out.

        Periods and members that this publication does not list are a `LookupError`.
        """
        kind, periods, positions = self._locate([period_id], {n: [p] for n, p in (members or {}).items()})
        values, shown, left_out = self._publish(
            (self._measure(measure_id),),
            kind,
            periods[0],
            [unique for unique, _ in positions],
        )
        if left_out.item():
            return "absent"
        number: float = values[0].item()
        return number if shown[0].item() else None

    def shown(
        self, period_type: str, period_ids: Sequence[str], members: Mapping[str, Sequence[str]]
    ) -> tuple[Floats, NDArray[np.int8]]:
        """Give what the API shows for every combination of periods and paths.

        Parameters
        ----------
        period_type : str
        period_ids : sequence of str
        members : mapping of str to sequence of str
            Paths for each hierarchy. Periods and paths that the table does not have are absent.

        Returns
        -------
        numbers : numpy.ndarray
            Measures, periods, then the paths of each hierarchy.
        states : numpy.ndarray
            Of the same shape: ``ABSENT``, ``HIDDEN`` (null, for whatever reason) or ``SHOWN``.
        """
        order = {period_id: place for place, period_id in enumerate(self.spans[period_type])}
        known = [np.array([period_id in order for period_id in period_ids], dtype=bool)]
        periods = np.array(
            [order[period_id] for period_id in period_ids if period_id in order], dtype=np.int64
        )
        nodes = [np.zeros(1, np.int64) for _ in self.design.axes]
        for hierarchy, paths in members.items():
            axis, of = self._nodes[hierarchy]
            nodes[axis] = np.array([of[path] for path in paths if path in of], dtype=np.int64)
            known.append(np.array([path in of for path in paths], dtype=bool))
        turn = [0, *[self._nodes[hierarchy][0] + 1 for hierarchy in members]]
        shape = [len(where) for where in known]
        numbers = np.zeros((len(self.measure_ids), *shape))
        states = np.full(numbers.shape, ABSENT, dtype=np.int8)
        if len(periods):
            values, shown, left_out = self._publish(self.design.measures, period_type, periods, nodes)
            for place, (value, visible) in enumerate(zip(values, shown, strict=True)):
                state = np.where(left_out, ABSENT, np.where(visible, SHOWN, HIDDEN))
                for target, found in ((numbers, value), (states, state)):
                    rest = [axis for axis in range(found.ndim) if axis not in turn]
                    cube = found.transpose([*turn, *rest]).reshape([int(where.sum()) for where in known])
                    target[place][np.ix_(*known)] = cube
        return numbers, states

    def truth_of_union(self, measure_id: str, cells: Sequence[Cell]) -> float:
        """Give the exact number for several cells taken together; whoever belongs to two of them counts once.

        Full-time persons are counted within one period only; rates have no such number.
        """
        measure = self._measure(measure_id)
        where: dict[int, NDArray[np.bool_]] = {}
        months = set()
        for period_id, members in cells:
            span = next(spans[period_id] for spans in self.spans.values() if period_id in spans)
            months.add(span)
            chosen = [np.ones(len(axis.weights), dtype=bool) for axis in self.design.axes]
            for name, path in members.items():
                axis, nodes = self._nodes[name]
                chosen[axis] = chosen[axis] & self.design.axes[axis].nodes[nodes[path]]
            for period in range(*span):
                mask = where.setdefault(period, np.zeros(self.register.shape, dtype=bool))
                mask[np.ix_(*chosen)] = True
        if measure.kind == "rate" or (measure.kind == "full-time" and len(months) > 1):
            raise ValueError(f"{measure.name} has no number for these cells together.")
        if measure.of in self.register.singles:
            return self.register.persons_in(measure.of, where)
        amounts = [self.register.amounts[part] for part in measure.of.split("+")]
        total = sum(int(amount[period][mask].sum()) for period, mask in where.items() for amount in amounts)
        return total / HOURS / len(where) if measure.kind == "full-time" else total

    def _locate(
        self, period_ids: Sequence[str], members: Mapping[str, Sequence[str]]
    ) -> tuple[str, tuple[Integers, Integers], list[tuple[Integers, Integers]]]:
        kind = next((kind for kind, spans in self.spans.items() if period_ids[0] in spans), None)
        if kind is None:
            raise LookupError(
                f"{self.design.id} had no period {period_ids[0]} when it was published on {self.design.update[0]}."
            )
        order = {period_id: i for i, period_id in enumerate(self.spans[kind])}
        periods = np.unique([order[period_id] for period_id in period_ids], return_inverse=True)
        nowhere = (np.zeros(1, np.int64), np.zeros(len(period_ids), np.int64))
        positions = [nowhere for _ in self.design.axes]
        for name, paths in members.items():
            axis, nodes = self._nodes[name]
            positions[axis] = np.unique([nodes[path] for path in paths], return_inverse=True)
        return kind, periods, positions

    def _measure(self, measure_id: str) -> Measure:
        return self.design.measures[self.measure_ids.index(measure_id)]

    def _take(self, kind: str, periods: Sequence[int] | Integers) -> list[Span]:
        spans = list(self.spans[kind].values())
        return [spans[period] for period in periods]

    def _come(self, kind: str) -> NDArray[np.bool_]:
        """Which periods of a type the data hold: all of them, unless the publication is late."""
        held = len(self.register.singles["persons"])
        return np.array([stop <= held for _, stop in self.spans[kind].values()])

    def _matrices(self, positions: Sequence[tuple[Integers, Integers]]) -> list[NDArray[np.bool_]]:
        return [axis.nodes[unique] for axis, (unique, _) in zip(self.design.axes, positions, strict=True)]

    def _truth(self, measure: Measure, spans: list[Span], nodes: list[NDArray[np.bool_]]) -> NDArray[Any]:
        if measure.kind == "rate":
            below = self._quantity(measure.per, spans, nodes)
            with np.errstate(divide="ignore", invalid="ignore"):
                rate: NDArray[Any] = np.divide(
                    measure.factor * self._quantity(measure.of, spans, nodes), below
                )
            rate[below == 0] = np.nan
            return rate
        return self._quantity("full-time" if measure.kind == "full-time" else measure.of, spans, nodes)

    def _quantity(self, name: str, spans: list[Span], nodes: list[NDArray[np.bool_]]) -> NDArray[Any]:
        if name in self.register.singles:
            return self.register.persons(name, spans, nodes)
        if name == "full-time":
            lengths = np.array([stop - start for start, stop in spans]).reshape(-1, *[1] * len(nodes))
            full: NDArray[Any] = self.register.total("hours", spans, nodes) / (HOURS * lengths)
            return full
        if name not in self.design.bases:
            first, *others = [self.register.total(part, spans, nodes) for part in name.split("+")]
            return sum(others, first)
        base = self.design.bases[name]
        values = base.values
        for place, axis in enumerate(base.axes):
            values = np.moveaxis(np.tensordot(nodes[axis].astype(float), values, (1, place)), 0, place)
        values = np.round(values, 6)  # in whatever order it was added up, for whatever else was asked
        shape = [len(nodes[axis]) if axis in base.axes else 1 for axis in range(len(nodes))]
        return np.broadcast_to(values.reshape(1, *shape), (len(spans), *[len(matrix) for matrix in nodes]))

    # Disclosure control: what may be shown.

    def _publish(
        self,
        measures: Sequence[Measure],
        kind: str,
        periods: Sequence[int] | Integers,
        nodes: Sequence[Integers],
    ) -> tuple[list[NDArray[Any]], list[NDArray[np.bool_]], NDArray[np.bool_]]:
        """Give values, where they are shown, and which rows are left out: all arrays of periods by nodes, not to be written."""
        few = len(periods) * math.prod(map(len, nodes)) <= FEW
        count = self._remembered if few else self._count
        return count(
            tuple(measures), kind, tuple(map(int, periods)), *(tuple(chosen.tolist()) for chosen in nodes)
        )

    @cached_property
    def _remembered(self) -> Callable[..., Any]:
        """`_count`, which remembers: a publication never changes, and who begins with an empty cache asks the same again."""
        return lru_cache(maxsize=256)(self._count)

    def _count(
        self, measures: Sequence[Measure], kind: str, periods: Sequence[int], *paths: Sequence[int]
    ) -> tuple[list[NDArray[Any]], list[NDArray[np.bool_]], NDArray[np.bool_]]:
        nodes = [np.array(chosen, dtype=np.int64) for chosen in paths]
        come = self._come(kind)
        there = come[list(periods)].reshape(-1, *[1] * len(nodes))
        # What has not come is counted somewhere else, and left out.
        spans = [
            span if here else (0, 1) for span, here in zip(self._take(kind, periods), there.flat, strict=True)
        ]
        matrices = [axis.nodes[chosen] for axis, chosen in zip(self.design.axes, nodes, strict=True)]
        truths = {
            measure: self._truth(measure, spans, matrices)
            for measure in self.design.measures
            if measure in measures or measure.kind != "rate"
        }
        # Whether a row is left out must not depend on which of its measures were asked for.
        counts = [truth for measure, truth in truths.items() if measure.kind != "rate"]
        left_out = np.logical_and.reduce([count == 0 for count in counts]) | ~there
        persons = next((truth for measure, truth in truths.items() if measure.kind == "persons"), counts[0])
        # An arbitrary but fixed quarter of the rates beside hidden counts is hidden too.
        places = np.ix_(np.array(periods), *nodes)
        unlucky = (
            sum(place * prime for place, prime in zip(places, (3, 5, 7, 11, 13, 17), strict=False)) % 4 == 0
        )
        values, shown = [], []
        for measure in measures:
            truth = truths[measure]
            if measure.kind in {"persons", "count"}:
                value, visible = truth, truth >= 3
            elif measure.kind == "full-time":
                value, visible = np.floor(truth + 0.5).astype(np.int64), (persons >= 3) & (truth >= 3)
            elif measure.kind == "money":
                value, visible = truth, persons >= 3
            elif measure.kind == "rounded":
                value, visible = np.maximum(truth, 5), np.ones(truth.shape, dtype=bool)
            else:
                value = np.round(truth, measure.decimals)
                visible = np.isfinite(truth) & ((persons >= 3) | ~unlucky)
            if measure.late:
                early = np.asarray(periods) < come.sum() - measure.late
                visible = visible & early.reshape(-1, *[1] * len(nodes))
            values.append(value)
            shown.append(visible)
        for array in (*values, *shown, left_out):
            array.flags.writeable = False
        return values, shown, left_out

    def answer(self, selection: Selection) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Give the columns and rows for a question."""
        axes = range(len(self.design.axes))
        nodes = [np.zeros(1, dtype=np.int64) for _ in axes]
        names: dict[int, NDArray[Any]] = {}
        for axis, members in selection.members.items():
            hierarchy = next(h for h in self.design.axes[axis].hierarchies if h.id == members.hierarchy)
            listed = hierarchy.members
            chosen = sorted(
                (listed[position] for position in members.positions), key=lambda member: _steps(member[0])
            )
            nodes[axis] = np.array([node for _, _, node in chosen])
            older = self._older_names(hierarchy.id)
            names[axis] = np.array([older.get(path, name) for path, name, _ in chosen], dtype=object)
        measures = [self.design.measures[position] for position in selection.measures]
        periods = self._arranged(selection.periods)
        values, shown, left_out = self._publish(measures, selection.period_type, periods, nodes)
        turn = (0, *[axis + 1 for axis in axes])
        if self.design.order in ("member", "mixed"):
            turn = (*turn[1:], 0)
        keep = ~left_out.transpose(turn).reshape(-1)
        ids = np.array(list(self.spans[selection.period_type]), dtype=object)[np.asarray(periods)]
        columns = [_along(ids, 0, left_out.shape, turn)[keep].tolist()]
        columns += [
            _along(names[axis], axis + 1, left_out.shape, turn)[keep].tolist() for axis in sorted(names)
        ]
        for value, visible in zip(values, shown, strict=True):
            cells = value.transpose(turn).reshape(-1)[keep].astype(object)
            cells[~visible.transpose(turn).reshape(-1)[keep]] = None
            columns.append(cells.tolist())
        head = ["Periode", *[self.design.axes[axis].name for axis in sorted(names)]]
        return head + [self.index.columns[position] for position in selection.measures], list(
            zip(*columns, strict=True)
        )

    def _older_names(self, hierarchy_id: str) -> dict[str, str]:
        """Give the names by path that data bear where they are not those of the metadata: older ones."""
        if not (self.late and self.earlier):
            return {}
        known = self.earlier.index.hierarchies[hierarchy_id]
        return dict(zip(known.paths, known.names, strict=True))

    def _arranged(self, periods: Sequence[int]) -> list[int]:
        if self.design.order == "backwards":
            return list(reversed(periods))
        if self.design.order == "mixed":
            third = len(periods) // 3
            return [*periods[:third], *periods[2 * third :], *periods[third : 2 * third]]
        return list(periods)


def _steps(path: str) -> list[int]:
    return [int(step) for step in path.split("/") if step]


def _along(labels: NDArray[Any], axis: int, shape: tuple[int, ...], turn: tuple[int, ...]) -> NDArray[Any]:
    """Repeat one axis's labels for every cell, in the order of the rows."""
    wide = np.broadcast_to(labels.reshape([-1 if i == axis else 1 for i in range(len(shape))]), shape)
    return wide.transpose(turn).reshape(-1)


class Population(Mapping[str, SyntheticTable]):
    """All synthetic tables by id: the truth behind what the sandbox publishes.

    Examples
    --------
    >>> from jobindsats_pandas import sandbox
    >>> table = sandbox.population(seed=1)["y25i01"]
    >>> month = table.index.periods["M"][-1]
    >>> persons = table.measure_ids[0]
    >>> copenhagen = table.truth(persons, month, {"_nykom": "/1/"})
    >>> copenhagen == table.published(persons, month, {"_nykom": "/1/"})
    True
    """

    def __init__(self, tables: Sequence[SyntheticTable]) -> None:
        self._tables = {table.design.id: table for table in tables}

    def __getitem__(self, table_id: str) -> SyntheticTable:
        return self._tables[table_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)
