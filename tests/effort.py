"""What something costs beside a fixed piece of work, so that a limit holds on any machine and beside other tests."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = json.dumps({"rows": [[f"2026M{number:02d}", str(number), number] for number in range(200)]})


def yardstick() -> float:
    """CPU seconds of a fixed piece of ordinary Python: about a millisecond on a machine of 2024."""
    began = time.process_time()
    for _ in range(6):
        rows = json.loads(TEXT)["rows"]
        sorted({f"{period}/{place}": number for period, place, number in rows})
    return time.process_time() - began


def effort(work: Callable[[], object], times: int = 5) -> float:
    """The least that `work` cost in `times` tries, in yardsticks: each try is measured beside one of its own."""
    costs = []
    for _ in range(times):
        before = min(yardstick() for _ in range(3))
        began = time.process_time()
        work()
        cost = time.process_time() - began
        costs.append(cost / max(before, min(yardstick() for _ in range(3))))
    return min(costs)
