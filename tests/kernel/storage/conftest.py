"""Both stores: a folder, and a bucket."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.kernel.storage import BlobStore, FolderStore
from portal.kernel.storage.place import S3Place
from portal.kernel.storage.s3 import S3Store
from tests.support.postgres import free_port


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """A store of each kind, empty."""
    if request.param == "folder":
        return FolderStore(tmp_path / "blobs")
    place: S3Place = request.getfixturevalue("bucket")
    return S3Store(place)


@pytest.fixture
def free_address() -> str:
    """Where nobody listens."""
    return f"http://127.0.0.1:{free_port()}"
