"""Forms of one follow-up: whose it is, until when, why it is closed; and the account's rule."""

from __future__ import annotations

from datetime import UTC, datetime

from wtforms import DateTimeLocalField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired

from portal.accounts.members import members
from portal.contacts.queries import crm_users
from portal.followups.models import FollowUp
from portal.followups.words import reasons
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.web.editing import EditForm
from portal.web.filters import zone
from portal.web.forms import BaseForm, row_id


class OwnerForm(BaseForm):
    """Whose work it is."""

    owner = SelectField(_l("Who calls back"), validate_choice=False)

    @classmethod
    def of(cls, row: FollowUp) -> OwnerForm:
        """With the present owner."""
        return cls(formdata=None, owner=_value(row.owner_user_id, row.owner_crm_user_id))

    def offering(self) -> OwnerForm:
        """The same with everybody who may be chosen."""
        people, crm = _("People of the cabinet"), _("CRM users")
        self.owner.choices = [
            SelectChoice("", _("nobody yet")),
            *(SelectChoice(f"user-{user.id}", user.name, optgroup=people) for user in members()),
            *(SelectChoice(f"crm-{user.id}", user.name, optgroup=crm) for user in crm_users()),
        ]
        return self

    def chosen(self) -> dict[str, int | None]:
        """Who was chosen, as `services.assign` takes it. Raises `Refused` for nonsense."""
        kind, _dash, digits = (self.owner.data or "").partition("-")
        names = {"user": "user_id", "crm": "crm_user_id"}
        if not kind:
            return {}
        if kind not in names or row_id(digits) is None:
            raise Refused(_("There is no such person any more."), "owner")
        return {names[kind]: row_id(digits)}


def _value(user_id: int | None, crm_user_id: int | None) -> str:
    if user_id is not None:
        return f"user-{user_id}"
    return f"crm-{crm_user_id}" if crm_user_id is not None else ""


class DueForm(BaseForm):
    """Until when, in the account's zone."""

    due = DateTimeLocalField(_l("Call back by"), [InputRequired(_l("Choose a day and a time."))])

    @classmethod
    def of(cls, row: FollowUp) -> DueForm:
        """With the present time."""
        return cls(formdata=None, due=row.due_at.astimezone(zone()).replace(tzinfo=None, second=0, microsecond=0))

    def moment(self) -> datetime:
        """What was chosen."""
        local = self.due.data
        if local is None:
            raise Refused(_("Choose a day and a time."), "due")
        try:
            return local.replace(tzinfo=zone()).astimezone(UTC)
        except OverflowError:
            raise Refused(_("Choose a day and a time."), "due") from None


class CloseForm(BaseForm):
    """Why nobody need call back."""

    reason = SelectField(_l("Reason"), validate_choice=False)
    note = StringField(_l("Note"), render_kw={"maxlength": "500", "autocomplete": "off"})

    def offering(self) -> CloseForm:
        """The same with every reason to choose from."""
        self.reason.choices = reasons()
        return self


class RuleForm(EditForm):
    """How soon a missed call is due."""

    minutes = IntegerField(
        _l("Call back within, working minutes"),
        [InputRequired(_l("Give a number of minutes."))],
        render_kw={"min": "5", "max": "10080"},
    )
