"""Guarded columns of nine municipalities in three months, made by hand."""

from __future__ import annotations

import io
import warnings

import numpy as np

from jobindsats_pandas.disclosure import (
    AddressDimension,
    AddressMeasure,
    AddressSpace,
    DiscretionisedArray,
    Registry,
)
from jobindsats_pandas.kinds import Kind

AREA = AddressDimension.build(
    "_omrade",
    "Område",
    [
        ("_nykom", "1", "Land", [("/", "Hele landet")]),
        ("_nykom", "2", "Kommune", [(f"/{n}/", f"K{n}") for n in range(9)]),
    ],
)
MEASURES = tuple(AddressMeasure(kind.name, f"Måling {kind}", kind) for kind in Kind)
PERIODS = (("M", "2026M01"), ("M", "2026M02"), ("M", "2026M03"))
SPACE = AddressSpace("t", "Tabel", MEASURES, PERIODS, (AREA,))
REGISTRY = Registry.of(SPACE)
CODES = {kind: place for place, kind in enumerate(Kind)}


def make(values, status=None, *, kind=Kind.FLOW, members=None, period=0):
    """A column of one measure; by default each cell another municipality."""
    values = np.array(values)
    if values.dtype.kind == "i":
        values = values.astype(np.int64)
    members = np.arange(1, len(values) + 1) if members is None else np.array(members)
    status = np.zeros(len(values), dtype=np.uint8) if status is None else np.array(status, dtype=np.uint8)
    return DiscretionisedArray(values, status, SPACE.encode(CODES[kind], period, [members]), REGISTRY)


def triples(array):
    """Value, status and part of every cell; the part in words, so that registries may differ."""
    words = {}
    for cells in array.registry.decode(array.addresses):
        for place, where in enumerate(cells.where):
            codes = [int(column[place]) for column in (cells.measure, cells.period, *cells.members)]
            words[where] = (cells.space.table, cells.space.measures[codes[0]].id, *codes[1:])
    return [
        (None if status in (1, 2, 3, 7) else float(number), int(status), words.get(place, int(part)))
        for place, (number, status, part) in enumerate(
            zip(array.numbers, array.status, array.addresses, strict=True)
        )
    ]


def quietly(function):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function()


def sent(frame, write, read, **options):
    """Through a file in memory and back."""
    file = io.BytesIO()
    getattr(frame, write)(file, **options)
    file.seek(0)
    return read(file)
