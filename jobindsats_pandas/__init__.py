"""Jobindsats in pandas: a question becomes a frame that cannot lie by accident.

>>> import jobindsats_pandas as ji
>>> with ji.sandbox.serve() as api:  # a local API with synthetic data; leave it out if you have a key
...     client = ji.Client(token=api.token, base_url=api.url)
...     df = ji.read_jobindsats("y25i01", by="_nykom", periods="latest:3", client=client)
>>> df.shape
(297, 6)
"""

from __future__ import annotations

from typing import Any

from jobindsats_pandas import accessor as _accessor  # noqa: F401 - registers df.jobindsats
from jobindsats_pandas.client import Client
from jobindsats_pandas.disclosure import CellStatus, DiscretionisedArray, DiscretionisedDtype, allow_sums
from jobindsats_pandas.errors import InvalidSumError, JobindsatsError, JobindsatsWarning
from jobindsats_pandas.readers import (
    find,
    plan,
    read_jobindsats,
    read_official_total,
    read_parquet,
    subjects,
    table,
    tables,
)
from jobindsats_pandas.revisions import compare

__all__ = [
    "CellStatus",
    "Client",
    "DiscretionisedArray",
    "DiscretionisedDtype",
    "InvalidSumError",
    "JobindsatsError",
    "JobindsatsWarning",
    "allow_sums",
    "compare",
    "errors",
    "find",
    "plan",
    "read_jobindsats",
    "read_official_total",
    "read_parquet",
    "sandbox",
    "subjects",
    "table",
    "tables",
]

__version__ = "0.1.0"


def __dir__() -> list[str]:
    return [*__all__, "__version__"]


def __getattr__(name: str) -> Any:
    # Only who runs the sandbox pays for it.
    if name == "sandbox":
        import jobindsats_pandas.sandbox as module

        return module
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
