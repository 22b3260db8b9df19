"""CPU times of candidates that take turns, and what may be said of them."""

from __future__ import annotations

import gc
import random
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Figure", "Spread", "cpu", "interleaved", "ratio"]

#: The same function timed twice must come out this equal, or the machine was too busy for the run to count.
CONTROL = (0.95, 1.05)


@dataclass(frozen=True)
class Spread:
    """A median with its quartiles; `quietest` is what the quietest moments give, where that can be told apart."""

    low: float
    middle: float
    high: float
    quietest: float

    @classmethod
    def of(cls, values: Sequence[float], quietest: float | None = None) -> Spread:
        """Of several measurements, or of a single one."""
        low, middle, high = (float(value) for value in np.percentile(values, [25, 50, 75]))
        return cls(low, middle, high, middle if quietest is None else float(quietest))

    @classmethod
    def of_times(cls, seconds: Sequence[float], scale: float = 1) -> Spread:
        """Of times: whatever disturbs them makes them longer."""
        return cls.of([scale * each for each in seconds], scale * min(seconds))

    @property
    def quiet(self) -> bool:
        """Whether this control lets its run count."""
        return CONTROL[0] <= self.middle <= CONTROL[1]

    def __str__(self) -> str:
        def short(value: float) -> str:
            return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"

        if self.low == self.high:
            return short(self.middle)
        return f"{short(self.middle)} [{short(self.low)}–{short(self.high)}]"


@dataclass(frozen=True)
class Figure:
    """One line of the table: what was measured, and what it should be.

    `goal` and `aim` are upper limits, or lower ones where more is better; None where nothing is demanded.
    """

    section: str
    name: str
    value: Spread
    unit: str = "x"
    goal: float | None = None
    aim: float | None = None
    more_is_better: bool = False

    def meets(self, slack: float = 1.0) -> bool:
        """Whether the goal is met by the median; with slack 2 whether half of it is in the quietest moments."""
        if self.goal is None:
            return True
        found = self.value.middle if slack == 1 else self.value.quietest
        return found >= self.goal / slack if self.more_is_better else found <= self.goal * slack

    @property
    def demand(self) -> str:
        """The goal in words."""
        if self.goal is None:
            return ""
        sign = "≥" if self.more_is_better else "≤"
        aim = "" if self.aim is None else f" (aim {self.aim:g})"
        return f"{sign} {self.goal:g}{aim}"


def cpu(function: Callable[[], Any]) -> float:
    """CPU seconds of one call, of all its threads."""
    gc.collect()
    start = time.process_time()
    result = function()
    seconds = time.process_time() - start
    del result  # letting go of it is not part of making it
    return seconds


def interleaved(candidates: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """CPU seconds of every candidate in every round, in a new random order each time.

    Each should have run once before: what is loaded or looked up once is no part of it.
    """
    times: dict[str, list[float]] = {name: [] for name in candidates}
    gc.collect()
    gc.freeze()  # what is there by now stays: every call would look through all of it for what it could let go
    for _ in range(rounds):
        for name in random.sample(list(candidates), len(candidates)):
            times[name].append(cpu(candidates[name]))
    gc.unfreeze()
    return times


def ratio(times: Mapping[str, Sequence[float]], above: str, below: str) -> Spread:
    """How many times longer one candidate takes than another, round by round, and in the quietest moments of each."""
    found = [a / max(b, 1e-9) for a, b in zip(times[above], times[below], strict=True)]
    return Spread.of(found, min(times[above]) / max(min(times[below]), 1e-9))
