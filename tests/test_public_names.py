"""What a user can rely on: the public names, and that importing them is light."""

from __future__ import annotations

import subprocess
import sys

import pytest

import jobindsats_pandas as ji
from jobindsats_pandas import parquet


def test_the_namespace_holds_the_public_names_and_nothing_else() -> None:
    modules = {name for name in vars(ji) if not name.startswith("_")} - set(ji.__all__)
    inner = {name for name in modules if f"jobindsats_pandas.{name}" in sys.modules}
    assert modules == inner | {"TYPE_CHECKING", "annotations"}
    for name in ji.__all__:
        assert getattr(ji, name) is not None
    assert ji.__all__ == sorted(ji.__all__)


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_importing_the_package_imports_nothing_heavy_and_starts_nothing() -> None:
    heavy = (
        "matplotlib",
        "openpyxl",
        "tqdm.auto",
        "IPython",
        "pyarrow.dataset",
        "pyarrow.parquet",
        "http.server",
        "keyring",
        "jobindsats_pandas.parquet.frames",
        "jobindsats_pandas.plotting",
        "jobindsats_pandas.revisions",
        "jobindsats_pandas.exports",
        "jobindsats_pandas.sandbox",
    )
    printed = run(
        "import pandas, requests, requests_cache, sys, threading\n"
        "before = set(sys.modules)\n"
        "import jobindsats_pandas\n"
        "print(sorted(set(sys.modules) - before))\n"
        "print(threading.active_count())",
    )
    modules, threads = printed.splitlines()
    assert not [name for name in heavy if f"'{name}'" in modules]
    assert threads == "1"


def test_what_few_use_is_there_when_it_is_asked_for_and_other_names_are_not() -> None:
    assert run("import jobindsats_pandas as ji; print(ji.sandbox.serve.__name__)").strip() == "serve"
    assert ji.__getattr__("sandbox") is ji.sandbox
    names = ["Revisions", "compare", "due", "export", "plot_revision_triangle", "update"]
    asked = f"import jobindsats_pandas as ji; print(*[getattr(ji, name).__name__ for name in {names}])"
    assert run(asked).split() == names
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        ji.nothing  # noqa: B018
    assert set(ji.__all__) < set(dir(ji))
    assert all(callable(getattr(parquet, name)) for name in parquet.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        parquet.nothing  # noqa: B018
