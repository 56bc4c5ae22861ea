"""A look at an account from inside, in the stead of one of its people."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from portal.accounts.door import person_here
from portal.accounts.visits.services import begin_visit
from portal.admin.feature import feature
from portal.web import htmx
from portal.web.access import Permission
from portal.web.security import is_own_path


@feature.post("/accounts/<int:account_id>/people/<int:user_id>/visit", needs=Permission.OPERATE, needs_fresh=True)
def visit(account_id: int, user_id: int) -> ResponseReturnValue:
    """From the next page on; `next` is where to look first."""
    person = person_here()
    begin_visit(person.session_id, person.user_id, account_id, user_id)
    target = request.form.get("next", "")
    return htmx.go_to(target if is_own_path(target) else "/")
