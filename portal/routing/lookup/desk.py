"""Asks CRMs in threads of its own, so that a call waits for its budget and not a moment longer."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass

import structlog
from flask import Flask

from portal.kernel.clock import monotonic, now
from portal.kernel.db import transaction
from portal.routing.lookup.protocol import CallerLookup, LookupFailed, LookupResult
from portal.routing.lookup.state import keep_answer, keep_state, user_named
from portal.telephony.engine import PLANS_AT_ONCE

log = structlog.get_logger(__name__)

LONGEST_SECONDS = 5.0
"""A late answer is waited for so long: it serves the next call."""
_AT_ONCE = PLANS_AT_ONCE - 8
"""Whoever plans and need not ask finds a thread at once, however many wait for CRMs."""
_OF_ONE_ACCOUNT = 4


@dataclass(frozen=True, slots=True)
class LookupAnswer:
    """What came of asking; `detail` is a name or a short technical text."""

    result: LookupResult
    crm_user_id: int | None = None
    detail: str = ""
    took_ms: int = 0


class LookupDesk:
    """One per process, thread-safe. A slow CRM of one account takes few threads from the others.

    A question that could not go out at once is not asked: nobody waits in a queue for CRMs. Answers are read, and kept,
    one at a time, so that they take no more than two connections to the database.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._threads = ThreadPoolExecutor(_AT_ONCE, "lookup")
        self._lock, self._reading, self._keeping = threading.Lock(), threading.Lock(), threading.Lock()
        self._asking: Counter[int] = Counter()

    def ask(self, account_id: int, lookup: CallerLookup, number: str, did: str, *, seconds: float) -> LookupAnswer:
        """The answer, or LATE after `seconds`; what comes later is kept all the same. No transaction may be open."""
        began = monotonic()
        with self._lock:
            if self._asking[account_id] >= _OF_ONE_ACCOUNT or self._asking.total() >= _AT_ONCE:
                return LookupAnswer(LookupResult.CROWDED)
            self._asking[account_id] += 1
        answer: Future[LookupAnswer] = Future()
        self._threads.submit(self._ask, account_id, lookup, number, did, seconds, answer)
        try:
            return answer.result(max(0.0, seconds))
        except FutureTimeout:
            return LookupAnswer(LookupResult.LATE, took_ms=_ms_since(began))

    def close(self) -> None:
        """Nobody is asked any more; what was asked before is answered and kept when this returns."""
        self._threads.shutdown()

    def _ask(
        self,
        account_id: int,
        lookup: CallerLookup,
        number: str,
        did: str,
        budget: float,
        future: Future[LookupAnswer],
    ) -> None:
        began = monotonic()
        answer = LookupAnswer(LookupResult.FAILED, detail="a fault of ours")
        try:
            with self._app.app_context():
                answer = self._answer(account_id, lookup, number, did, began)
                future.set_result(answer)
                with self._keeping, transaction(account_id):
                    if answer.result is not LookupResult.FAILED:
                        keep_answer(number, answer.crm_user_id, now())
                    keep_state(_seen_by_the_call(answer, budget), answer.detail, answer.took_ms, now())
        except Exception:
            log.exception("lookup_not_kept", account_id=account_id)
        finally:
            if not future.done():
                future.set_result(answer)
            with self._lock:
                self._asking[account_id] -= 1

    def _answer(self, account_id: int, lookup: CallerLookup, number: str, did: str, began: float) -> LookupAnswer:
        try:
            named = lookup.ask(number, did, seconds=LONGEST_SECONDS)
        except LookupFailed as failure:
            return LookupAnswer(LookupResult.FAILED, detail=str(failure), took_ms=_ms_since(began))
        if named is None:
            return LookupAnswer(LookupResult.NOBODY, took_ms=_ms_since(began))
        with self._reading, transaction(account_id, writes=False):
            user = user_named(named)
        if user is None:
            return LookupAnswer(LookupResult.STRANGER, detail=named.text, took_ms=_ms_since(began))
        return LookupAnswer(LookupResult.FOUND, user.id, user.name, _ms_since(began))


def _seen_by_the_call(answer: LookupAnswer, budget: float) -> LookupResult:
    """An answer that comes when the call has gone on serves the next one, but is no good answer for all that."""
    is_late = answer.result is not LookupResult.FAILED and answer.took_ms > budget * 1000
    return LookupResult.LATE if is_late else answer.result


def _ms_since(began: float) -> int:
    return round((monotonic() - began) * 1000)
