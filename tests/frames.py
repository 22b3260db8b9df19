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


def same_frames(left: pd.DataFrame, right: pd.DataFrame, **options: Any) -> None:
    """As pandas compares frames, but categories by their codes and cells by their numbers: one by one they take seconds.

    `options` are those of `pandas.testing.assert_frame_equal`.
    """
    coded = []
    for whole in (left, right):
        # Without attrs, of which pandas makes a deep copy for each column that is taken.
        frame = pd.DataFrame(whole, copy=False)
        categorical = [
            place for place, dtype in enumerate(frame.dtypes) if isinstance(dtype, pd.CategoricalDtype)
        ]
        one = frame.copy(deep=False)
        for place in categorical:
            one.isetitem(place, frame.iloc[:, place].cat.codes)
        for place in range(frame.shape[1]):
            if isinstance(cells := frame.iloc[:, place].array, DiscretionisedArray):
                one.isetitem(place, cells.plain())
        coded.append((one, [frame.iloc[:, place].cat for place in categorical]))
    (ours, our_labels), (theirs, their_labels) = coded
    assert type(left) is type(right)
    assert left.flags == right.flags
    assert left.dtypes.equals(right.dtypes)
    pd.testing.assert_frame_equal(ours, theirs, **options)
    for mine, yours in zip(our_labels, their_labels, strict=True):
        pd.testing.assert_index_equal(mine.categories, yours.categories)
        assert mine.ordered == yours.ordered


def same_cells(left: pd.DataFrame, right: pd.DataFrame) -> None:
    same_frames(left, right)
    for place in range(left.shape[1]):
        ours, theirs = left.iloc[:, place].array, right.iloc[:, place].array
        if isinstance(ours, DiscretionisedArray):
            assert isinstance(theirs, DiscretionisedArray)
            assert (ours.status == theirs.status).all()
            assert (ours.addresses == theirs.addresses).all()
            assert ours.dropped == theirs.dropped
