"""Where blobs are kept, as the settings say it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket of an S3-compatible store. Without a key, boto3's own ways find one (a role of the machine)."""

    bucket: str
    prefix: str
    """Empty, or ending with a slash."""
    endpoint: str = ""
    """Empty: Amazon's own of the region."""
    region: str = "us-east-1"
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """As the setting has it, for messages: `s3://bucket/prefix`."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")
