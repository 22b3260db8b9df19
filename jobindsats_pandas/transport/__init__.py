"""The one seam to the network, with the cache on disk.

The way of a question, each step one module::

    Transport.fetch              session       decides: disk, network, older answer, or error
     ├ storage, entries, keys                  one file per answer; what cannot be trusted is a miss
     ├ clock                                   Danish time: the closed hour, when an answer expires
     └ requests_cache.CachedSession
        └ ApiAdapter             adapter       tries within a deadline
           └ connections, parsing, failures    a deadline; parsed once; every foreign exception becomes ours
"""

from __future__ import annotations

from jobindsats_pandas.transport.adapter import Patience
from jobindsats_pandas.transport.clock import expiry_moment
from jobindsats_pandas.transport.credentials import Key, keyring_token
from jobindsats_pandas.transport.log import LOG
from jobindsats_pandas.transport.notices import held_back, tell
from jobindsats_pandas.transport.parsing import Parser
from jobindsats_pandas.transport.session import Answer, Transport
from jobindsats_pandas.transport.view import CacheInfo, CacheView

__all__ = [
    "LOG",
    "Answer",
    "CacheInfo",
    "CacheView",
    "Key",
    "Parser",
    "Patience",
    "Transport",
    "expiry_moment",
    "held_back",
    "keyring_token",
    "tell",
]
