"""Acts about what is reached outside, and about people whom the CRM knows: provider, webhooks, CRM users."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import delete, select, update

from portal.calls.models import CallRecord
from portal.connectors import links
from portal.connectors.models import CrmCall, CrmKind, NoteState, Way
from portal.connectors.secrets import Secrets
from portal.connectors.telling import services as telling
from portal.contacts import services as book
from portal.contacts.models import CrmUser
from portal.contacts.services import crm_people, crm_users, duty
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.routing import blacklist, groups, opening_hours, undoing
from portal.routing.models import BlacklistEntry, HoursException, HuntGroup
from portal.telephony import lines, sandbox_lines
from portal.telephony.models import SipLine
from portal.telephony.provider import services as provider
from portal.telephony.queries import find_line
from portal.webhooks import editing, resending, trying
from portal.webhooks import services as webhooks
from portal.webhooks.capture import services as capture
from portal.webhooks.models import DeliveryState, EventType, Method, WebhookDelivery, WebhookSubscription
from portal.webhooks.urls import SendableUrl
from tests.calls.factory import Story, tell_whole
from tests.kernel.by_half.world import Act, World


def provider_link(at: World) -> Iterator[Act]:
    """A provider is joined, reached otherwise, and gets another URL for its notices."""
    typed = provider.LinkSettings("https://provider.example/api", "a-key", is_bearer=False, is_on=True)
    other = provider.LinkSettings("https://provider.example/v2", "another-key", is_bearer=True, is_on=False)
    yield at.north(lambda: provider.save_link(at.vault, typed))
    yield at.north(lambda: provider.save_link(at.vault, other))
    yield at.north(lambda: provider.rotate_inlet(at.vault))


def deliveries(at: World) -> Iterator[Act]:
    """Secrets of a webhook, a try by hand, and the page that shows what arrives."""
    url = SendableUrl("https://crm.example/calls", "https://crm.example/calls")
    at.north(lambda: webhooks.add_webhook(url, EventType.CALL_FINISHED))()
    story = tell_whole(at.app, Story(at.cast.north))
    hook, delivery = at.newest(WebhookSubscription), at.newest(WebhookDelivery)
    signed = editing.WebhookSettings(url, EventType.CALL_FINISHED, Method.POST, "", None, (), (), ())
    at.north(lambda: editing.update_webhook(hook, signed, at.vault))()
    yield at.north(lambda: editing.rotate_secret(hook, timedelta(hours=1), at.vault))
    yield at.north(lambda: editing.reveal_secret(hook, at.vault))
    yield at.north(lambda: editing.reveal_headers(hook, at.vault))
    yield at.north(lambda: trying.send_test(hook, story.api_call_id))
    yield at.north(lambda: webhooks.repeat_delivery(hook, delivery))
    failed = update(WebhookDelivery).values(state=DeliveryState.FAILED)
    at.north(lambda: db.session.execute(failed.execution_options(synchronize_session=False)))()
    long_ago = now() - timedelta(days=30)
    yield at.north(lambda: resending.repeat_failed(hook, long_ago))
    at.north(lambda: db.session.execute(delete(WebhookDelivery).execution_options(synchronize_session=False)))()
    yield at.north(lambda: resending.send_unreached(hook, long_ago, now()))
    opened: list[str] = []
    yield at.north(lambda: opened.append(capture.open_capture(at.vault).token))
    at.app.test_client().get(f"/capture/{opened[-1]}?num_a=1", base_url="https://localhost")
    yield at.north(capture.clear_captured)


def calls_of_the_crm(at: World) -> Iterator[Act]:
    """Calls that were given up go to the CRM once more."""
    story = tell_whole(at.app, Story(at.cast.north))
    tell_whole(at.app, Story(at.cast.north))
    secrets = Secrets("token")
    reached = links.Reached(CrmKind.BITRIX24, Way.WEBHOOK, "https://north.example", secrets, None, "N")
    at.north(lambda: links.connect(at.vault, reached))()

    def give_up() -> None:
        for call in db.session.scalars(select(CallRecord)):
            db.session.add(CrmCall(call_id=call.id, state=NoteState.FAILED))

    at.north(give_up)()
    yield at.north(lambda: telling.write_again(story.api_call_id))
    yield at.north(telling.write_all_again)


def crm_people_come(at: World) -> Iterator[Act]:
    """Users of the CRM come in and are taken back; one is renamed, has a mobile, goes off duty."""
    people = [crm_people.Person("11", "Vera", "79031112233"), crm_people.Person("12", "Gleb")]
    done: list[object] = []

    def bring() -> None:
        done[:] = crm_people.bring_crm_users(people, {"11", "12"})

    yield at.north(bring)
    gleb = at.newest(CrmUser)
    yield at.north(lambda: crm_users.rename_crm_user(gleb, "Gleb G"))
    yield at.north(lambda: duty.set_mobile(gleb, "+7 903 111-22-44"))
    yield at.north(lambda: duty.set_duty(gleb, is_on_duty=False))
    yield at.north(lambda: crm_people.take_back_crm_users(done))  # type: ignore[arg-type]


def taken_back(at: World) -> Iterator[Act]:
    """What rules of routing were before; a phone of the sandbox and of another switch."""
    at.north(lambda: (lines.add_sip_line("SIP/00000000672"), book.import_crm_users("Gleb")))()
    line, gleb = at.newest(SipLine), at.newest(CrmUser)
    yield at.north(lambda: sandbox_lines.set_sandbox_phone(line, "busy"))
    yield at.north(lambda: lines.move_to_switch(find_line(line), "second"))
    at.north(lambda: blacklist.block_number("+7 903 000-00-01", "fax"))()
    fax = at.newest(BlacklistEntry)
    at.north(lambda: blacklist.unblock_number(fax))()
    yield at.north(lambda: blacklist.block_again(fax))
    at.north(lambda: opening_hours.add_exception(date(2027, 1, 1), date(2027, 1, 8), ""))()
    holidays = at.newest(HoursException)
    at.north(lambda: opening_hours.remove_exception(holidays))()
    yield at.north(lambda: opening_hours.restore_exception(holidays))
    at.north(lambda: groups.add_group("Sales"))()
    sales = at.newest(HuntGroup)
    ringing = {"ring_seconds": 20, "rounds": 2, "total_seconds": 90}
    at.north(lambda: groups.change_group(sales, "Selling", [gleb], strategy="simultaneous", **ringing))()
    yield at.north(lambda: undoing.undo_change(sales))
