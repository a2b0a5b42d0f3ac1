"""Workspace files as one tar archive: pack, unpack, and read without unpacking.

An archive depends only on the files: entries are sorted by name and record neither modification times nor
owners, so equal files have equal digests. Symbolic links are kept as links and never followed. Anything that
is not a file, a directory or a symbolic link is left out.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tarfile
from bisect import bisect_right
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from .wire.strings import printable

MAX_ENTRIES = 100_000
MAX_CONTENT_BYTES = 536_870_912
MAX_DIRECTORY_DEPTH = 200
"""The maximum nesting of directories; packing keeps one file descriptor open per level."""

EMPTY_BYTES = bytes(1024)
"""The archive of an empty directory."""
EMPTY_DIGEST = "sha256:" + hashlib.sha256(EMPTY_BYTES).hexdigest()

DIRECTORY_BIT, SYMLINK_BIT = 1 << 31, 1 << 27
"""The mode bits with which Go encodes the kind of a file."""

_BLOCK = 512
_CHUNK = 1 << 20
_BINARY = getattr(os, "O_BINARY", 0)
_NOFOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
_CLOEXEC: int = getattr(os, "O_CLOEXEC", 0)
# O_NONBLOCK: opening a FIFO must not wait for its other end.
_READ = os.O_RDONLY | _BINARY | _NOFOLLOW | _CLOEXEC | getattr(os, "O_NONBLOCK", 0)
# Where the system can open directories, names are looked up relative to the open directory, so that a
# directory on the path cannot be replaced with a symbolic link in the meantime.
_BY_HANDLE = os.scandir in os.supports_fd and os.open in os.supports_dir_fd


class ArchiveError(Exception):
    """The files cannot be packed, or the archive cannot be read."""


# --- packing -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Packed:
    """A finished archive."""

    digest: str
    size: int
    entries: int


def pack(directory: Path, target: BinaryIO) -> Packed:
    """Write the contents of a directory as an archive.

    Raises:
        ArchiveError: The directory has too many entries or too much content, is nested too deeply, cannot be
            read, or changes while it is read.
    """
    writer = _Writer(target)
    try:
        with _opened(None, str(directory)) as place:
            _pack(place, "", writer, 0)
    except OSError as error:
        raise ArchiveError(f"the directory cannot be read: {error.strerror}") from error
    return writer.end()


class _Writer:
    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._digest = hashlib.sha256()
        self._size = self._entries = self._content = 0

    def add(self, info: tarfile.TarInfo) -> None:
        self._entries += 1
        if self._entries > MAX_ENTRIES:
            raise ArchiveError(f"it has more than {MAX_ENTRIES} files and directories")
        self._content += info.size
        if self._content > MAX_CONTENT_BYTES:
            raise ArchiveError(f"its files have more than {MAX_CONTENT_BYTES} bytes")
        self._write(info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape"))

    def add_content(self, handle: int, size: int, path: str) -> None:
        left = size
        while left:
            chunk = os.read(handle, min(left, _CHUNK))
            if not chunk:
                raise ArchiveError(f"{printable(path)} became shorter while it was read")
            self._write(chunk)
            left -= len(chunk)
        self._write(bytes(-size % _BLOCK))

    def _write(self, data: bytes) -> None:
        self._target.write(data)
        self._digest.update(data)
        self._size += len(data)

    def end(self) -> Packed:
        self._write(EMPTY_BYTES)
        return Packed("sha256:" + self._digest.hexdigest(), self._size, self._entries)


@dataclass(frozen=True, slots=True)
class _Place:
    """A directory being packed: an open handle or, where directories have no handles, its path."""

    path: str
    handle: int | None

    def scan(self) -> list[os.DirEntry[str]]:
        with os.scandir(self.path if self.handle is None else self.handle) as found:
            return sorted(found, key=lambda entry: os.fsencode(entry.name))

    def open(self, name: str, flags: int) -> int:
        if self.handle is None:
            return os.open(os.path.join(self.path, name), flags)
        return os.open(name, flags, dir_fd=self.handle)

    def link(self, name: str) -> str:
        if self.handle is None:
            return os.readlink(os.path.join(self.path, name))
        return os.readlink(name, dir_fd=self.handle)


@contextmanager
def _opened(parent: _Place | None, name: str) -> Generator[_Place]:
    path = name if parent is None else os.path.join(parent.path, name)
    if not _BY_HANDLE:
        yield _Place(path, None)
        return
    flags = _READ | os.O_DIRECTORY
    handle = os.open(path, flags) if parent is None else parent.open(name, flags)
    try:
        yield _Place(path, handle)
    finally:
        os.close(handle)


def _pack(place: _Place, prefix: str, writer: _Writer, depth: int) -> None:
    if depth > MAX_DIRECTORY_DEPTH:
        raise ArchiveError(f"its directories are nested more than {MAX_DIRECTORY_DEPTH} deep")
    for entry in place.scan():
        path = prefix + entry.name
        try:
            _pack_entry(place, entry, path, writer, depth)
        except FileNotFoundError:
            continue  # it was removed in the meantime
        except OSError as error:
            if error.errno == errno.ELOOP:  # replaced by a symbolic link in the meantime
                raise ArchiveError(f"{printable(path)} was replaced while it was read") from error
            raise ArchiveError(f"{printable(path)} cannot be read: {error.strerror}") from error


def _pack_entry(place: _Place, entry: os.DirEntry[str], path: str, writer: _Writer, depth: int) -> None:
    found = entry.stat(follow_symlinks=False)
    info = tarfile.TarInfo(path)
    info.mode = stat.S_IMODE(found.st_mode) & 0o777
    if stat.S_ISLNK(found.st_mode):
        info.type, info.mode, info.linkname = tarfile.SYMTYPE, 0o777, place.link(entry.name)
        writer.add(info)
    elif stat.S_ISDIR(found.st_mode):
        info.type, info.name = tarfile.DIRTYPE, path + "/"
        with _opened(place, entry.name) as below:
            writer.add(info)
            _pack(below, path + "/", writer, depth + 1)
    elif stat.S_ISREG(found.st_mode):
        handle = place.open(entry.name, _READ)
        try:
            opened = os.fstat(handle)
            if not stat.S_ISREG(opened.st_mode):
                raise ArchiveError(f"{printable(path)} was replaced while it was read")
            info.size = opened.st_size
            writer.add(info)
            writer.add_content(handle, info.size, path)
        finally:
            os.close(handle)


# --- unpacking -----------------------------------------------------------------------------------------


def unpack(archive: Path, directory: Path) -> None:
    """Unpack an archive into an empty directory that nothing else is using.

    Raises:
        ArchiveError: The archive is corrupt, or has entries that `pack` would not write.
    """
    made = {""}
    modes: list[tuple[Path, int]] = []
    try:
        with tarfile.open(archive, "r:", encoding="utf-8", errors="surrogateescape") as tar:
            for info in tar:
                path = info.name.rstrip("/")
                parent, _, name = path.rpartition("/")
                if parent not in made or not _is_name(name) or path.startswith("/"):
                    raise ArchiveError(f"{printable(path)} has no parent directory")
                target = directory / path
                if info.isdir():
                    target.mkdir(mode=0o700)
                    made.add(path)
                    modes.append((target, info.mode & 0o777))
                elif info.issym():
                    target.symlink_to(info.linkname)
                elif info.isreg():
                    _unpack_file(tar, info, target)
                else:
                    raise ArchiveError(f"{printable(path)} is neither a file nor a directory nor a link")
        for target, mode in reversed(modes):  # last, because nothing can be added to a read-only directory
            target.chmod(mode)
    except (tarfile.TarError, OSError, ValueError) as error:
        raise ArchiveError(f"the archive cannot be unpacked: {error}") from error


def _is_name(name: str) -> bool:
    """Return whether a string is a valid file name on this system."""
    return name not in ("", ".", "..") and not (os.name == "nt" and any(one in name for one in "\\:"))


def _unpack_file(tar: tarfile.TarFile, info: tarfile.TarInfo, target: Path) -> None:
    source = tar.extractfile(info)
    assert source is not None  # the entry is a regular file
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY | _NOFOLLOW | _CLOEXEC
    handle = os.open(target, flags, 0o600)
    with os.fdopen(handle, "wb") as file:
        while chunk := source.read(_CHUNK):
            file.write(chunk)
    target.chmod(info.mode & 0o777)


# --- reading -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of an archive, or a directory that its entries imply.

    Args:
        path: The path for display; bytes that are not UTF-8 are replaced.
        kind: `file`, `directory` or `symlink`.
        mode: The mode bits, in Go's encoding.
        implied: True if the archive has no entry for the directory itself, only for files below it.
        offset: The byte offset of its content in the archive.
    """

    path: str
    kind: str
    size: int = 0
    mode: int = 0
    link_target: str = ""
    implied: bool = False
    offset: int = 0


@dataclass(frozen=True)
class Index:
    """An index of an archive's entries."""

    entries: dict[str, Entry]
    _children: dict[str, list[Entry]] = field(init=False, default_factory=dict[str, list[Entry]])

    def __post_init__(self) -> None:
        for path in sorted(self.entries, key=str.encode):
            self._children.setdefault(path.rpartition("/")[0], []).append(self.entries[path])

    def children(self, path: str, after: str, limit: int) -> tuple[list[Entry], bool]:
        """Return the direct children of a directory, sorted by the bytes of their paths, and whether there
        are more.

        Args:
            path: The directory; empty for the root.
            after: Only entries whose path is greater; empty for all.
            limit: The maximum number of entries.
        """
        all_of_them = self._children.get(path, [])
        start = bisect_right(all_of_them, after.encode(), key=lambda one: one.path.encode()) if after else 0
        return all_of_them[start : start + limit], start + limit < len(all_of_them)


def read_index(archive: Path) -> Index:
    """Read the index of an archive.

    Raises:
        ArchiveError: The archive is missing or corrupt, has too many entries, or has entries of another kind.
    """
    entries: dict[str, Entry] = {}
    try:
        with tarfile.open(archive, "r:", encoding="utf-8", errors="surrogateescape") as tar:
            for count, info in enumerate(tar):
                if count >= MAX_ENTRIES:
                    raise ArchiveError(f"the archive has more than {MAX_ENTRIES} entries")
                entry = _entry(info)
                if entry.path:
                    entries.setdefault(entry.path, entry)
    except (tarfile.TarError, OSError, ValueError) as error:
        raise ArchiveError(f"the archive cannot be read: {error}") from error
    for path in list(entries):
        parent = path.rpartition("/")[0]
        while parent and parent not in entries:
            entries[parent] = Entry(parent, "directory", implied=True)
            parent = parent.rpartition("/")[0]
    return Index(entries)


def _entry(info: tarfile.TarInfo) -> Entry:
    path, mode = printable(info.name.removeprefix("./").rstrip("/")), info.mode & 0o777
    if info.isreg():
        return Entry(path, "file", info.size, mode, offset=info.offset_data)
    if info.isdir():
        return Entry(path, "directory", mode=mode | DIRECTORY_BIT)
    if info.issym():
        return Entry(path, "symlink", mode=mode | SYMLINK_BIT, link_target=printable(info.linkname))
    raise ArchiveError(f"{path} is neither a file nor a directory nor a symbolic link")


def read_file(archive: Path, entry: Entry) -> bytes:
    """Read the content of a file.

    Raises:
        ArchiveError: The archive is missing or was truncated.
    """
    try:
        with archive.open("rb") as file:
            file.seek(entry.offset)
            content = file.read(entry.size)
    except OSError as error:
        raise ArchiveError(f"the archive cannot be read: {error.strerror}") from error
    if len(content) < entry.size:
        raise ArchiveError("the archive became shorter while it was read")
    return content
