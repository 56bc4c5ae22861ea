"""The work for one account: hand on its notices, ask for its calls, mend its last day, fetch its records."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from flask import Flask
from sqlalchemy import func, select

from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.http import ServiceTrouble, Trouble
from portal.kernel.secrets import Vault
from portal.telephony.control.reconcile import close_interrupted
from portal.telephony.engine import CallChange, RecordSink
from portal.telephony.engines.provider.client import Client
from portal.telephony.engines.provider.facts import CallFacts
from portal.telephony.engines.provider.wire import BadTelling, CallList, read_call, read_notice
from portal.telephony.provider import inbox, state
from portal.telephony.provider.knowing import take_in
from portal.telephony.provider.models import ProviderCall
from portal.telephony.provider.records import Records
from portal.telephony.provider.services import access_of, provider_link
from portal.telephony.switch_life import SwitchJournal

log = structlog.get_logger(__name__)

RECENT = timedelta(minutes=15)
DAY = timedelta(days=1)
LONGEST_AWAY = timedelta(days=31)
_FORGOTTEN = timedelta(minutes=10)
_LOST = timedelta(hours=4)
"""A call without an end that the provider does not know any more is over by then,"""
_LONGEST = timedelta(days=1)
"""and by then one that it still tells of as going on. An end that it tells later counts all the same."""
_MOST_ASKED_ABOUT = 20


@dataclass(frozen=True, slots=True)
class Means:
    """What all accounts' duties work with."""

    app: Flask
    switch: str
    journal: SwitchJournal
    sink: RecordSink
    folder: Path


@dataclass(slots=True)
class _Heard:
    """What came of one going through of the list."""

    count: int = 0
    unread: int = 0
    why: str = ""


class Duties:
    """One account's. `hear`, `ask` and `fetch` may run at the same time, each in one thread."""

    def __init__(self, account_id: int, means: Means) -> None:
        self._account_id = account_id
        self._means = means
        self._vault: Vault = means.app.extensions["portal.vault"]
        self.writing = threading.RLock()
        """Held while calls are written: an ordered call must have its id before the list tells of it."""

    def hear(self) -> None:
        """Hands on the notices that wait."""
        with transaction(self._account_id, writes=False):
            waiting = [(row.id, row.parameters) for row in inbox.waiting_notices()]
        facts: dict[int, CallFacts] = {}
        for notice_id, parameters in waiting:
            try:
                facts[notice_id] = read_notice(parameters)
            except BadTelling as error:
                log.warning("notice_not_read", notice=notice_id, reason=str(error))
        if not waiting:
            return
        failed = self.take_in(*facts.values())
        done = [each for each, _said in waiting if each not in facts or facts[each].upstream_id not in failed]
        with transaction(self._account_id):
            inbox.note_handed_on(done)

    def ask(self, *, is_whole_day: bool) -> bool:
        """Asks for the latest calls, or goes through the last day; longer back where we or the provider were away.

        Answers whether the provider told all of it.
        """
        moment = now()
        try:
            client, since = self._client(), self._since(moment, is_whole_day=is_whole_day)
            heard = self._go_through(client, since)
            if is_whole_day:
                self._mend_open(client, moment)
        except ServiceTrouble as failure:
            log.warning("provider_trouble", account=self._account_id, reason=str(failure))
            with transaction(self._account_id):
                if failure.is_of_the_service:
                    state.note_failure(failure)
                else:
                    state.note_trouble(Trouble.NONSENSE, failure.detail)
            return False
        with transaction(self._account_id):
            state.note_good(moment)
            if is_whole_day:
                _note_day(moment, heard)
                inbox.forget_old()
        return True

    def fetch(self) -> None:
        """Fetches the records that are due."""
        means = self._means
        Records(self._account_id, means.sink, means.folder).fetch_due(self._client)

    def take_in(self, *facts: CallFacts) -> set[str]:
        """See `knowing.take_in`."""
        with self.writing:
            return take_in(self._account_id, self._means.switch, facts, self._means.journal)

    def _client(self) -> Client:
        with transaction(self._account_id, writes=False):
            link = provider_link()
            if link is None:
                raise ServiceTrouble(Trouble.ADDRESS, "no link")
            try:
                access = access_of(self._vault, link)
            except ValueError:
                raise ServiceTrouble(Trouble.KEY_REFUSED, "sealed by another PORTAL_SECRET_KEY") from None
        return Client(self._means.app.extensions["portal.http"], access)

    def _since(self, moment: datetime, *, is_whole_day: bool) -> datetime:
        with transaction(self._account_id, writes=False):
            link = provider_link()
            good_at, whole_at = (link.good_at, link.reconciled_at) if link else (None, None)
        begin = (whole_at or moment) - DAY if is_whole_day else min(moment, good_at or moment) - RECENT
        return max(begin, moment - LONGEST_AWAY)

    def _go_through(self, client: Client, since: datetime) -> _Heard:
        heard = _Heard()
        for page in client.calls(since=since):
            facts = list(_read(page, heard))
            self.take_in(*(each for each in facts if each.started_at >= since))
            if page.fault:
                # What came whole is taken in; the rest is asked for again.
                raise ServiceTrouble(Trouble.NONSENSE, page.fault)
            if _is_behind(facts, since):
                break
        return heard

    def _mend_open(self, client: Client, moment: datetime) -> None:
        """Calls of which no end was told: asked for by name; what the provider does not know any more is closed.

        Of very many it is some by chance, so that those which never end hold up no others.
        """
        with transaction(self._account_id, writes=False):
            query = select(ProviderCall.upstream_id, ProviderCall.api_call_id, ProviderCall.started_at)
            old = query.where(ProviderCall.is_over.is_(False), ProviderCall.started_at < moment - _FORGOTTEN)
            rows = db.session.execute(old.order_by(func.random()).limit(_MOST_ASKED_ABOUT)).all()
        for upstream_id, api_call_id, started_at in rows:
            facts: list[CallFacts] = []
            try:
                for page in client.calls(upstream_id=upstream_id):
                    facts += [each for each in _read(page, _Heard()) if each.upstream_id == upstream_id]
            except ServiceTrouble as failure:
                if failure.is_of_the_service:
                    raise
            if facts:
                self.take_in(*facts)
            is_over = any(each.is_over for each in facts)
            if not is_over and started_at < moment - (_LONGEST if facts else _LOST):
                self._close(upstream_id, api_call_id)

    def _close(self, upstream_id: str, api_call_id: str) -> None:
        with self.writing:
            for call in self._means.journal.open_calls(self._means.switch):
                if (call.account_id, call.api_call_id) == (self._account_id, api_call_id):
                    self._means.journal.record(close_interrupted(call, call.started_at), CallChange.FINISHED)
            with transaction(self._account_id):
                row = db.session.scalars(select(ProviderCall).where(ProviderCall.upstream_id == upstream_id)).one()
                row.is_over, row.version = True, row.version + 1


def _read(page: CallList, heard: _Heard) -> Iterator[CallFacts]:
    for said in page.calls:
        try:
            yield read_call(said)
        except BadTelling as error:
            heard.unread += 1
            heard.why = heard.why or str(error)
        else:
            heard.count += 1


def _is_behind(facts: Sequence[CallFacts], since: datetime) -> bool:
    """Whether no later page has a call of after `since`: a provider that knows no `from` would tell of years.

    Newest first, says the contract; one that tells the oldest first is heard to the end.
    """
    is_newest_first = bool(facts) and facts[0].started_at >= facts[-1].started_at
    return is_newest_first and all(each.started_at < since for each in facts)


def _note_day(moment: datetime, heard: _Heard) -> None:
    link = provider_link(locks=True)
    if link is not None:
        link.reconciled_at, link.unread, link.unread_why = moment, heard.unread, heard.why[:200]
