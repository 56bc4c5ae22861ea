"""The page of the provider: how it is reached, how it answers, and the URL for its notices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, SelectField, StringField

from portal.accounts.door import person_here, vault
from portal.integration.forms import CHOICE_WORDS
from portal.kernel.clock import now
from portal.kernel.http import Trouble
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.telephony.provider.models import ProviderLink
from portal.telephony.provider.records import waiting_records
from portal.telephony.provider.services import LinkSettings, inlet_token, provider_link
from portal.telephony.provider.state import is_provider_engine, is_resting
from portal.web.addresses import public_url
from portal.web.editing import EditForm
from portal.web.forms import SecretField

PAGE = "integration/provider.html"
_BEARER, _QUERY = "bearer", "query"


class ProviderForm(EditForm):
    """How to reach the provider. An empty key leaves the saved one."""

    url = StringField(
        _l("Address of the API"), render_kw={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}
    )
    key = SecretField(_l("Key"), render_kw={"autocomplete": "off", "maxlength": "300"})
    way = SelectField(_l("The key goes"), default=_QUERY, **CHOICE_WORDS)
    is_on = BooleanField(_l("Take calls from this provider"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.way.choices = [
            (_QUERY, _("in the address, as abonent_api_key")),
            (_BEARER, _("in a header, as Authorization: Bearer")),
        ]

    @classmethod
    def saved(cls) -> ProviderForm:
        """The form as saved, without the key."""
        link = provider_link()
        data: dict[str, Any] = {"is_on": True}
        if link is not None:
            data = {"url": link.url, "way": _BEARER if link.is_bearer else _QUERY, "is_on": link.is_on}
        return cls(formdata=None, data=data).as_saved()

    def typed(self) -> LinkSettings:
        """What was typed, as the services take it."""
        return LinkSettings(self.url.data or "", self.key.data or "", self.way.data == _BEARER, self.is_on.data)


def provider_page(form: ProviderForm | None = None, *, steps: Sequence[object] = ()) -> dict[str, Any]:
    """The page as saved, or as it was typed and refused; `steps` are those of a check (`provider_check.Step`)."""
    link = provider_link()
    return {
        "form": form or ProviderForm.saved(),
        "link": link,
        "steps": steps,
        "trouble": trouble_words(link) if link and link.trouble else "",
        "is_resting": link is not None and is_resting(link, now()),
        "inlet_url": _inlet_url(link) if link else "",
        "waiting": waiting_records() if link else 0,
        "is_provider": is_provider_engine(),
    }


def trouble_words(link: ProviderLink) -> str:
    """What is wrong, in words that say what to do."""
    return trouble_word(Trouble(link.trouble))


def trouble_word(trouble: Trouble) -> str:
    """The same of one trouble."""
    return {
        Trouble.UNREACHABLE: _("It cannot be reached: check the address, or wait until its server is back."),
        Trouble.SILENT: _("It does not answer in time."),
        Trouble.KEY_REFUSED: _("It refuses the key: enter a valid one."),
        Trouble.FORBIDDEN: _("It does not let this account in: the account may be blocked there."),
        Trouble.TOO_MANY: _("It asks us to come less often."),
        Trouble.FAULT: _("It has a fault of its own."),
        Trouble.NONSENSE: _("What it answers is not the telephony API: check the address."),
        Trouble.ADDRESS: _("This address may not be reached from here."),
        Trouble.NOT_FOUND: _("There is no telephony API at this address."),
        Trouble.REFUSED: _("It finds fault with what is asked: check the address."),
        Trouble.NOT_YET: _("It is not ready yet."),
    }[trouble]


def _inlet_url(link: ProviderLink) -> str:
    """Whoever knows it can send notices in the provider's name: not for the operator who looks in."""
    if person_here().visitor is not None:
        return "•••"
    return public_url("provider_inlet.receive", token=inlet_token(vault(), link))
