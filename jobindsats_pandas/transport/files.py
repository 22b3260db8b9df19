"""Files of the cache directory: read whole, written in one step."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TEMPORARY = ".tmp-"
"""How the names of files begin that are not yet in their place."""


def read_whole(path: Path, most: int) -> bytes:
    """Read a file of at most so many bytes.

    Raises
    ------
    OSError
        If it is not there, cannot be read, or is larger.
    """
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError("larger than any file of ours")
    return data


def replace(path: Path, data: bytes, *, modified: float | None = None) -> None:
    """Write a file beside its place and move it there; its directory is made, both for their owner alone.

    Parameters
    ----------
    modified : float, optional
        The time that the file shall bear instead of now.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.parent / f"{TEMPORARY}{uuid.uuid4().hex}"
    try:
        with open(temporary, "xb", opener=_open_private) as file:
            file.write(data)
        if modified is not None:
            os.utime(temporary, (modified, modified))
        _move(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()  # gone already if all went well


def _open_private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _move(source: Path, target: Path) -> None:
    for _ in range(4):
        with contextlib.suppress(PermissionError):  # Windows refuses while another process reads the old file
            source.replace(target)
            return
        time.sleep(0.01)
    source.replace(target)
