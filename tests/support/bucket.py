"""Plugin: an S3 server of the run's own, and an empty bucket on it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from portal.kernel.storage.place import S3Place


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """Where an S3 server answers, in this process."""
    # Large, and few tests need it.
    from moto.server import ThreadedMotoServer  # noqa: PLC0415

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server: str) -> S3Place:
    """An empty bucket."""
    import boto3  # noqa: PLC0415

    place = S3Place(f"bucket-{secrets.token_hex(8)}", "portal/", s3_server, "us-east-1", "key", "secret-of-the-store")
    client = boto3.client(
        "s3",
        endpoint_url=s3_server,
        region_name=place.region,
        aws_access_key_id=place.key,
        aws_secret_access_key=place.secret,
    )
    client.create_bucket(Bucket=place.bucket)
    client.close()
    return place
