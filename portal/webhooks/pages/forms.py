"""The form of the webhook list."""

from __future__ import annotations

from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its published types

from portal.kernel.i18n import lazy_gettext as _l
from portal.web.forms import BaseForm
from portal.webhooks.models import EventType
from portal.webhooks.words import EVENT_LABELS


class WebhookForm(BaseForm):
    """A URL and an event. What is wrong with the URL is said by `webhooks.urls`."""

    url = StringField(
        "URL",
        render_kw={
            "inputmode": "url",
            "autocomplete": "off",
            "autocapitalize": "none",
            "spellcheck": "false",
            "placeholder": "https://crm.example.ru/calls.php",
        },
    )
    event = SelectField(
        _l("Event"),
        choices=[SelectChoice(event.value, label) for event, label in EVENT_LABELS.items()],
        default=EventType.CALL_FINISHED.value,
    )
