"""What is typed on the page of the CRM. Secrets are never filled in again."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, StringField

from portal.connectors.models import CrmKind, CrmLink
from portal.connectors.typing_in import AmoTyped, BitrixTyped
from portal.kernel.i18n import lazy_gettext as _l
from portal.web.editing import EditForm
from portal.web.forms import BaseForm, SecretField

_PLAIN = {"autocomplete": "off", "spellcheck": "false"}
_URL = {**_PLAIN, "inputmode": "url"}


class AmoForm(BaseForm):
    """How to reach amoCRM. Both forms may stand on one page: each has names of its own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix="amo-", **kwargs)

    address = StringField(_l("Address of your amoCRM"), render_kw=_URL)
    token = SecretField(_l("Long-lived token"), render_kw=_PLAIN)
    client_id = StringField(_l("ID of the integration"), render_kw=_PLAIN)
    client_secret = SecretField(_l("Secret key"), render_kw=_PLAIN)
    redirect = StringField(_l("Redirect URL"), render_kw=_URL)
    code = SecretField(_l("Authorisation code"), render_kw=_PLAIN)

    def typed(self) -> AmoTyped:
        """As `typing_in` takes it."""
        fields = (self.address, self.token, self.client_id, self.client_secret, self.redirect, self.code)
        return AmoTyped(*(field.data or "" for field in fields))


class BitrixForm(BaseForm):
    """How to reach Bitrix24."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix="b24-", **kwargs)

    webhook = SecretField(_l("URL of the inbound webhook"), render_kw=_URL)
    address = StringField(_l("Address of your Bitrix24"), render_kw=_URL)
    client_id = StringField(_l("Application ID (client_id)"), render_kw=_PLAIN)
    client_secret = SecretField(_l("Application key (client_secret)"), render_kw=_PLAIN)

    def typed(self) -> BitrixTyped:
        """As `typing_in` takes it."""
        fields = (self.webhook, self.address, self.client_id, self.client_secret)
        return BitrixTyped(*(field.data or "" for field in fields))


class SwitchesForm(EditForm):
    """What the CRM is told."""

    shows_cards = BooleanField(_l("Show the caller's card while the phone rings"))
    writes_calls = BooleanField(_l("Write calls into the caller's card, with a link to the record"))
    creates_contacts = BooleanField(_l("Make a contact of a number that the CRM does not know"))


def saved_switches(link: CrmLink | None) -> SwitchesForm:
    """The form as saved."""
    names = ("shows_cards", "writes_calls", "creates_contacts")
    data = {name: getattr(link, name) for name in names} if link else {}
    return SwitchesForm(formdata=None, data=data).as_saved()


def saved_amo(link: CrmLink | None) -> AmoForm:
    """The form as saved, without secrets."""
    return AmoForm(formdata=None, data={"address": link.url} if link and link.kind == CrmKind.AMOCRM else {})


def saved_bitrix(link: CrmLink | None) -> BitrixForm:
    """The form as saved, without secrets."""
    return BitrixForm(formdata=None, data={"address": link.url} if link and link.kind == CrmKind.BITRIX24 else {})
