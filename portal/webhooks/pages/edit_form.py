"""The form of a webhook's settings."""

from __future__ import annotations

from typing import Any

from wtforms import IntegerField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its published types
from wtforms.validators import NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from portal.calls.words import outcome_word
from portal.contacts.names import line_names
from portal.kernel import phone
from portal.kernel.i18n import lazy_gettext as _l
from portal.telephony.engine import CallOutcome
from portal.telephony.queries import dids
from portal.web.editing import EditForm
from portal.webhooks import headers
from portal.webhooks.editing import WebhookSettings
from portal.webhooks.models import EventType, Method, WebhookSubscription
from portal.webhooks.urls import SendableUrl
from portal.webhooks.words import EVENT_LABELS

FASTEST = 6000


class BoxesField(SelectMultipleField):
    """Several of a list, as check boxes; none means all."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class WebhookSettingsForm(EditForm):
    """What is chosen of lists is the account's own lines and numbers, and what the webhook names already."""

    url = StringField("URL")
    event = SelectField(
        _l("Event"), choices=[SelectChoice(event.value, label) for event, label in EVENT_LABELS.items()]
    )
    method = RadioField(
        _l("Method"),
        choices=[
            SelectChoice(Method.GET.value, _l("GET: parameters in the URL, as the provider sends them")),
            SelectChoice(Method.POST.value, _l("POST: JSON with a signature (Standard Webhooks)")),
        ],
    )
    headers = TextAreaField(_l("Headers of your own"))
    rate_per_minute = IntegerField(_l("At most so many a minute"), [Optional(), NumberRange(1, FASTEST)])
    dids = BoxesField(_l("Public numbers"))
    sip_lines = BoxesField(_l("SIP accounts"))
    outcomes = BoxesField(_l("Outcomes"))

    def __init__(self, hook: WebhookSubscription, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        numbers = dict.fromkeys([did.number for did in dids()] + list(hook.dids or []))
        names = line_names()
        lines = dict.fromkeys([*names, *(hook.sip_lines or ())])
        self.dids.choices = [SelectChoice(number, phone.display(number)) for number in numbers]
        self.sip_lines.choices = [SelectChoice(line, _named(line, names.get(line))) for line in lines]
        self.outcomes.choices = [SelectChoice(each.value, outcome_word(each)) for each in CallOutcome]

    def settings(self, url: SendableUrl) -> WebhookSettings:
        """What was entered; `url` has been tried at the door."""
        return WebhookSettings(
            url=url,
            event=EventType(self.event.data),
            method=Method(self.method.data),
            headers=self.headers.data or "",
            rate_per_minute=self.rate_per_minute.data,
            dids=self.dids.data or (),
            sip_lines=self.sip_lines.data or (),
            outcomes=self.outcomes.data or (),
        )


def _named(line: str, name: str | None) -> str:
    """An SIP account with whose it is."""
    return f"{name} · {line}" if name else line


def filled_form(hook: WebhookSubscription) -> WebhookSettingsForm:
    """As the webhook is."""
    return WebhookSettingsForm(
        hook,
        formdata=None,
        data={
            "url": hook.url,
            "event": hook.event,
            "method": hook.method,
            "headers": headers.shown(hook.headers),
            "rate_per_minute": hook.rate_per_minute,
            "dids": hook.dids or [],
            "sip_lines": hook.sip_lines or [],
            "outcomes": hook.outcomes or [],
        },
    ).as_saved()
