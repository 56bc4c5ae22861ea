"""The URL of a webhook: what a person may type, and what is said to it where it cannot work."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from portal.kernel.errors import Refused
from portal.kernel.http import Door, UrlReason, UrlRefused, redact
from portal.kernel.http.redact import MASK
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l

LONGEST_URL = 2000
CAPTURE_PATH = "/capture"
"""Where the cabinet's own capture URLs begin: what follows is a token, and all that it takes to write there."""
_TOKEN = re.compile(rf"({CAPTURE_PATH}/)[\w-]{{20,}}")


@dataclass(frozen=True, slots=True)
class SendableUrl:
    """A URL that the door lets out; `canonical` is the same for two spellings of one URL."""

    text: str
    canonical: str


_WHY = {
    UrlReason.SCHEME: _l("Only https:// and http:// can be used."),
    UrlReason.NO_HOST: _l("The URL has no server name: write it as https://crm.example.ru/calls.php."),
    UrlReason.CREDENTIALS: _l(
        "Take the user name and password out of the URL; a secret parameter in its query does the same."
    ),
    UrlReason.FRAGMENT: _l("Take out the part after #: it is never sent to a server."),
    UrlReason.PORT: _l("The port must be 80, 443 or a number from 1024 to 65535."),
    UrlReason.CHARACTERS: _l("The URL holds a space or another character that cannot stand there."),
    UrlReason.TOO_LONG: _l("The URL is too long: 2000 characters are the most."),
    UrlReason.HOST: _l("There can be no server of this name. Check it for mistakes."),
    UrlReason.SPELLING: _l("Write the server's address in its usual form: four numbers with dots."),
    UrlReason.ADDRESS: _l(
        "This server stands in an inner network, where webhooks do not go. The operator of this cabinet can allow its"
        " network by the setting PORTAL_WEBHOOK_ALLOW."
    ),
    UrlReason.UNRESOLVED: _l("No server of this name can be found right now. Check it for mistakes, or try later."),
}


def check_url(door: Door, typed: str) -> SendableUrl:
    """A URL as people write it, tried at the door: by its text, and by the addresses that its name has now.

    Nothing is sent to it, since a GET may have effects. May take seconds: no transaction should be open meanwhile.
    Raises `Refused`, at the field `url`, with words that say what to change.
    """
    text = typed.strip()
    if not text:
        raise Refused(_("Enter the URL that is to be told."), "url")
    if "://" not in text:
        raise Refused(_("Begin the URL with https:// or http://."), "url")
    try:
        return SendableUrl(text, _checked(door, text))
    except UrlRefused as refusal:
        raise Refused(str(_WHY[refusal.reason]), "url") from None


def _checked(door: Door, text: str) -> str:
    checked = door.check_url(text, max_length=LONGEST_URL)
    # Letters outside ASCII grow when they are encoded.
    if len(checked.url) > LONGEST_URL:
        raise UrlRefused(UrlReason.TOO_LONG)
    door.check_host(checked)
    return checked.url


def redacted(text: str) -> str:
    """A URL, or what holds one, for people who may not see its keys, and for the audit trail."""
    return _TOKEN.sub(rf"\1{MASK}", redact(text))


def host_of(url: str) -> str:
    """The server of a URL: what tells two webhooks apart where the rest may hold keys."""
    return urlsplit(url).netloc


def place_of(url: str) -> str:
    """Server and path of a URL, without its query and without the token of a capture URL."""
    return redacted(f"{host_of(url)}{urlsplit(url).path}")


FILTERS: dict[str, Callable[..., object]] = {"redacted": redacted, "host_of": host_of, "place_of": place_of}
"""For templates."""
