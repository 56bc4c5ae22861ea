"""«Техническая поддержка»: the account's questions to its provider."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import person_here
from portal.helpdesk import queries, services
from portal.helpdesk.feature import helpdesk
from portal.helpdesk.files import attach, checked, find_file
from portal.helpdesk.forms import MessageForm, QuestionForm
from portal.helpdesk.letters import tell_operators
from portal.helpdesk.models import SupportThread
from portal.helpdesk.views.uploads import answer_with, storage, uploads
from portal.helpdesk.words import TONES, state_labels
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.paging import NewestFirst
from portal.web import htmx
from portal.web.access import Permission


@helpdesk.get("/support", needs=Permission.ASK_SUPPORT)
def index() -> ResponseReturnValue:
    page = queries.thread_page(NewestFirst.read(request.args.get("page", "")))
    return htmx.render("helpdesk/index.html", page=page, labels=state_labels(), tones=TONES)


@helpdesk.get("/support/new", needs=Permission.ASK_SUPPORT)
def new_thread() -> ResponseReturnValue:
    return htmx.render("helpdesk/new_thread.html", form=QuestionForm())


@helpdesk.post("/support/new", needs=Permission.ASK_SUPPORT)
def ask() -> ResponseReturnValue:
    form = QuestionForm()
    if form.validate():
        try:
            files = checked(uploads())
            thread = services.ask(person_here().name, form.subject.data or "", form.text.data or "")
            attach(storage(), thread.messages[-1], files)
        except Refused as error:
            form.refuse(error)
        else:
            tell_operators(thread)
            words = _("Your question is with your provider. The answer will stand here.")
            return htmx.done(words, back_to=url_for("helpdesk.thread", thread_id=thread.id))
    return htmx.render("helpdesk/new_thread.html", status=422, form=form)


@helpdesk.get("/support/<int:thread_id>", needs=Permission.ASK_SUPPORT, writes=True)
def thread(thread_id: int) -> ResponseReturnValue:
    """Writes, since an answer that has been shown is unread no more."""
    found = queries.find_thread(thread_id)
    services.mark_read(found)
    return _thread_page(found, MessageForm())


@helpdesk.post("/support/<int:thread_id>", needs=Permission.ASK_SUPPORT)
def answer(thread_id: int) -> ResponseReturnValue:
    form = MessageForm()
    try:
        files = checked(uploads())
        thread = services.answer(thread_id, person_here().name, form.text.data or "")
        attach(storage(), thread.messages[-1], files)
        tell_operators(thread)
    except Refused as error:
        form.refuse(error)
        return _thread_page(queries.find_thread(thread_id), form, status=422)
    return htmx.done(_("The message was sent."), back_to=url_for("helpdesk.thread", thread_id=thread_id))


@helpdesk.get("/support/<int:thread_id>/files/<int:support_file_id>", needs=Permission.ASK_SUPPORT)
def file(thread_id: int, support_file_id: int) -> ResponseReturnValue:
    return answer_with(find_file(thread_id, support_file_id))


@helpdesk.post("/support/<int:thread_id>/close", needs=Permission.ASK_SUPPORT)
def close(thread_id: int) -> ResponseReturnValue:
    services.close(thread_id)
    undo = url_for("helpdesk.reopen", thread_id=thread_id)
    return htmx.done(_("The question is closed."), back_to=url_for("helpdesk.thread", thread_id=thread_id), undo=undo)


@helpdesk.post("/support/<int:thread_id>/reopen", needs=Permission.ASK_SUPPORT)
def reopen(thread_id: int) -> ResponseReturnValue:
    services.reopen(thread_id)
    return htmx.done(_("The question is open again."), back_to=url_for("helpdesk.thread", thread_id=thread_id))


def _thread_page(found: SupportThread, form: MessageForm, status: int = 200) -> ResponseReturnValue:
    return htmx.render(
        "helpdesk/thread.html", status=status, thread=found, form=form, labels=state_labels(), tones=TONES
    )
