"""A canary: a few sums that must be refused, tried once in each process, before the first guarded column is handed out.

The guard stands on hooks of pandas and numpy, and in a few places on the names of their functions. Where one of them
moves, sums would pass without a word; so the guard tries itself, and says so instead.
"""

from __future__ import annotations

import contextvars
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas.disclosure.scalars import cell
from jobindsats_pandas.errors import ConfigurationError, InvalidSumError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["sing"]

_PROBES: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "a column": ("pandas", lambda column, _: pd.Series(column, copy=False).sum()),
    "groups": ("pandas", lambda column, _: pd.Series(column, copy=False).groupby([0, 0]).sum()),
    "windows": ("pandas", lambda column, _: pd.Series(column, copy=False).rolling(2).sum()),
    "a column of objects": ("pandas", lambda _, cells: pd.Series(cells, dtype=object, copy=False).sum()),
    "a column in numpy": ("numpy", lambda column, _: np.nansum(pd.Series(column, copy=False))),
    "objects in numpy": ("numpy", lambda _, cells: np.sum(cells)),
    "visible objects in numpy": ("numpy", lambda *_: np.sum(_objects([cell(5, 0), cell(5, 0)]))),
}
_lock = threading.RLock()
_state = {"trying": False, "done": False}


def sing(column: Callable[[], Any]) -> None:
    """Try the sums, the first time that this is called; other threads wait for the answer.

    Parameters
    ----------
    column : callable
        Makes a guarded array of two cells that may not be added, the second one hidden.

    Raises
    ------
    ConfigurationError
        If one of the sums goes through.
    """
    if _state["done"]:
        return
    with _lock:
        if _state["done"] or _state["trying"]:
            return  # the columns that are tried are made here too
        _state["trying"] = True
        try:
            # A context of its own, in which no allow_sums() holds.
            contextvars.Context().run(_try, column)
            _state["done"] = True
        finally:
            _state["trying"] = False


def _try(column: Callable[[], Any]) -> None:
    array = column()
    cells = _objects(array)
    for what, (library, probe) in _PROBES.items():
        try:
            probe(array, cells)
        except InvalidSumError:
            continue
        except Exception as error:
            raise _moved(what, library) from error
        raise _moved(what, library)


def _objects(array: Iterable[Any]) -> Any:
    cells = np.empty(2, dtype=object)
    cells[:] = list(array)
    return cells


def _moved(what: str, library: str) -> ConfigurationError:
    version = {"pandas": pd.__version__, "numpy": np.__version__}[library]
    return ConfigurationError(
        f"The guard on sums does not hold here: a wrong sum over {what} was not refused. {library} {version} has moved"
        " something that the guard stands on. Install the versions that it was tested with:"
        " pip install 'pandas>=3.1,<4' 'numpy>=2.1,<3'"
    )
