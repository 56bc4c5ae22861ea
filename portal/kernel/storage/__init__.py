"""Blobs (records, results of jobs) by our own keys. A key is never made from anything that came from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.kernel.storage.folder import FolderStore
from portal.kernel.storage.store import BlobStore

if TYPE_CHECKING:
    from portal.kernel.config import Settings

FOLDER = "blobs"
"""Below `PORTAL_DATA`, where the settings name no other store."""

__all__ = ["FOLDER", "BlobStore", "FolderStore", "make_store"]


def make_store(settings: Settings) -> BlobStore:
    """The store that the settings name. Touches no network."""
    if settings.storage is None:
        return FolderStore(settings.data / FOLDER)
    from portal.kernel.storage.s3 import S3Store  # noqa: PLC0415 -- large, and most installations do without

    return S3Store(settings.storage)
