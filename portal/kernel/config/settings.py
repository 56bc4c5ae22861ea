"""What the portal is told by its environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from portal.kernel.config.asterisk import AsteriskSettings
from portal.kernel.config.readers import Network
from portal.kernel.mail.server import MailServer


class SettingsError(Exception):
    """A setting cannot be used; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation's settings, checked."""

    data: Path
    database_url: str = field(repr=False)
    """May hold a password."""
    secret_key: str = field(repr=False)
    retired_secret_keys: tuple[str, ...] = field(repr=False)
    engine: str
    switch: str
    asterisk: AsteriskSettings
    host: str
    port: int
    public_url: str
    trusted_proxies: int
    web_processes: int
    web_threads: int
    webhook_allow: tuple[Network, ...]
    webhook_senders: int
    webhook_body_days: int
    webhook_days: int
    storage: tuple[str, str] | None
    """Bucket and prefix of an S3-compatible store; None: the folder `blobs` in `data`."""
    storage_endpoint: str
    storage_region: str
    storage_key: str | None = field(repr=False)
    storage_secret: str | None = field(repr=False)
    metrics_token: str | None = field(repr=False)
    log_level: str
    log_format: str
    capture_pages: bool
    mail_url: MailServer | None
    """Where our mail is given to; None: none is sent."""
    mail_from: str | None
    yookassa_url: str
    bitrix24_oauth_url: str
    demo_password: str | None = field(repr=False)
    is_demo: bool = False

    @property
    def is_embedded(self) -> bool:
        """Whether the database is the SQLite file of one machine."""
        return self.database_url.startswith("sqlite")
