"""What several tests do with frames: compare them to the last address, and read what a message says to read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from jobindsats_pandas.disclosure import DiscretionisedArray

if TYPE_CHECKING:
    import jobindsats_pandas as ji


def paste(line: str, reader: ji.Client) -> pd.DataFrame:
    """Run a line as a reader of the message would paste it."""

    class Pasted:
        def read_jobindsats(self, *args: Any, **kwargs: Any) -> pd.DataFrame:
            return reader.read(*args, **kwargs)

    made = eval(line, {"ji": Pasted()})
    assert isinstance(made, pd.DataFrame)
    return made


def same_cells(left: pd.DataFrame, right: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(left, right)
    for place in range(left.shape[1]):
        ours, theirs = left.iloc[:, place].array, right.iloc[:, place].array
        if isinstance(ours, DiscretionisedArray):
            assert isinstance(theirs, DiscretionisedArray)
            assert (ours.status == theirs.status).all()
            assert (ours.addresses == theirs.addresses).all()
            assert ours.dropped == theirs.dropped
