"""One object for each variable that an address may have, made in an account of one's choice.

An address with a new variable cannot be added without a specimen of it: the sweep of tenants asks for one.
"""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.company.models import ContactPerson, Matter
from portal.accounts.factors.models import Passkey
from portal.accounts.models import ApiKey, Membership, User, UserSession
from portal.accounts.people.models import Invitation
from portal.accounts.roles import Role
from portal.billing.ledger import post
from portal.billing.models import EntryKind, MoneyAlert, MoneyAlertKind
from portal.calls.models import CallRecord
from portal.calls.remarks.models import CallTag
from portal.calls.saved.models import SavedView
from portal.connectors.models import BringState, CrmCall, CrmKind, CrmLink, CrmUserBringing, NoteState, Way
from portal.contacts.exchange.models import ContactImport, ImportState, RemovedContact
from portal.contacts.models import Contact, CrmUser
from portal.followups.models import FollowUp
from portal.helpdesk.models import SupportFile, SupportMessage, SupportThread
from portal.invoicing.cards.models import CardPayment, Provider
from portal.invoicing.papers.content import between
from portal.invoicing.papers.models import Paper, PaperKind, Series
from portal.invoicing.parties.models import BuyerDetails, SellerDetails
from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.kernel.jobs import JobState, begin
from portal.recordings.models import Recording
from portal.routing.models import BlacklistEntry, HoursException, HuntGroup
from portal.telephony.engine import CallKind
from portal.telephony.models import Did, SipLine
from portal.webhooks.alerts.models import AlertKind, WebhookAlert
from portal.webhooks.models import EventType, Lane, Method, WebhookDelivery, WebhookEvent, WebhookSubscription
from portal.webhooks.signing import new_secret

LONG_AGO = datetime(2001, 2, 3, 12, tzinfo=UTC)
"""In a month that has a statement."""


def settle(app: Flask, account_id: int) -> Mapping[str, object]:
    """New objects in the account: what an address of each would hold, by the variable's name."""
    call = _call()
    event = WebhookEvent(type=EventType.CALL_STARTED, api_call_id=call.api_call_id, parameters=[])
    webhook = _signing_webhook(app, f"https://192.0.2.1/{call.api_call_id}")
    crm_user, contact, thread = CrmUser(name="Ivan"), Contact(name="Petr"), _thread()
    key, named_key = _keys(call.api_call_id)
    line = SipLine(name=f"SIP/{call.api_call_id[:11]}")
    person = ContactPerson(name="Vera", email="vera@north.example", matter=Matter.MONEY)
    with app.app_context(), transaction(account_id) as session:
        session.add_all([call, event, webhook, crm_user, contact, thread, key, named_key, line, person])
        session.flush()
        delivery = WebhookDelivery(
            subscription_id=webhook.id, event_id=event.id, public_id=call.api_call_id, lane=Lane.START
        )
        alert = WebhookAlert(subscription_id=webhook.id, kind=AlertKind.FAILING)
        session.add_all([alert, delivery, Recording(call_id=call.id, file_name="call.wav")])
        session.flush()
        return {
            "alert_id": alert.id,
            "api_call_id": call.api_call_id,
            "bringing_id": _bringing(session, call),
            "contact_id": contact.id,
            "crm_user_id": crm_user.id,
            "delivery_id": delivery.id,
            "job_id": _job_with_a_result(app),
            "key_id": key.id,
            "line_id": line.id,
            "named_key_id": named_key.id,
            "person_id": person.id,
            **_of_support(app, session, thread),
            "webhook_id": webhook.id,
            **_of_money(session, call),
            **_of_papers(session, call),
            **_of_people(session, call),
            **_of_routing(session),
        }


def _call() -> CallRecord:
    return CallRecord(
        api_call_id=secrets.token_hex(16),
        switch="main",
        kind=CallKind.INCOMING,
        caller="79039998877",
        started_at=now() - timedelta(minutes=1),
        has_recording=True,
    )


def _bringing(session: Session, call: CallRecord) -> int:
    """CRM users that were brought in, so that this can be taken back: the preview of such a one is over, not lost."""
    bringing = CrmUserBringing(kind=CrmKind.AMOCRM, people=[], state=BringState.DONE)
    session.add(bringing)
    if session.scalar(select(CrmLink)) is None:
        session.add(CrmLink(kind=CrmKind.AMOCRM, way=Way.TOKEN, url="https://192.0.2.1", sealed="nothing"))
    session.add(CrmCall(call_id=call.id, state=NoteState.FAILED))
    session.flush()
    return bringing.id


def _of_money(session: Session, call: CallRecord) -> dict[str, object]:
    """What was paid, and what an account is warned of."""
    post(EntryKind.PAYMENT, call.api_call_id, Decimal(1), at=LONG_AGO)
    alert = MoneyAlert(kind=MoneyAlertKind.LOW, balance=Decimal(1))
    session.add(alert)
    session.flush()
    return {"money_alert_id": alert.id}


def _of_papers(session: Session, call: CallRecord) -> dict[str, object]:
    """A paper of a month that has a statement, and a payment by card."""
    said = BuyerDetails(name="South", inn="7736050003", kpp="997250001", address="South", ogrn="", is_company=True)
    seller = SellerDetails(name="S", inn="7707083893", kpp="", address="S", ogrn="", is_company=True)
    seller.bank_name, seller.bik, seller.bank_account, seller.correspondent_account = "B", "044525225", "4" * 20, ""
    seller.director_title = seller.director_name = seller.accountant_name = said.signatory = ""
    content = between(seller, said, [("Calls", Decimal(1))])
    paper = Paper(kind=PaperKind.BILL, series=Series.BILLS, seller_inn="7707083893", year=2001, number=call.id)
    paper.issued_on, paper.source, paper.content = LONG_AGO.date(), call.api_call_id, content.as_json()
    paper.total = paper.due = Decimal(1)
    paper.paid = Decimal(0)
    payment = CardPayment(reference=call.api_call_id, provider=Provider.SANDBOX, amount=Decimal(1), asked_by="Ivan")
    payment.refunded = Decimal(0)
    session.add_all([paper, payment])
    session.flush()
    month = {"year": LONG_AGO.year, "month": LONG_AGO.month}
    return {"paper_id": paper.id, "reference": payment.reference, **month}


def _of_people(session: Session, call: CallRecord) -> dict[str, object]:
    """What people do about a call."""
    moment = now()
    follow_up = FollowUp(
        number=f"7903{call.id:07}",
        misses=1,
        first_missed_at=moment,
        last_missed_at=moment,
        last_call_id=call.id,
        due_at=moment,
    )
    word = f"word {call.id}"
    tag, view = CallTag(name=word, folded=word), SavedView(user_id=_somebody(session), name=word, query={})
    view.is_shared = True
    session.add_all([follow_up, tag, view])
    session.flush()
    return {**_of_imports(session), "follow_up_id": follow_up.id, "tag_id": tag.id, "view_id": view.id}


def _somebody(session: Session) -> int:
    """A person of the installation, whoever."""
    return session.scalars(select(User.id).limit(1)).one()


def _of_routing(session: Session) -> dict[str, object]:
    """What the rules of routing consist of."""
    did = Did(number=f"7499{secrets.randbelow(10**7):07d}")
    holiday = HoursException(first_day=LONG_AGO.date(), last_day=LONG_AGO.date())
    number, name = f"7903{secrets.randbelow(10**7):07d}", secrets.token_hex(8)
    blocked, group = BlacklistEntry(number=number), HuntGroup(name=name)
    session.add_all([did, holiday, blocked, group])
    session.flush()
    return {"did_id": did.id, "entry_id": blocked.id, "exception_id": holiday.id, "group_id": group.id}


def _signing_webhook(app: Flask, address: str) -> WebhookSubscription:
    webhook = WebhookSubscription(url=address, canonical_url=address, event=EventType.CALL_STARTED)
    webhook.method, webhook.secret = Method.POST, app.extensions["portal.vault"].seal(new_secret())
    return webhook


def _thread() -> SupportThread:
    thread = SupportThread(subject="Why is it quiet?")
    thread.messages.append(SupportMessage(author="Ivan", is_operator=False, text="Nobody calls."))
    return thread


def _of_support(app: Flask, session: Session, thread: SupportThread) -> Mapping[str, object]:
    """A question, and a file that went with its first message."""
    row = SupportFile(thread_id=thread.id, message_id=thread.messages[0].id, name="log.txt", octets=4)
    row.media_type = "text/plain; charset=utf-8"
    session.add(row)
    session.flush()
    with app.extensions["portal.storage"].writer(row.blob) as file:
        file.write(b"text")
    return {"thread_id": thread.id, "support_file_id": row.id}


def _job_with_a_result(app: Flask) -> int:
    """One that is done, in the present transaction."""
    job = begin("record-outlines")
    job.state, job.result_blob = JobState.DONE, f"jobs/{job.account_id}/{job.id}-1"
    job.result_octets = 8
    with app.extensions["portal.storage"].writer(job.result_blob) as file:
        file.write(b"time;who")
    return job.id


def _keys(name: str) -> tuple[ApiKey, ApiKey]:
    """A replaced key that still works, and a further one."""
    replaced = ApiKey(lookup_hash=secrets.token_hex(16), masked="abonent")
    replaced.replaced_at, replaced.expires_at = now(), now() + timedelta(hours=1)
    return replaced, ApiKey(lookup_hash=secrets.token_hex(16), masked="abonent", name=name, scopes=["api-calls"])


def session_of(app: Flask, user_id: int) -> int:
    """A session of a person's, open somewhere else."""
    entry = UserSession(token_hash=secrets.token_hex(32), user_id=user_id, network="127.0.0.1", user_agent="tests")
    with app.app_context(), transaction() as session:
        session.add(entry)
        session.flush()
        return entry.id


def passkey_of(app: Flask, user_id: int) -> int:
    """A passkey of a person's."""
    key = Passkey(user_id=user_id, credential_id=secrets.token_hex(16), public_key="", sign_count=0, name="Laptop")
    with app.app_context(), transaction() as session:
        session.add(key)
        session.flush()
        return key.id


def people_of(app: Flask, account_id: int) -> Mapping[str, object]:
    """Somebody who works in an account, and somebody who is asked to."""
    name = secrets.token_hex(8)
    user = User(email=f"{name}@south.example", name="Egor South", password_hash="")
    invited = Invitation(email=f"{name}@new.example", role=Role.VIEWER, token_hash=name, created_by="tests")
    invited.expires_at = now() + timedelta(days=1)
    with app.app_context(), transaction(account_id) as session:
        session.add_all([user, invited])
        session.flush()
        session.add(Membership(user_id=user.id, account_id=account_id, role=Role.VIEWER))
        return {"user_id": user.id, "invitation_id": invited.id}


def _of_imports(session: Session) -> Mapping[str, object]:
    """An import that has ended, and a contact that was removed."""
    brought = ContactImport(file_name="contacts.csv", is_vcard=False, columns=["number"], state=ImportState.DONE)
    shape: dict[str, object] = {"name": "Petr", "company": "", "note": "", "crm_user_id": None}
    removed = RemovedContact(shape=shape | {"numbers": [f"7495{secrets.randbelow(10**7):07d}"]})
    session.add_all([brought, removed])
    session.flush()
    return {"import_id": brought.id, "removed_id": removed.id}
