"""What old pickles ask for: an address was once called a part, and lived here."""

from __future__ import annotations

from jobindsats_pandas.disclosure import addresses

__all__ = ["PartDimension", "PartLevel", "PartMeasure", "PartMember", "PartSpace"]

PartDimension, PartLevel, PartMeasure, PartMember, PartSpace = (
    addresses.AddressDimension,
    addresses.AddressLevel,
    addresses.AddressMeasure,
    addresses.AddressMember,
    addresses.AddressSpace,
)


def _registry(*spaces: addresses.AddressSpace) -> addresses.Registry:
    return addresses.Registry(spaces)
