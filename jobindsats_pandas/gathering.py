"""Many requests, few at a time: fetched side by side, halved where they take too long, with a progress bar."""

from __future__ import annotations

import queue
import sys
import threading
import time
import warnings
from collections import deque
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import numpy as np

from jobindsats_pandas.errors import TimedOutError
from jobindsats_pandas.notices import held_back, tell
from jobindsats_pandas.transport import LOG

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from jobindsats_pandas.forms import DataRequest
    from jobindsats_pandas.notices import Notice

__all__ = ["gather", "shows_progress"]

T = TypeVar("T")

#: Requests that take longer side by side than this many times what one alone takes are no gain.
SLOWER = 1.7

#: Requests quicker than this, in seconds, tell nothing about the server.
QUICK = 0.2

#: Seconds without any answer, nearly the whole budget of a request, after which a time-out leads to one more cut and no
#: further: nobody is there.
FRUITLESS = 120.0

#: Seconds before a progress bar shows itself, and between its looks at the clock.
PATIENCE = 2.0
TICK = 0.5


def gather(
    requests: Sequence[DataRequest],
    ask: Callable[[DataRequest], T],
    *,
    cut: Callable[[DataRequest], tuple[DataRequest, ...] | None],
    at_hand: Callable[[DataRequest], bool] = lambda _: False,
    connections: int = 2,
    progress: bool = False,
    title: str = "",
) -> list[T]:
    """Ask every request; the answers come in no particular order.

    One request goes first, alone. Then up to `connections` are in the air, fewer again when they take longer side by
    side than alone: beyond what the server can do at once, more connections only push calls into the time-out. A
    request that times out is cut in two and asked again, down to one period of single members; once only after a time
    without any answer that a whole request may take.

    A request that is alone is asked in the thread of the caller, and so is one whose answer is at hand, and every other
    where threads cannot start.

    Parameters
    ----------
    ask : callable
        Answers one request; called from several threads.
    cut : callable
        Cuts a request into smaller ones; None for one that cannot be cut.
    at_hand : callable, optional
        Whether a request is answered without waiting: a thread would cost more than it saves.
    progress : bool
        Show a progress bar if it takes over two seconds.
    title : str
        What the bar says it is about.

    Raises
    ------
    Exception
        The first that `ask` raises; what was answered before is in the cache.
    """
    waiting = deque(requests)
    flying = 0
    landed: queue.SimpleQueue[_Outcome[T]] = queue.SimpleQueue()
    answers: list[T] = []
    notices: list[Notice] = []
    pace = _Pace(connections)
    began = heard = time.monotonic()
    last_cut: float | None = None
    bar = None
    cells_done = 0
    try:
        while waiting or flying:
            while waiting and flying < pace.limit:
                request = waiting.popleft()
                flying += 1
                _ask(ask, request, landed, here=at_hand(request) or (flying == 1 and not waiting))
            side_by_side = flying
            for outcome in _landed(landed):
                flying -= 1
                notices += outcome.notices
                if isinstance(outcome.answer, TimedOutError):
                    smaller = cut(outcome.request)
                    if smaller is None or (last_cut is not None and outcome.began >= last_cut):
                        outcome.answer.add_note("Smaller questions were asked before, and timed out too.")
                        raise outcome.answer
                    if last_cut is None and time.monotonic() - heard >= FRUITLESS:
                        last_cut = time.monotonic()
                    cells = f"{outcome.request.cells:,}"
                    LOG.info("%s cells took too long: split into %d requests", cells, len(smaller))
                    waiting.extendleft(reversed(smaller))
                elif isinstance(outcome.answer, Exception):
                    raise outcome.answer
                else:
                    heard, last_cut = time.monotonic(), None
                    answers.append(outcome.answer)
                    if not at_hand(outcome.request):
                        pace.learn(outcome.seconds, side_by_side)
                    cells_done += outcome.request.cells
            if progress and time.monotonic() - began > PATIENCE:
                bar = bar or _bar(sum(request.cells for request in requests), title)
                of = len(answers) + len(waiting) + flying
                bar.set_postfix_str(f"{len(answers)} of {of} requests", refresh=False)
                bar.update(cells_done - bar.n)
                bar.refresh()
    finally:
        # Also on Ctrl-C and errors: what waits is never sent, and for what is in the air nobody waits.
        if bar is not None:
            bar.close()
        tell(notices)
    return answers


class _Outcome(NamedTuple, Generic[T]):
    """What came of a request: its answer or error, when it began, how long it took, and what to warn of."""

    request: DataRequest
    answer: T | Exception
    began: float
    seconds: float
    notices: list[Notice]


def _ask(
    ask: Callable[[DataRequest], T],
    request: DataRequest,
    landed: queue.SimpleQueue[_Outcome[T]],
    *,
    here: bool,
) -> None:
    """Ask, in a thread of its own unless it is to be done here, or none can start."""

    def fly() -> None:
        began = time.monotonic()
        with held_back() as notices:
            try:
                answer: T | Exception = ask(request)
            except Exception as error:  # noqa: BLE001 - raised by the thread that waits for it
                answer = error
        landed.put(_Outcome(request, answer, began, time.monotonic() - began, notices))

    if not here:
        # A daemon: the end of the process, by Ctrl-C or by another part's error, waits for no answer.
        thread = threading.Thread(target=fly, name="jobindsats", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads, or a system without any
            pass
        else:
            return
    fly()


def _landed(landed: queue.SimpleQueue[_Outcome[T]]) -> Iterator[_Outcome[T]]:
    """Outcomes that are there, or come within a moment."""
    try:
        yield landed.get(timeout=TICK)
        while True:
            yield landed.get_nowait()
    except queue.Empty:
        return


class _Pace:
    """How many requests may be in the air: one at first, then as many as do not slow each other down."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = 1
        self.alone: float | None = None
        self.together: list[float] = []

    def learn(self, seconds: float, side_by_side: int) -> None:
        """Take note of how long a request took beside how many others."""
        if self.alone is None:
            self.alone, self.limit = seconds, self.most
        elif side_by_side > 1:
            self.together.append(seconds)
            if len(self.together) >= 2 * self.limit:
                typical = float(np.median(self.together))
                self.together.clear()
                if typical > max(QUICK, SLOWER * self.alone):
                    self.limit = max(1, self.limit - 1)


def shows_progress(wanted: bool | None) -> bool:
    """Whether to show a progress bar: as wanted, else in notebooks and terminals, never in scripts' logs."""
    if wanted is not None:
        return wanted
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None else None
    return running is not None or sys.stderr.isatty()


def _bar(cells: int, title: str) -> Any:
    with warnings.catch_warnings():
        # A notebook without ipywidgets gets the bar as text; that is nothing to warn of.
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm
    return tqdm(total=cells, desc=title, unit=" cells", unit_scale=True, leave=False)
