"""Tables larger than memory: the answers to a question go to a dataset as they come, a file for each period."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas import arguments, files, parquet
from jobindsats_pandas.answers import UnknownMemberError
from jobindsats_pandas.client import UpdatedMeanwhileError
from jobindsats_pandas.errors import QueryError, ServiceError, StaleDataWarning
from jobindsats_pandas.notices import held_back, tell
from jobindsats_pandas.readers import client_of
from jobindsats_pandas.revisions import compare
from jobindsats_pandas.transport import LOG

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from jobindsats_pandas.client import Client
    from jobindsats_pandas.provenance import Provenance
    from jobindsats_pandas.revisions import Revisions

__all__ = ["alone_at", "export", "nothing_older", "rewrite"]


def export(
    table: str,
    folder: str | os.PathLike[str],
    by: str | Sequence[str] | Mapping[str, str | Sequence[str]] | None = None,
    periods: Any = "*",
    period_type: str | None = None,
    measures: str | Sequence[str] | None = None,
    *,
    names: str = "full",
    additive: Mapping[str, str] | None = None,
    client: Client | None = None,
    refresh: bool = False,
    max_requests: int = 500,
) -> int:
    """Write the answer to a question as a dataset of Parquet files, one for each period, larger than memory if need be.

    What was fetched when a run ends early is in the cache: the next one goes on from there. The folder is exchanged in one
    step when all of it is written, and files of periods that did not change stay as they are.

    Parameters
    ----------
    table : str
        Id, such as ``"y25i01"``, or name.
    folder : path-like
        A directory, which is replaced if it was written here before and holds nothing else.
    by, periods, period_type, measures, names, additive, client, max_requests
        As in `jobindsats_pandas.read_jobindsats`; all periods by default.
    refresh : bool, default False
        Ask anew, whatever the cache has.

    Returns
    -------
    int
        How many rows were written.

    Raises
    ------
    QueryError
        If the question names what does not exist, another process is writing the folder, or it holds something else.
    TooLargeError
        If it takes more requests than `max_requests`.
    ServiceError
        If the API cannot be asked, or has no row yet: an older answer is never taken. The folder stays as it is.

    See Also
    --------
    jobindsats_pandas.update : asks again when the table was updated, and rewrites the periods that changed.
    jobindsats_pandas.read_parquet : reads all of it, or what `filters` want.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox_client() as client, tempfile.TemporaryDirectory() as place:
    ...     folder = pathlib.Path(place, "sanctions")
    ...     rows = ji.export("y01h01", folder, by="A-kasse", periods="2025Q01:", client=client)
    ...     df = ji.read_parquet(folder, filters=[("Periode", "=", "2025Q04")])
    >>> rows, sorted(df["Periode"].astype(str).unique())
    (126, ['2025Q4'])
    """
    place, asked_of = arguments.path("folder", folder), client_of(client)
    question = {
        "table": table,
        "by": by,
        "periods": periods,
        "period_type": period_type,
        "measures": measures,
        "names": names,
        "additive": additive,
    }
    with alone_at(place, "written"):
        rows, _ = rewrite(
            place, question, asked_of, refresh=arguments.flag("refresh", refresh), max_requests=max_requests
        )
    return rows


def rewrite(
    place: Path, question: Mapping[str, Any], client: Client, *, comparing: bool = False, **options: Any
) -> tuple[int, list[Revisions]]:
    """Write a dataset in place of the one before; gives its rows, and where that is wanted what changed in each period."""
    try:
        return _rewrite(place, question, client, comparing=comparing, **options)
    except (UnknownMemberError, UpdatedMeanwhileError):
        # The answers are newer than what was known of the table: once more, from its new metadata.
        return _rewrite(place, question, client, comparing=comparing, **options)


def _rewrite(
    place: Path, question: Mapping[str, Any], client: Client, *, comparing: bool, **options: Any
) -> tuple[int, list[Revisions]]:
    revisions, told = [], []
    with parquet.writing_dataset(place) as dataset:
        for frame, provenance in _fresh(client.pieces(**question, **options)):
            told.append(provenance)
            LOG.info("%s: %s to %s", provenance.table, *provenance.ends)
            notes = {"source": repr(provenance.source), "citation": repr(provenance.citation)}
            for piece in _by_period(frame):
                piece.attrs["jobindsats"] = replace(provenance, asked=None).to_attrs()
                old = dataset.add(piece, notes)
                if comparing:
                    revisions.append(compare(piece.iloc[:0] if old is None else old, piece))
        if not any(one.count > len(one.missing) for one in told):
            raise ServiceError(
                f"Table {told[0].table} has no rows for this question yet; nothing was written."
            )
        if comparing:
            revisions += [compare(old, old.iloc[:0]) for old in dataset.remaining()]
        rows = dataset.finish({"jobindsats": _whole(told).to_attrs()})
    return rows, revisions


def _fresh(pieces: Iterator[tuple[pd.DataFrame, Provenance]]) -> Iterator[tuple[pd.DataFrame, Provenance]]:
    """The pieces of an answer, as long as none is an older one."""
    while True:
        with nothing_older("Only older figures can be had. What was written before stays as it is."):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


@contextmanager
def alone_at(place: Path, what: str) -> Iterator[None]:
    """Work on a file or folder that nobody else is at work on."""
    with files.claimed(place) as free:
        if not free:
            raise QueryError(
                f"{place} is being {what} by another process; nothing was done. Ask again when that is over."
            )
        yield


@contextmanager
def nothing_older(message: str) -> Iterator[None]:
    """Tell what is warned of meanwhile; if that is an older answer that had to do, it is an error."""
    with held_back() as notices:
        yield
    stale = next((told for told, category in notices if category is StaleDataWarning), None)
    if stale is not None:
        raise ServiceError(f"{message} {stale}")
    tell(notices)


def _by_period(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The rows of each period, the oldest first."""
    column = frame.iloc[:, 0]
    known = isinstance(column.dtype, pd.PeriodDtype)
    periods = pd.PeriodIndex(column).asi8 if known else column.cat.codes.to_numpy()
    order = np.argsort(periods, kind="stable")
    borders = [0, *(np.flatnonzero(np.diff(periods[order])) + 1), len(order)] if len(order) else []
    for start, end in pairwise(borders):
        yield frame.iloc[order[start:end]].reset_index(drop=True)


def _whole(told: Sequence[Provenance]) -> Provenance:
    """Where all of a dataset comes from, by what is known of its runs of periods."""
    first, last = told[0].ends[0], told[-1].ends[1]
    return replace(
        told[-1],
        periods=first if first == last else f"{first}:{last}",
        count=sum(one.count for one in told),
        fetched_at=min(one.fetched_at for one in told),
        from_cache=all(one.from_cache for one in told),
        missing=tuple(period for one in told for period in one.missing),
    )
