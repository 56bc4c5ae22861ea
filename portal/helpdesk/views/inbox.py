"""The operator's inbox: questions of every account. To answer one is to enter its account for that long."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import person_here
from portal.accounts.services import find_account
from portal.helpdesk import queries, services
from portal.helpdesk.feature import desk
from portal.helpdesk.files import attach, checked, find_file
from portal.helpdesk.forms import MessageForm
from portal.helpdesk.letters import tell_who_asked
from portal.helpdesk.models import ThreadState
from portal.helpdesk.views.uploads import answer_with, storage, uploads
from portal.helpdesk.words import TONES, inbox_labels, state_labels
from portal.kernel.db import transaction
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.paging import NewestFirst
from portal.web import htmx
from portal.web.access import Permission


@desk.get("/support", needs=Permission.OPERATE)
def inbox() -> ResponseReturnValue:
    asked = request.args.get("state", "")
    state = ThreadState(asked) if asked in set(ThreadState) else ThreadState.OPEN
    page = queries.inbox_page(state, NewestFirst.read(request.args.get("page", "")))
    return htmx.render(
        "helpdesk/inbox.html", page=page, state=state, states=inbox_labels(), counts=queries.inbox_counts()
    )


@desk.get("/support/<int:account_id>/<int:thread_id>", needs=Permission.OPERATE)
def thread(account_id: int, thread_id: int) -> ResponseReturnValue:
    return _thread_page(account_id, thread_id, MessageForm())


@desk.post("/support/<int:account_id>/<int:thread_id>", needs=Permission.OPERATE, writes=False)
def answer(account_id: int, thread_id: int) -> ResponseReturnValue:
    form = MessageForm()
    try:
        with transaction(account_id):
            files = checked(uploads())
            thread = services.answer(thread_id, person_here().name, form.text.data or "", is_operator=True)
            attach(storage(), thread.messages[-1], files)
            tell_who_asked(thread)
    except Refused as error:
        form.refuse(error)
        return _thread_page(account_id, thread_id, form, status=422)
    return htmx.done(_("The answer was sent."), back_to=url_for("desk.inbox"))


@desk.get("/support/<int:account_id>/<int:thread_id>/files/<int:support_file_id>", needs=Permission.OPERATE)
def file(account_id: int, thread_id: int, support_file_id: int) -> ResponseReturnValue:
    with transaction(account_id, writes=False):
        found = find_file(thread_id, support_file_id)
    return answer_with(found)


@desk.post("/support/<int:account_id>/<int:thread_id>/close", needs=Permission.OPERATE, writes=False)
def close(account_id: int, thread_id: int) -> ResponseReturnValue:
    with transaction(account_id):
        services.close(thread_id)
    undo = url_for("desk.reopen", account_id=account_id, thread_id=thread_id)
    return htmx.done(_("The question is closed."), back_to=url_for("desk.inbox"), undo=undo)


@desk.post("/support/<int:account_id>/<int:thread_id>/reopen", needs=Permission.OPERATE, writes=False)
def reopen(account_id: int, thread_id: int) -> ResponseReturnValue:
    with transaction(account_id):
        services.reopen(thread_id)
    back_to = url_for("desk.thread", account_id=account_id, thread_id=thread_id)
    return htmx.done(_("The question is open again."), back_to=back_to)


def _thread_page(account_id: int, thread_id: int, form: MessageForm, status: int = 200) -> ResponseReturnValue:
    with transaction(account_id, writes=False):
        found = queries.find_thread(thread_id)
    return htmx.render(
        "helpdesk/desk_thread.html",
        status=status,
        thread=found,
        company=find_account(account_id),
        form=form,
        labels=state_labels(),
        tones=TONES,
    )
