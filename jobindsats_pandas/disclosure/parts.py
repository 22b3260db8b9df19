"""What old pickles ask for: an address was once called a part, and lived here."""

from __future__ import annotations

from jobindsats_pandas.disclosure.addresses import AddressDimension as PartDimension
from jobindsats_pandas.disclosure.addresses import AddressLevel as PartLevel
from jobindsats_pandas.disclosure.addresses import AddressMeasure as PartMeasure
from jobindsats_pandas.disclosure.addresses import AddressMember as PartMember
from jobindsats_pandas.disclosure.addresses import AddressSpace as PartSpace
from jobindsats_pandas.disclosure.addresses import Registry

__all__ = ["PartDimension", "PartLevel", "PartMeasure", "PartMember", "PartSpace"]


def _registry(*spaces: PartSpace) -> Registry:
    return Registry(spaces)
