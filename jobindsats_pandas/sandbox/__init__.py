"""A loopback server that behaves as the Jobindsats API does, over a synthetic population whose truth is known.

It shares no code with the client, so that a misunderstanding cannot hide in both. Every table's name ends in
``(syntetisk)``: no figure here is real.

It behaves as far as the evidence goes. What nobody has seen the real API do, and a server must do in some way (the
words of most errors, CSV's numbers, the id of a level that holds the total alone), is marked ``# invented`` in
its code. Nothing may lean on it.
"""

from __future__ import annotations

from jobindsats_pandas.sandbox.changes import Change, Changes, changes
from jobindsats_pandas.sandbox.designs import population
from jobindsats_pandas.sandbox.fixed import FixedTable
from jobindsats_pandas.sandbox.releases import Release
from jobindsats_pandas.sandbox.server import Request, Sandbox, run, serve

__all__ = [
    "Change",
    "Changes",
    "FixedTable",
    "Release",
    "Request",
    "Sandbox",
    "changes",
    "population",
    "run",
    "serve",
]
