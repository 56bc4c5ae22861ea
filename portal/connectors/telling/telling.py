"""Telling the CRM of one call, whatever it knows already: what is to be done follows from the difference."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portal.connectors.models import NoteState
from portal.connectors.protocol import Connector
from portal.connectors.state import note_good, note_trouble
from portal.connectors.telling.tasks import Task, let_go, save
from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.kernel.http import ServiceTrouble, Trouble

GIVEN_UP_AFTER = timedelta(days=3)
_AGAIN = timedelta(seconds=10)


def tell(connector: Connector, task: Task) -> bool:
    """Does what is to be done, and lets the call go; answers whether the CRM took it."""
    try:
        if task.is_over:
            _tell_of_the_end(connector, task)
        else:
            _tell_who_is_rung(connector, task)
    except ServiceTrouble as failure:
        _put_off(task, failure)
        return False
    with transaction(task.account_id):
        note_good()
    return True


def _tell_who_is_rung(connector: Connector, task: Task) -> None:
    shown = list(task.shown)
    more = [user for user in task.wanted if user not in shown] if task.link.shows_cards else []
    if more:
        outside_id = connector.show_card(task.note, more)
        shown += more
        save(task, shown=shown, outside_id=outside_id)
    less = [user for user in shown if user not in task.wanted]
    if less and task.wanted:
        connector.hide_card(task.note, less)
        shown = [user for user in shown if user in task.wanted]
    let_go(task, shown=shown)


def _tell_of_the_end(connector: Connector, task: Task) -> None:
    if not task.link.writes_calls and not task.is_written:
        connector.hide_card(task.note, task.shown)
        let_go(task, shown=[])
        return
    if not task.is_written:
        if task.waits_for_record and not connector.takes_records_later:
            let_go(task, due_at=now() + _AGAIN)
            return
        save(task, was_tried=True)
        written = connector.write_call(task.note)
        facts = {"outside_id": written.outside_id, "card_url": written.card_url, "shown": [], "was_tried": False}
        save(task, state=NoteState.WRITTEN, written_at=now(), trouble="", detail="", **facts)
        if task.has_record and connector.takes_records_later:
            # The CRM's id of the call is known from now on only.
            let_go(task, due_at=now())
            return
    elif task.has_record and connector.takes_records_later:
        connector.add_record(task.note)
        save(task, record_at=now())
    let_go(task, trouble="", detail="")


def _put_off(task: Task, failure: ServiceTrouble) -> None:
    """What is wrong with the CRM holds up all of its calls and spends no try; what is wrong with one ends that one."""
    if failure.is_of_the_service:
        with transaction(task.account_id):
            again = note_trouble(failure)
        if task.created_at > now() - GIVEN_UP_AFTER:
            let_go(task, due_at=again, trouble=failure.trouble.value, detail=failure.detail[:200])
            return
        failure = ServiceTrouble(Trouble.TOO_OLD, failure.detail)
    # A call that was written and whose record is refused stays written.
    is_lost = task.is_over and not task.is_written
    state: dict[str, Any] = {"state": NoteState.FAILED} if is_lost else {}
    let_go(task, trouble=failure.trouble.value, detail=failure.detail[:200], was_tried=False, **state)
