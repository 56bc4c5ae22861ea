"""Reads of the help desk: an account's threads, the operator's inbox."""

from __future__ import annotations

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.orm import joinedload, selectinload

from portal.helpdesk.models import SupportThread, ThreadState
from portal.kernel.db import db
from portal.kernel.errors import NotFound
from portal.kernel.paging import Cursor, NewestFirst, Page

PAGE = 50
_THREADS = NewestFirst(SupportThread.last_at, SupportThread.id)


def thread_page(cursor: Cursor | None, limit: int = PAGE) -> Page[SupportThread]:
    """The account's threads; where something was said last comes first."""
    found = db.session.scalars(_THREADS.ordered(select(SupportThread), cursor).limit(limit + 1)).all()
    return _THREADS.page(found, cursor, limit)


def find_thread(thread_id: int, *, locks: bool = False) -> SupportThread:
    """One thread with its messages; `locks` keeps other writers of it waiting. Raises `NotFound`."""
    query = select(SupportThread).where(SupportThread.id == thread_id).options(selectinload(SupportThread.messages))
    if locks:
        query = query.with_for_update().execution_options(populate_existing=True)
    thread = db.session.scalar(query)
    if thread is None:
        raise NotFound
    return thread


def unread_count() -> ScalarSelect[int]:
    """How many threads hold an answer that nobody of the account has seen: part of a statement."""
    return select(func.count(SupportThread.id)).where(SupportThread.is_unread).scalar_subquery()


def open_count() -> ScalarSelect[int]:
    """How many threads of every account wait for the operator: part of a statement."""
    return select(func.count(SupportThread.id)).where(SupportThread.state == ThreadState.OPEN).scalar_subquery()


def inbox_page(state: ThreadState, cursor: Cursor | None, limit: int = PAGE) -> Page[SupportThread]:
    """Threads of every account in one state, each with its account, for the operator."""
    query = select(SupportThread).where(SupportThread.state == state).options(joinedload(SupportThread.account))
    found = db.session.scalars(_THREADS.ordered(query, cursor).limit(limit + 1)).all()
    return _THREADS.page(found, cursor, limit)


def inbox_counts() -> dict[str, int]:
    """How many threads of every account stand in each state."""
    rows = db.session.execute(select(SupportThread.state, func.count(SupportThread.id)).group_by(SupportThread.state))
    return {str(state): count for state, count in rows}
