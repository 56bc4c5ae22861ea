"""Open the URL, give it a new one, keep what comes to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select

from portal.accounts.audit import audit
from portal.kernel.clock import now
from portal.kernel.db import announce, db, transaction
from portal.kernel.errors import NotFound, TooMany
from portal.kernel.http import is_secret, redact
from portal.kernel.secrets import Vault, random_token
from portal.webhooks.capture.models import CapturedRequest, CapturePage

KEPT, KEPT_FOR = 100, timedelta(days=1)
BODY_BYTES = 32 * 1024
PER_MINUTE = 120
_LONGEST = 8000
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_TOKEN = re.compile(r"[\w-]{20,100}")


@dataclass(frozen=True, slots=True)
class Capture:
    """The open URL."""

    token: str


def find_capture(vault: Vault) -> Capture | None:
    """The account's URL, where one is open."""
    page = db.session.scalar(select(CapturePage))
    return None if page is None else Capture(vault.open(page.sealed))


def open_capture(vault: Vault) -> Capture:
    """A URL with a new token; an earlier one stops answering, what came to it goes."""
    db.session.execute(delete(CapturedRequest))
    db.session.execute(delete(CapturePage))
    token = random_token()
    db.session.add(CapturePage(lookup_hash=vault.lookup_hash(token), sealed=vault.seal(token)))
    audit("webhook.open-capture", "capture page")
    announce("capture-changed")
    return Capture(token)


def clear_captured() -> None:
    """What came so far goes; the URL stays."""
    db.session.execute(delete(CapturedRequest))
    audit("webhook.clear-capture", "capture page")
    announce("capture-changed")


def captured() -> Sequence[CapturedRequest]:
    """What has come within a day, the latest first."""
    return db.session.scalars(
        select(CapturedRequest)
        .where(CapturedRequest.received_at > now() - KEPT_FOR)
        .order_by(CapturedRequest.id.desc())
        .limit(KEPT)
    ).all()


def receive(vault: Vault, token: str, method: str, query: str, headers: Iterable[tuple[str, str]], body: bytes) -> None:
    """Keeps one request. Raises `NotFound` for a token that no page has, `TooMany` above the rate of a page.

    By transactions of its own: whoever sends has not signed in.
    """
    if not _TOKEN.fullmatch(token):
        raise NotFound
    with transaction(everything="capture page look-up", writes=False) as session:
        place = session.execute(
            select(CapturePage.account_id, CapturePage.id).where(CapturePage.lookup_hash == vault.lookup_hash(token))
        ).one_or_none()
    if place is None:
        raise NotFound
    with transaction(place.account_id):
        _refuse_flood()
        db.session.add(
            CapturedRequest(
                page_id=place.id,
                method=method[:8],
                query=_storable(query)[:_LONGEST],
                headers=[[_storable(name), _shown(name, value)] for name, value in headers][:50],
                body=_storable(body[:BODY_BYTES].decode("utf-8", "replace")),
            )
        )
        db.session.flush()
        _forget_old()
        announce("capture-changed")


def _refuse_flood() -> None:
    """No more than a hundred are ever there: they must not have come within less than their share of a minute."""
    oldest = db.session.scalar(
        select(CapturedRequest.received_at).order_by(CapturedRequest.id.desc()).limit(1).offset(KEPT - 1)
    )
    if oldest is not None and oldest > now() - timedelta(seconds=60 * KEPT / PER_MINUTE):
        raise TooMany("Too many requests.", 30)


def _forget_old() -> None:
    last = select(CapturedRequest.id).order_by(CapturedRequest.id.desc()).limit(1).offset(KEPT - 1).scalar_subquery()
    db.session.execute(
        delete(CapturedRequest)
        .where((CapturedRequest.received_at <= now() - KEPT_FOR) | (CapturedRequest.id < func.coalesce(last, 0)))
        .execution_options(synchronize_session=False)
    )


def _shown(name: str, value: str) -> str:
    return "***" if is_secret(name) else redact(_storable(value))[:_LONGEST]


def _storable(text: str) -> str:
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
