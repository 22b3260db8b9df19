"""What was published when: a folder with one file for each release of a table, and what it tells."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from jobindsats_pandas import arguments, files, parquet
from jobindsats_pandas.accessor import FrameAccessor
from jobindsats_pandas.asked_periods import read_periods
from jobindsats_pandas.disclosure import CellStatus, DiscretionisedArray
from jobindsats_pandas.errors import ProvenanceError, QueryError
from jobindsats_pandas.framed import Framed
from jobindsats_pandas.matching import find, no_such
from jobindsats_pandas.periods import chronological, period_values
from jobindsats_pandas.provenance import Provenance, read_line

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from jobindsats_pandas.disclosure import Cells, Decoded

__all__ = ["expect", "keep", "path_as_of", "refuse_releases", "releases", "revision_triangle"]

_NAME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:-([2-9]|[1-9]\d+))?\.parquet", re.ASCII)

_ISO_DAY = re.compile(r"(\d{4}-\d{2}-\d{2}|\d{8})([T ].+)?", re.ASCII)


class _Kept(NamedTuple):
    """A release in a folder: its day, and which of that day's publications it is."""

    day: str
    number: int
    path: Path

    @property
    def name(self) -> str:
        return self.path.stem


def expect(folder: Path, known: Provenance) -> None:
    """See that a folder can take releases, and that those in it, if there are any, answer this question.

    Raises
    ------
    QueryError
        If it is a file, or of a partitioned directory, which would not open again with more in it than was written.
    ProvenanceError
        If they answer another one: the newest tells, as each came after one that was looked at.
    """
    _no_file(folder)
    for place in (folder.absolute(), *folder.absolute().parents):
        if parquet.partitions(place) is not None:
            raise QueryError(
                f"releases={str(folder)!r}: {place} was written with partition_by, and would not open again with more in"
                " it than was written. Name a folder beside it."
            )
    for kept in _kept(folder)[-1:]:
        there = Provenance.from_attrs(parquet.attrs_of(kept.path).get("jobindsats"))
        if there is None or there.question != known.question:
            theirs = read_line(there.question) if there else "which, its newest does not say"
            raise ProvenanceError(
                f"{folder} holds releases of another question: {theirs}, and this is"
                f" {read_line(known.question)}. Give the releases of each file a folder of their own."
            )


def keep(folder: Path, place: Path, frame: pd.DataFrame, known: Provenance) -> None:
    """Keep a release in a folder, if it is not there; a second publication of one day stands beside the first.

    Parameters
    ----------
    place : Path
        Where it stands now. A dataset, which may be larger than memory, is kept as one that shares its files.
    frame : DataFrame
        What a file holds; of a dataset it is not looked at.

    Raises
    ------
    ProvenanceError
        If the day of the release is not known.
    """
    if not known.update_latest:
        raise ProvenanceError(
            f"When table {known.table} was updated is not known, so its figures cannot be kept as a release. Read the table again, and write the file anew."
        )
    from jobindsats_pandas.revisions import compare  # here, not above: few keep releases

    is_file = parquet.dataset_attrs(place) is None
    here = [kept for kept in _kept(folder) if kept.day == known.update_latest]
    for kept in here:
        pairs = [(parquet.read_parquet(kept.path), frame)] if is_file else parquet.differing(kept.path, place)
        if not any(old is None or new is None or len(compare(old, new)) for old, new in pairs):
            return
    number = max((kept.number for kept in here), default=0) + 1
    folder.mkdir(parents=True, exist_ok=True)
    name = known.update_latest if number == 1 else f"{known.update_latest}-{number}"
    if is_file:
        FrameAccessor(frame).to_parquet(folder / f"{name}.parquet")
    else:
        parquet.copy_dataset(place, folder / f"{name}.parquet")


def releases(folder: str | os.PathLike[str]) -> pd.DataFrame:
    """List the releases that `jobindsats_pandas.update` kept in a folder, the oldest first.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    DataFrame
        release (str; a second publication of one day ends in ``-2``), update_latest (datetime64), path (str).

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    QueryError
        If it is a file.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     pathlib.Path(folder, "2026-09-10.parquet").touch()
    ...     releases(folder)["release"].to_list()
    ['2026-09-10']
    """
    found = _kept(_folder(folder))
    frame = pd.DataFrame(
        [(kept.name, kept.day, str(kept.path)) for kept in found],
        columns=["release", "update_latest", "path"],
        dtype="str",
    )
    return frame.assign(update_latest=pd.to_datetime(frame["update_latest"]).astype("datetime64[s]"))


def path_as_of(folder: str | os.PathLike[str], as_of: Any) -> Path:
    """Find the newest release in a folder whose day is not later than `as_of`.

    Raises
    ------
    FileNotFoundError
        If there is no such folder.
    QueryError
        If `as_of` is no day, there is no release so old, or the folder is a file.
    """
    day = _day(as_of)
    place, found = _found(folder)
    until = [kept for kept in found if kept.day <= day]
    if not until:
        raise QueryError(
            f"as_of={day!r} is before the first of the {len(found)} releases in {place}, {found[0].name}."
        )
    return until[-1].path


def refuse_releases(folder: Path | str) -> None:
    """A folder of releases is no frame; the error names the way to one of them.

    Raises
    ------
    QueryError
        If it is one.
    """
    place = Path(folder)
    if place.is_dir() and parquet.partitions(place) is None and (found := _kept(place)):
        raise QueryError(
            f"{place} holds the releases {', '.join(kept.name for kept in found[-5:])}{' and older ones' * (len(found) > 5)}. Say which"
            f" one: ji.read_parquet(folder, as_of={found[-1].day!r}). ji.releases(folder) lists them."
        )


def revision_triangle(
    folder: str | os.PathLike[str], measure: str, members: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """What each release said of each period: one series, periods down, releases across.

    Parameters
    ----------
    folder : path-like
        As `jobindsats_pandas.update` fills it.
    measure : str
        By any of its names.
    members : mapping of str to str, optional
        A member for each dimension, such as ``{"Område": "Aarhus"}``, by name or id; the total, or the only one there is, of
        those that are left out.

    Returns
    -------
    DataFrame
        Guarded numbers; the index holds the periods, the columns the releases. A period that a release did not have is
        no cell there.

    Raises
    ------
    QueryError
        If there are no releases, or no such measure or member, or a dimension has several members and no total.
    ProvenanceError
        If the releases are of several tables.

    Notes
    -----
    A cell that is hidden in any release is hidden in all of them: what one release showed and another hides would tell
    more, together, than was published. What a single release showed, ``read_parquet(folder, as_of=…)`` shows.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox.serve() as api, tempfile.TemporaryDirectory() as folder:
    ...     client = ji.Client(token=api.token, base_url=api.url)
    ...     path = pathlib.Path(folder, "unemployed.parquet")
    ...     ji.read_jobindsats("y25i01", periods="latest:3", client=client).jobindsats.to_parquet(path)
    ...     _ = api.publish("y25i01", ji.sandbox.Release("2026-10-08", "2026-11-05", new_period=True))
    ...     _ = ji.update(path, releases=pathlib.Path(folder, "kept"), client=client)
    ...     triangle = ji.revision_triangle(pathlib.Path(folder, "kept"), "Antal ledige personer")
    >>> triangle.isna().to_numpy().tolist()
    [[False, True], [False, False], [False, False], [True, False]]
    """
    place, found = _found(folder)
    series = {kept.name: _series(parquet.read_parquet(kept.path), measure, members or {}) for kept in found}
    tables = {one.table for one in series.values()}
    if len(tables) > 1:
        raise ProvenanceError(
            f"{place} holds releases of several tables: {', '.join(sorted(tables))}. Give each a folder."
        )
    periods = chronological({period for one in series.values() for period in one.periods})
    hidden = {
        period
        for one in series.values()
        for period, status in zip(one.periods, one.cells.status, strict=True)
        if status == CellStatus.DISCRETIONISED
    }
    columns = {name: one.column(periods, hidden) for name, one in series.items()}
    return pd.DataFrame(columns, index=period_values(periods).rename("Periode"))


class _Series(NamedTuple):
    """One series of one release."""

    table: str
    periods: list[str]
    cells: Cells

    def column(self, periods: list[str], hidden: set[str]) -> DiscretionisedArray:
        """The numbers of these periods, none of those that are hidden anywhere."""
        status = self.cells.status.copy()
        status[[period in hidden for period in self.periods]] = CellStatus.DISCRETIONISED
        array = DiscretionisedArray(self.cells.values, status, self.cells.addresses, self.cells.registry)
        place = {period: number for number, period in enumerate(self.periods)}
        return array.take([place.get(period, -1) for period in periods], allow_fill=True)


def _series(frame: pd.DataFrame, measure: str, members: Mapping[str, str]) -> _Series:
    """Take one series out of a frame, by the cells alone."""
    framed = Framed(frame)
    (piece,) = framed.by_measure(measure)
    (known,) = piece.cells.registry.decode(piece.cells.addresses)
    chosen = {}
    for name, member in members.items():
        axis = framed.dimension(name, "members")[known.space.table]
        chosen[axis.place] = _codes(known, axis.place, str(member))
    wanted = np.ones(len(known.where), dtype=bool)
    for place, (dimension, codes) in enumerate(zip(known.space.dimensions, known.members, strict=True)):
        there = np.unique(codes)
        take = chosen.get(place, there[:1] if len(there) == 1 else np.flatnonzero(there == 0))
        if not len(take):
            raise QueryError(
                f"The releases hold {len(there)} members of {dimension.name!r} and no total: name one, members="
                f"{{{dimension.name!r}: {dimension.members[there[0]].name!r}}} for instance."
            )
        wanted &= np.isin(codes, take)
    rows = np.flatnonzero(wanted)
    periods = [known.space.periods[code][1] for code in known.period[rows]]
    return _Series(known.space.table, periods, piece.cells[known.where[rows]])


def _codes(known: Decoded, place: int, member: str) -> list[int]:
    """The numbers of a member that the cells have."""
    dimension = known.space.dimensions[place]
    there = [(int(code), dimension.members[code]) for code in np.unique(known.members[place])]
    found = find(member, there, lambda pair: [pair[1].path], lambda pair: [pair[1].name])
    if len(found) != 1:
        raise no_such(
            "The release",
            f"single member of {dimension.name!r}",
            member,
            [(m.name, m.path) for _, m in there],
        )
    return [found[0][0]]


def _folder(folder: str | os.PathLike[str]) -> Path:
    place = arguments.path("folder", folder)
    _no_file(place)
    if not place.is_dir():
        raise FileNotFoundError(f"There is no folder {place}.")
    return place


def _found(folder: str | os.PathLike[str]) -> tuple[Path, list[_Kept]]:
    """A folder and its releases, one at least."""
    place = _folder(folder)
    found = _kept(place)
    if not found:
        raise QueryError(
            f"{place} holds no releases, which are files such as 2026-10-08.parquet. ji.update(path, releases=folder) keeps them."
        )
    return place, found


def _no_file(folder: Path) -> None:
    if folder.is_file():
        raise QueryError(
            f"{folder} is a file, and releases are kept in a folder: ji.update(path, releases=folder) fills one."
        )


def _kept(folder: Path) -> list[_Kept]:
    if not folder.is_dir():
        return []
    with files.named(folder):
        names = [(match, path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
    return sorted(_Kept(match[1], int(match[2] or 1), path) for match, path in names)


def _day(as_of: Any) -> str:
    day = None
    try:
        if isinstance(as_of, str):
            # pandas takes 8.9.2026 for the ninth of August, and a month for its first day.
            text = as_of if _ISO_DAY.fullmatch(as_of) else read_periods(as_of)
            day = pd.Timestamp(text) if isinstance(text, str) and _ISO_DAY.fullmatch(text) else None
        elif not isinstance(as_of, bool | int | float):
            day = pd.Timestamp(as_of)
    except (ValueError, TypeError, QueryError):
        day = None
    if day is None or pd.isna(day):
        raise QueryError(f"as_of={arguments.shown(as_of)}: give a day, such as '2026-10-01'.")
    return f"{day:%Y-%m-%d}"
