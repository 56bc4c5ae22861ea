"""Blobs in a bucket of an S3-compatible store. Loaded only where the settings name one: boto3 is large."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from portal.kernel.errors import Unavailable
from portal.kernel.i18n import gettext as _
from portal.kernel.storage.place import S3Place
from portal.kernel.storage.store import CHUNK, checked

_PART = 8 * 1024 * 1024
"""Bytes of one part of an upload, held in memory; a store takes 10,000 of them, and none below 5 MiB but the last."""
_GONE = {"404", "NoSuchKey", "NotFound"}
_TUNING = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"max_attempts": 3, "mode": "standard"},
    max_pool_connections=32,
    # Newer checksums are unknown to many stores that speak S3.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class S3Store:
    """See `BlobStore`. One per process: its connections are made at the first use, after a fork."""

    def __init__(self, place: S3Place) -> None:
        self._place = place
        self._lock = threading.Lock()
        self._made: Any = None

    def put(self, key: str, source: Path, *, keep_source: bool = False) -> int:
        size = source.stat().st_size
        with _told():
            self._client.upload_file(str(source), self._place.bucket, self._name(key))
        if not keep_source:
            source.unlink()
        return size

    @contextmanager
    def writer(self, key: str) -> Iterator[BinaryIO]:
        upload = _Upload(self._client, {"Bucket": self._place.bucket, "Key": self._name(key)})
        try:
            yield upload  # type: ignore[misc]  # a raw file is all that its writers use
            with _told():
                upload.complete()
        except BaseException:
            with suppress(Unavailable):
                upload.give_up()
            raise

    def chunks(self, key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        wanted = f"bytes={start}-{'' if stop is None else stop - 1}"
        with _told(key):
            found = self._client.get_object(Bucket=self._place.bucket, Key=self._name(key), Range=wanted)
        with closing(found["Body"]) as body:
            yield from body.iter_chunks(CHUNK)

    def size(self, key: str) -> int | None:
        try:
            with _told(key):
                found = self._client.head_object(Bucket=self._place.bucket, Key=self._name(key))
        except FileNotFoundError:
            return None
        return int(found["ContentLength"])

    def delete(self, key: str) -> None:
        with _told():
            self._client.delete_object(Bucket=self._place.bucket, Key=self._name(key))

    def tidy(self, before: datetime) -> int:
        count = 0
        with _told():
            pages = self._client.get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=self._place.bucket, Prefix=self._place.prefix):
                for upload in page.get("Uploads", ()):
                    if upload["Initiated"] < before:
                        name = {"Key": upload["Key"], "UploadId": upload["UploadId"]}
                        self._client.abort_multipart_upload(Bucket=self._place.bucket, **name)
                        count += 1
        return count

    def _name(self, key: str) -> str:
        return f"{self._place.prefix}{checked(key)}"

    @property
    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = boto3.client(
                    "s3",
                    endpoint_url=self._place.endpoint or None,
                    region_name=self._place.region,
                    aws_access_key_id=self._place.key,
                    aws_secret_access_key=self._place.secret,
                    config=_TUNING,
                )
            return self._made


class _Upload(io.RawIOBase):
    """A blob that is sent part by part while it is written. A small one goes whole, in one request."""

    def __init__(self, client: Any, target: dict[str, str]) -> None:
        self._client = client
        self._target = target
        self._waiting = bytearray()
        self._upload: str | None = None
        self._parts: list[dict[str, Any]] = []
        self._written = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: Any) -> int:
        self._waiting += data
        self._written += len(data)
        while len(self._waiting) >= _PART:
            with _told():
                self._send(bytes(self._waiting[:_PART]))
            del self._waiting[:_PART]
        return len(data)

    def complete(self) -> None:
        if self._upload is None:
            self._client.put_object(**self._target, Body=bytes(self._waiting))
            return
        if self._waiting:
            self._send(bytes(self._waiting))
        self._client.complete_multipart_upload(
            **self._target, UploadId=self._upload, MultipartUpload={"Parts": self._parts}
        )

    def give_up(self) -> None:
        if self._upload is not None:
            with _told():
                self._client.abort_multipart_upload(**self._target, UploadId=self._upload)

    def _send(self, part: bytes) -> None:
        if self._upload is None:
            self._upload = self._client.create_multipart_upload(**self._target)["UploadId"]
        number = len(self._parts) + 1
        sent = self._client.upload_part(**self._target, UploadId=self._upload, PartNumber=number, Body=part)
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})


@contextmanager
def _told(key: str = "") -> Iterator[None]:
    """What the store refuses, in the house's errors."""
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if key and code in _GONE:
            raise FileNotFoundError(key) from None
        raise Unavailable(_("The store of records refused: %(code)s.", code=code)) from error
    except (BotoCoreError, boto3.exceptions.Boto3Error) as error:
        raise Unavailable(_("The store of records does not answer.")) from error
