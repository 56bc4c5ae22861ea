"""Records of the provider's calls: each fetched once, whole or not at all, asked for again while it is not there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import func, select

from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.http import ServiceTrouble, Trouble
from portal.telephony.engine import RecordSink
from portal.telephony.engines.provider.client import Client
from portal.telephony.provider.models import ProviderCall, RecordState

log = structlog.get_logger(__name__)

AT_ONCE = 10
"""Records of one turn."""
_FIRST_PAUSE = timedelta(seconds=15)
_LONGEST_PAUSE = timedelta(hours=1)
_MOST_TRIES_FOR_NOTHING = 12
"""So often a record that the list named is asked for where the provider says that there is none."""
_SUFFIXES = {"audio/mpeg": ".mp3", "audio/mp3": ".mp3"}


class Records:
    """One account's."""

    def __init__(self, account_id: int, sink: RecordSink, folder: Path) -> None:
        self._account_id = account_id
        self._sink = sink
        self._folder = folder

    def fetch_due(self, make_client: Callable[[], Client]) -> None:
        """Those whose time has come, oldest first. Trouble with one keeps no other from coming."""
        due = self._due()
        if not due:
            return
        client = make_client()
        for upstream_id, api_call_id in due:
            try:
                self._fetch(client, upstream_id, api_call_id)
            except ServiceTrouble as failure:
                self._later(upstream_id, failure)
            else:
                self._settle(upstream_id, RecordState.FETCHED)

    def _due(self) -> list[tuple[str, str]]:
        with transaction(self._account_id, writes=False):
            query = select(ProviderCall.upstream_id, ProviderCall.api_call_id)
            due = query.where(ProviderCall.record_due_at <= now()).order_by(ProviderCall.record_due_at)
            return [(row.upstream_id, row.api_call_id) for row in db.session.execute(due.limit(AT_ONCE))]

    def _fetch(self, client: Client, upstream_id: str, api_call_id: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        part = self._folder / f"{self._account_id}-{api_call_id}.part"
        try:
            with part.open("wb") as file:
                kind = client.record(upstream_id, file)
            if part.stat().st_size == 0:
                raise ServiceTrouble(Trouble.NOT_YET, "an empty record")
            if kind.startswith(("text/", "application/json")):
                raise ServiceTrouble(Trouble.NOT_FOUND, f"{kind} instead of a record")
            whole = part.with_suffix(_SUFFIXES.get(kind, ".wav"))
            part.rename(whole)
        finally:
            part.unlink(missing_ok=True)
        self._sink.complete(self._account_id, api_call_id, whole, 0.0)

    def _later(self, upstream_id: str, failure: ServiceTrouble) -> None:
        log.warning("record_not_fetched", account=self._account_id, reason=str(failure))
        with transaction(self._account_id):
            row = _row(upstream_id)
            row.record_tries += 1
            if failure.trouble in (Trouble.NOT_FOUND, Trouble.REFUSED) and row.record_tries >= _MOST_TRIES_FOR_NOTHING:
                row.record, row.record_due_at = RecordState.GIVEN_UP, None
                return
            row.record_due_at = _again_at(row.record_tries, failure)

    def _settle(self, upstream_id: str, record: RecordState) -> None:
        with transaction(self._account_id):
            row = _row(upstream_id)
            row.record, row.record_due_at = record, None


def waiting_records() -> int:
    """How many records of the entered account are still to be fetched."""
    query = select(func.count(ProviderCall.id)).where(ProviderCall.record_due_at.is_not(None))
    return db.session.scalar(query) or 0


def _row(upstream_id: str) -> ProviderCall:
    return db.session.scalars(select(ProviderCall).where(ProviderCall.upstream_id == upstream_id)).one()


def _again_at(tries: int, failure: ServiceTrouble) -> datetime:
    pause = min(_FIRST_PAUSE * 2 ** min(tries - 1, 10), _LONGEST_PAUSE)
    if failure.retry_after is not None:
        pause = max(timedelta(seconds=1), min(timedelta(seconds=failure.retry_after), _LONGEST_PAUSE))
    return now() + pause
