"""Forms about the people of an account."""

from __future__ import annotations

from wtforms import HiddenField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length

from portal.accounts.roles import Role, role_label
from portal.kernel.i18n import lazy_gettext as _l
from portal.web.forms import BaseForm

_EMAIL_KEYS = {"autocomplete": "off", "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}
_LONG = Length(max=254, message=_l("This e-mail is too long."))


class RoleForm(BaseForm):
    """A role; `was` is the one that the page showed."""

    role = SelectField(_l("Role"))
    was = HiddenField()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = [SelectChoice(role.value, role_label(role)) for role in Role]


class InviteForm(RoleForm):
    """Whom to invite, as what."""

    email = StringField(_l("E-mail"), [InputRequired(_l("Enter an e-mail.")), _LONG], render_kw=_EMAIL_KEYS)


class ForgottenForm(BaseForm):
    """Whose password is forgotten."""

    email = StringField(
        _l("E-mail"),
        [InputRequired(_l("Enter your e-mail.")), _LONG],
        render_kw={**_EMAIL_KEYS, "autocomplete": "username"},
    )


class NewPasswordForm(BaseForm):
    """A new password, by a link."""

    password = PasswordField(
        _l("New password"), [InputRequired(_l("Enter a new password."))], render_kw={"autocomplete": "new-password"}
    )


class JoinForm(NewPasswordForm):
    """What somebody who is invited says about oneself."""

    name = StringField(
        _l("Your name"),
        [InputRequired(_l("Enter your name.")), Length(max=200, message=_l("This name is too long."))],
        render_kw={"autocomplete": "name"},
    )
