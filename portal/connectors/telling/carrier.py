"""The worker's part: takes what is due and tells it, each CRM at the pace that it allows, none waiting for another."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import structlog
from flask import Flask

from portal.connectors.making import connector_of
from portal.connectors.models import CrmKind
from portal.connectors.state import note_trouble
from portal.connectors.talking import Spacing
from portal.connectors.telling.marks import BELL
from portal.connectors.telling.tasks import Task, claim, due_accounts, let_go
from portal.connectors.telling.telling import tell
from portal.kernel.bells import Bells, wait_for
from portal.kernel.db import transaction
from portal.kernel.http import ServiceTrouble

log = structlog.get_logger(__name__)

SECONDS_BETWEEN = {CrmKind.AMOCRM: 0.2, CrmKind.BITRIX24: 0.6}
"""Between two requests of this process: amoCRM takes 7 in a second, Bitrix24 two, and lookups come on top."""
_THREADS = 8
_POLL_SECONDS = 5.0


class CrmCarrier:
    """Tells CRMs of calls until told to stop. Any number of them may run."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._bells: Bells = app.extensions["portal.bells"]
        self._lock = threading.Lock()
        self._busy: set[int] = set()
        self._spacings: dict[int, Spacing] = {}
        self._stop = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Works until `stop`; what is under way is told to its end."""
        self._stop = stop
        listener = self._bells.listen()
        with ThreadPoolExecutor(_THREADS, "crm") as threads:
            try:
                while not stop.is_set():
                    self._send_out(threads)
                    wait_for(BELL, listener, stop, seconds=_POLL_SECONDS)
            finally:
                listener.close()

    def round(self) -> int:
        """Tells all that is due now, once each; answers how many calls a CRM was told of."""
        with self._app.app_context():
            accounts = due_accounts()
        return sum(self._work(account_id) for account_id in accounts)

    def _send_out(self, threads: ThreadPoolExecutor) -> None:
        try:
            with self._app.app_context():
                accounts = due_accounts()
        except Exception:
            # The database is away: what is due stays due.
            log.exception("crm_round_failed")
            return
        for account_id in accounts:
            with self._lock:
                if account_id in self._busy:
                    continue
                self._busy.add(account_id)
            threads.submit(self._work_alone, account_id)

    def _work_alone(self, account_id: int) -> None:
        try:
            self._work(account_id)
        except Exception:
            log.exception("crm_telling_failed", account=account_id)
        finally:
            with self._lock:
                self._busy.discard(account_id)

    def _work(self, account_id: int) -> int:
        """All that is due for one account; a ring that comes meanwhile goes next."""
        told = 0
        with self._app.app_context():
            while not self._stop.is_set() and (task := claim(account_id)) is not None:
                told += self._tell(task)
        return told

    def _tell(self, task: Task) -> bool:
        kind = CrmKind(task.link.kind)
        with self._lock:
            spacing = self._spacings.setdefault(task.account_id, Spacing(SECONDS_BETWEEN[kind]))
        spacing.seconds = SECONDS_BETWEEN[kind]
        try:
            connector = connector_of(self._app, task.link, spacing)
        except ServiceTrouble as failure:
            with transaction(task.account_id):
                again = note_trouble(failure)
            let_go(task, due_at=again, trouble=failure.trouble.value, detail=failure.detail)
            return False
        return tell(connector, task)
