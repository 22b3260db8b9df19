"""The command line as a module: ``python -m jobindsats_pandas``."""

from __future__ import annotations

from jobindsats_pandas.command_line import main

if __name__ == "__main__":
    raise SystemExit(main())
