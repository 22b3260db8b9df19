"""What a person may see of the cache, and remove from it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.compute as pc

from jobindsats_pandas import arguments
from jobindsats_pandas.transport.keys import table_of

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from jobindsats_pandas.transport.learned import Learned
    from jobindsats_pandas.transport.storage import DiskStorage


@dataclass(frozen=True)
class CacheInfo:
    """The cache in five figures; sizes in bytes, moments in UTC."""

    path: Path
    entries: int
    bytes: int
    oldest: datetime | None
    newest: datetime | None

    def __str__(self) -> str:
        if self.oldest is None or self.newest is None:
            return f"{self.path}: empty"
        return (
            f"{self.path}: {self.entries} answers, {self.bytes / 1e6:.1f} MB, "
            f"fetched {self.oldest:%Y-%m-%d} to {self.newest:%Y-%m-%d}"
        )


class CacheView:
    """The answers on disk.

    Examples
    --------
    >>> from jobindsats_pandas.transport import Transport
    >>> cache = Transport(token=None, base_url="http://127.0.0.1:8000/v3").cache
    >>> cache.info().entries
    0
    >>> cache.list().columns.tolist()
    ['table', 'url', 'fetched_at', 'expires', 'bytes']
    >>> cache.clear(table="y25i01")
    0
    """

    def __init__(self, storage: DiskStorage, learned: Learned) -> None:
        self._storage = storage
        self._learned = learned

    @property
    def path(self) -> Path:
        """Directory of the cache; made when the first answer is stored."""
        return self._storage.directory

    def info(self) -> CacheInfo:
        """How many answers there are, how large, how old."""
        sizes, moments = self._storage.sizes()
        return CacheInfo(
            path=self.path,
            entries=len(sizes),
            bytes=sum(sizes),
            oldest=min(moments, default=None),
            newest=max(moments, default=None),
        )

    def list(self) -> pd.DataFrame:
        """One row per answer, the newest first: table (if it is of one), url, fetched_at, expires, bytes."""
        keys, sizes, headers = self._storage.headers()
        frame: pd.DataFrame = headers.to_pandas()
        frame.insert(0, "table", pd.Series([table_of(key) for key in keys], dtype=object))
        frame["bytes"] = pd.Series(sizes, dtype="int64")
        # Six times as quick as pandas' own for keys of two kinds.
        order = pc.sort_indices(headers, sort_keys=[("fetched_at", "descending"), ("url", "ascending")])
        return frame.take(order.to_numpy()).reset_index(drop=True)

    def clear(self, table: str | None = None) -> int:
        """Remove all answers, or those of one table (its data and its metadata), with what was learned from them.

        Returns
        -------
        int
            How many were removed.
        """
        table = arguments.optional(arguments.text, "table", table, "the id of a table")
        self._learned.clear("" if table is None else f"total:{table.lower()}:")
        removed = 0
        for key in self._storage:
            if table is None or table_of(key) == table.lower():
                with contextlib.suppress(KeyError):  # another process was first
                    del self._storage[key]
                    removed += 1
        return removed

    def __repr__(self) -> str:
        return f"<CacheView {self.info()}>"
