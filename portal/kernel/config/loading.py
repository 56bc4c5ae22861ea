"""Reads and checks the environment, once."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from portal.kernel.config import asterisk
from portal.kernel.config.asterisk import AsteriskSettings
from portal.kernel.config.settings import Settings, SettingsError
from portal.kernel.config.table import DEFAULTS, SETTINGS, Setting


def load_settings(environ: Mapping[str, str] | None = None, *, data: Path | None = None) -> Settings:
    """Reads and checks the environment. `data` (the `--data` option) wins over `PORTAL_DATA`.

    Makes the data folder, and on an embedded installation the secret, where they are missing.
    Raises `SettingsError` for an unknown or unusable setting.
    """
    environ = os.environ if environ is None else environ
    _refuse_unknown(environ)
    values = {s.field: _value(s, environ) for s in SETTINGS}
    folder = (data or values["data"]).expanduser().resolve()
    values["data"] = folder
    values["database_url"] = values["database_url"] or f"sqlite:///{folder / 'portal.db'}"
    values["secret_key"] = values["secret_key"] or _made_up_secret(folder, values["database_url"])
    if (values["mail_url"] is None) != (values["mail_from"] is None):
        raise SettingsError("PORTAL_MAIL_URL and PORTAL_MAIL_FROM belong together: set both, or neither.")
    if (values["storage_key"] is None) != (values["storage_secret"] is None):
        raise SettingsError("PORTAL_STORAGE_KEY and PORTAL_STORAGE_SECRET belong together: set both, or neither.")
    values["asterisk"] = AsteriskSettings(**{each: values.pop(f"asterisk_{each}") for each in asterisk.FIELDS})
    return Settings(**values)


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
        return setting.read(text or DEFAULTS.get(setting.name, ""))
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
