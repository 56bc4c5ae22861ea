"""Every setting there is: name, default, meaning, and how its text is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.kernel.config import asterisk
from portal.kernel.config.readers import (
    between,
    bucket,
    database,
    mail_address,
    networks,
    one_of,
    optional,
    secret,
    secrets,
    switch,
    url,
)
from portal.kernel.mail.server import mail_server

ENGINES = ("sandbox", "asterisk", "provider")


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable: its name, default as the README writes it, meaning, and how its text is read."""

    name: str
    default: str
    meaning: str
    read: Callable[[str], Any] = str
    is_secret: bool = False

    @property
    def field(self) -> str:
        """The field of `Settings` that holds it: `PORTAL_WEB_THREADS` stands in `web_threads`."""
        return self.name.removeprefix("PORTAL_").lower()


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "PORTAL_DATA",
        "./var",
        "Folder of everything embedded: the database `portal.db`, the made-up secret, records",
        Path,
    ),
    Setting(
        "PORTAL_DATABASE_URL",
        "the file `portal.db` in `PORTAL_DATA`",
        "`postgresql://user:password@host/name`, or `sqlite:////path`",
        database,
    ),
    Setting(
        "PORTAL_SECRET_KEY",
        "made up at first start (SQLite only)",
        "Signs sessions, seals stored secrets; at least 32 characters",
        secret,
        is_secret=True,
    ),
    Setting(
        "PORTAL_RETIRED_SECRET_KEYS",
        "none",
        "Earlier secrets, comma-separated: what they sealed can still be opened",
        secrets,
        is_secret=True,
    ),
    Setting("PORTAL_ENGINE", "sandbox", "What drives the calls: `sandbox`, `asterisk` or `provider`", one_of(*ENGINES)),
    Setting("PORTAL_SWITCH", "main", "Name of the switch that `portal engine` of this process drives", str),
    Setting("PORTAL_ASTERISK_URL", "none", "Where Asterisk's HTTP server is: `http://127.0.0.1:8088`", url),
    Setting("PORTAL_ASTERISK_USER", "portal", "The user in Asterisk's `ari.conf`", asterisk.read_word),
    Setting("PORTAL_ASTERISK_PASSWORD", "none", "That user's password", str, is_secret=True),
    Setting("PORTAL_ASTERISK_APP", "portal", "Name of the Stasis application in the dialplan", asterisk.read_word),
    Setting(
        "PORTAL_ASTERISK_TRUNK",
        "PJSIP/{number}@trunk",
        "How Asterisk dials a number of the outside world; `{number}` is digits with the country code",
        asterisk.read_trunk,
    ),
    Setting("PORTAL_HOST", "127.0.0.1", "Address that the web server listens on", str),
    Setting("PORTAL_PORT", "8000", "Port that the web server listens on", between(0, 65535)),
    Setting(
        "PORTAL_PUBLIC_URL",
        "none",
        "The address people type, for links outside a page: `https://cabinet.example.ru`",
        url,
    ),
    Setting("PORTAL_TRUSTED_PROXIES", "0", "How many proxies in front may set `X-Forwarded-*`", between(0, 8)),
    Setting("PORTAL_WEB_PROCESSES", "1", "Processes of one `portal web`", between(1, 64)),
    Setting("PORTAL_WEB_THREADS", "64", "Requests and live pages that one web process serves at once", between(2, 512)),
    Setting(
        "PORTAL_WEBHOOK_ALLOW",
        "none",
        "Networks that webhooks may reach although they are not public: `10.1.0.0/16`",
        networks,
    ),
    Setting("PORTAL_WEBHOOK_SENDERS", "16", "Webhooks that one worker sends at once", between(1, 128)),
    Setting(
        "PORTAL_WEBHOOK_BODY_DAYS",
        "30",
        "Days for which the bodies of receivers' answers are kept",
        between(1, 3650),
    ),
    Setting(
        "PORTAL_WEBHOOK_DAYS",
        "400",
        "Days for which events, deliveries and tries are kept; what is still to be sent stays",
        between(1, 3650),
    ),
    Setting(
        "PORTAL_STORAGE",
        "the folder `blobs` in `PORTAL_DATA`",
        "Where records and results of jobs are kept: `s3://bucket/prefix` of an S3-compatible store",
        bucket,
    ),
    Setting("PORTAL_STORAGE_ENDPOINT", "Amazon's own", "Address of that store: `https://s3.example.ru`", url),
    Setting("PORTAL_STORAGE_REGION", "us-east-1", "Its region", str),
    Setting("PORTAL_STORAGE_KEY", "none", "Its access key; without one, the machine's role", optional, is_secret=True),
    Setting("PORTAL_STORAGE_SECRET", "none", "Its secret", optional, is_secret=True),
    Setting(
        "PORTAL_CAPTURE_PAGES",
        "`off` (the demo: `on`)",
        "`on`: admins may open a URL of this cabinet that shows what a webhook sends to it",
        switch,
    ),
    Setting(
        "PORTAL_MAIL_URL",
        "none: no mail is sent",
        "The server that takes our mail: `smtp://user:password@host:587`, or `smtps://` for TLS from the first byte",
        mail_server,
        is_secret=True,
    ),
    Setting("PORTAL_MAIL_FROM", "none", "Sender of our mail: `cabinet@example.ru`", mail_address),
    Setting(
        "PORTAL_METRICS_TOKEN",
        "none: this machine alone may read them",
        "What Prometheus brings as `Authorization: Bearer …` to read `/metrics` from another machine",
        optional,
        is_secret=True,
    ),
    Setting(
        "PORTAL_LOG_LEVEL",
        "info",
        "`debug`, `info`, `warning` or `error`",
        one_of("debug", "info", "warning", "error"),
    ),
    Setting("PORTAL_LOG_FORMAT", "json", "`json` for collectors, `console` for people", one_of("json", "console")),
    Setting(
        "PORTAL_YOOKASSA_URL",
        "https://api.yookassa.ru/v3",
        "Where the API of YooKassa is, version 3; the shop itself is named on the operator's page",
        url,
    ),
    Setting(
        "PORTAL_BITRIX24_OAUTH_URL",
        "https://oauth.bitrix.info",
        "Where Bitrix24 gives applications their tokens",
        url,
    ),
    Setting(
        "PORTAL_DEMO_PASSWORD",
        "made up and printed",
        "Password of the four people of `portal demo`",
        optional,
        is_secret=True,
    ),
)
"""Every setting there is: the README's table is checked against this one."""

DEFAULTS = {
    "PORTAL_DATA": "./var",
    "PORTAL_ENGINE": "sandbox",
    "PORTAL_SWITCH": "main",
    "PORTAL_ASTERISK_USER": "portal",
    "PORTAL_ASTERISK_APP": "portal",
    "PORTAL_ASTERISK_TRUNK": "PJSIP/{number}@trunk",
    "PORTAL_HOST": "127.0.0.1",
    "PORTAL_PORT": "8000",
    "PORTAL_TRUSTED_PROXIES": "0",
    "PORTAL_WEB_PROCESSES": "1",
    "PORTAL_WEB_THREADS": "64",
    "PORTAL_WEBHOOK_SENDERS": "16",
    "PORTAL_WEBHOOK_BODY_DAYS": "30",
    "PORTAL_WEBHOOK_DAYS": "400",
    "PORTAL_STORAGE_REGION": "us-east-1",
    "PORTAL_CAPTURE_PAGES": "off",
    "PORTAL_LOG_LEVEL": "info",
    "PORTAL_LOG_FORMAT": "json",
    "PORTAL_BITRIX24_OAUTH_URL": "https://oauth.bitrix.info",
}
