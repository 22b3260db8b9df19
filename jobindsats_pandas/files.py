"""Files of the cache directory: believed only where nobody else can write, read whole, written in one step."""

from __future__ import annotations

import contextlib
import os
import stat
import time
import uuid
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

TEMPORARY = ".tmp-"
"""How the names of files begin that are not yet in their place."""

# A FIFO would hold up whoever opens it, and a link may lead anywhere.
READING = (
    os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)


class DistrustError(OSError):
    """Others could have written what stands here."""


class Directory:
    """The files of one directory.

    Parameters
    ----------
    path : Path
        Made at the first write, readable by its owner alone.
    shared : bool
        Believe also what others can write, and let them read what is written here.
    """

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        self.path = path
        self.shared = shared

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading.

        Raises
        ------
        DistrustError
            If others can write the directory or the file.
        OSError
            If it is not there, is no ordinary file, or cannot be read.
        """
        self._check_writers(os.stat(self.path), str(self.path))  # noqa: PTH116 - quicker, and every hit does it
        descriptor = os.open(self.path / name, READING)
        try:
            self._check_file(os.fstat(descriptor), name)
            return os.fdopen(descriptor, "rb")
        except BaseException:
            os.close(descriptor)
            raise

    def read(self, name: str, most: int) -> bytes:
        """Read a whole file of at most so many bytes, as `open` does.

        Raises
        ------
        OSError
            Also if it is larger.
        """
        with self.open(name) as file:
            if os.fstat(file.fileno()).st_size > most:
                raise OSError(0, "it is larger than any file of ours")
            return file.read()

    def replace(self, name: str, data: bytes, *, modified: int | None = None) -> None:
        """Write a file beside its place and move it there.

        Parameters
        ----------
        modified : int, optional
            Nanoseconds: the time that the file shall bear instead of now.

        Raises
        ------
        DistrustError
            If others can write the directory: what stands there would not be believed.
        OSError
            If the disk refuses.
        """
        self._make()
        self._check_writers(self.path.stat(), str(self.path))
        temporary = self.path / f"{TEMPORARY}{uuid.uuid4().hex}"
        try:
            with open(temporary, "xb", opener=self._create) as file:
                file.write(data)
            if modified is not None:
                os.utime(temporary, ns=(modified, modified))
            _move(temporary, self.path / name)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()  # gone already if all went well

    def scan(self) -> list[os.DirEntry[str]]:
        """What lies in the directory; nothing where it cannot be looked at."""
        try:
            with os.scandir(self.path) as entries:
                return list(entries)
        except OSError:
            return []

    def _make(self) -> None:
        missing = []
        for place in (self.path, *self.path.parents):
            if place.exists():
                break
            missing.append(place)
        for place in reversed(missing):
            place.mkdir(mode=0o700, exist_ok=True)

    def _create(self, path: str, flags: int) -> int:
        return os.open(path, flags, 0o666 if self.shared else 0o600)

    def _check_file(self, status: os.stat_result, name: str) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "an entry is no ordinary file")
        self._check_writers(status, name)

    def _check_writers(self, status: os.stat_result, name: str) -> None:
        if self.shared or os.name != "posix":
            return
        if status.st_uid not in {os.geteuid(), 0}:
            raise DistrustError(0, f"{name} belongs to another user")
        if status.st_mode & 0o022:
            raise DistrustError(0, f"others than you can write to {name}")


def _move(source: Path, target: Path) -> None:
    for _ in range(4):
        with contextlib.suppress(PermissionError):  # Windows refuses while another process reads the old file
            source.replace(target)
            return
        time.sleep(0.01)
    source.replace(target)
