"""Blobs (records, results of jobs) by our own keys. A key is never made from anything that came from outside."""

from __future__ import annotations

from portal.kernel.config import Settings
from portal.kernel.storage.folder import FolderStore
from portal.kernel.storage.place import S3Place
from portal.kernel.storage.store import BlobStore

FOLDER = "blobs"
"""Below `PORTAL_DATA`, where the settings name no other store."""

__all__ = ["FOLDER", "BlobStore", "FolderStore", "make_store"]


def make_store(settings: Settings) -> BlobStore:
    """The store that the settings name. Touches no network."""
    if settings.storage is None:
        return FolderStore(settings.data / FOLDER)
    from portal.kernel.storage.s3 import S3Store  # noqa: PLC0415 -- large, and most installations do without

    bucket, prefix = settings.storage
    key, secret = settings.storage_key, settings.storage_secret
    return S3Store(S3Place(bucket, prefix, settings.storage_endpoint, settings.storage_region, key, secret))
