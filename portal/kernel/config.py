"""Settings: `PORTAL_*` environment variables, read once, checked at start, frozen afterwards."""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from portal.kernel import asterisk_settings as asterisk

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
ENGINES = ("sandbox", "asterisk")


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
    host: str
    port: int
    public_url: str
    trusted_proxies: int
    web_processes: int
    web_threads: int
    webhook_allow: tuple[Network, ...]
    webhook_senders: int
    log_level: str
    log_format: str
    asterisk: asterisk.AsteriskSettings
    demo_password: str | None = field(default=None, repr=False)
    is_demo: bool = False

    @property
    def is_embedded(self) -> bool:
        """Whether the database is the SQLite file of one machine."""
        return self.database_url.startswith("sqlite")


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable: its name, default as the README writes it, meaning, and how its text is read."""

    name: str
    default: str
    meaning: str
    read: Callable[[str], Any] = str
    is_secret: bool = False


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"must be one of: {', '.join(words)}")
        return text

    return read


def _between(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(text)

    return read


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError("must be networks such as 10.0.0.0/8,fd00::/8") from None


def _url(text: str) -> str:
    if text and not text.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return text.rstrip("/")


def _database(text: str) -> str:
    if not text:
        return ""
    try:
        url = make_url(text)
    except ArgumentError:
        raise ValueError("must look like postgresql://user:password@host/name or sqlite:////path/portal.db") from None
    if url.get_backend_name() == "postgresql":
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    if url.get_backend_name() == "sqlite":
        return text
    raise ValueError("must name PostgreSQL or SQLite; other databases are not supported")


def _secret(text: str) -> str:
    if text and len(text) < 32:
        raise ValueError("must have at least 32 characters (make one with: openssl rand -hex 32)")
    return text


def _secrets(text: str) -> tuple[str, ...]:
    return tuple(_secret(part) for part in text.split(",") if part)


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
        _database,
    ),
    Setting(
        "PORTAL_SECRET_KEY",
        "made up at first start (SQLite only)",
        "Signs sessions, seals stored secrets; at least 32 characters",
        _secret,
        is_secret=True,
    ),
    Setting(
        "PORTAL_RETIRED_SECRET_KEYS",
        "none",
        "Earlier secrets, comma-separated: what they sealed can still be opened",
        _secrets,
        is_secret=True,
    ),
    Setting("PORTAL_ENGINE", "sandbox", "What drives the calls: `sandbox` or `asterisk`", _one_of(*ENGINES)),
    Setting("PORTAL_SWITCH", "main", "Name of the switch that `portal engine` of this process drives", str),
    Setting("PORTAL_ASTERISK_URL", "none", "Where Asterisk's HTTP server is: `http://127.0.0.1:8088`", _url),
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
    Setting("PORTAL_PORT", "8000", "Port that the web server listens on", _between(0, 65535)),
    Setting(
        "PORTAL_PUBLIC_URL",
        "none",
        "The address people type, for links outside a page: `https://cabinet.example.ru`",
        _url,
    ),
    Setting("PORTAL_TRUSTED_PROXIES", "0", "How many proxies in front may set `X-Forwarded-*`", _between(0, 8)),
    Setting("PORTAL_WEB_PROCESSES", "1", "Processes of one `portal web`", _between(1, 64)),
    Setting(
        "PORTAL_WEB_THREADS", "64", "Requests and live pages that one web process serves at once", _between(2, 512)
    ),
    Setting(
        "PORTAL_WEBHOOK_ALLOW",
        "none",
        "Networks that webhooks may reach although they are not public: `10.1.0.0/16`",
        _networks,
    ),
    Setting("PORTAL_WEBHOOK_SENDERS", "16", "Webhooks that one worker sends at once", _between(1, 128)),
    Setting(
        "PORTAL_LOG_LEVEL",
        "info",
        "`debug`, `info`, `warning` or `error`",
        _one_of("debug", "info", "warning", "error"),
    ),
    Setting("PORTAL_LOG_FORMAT", "json", "`json` for collectors, `console` for people", _one_of("json", "console")),
    Setting(
        "PORTAL_DEMO_PASSWORD",
        "made up and printed",
        "Password of the four people of `portal demo`",
        str,
        is_secret=True,
    ),
)
"""Every setting there is: the README's table is checked against this one."""

_DEFAULTS = {
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
    "PORTAL_LOG_LEVEL": "info",
    "PORTAL_LOG_FORMAT": "json",
}


def load_settings(environ: Mapping[str, str] | None = None, *, data: Path | None = None) -> Settings:
    """Reads and checks the environment. `data` (the `--data` option) wins over `PORTAL_DATA`.

    Makes the data folder, and on an embedded installation the secret, where they are missing.
    Raises `SettingsError` for an unknown or unusable setting.
    """
    environ = os.environ if environ is None else environ
    _refuse_unknown(environ)
    values = {s.name: _value(s, environ) for s in SETTINGS}
    folder = (data or values["PORTAL_DATA"]).expanduser().resolve()
    database = values["PORTAL_DATABASE_URL"] or f"sqlite:///{folder / 'portal.db'}"
    return Settings(
        data=folder,
        database_url=database,
        secret_key=values["PORTAL_SECRET_KEY"] or _made_up_secret(folder, database),
        retired_secret_keys=values["PORTAL_RETIRED_SECRET_KEYS"],
        engine=values["PORTAL_ENGINE"],
        switch=values["PORTAL_SWITCH"],
        host=values["PORTAL_HOST"],
        port=values["PORTAL_PORT"],
        public_url=values["PORTAL_PUBLIC_URL"],
        trusted_proxies=values["PORTAL_TRUSTED_PROXIES"],
        web_processes=values["PORTAL_WEB_PROCESSES"],
        web_threads=values["PORTAL_WEB_THREADS"],
        webhook_allow=values["PORTAL_WEBHOOK_ALLOW"],
        webhook_senders=values["PORTAL_WEBHOOK_SENDERS"],
        log_level=values["PORTAL_LOG_LEVEL"],
        log_format=values["PORTAL_LOG_FORMAT"],
        asterisk=asterisk.AsteriskSettings(*(values[f"PORTAL_ASTERISK_{name}"] for name in asterisk.NAMES)),
        demo_password=values["PORTAL_DEMO_PASSWORD"] or None,
    )


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    known = {s.name for s in SETTINGS} | {f"{s.name}_FILE" for s in SETTINGS if s.is_secret}
    unknown = sorted(n for n in environ if n.startswith("PORTAL_") and n not in known)
    if unknown:
        raise SettingsError(f"{unknown[0]} is not a setting of the portal: remove it or see the table in README.md.")


def _value(setting: Setting, environ: Mapping[str, str]) -> Any:
    text = environ.get(setting.name, "")
    file = environ.get(f"{setting.name}_FILE") if setting.is_secret else None
    if file and text:
        raise SettingsError(f"{setting.name} and {setting.name}_FILE are both set: keep one.")
    if file:
        try:
            text = Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{setting.name}_FILE cannot be read: {error.strerror}.") from None
    try:
        return setting.read(text or _DEFAULTS.get(setting.name, ""))
    except ValueError as error:
        raise SettingsError(f"{setting.name} {error}.") from None


def _made_up_secret(folder: Path, database_url: str) -> str:
    """The embedded installation's own secret: made once, readable by its owner alone."""
    if not database_url.startswith("sqlite"):
        raise SettingsError(
            "PORTAL_SECRET_KEY is missing: every machine of one installation needs the same one (openssl rand -hex 32)."
        )
    file = folder / "secret"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return _read_secret(file)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(secrets.token_hex(32))
        return _read_secret(file)
    except OSError as error:
        raise SettingsError(f"PORTAL_DATA {folder} cannot be used: {error.strerror}.") from None


def _read_secret(file: Path) -> str:
    secret = file.read_text(encoding="utf-8").strip()
    if len(secret) < 32:
        raise SettingsError(f"{file} holds no usable secret: restore it from a backup, or delete it to begin anew.")
    return secret
