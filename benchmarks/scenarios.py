"""What is run in a process of its own, because its memory or its import is measured.

    python benchmarks/scenarios.py read URL KEY CACHE_DIR MONTHS
    python benchmarks/scenarios.py import

Prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def read(url: str, key: str, directory: str, months: str) -> dict[str, float]:
    """Read a question from the cache: its peak of memory above what stood before, and the size of the frame."""
    from jobindsats_pandas import Client

    client = Client(key, url, directory, max_cells=200_000)
    question = {"by": {"_nykom": "*", "_ygrp": "*", "_akasse": "*"}, "progress": False}
    client.read("y25i01", periods=1, **question)  # what is loaded once is no part of a frame
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _memory("VmRSS")
    start = time.process_time()
    frame = client.read("y25i01", periods=int(months), **question)
    seconds = time.process_time() - start
    return {
        "peak": _memory("VmHWM") - before,
        "result": int(frame.memory_usage(deep=True, index=False).sum()),
        "cells": frame.shape[0] * 4,
        "seconds": seconds,
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
    print(json.dumps(read(*sys.argv[2:]) if sys.argv[1] == "read" else imports()))
