"""The provider engine: no switch of its own; it hears, asks and orders at each account's provider."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from portal.kernel.bells import Bells
from portal.kernel.clock import monotonic, now
from portal.kernel.config import Settings
from portal.kernel.db import db, transaction
from portal.telephony.engine import RecordSink
from portal.telephony.models import OrderKind, OrderRefusal
from portal.telephony.orders import Order, expire_asked
from portal.telephony.provider.calling import Calling
from portal.telephony.provider.duties import Duties, Means
from portal.telephony.provider.models import ProviderCall, ProviderLink
from portal.telephony.provider.services import PROVIDER_TOPIC
from portal.telephony.switch_life import LeftCalls, SwitchJournal

log = structlog.get_logger(__name__)

POLL_SECONDS, POLL_SECONDS_IN_CALLS = 20.0, 5.0
RECONCILE_SECONDS = 480.0
_LOOK_SECONDS = 1.0
_THREADS, _CALLING_THREADS = 12, 8
_STOP_SECONDS = 6.0


@dataclass(slots=True)
class _Account:
    """When what is due for an account, on the monotonic clock, and what is under way."""

    duties: Duties
    changed_at: datetime
    ask_at: float = 0.0
    day_at: float = 0.0
    busy: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Link:
    account_id: int
    changed_at: datetime
    is_resting: bool
    has_open: bool


class ProviderEngine:
    """See `SwitchEngine`. Calls live at the provider: they outlast this process, and its next life asks for them."""

    answers_itself = True

    def __init__(self, app: Flask, journal: SwitchJournal, sink: RecordSink) -> None:
        settings: Settings = app.extensions["portal.settings"]
        self._app = app
        self._means = Means(app, settings.switch, journal, sink, settings.data / "tape" / settings.switch)
        self._calling = Calling(app)
        self._accounts: dict[int, _Account] = {}
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(_THREADS, "provider")
        self._callers = ThreadPoolExecutor(_CALLING_THREADS, "outcome")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="provider", daemon=True)

    def start(self, left: LeftCalls) -> None:  # noqa: ARG002 (what was left open goes on at the provider)
        """Begins to hear and to ask; each account's last day is gone through at once."""
        expire_asked(self._means.switch)
        self._thread.start()

    def stop(self) -> None:
        """Ends; what is under way is waited for a little and is found again by the next life."""
        self._stop.set()
        self._thread.join(_STOP_SECONDS)
        for threads in (self._threads, self._callers):
            threads.shutdown(wait=False, cancel_futures=True)

    def refresh(self) -> None:
        """Nothing is kept of the lines: the provider knows where they ring."""

    def refusal(self, order: Order) -> OrderRefusal | None:
        """A provider takes calls to place, and nothing else."""
        if order.kind is not OrderKind.ORIGINATE:
            return OrderRefusal.NOT_POSSIBLE
        return self._calling.refusal(order.account_id)

    def carry_out(self, order: Order) -> None:
        """Asks the provider in a thread of its own; the order is answered with what it said."""
        duties = self._account(order.account_id, None).duties
        self._callers.submit(self._in_app, lambda: self._calling.carry_out(order, duties))

    def _run(self) -> None:
        bells: Bells = self._app.extensions["portal.bells"]
        listener = bells.listen()
        try:
            while not self._stop.is_set():
                try:
                    with self._app.app_context():
                        for link in _links():
                            self._send_out(link)
                except OperationalError as error:
                    log.warning("database_away", error=repr(error))
                ends = monotonic() + _LOOK_SECONDS
                while not self._stop.is_set() and (left := ends - monotonic()) > 0:
                    if PROVIDER_TOPIC in listener.wait(left):
                        break
        finally:
            listener.close()

    def _send_out(self, link: _Link) -> None:
        account = self._account(link.account_id, link.changed_at)
        self._begin(account, "hear", account.duties.hear)
        if link.is_resting:
            return
        moment = monotonic()
        if link.has_open:
            account.ask_at = min(account.ask_at, moment + POLL_SECONDS_IN_CALLS)
        is_whole_day = moment >= account.day_at
        if (is_whole_day or moment >= account.ask_at) and "ask" not in account.busy:
            account.ask_at = moment + POLL_SECONDS
            self._begin(account, "ask", lambda: self._ask(account, is_whole_day=is_whole_day))
        self._begin(account, "fetch", account.duties.fetch)

    def _ask(self, account: _Account, *, is_whole_day: bool) -> None:
        is_done = account.duties.ask(is_whole_day=is_whole_day)
        if is_whole_day and is_done:
            account.day_at = monotonic() + RECONCILE_SECONDS

    def _begin(self, account: _Account, name: str, work: Callable[[], object]) -> None:
        with self._lock:
            if name in account.busy:
                return
            account.busy.add(name)

        def run() -> None:
            try:
                self._in_app(work)
            finally:
                with self._lock:
                    account.busy.discard(name)

        self._threads.submit(run)

    def _in_app(self, work: Callable[[], object]) -> None:
        try:
            with self._app.app_context():
                work()
        except OperationalError as error:
            log.warning("database_away", error=repr(error))
        except Exception:
            log.exception("provider_duty_failed")

    def _account(self, account_id: int, changed_at: datetime | None) -> _Account:
        """What is kept of an account; new settings begin with its whole day."""
        with self._lock:
            account = self._accounts.get(account_id)
            if account is None:
                account = self._accounts[account_id] = _Account(Duties(account_id, self._means), changed_at or now())
            if changed_at is not None and changed_at != account.changed_at:
                account.changed_at, account.ask_at, account.day_at = changed_at, 0.0, 0.0
            return account


def _links() -> list[_Link]:
    moment = now()
    is_open = (
        select(ProviderCall.id)
        .where(ProviderCall.account_id == ProviderLink.account_id, ProviderCall.is_over.is_(False))
        .exists()
    )
    query = select(ProviderLink.account_id, ProviderLink.changed_at, ProviderLink.resting_until, is_open)
    with transaction(everything="job dispatch", writes=False):
        rows = db.session.execute(query.where(ProviderLink.is_on.is_(True))).all()
    return [
        _Link(account_id, changed_at, resting is not None and resting > moment, has_open)
        for account_id, changed_at, resting, has_open in rows
    ]
