"""The guard tries itself once a process, and says so where something it stands on has moved."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.api.extensions import ExtensionArray

from jobindsats_pandas.disclosure import DiscretionisedArray, allow_sums, callers, canary, scalars
from jobindsats_pandas.disclosure.building import nullable
from jobindsats_pandas.disclosure.callers import Addition, Purpose
from jobindsats_pandas.errors import ConfigurationError


@pytest.fixture
def fresh(monkeypatch):
    """A process in which the canary has not sung."""
    monkeypatch.setattr(canary, "_state", {"trying": False, "done": False})


def column():
    return DiscretionisedArray(np.array([4]), np.zeros(1, dtype=np.uint8))


def test_the_canary_sings_at_the_first_column_and_once(fresh, monkeypatch):
    tried = []
    monkeypatch.setattr(canary, "_try", lambda make: tried.append(len(make())))
    column(), column()
    assert tried == [2]
    assert canary._state == {"trying": False, "done": True}


def test_it_is_tried_without_allow_sums_even_within(fresh):
    with allow_sums():
        column()
    assert canary._state["done"]


def test_other_threads_wait_for_its_answer(fresh, monkeypatch):
    begun, go_on, made = threading.Event(), threading.Event(), []
    original = canary._try

    def slow(make):
        begun.set()
        assert go_on.wait(10)
        original(make)

    monkeypatch.setattr(canary, "_try", slow)
    threads = [threading.Thread(target=lambda: made.append(column())) for _ in range(3)]
    threads[0].start()
    assert begun.wait(10)
    for thread in threads[1:]:
        thread.start()
    assert made == []
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert len(made) == 3


def _plain(name):
    def hook(self, *args, **kwargs):
        return getattr(nullable(self.cells), name)(*args, **kwargs)

    return hook


BROKEN = {
    "the hook of reductions": (
        "a column",
        "pandas",
        lambda p: p.setattr(DiscretionisedArray, "_reduce", _plain("_reduce")),
    ),
    "the hook of groups": (
        "groups",
        "pandas",
        lambda p: p.setattr(DiscretionisedArray, "_groupby_op", _plain("_groupby_op")),
    ),
    "who asks for numbers": (
        "windows",
        "pandas",
        lambda p: p.setattr("jobindsats_pandas.disclosure.leaving.purpose", lambda *, typed: Purpose.EXPORT),
    ),
    "the windows": (
        "windows",
        "pandas",
        lambda p: p.setattr(
            callers, "_WINDOW_STATISTICS", callers._WINDOW_STATISTICS | {"sum", "rolling_sum", "_apply"}
        ),
    ),
    "the harmless ones of windows": (
        "windows",
        "pandas",
        lambda p: p.setattr(callers, "_WINDOW_HARMLESS", callers._WINDOW_HARMLESS | {"sum", "_apply"}),
    ),
    "what stands between windows and their numbers": (
        "windows",
        "pandas",
        lambda p: p.setattr(callers, "_WINDOW_INNER", callers._WINDOW_INNER | {"sum"}),
    ),
    "the harmless functions of numpy": (
        "a column in numpy",
        "numpy",
        lambda p: p.setattr(callers, "_NUMPY_HARMLESS", callers._NUMPY_HARMLESS | {"nansum"}),
    ),
    "what pandas looks at only": (
        "a column in numpy",
        "numpy",
        lambda p: p.setattr(callers, "_PANDAS_INTERNAL", callers._PANDAS_INTERNAL | {"__array__"}),
    ),
    "what pandas describes": (
        "a column in numpy",
        "numpy",
        lambda p: p.setattr(callers, "_PANDAS_STATISTICS", callers._PANDAS_STATISTICS | {"__array__"}),
    ),
    "what is on the way to a mean": (
        "visible objects in numpy",
        "numpy",
        lambda p: p.setattr(callers, "_STATISTICS", callers._STATISTICS | {"sum"}),
    ),
    "who adds": (
        "a column of objects",
        "pandas",
        lambda p: p.setattr(scalars, "addition", lambda: Addition.OWN),
    ),
    "what is called by pandas": (
        "a column of objects",
        "pandas",
        lambda p: p.setattr(callers, "_CALLING", callers._CALLING | {"nansum", "_sum"}),
    ),
    "what is done by element": (
        "a column of objects",
        "pandas",
        lambda p: p.setattr(callers, "_ELEMENTWISE", ("pandas", "numpy._core._methods")),
    ),
    "what draws": (
        "windows",
        "pandas",
        lambda p: p.setattr(callers, "_draws", lambda module: True),
    ),
    "numpy": ("objects in numpy", "numpy", lambda p: p.setattr(np, "sum", lambda cells: 5)),
}


@pytest.mark.parametrize("name", BROKEN)
def test_whatever_moves_is_noticed_and_named(fresh, name):
    what, library, break_it = BROKEN[name]
    with pytest.MonkeyPatch.context() as patch:
        break_it(patch)
        with pytest.raises(ConfigurationError, match=f"a wrong sum over {what} was not refused") as caught:
            column()
    assert f"{library} {sys.modules[library].__version__} has moved" in str(caught.value)
    assert "pip install 'pandas>=3.1,<4' 'numpy>=2.1,<3'" in str(caught.value)
    # It is tried again, and holds again.
    column()


def test_the_first_column_of_a_process_costs_milliseconds_and_warns_of_nothing():
    code = (
        "import time, numpy as np, pandas as pd\n"
        "from effort import yardstick\n"
        "from jobindsats_pandas.disclosure import DiscretionisedArray, canary\n"
        "pd.Series([1, 2]).groupby([0, 0]).sum(); pd.Series([1, 2]).rolling(2).sum()\n"
        "begun = time.process_time()\n"
        "DiscretionisedArray(np.array([4]), np.zeros(1, dtype=np.uint8))\n"
        "print((time.process_time() - begun) / min(yardstick() for _ in range(5)))\n"
        "assert canary._state['done']"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(ran.stdout) < 50
    assert ran.stderr == ""


# ---- what the guard stands on is there ----------------------------------------------------------------------------

HOOKS = [
    "_accumulate",
    "_cast_pointwise_result",
    "_formatter",
    "_groupby_op",
    "_groupby_quantile",
    "_mode",
    "_pad_or_backfill",
    "_quantile",
    "_rank",
    "_reduce",
    "_values_for_argsort",
    "_values_for_factorize",
    "_where",
]


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_of_pandas_that_is_overridden_or_called_exists(name):
    assert name in vars(ExtensionArray) or name in vars(pd.arrays.IntegerArray.__mro__[2])
    assert any(
        name in vars(one) for one in DiscretionisedArray.__mro__ if one.__module__.startswith("jobindsats")
    )


def test_no_other_private_name_of_pandas_is_overridden():
    ours = {
        name
        for one in DiscretionisedArray.__mro__
        if one.__module__.startswith("jobindsats")
        for name in vars(one)
        if name.startswith("_") and not name.startswith("__")
    }
    assert {name for name in ours if hasattr(ExtensionArray, name)} - set(HOOKS) == {
        "_from_sequence", "_from_sequence_of_strings", "_concat_same_type",  # documented
        "_readonly",
    }  # fmt: skip


def _defined(library):
    """Every name of a function in the source of a library."""
    found = {"<lambda>"}
    for file in Path(library.__file__).parent.rglob("*.py"):
        if "tests" not in file.parts:
            found |= set(re.findall(r"def (\w+)\(", file.read_text(encoding="utf-8")))
    return found


def test_every_function_that_is_listed_exists():
    known = _defined(pd) | _defined(np)
    lists = ("_WINDOW_STATISTICS", "_WINDOW_HARMLESS", "_WINDOW_INNER", "_NUMPY_HARMLESS", "_PANDAS_STATISTICS",
             "_PANDAS_INTERNAL", "_AS_NUMBERS", "_STATISTICS", "_CALLING", "_CALLING_WITH_ONE", "_ITERATING")  # fmt: skip
    listed = {name.rpartition(".")[2] for group in lists for name in getattr(callers, group)} | {
        callers._HOLDING
    }
    assert listed - known == set()


@pytest.mark.parametrize(
    "place",
    [
        *callers._RELABELLING,
        "pandas.core.series.combine",
        "pandas.core.window.common.prep_binary",
        "pandas.core.frame.corrwith",
        "pandas.plotting._matplotlib.misc.radviz",
        "pandas.core.methods.describe.describe_numeric_1d",
        "pandas.core.frame.dropna",
        "pandas.core.indexing._setitem_with_indexer_missing",
        "pandas.core.reshape.pivot.__internal_pivot_table",
    ],
)
def test_every_function_that_is_asked_for_by_its_place_exists(place):
    module, _, function = place.rpartition(".")
    source = Path(importlib.import_module(module).__file__).read_text(encoding="utf-8")
    assert re.search(rf"def {function}\(", source)
    assert place in inspect.getsource(callers)


@pytest.mark.parametrize(
    "prefix", [*callers._ELEMENTWISE, *callers._WRITERS, "pandas.plotting", "pandas.core.window"]
)
def test_every_module_that_is_listed_exists(prefix):
    importlib.import_module(prefix)


def test_no_circle_of_imports_exists_between_the_files_of_the_guard():
    folder = Path(canary.__file__).parent
    package = "jobindsats_pandas.disclosure"
    files = {file.stem: file for file in folder.glob("*.py") if file.stem != "__init__"}
    imports = {}
    for stem, file in files.items():
        found = set()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == package:
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}."):
                found.add(node.module.removeprefix(f"{package}."))
        assert found <= set(files), f"{stem} imports from the room itself"
        imports[stem] = found
    while imports:
        free = {file for file, others in imports.items() if not others & set(imports)}
        assert free, f"a circle among {sorted(imports)}"
        imports = {file: others for file, others in imports.items() if file not in free}
