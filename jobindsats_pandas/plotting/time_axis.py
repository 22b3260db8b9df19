"""Periods on an axis: whole numbers without holes, also where a table has them, and their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from jobindsats_pandas.periods import chronological, frequency, period_values
from jobindsats_pandas.plotting.language import DANISH, Language

if TYPE_CHECKING:
    from jobindsats_pandas.disclosure import AddressSpace
    from jobindsats_pandas.plotting.figures import Codes

__all__ = ["TimeAxis", "time_axis"]

_GAPS = {
    "M": "Tabellen har tal for {known} af de {count} måneder fra {first} til {last}.",
    "Q": "Tabellen har tal for {known} af de {count} kvartaler fra {first} til {last}.",
    "Y": "Tabellen har tal for {known} af de {count} år fra {first} til {last}.",
}
_OTHER_GAPS = "Tabellen har tal for {known} af de {count} perioder fra {first} til {last}."
# Each step is at most twice the one before, so that a round one always falls into the axis (5 years: after 4).
_STEPS = {"M": (1, 2, 3, 6, 12, 24, 48, 96), "Q": (1, 2, 4, 8, 16, 32, 64), "Y": (1, 2, 4, 5, 10, 20, 40, 80)}


@dataclass(frozen=True, eq=False)
class TimeAxis:
    """The places of periods on the axis, from the oldest to the newest, whether the frame has them or not.

    Attributes
    ----------
    period_type : str
    positions : int array
        The place of each; months, quarters and years as pandas counts them.
    ids, names : tuple of str
        The period at each place, empty where the table has none.
    columns : int array
        For each period of the table (`AddressSpace.periods`) its index in `positions`.
    language : Language
    """

    period_type: str
    positions: Codes
    ids: tuple[str, ...]
    names: tuple[str, ...]
    columns: Codes
    language: Language = DANISH

    @property
    def gapped(self) -> bool:
        """Whether there are places for which the table has no period."""
        return not all(self.ids)

    @property
    def gaps(self) -> str:
        """What is said of them; empty where there are none."""
        if not self.gapped:
            return ""
        return self.language.say(
            _GAPS.get(self.period_type, _OTHER_GAPS),
            known=sum(map(bool, self.ids)),
            count=len(self.ids),
            first=self.names[0],
            last=self.names[-1],
        )

    def ticks(self, width: float) -> tuple[list[int], list[str]]:
        """Ticks at round periods, as many as fit into so many inches; the year below where it changes.

        Where the table has gaps, ticks stand at periods that it has, counted back from the newest.
        """
        known = self.period_type in _STEPS
        most = max(int(width / (0.62 if known else 1.0)), 2)
        count = len(self.positions)
        steps = _STEPS[self.period_type] if known else range(1, count + 1)
        step = next((step for step in steps if count / step <= most), steps[-1])
        # Of types without a calendar the newest period is always named.
        origin = 0 if known else int(self.positions[-1])
        named = [at for at in zip(self.positions.tolist(), self.names, strict=True) if at[1]]
        if self.gapped:
            chosen = named[-1:]
            for at in reversed(named):
                if chosen[0][0] - at[0] >= step:
                    chosen.insert(0, at)
        else:
            chosen = [at for at in named if (at[0] - origin) % step == 0]
        labels, year = [], ""
        for _, name in chosen:
            first, _, last = name.rpartition(" ") if known else ("", "", "")
            labels.append(name if not first else first if last == year else f"{first}\n{last}")
            year = last
        return [place for place, _ in chosen], labels


def time_axis(space: AddressSpace, period_type: str, codes: Codes, language: Language = DANISH) -> TimeAxis:
    """The axis that holds periods of one type."""
    ids = chronological(period for kind, period in space.periods if kind == period_type)
    index: Any = period_values(ids)
    places = index.asi8 if frequency(ids) is not None else index.codes.astype(np.int64)
    at = dict(zip(ids, places.tolist(), strict=True))
    used = [at[space.periods[code][1]] for code in np.unique(codes)]
    positions = np.arange(min(used), max(used) + 1)
    id_at = {place: period for period, place in at.items()}
    shown = tuple(id_at.get(place, "") for place in positions.tolist())
    columns = np.array([at.get(period, 0) - positions[0] for _, period in space.periods])
    return TimeAxis(period_type, positions, shown, tuple(map(language.period, shown)), columns, language)
