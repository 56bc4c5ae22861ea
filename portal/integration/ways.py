"""The rows that lead to the pages of what comes before and after ringing, each with how it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask import url_for

from portal.connectors.page import crm_in_words
from portal.integration.hours import week_in_words
from portal.integration.provider import trouble_words
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import ngettext
from portal.routing.blacklist import blacklist
from portal.routing.known_rules import known_contact_rules
from portal.routing.models import ContactSource, OwnerMode
from portal.routing.opening_hours import weeks
from portal.routing.queries import new_contact_group, other_groups
from portal.telephony.provider.services import provider_link
from portal.telephony.provider.state import is_provider_engine
from portal.telephony.queries import dids


@dataclass(frozen=True, slots=True)
class Way:
    """A page, and in a few words what is set there."""

    title: str
    text: str
    url: str
    icon: str


def ways() -> list[Way]:
    """The pages in the order in which a call meets them; the provider where calls come from one."""
    return list(_ways())


def _ways() -> Iterator[Way]:
    if is_provider_engine():
        yield Way(_("Provider"), _provider(), url_for("integration.provider"), "integration")
    yield Way(_("CRM connection"), crm_in_words(), url_for("connectors.index"), "bolt")
    count = len(blacklist())
    numbers = ngettext("%(num)s number", "%(num)s numbers", count) if count else _("empty")
    yield Way(_("Blacklist"), numbers, url_for("integration.blacklist"), "ban")
    yield Way(_("Working hours"), _hours(), url_for("integration.hours"), "calendar")
    yield Way(_("Known contacts"), _known(), url_for("integration.known_contacts"), "contacts")
    own = len(new_contact_group().fallbacks)
    cases = ngettext("%(num)s case of its own", "%(num)s cases of their own", own) if own else _("as usual")
    yield Way(_("When nobody takes the call"), cases, url_for("integration.fallbacks"), "hang-up")
    names = ", ".join(group.name for group in other_groups()[:3]) or _("only the receivers of new contacts")
    yield Way(_("Groups"), names, url_for("integration.groups"), "users")


def _provider() -> str:
    link = provider_link()
    if link is None:
        return _("not set up yet")
    if not link.is_on:
        return _("switched off")
    return trouble_words(link) if link.trouble else _("answers") if link.good_at else _("not asked yet")


def _hours() -> str:
    saved = weeks()
    words = dict.fromkeys(week_in_words(saved.get(did.id)) for did in dids())
    return next(iter(words)) if len(words) == 1 else _("differ by number") if words else _("no number yet")


def _known() -> str:
    rules = known_contact_rules()
    if rules.mode == OwnerMode.OFF or not rules.sources:
        return _("treated as new ones")
    titles = {
        ContactSource.ADDRESS_BOOK: _("Address book"),
        ContactSource.LAST_TALK: _("Last talk"),
        ContactSource.LOOKUP: _("The CRM"),
    }
    return " → ".join(titles[ContactSource(each)] for each in rules.sources)
