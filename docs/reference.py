"""Write the reference of all public names, made from their docstrings, as pages of HTML.

``python docs/reference.py [FOLDER]``, by default ``docs/reference``; it needs ``pip install '.[docs]'``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pdoc

MODULES = (
    "jobindsats_pandas",  # with errors and sandbox, which it names
    "jobindsats_pandas.accessor",  # what df.jobindsats has
    # Functions that bear the name of the module they are written in: they stand in the pages above.
    "!jobindsats_pandas.releases",
    "!jobindsats_pandas.sandbox.(changes|population)",
)


def write(folder: Path) -> None:
    """Write the pages."""
    pdoc.render.configure(docformat="numpy", show_source=False)
    pdoc.pdoc(*MODULES, output_directory=folder)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("reference"))
