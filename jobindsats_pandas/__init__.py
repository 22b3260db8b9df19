"""Jobindsats in pandas: a question becomes a frame that cannot lie by accident.

>>> import jobindsats_pandas as ji
>>> with ji.sandbox_client() as client:  # a local API with synthetic data; leave it out if you have a key
...     df = ji.read_jobindsats("y25i01", by="_nykom", periods="latest:3", client=client)
>>> df.shape
(297, 6)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobindsats_pandas import errors
from jobindsats_pandas.accessor import frame  # and df.jobindsats is registered
from jobindsats_pandas.audit import Audit
from jobindsats_pandas.client import Client
from jobindsats_pandas.disclosure import (
    Bounds,
    CellStatus,
    DiscretionisedArray,
    DiscretionisedDtype,
    allow_sums,
)
from jobindsats_pandas.errors import InvalidSumError, JobindsatsError, JobindsatsWarning
from jobindsats_pandas.joining import concat
from jobindsats_pandas.metadata import Table
from jobindsats_pandas.queries import Plan
from jobindsats_pandas.readers import (
    find,
    plan,
    read_jobindsats,
    read_official_total,
    read_parquet,
    sandbox_client,
    subjects,
    table,
    tables,
)
from jobindsats_pandas.releases import releases, revision_triangle

if TYPE_CHECKING:
    from jobindsats_pandas import sandbox
    from jobindsats_pandas.exporting import export
    from jobindsats_pandas.revisions import Revisions, compare
    from jobindsats_pandas.triangles import plot_revision_triangle
    from jobindsats_pandas.updating import due, update

__all__ = [
    "Audit",
    "Bounds",
    "CellStatus",
    "Client",
    "DiscretionisedArray",
    "DiscretionisedDtype",
    "InvalidSumError",
    "JobindsatsError",
    "JobindsatsWarning",
    "Plan",
    "Revisions",
    "Table",
    "allow_sums",
    "compare",
    "concat",
    "due",
    "errors",
    "export",
    "find",
    "frame",
    "plan",
    "plot_revision_triangle",
    "read_jobindsats",
    "read_official_total",
    "read_parquet",
    "releases",
    "revision_triangle",
    "sandbox",
    "sandbox_client",
    "subjects",
    "table",
    "tables",
    "update",
]

__version__ = "0.2.0.dev0"


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


#: What few programs use, and where it is: it is loaded when it is first asked for.
_PLACES = {
    "Revisions": "revisions",
    "compare": "revisions",
    "due": "updating",
    "export": "exporting",
    "plot_revision_triangle": "triangles",
    "update": "updating",
}


if not TYPE_CHECKING:  # where a type checker saw it, every misspelt name would be one of ours

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name == "sandbox":
            return import_module(f"{__name__}.sandbox")
        if name in _PLACES:
            return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
