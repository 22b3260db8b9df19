"""What a refused sum tells: how many cells, what follows, what to take instead, the way out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from jobindsats_pandas.disclosure.cells import CellStatus
from jobindsats_pandas.disclosure.parts import STATISTIC, UNKNOWN, PartMeasure, PartSpace
from jobindsats_pandas.disclosure.sums import SumCheck, check_sums
from jobindsats_pandas.errors import InvalidSumError
from jobindsats_pandas.kinds import Kind, measure_kind

__all__ = ["Published", "published_cell", "sum_error"]

_HIDDEN_COUNT: Final = "fewer than 3"


@dataclass(frozen=True)
class Published:
    """The published cell that stands for a whole selection.

    Attributes
    ----------
    space : PartSpace
    measure, period : int
    members : tuple of int
        One per dimension.
    over : tuple of int
        The dimensions that the selection runs over.
    """

    space: PartSpace
    measure: int
    period: int
    members: tuple[int, ...]
    over: tuple[int, ...]

    def lines(self) -> list[str]:
        """How to get it, as lines to paste."""
        measure = self.space.measures[self.measure].name
        names = [self.space.dimensions[place].name for place in self.over]
        over = repr(names[0] if len(names) == 1 else names)
        if all(self.members[place] == 0 for place in self.over):
            return [
                f"df.jobindsats.official_total({measure!r}, over={over})",
                f"ji.read_official_total(df, over={over})  # where the row is not in the frame",
            ]
        by = {}
        for place, dimension in enumerate(self.space.dimensions):
            member = dimension.members[self.members[place]]
            if member.level:
                by[dimension.levels[member.level].hierarchy] = member.path
        period = self.space.periods[self.period][1]
        return [f"ji.read_jobindsats({self.space.table!r}, by={by!r}, periods={period!r})"]


def published_cell(check: SumCheck, group: int = 0) -> Published | None:
    """The published cell that stands for a group, if its cells are all members of a level below that one."""
    one = _only(check, group)
    if len(one.tables) != 1 or (one.cells.parts < 0).any():
        return None
    table = one.tables[0]
    space = table.space
    if table.one_measure < 0 or space.measures[table.one_measure].derived or table._periods.differ.any():
        return None
    common = int(one.cells.registry.offsets[0] * 0 + table.common()[0])
    period = common % max(len(space.periods), 1)
    common //= max(len(space.periods), 1)
    expected, over = 1, []
    members = []
    for place in reversed(range(len(space.dimensions))):
        dimension = space.dimensions[place]
        member = common % len(dimension.members)
        common //= len(dimension.members)
        members.append(member)
        here = np.unique(table.members(place))
        if len(here) == 1:
            continue
        levels = np.unique(dimension.level_of[here])
        if len(levels) != 1 or not dimension.members[member].published:
            return None
        if len(here) != len(dimension.below(member, int(levels[0]))):
            return None
        over.append(place)
        expected *= len(here)
    if not over or len(np.unique(table.numbers)) != expected:
        return None
    return Published(space, table.one_measure, period, tuple(reversed(members)), tuple(reversed(over)))


def sum_error(check: SumCheck, operation: str = "sum") -> InvalidSumError:
    """The error for a refused sum: of the one group, or of the first bad one of several."""
    bad = np.flatnonzero(check.bad)
    group = int(bad[0])
    one = _only(check, group)
    reasons = check.reasons_of()
    lines = []
    if check.groups > 1:
        lines.append(
            f"{operation}: refused in {len(bad)} of {check.groups} groups; the first of them, {_where(one)}:"
        )
    else:
        lines.append(f"{operation}: refused for {_where(one)}.")
    told = one.reasons_of()
    lines += [f"  {reason}: {_because(reason, one)}" for reason in told]
    lines.append(_consequence(one))
    lines += ["Instead:", *(f"  {line}" for line in _instead(one)), *_way_out(one)]
    return InvalidSumError("\n".join(lines), reasons=reasons)


def _only(check: SumCheck, group: int) -> SumCheck:
    """The check of one group alone, with the cells that were left out: they make a selection complete."""
    if check.ids is None:
        cells = check.cells
    else:
        cells = check.cells[np.flatnonzero(check.ids == group)]
    return check_sums(cells)


def _measures(check: SumCheck) -> list[PartMeasure]:
    return [measure for table in check.tables for measure, _ in table.by_measure()]


def _where(check: SumCheck) -> str:
    """What is added: how many cells of which measure and table."""
    count = int(check.count[0])
    measures = _measures(check)
    cells = f"{count:,} cell{'s' * (count != 1)}"
    if not measures:
        return f"{cells} of unknown origin"
    table = check.tables[0].space.table
    if len(measures) == 1:
        return f"{cells} of {measures[0].name!r} ({table})"
    return f"{cells} of {len(measures)} measures ({table})"


def _because(reason: str, check: SumCheck) -> str:
    total = int(check.count[0])
    measures = _measures(check)
    first = measures[0] if measures else None

    def of(status: CellStatus) -> str:
        return f"{int(check.count_of(status)[0]):,} of {total:,}"

    match reason:
        case "measures":
            return f"{_some([m.name for m in measures])} are different measures"
        case "rate":
            rates = [m for m in measures if m.kind is Kind.NONE]
            if not rates:
                return "means, medians and other statistics do not add"
            if all(m.derived for m in rates):
                return f"{_some([m.name for m in rates])}: ratios do not add"
            return (
                f"{_some([m.name for m in rates])}: a rate, an average, a duration or an unknown name;"
                " parts of it do not add" + _kind_note(rates[0])
            )
        case "persons":
            return (
                "a person is counted once in every part he or she belongs to; adding parts counts some twice"
                + (_kind_note(first) if first else "")
            )
        case "unknown":
            parts = check._active[0].parts
            return (
                f"{int((parts == UNKNOWN).sum() + (parts == STATISTIC).sum() * 0):,} of {total:,} cells belong to no"
                " known cell (built by hand, changed by a number, or summed over periods)"
            )
        case "levels":
            names = [t.space.dimensions[place].name for t in check.tables for place in t.mixed_levels()]
            return f"totals and their parts, or different levels, stand together in {_some(names)}"
        case "repeated":
            twice = sum(len(t.numbers) - len(np.unique(t.numbers)) for t in check.tables)
            return f"{twice:,} of {total:,} cells stand there more than once"
        case "periods":
            return _because_periods(check)
        case "not_available":
            return f"{of(CellStatus.NOT_AVAILABLE)} cells are not published (yet)"
        case "hidden":
            return f"{of(CellStatus.DISCRETIONISED)} cells are discretionised{_hidden_note(measures)}"
        case "rounded":
            return f"{of(CellStatus.ROUNDED)} cells are hidden by rounding: the number shown stands for any up to it"
        case "filled":
            return f"{of(CellStatus.FILLED)} cells are hidden or unavailable and were filled with a guess"
        case _:
            return f"{check.cells.dropped:,} hidden cells were dropped from beside these, so the rest is not the whole"


def _hidden_note(measures: list[PartMeasure]) -> str:
    if len(measures) != 1 or measures[0].derived or measures[0].kind is Kind.NONE:
        return ""
    if measures[0].kind is Kind.FULL_TIME:
        return " (3 or fewer full-time persons)"
    if measures[0].kind is Kind.MONEY:
        return ""
    return f" (counts of {_HIDDEN_COUNT})"


def _because_periods(check: SumCheck) -> str:
    periods = [
        (kind, period)
        for table in check.tables
        for kind, period in (table.space.periods[code] for code in np.unique(table.period))
    ]
    names = _some([period for _, period in periods])
    types = {kind for kind, _ in periods}
    if len(types) > 1:
        return f"periods of different types overlap ({names})"
    if not types <= {"M", "Q", "Y"}:
        return f"periods of type {next(iter(types))} overlap ({names})"
    kind = _measures(check)[0].kind
    what = {
        Kind.PERSONS: "the same persons are counted in each period",
        Kind.FULL_TIME: "full-time persons are an average over the period",
        Kind.STOCK: "the same stock is counted in each period",
    }.get(kind, "it does not add over periods")
    return f"{what} ({names})"


def _kind_note(measure: PartMeasure) -> str:
    if measure.derived:
        return ""
    if measure.kind is not measure_kind(measure.name):
        return f" (kind {str(measure.kind)!r} by additive=)"
    return ""


def _consequence(check: SumCheck) -> str:
    bounds = check.bounds()
    low, high = float(bounds.low[0]), float(bounds.high[0])
    if np.isnan(low):
        return "The result would be a wrong number, and no interval can be given for it."
    if np.isinf(high):
        return f"The true number is at least {_number(low)}; nothing bounds it from above."
    return f"The true number lies between {_number(low)} and {_number(high)}."


def _instead(check: SumCheck) -> list[str]:
    lines = []
    found = published_cell(check)
    if found:
        lines += found.lines()
    elif check.tables:
        lines.append("(no published total exists for just this selection)")
    measures = _measures(check)
    reasons = check.reasons_of()
    if not np.isnan(check.bounds().low[0]) and len(measures) == 1:
        lines.append(f"df.jobindsats.sum_bounds({measures[0].name!r})  # the interval")
    elif "levels" in reasons:
        lines.append("df.jobindsats.without_totals()  # or .level(dimension, level): rows of one level only")
    elif "measures" in reasons:
        lines.append("df.jobindsats.to_wide()  # one column for each measure; sum within one of them")
    elif "rate" in reasons and measures and not any(m.derived for m in measures):
        lines.append("(rate * count).sum() / count.sum()  # a mean weighted by the counts it is a rate of")
    return lines


def _way_out(check: SumCheck) -> list[str]:
    lines = ["  df.jobindsats.plain()  # ordinary numbers, with the statuses beside them"]
    unknown = [m for m in _measures(check) if m.kind is Kind.NONE and not m.derived]
    if unknown and check.reasons_of() == ("rate",):
        lines.append(
            f"  ji.read_jobindsats(..., additive={{{unknown[0].name!r}: 'stock'}})  # if you know it adds"
        )
    return [*lines, "  with ji.allow_sums(): ...  # knowing all this"]


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def _some(names: list[str], most: int = 4) -> str:
    distinct = list(dict.fromkeys(names))
    shown = ", ".join(repr(name) for name in distinct[:most])
    return shown + (f" and {len(distinct) - most} more" if len(distinct) > most else "")
