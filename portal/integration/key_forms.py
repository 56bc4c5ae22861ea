"""The forms of further keys."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.validators import Optional

from portal.accounts.api_keys.named import KeyTerms
from portal.accounts.models import ApiKey
from portal.integration.choices import overlap_choices
from portal.integration.forms import CHOICE_WORDS
from portal.kernel.i18n import lazy_gettext as _l
from portal.web.access import Permission
from portal.web.editing import EditForm
from portal.web.filters import zone
from portal.web.forms import BaseForm, DayField

SCOPE_FIELDS = {
    "scopes_calls": Permission.API_CALLS,
    "scopes_records": Permission.API_RECORDS,
    "scopes_outcome": Permission.API_OUTCOME,
}
_BETWEEN = re.compile(r"[\s,;]+")


class KeyForm(EditForm):
    """What a further key is for. `expires_on` is its last day in the account's zone."""

    name = StringField(_l("What the key is for"), render_kw={"autocomplete": "off", "maxlength": "60"})
    scopes_calls = BooleanField(_l("Read the list of calls"), default=True)
    scopes_records = BooleanField(_l("Hear records"))
    scopes_outcome = BooleanField(_l("Place calls"))
    networks = TextAreaField(
        _l("Only from these addresses"), render_kw={"rows": "3", "autocomplete": "off", "spellcheck": "false"}
    )
    expires_on = DayField(_l("Last day"), [Optional()], render_kw={"autocomplete": "off"})

    @classmethod
    def of(cls, key: ApiKey) -> KeyForm:
        """The form as the key is."""
        scopes = {name: scope.value in (key.scopes or ()) for name, scope in SCOPE_FIELDS.items()}
        expires_on = _last_day(key.expires_at) if key.expires_at else None
        networks = "\n".join(key.networks or ())
        data = {"name": key.name, "networks": networks, "expires_on": expires_on, **scopes}
        return cls(formdata=None, data=data).as_saved()

    def terms(self) -> KeyTerms:
        """What the service takes."""
        return KeyTerms(
            name=self.name.data or "",
            scopes=[scope for name, scope in SCOPE_FIELDS.items() if self[name].data],
            networks=[each for each in _BETWEEN.split(self.networks.data or "") if each],
            expires_at=_end_of(self.expires_on.data) if self.expires_on.data else None,
        )


class ReplaceForm(BaseForm):
    """How long a key that is replaced works on."""

    overlap = RadioField(_l("The present key"), coerce=int, default=86_400, **CHOICE_WORDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.overlap.choices = overlap_choices()


def _end_of(day: date) -> datetime:
    """Midnight after the day, where the account is."""
    try:
        following = day + timedelta(days=1)
    except OverflowError:
        following = day
    return datetime(following.year, following.month, following.day, tzinfo=zone()).astimezone(UTC)


def _last_day(moment: datetime) -> date:
    return (moment - timedelta(microseconds=1)).astimezone(zone()).date()
