"""What a user can mend on this machine: proxies, certificates, the cache."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobindsats_pandas.client import Client
    from jobindsats_pandas.doctor.checkup import Checkup

__all__ = ["look_at_the_cache", "look_at_the_environment"]

_PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


def look_at_the_environment(checkup: Checkup) -> None:
    """Look at proxies and certificates."""
    for names, what in ((_PROXIES, "Proxies"), (_CERTIFICATES, "Certificates")):
        found = {
            name: value
            for known in names
            for name in (known, known.lower())
            if (value := os.environ.get(name))
        }
        lost = [name for name, value in found.items() if names is _CERTIFICATES and not Path(value).exists()]
        shown = "; ".join(f"{name}={_without_password(value)}" for name, value in found.items())
        seen = f"{', '.join(found)} set" if found else "none set in the environment"
        if lost:
            step = f"Let {lost[0]} name a file of certificates, or unset it: no request can be sent so."
            checkup.add(what, f"{lost[0]} names a file that is not there", "mend", shown, step)
        else:
            checkup.add(what, seen, "as assumed", shown)


def _without_password(value: str) -> str:
    """Leave out name and password of a proxy's address, with or without its scheme."""
    head, at, host = value.rpartition("@")
    scheme = f"{head.partition('://')[0]}://" if "://" in head else ""
    return f"{scheme}{host}" if at else value


def look_at_the_cache(client: Client, checkup: Checkup) -> None:
    """Look whether answers can be kept, and by whom."""
    path = client.cache.path
    what = "The cache can be written"
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as file:
            file.write(b"doctor")
    except OSError as error:
        step = "Give yourself the right to write there, or name another directory in JOBINDSATS_CACHE_DIR."
        checkup.add(what, f"it cannot ({type(error).__name__})", "mend", str(path), step)
        return
    found, about = client.cache.info(), path.stat()
    owner, open_to_all = "", 0
    if hasattr(os, "getuid"):  # Windows keeps rights in another way
        owner = ", yours" if about.st_uid == os.getuid() else ", another user's"
        open_to_all = about.st_mode & 0o022
    seen = f"it can{owner}; {found.entries} answers, {found.bytes / 1e6:.1f} MB"
    if open_to_all:
        step = "Take the right to write there from others: chmod go-w, on the directory named here."
        checkup.add(what, f"{seen}; but others may write there too", "mend", str(path), step)
    else:
        checkup.add(what, seen, "as assumed", str(path))
