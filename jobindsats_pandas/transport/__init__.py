"""The one seam to the network, with the cache on disk.

The way of a question, each step one module::

    Transport.fetch                 session       decides: disk, network, older answer, or error
     ├ clock                                      Danish time: the closed hour, when an answer expires
     └ requests_cache.CachedSession.send
        ├ DiskCache.get_response    storage       hits, questions to the disk alone, older answers: the header decides
        │  └ entries, files, keys                 one file per answer; what cannot be trusted is a miss
        └ ApiAdapter                adapter       tries within a deadline
           └ connections, parsing, failures       one file reads every byte; a body is parsed once; every foreign
                                                  exception becomes ours
    DiskStorage.parsed              storage       what is made of an answer: from its columns, else from its bytes

What requests-cache does here: its session answers hits, questions to the disk alone (``only_if_cached``), older answers
(``stale-if-error``) and refreshes (``force_refresh``), by its key function, by ``expires`` and over its storage interface.
That costs 0.4 ms a hit, and 9 % of a whole second read of 2,000 cells.

What stays ours, and why: files, since SQLite and pickle lost answers when killed or locked; tries, since urllib3's ``Retry``
sees no bodies; the rule for older answers, since ``stale_if_error`` hides why, and from whom it hides it; one request for
one question, however many ask it at once, which requests-cache leaves to its user.
"""

from __future__ import annotations

from jobindsats_pandas.transport.adapter import Patience
from jobindsats_pandas.transport.clock import expiry_moment
from jobindsats_pandas.transport.credentials import Key, is_loopback, keyring_token
from jobindsats_pandas.transport.log import LOG
from jobindsats_pandas.transport.parsing import Parser
from jobindsats_pandas.transport.session import Answer, Reply, Transport
from jobindsats_pandas.transport.view import CacheInfo, CacheView

__all__ = [
    "LOG",
    "Answer",
    "CacheInfo",
    "CacheView",
    "Key",
    "Parser",
    "Patience",
    "Reply",
    "Transport",
    "expiry_moment",
    "is_loopback",
    "keyring_token",
]
