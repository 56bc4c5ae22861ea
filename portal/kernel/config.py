"""Settings: `PORTAL_*` environment variables, read once, checked at start, frozen afterwards."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from portal.kernel import setting_texts as texts
from portal.kernel.setting_texts import Network
from portal.kernel.storage.place import S3Place

ENGINES = ("sandbox",)


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
    storage: S3Place | None
    """None: the folder `blobs` in `data`."""
    log_level: str
    log_format: str
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
        texts.database,
    ),
    Setting(
        "PORTAL_SECRET_KEY",
        "made up at first start (SQLite only)",
        "Signs sessions, seals stored secrets; at least 32 characters",
        texts.secret,
        is_secret=True,
    ),
    Setting(
        "PORTAL_RETIRED_SECRET_KEYS",
        "none",
        "Earlier secrets, comma-separated: what they sealed can still be opened",
        texts.secrets,
        is_secret=True,
    ),
    Setting("PORTAL_ENGINE", "sandbox", "What drives the calls: `sandbox`", texts.one_of(*ENGINES)),
    Setting("PORTAL_SWITCH", "main", "Name of the switch that `portal engine` of this process drives", str),
    Setting("PORTAL_HOST", "127.0.0.1", "Address that the web server listens on", str),
    Setting("PORTAL_PORT", "8000", "Port that the web server listens on", texts.between(0, 65535)),
    Setting(
        "PORTAL_PUBLIC_URL",
        "none",
        "The address people type, for links outside a page: `https://cabinet.example.ru`",
        texts.url,
    ),
    Setting("PORTAL_TRUSTED_PROXIES", "0", "How many proxies in front may set `X-Forwarded-*`", texts.between(0, 8)),
    Setting("PORTAL_WEB_PROCESSES", "1", "Processes of one `portal web`", texts.between(1, 64)),
    Setting(
        "PORTAL_WEB_THREADS", "64", "Requests and live pages that one web process serves at once", texts.between(2, 512)
    ),
    Setting(
        "PORTAL_WEBHOOK_ALLOW",
        "none",
        "Networks that webhooks may reach although they are not public: `10.1.0.0/16`",
        texts.networks,
    ),
    Setting("PORTAL_WEBHOOK_SENDERS", "16", "Webhooks that one worker sends at once", texts.between(1, 128)),
    Setting(
        "PORTAL_STORAGE",
        "the folder `blobs` in `PORTAL_DATA`",
        "Where records and results of jobs are kept: `s3://bucket/prefix` of an S3-compatible store",
        texts.bucket,
    ),
    Setting("PORTAL_STORAGE_ENDPOINT", "Amazon's own", "Address of that store: `https://s3.example.ru`", texts.url),
    Setting("PORTAL_STORAGE_REGION", "us-east-1", "Its region", str),
    Setting("PORTAL_STORAGE_KEY", "none", "Its access key; without one, a role of the machine", is_secret=True),
    Setting("PORTAL_STORAGE_SECRET", "none", "Its secret", is_secret=True),
    Setting(
        "PORTAL_LOG_LEVEL",
        "info",
        "`debug`, `info`, `warning` or `error`",
        texts.one_of("debug", "info", "warning", "error"),
    ),
    Setting(
        "PORTAL_LOG_FORMAT", "json", "`json` for collectors, `console` for people", texts.one_of("json", "console")
    ),
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
    "PORTAL_HOST": "127.0.0.1",
    "PORTAL_PORT": "8000",
    "PORTAL_TRUSTED_PROXIES": "0",
    "PORTAL_WEB_PROCESSES": "1",
    "PORTAL_WEB_THREADS": "64",
    "PORTAL_WEBHOOK_SENDERS": "16",
    "PORTAL_STORAGE_REGION": "us-east-1",
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
        storage=_storage(values),
        log_level=values["PORTAL_LOG_LEVEL"],
        log_format=values["PORTAL_LOG_FORMAT"],
        demo_password=values["PORTAL_DEMO_PASSWORD"] or None,
    )


def _storage(values: Mapping[str, Any]) -> S3Place | None:
    bucket, prefix = values["PORTAL_STORAGE"]
    parts = [values[f"PORTAL_STORAGE_{part}"] for part in ("ENDPOINT", "REGION", "KEY", "SECRET")]
    if not bucket:
        return None
    if bool(parts[2]) != bool(parts[3]):
        raise SettingsError("PORTAL_STORAGE_KEY and PORTAL_STORAGE_SECRET go together: set both, or neither.")
    return S3Place(bucket, prefix, *parts)


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
