"""`portal fill`: a past for load tests, written into an account by the million, also while the installation runs."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice, product, zip_longest
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import func, select

from portal.accounts.services import find_account
from portal.accounts.zone import account_zone, billing_zone, is_moving
from portal.billing.ledger import local_day
from portal.billing.models import LedgerEntry
from portal.billing.plans import version_on
from portal.calls.log.models import CallClass
from portal.calls.models import CallLeg, CallRecord
from portal.contacts.models import Contact
from portal.contacts.queries import crm_users
from portal.demo.ahead import ahead
from portal.demo.chapter import Chapter, Written, table_of
from portal.demo.copies import WEEK, copy
from portal.demo.history import Cast, Somebody, calls_per_day, moments, past_call
from portal.demo.postings import PriceBook, Purse
from portal.demo.room import joining_texts, room_for_many
from portal.kernel.bulk import expecting_many, learn, reserve_ids, with_own_connections
from portal.kernel.clock import monotonic, now
from portal.kernel.config import Settings
from portal.kernel.db import db, dialect, is_sqlite, transaction
from portal.kernel.errors import Conflict, Refused
from portal.kernel.locks import take_lock
from portal.telephony.queries import dids, sip_lines

CALLS_AT_ONCE = 10_000
"""So few that another writer of an embedded database waits for a fraction of a second only."""
COPIED_FROM = 200_000
"""Calls of a past so long that most of its weeks are copies of its last one."""
_TOLD_EVERY_SECONDS = 2.0


def fill_account(app: Flask, account_id: int, count: int, *, say: Callable[[str], None]) -> None:
    """Adds `count` calls before the account's oldest one; what was written stays when it is broken off.

    Raises `NotFound` for an unknown account, `Refused` for one without SIP accounts or public numbers, `Conflict`
    while another process fills it.
    """
    settings: Settings = app.extensions["portal.settings"]
    lock = take_lock(f"fill-{account_id}", settings.database_url, settings.data)
    if lock is None:
        raise Conflict(f"Account {account_id} is being filled already: wait for the end of that.")
    try:
        with app.app_context():
            _fill(account_id, count, say)
    finally:
        lock.release()


def _fill(account_id: int, count: int, say: Callable[[str], None]) -> None:
    with transaction(account_id, writes=False):
        find_account(account_id)
        prices, purse = PriceBook(version_on(local_day(now()))), Purse(billing_zone())
        past = _Past(account_id, _cast(), account_zone(), prices, purse, _Progress(count, say))
        end = _end()
    with expecting_many(), room_for_many(say) if count >= COPIED_FROM else nullcontext(), joining_texts(account_id):
        past.write(count, end)


@dataclass(frozen=True, slots=True)
class _Past:
    account_id: int
    people: Cast
    zone: ZoneInfo
    prices: PriceBook
    purse: Purse
    progress: _Progress

    def write(self, count: int, end: datetime) -> None:
        """So many calls before `end`: made up, and of so many that they fill weeks, all weeks but one copied."""
        chance = random.Random(f"{self.account_id}:{end.isoformat()}")
        per_day = calls_per_day(count)
        weeks = count // (7 * per_day) if count >= COPIED_FROM else 0
        if weeks:
            end = end.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)
            week = list(self._made_up(moments(7 * per_day, end, self.zone, chance, per_day), chance))
            self._copied(week, weeks)
            end -= weeks * WEEK
        for _chapter in self._made_up(moments(count - weeks * 7 * per_day, end, self.zone, chance, per_day), chance):
            pass

    def _made_up(self, when: Iterator[datetime], chance: random.Random) -> Iterator[Written]:
        calls = (past_call(moment, self.people, chance) for moment in when)
        batches = iter(lambda: list(islice(calls, CALLS_AT_ONCE)), [])
        chapters = (Chapter(batch, self.prices, self.purse, self.zone, dialect()) for batch in batches)
        for place, chapter in enumerate(ahead(chapters)):
            with _writing(self.account_id, self.zone):
                yield chapter.write()
            self.progress.add(chapter.calls, len(chapter))
            if place == 0:
                self._learn()

    def _learn(self) -> None:
        with transaction(self.account_id):
            learn(*(table_of(model) for model in (CallRecord, CallLeg, CallClass, LedgerEntry)))

    def _copied(self, week: Sequence[Written], weeks: int) -> None:
        """SQLite has one writer at a time; on PostgreSQL a second process writes every other week."""
        self._learn()
        processes = 1 if is_sqlite() else 2
        ours, *others = (self._copies(week, range(first, weeks, processes)) for first in range(1, processes + 1))
        with ExitStack() as stack:
            theirs = [stack.enter_context(closing(ahead(with_own_connections(other)))) for other in others]
            for chapters in zip_longest(ours, *theirs, fillvalue=(0, 0)):
                for calls, rows in chapters:
                    self.progress.add(calls, rows)

    def _copies(self, week: Sequence[Written], numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
        """So many weeks earlier each; of each chapter, when it is written, how many calls and rows that were."""
        first = None
        if not is_sqlite():
            # All at once, or the two would wait for each other: PostgreSQL keeps them after the transaction.
            with transaction(self.account_id):
                first = reserve_ids(table_of(CallRecord), len(numbers) * sum(len(chapter.calls) for chapter in week))
        for number, chapter in product(numbers, week):
            with _writing(self.account_id, self.zone):
                rows = copy(chapter, number, first)
            yield len(chapter.calls), rows
            first = None if first is None else first + len(chapter.calls)


@contextmanager
def _writing(account_id: int, zone: ZoneInfo) -> Iterator[None]:
    with transaction(account_id):
        if is_moving() or account_zone() != zone:
            raise Conflict("The account gets another time zone: fill it again after that.")
        yield


@dataclass
class _Progress:
    count: int
    say: Callable[[str], None]
    done: int = 0
    rows: int = 0
    began: float = field(default_factory=monotonic)
    told: float = field(default_factory=monotonic)

    def add(self, calls: int, rows: int) -> None:
        self.done += calls
        self.rows += rows
        if monotonic() - self.told > _TOLD_EVERY_SECONDS or self.done == self.count:
            self.told = monotonic()
            pace = self.rows / (self.told - self.began)
            self.say(f"{self.done} of {self.count} calls ({self.rows} rows with legs and postings), {pace:,.0f} rows/s")


def _cast() -> Cast:
    """Who is there to call: the account's own lines, users and contacts."""
    names = {user.sip_line_id: user.name for user in crm_users()}
    employees = [Somebody(line.name, names.get(line.id)) for line in sip_lines()]
    numbers = [did.number for did in dids()]
    if not employees or not numbers:
        raise Refused("Add a SIP account and a public number to the account first.")
    contacts = [
        Somebody(number.number, contact.name)
        for contact in db.session.scalars(select(Contact).limit(500))
        for number in contact.numbers
    ]
    return Cast(numbers, employees, contacts)


def _end() -> datetime:
    """When the account's own history begins."""
    oldest = (
        db.session.scalar(select(func.min(CallRecord.started_at))),
        db.session.scalar(select(func.min(LedgerEntry.at))),
    )
    return min([moment for moment in oldest if moment is not None], default=now()) - timedelta(minutes=5)
