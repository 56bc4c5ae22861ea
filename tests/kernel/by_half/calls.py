"""Acts of the rooms round the calls: lines, the address book, whom a call rings, webhooks, the CRM, the log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from portal.calls.remarks import tags
from portal.calls.remarks.models import CallTag
from portal.calls.saved import services as views
from portal.calls.saved.models import SavedView
from portal.connectors import links
from portal.connectors.models import CrmKind, Way
from portal.connectors.secrets import Secrets
from portal.contacts import services as book
from portal.contacts.exchange.models import RemovedContact
from portal.contacts.models import Contact, CrmUser
from portal.recordings.retention import set_kept_days
from portal.routing import blacklist, groups, known_rules, opening_hours, services
from portal.routing.destinations import Destination
from portal.routing.models import BlacklistEntry, FallbackKind, HoursException, HuntGroup
from portal.telephony import lines
from portal.telephony.models import Did, SipLine
from portal.telephony.plan import FallbackCause
from portal.telephony.queries import find_line
from portal.webhooks import backlog, editing
from portal.webhooks import services as webhooks
from portal.webhooks.models import EventType, Method, WebhookSubscription
from portal.webhooks.urls import SendableUrl
from tests.kernel.by_half.world import Act, World
from tests.people import ANNA

_RINGING: dict[str, Any] = {"ring_seconds": 20, "rounds": 2, "total_seconds": 90}


def phones(at: World) -> Iterator[Act]:
    """SIP accounts and numbers."""
    yield at.north(lambda: lines.add_sip_line("SIP/00000000672", "Sales"))
    line = at.newest(SipLine)
    yield at.north(lambda: lines.label_line(line, "Sales, second floor"))
    yield at.north(lambda: lines.edit_line(find_line(line), "Sales", "second"))
    yield at.north(lambda: lines.switch_off(find_line(line)))
    yield at.north(lambda: lines.add_did("+7 495 123-45-67", "Main"))


def contacts(at: World) -> Iterator[Act]:
    """The address book and CRM users."""
    at.north(lambda: lines.add_sip_line("SIP/00000000672"))()
    yield at.north(lambda: book.add_contact("Petr", ["+7 903 999-88-77"], company="Oak"))
    petr = at.newest(Contact)
    yield at.north(lambda: book.edit_contact(petr, "Petr P", ["+7 903 999-88-77", "+7 903 999-88-78"]))
    yield at.north(lambda: book.remove_contact(petr))
    removed = at.newest(RemovedContact)
    yield at.north(lambda: book.restore_contact(removed))
    yield at.north(lambda: book.add_crm_user("Vera"))
    vera, line = at.newest(CrmUser), at.newest(SipLine)
    yield at.north(lambda: book.edit_crm_user(vera, "Vera V", "+7 903 111-22-33", is_on_duty=False))
    yield at.north(lambda: book.map_crm_users({vera: line}))
    yield at.north(lambda: book.remove_crm_user(vera))
    yield at.north(lambda: book.restore_crm_user(vera))
    yield at.north(lambda: book.import_crm_users("Gleb\nOleg"))


def routing(at: World) -> Iterator[Act]:
    """Receivers, strategy, fallbacks, groups, hours, the blacklist, known contacts."""
    at.north(lambda: (book.import_crm_users("Gleb\nOleg"), lines.add_did("+7 495 123-45-67")))()
    oleg = at.newest(CrmUser)
    gleb, did = oleg - 1, at.newest(Did)
    yield at.north(lambda: services.set_receivers([gleb, oleg]))
    yield at.north(lambda: services.move_receiver(oleg, -1))
    yield at.north(lambda: services.set_strategy("round-robin", **_RINGING))
    announced = Destination(FallbackKind.ANNOUNCEMENT)
    yield at.north(lambda: services.set_fallbacks({FallbackCause.ALL_BUSY: announced}))
    yield at.north(lambda: groups.add_group("Sales"))
    sales = at.newest(HuntGroup)
    yield at.north(lambda: groups.change_group(sales, "Selling", [oleg], strategy="simultaneous", **_RINGING))
    yield at.north(lambda: groups.remove_group(sales))
    yield at.north(lambda: groups.restore_group(sales))
    yield at.north(lambda: opening_hours.set_week(did, ["9-18"] * 5 + [""] * 2))
    yield at.north(lambda: opening_hours.undo_week(did))
    yield at.north(lambda: opening_hours.add_exception(date(2027, 1, 1), date(2027, 1, 8), ""))
    holidays = at.newest(HoursException)
    yield at.north(lambda: opening_hours.remove_exception(holidays))
    yield at.north(lambda: blacklist.block_number("+7 903 000-00-01", "fax"))
    fax = at.newest(BlacklistEntry)
    yield at.north(lambda: blacklist.unblock_number(fax))
    known: dict[str, Any] = {"owner_seconds": 20, "last_talk_hours": 12, "budget_ms": 500}
    yield at.north(lambda: known_rules.set_known_contacts("first", ["address-book"], **known))
    yield at.north(known_rules.undo_known_contacts)


def hooks(at: World) -> Iterator[Act]:
    """A webhook from its beginning to its removal."""
    url = SendableUrl("https://crm.example/calls", "https://crm.example/calls")
    other = SendableUrl("https://crm.example/other", "https://crm.example/other")
    yield at.north(lambda: webhooks.add_webhook(url, EventType.CALL_STARTED))
    hook = at.newest(WebhookSubscription)
    settings = editing.WebhookSettings(other, EventType.CALL_STARTED, Method.POST, "X-Crm: 1", 60, (), (), ())
    yield at.north(lambda: editing.update_webhook(hook, settings, at.vault))
    yield at.north(lambda: webhooks.pause_webhook(hook))
    yield at.north(lambda: backlog.resume_webhook(hook))
    yield at.north(lambda: webhooks.remove_webhook(hook))
    yield at.north(lambda: webhooks.restore_webhook(hook))


def crm(at: World) -> Iterator[Act]:
    """Connected, switched, let go."""
    reached = links.Reached(
        CrmKind.BITRIX24, Way.WEBHOOK, "https://north.example/rest/1/abc", Secrets("token"), None, "N"
    )
    yield at.north(lambda: links.connect(at.vault, reached))
    yield at.north(lambda: links.switch(writes_calls=False, shows_cards=True, creates_contacts=False))
    yield at.north(links.disconnect)


def log(at: World) -> Iterator[Act]:
    """Tags, views, how long records are kept."""
    anna = at.user(ANNA)
    yield at.north(lambda: tags.add_tag("Order", "good"))
    order = at.newest(CallTag)
    yield at.north(lambda: tags.edit_tag(order, "Orders", "bad"))
    yield at.north(lambda: tags.add_tag("Ordered", "good"))
    ordered = at.newest(CallTag)
    yield at.north(lambda: tags.merge_tags(order, ordered))
    yield at.north(lambda: tags.restore_tag(order))
    who = views.Viewer(anna, may_share=True)
    yield at.north(lambda: views.save_view(who, "Missed", {"outcome": "missed"}, None, is_shared=True))
    view = at.newest(SavedView)
    yield at.north(lambda: views.edit_view(who, view, "Missed ones", is_shared=False))
    yield at.north(lambda: views.set_default(anna, view))
    yield at.north(lambda: views.remove_view(who, view))
    yield at.north(lambda: set_kept_days(30))
