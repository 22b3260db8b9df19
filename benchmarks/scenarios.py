"""What is run in a process of its own, because its memory or its import is measured.

    python benchmarks/scenarios.py read|user URL KEY DIRECTORY MONTHS
    python benchmarks/scenarios.py export URL KEY DIRECTORY MONTHS
    python benchmarks/scenarios.py import

Prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def read(url: str, key: str, directory: str, months: str) -> dict[str, float]:
    """Read a question from the cache: its peak of memory above what stood before, and the size of the frame."""
    from jobindsats_pandas import Client

    client = Client(key, url, Path(directory, "ours"), max_cells=200_000)
    question = {"by": {"_nykom": "*", "_ygrp": "*", "_akasse": "*"}, "progress": False}
    client.read("y25i01", periods=1, **question)  # what is loaded once is no part of a frame
    return _measured(lambda: client.read("y25i01", periods=int(months), **question))


def user(url: str, key: str, directory: str, months: str) -> dict[str, float]:
    """The same as a user writes it, from requests-cache's default backend."""
    import requests_cache
    import rivals

    from jobindsats_pandas import Client

    question = {"by": {"_nykom": "*", "_ygrp": "*", "_akasse": "*"}, "periods": int(months)}
    urls = Client(key, url, Path(directory, "ours"), max_cells=200_000).plan("y25i01", **question).urls

    def read() -> Any:
        with requests_cache.CachedSession(str(Path(directory, "user")), backend="sqlite") as session:
            session.headers["Authorization"] = f"Bearer {key}"
            return rivals.user_frame([session.get(address).json() for address in urls])

    return _measured(read)


def export(url: str, key: str, directory: str, months: str) -> dict[str, float]:
    """Export a question to a folder: its peak of memory above the import, and its CPU time."""
    import jobindsats_pandas as ji

    before = _memory("VmRSS")
    client = ji.Client(key, url, Path(directory, "cache"), max_cells=200_000)
    Path(directory).mkdir()
    folder, start = Path(directory, "dataset"), time.process_time()
    question = {"by": {"_nykom": "*", "_ygrp": "*", "_akasse": "*"}, "periods": int(months)}
    rows = ji.export("y25i01", folder, **question, client=client, max_requests=10_000)
    seconds = time.process_time() - start
    assert rows == 99 * 5 * 25 * int(months)
    size = sum(path.stat().st_size for path in folder.rglob("*.parquet"))
    return {"peak": _memory("VmHWM") - before, "seconds": seconds, "cells": rows * 4, "bytes": size}


def _measured(read: Callable[[], Any]) -> dict[str, float]:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _memory("VmRSS")
    frame = read()
    return {
        "peak": _memory("VmHWM") - before,
        "result": int(frame.memory_usage(deep=True, index=False).sum()),
        "cells": frame.shape[0] * 4,
    }


def imports() -> dict[str, float]:
    """How much longer it takes to import the package beside what it stands on."""
    import pandas  # noqa: F401, ICN001
    import requests  # noqa: F401
    import requests_cache  # noqa: F401

    base = time.process_time()
    import jobindsats_pandas  # noqa: F401

    return {"base": base, "ours": time.process_time() - base}


def _memory(name: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


if __name__ == "__main__":
    scenarios = {"read": read, "user": user, "export": export, "import": imports}
    print(json.dumps(scenarios[sys.argv[1]](*sys.argv[2:])))
