"""What old pickles ask for: an address was once called a part, and lived in a file of its own, as the dtype did."""

from jobindsats_pandas.disclosure.addresses import AddressDimension as PartDimension
from jobindsats_pandas.disclosure.addresses import AddressLevel as PartLevel
from jobindsats_pandas.disclosure.addresses import AddressMeasure as PartMeasure
from jobindsats_pandas.disclosure.addresses import AddressMember as PartMember
from jobindsats_pandas.disclosure.addresses import AddressSpace as PartSpace
from jobindsats_pandas.disclosure.addresses import Registry
from jobindsats_pandas.disclosure.array import DiscretionisedDtype

__all__ = ["DiscretionisedDtype", "PartDimension", "PartLevel", "PartMeasure", "PartMember", "PartSpace"]


def _registry(*spaces: PartSpace) -> Registry:
    return Registry(spaces)
