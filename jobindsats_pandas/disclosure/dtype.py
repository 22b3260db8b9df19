"""What old pickles ask for: the dtype lived here once."""

from jobindsats_pandas.disclosure.array import DiscretionisedDtype

__all__ = ["DiscretionisedDtype"]
