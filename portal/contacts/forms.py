"""The forms of one contact, of one CRM user, of one SIP account."""

from __future__ import annotations

import re
from typing import Any

from wtforms import BooleanField, HiddenField, SelectField, StringField, TextAreaField

from portal.contacts.models import Contact, CrmUser
from portal.contacts.queries import crm_users
from portal.kernel import phone
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.telephony.models import SipLine
from portal.web.editing import EditForm
from portal.web.forms import BaseForm

_NOBODY_THERE = _l("There is no such CRM user any more.")
_CHOICE_WORDS: dict[str, Any] = {"invalid_value_message": _NOBODY_THERE, "invalid_choice_message": _NOBODY_THERE}
_BETWEEN_NUMBERS = re.compile(r"[\n,;]+")


def crm_user_id(value: str | None) -> int | None:
    """The choice of a select of CRM users; the empty one means nobody."""
    return int(value) if value else None


class ContactForm(BaseForm):
    """A contact as people write it: numbers on lines of their own, or with commas between them."""

    name = StringField(_l("Name"), render_kw={"autocomplete": "off", "maxlength": "200"})
    company = StringField(_l("Company"), render_kw={"autocomplete": "off", "maxlength": "200"})
    numbers = TextAreaField(_l("Phone numbers"), render_kw={"rows": "3", "inputmode": "tel", "autocomplete": "off"})
    crm_user_id = SelectField(_l("Looked after by"), coerce=crm_user_id, **_CHOICE_WORDS)
    note = TextAreaField(_l("Note"), render_kw={"rows": "3", "maxlength": "2000"})
    based_on = HiddenField()
    """The contact's version that the person saw."""

    @classmethod
    def of(cls, contact: Contact | None = None) -> ContactForm:
        """The form of a contact, or of a new one, with what was just typed, if anything was."""
        values: dict[str, Any] = {}
        if contact is not None:
            values = {
                "name": contact.name,
                "company": contact.company,
                "numbers": "\n".join(phone.display(row.number) for row in contact.numbers),
                "crm_user_id": contact.crm_user_id,
                "note": contact.note,
                "based_on": str(contact.version),
            }
        form = cls(data=values)
        choices = [(str(user.id), user.name) for user in crm_users()]
        if contact is not None and contact.crm_user is not None and contact.crm_user.removed_at is not None:
            owner = contact.crm_user
            choices.append((str(owner.id), _("%(name)s (removed)", name=owner.name)))
        form.crm_user_id.choices = [("", _("nobody in particular")), *choices]
        return form

    def written(self) -> dict[str, Any]:
        """What was typed, as the services take it."""
        numbers = [part.strip() for part in _BETWEEN_NUMBERS.split(self.numbers.data or "") if part.strip()]
        return {
            "name": self.name.data or "",
            "numbers": numbers,
            "company": self.company.data or "",
            "note": self.note.data or "",
            "crm_user_id": self.crm_user_id.data,
        }


class CrmUserForm(EditForm):
    """A CRM user as the address book shows it; the phone is matched on the integration page."""

    name = StringField(_l("Name"), render_kw={"autocomplete": "off", "maxlength": "200"})
    mobile = StringField(_l("Own mobile"), render_kw={"autocomplete": "off", "inputmode": "tel", "maxlength": "40"})
    is_on_duty = BooleanField(_l("On duty: calls may ring"))

    @classmethod
    def of(cls, user: CrmUser | None = None) -> CrmUserForm:
        """The form of a CRM user, or of a new one, with what was just typed, if anything was."""
        if user is None:
            return cls(data={"is_on_duty": True})
        mobile = phone.display(user.mobile) if user.mobile else ""
        data = {"name": user.name, "mobile": mobile, "is_on_duty": user.is_on_duty}
        return cls(formdata=None, data=data).as_saved()


class LineForm(EditForm):
    """What people call a SIP account."""

    label = StringField(_l("Label"), render_kw={"autocomplete": "off", "maxlength": "200"})

    @classmethod
    def of(cls, line: SipLine) -> LineForm:
        """As the SIP account is called."""
        return cls(formdata=None, data={"label": line.label}).as_saved()
