"""Where a bucket is."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket of an S3-compatible store. Without a key, boto3's own ways find one (a role of the machine)."""

    bucket: str
    prefix: str
    """Empty, or ending with a slash."""
    endpoint: str
    """Empty: Amazon's own of the region."""
    region: str
    key: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
