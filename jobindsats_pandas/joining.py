"""Frames one below the other, their labels still in the order of the data bank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from jobindsats_pandas import arguments
from jobindsats_pandas.errors import QueryError
from jobindsats_pandas.framed import Framed
from jobindsats_pandas.periods import chronological, parse_period

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

__all__ = ["concat"]


def concat(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """Put frames one below the other, as ``pd.concat`` does, and keep labels categorical, in the data bank's order.

    A frame's categories are the members that were asked for, and ``pd.concat`` makes text of unlike ones.

    Parameters
    ----------
    frames : iterable of DataFrame

    Returns
    -------
    DataFrame
        The rows in the order given, numbered anew where they were numbered before. A column that is categorical in
        every frame that has it has all their categories. `DataFrame.attrs` are kept where all are alike; `source` and
        `cite` ask the cells where they are not.

    Raises
    ------
    QueryError
        If there are no frames, or something else is among them.

    Examples
    --------
    >>> import jobindsats_pandas as ji
    >>> with ji.sandbox_client() as client:
    ...     aarhus = ji.read_jobindsats("y28a15", by={"Kommune": "Aarhus"}, periods=1, client=client)
    ...     odense = ji.read_jobindsats("y28a15", by={"Kommune": "Odense"}, periods=1, client=client)
    >>> ji.concat([aarhus, odense])["Område"].cat.categories.to_list()
    ['Odense', 'Aarhus']
    """
    if isinstance(frames, pd.DataFrame | str | Mapping) or not isinstance(frames, Iterable):
        raise QueryError(f"frames={arguments.shown(frames)}: give a list of frames.")
    given = [arguments.frame("frames", one) for one in frames]
    if not given:
        raise QueryError("frames=[]: give one frame at least.")
    framed = [Framed(one) for one in given]
    dtypes = {name: _dtype(framed, name) for name in _all_categorical(given)}
    joined = [one.astype({name: to for name, to in dtypes.items() if name in one}) for one in given]
    numbered = all(isinstance(one.index, pd.RangeIndex) and one.index.name is None for one in given)
    return pd.concat(joined, ignore_index=numbered)


def _all_categorical(frames: Sequence[pd.DataFrame]) -> Iterator[Hashable]:
    """The columns that are categorical wherever they are, and bear a name of their own."""
    for name in dict.fromkeys(name for frame in frames for name in frame.columns):
        held = [frame.loc[:, [name]] for frame in frames if name in frame.columns]
        if all(list(map(str, columns.dtypes)) == ["category"] for columns in held):
            yield name


def _dtype(framed: Sequence[Framed], name: Any) -> Any:
    dtypes: list[Any] = [one.frame[name].dtype for one in framed if name in one.frame]
    if all(dtype == dtypes[0] for dtype in dtypes):
        return dtypes[0]
    labels = list(dict.fromkeys(label for dtype in dtypes for label in dtype.categories))
    ordered = all(dtype.ordered for dtype in dtypes)
    if all(parse_period(str(label)) for label in labels):
        return pd.CategoricalDtype(chronological(labels), ordered=ordered)
    rank = _ranks(framed, name)
    return pd.CategoricalDtype(sorted(labels, key=lambda label: rank.get(label, len(rank))), ordered=False)


def _ranks(framed: Sequence[Framed], name: Hashable) -> dict[Any, int]:
    """The names of members, by their places in the data bank; those of the hierarchies that are seen come first."""
    names: dict[Any, None] = {}
    others: dict[Any, None] = {}
    for one in framed:
        axes = one.held_by_column(name)
        for cells in one.cells:
            if cells.space.table not in axes:
                continue
            place = axes[cells.space.table].place
            dimension = cells.space.dimensions[place]
            seen = {
                dimension.levels[level].hierarchy
                for level in set(dimension.level_of[cells.members[place]].tolist())
            }
            for member in dimension.members:
                within = not member.level or dimension.levels[member.level].hierarchy in seen
                (names if within else others)[member.name] = None
    return {name: place for place, name in enumerate({**names, **others})}
