"""The frames of a dataset's files, put into one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from jobindsats_pandas.disclosure import DiscretionisedArray
from jobindsats_pandas.guarded import by_position, guarded_columns, joined

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["joined_rows"]


def joined_rows(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put frames with the same columns one behind the other, in the order of a frame that was read at once.

    The last frame's metadata stand: names, and the numbering of cells.
    """
    newest = frames[-1]
    guarded = guarded_columns(newest)
    columns: list[Any] = []
    for place in range(len(newest.columns)):
        pieces = [frame.iloc[:, place] for frame in frames]
        if place in guarded:
            cells = [piece.array.cells for piece in pieces]
            left = tuple(dict.fromkeys(name for one in cells for name in one.left))
            whole = replace(joined([replace(cells[-1][:0], dropped=0), *cells]), left=left)
            columns.append(DiscretionisedArray.from_cells(whole))
        elif isinstance(newest.dtypes.iloc[place], pd.CategoricalDtype):
            columns.append(pd.api.types.union_categoricals([newest.iloc[:0, place], *pieces]))
        else:
            columns.append(pd.concat(pieces, ignore_index=True).array)
    # As `decoding` sorts rows: by the dimensions, then by period.
    keys = [
        column.codes if isinstance(column, pd.Categorical) else column.asi8
        for column in columns[: len(columns) - len(guarded)]
    ]
    order = np.lexsort((keys[0], *reversed(keys[1:])))
    return by_position(newest.columns, [column.take(order) for column in columns])
