"""Forms of signing in."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField, PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length

from portal.kernel.i18n import lazy_gettext as _l
from portal.web.forms import BaseForm


class SignInForm(BaseForm):
    """E-mail and password; `next` is where the person wanted to go."""

    email = StringField(
        _l("E-mail"),
        [InputRequired(_l("Enter your e-mail.")), Length(max=254, message=_l("This e-mail is too long."))],
        render_kw={"autocomplete": "username", "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        _l("Password"), [InputRequired(_l("Enter your password."))], render_kw={"autocomplete": "current-password"}
    )
    next = HiddenField()


class OwnForm(BaseForm):
    """What a person says about oneself and the pages; `notices` are those that are wanted."""

    name = StringField(
        _l("Name"),
        [InputRequired(_l("Enter your name.")), Length(max=200, message=_l("This name is too long."))],
        render_kw={"autocomplete": "name"},
    )
    locale = SelectField(_l("Language"), choices=[SelectChoice("ru", _l("Russian")), SelectChoice("en", _l("English"))])
    theme = SelectField(
        _l("Theme"),
        choices=[
            SelectChoice("auto", _l("As the system")),
            SelectChoice("light", _l("Light")),
            SelectChoice("dark", _l("Dark")),
        ],
    )
    money = BooleanField(_l("By mail: the balance is low, or will soon be"))
    webhooks = BooleanField(_l("By mail: a webhook fails, or works again"))


class EmailForm(BaseForm):
    """Another address to sign in with."""

    email = StringField(
        _l("E-mail"),
        [InputRequired(_l("Enter your e-mail.")), Length(max=254, message=_l("This e-mail is too long."))],
        render_kw={"autocomplete": "email", "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"},
    )


class PasswordForm(BaseForm):
    """A person's own new password."""

    current = PasswordField(
        _l("Current password"),
        [InputRequired(_l("Enter your present password."))],
        render_kw={"autocomplete": "current-password"},
    )
    password = PasswordField(
        _l("New password"), [InputRequired(_l("Enter a new password."))], render_kw={"autocomplete": "new-password"}
    )
    ends_others = BooleanField(_l("End my other sessions"), default=True)


class CodeField(StringField):
    """A code: read as it is typed, and like a password never filled in again."""

    def _value(self) -> str:
        return ""


class CodeForm(BaseForm):
    """A code of the app, or a backup code."""

    code = CodeField(
        _l("Code"),
        [InputRequired(_l("Enter the code.")), Length(max=100, message=_l("A code is shorter."))],
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"},
    )


class ConfirmForm(BaseForm):
    """Password, code, or what a passkey has answered; `next` is where the person came from."""

    password = PasswordField(_l("Password"), render_kw={"autocomplete": "current-password"})
    code = CodeField(_l("Code"), [Length(max=100)], render_kw={"autocomplete": "one-time-code", "spellcheck": "false"})
    credential = HiddenField()
    next = HiddenField()
