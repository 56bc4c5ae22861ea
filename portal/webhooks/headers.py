"""Custom headers: one `Name: value` per line as people write them; sensitive values are sealed and stay unseen."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from portal.kernel.errors import Refused
from portal.kernel.http import is_secret
from portal.kernel.i18n import gettext as _
from portal.kernel.secrets import Vault

MASK = "***"
_MOST, _LONGEST = 20, 1000
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_CREDENTIALS = re.compile(r"(?i)(bearer|basic|token)\s")
_OURS = frozenset(
    (
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "host",
        "keep-alive",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    )
)

Header = Sequence[Any]
"""[name, value, is_sealed]"""


def shown(headers: Iterable[Header] | None) -> str:
    """The lines for the form: a sealed value stands as `***`."""
    return "\n".join(f"{name}: {MASK if is_sealed else value}" for name, value, is_sealed in headers or ())


def read_headers(text: str, before: Iterable[Header] | None, vault: Vault) -> list[list[Any]]:
    """The headers of the form; `***` keeps the value that is stored. Raises `Refused` at the field `headers`."""
    kept = {name.lower(): [name, value, is_sealed] for name, value, is_sealed in before or ()}
    found: dict[str, list[Any]] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        name, colon, value = (part.strip() for part in line.partition(":"))
        _check(name, colon, value)
        if name.lower() in found:
            raise Refused(_("The header %(name)s stands there twice.", name=name), "headers")
        found[name.lower()] = _entry(name, value, kept.get(name.lower()), vault)
    if len(found) > _MOST:
        raise Refused(_("At most %(count)s headers can be added.", count=_MOST), "headers")
    return list(found.values())


def _check(name: str, colon: str, value: str) -> None:
    if not colon or not _NAME.fullmatch(name):
        raise Refused(_("Write each header on a line of its own, as Name: value."), "headers")
    if name.lower() in _OURS or name.lower().startswith("webhook-"):
        raise Refused(_("The header %(name)s is ours to set.", name=name), "headers")
    if not value or len(value) > _LONGEST or not _VALUE.fullmatch(value):
        raise Refused(_("The value of %(name)s cannot stand in a header.", name=name), "headers")


def _entry(name: str, value: str, kept: list[Any] | None, vault: Vault) -> list[Any]:
    if value == MASK:
        if kept is None or not kept[2]:
            raise Refused(_("Enter the value of %(name)s: there is none to keep.", name=name), "headers")
        return kept
    is_sensitive = is_secret(name) or _CREDENTIALS.match(value) is not None
    return [name, vault.seal(value) if is_sensitive else value, is_sensitive]
