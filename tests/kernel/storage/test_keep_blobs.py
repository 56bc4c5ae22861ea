"""What both stores promise: whole or not at all, any part of it, never by a name from outside."""

from __future__ import annotations

import os
import tracemalloc
from datetime import timedelta
from pathlib import Path

import pytest

from portal.kernel.clock import now
from portal.kernel.config import SettingsError, load_settings
from portal.kernel.errors import Unavailable
from portal.kernel.storage import BlobStore, make_store
from portal.kernel.storage.place import S3Place
from portal.kernel.storage.s3 import S3Store

KEY = "records/7/2026/11/23/1.wav"
MEGABYTE = 1024 * 1024


def read(store: BlobStore, start: int = 0, stop: int | None = None) -> bytes:
    return b"".join(store.chunks(KEY, start, stop))


def test_a_file_is_taken_over(store: BlobStore, tmp_path: Path) -> None:
    for content, keep in ((b"first", True), (b"second, longer", False)):
        source = tmp_path / "talk.wav"
        source.write_bytes(content)
        assert store.put(KEY, source, keep_source=keep) == len(content)
        assert source.exists() == keep
        assert (read(store), store.size(KEY)) == (content, len(content))

    store.delete(KEY)
    store.delete(KEY)
    assert store.size(KEY) is None
    with pytest.raises(FileNotFoundError):
        read(store)


@pytest.mark.parametrize(
    ("start", "stop"), [(0, None), (5, None), (0, 1), (99_999, None), (70_000, 70_001), (3, 90_000)]
)
def test_any_part_is_read(store: BlobStore, start: int, stop: int | None) -> None:
    content = os.urandom(100_000)
    with store.writer(KEY) as file:
        file.write(content)

    assert read(store, start, stop) == content[start:stop]


@pytest.mark.parametrize("size", [0, 5, 20 * MEGABYTE + 1])
def test_what_is_written_piece_by_piece_is_there_at_the_end(store: BlobStore, size: int) -> None:
    content = os.urandom(size)
    with store.writer(KEY) as file:
        for start in range(0, size, MEGABYTE):
            file.write(content[start : start + MEGABYTE])
        assert store.size(KEY) is None

    assert store.size(KEY) == size
    if size:
        assert read(store) == content


@pytest.mark.parametrize("size", [5, 9 * MEGABYTE])
def test_what_breaks_off_is_not_there(store: BlobStore, size: int) -> None:
    with pytest.raises(RuntimeError), store.writer(KEY) as file:
        file.write(os.urandom(size))
        raise RuntimeError

    assert store.size(KEY) is None
    assert store.tidy(now() + timedelta(days=1)) == 0, "nothing is left over"


def test_what_a_crash_left_is_tidied_away_in_time(store: BlobStore) -> None:
    # A killed process closes nothing.
    abandoned = store.writer(KEY)
    file = abandoned.__enter__()
    file.write(os.urandom(9 * MEGABYTE))
    file.flush()

    # The S3 server of the test dates every upload back to 2010.
    assert isinstance(store, S3Store) or store.tidy(now() - timedelta(days=1)) == 0
    assert store.tidy(now() + timedelta(minutes=1)) == 1
    assert store.size(KEY) is None
    abandoned.__exit__(RuntimeError, RuntimeError(), None)


def test_memory_stays_flat(store: BlobStore) -> None:
    piece = bytes(MEGABYTE)
    tracemalloc.start()
    with store.writer(KEY) as file:
        for _number in range(30):
            file.write(piece)
    for _chunk in store.chunks(KEY):
        pass
    _now, highest = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # The S3 server of the test runs in this process and holds the blob: what is measured is told apart by the folder.
    assert store.size(KEY) == 30 * MEGABYTE
    assert isinstance(store, S3Store) or highest < 10 * MEGABYTE


@pytest.mark.parametrize("key", ["../x/y", "/etc/passwd", "records/../../x", "a\0/b", "records//x", "", "records/.hid"])
def test_a_key_is_never_a_name_from_outside(store: BlobStore, key: str) -> None:
    for act in (
        store.size,
        store.delete,
        lambda name: list(store.chunks(name)),
        lambda name: store.writer(name).__enter__(),
    ):
        with pytest.raises(ValueError, match="not a storage key"):
            act(key)


def test_a_store_that_refuses_or_is_silent_is_told_in_our_words(bucket: S3Place, free_address: str) -> None:
    nobody = S3Store(S3Place("nobody-has-this", "", bucket.endpoint, "us-east-1", "key", "secret"))
    silent = S3Store(S3Place("bucket", "", free_address, "us-east-1", "key", "secret"))

    for store in (nobody, silent):
        with pytest.raises(Unavailable), store.writer(KEY) as file:
            file.write(b"sound")
    with pytest.raises(Unavailable):
        silent.size(KEY)


def test_the_settings_choose_the_store(tmp_path: Path, bucket: S3Place) -> None:
    settings = {"PORTAL_DATA": str(tmp_path), "PORTAL_STORAGE": f"s3://{bucket.bucket}/portal"}
    secret = tmp_path / "secret-of-the-store"
    secret.write_text("very secret\n")
    login = {"PORTAL_STORAGE_KEY": "key", "PORTAL_STORAGE_SECRET_FILE": str(secret)}
    loaded = load_settings(settings | login | {"PORTAL_STORAGE_ENDPOINT": bucket.endpoint})
    store = make_store(loaded)
    with store.writer(KEY) as file:
        file.write(b"sound")

    assert b"".join(S3Store(bucket).chunks(KEY)) == b"sound"
    assert "very secret" not in repr(loaded)
    for wrong in ({"PORTAL_STORAGE": "s3:/x"}, {"PORTAL_STORAGE": "ftp://x"}, {"PORTAL_STORAGE_KEY": "key"}):
        with pytest.raises(SettingsError, match="PORTAL_STORAGE"):
            load_settings(settings | wrong)
