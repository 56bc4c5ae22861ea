"""Both stores: a folder, and a bucket of an S3 server that runs in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from portal.kernel.storage import BlobStore, FolderStore
from portal.kernel.storage.s3 import S3Place, S3Store
from tests.support.postgres import free_port


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Where an S3 server of the run's own answers."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str, request: pytest.FixtureRequest) -> S3Place:
    """An empty bucket."""
    name = f"b{abs(hash(request.node.nodeid)):x}"[:40]
    place = S3Place(name, "portal/", s3_server, "us-east-1", "key", "secret-of-the-store")
    client = boto3.client(
        "s3", endpoint_url=s3_server, region_name="us-east-1", aws_access_key_id="key", aws_secret_access_key="x"
    )
    client.create_bucket(Bucket=name)
    client.close()
    return place


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
