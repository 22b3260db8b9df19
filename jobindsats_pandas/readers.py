"""The public functions: one line, one frame."""

from __future__ import annotations

import atexit
import os
from contextlib import ExitStack, contextmanager
from typing import IO, TYPE_CHECKING, Any, Literal

from jobindsats_pandas import arguments, parquet, totals
from jobindsats_pandas.client import Client
from jobindsats_pandas.errors import ConfigurationError, QueryError, QueryWarning
from jobindsats_pandas.framed import Framed
from jobindsats_pandas.notices import notify
from jobindsats_pandas.releases import path_as_of, refuse_releases

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from jobindsats_pandas.metadata import Table
    from jobindsats_pandas.queries import Plan

__all__ = [
    "client_of",
    "find",
    "plan",
    "read_jobindsats",
    "read_official_total",
    "read_parquet",
    "sandbox_client",
    "subjects",
    "table",
    "tables",
]


def client_of(client: Client | None) -> Client:
    """Take the client that was given, or make one from the environment."""
    if client is None:
        return Client()
    if not isinstance(client, Client):
        raise QueryError(
            f"client={arguments.shown(client)}: give a ji.Client, such as ji.Client(token=…, base_url=…)."
        )
    return client


@contextmanager
def sandbox_client() -> Iterator[Client]:
    """Serve a local API with synthetic data for as long as the ``with`` block lasts, and give a client of it.

    It needs no key and no network; its cache is its own, and goes with it. `jobindsats_pandas.sandbox` serves with other
    seeds, tables and ports.

    Yields
    ------
    Client

    Examples
    --------
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox_client() as client:
    ...     ji.read_jobindsats("y25i01", periods=1, client=client).shape
    (1, 5)
    """
    from jobindsats_pandas import sandbox

    serving = ExitStack()
    api = serving.enter_context(sandbox.serve())
    # Who never leaves the block, in a notebook for instance, ends while the server's threads can still be ended.
    atexit.register(serving.close)
    try:
        yield Client(token=api.token, base_url=api.url, cache_dir=api.cache_dir)
    finally:
        atexit.unregister(serving.close)
        serving.close()


def read_jobindsats(
    table: str,
    by: str | Sequence[str] | Mapping[str, str | Sequence[str]] | None = None,
    periods: Any = None,
    period_type: str | None = None,
    measures: str | Sequence[str] | None = None,
    *,
    layout: str = "wide",
    names: Literal["full", "short", "id"] = "full",
    complete: bool = False,
    additive: Mapping[str, str] | None = None,
    client: Client | None = None,
    refresh: bool = False,
    offline: bool = False,
    progress: bool | None = None,
    max_requests: int = 500,
) -> pd.DataFrame:
    """Read a measurement table of Jobindsats into a tidy frame.

    Parameters
    ----------
    table : str
        Id, such as ``"y25i01"``, or name; case does not matter.
    by : str, sequence of str or mapping, optional
        What to break down by. A mapping from a dimension or hierarchy (id or name) to members: ``"*"`` for every
        member of every level, totals among them; ``"total"``; ``"level:<level name or id>"``, a level's members and
        never the total; one member or a list (names or ids). A plain name, or a list of names, means every member of the *deepest* level, so that totals do
        not mix with parts. Dimensions that are not named stand at their total and have no column.
    periods : optional
        The newest 12 by default, or all there are; else ``"latest:24"``, ``24``, ``"2025M01:2025M12"``, ``"2025M01"``,
        ``2025`` for all periods of a year, ``"jan 2025"``, a date (the period it lies in), a list, a slice, a pandas
        Period or PeriodIndex, a DatetimeIndex, or ``"*"``. What is cut to what there is, is told.
    period_type : str, optional
        ``"M"``, ``"Q"``, ``"Y"``, ``"QMAT"``, …; else that of the periods named, else the table's rhythm.
    measures : str or sequence of str, optional
        Names or ids; all by default.
    layout : {"wide", "long"}
        One column per measure, or the columns ``measure``, ``value`` and ``status``.
    names : {"full", "short", "id"}
        What measures are called: as in the data bank; by the shortest name that is unique in the table, which is that
        without the group's (``table.measures`` shows both); or by their ids. Every method takes any of them.
    complete : bool, default False
        Whether combinations that the API left out come back as rows with the status ``ABSENT``; they count as 0.
    additive : mapping of str to str, optional
        Overrides of a measure's kind, such as ``{"Antal x": "stock"}``: ``persons``, ``full-time persons``, ``stock``,
        ``flow``, ``money`` or ``none``. Kept in the frame's attrs.
    client : Client, optional
        By default one made from the environment (``JOBINDSATS_API_TOKEN``, ``JOBINDSATS_API_URL``,
        ``JOBINDSATS_CACHE_DIR``).
    refresh : bool, default False
        Ask the API also where the cache has an answer that is still good.
    offline : bool, default False
        Read the cache alone.
    progress : bool, optional
        Show a progress bar for what takes over two seconds; by default in notebooks and terminals.
    max_requests : int, default 500
        A question that takes more requests is refused.

    Returns
    -------
    DataFrame
        First the period (a pandas period dtype, or an ordered categorical where pandas has no such frequency), then
        one categorical column per dimension named in `by`, its categories the members asked for, in the order of the
        metadata, then the measures as ``discretionised[Int64]`` (counts) or ``discretionised[Float64]`` (rates, money).
        Rows are sorted by the dimensions, then the period. ``attrs["jobindsats"]`` says where the frame comes from.

    Raises
    ------
    QueryError
        If the question names what does not exist; nothing was sent.
    AuthenticationError, ClosedHourError, ServiceError, NotCachedError
        If there is no answer to be had.
    PayloadError
        If the answer cannot be understood.

    Notes
    -----
    Counts of fewer than 3 are hidden by the agency (discretionised). Data cannot be summed; a sum that would be wrong
    raises `InvalidSumError`, and ``df.jobindsats.official_total()`` has the published total.

    Examples
    --------
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox_client() as client:
    ...     df = ji.read_jobindsats("y25i01", by={"_nykom": ["Ærø", "Aarhus"]}, periods="latest:2", client=client)
    >>> df.columns[:3].to_list()
    ['Periode', 'Område', 'Antal ledige personer']
    >>> list(df["Område"].unique())
    ['Ærø', 'Aarhus']
    """
    return client_of(client).read(
        table,
        by,
        periods,
        period_type,
        measures,
        layout=layout,
        names=names,
        complete=complete,
        additive=additive,
        refresh=refresh,
        offline=offline,
        progress=progress,
        max_requests=max_requests,
    )


def read_official_total(
    df: pd.DataFrame,
    measure: str | None = None,
    over: str | Sequence[str] | None = None,
    *,
    client: Client | None = None,
    refresh: bool = False,
    offline: bool = False,
) -> pd.DataFrame:
    """Read the published totals that belong to a frame: the right answer to "the sum".

    Asks the question of the frame again, with the dimensions in `over` at their total (``/``) and the others as they
    are. Nothing is added up.

    Parameters
    ----------
    df : DataFrame
        A frame that `read_jobindsats` gave, or what was made of it.
    measure : str, optional
        One measure; all of the frame's by default.
    over : str or sequence of str, optional
        Dimensions to total over: columns, dimensions or hierarchies. All by default.
    client, refresh, offline
        As in `read_jobindsats`.

    Returns
    -------
    DataFrame
        As from `read_jobindsats`.

    Raises
    ------
    ProvenanceError
        If the frame no longer tells which question it answers.
    ConfigurationError
        If its cells come from another address than the client asks.

    Warns
    -----
    QueryWarning
        If the frame holds some members of a level and not all: no total is published of just these.

    Examples
    --------
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox_client() as client:
    ...     df = ji.read_jobindsats("y25i01", by="A-kasse", periods="latest:1", client=client)
    ...     total = ji.read_official_total(df, over="A-kasse", client=client)
    >>> len(df), len(total)
    (22, 1)
    """
    question = totals.question_for_total(arguments.frame("df", df), measure=measure, over=over)
    asked_of, framed = client_of(client), Framed(df)
    for url in {space.url for space in framed.spaces} - {"", asked_of.base_url}:
        raise ConfigurationError(
            f"The frame's cells come from {url}, and the client asks {asked_of.base_url}, whose totals are of other figures."
            " Give the client that the frame was read with: client=…"
        )
    if some := totals.some_of_a_level(framed, [] if over is None else arguments.labels("over", over)):
        notify(
            f"read_official_total: the frame holds {some}, and the published total is of all of them. Say over=… to"
            " total over other dimensions alone.",
            QueryWarning,
            once=True,
        )
    return asked_of.read(**question, refresh=refresh, offline=offline)


def read_parquet(
    path: str | os.PathLike[str] | IO[bytes],
    *,
    as_of: Any = None,
    filters: Sequence[tuple[str, str, Any]] | Sequence[Sequence[tuple[str, str, Any]]] | None = None,
    columns: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Read what ``df.jobindsats.to_parquet`` or `jobindsats_pandas.export` wrote; the frame as it was, or some of it.

    Parameters
    ----------
    path : path-like or file object
        A file, a directory written with ``partition_by``, an address that fsspec knows, or a file open for bytes.
    as_of : str, date or Timestamp, optional
        A day: `path` is then a folder of releases that `jobindsats_pandas.update` filled, and what is read is the newest of
        them that is not later, as it was published.
    filters : list of tuple, or list of list of tuple, optional
        Conditions on labels that all rows meet, such as ``[("Periode", ">=", "2025M01"), ("Område", "in", ["Aarhus"])]``,
        or several such lists, of which they meet one: ``=``, ``!=``, ``<``, ``<=``, ``>``, ``>=``, ``in``, ``not in``.
        Periods are compared as periods, written as `read_jobindsats` takes them, and a year is all of its periods; whatever
        else is compared as text. Of what `jobindsats_pandas.export` wrote, only files of such periods are read.
    columns : str or sequence of str, optional
        All by default.

    Returns
    -------
    DataFrame
        With the dtypes, statuses, categories and attrs it was written with.

    Raises
    ------
    ProvenanceError
        If it is none of this package's, of a newer version of it, or not as it was written: damaged, or changed by
        another program.
    QueryError
        If there is no release so old, `path` is a folder of releases and `as_of` is not given, or `filters` or `columns` name
        what is not there.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox_client() as client, tempfile.TemporaryDirectory() as directory:
    ...     df = ji.read_jobindsats("y28a15", by="A-kasse", client=client)
    ...     path = pathlib.Path(directory, "y28a15.parquet")
    ...     df.jobindsats.to_parquet(path)
    ...     again = ji.read_parquet(path)
    >>> again.equals(df)
    True
    """
    if as_of is not None:
        path = path_as_of(arguments.path("path", path), as_of)
    elif isinstance(path, str | os.PathLike):
        refuse_releases(arguments.place("path", path, "read"))
    return parquet.read_parquet(path, filters=filters, columns=columns)


def plan(
    table: str,
    by: str | Sequence[str] | Mapping[str, str | Sequence[str]] | None = None,
    periods: Any = None,
    period_type: str | None = None,
    measures: str | Sequence[str] | None = None,
    *,
    client: Client | None = None,
    offline: bool = False,
) -> Plan:
    """Show what `read_jobindsats` would send: the requests, the cells, the curl commands. No data are fetched.

    Parameters
    ----------
    table, by, periods, period_type, measures, client, offline
        As in `read_jobindsats`.

    Returns
    -------
    Plan
        Printed, it shows everything; ``.requests``, ``.cells``, ``.urls`` and ``.curl()`` hold it.

    Examples
    --------
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox_client() as client:
    ...     ji.plan("y25i01", by="_nykom", periods="latest:12", client=client).summary
    '1 request, 4,752 cells'
    """
    return client_of(client).plan(table, by, periods, period_type, measures, offline=offline)


def subjects(*, client: Client | None = None, refresh: bool = False, offline: bool = False) -> pd.DataFrame:
    """List the subjects (emner) of the data bank.

    Returns
    -------
    DataFrame
        subject_group_id, subject_group_name, subject_id, subject_name; all str.

    Examples
    --------
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox_client() as client:
    ...     frame = ji.subjects(client=client)
    >>> frame.columns.to_list()
    ['subject_group_id', 'subject_group_name', 'subject_id', 'subject_name']
    """
    return client_of(client).subjects(refresh=refresh, offline=offline)


def tables(
    search: str | None = None, *, client: Client | None = None, refresh: bool = False, offline: bool = False
) -> pd.DataFrame:
    """List the measurement tables (målinger) of the data bank, or those that answer a search, the best first.

    Parameters
    ----------
    search : str, optional
        Words in any order and case, Danish or one of some 40 common English terms; they are looked for in the id, the
        name, subjects, measures and dimensions, and in the members of the tables whose metadata are on disk. æøå may be
        spelt ae, oe, aa. A word that stands nowhere may have one letter wrong, if it has five or more.
    client : Client, optional
        As in `read_jobindsats`.
    refresh, offline : bool
        Ask anew; ask nothing.

    Returns
    -------
    DataFrame
        table_id, table_name, subject, update_freq (str), update_latest, update_next (datetime64), link_tablepage,
        link_infopage (str); after a search also matched (str): the texts that answered.

    Warns
    -----
    QueryWarning
        If a word stands nowhere, if no table holds all of them, or if none holds any.

    Examples
    --------
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox_client() as client:
    ...     found = ji.tables("sanctions a-kasse", client=client)
    >>> found[["table_id", "matched"]].to_dict("list")
    {'table_id': ['y01h01'], 'matched': ['Sanktioner til dagpengemodtagere (syntetisk); A-kasse']}
    """
    return client_of(client).tables(search, refresh=refresh, offline=offline)


def find(search: str, *, client: Client | None = None, offline: bool = False) -> pd.DataFrame:
    """Find members, such as a municipality or a benefit, in all tables whose metadata are on disk.

    Parameters
    ----------
    search : str
        Words in any order and case, as in `tables`.
    client : Client, optional
        As in `read_jobindsats`.
    offline : bool
        Ask nothing, the catalogue neither.

    Returns
    -------
    DataFrame
        table_id, table_name, hierarchy_id, member_id, label, level_name (str), the best match first.

    Warns
    -----
    QueryWarning
        Of the tables that could not be looked through, and of words that no member bears.

    Examples
    --------
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox_client() as client:
    ...     known = [client.table(table).id for table in client.tables()["table_id"]]
    ...     found = ji.find("kontanthjælp", client=client)
    >>> found.loc[0, ["table_id", "hierarchy_id", "label"]].tolist()
    ['y25i01', '_ygrpi09', 'Kontanthjælp']
    """
    return client_of(client).find(search, offline=offline)


def table(table: str, *, client: Client | None = None, refresh: bool = False, offline: bool = False) -> Table:
    """Look at a measurement table: its measures, dimensions, hierarchies, levels, members and periods.

    Parameters
    ----------
    table : str
        Id, such as ``"y25i01"``, or name; case does not matter.

    Returns
    -------
    Table
        Printed, it shows what a query can be planned from.

    Examples
    --------
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox_client() as client:
    ...     found = ji.table("y25i01", client=client)
    >>> found.hierarchies["hierarchy_id"].to_list()[:2]
    ['_nykom', '_region']
    """
    return client_of(client).table(table, refresh=refresh, offline=offline)
