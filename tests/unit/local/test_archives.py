"""Workspace archives: packing is deterministic, unpacking is exact, and paths cannot escape."""

from __future__ import annotations

import io
import os
import stat
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helmr_local import archives
from helmr_local.archives import (
    DIRECTORY_BIT,
    EMPTY_BYTES,
    EMPTY_DIGEST,
    SYMLINK_BIT,
    ArchiveError,
    Entry,
    Index,
    pack,
    read_file,
    read_index,
    unpack,
)
from helmr_local.store.data import DataDirectory, make_private, remove_tree
from helmr_local.store.errors import DatabaseError

posix = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and modes are those of POSIX")


def packed(directory: Path) -> bytes:
    target = io.BytesIO()
    packed_archive = pack(directory, target)
    content = target.getvalue()
    assert packed_archive.size == len(content)
    return content


def kept(content: bytes, folder: Path) -> Path:
    path = folder / "archive.tar"
    path.write_bytes(content)
    return path


def snapshot(directory: Path) -> dict[str, tuple[str, int, bytes]]:
    """Return the kind, permissions and content of each path in a directory."""
    found: dict[str, tuple[str, int, bytes]] = {}
    for parent, folders, names in os.walk(directory):
        for name in (*folders, *names):
            path = Path(parent, name)
            mode = stat.S_IMODE(path.lstat().st_mode)
            relative = str(path.relative_to(directory))
            if path.is_symlink():
                found[relative] = ("link", 0, os.fsencode(os.readlink(path)))
            elif path.is_dir():
                found[relative] = ("directory", mode, b"")
            else:
                found[relative] = ("file", mode, path.read_bytes())
    return found


# Packing and unpacking --------------------------------------------------------------------------------------


def test_an_empty_directory_is_the_empty_archive(tmp_path: Path) -> None:
    assert packed(tmp_path) == EMPTY_BYTES
    assert EMPTY_DIGEST.endswith("5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef")
    assert read_index(kept(EMPTY_BYTES, tmp_path)).entries == {}


@posix
def test_archives_do_not_depend_on_file_times_or_owners(tmp_path: Path) -> None:
    made: list[bytes] = []
    for number, order in enumerate((("b", "a/x", "a/y"), ("a/y", "b", "a/x"))):
        directory = tmp_path / str(number)
        for name in order:
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
            path.chmod(0o640)
            os.utime(path, (number, number))
        made.append(packed(directory))
    assert made[0] == made[1]


@posix
def test_packing_and_unpacking_round_trips(tmp_path: Path) -> None:
    directory = tmp_path / "from"
    (directory / "a" / "b").mkdir(parents=True)
    (directory / "a" / "b" / "run.sh").write_bytes(b"#!/bin/sh\n")
    (directory / "a" / "b" / "run.sh").chmod(0o755)
    (directory / "read-only").mkdir()
    (directory / "read-only" / "file").write_text("x")
    (directory / "read-only").chmod(0o555)
    (directory / "dangling").symlink_to("nowhere")
    (directory / "absolute").symlink_to("/etc/passwd")
    (directory / "long" / ("x" * 200)).mkdir(parents=True)
    (directory / "long" / ("x" * 200) / ("y" * 200)).write_text("long")
    (directory / "line\nbreak \u00e4 \U0001f600").write_text("odd")
    (directory / os.fsdecode(b"no-utf8-\xff")).write_text("bytes")
    target = tmp_path / "to"
    target.mkdir()
    unpack(kept(packed(directory), tmp_path), target)
    assert snapshot(target) == snapshot(directory)
    remove_tree(directory)
    remove_tree(target)
    assert not directory.exists()


names = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20
).filter(lambda name: name not in (".", "..") and len(os.fsencode(name)) < 200)


@posix
@settings(
    derandomize=True,
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    files=st.dictionaries(
        st.lists(names, min_size=1, max_size=4).map(tuple), st.binary(max_size=2000), max_size=8
    )
)
def test_any_names_and_contents_round_trip(
    tmp_path_factory: pytest.TempPathFactory, files: dict[tuple[str, ...], bytes]
) -> None:
    folder = tmp_path_factory.mktemp("archive")
    directory, target = folder / "from", folder / "to"
    directory.mkdir()
    target.mkdir()
    for parts, content in files.items():
        path = directory.joinpath(*parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except (NotADirectoryError, FileExistsError, IsADirectoryError):
            continue  # conflicts with another of the paths
    archive = kept(packed(directory), folder)
    unpack(archive, target)
    assert snapshot(target) == snapshot(directory)
    index = read_index(archive)
    for name, (kind, _, content) in snapshot(directory).items():
        entry = index.entries[name]
        assert entry.kind == kind
        if kind == "file":
            assert read_file(archive, entry) == content
    remove_tree(folder)


@posix
def test_pipes_and_sockets_are_skipped(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert packed(tmp_path) == EMPTY_BYTES


@posix
def test_a_link_out_of_the_directory_is_stored_as_a_link(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("do not read")
    directory = tmp_path / "workspace"
    directory.mkdir()
    (directory / "out").symlink_to(secret)
    (directory / "up").symlink_to("..")
    content = packed(directory)
    assert b"do not read" not in content
    assert {one.kind for one in read_index(kept(content, tmp_path)).entries.values()} == {"symlink"}


@posix
def test_a_link_that_replaces_a_file_during_packing_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("do not read")
    directory = tmp_path / "workspace"
    (directory / "sub").mkdir(parents=True)
    (directory / "sub" / "file").write_text("mine")

    def replace_before(name: str) -> None:
        path = directory / "sub" / name if name == "file" else directory / name
        real, place = os.open, tmp_path / f"was-{name}"

        def opening(target: Any, flags: int, *args: Any, **options: Any) -> int:
            if target == name and not place.exists():
                path.rename(place)
                path.symlink_to(secret if name == "file" else tmp_path)
            return real(target, flags, *args, **options)

        monkeypatch.setattr(os, "open", opening)

    for name in ("file", "sub"):
        replace_before(name)
        target = io.BytesIO()
        with pytest.raises(ArchiveError, match=r"was replaced|cannot be read"):
            pack(directory, target)
        assert b"do not read" not in target.getvalue()
        monkeypatch.undo()


@posix
def test_a_file_that_shrinks_during_packing_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100)
    real = os.fstat

    def longer(handle: int) -> Any:
        found = real(handle)
        values = list(found)
        if stat.S_ISREG(found.st_mode):
            values[6] = 200
        return os.stat_result(values)

    monkeypatch.setattr(os, "fstat", longer)
    with pytest.raises(ArchiveError, match="file became shorter"):
        pack(tmp_path, io.BytesIO())


def test_a_directory_beyond_the_limits_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(4):
        (tmp_path / str(number)).write_text("four")
    monkeypatch.setattr(archives, "MAX_ENTRIES", 3)
    with pytest.raises(ArchiveError, match="more than 3 files and directories"):
        packed(tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(archives, "MAX_CONTENT_BYTES", 15)
    with pytest.raises(ArchiveError, match="more than 15 bytes"):
        packed(tmp_path)
    monkeypatch.undo()
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    monkeypatch.setattr(archives, "MAX_DIRECTORY_DEPTH", 2)
    with pytest.raises(ArchiveError, match="more than 2 deep"):
        packed(tmp_path)


# Archives from other programs -------------------------------------------------------------------------------


def tar(*entries: tuple[str, bytes, str]) -> bytes:
    """Return a tar archive of these entries: name, type, link target."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, kind, link in entries:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
            archive.addfile(info)
    return target.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        tar(("../out", tarfile.REGTYPE, "")),
        tar(("/out", tarfile.REGTYPE, "")),
        tar(("a/../../out", tarfile.REGTYPE, "")),
        tar(("..", tarfile.DIRTYPE, "")),
        tar(("link", tarfile.SYMTYPE, ".."), ("link/out", tarfile.REGTYPE, "")),
        tar(("a", tarfile.REGTYPE, ""), ("a", tarfile.REGTYPE, "")),
        tar(("missing/file", tarfile.REGTYPE, "")),
        tar(("hard", tarfile.LNKTYPE, "/etc/passwd")),
        tar(("device", tarfile.CHRTYPE, "")),
        tar(("pipe", tarfile.FIFOTYPE, "")),
        b"x" * 2048,
    ],
)
def test_an_archive_that_escapes_the_directory_is_not_unpacked(tmp_path: Path, content: bytes) -> None:
    target = tmp_path / "inner" / "to"
    target.mkdir(parents=True)
    with pytest.raises(ArchiveError):
        unpack(kept(content, tmp_path), target)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["archive.tar", "inner"]
    assert sorted(one.name for one in (tmp_path / "inner").iterdir()) == ["to"]


def test_hard_links_devices_and_garbage_are_rejected(tmp_path: Path) -> None:
    for content in (tar(("hard", tarfile.LNKTYPE, "x")), tar(("d", tarfile.BLKTYPE, "")), b"x" * 2048):
        with pytest.raises(ArchiveError):
            read_index(kept(content, tmp_path))
    with pytest.raises(ArchiveError, match="cannot be read"):
        read_index(tmp_path / "missing.tar")


def test_directories_without_an_entry_are_implied(tmp_path: Path) -> None:
    index = read_index(kept(tar(("./a/b/file", tarfile.REGTYPE, ""), ("c/", tarfile.DIRTYPE, "")), tmp_path))
    assert index.entries["a"] == Entry("a", "directory", implied=True)
    assert index.entries["a/b"].implied
    assert not index.entries["c"].implied
    assert index.entries["c"].mode & DIRECTORY_BIT
    assert [one.path for one in index.children("", "", 10)[0]] == ["a", "c"]


def test_a_truncated_archive_is_an_error(tmp_path: Path) -> None:
    directory = tmp_path / "from"
    directory.mkdir()
    (directory / "file").write_bytes(b"x" * 5000)
    archive = kept(packed(directory), tmp_path)
    entry = read_index(archive).entries["file"]
    archive.write_bytes(archive.read_bytes()[:2000])
    with pytest.raises(ArchiveError, match="shorter"):
        read_file(archive, entry)


def test_names_that_decode_to_the_same_string_are_one_entry(tmp_path: Path) -> None:
    content = tar(("\udcff", tarfile.REGTYPE, ""), ("\udcfe", tarfile.SYMTYPE, "x"))
    index = read_index(kept(content, tmp_path))
    assert [(one.path, one.kind) for one in index.entries.values()] == [("\ufffd", "file")]


def test_links_have_their_target_and_mode_bit(tmp_path: Path) -> None:
    entry = read_index(kept(tar(("l", tarfile.SYMTYPE, "/etc")), tmp_path)).entries["l"]
    assert (entry.kind, entry.link_target) == ("symlink", "/etc")
    assert entry.mode & SYMLINK_BIT


@given(
    paths=st.sets(st.text("abé/\U0001f600-.", min_size=1, max_size=5).filter(lambda one: "/" not in one)),
    limit=st.integers(1, 4),
)
def test_pages_of_an_index_cover_all_entries_in_byte_order(paths: set[str], limit: int) -> None:
    index = Index({path: Entry(path, "file") for path in paths})
    seen: list[str] = []
    more = True
    while more:
        page, more = index.children("", seen[-1] if seen else "", limit)
        assert len(page) <= limit
        seen += [one.path for one in page]
    assert seen == sorted(paths, key=str.encode)


# The data directory -----------------------------------------------------------------------------------------


@posix
def test_the_data_directory_is_accessible_only_to_its_owner(tmp_path: Path) -> None:
    data = DataDirectory(str(tmp_path / "db"))
    assert not data.is_there
    folder = data.folder("workspaces")
    assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    folder.chmod(0o755)
    assert stat.S_IMODE(DataDirectory(str(tmp_path / "db")).folder("workspaces").stat().st_mode) == 0o700
    data.close()
    assert folder.exists()


@posix
def test_a_link_or_a_file_instead_of_the_data_directory_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to("elsewhere")
    (tmp_path / "file").write_text("")
    for name in ("link", "file"):
        with pytest.raises(DatabaseError, match="not a directory"):
            make_private(tmp_path / name)
    with pytest.raises(DatabaseError, match="cannot use the directory"):
        make_private(tmp_path / "missing" / "folder")


def test_a_temporary_data_directory_is_removed_with_the_server() -> None:
    data = DataDirectory()
    folder = data.folder("workspaces")
    (folder / "file").write_text("x")
    data.close()
    assert not folder.parent.exists()
    with pytest.raises(DatabaseError, match="has stopped"):
        data.folder("workspaces")
    data.close()


def test_a_temporary_data_directory_that_cannot_be_renamed_is_removed_in_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_path: Path, _target: Path) -> None:
        raise PermissionError(13, "a file in it is open")  # as on Windows

    data = DataDirectory()
    folder = data.folder("workspaces")
    monkeypatch.setattr(Path, "rename", refuse)
    data.close()
    assert not folder.parent.exists()
