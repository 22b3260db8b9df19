"""The cache on disk: one file per answer, without locks.

A file is written beside its place and moved there in one step, so that readers see the old answer or the new
one, whoever is killed in between. Whatever is wrong with the disk, the data still arrive: reading becomes a
miss, writing is left out, and one warning says why.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import time
from dataclasses import replace as changed
from typing import TYPE_CHECKING

from requests_cache.backends.base import BaseCache, BaseStorage
from requests_cache.models.response import CachedResponse

from jobindsats_pandas.errors import CacheWarning
from jobindsats_pandas.transport.entries import LONGEST_HEADER, DamagedEntryError, Header, pack, unpack
from jobindsats_pandas.transport.files import TEMPORARY, replace
from jobindsats_pandas.transport.keys import cache_key
from jobindsats_pandas.transport.notices import notify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from requests import Response

SUFFIX = ".answer"
ORPHAN_AGE = 3600.0  # seconds after which a temporary file is nobody's any more
WRITES_BETWEEN_PRUNINGS = 50


class DiskStorage(BaseStorage[str, CachedResponse]):
    """Answers by key, as files of one directory; requests-cache's storage interface.

    Parameters
    ----------
    directory : Path
        Made at the first write, readable by its owner alone.
    max_bytes : int or None
        Above this, the answers fetched longest ago are removed; None for no limit.
    """

    def __init__(self, directory: Path, max_bytes: int | None = None) -> None:
        super().__init__()
        self.directory = directory
        self.max_bytes = max_bytes
        # Counters, since next() is one step even between threads: no lock that an interrupt could leave held.
        self._writes = itertools.count()
        self._problems = itertools.count()

    def path(self, key: str) -> Path:
        """File of a key, there or not."""
        return self.directory / f"{key}{SUFFIX}"

    def __getitem__(self, key: str) -> CachedResponse:
        try:
            response = unpack(self.path(key).read_bytes())
            # A file copied or renamed is whole, but answers another question.
            if response is not None and cache_key(response.url) != key:
                raise DamagedEntryError  # noqa: TRY301 - one warning for all kinds of damage
        except FileNotFoundError:
            response = None
        except OSError as error:
            self._warn(f"The cache in {self.directory} cannot be read ({error.strerror})")
            response = None
        except DamagedEntryError:
            self._warn(f"An entry of the cache in {self.directory} is damaged ({self.path(key).name})")
            response = None
        if response is None:
            raise KeyError(key)
        response.cache_key = key
        return response

    def __setitem__(self, key: str, response: CachedResponse) -> None:
        data = pack(response)
        try:
            replace(self.path(key), data)
            if next(self._writes) % WRITES_BETWEEN_PRUNINGS == 0:
                self._check_owner()
                self.prune()
        except OSError as error:
            self._warn(f"The cache in {self.directory} cannot be written ({error.strerror})")

    def header(self, key: str) -> Header | None:
        """What is known of an answer without reading its body; None where there is none that can be read."""
        try:
            with self.path(key).open("rb") as file:
                return Header.from_line(file.readline(LONGEST_HEADER))
        except (OSError, DamagedEntryError):
            return None

    def expire(self, key: str, moment: datetime) -> None:
        """Set anew when an answer expires; quiet where there is none, or the disk refuses."""
        path = self.path(key)
        with contextlib.suppress(OSError, DamagedEntryError):
            line, _, compressed = path.read_bytes().partition(b"\n")
            header = Header.from_line(line)
            if header is not None:
                # It keeps its age: the answers fetched longest ago are removed first.
                replace(
                    path,
                    changed(header, expires=moment).to_line() + compressed,
                    modified=path.stat().st_mtime,
                )

    def __delitem__(self, key: str) -> None:
        try:
            self.path(key).unlink()
        except OSError:
            raise KeyError(key) from None

    def __iter__(self) -> Iterator[str]:
        for entry in self._scan():
            if entry.name.endswith(SUFFIX):
                yield entry.name.removesuffix(SUFFIX)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def clear(self) -> None:
        """Remove every answer; other files in the directory stay."""
        self.bulk_delete(list(self))

    def headers(self) -> Iterator[tuple[str, Header, int]]:
        """Key, header and size in bytes of every readable answer; no body is read."""
        for key in self:
            try:
                with self.path(key).open("rb") as file:
                    header = Header.from_line(file.readline(LONGEST_HEADER))
                    size = os.fstat(file.fileno()).st_size
            except (OSError, DamagedEntryError):
                continue
            if header is not None:
                yield key, header, size

    def prune(self) -> None:
        """Remove orphaned temporary files, then the answers fetched longest ago until the rest fits."""
        answers, now = [], time.time()
        for entry in self._scan():
            with contextlib.suppress(OSError):  # another process may be pruning too
                status = entry.stat()
                if entry.name.endswith(SUFFIX):
                    answers.append((status.st_mtime, status.st_size, entry.path))
                elif entry.name.startswith(TEMPORARY) and now - status.st_mtime > ORPHAN_AGE:
                    os.unlink(entry.path)  # noqa: PTH108
        excess = sum(size for _, size, _ in answers) - (self.max_bytes or float("inf"))
        for _, size, path in sorted(answers):
            if excess <= 0:
                break
            with contextlib.suppress(OSError):
                os.unlink(path)  # noqa: PTH108
            excess -= size

    def _scan(self) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.directory) as entries:
                return list(entries)
        except OSError:
            return []

    def _check_owner(self) -> None:
        if os.name == "posix" and self.directory.stat().st_mode & 0o022:
            self._warn(
                f"Others than you can write to the cache in {self.directory}, and so plant false answers there"
            )

    def _warn(self, problem: str) -> None:
        if next(self._problems) == 0:
            notify(
                f"{problem}. The data arrived all the same; another directory: JOBINDSATS_CACHE_DIR.",
                CacheWarning,
            )


class DiskCache(BaseCache):
    """requests-cache's backend over `DiskStorage`."""

    def __init__(self, directory: Path, max_bytes: int | None = None) -> None:
        super().__init__(cache_name=str(directory))
        self.responses: DiskStorage = DiskStorage(directory, max_bytes)

    def save_response(
        self, response: Response, cache_key: str | None = None, expires: datetime | None = None
    ) -> None:
        """Store an answer with the times it already bears; anything else is not ours and not stored."""
        if isinstance(response, CachedResponse):
            self.responses[cache_key or self.create_key(response.request)] = response
