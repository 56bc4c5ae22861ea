"""The page that says where calls of new contacts go in each case that leads to nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wtforms import Field, SelectField, StringField

from portal.integration.endings import ending_choices, ending_value, read_ending
from portal.integration.forms import CHOICE_WORDS
from portal.kernel import phone
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.routing.destinations import Destination
from portal.routing.models import FallbackKind
from portal.routing.queries import new_contact_group
from portal.telephony.plan import FallbackCause
from portal.web.editing import EditForm

PAGE = "integration/fallbacks.html"
CAUSES = (
    FallbackCause.CLOSED,
    FallbackCause.NOBODY_REGISTERED,
    FallbackCause.ALL_BUSY,
    FallbackCause.ENGINE_ERROR,
)


def cause_word(cause: FallbackCause) -> str:
    """When this is."""
    return {
        FallbackCause.CLOSED: _("Outside working hours"),
        FallbackCause.NOBODY_REGISTERED: _("No phone is online"),
        FallbackCause.ALL_BUSY: _("All are busy"),
        FallbackCause.NOBODY_ANSWERED: _("Nobody answered"),
        FallbackCause.ENGINE_ERROR: _("The switch has a fault"),
        FallbackCause.BLACKLISTED: _("The number is on the blacklist"),
    }[cause]


class FallbacksForm(EditForm):
    """A select per cause, and a number beside each."""

    closed = SelectField(**CHOICE_WORDS)
    closed_number = StringField(_l("Outside number"))
    nobody_registered = SelectField(**CHOICE_WORDS)
    nobody_registered_number = StringField(_l("Outside number"))
    all_busy = SelectField(**CHOICE_WORDS)
    all_busy_number = StringField(_l("Outside number"))
    engine_error = SelectField(**CHOICE_WORDS)
    engine_error_number = StringField(_l("Outside number"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for cause in CAUSES:
            is_closed = cause is FallbackCause.CLOSED
            default = _("As usual: an announcement") if is_closed else _("As when nobody answers")
            self[cause.value].choices = list(ending_choices(default))
            self[cause.value].label.text = cause_word(cause)

    @classmethod
    def saved(cls) -> FallbacksForm:
        """The form as saved."""
        data: dict[str, str] = {}
        for rule in new_contact_group().fallbacks:
            data[rule.cause] = ending_value(rule.kind, rule.address, rule.target_group_id)
            if rule.kind == FallbackKind.NUMBER:
                data[f"{rule.cause}_number"] = phone.display(rule.address or "")
        return cls(formdata=None, data=data).as_saved()

    def rules(self) -> dict[FallbackCause, Destination | None]:
        """What was chosen. Raises `Refused` at the field of the select or the number."""
        found: dict[FallbackCause, Destination | None] = {}
        for cause in CAUSES:
            value, number = self[cause.value].data or "", self[f"{cause.value}_number"].data or ""
            field = f"{cause.value}_number" if value == FallbackKind.NUMBER else cause.value
            try:
                found[cause] = read_ending(value, number, field) if value else None
            except NotFound as error:
                raise Refused(error.message, field) from None
        return found


@dataclass(frozen=True, slots=True)
class FallbackRow:
    """One cause with its two fields."""

    choice: Field
    number: Field


def fallbacks_page(form: FallbacksForm | None = None) -> dict[str, Any]:
    """The page as saved, or as it was typed and refused."""
    form = form or FallbacksForm.saved()
    rows = [FallbackRow(form[cause.value], form[f"{cause.value}_number"]) for cause in CAUSES]
    return {"form": form, "rows": rows}
