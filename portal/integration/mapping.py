"""The section that maps CRM users to SIP accounts: its form has a select per user and what the person saw there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from flask import request
from wtforms import HiddenField, SelectField

from portal.contacts.errors import MappingChanged, MappingRefused
from portal.contacts.models import CrmUser
from portal.contacts.phones import PhoneState, phone_state
from portal.contacts.queries import crm_users
from portal.contacts.services import Import
from portal.integration.forms import CHOICE_WORDS, CrmUserForm, ImportForm
from portal.kernel import phone
from portal.kernel.i18n import gettext as _
from portal.telephony.models import SipLine
from portal.telephony.queries import sip_lines
from portal.web.forms import BaseForm, row_id


def _chosen(text: Any) -> int | None:
    """A select's value; ValueError, as WTForms wants it, for one that it cannot offer."""
    return int(text) if text not in (None, "") else None


class MappingForm(BaseForm):
    """Fields `line-ID` and `seen-ID` for each CRM user; made by `mapping_form`."""

    users: Sequence[CrmUser] = ()

    def offer(self, choices: list[tuple[str, str]]) -> None:
        """What each select offers: SIP accounts by id, and none."""
        for user in self.users:
            cast("SelectField", self[f"line-{user.id}"]).choices = choices

    def wanted(self) -> dict[int, int | None]:
        """What was chosen, by CRM user's id."""
        return {user.id: self[f"line-{user.id}"].data for user in self.users}

    def based_on(self) -> dict[int, int | None]:
        """What the person saw when choosing."""
        return {user.id: row_id(self[f"seen-{user.id}"].data) for user in self.users}

    def refuse_mapping(self, error: MappingRefused) -> None:
        """Each refusal at the select that it is about."""
        for user_id, problem in error.problems.items():
            self._blame(user_id, problem)

    def show_present(self, error: MappingChanged) -> None:
        """Says what is saved now; the choice stays, and a second «Save» puts it in the place of that."""
        self.form_errors.append(error.message)
        names = {line.id: line.name for line in sip_lines()}
        for user_id, line_id in error.present.items():
            now_saved = names.get(line_id or 0) or _("not chosen")
            self._blame(user_id, _("Now saved: %(line)s. Save again to replace it.", line=now_saved))
            self[f"seen-{user_id}"].data = str(line_id or "")

    def _blame(self, user_id: int, problem: str) -> None:
        field = self[f"line-{user_id}"]
        field.errors = [*field.errors, problem]


def mapping_form(*, is_typed: bool) -> MappingForm:
    """The form of all present users: as typed in this request (what it lacks: as saved), or as saved."""
    users = crm_users()
    fields: dict[str, Any] = {"users": users}
    for user in users:
        label = _("SIP account of %(name)s", name=user.name)
        fields[f"line-{user.id}"] = SelectField(label, coerce=_chosen, default=user.sip_line_id, **CHOICE_WORDS)
        fields[f"seen-{user.id}"] = HiddenField(default=str(user.sip_line_id or ""))
    form_class = type("MappingForm", (MappingForm,), fields)
    form = cast("MappingForm", form_class(formdata=request.form if is_typed else None))
    form.offer([("", _("not chosen")), *((str(line.id), _label(line)) for line in sip_lines())])
    return form


def _label(line: SipLine) -> str:
    return f"{line.name} · {line.label}" if line.label else line.name


@dataclass(frozen=True, slots=True)
class MappingRow:
    """A CRM user with its select and its phone; `renamed` and `mobile` are what was typed and refused, and why."""

    user: CrmUser
    phone: PhoneState
    mobile_text: str
    renamed: tuple[str, str] | None
    mobile: tuple[str, str] | None


def _of_user(user: CrmUser, refusal: tuple[int, str, str] | None) -> tuple[str, str] | None:
    return refusal[1:] if refusal and refusal[0] == user.id else None


@dataclass(frozen=True, slots=True)
class MappingSection:
    """All that `_mapping.html` shows."""

    rows: Sequence[MappingRow]
    form: MappingForm
    add: CrmUserForm
    paste: ImportForm
    imported: Import | None
    has_lines: bool


def mapping_section(
    form: MappingForm | None = None,
    *,
    add: CrmUserForm | None = None,
    paste: ImportForm | None = None,
    imported: Import | None = None,
    renamed: tuple[int, str, str] | None = None,
    mobile: tuple[int, str, str] | None = None,
) -> dict[str, Any]:
    """The section as saved, or with the forms that were just refused. Whoever has no phone stands on top."""
    form = form or mapping_form(is_typed=False)
    rows = [
        MappingRow(
            user, phone_state(user), phone.display(user.mobile or ""), _of_user(user, renamed), _of_user(user, mobile)
        )
        for user in sorted(form.users, key=lambda user: (user.sip_line_id is not None, user.id))
    ]
    section = MappingSection(
        rows=rows,
        form=form,
        add=add or CrmUserForm(formdata=None),
        paste=paste or ImportForm(formdata=None, data={"text": imported.left if imported else ""}),
        imported=imported,
        has_lines=bool(sip_lines()),
    )
    return {"mapping": section}
