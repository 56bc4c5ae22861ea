"""The page of one follow-up: what was missed, the calls with the number, and the forms of whoever may act."""

from __future__ import annotations

from typing import Any

from portal.calls.queries import calls_with
from portal.contacts.names import code_name
from portal.contacts.queries import owner_of
from portal.followups.forms import CloseForm, DueForm, OwnerForm
from portal.followups.models import FollowUp


def page_of(
    row: FollowUp,
    *,
    owner_form: OwnerForm | None = None,
    due_form: DueForm | None = None,
    close_form: CloseForm | None = None,
) -> dict[str, Any]:
    """What `followups/follow_up.html` shows; a form is one that was just refused."""
    return {
        "row": row,
        "name": code_name(row.number),
        "contact_owner": owner_of(row.number),
        "calls": calls_with(row.number),
        "owner_form": (owner_form or OwnerForm.of(row)).offering(),
        "due_form": due_form or DueForm.of(row),
        "close_form": (close_form or CloseForm(formdata=None)).offering(),
    }
