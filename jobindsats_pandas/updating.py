"""Files that follow their tables: asked again when these were updated, and only then; and what is due."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pandas as pd

from jobindsats_pandas import arguments, parquet
from jobindsats_pandas.accessor import FrameAccessor
from jobindsats_pandas.errors import (
    ConfigurationError,
    JobindsatsError,
    ProvenanceError,
    ServiceError,
    StaleDataWarning,
)
from jobindsats_pandas.exporting import alone_at, nothing_older, rewrite
from jobindsats_pandas.guarded import tally
from jobindsats_pandas.notices import held_back, tell
from jobindsats_pandas.provenance import Provenance
from jobindsats_pandas.readers import client_of
from jobindsats_pandas.releases import expect, keep
from jobindsats_pandas.revisions import Revisions, all_of, compare

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from jobindsats_pandas.client import Client

__all__ = ["due", "update"]


def update(
    path: str | os.PathLike[str],
    *,
    releases: str | os.PathLike[str] | None = None,
    client: Client | None = None,
    refresh: bool = False,
) -> Revisions:
    """Ask the question of a Parquet file again if its table was updated, and put the new figures in its place.

    The file knows its question as it was asked: ``latest:24`` moves on, ``2025Q01:`` grows, a list stays. One small request
    tells whether there is anything new; if not, the file keeps its bytes and its time.

    Parameters
    ----------
    path : path-like
        A file or partitioned directory that ``df.jobindsats.to_parquet`` wrote, of a frame as it was read; or a folder
        that `jobindsats_pandas.export` wrote, of which the periods that changed are written anew.
    releases : path-like, optional
        A folder of this file's own, in which each release is kept too, as `jobindsats_pandas.releases` lists them: a file,
        or of what `export` wrote a folder, which shares the files of periods that stayed as they were.
    client : Client, optional
        Its address has to be the one that the file was read from.
    refresh : bool, default False
        Ask anew also where the table was not updated since.

    Returns
    -------
    Revisions
        What changed, as `jobindsats_pandas.compare` tells it; empty where nothing did.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ProvenanceError
        If the file does not hold just what its question brought: it was filtered, joined, filled or renamed, is of an
        older version of this package, its question is too long to be kept, or `releases` holds those of another question.
        Nothing is asked then.
    ConfigurationError
        If the file was read from another address than the client asks.
    QueryError
        If another process is updating the same file, `releases` is a file or within a partitioned directory, or the
        question names what is no longer there.
    ServiceError
        If the API cannot be asked: an older answer is never taken for a new one. The file stays as it is.

    Notes
    -----
    Where the data bank lists a period and the answer does not hold it yet, what came is written, but the file counts as
    unfinished: it is asked again next time although the date is the same, and is not kept as a release.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox.serve() as api, tempfile.TemporaryDirectory() as folder:
    ...     client = ji.Client(token=api.token, base_url=api.url)
    ...     path = pathlib.Path(folder, "unemployed.parquet")
    ...     ji.read_jobindsats("y25i01", periods="latest:3", client=client).jobindsats.to_parquet(path)
    ...     nothing = ji.update(path, client=client)
    ...     _ = api.publish("y25i01", ji.sandbox.Release("2026-10-08", "2026-11-05", new_period=True))
    ...     revisions = ji.update(path, client=client)
    >>> len(nothing), revisions.periods_new, revisions.periods_gone
    (0, ('2026M09',), ('2026M06',))
    """
    place = arguments.path("path", path)
    folder = arguments.optional(arguments.path, "releases", releases)
    refresh = arguments.flag("refresh", refresh)
    asked_of = client_of(client)
    with alone_at(place, "updated"):
        frame = _rows_of(place)
        known = _question_of(place, frame, asked_of)
        if folder is not None:
            expect(folder, known)
        due = refresh or _is_due(known, asked_of)
        is_file = parquet.dataset_attrs(place) is None
        if folder is not None and not known.missing:
            keep(folder, place, frame, known)
        if not due:
            return compare(frame, frame)
        if is_file:
            revisions = _file_again(place, frame, known, asked_of, refresh=refresh)
        else:
            revisions = _dataset_again(place, known, asked_of, refresh=refresh)
        came = Provenance.from_attrs(revisions.new)
        if folder is not None and came is not None and not came.missing:
            keep(folder, place, parquet.read_parquet(place) if is_file else frame, came)
        return revisions


def _rows_of(place: Path) -> pd.DataFrame:
    """The frame of a file; of a dataset, which may be larger than memory, no row of it."""
    if parquet.dataset_attrs(place) is None:
        return parquet.read_parquet(place)
    parquet.holdings(place)  # the digests of its files tell whether they are what was written
    (period,) = parquet.partitions(place) or []
    return parquet.read_parquet(place, filters=[(period, "in", [])])


def _file_again(
    place: Path, old: pd.DataFrame, known: Provenance, client: Client, *, refresh: bool
) -> Revisions:
    new = _asked_again(known, client, refresh=refresh)
    revisions, came = compare(old, new), Provenance.of(new)
    if len(revisions) or came.update_latest != known.update_latest or came.missing != known.missing:
        FrameAccessor(new).to_parquet(place, parquet.partitions(place))
    return revisions


def _dataset_again(place: Path, known: Provenance, client: Client, *, refresh: bool) -> Revisions:
    question = {name: value for name, value in known.question.items() if name not in {"layout", "complete"}}
    before = parquet.dataset_attrs(place) or {}
    _, revisions = rewrite(place, question, client, comparing=True, refresh=refresh)
    after = parquet.dataset_attrs(place) or {}
    return all_of(revisions, before["jobindsats"], after["jobindsats"])


def _question_of(place: Path, frame: pd.DataFrame, client: Client) -> Provenance:
    """Where a file comes from, if its question can be asked again and it holds just what that brought."""
    advice = "Read the table again, and write what was read as it is; filter what is read back from the file."
    known, is_file = Provenance.of(frame), parquet.dataset_attrs(place) is None
    if known.asked is None or (is_file and not known.cells):
        raise ProvenanceError(
            f"{place} does not hold its question as it was asked: the frame was merged or reshaped before it was written, it was"
            " written by an older version of this package, it is one file of a folder that ji.export wrote, or the question is"
            f" longer than 3,000 bytes. {advice}"
        )
    # Of a dataset, the list of its files tells that they are what was written.
    if is_file and tally(frame) != known.cells:
        raise ProvenanceError(
            f"{place} holds other cells than its question brought: they were filtered, joined, filled, computed with or"
            f" renamed before they were written. {advice}"
        )
    _refuse_address(place, known, client)
    return known


def _refuse_address(place: Path, known: Provenance, client: Client) -> None:
    if known.url != client.base_url:
        raise ConfigurationError(
            f"{place} was read from {known.url}, and the client asks {client.base_url}. A file does not decide where the key"
            " goes: if it is the right one, set JOBINDSATS_API_URL, or give a client with this base_url."
        )


def _is_due(known: Provenance, client: Client) -> bool:
    """Whether the table was updated since, or something that was announced did not come yet."""
    with nothing_older(
        f"Whether table {known.table} was updated could not be asked. The file stays as it is."
    ):
        table = client.table(known.table, refresh=True)
    newest = "" if table.update_latest is None else table.update_latest.isoformat()
    if newest and newest < known.update_latest:
        raise ServiceError(
            f"The API says that table {known.table} was last updated on {newest}; the file is of {known.update_latest}. The file"
            " stays as it is."
        )
    return bool(known.missing) or not newest or newest != known.update_latest


def _asked_again(known: Provenance, client: Client, *, refresh: bool) -> pd.DataFrame:
    with held_back() as notices:
        new = client.read(**known.question, refresh=refresh)
    if Provenance.of(new).stale:
        told = next((message for message, category in notices if category is StaleDataWarning), "")
        raise ServiceError(
            f"Only older figures of table {known.table} can be had. The file stays as it is. {told}"
        )
    tell(notices)
    return new


def due(*paths: str | os.PathLike[str], client: Client | None = None) -> pd.DataFrame:
    """List the tables that are held, in files and in the cache, and whether a newer publication of each is out.

    One request tells of all of them.

    Parameters
    ----------
    *paths : path-like
        As for `update`.
    client : Client, optional
        As in `jobindsats_pandas.read_jobindsats`.

    Returns
    -------
    DataFrame
        file (str; empty for a table whose answers are in the cache), table_id, table_name (str), held: the publication that
        is held, update_latest, update_next: the last and the next that the data bank tells of (datetime64), newer (boolean:
        whether the last is newer than that held; missing where that is not known), missing (str: the periods that were
        announced when the file was written and had not come). A row for each file, then one for each table of the cache.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ProvenanceError
        If one is none of this package's.
    ConfigurationError
        If one was read from another address than the client asks.
    ServiceError
        If the API cannot be asked: an older list is no answer.

    Examples
    --------
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox.serve() as api:
    ...     client = ji.Client(token=api.token, base_url=api.url)
    ...     _ = ji.read_jobindsats("y25i01", client=client)
    ...     _ = api.publish("y25i01", ji.sandbox.Release("2026-10-08", "2026-11-05"))
    ...     found = due(client=client)
    >>> found[["table_id", "newer"]].to_dict("list")
    {'table_id': ['y25i01'], 'newer': [True]}
    """
    asked_of = client_of(client)
    held = []
    for path in paths:
        place = arguments.path("paths", path)
        known = Provenance.from_attrs(parquet.attrs_of(place).get("jobindsats"))
        if known is None:
            raise ProvenanceError(f"{place} does not say which table it is of.")
        _refuse_address(place, known, asked_of)
        held.append((str(place), known.table, known.update_latest, ", ".join(known.missing)))
    for table in asked_of.cache.list()["table"].dropna().unique():
        # What is of another address, or cannot be read, is not held.
        with held_back(), suppress(JobindsatsError):
            found = asked_of.table(table, offline=True)
            held.append(("", found.id, str(found.update_latest or ""), ""))
    with nothing_older("Which tables were updated could not be asked."):
        listed = asked_of.tables(refresh=True)
    frame = pd.DataFrame(held, columns=["file", "table_id", "held", "missing"], dtype="str")
    frame["held"] = pd.to_datetime(frame["held"].where(frame["held"] != "")).astype("datetime64[s]")
    facts = listed.set_index("table_id")[["table_name", "update_latest", "update_next"]]
    frame = frame.join(facts, on="table_id")
    known_days = frame["held"].notna() & frame["update_latest"].notna()
    frame["newer"] = (frame["update_latest"] > frame["held"]).astype("boolean").where(known_days)
    columns = ["file", "table_id", "table_name", "held", "update_latest", "update_next", "newer", "missing"]
    return frame[columns]
