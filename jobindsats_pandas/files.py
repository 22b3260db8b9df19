"""Files: written whole or not at all, and in the cache's directory believed only where nobody else can write.

`writing` is the one way in which this package writes: what is composed stands beside its place until it is whole, and
is then moved there, so that a full disk, a kill or an error leave the old file. `Directory` is the cache's.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import hashlib
import io
import itertools
import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
import time
import uuid
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, TextIO, cast

from jobindsats_pandas.errors import ConfigurationError, JobindsatsError, JobindsatsWarning, QueryError
from jobindsats_pandas.notices import notify

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = [
    "READING",
    "TEMPORARY",
    "Directory",
    "DistrustError",
    "check_folder",
    "claimed",
    "leftovers",
    "named",
    "read",
    "synced",
    "writing",
    "writing_directory",
    "writing_text",
]

TEMPORARY = ".tmp-"
"""How the names of files begin that are not yet in their place."""

# A FIFO would hold up whoever opens it, and a link may lead anywhere.
READING = (
    os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
)
# How the names end of what stands beside its place, and of directories that are not finished.
_SUFFIX, _UNFINISHED = ".jobindsats-tmp", ".jobindsats-unfinished"
# Seconds after which nobody is at work on it any more, where the file system has no locks to tell.
_ORPHAN_AGE = 86_400.0
# What this process has claimed as a whole, by device and inode: to wait for oneself would be for ever.
_CLAIMS: set[tuple[int, int]] = set()
# What is sent to an address is composed in memory up to this many bytes, then on disk.
_IN_MEMORY = 2**26


# --- writing and reading where the user says -------------------------------------------------------------------------


@contextlib.contextmanager
def writing(place: Any) -> Iterator[BinaryIO]:
    """Open what is to be written: it is whole in its place if all goes well, and otherwise the old one stands.

    Parameters
    ----------
    place : Path, str or file object
        A path. Links are followed; an existing file keeps its mode and, where that may be, its owner; what is no regular
        file (a FIFO, ``/dev/stdout``) is written to as it stands.

        A text is an address such as ``s3://bucket/x.csv``: the file is composed here and then sent by fsspec.

        An open file is written to from where it stands, and left open.

    Raises
    ------
    OSError
        Of the path that was given, whatever went wrong beside it.
    ConfigurationError
        If fsspec, or what it needs for this address, is not installed.
    """
    if isinstance(place, Path):
        with named(place), _opened(place) as file:
            yield file
    elif isinstance(place, str):
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as composed:
            yield cast("BinaryIO", composed)
            composed.seek(0)
            with _remote(place, "wb") as sent:
                shutil.copyfileobj(composed, sent)
    elif _is_text(place):
        raise QueryError("The file is open for text; open it for bytes: open(path, 'wb').")
    else:
        yield cast("BinaryIO", _Foreign(place))


@contextlib.contextmanager
def writing_text(place: Any, encoding: str) -> Iterator[TextIO]:
    """Open what is to be written as text, as `writing` does; a file that is open for text is taken as it is."""
    if not isinstance(place, Path | str) and _is_text(place):
        yield cast("TextIO", place)
        return
    with writing(place) as file:
        text = io.TextIOWrapper(file, encoding=encoding, newline="")
        yield text
        text.detach()  # flushes, and leaves the file open


def read(place: Any) -> bytes:
    """Read the whole of a path, an address for fsspec, or an open file from where it stands."""
    if isinstance(place, Path):
        with named(place):
            return place.read_bytes()
    if isinstance(place, str):
        with _remote(place, "rb") as file:
            return bytes(file.read())
    data = place.read()
    if isinstance(data, str):
        raise QueryError("The file is open for text; open it for bytes: open(path, 'rb').")
    return bytes(data)


def _is_text(file: Any) -> bool:
    mode = getattr(file, "mode", None)  # of temporary files, which are of no class that says so
    return isinstance(file, io.TextIOBase) or (isinstance(mode, str) and "b" not in mode)


@contextlib.contextmanager
def named(path: Path) -> Iterator[None]:
    """Let errors of the disk speak of the path that the user gave, and not of what stands beside it for a while."""
    try:
        yield
    except OSError as error:
        if error.errno is not None:
            error.filename = str(path)
            del error.filename2
        raise


@contextlib.contextmanager
def _remote(address: str, mode: str) -> Iterator[BinaryIO]:
    try:
        import fsspec
    except ImportError:
        raise ConfigurationError(
            f"{address} is no path of this machine; addresses need fsspec: pip install fsspec"
        ) from None
    try:
        opened = fsspec.open(address, mode)
    except (ImportError, ValueError) as error:  # a protocol that needs another package, or that nobody knows
        raise ConfigurationError(
            f"{address} cannot be opened by fsspec: {error}. Name a path of this machine, or install what the protocol needs."
        ) from None
    with opened as file:
        yield file


class _Foreign(io.RawIOBase):
    """Somebody else's open file: written to from where it stands, whatever more it can, and never closed."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        """Write all of it, also to what takes a piece at a time."""
        rest = memoryview(data).cast("B")
        size = len(rest)
        while rest:
            taken = self._file.write(rest)
            if taken == 0:
                raise OSError("The file takes nothing more")
            rest = rest[size if taken is None else taken :]
        return size


def check_folder(path: Path) -> None:
    """Look whether there is a folder to write a file or directory into.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    if not Path(os.path.realpath(path)).parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "There is no folder to write it into", str(path))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        old = path.stat()
    except FileNotFoundError:
        old = None
    if old is not None and stat.S_ISDIR(old.st_mode):
        raise IsADirectoryError(errno.EISDIR, "It is a directory", str(path))
    if old is not None and (not stat.S_ISREG(old.st_mode) or _is_held_open(path)):
        with path.open("ab") as file:
            yield file
        return
    target = Path(os.path.realpath(path))
    if old is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "It may not be written to", str(path))
    if old is None:
        check_folder(path)
    for leftover in leftovers(target):
        with contextlib.suppress(OSError):
            leftover.unlink()
    # Whoever could not read the old file cannot read the new one while it is written either.
    temporary, descriptor = _new_file(target, 0o666 if old is None else 0o600)
    with _moved(temporary, target, lambda *_: descriptor) as file:
        yield file
        synced(file)
        if old is not None:
            _keep_rights(target, temporary, old)


def _is_held_open(path: Path) -> bool:
    """Whether a path leads to what a process has open, as ``/dev/stdout`` does: it cannot be replaced."""
    step = path.absolute()
    while True:
        parent = Path(os.path.realpath(step.parent))
        if parent == Path("/dev/fd") or parent.is_relative_to("/proc"):
            return True
        if not step.is_symlink():
            return False
        step = parent / step.readlink()


def synced(file: IO[Any]) -> None:
    """Have what was written on the disk, so that no power cut leaves a new name with old bytes."""
    file.flush()
    os.fsync(file.fileno())


def _keep_rights(old: Path, new: Path, status: os.stat_result) -> None:
    """Give a new file or directory the mode of the old one, and its owner, group and attributes where that may be."""
    if hasattr(os, "chown"):
        try:
            os.chown(new, status.st_uid, status.st_gid)
        except OSError:
            with contextlib.suppress(OSError):
                os.chown(new, -1, status.st_gid)
    new.chmod(stat.S_IMODE(status.st_mode))
    with contextlib.suppress(OSError):
        shutil.copystat(old, new)  # access lists, too
        os.utime(new)


def _keep_rights_below(old: Path, new: Path) -> None:
    """Give a new directory, and what is in it under the same name as before, the rights of the old."""
    for place in (*new.rglob("*"), new):
        before = old / place.relative_to(new)
        with contextlib.suppress(FileNotFoundError):
            if not before.samefile(place):
                _keep_rights(before, place, before.stat())


# --- beside the place ------------------------------------------------------------------------------------------------


def _stem(name: str) -> str:
    """How the names beside a file begin; of a long one a digest, for a name has a limit."""
    return name if len(os.fsencode(name)) <= 80 else hashlib.sha256(os.fsencode(name)).hexdigest()[:32]


def _beside(target: Path, suffix: str = _SUFFIX) -> Path:
    return target.with_name(f".{_stem(target.name)}.{secrets.token_hex(6)}{suffix}")


def leftovers(target: Path) -> Iterator[Path]:
    """What writers of a file or directory left beside it when they were killed; what is still written is passed over."""
    known = re.compile(rf"\.{re.escape(_stem(target.name))}\.[0-9a-f]{{12}}({_SUFFIX}|{_UNFINISHED})")
    names: list[str] = []
    with contextlib.suppress(OSError), os.scandir(target.parent) as entries:
        names += (entry.name for entry in entries if known.fullmatch(entry.name))
    for name in names:
        path = target.with_name(name)
        with _claimed(path) as free:
            if free or (free is None and _is_old(path)):
                yield path


@contextlib.contextmanager
def _claimed(path: Path) -> Iterator[bool | None]:
    """Claim what stands beside its place; gives whether it is ours now, None where there are no claims.

    A process that was killed claims nothing any more.
    """
    descriptor = free = None
    with contextlib.suppress(OSError):
        descriptor = os.open(path, READING)
        free = _claim(descriptor)
    try:
        yield free
    finally:
        if descriptor is not None:
            os.close(descriptor)


@contextlib.contextmanager
def claimed(path: Path) -> Iterator[bool]:
    """Claim a file or directory for one piece of work; gives whether nobody else is at work on it.

    The claim ends with the process, however that ends. It says nothing to those who do not claim.
    """
    target = path.resolve()
    if sys.platform == "win32":
        # What is open there cannot be replaced, so a file beside it is claimed; it stays, empty.
        import msvcrt

        with target.with_name(f".{_stem(target.name)}.jobindsats-claim").open("a") as beside:
            try:
                msvcrt.locking(beside.fileno(), msvcrt.LK_NBLCK, 1)
            except OSError:
                yield False
            else:
                yield True
        return
    while True:
        try:
            descriptor = os.open(target, os.O_RDONLY)
        except FileNotFoundError:
            yield True  # there is nothing to be at work on
            return
        try:
            free = _claim(descriptor)
            status = os.fstat(descriptor)
            if free and not _leads_to(target, status):
                continue  # replaced until the claim was had, by whoever had it before
            if free is False:
                yield False
                return
            _CLAIMS.add((status.st_dev, status.st_ino))
            try:
                yield True
            finally:
                _CLAIMS.discard((status.st_dev, status.st_ino))
            return
        finally:
            os.close(descriptor)


def _claim(descriptor: int) -> bool | None:
    """Whether the claim is ours now; None where there are no claims."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except (OSError, AttributeError):
        return None
    return True


def _leads_to(path: Path, status: os.stat_result) -> bool:
    """Whether a path still leads to what was opened under it."""
    try:
        return os.path.samestat(status, path.stat())
    except FileNotFoundError:
        return False


def _new_file(target: Path, mode: int) -> tuple[Path, int]:
    """Make a file beside a place and claim it; another one where somebody took it for a leftover in between."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        temporary = _beside(target)
        descriptor = os.open(temporary, flags, mode)
        if _claim(descriptor) is not False and temporary.exists():
            return temporary, descriptor
        os.close(descriptor)


def _is_old(path: Path) -> bool:
    try:
        return time.time() - path.lstat().st_mtime > _ORPHAN_AGE
    except OSError:
        return False


@contextlib.contextmanager
def _moved(temporary: Path, target: Path, opener: Any) -> Iterator[BinaryIO]:
    """Give a new file, which takes the place of another if all goes well and is gone otherwise."""
    try:
        with open(temporary, "xb", opener=opener) as file:
            yield file
            file.flush()
            if os.name != "posix":
                file.close()  # what is open cannot be moved there; elsewhere it is still claimed while it is moved
            _move(temporary, target)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()  # gone already if all went well


@contextlib.contextmanager
def writing_directory(path: Path, holdings: Callable[[Path], Sequence[str]]) -> Iterator[Path]:
    """Give a new directory, which takes the place of another in one step if all goes well.

    Parameters
    ----------
    path : Path
        Links are followed; what is there keeps its mode and, where that may be, its owner.
    holdings : callable
        Of a directory, the files and empty directories in it that may be removed, in the order in which to remove them.
        It raises if there is anything else in it: then nothing is touched, not even when it came while the new one was
        being written.
    """
    target = Path(os.path.realpath(path))
    with named(path):
        old = target.stat() if target.exists() else None
        if old is not None:
            with _alone_at(target):
                holdings(target)
            if not os.access(target, os.W_OK):
                raise PermissionError(errno.EACCES, "It may not be written to", str(path))
        else:
            check_folder(path)
        _sweep(target, holdings)
        with _new_directory(target) as made:
            yield made
            if old is not None:
                _keep_rights_below(target, made)
            ready = _beside(target)
            made.rename(ready)
            with _alone_at(target):
                _exchange(ready, target, holdings)


@contextlib.contextmanager
def _new_directory(target: Path) -> Iterator[Path]:
    """Give a new directory beside a place, claimed; whatever goes wrong, it is gone."""
    while True:
        made = _beside(target, _UNFINISHED)
        made.mkdir()
        with _claimed(made) as free:
            if free is False or not made.exists():
                continue  # somebody took it for a leftover
            try:
                yield made
            finally:
                shutil.rmtree(made, ignore_errors=True)  # gone already if all went well
            return


@contextlib.contextmanager
def _alone_at(target: Path) -> Iterator[None]:
    """Claim the directory that is about to be set aside, so that no other writer takes it for a leftover.

    Waits for the writer that put it there, who may still be clearing up.
    """
    while fcntl is not None:
        try:
            descriptor = os.open(target, READING)
        except FileNotFoundError:
            break
        try:
            status = os.fstat(descriptor)
            if (status.st_dev, status.st_ino) not in _CLAIMS:
                with contextlib.suppress(OSError):  # a file system without claims
                    fcntl.flock(descriptor, fcntl.LOCK_EX)
            if _leads_to(target, status):
                yield
                return
        finally:
            os.close(descriptor)
    yield


def _exchange(ready: Path, target: Path, holdings: Callable[[Path], Sequence[str]]) -> None:
    try:
        aside = _put_in_place(ready, target)
    except OSError:
        shutil.rmtree(ready, ignore_errors=True)
        raise
    if aside is None:
        return
    try:
        names = holdings(aside)
    except BaseException:
        # What came in the meantime is put back, and ours goes.
        ours = _put_in_place(aside, target)
        if ours is not None:
            _remove(ours, holdings(ours))
        raise
    _remove(aside, names)


def _sweep(target: Path, holdings: Callable[[Path], Sequence[str]]) -> None:
    """Remove what killed writers of a directory left beside it; what holds anything else stays, and is told."""
    for leftover in leftovers(target):
        if leftover.name.endswith(_UNFINISHED):
            shutil.rmtree(leftover, ignore_errors=True)
            continue
        if not leftover.is_dir():
            leftover.unlink(missing_ok=True)
            continue
        try:
            _remove(leftover, holdings(leftover))
        except (JobindsatsError, OSError) as error:
            notify(
                f"{leftover} was left by a run that was killed, and holds more than that run wrote ({error}). Look at it,"
                " and remove it yourself.",
                JobindsatsWarning,
            )


def _remove(directory: Path, names: Sequence[str]) -> None:
    """Remove these things of a directory one after the other, and the directories that are empty then."""
    # What somebody holds open, or has just put there, stays; the next write finds it.
    with contextlib.suppress(OSError):
        for name in names:
            path = directory / name
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)
            folder = path.parent
            while folder != directory and not any(folder.iterdir()):
                folder.rmdir()
                folder = folder.parent
        directory.rmdir()


def _put_in_place(new: Path, target: Path) -> Path | None:
    """Let a new directory take the place of another; gives where the old one lies now, None if there was none.

    In one step where the system can exchange two names; else the old one is moved aside for an instant.
    """
    while True:
        if _exchanged(new, target):
            return new
        aside = _beside(target)
        try:
            target.rename(aside)
        except FileNotFoundError:
            try:
                new.rename(target)
            except OSError:
                if not target.exists():
                    raise
                continue  # another writer was quicker
            return None
        try:
            new.rename(target)
        except OSError:
            with contextlib.suppress(OSError):
                aside.rename(target)
            raise
        return aside


def _exchanged(first: Path, second: Path) -> bool:
    """Let two names change places; False where the system cannot, or the second is not there."""
    here, swap = -100, 2
    try:
        system = ctypes.CDLL(None, use_errno=True)
        if sys.platform == "darwin":
            return bool(system.renamex_np(os.fsencode(first), os.fsencode(second), swap) == 0)
        return bool(system.renameat2(here, os.fsencode(first), here, os.fsencode(second), swap) == 0)
    except (OSError, AttributeError, TypeError):
        return False


# --- the cache's directory -------------------------------------------------------------------------------------------


class DistrustError(OSError):
    """Others could have written what stands here."""


class Directory:
    """The files of one directory.

    Parameters
    ----------
    path : Path
        Made at the first write, readable by its owner alone.
    shared : bool
        Believe also what others can write, and let them read what is written here.
    """

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        self.path = path
        self.shared = shared

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading.

        Raises
        ------
        DistrustError
            If others can write the directory or the file.
        OSError
            If it is not there, is no ordinary file, or cannot be read.
        """
        self._check_writers(os.stat(self.path), str(self.path))  # noqa: PTH116 - quicker, and every hit does it
        descriptor = os.open(self.path / name, READING)
        try:
            self._check_file(os.fstat(descriptor), name)
            return os.fdopen(descriptor, "rb")
        except BaseException:
            os.close(descriptor)
            raise

    def read(self, name: str, most: int) -> bytes:
        """Read a whole file of at most so many bytes, as `open` does.

        Raises
        ------
        OSError
            Also if it is larger.
        """
        with self.open(name) as file:
            if os.fstat(file.fileno()).st_size > most:
                raise OSError(0, "it is larger than any file of ours")
            return file.read()

    def replace(self, name: str, data: bytes, *, modified: int | None = None) -> None:
        """Write a file beside its place and move it there.

        Parameters
        ----------
        modified : int, optional
            Nanoseconds: the time that the file shall bear instead of now.

        Raises
        ------
        DistrustError
            If others can write the directory: what stands there would not be believed.
        OSError
            If the disk refuses.
        """
        self._make()
        self._check_writers(self.path.stat(), str(self.path))
        temporary = self.path / f"{TEMPORARY}{uuid.uuid4().hex}"
        with _moved(temporary, self.path / name, self._create) as file:
            file.write(data)
            file.flush()
            if modified is not None:
                os.utime(temporary, ns=(modified, modified))

    def scan(self) -> list[os.DirEntry[str]]:
        """What lies in the directory; nothing where it cannot be looked at."""
        try:
            with os.scandir(self.path) as entries:
                return list(entries)
        except OSError:
            return []

    def _make(self) -> None:
        missing = itertools.takewhile(lambda place: not place.exists(), (self.path, *self.path.parents))
        for place in reversed(list(missing)):
            place.mkdir(mode=0o700, exist_ok=True)

    def _create(self, path: str, flags: int) -> int:
        return os.open(path, flags, 0o666 if self.shared else 0o600)

    def _check_file(self, status: os.stat_result, name: str) -> None:
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "an entry is no ordinary file")
        self._check_writers(status, name)

    def _check_writers(self, status: os.stat_result, name: str) -> None:
        if self.shared or os.name != "posix":
            return
        if status.st_uid not in {os.geteuid(), 0}:
            raise DistrustError(0, f"{name} belongs to another user")
        if status.st_mode & 0o022:
            raise DistrustError(0, f"others than you can write to {name}")


def _move(source: Path, target: Path) -> None:
    for _ in range(4):
        with contextlib.suppress(PermissionError):  # Windows refuses while another process reads the old file
            source.replace(target)
            return
        time.sleep(0.01)
    source.replace(target)
