"""Asking the switch for something: a test call, an outgoing call, an end.

Each opens transactions of its own and waits until the engine has answered: a view that calls one says `writes=False`.
"""

from __future__ import annotations

import re

from portal.accounts.audit import audit
from portal.accounts.models import Account
from portal.kernel import phone
from portal.kernel.db import db, transaction
from portal.kernel.errors import Forbidden, NotFound, Refused
from portal.kernel.events import publish
from portal.kernel.i18n import gettext as _
from portal.telephony import orders
from portal.telephony.addresses import is_sip_account
from portal.telephony.engine import CallKind
from portal.telephony.events import CallOrdered
from portal.telephony.models import MAIN_SWITCH, Did, OrderKind
from portal.telephony.queries import dids, find_did, find_sip_line

_CALL_ID = re.compile(r"[0-9a-f]{32}")
_LONGEST_REQUEST_ID = 200


def place_test_call(account_id: int, *, caller: str | None = None, did: str | None = None) -> str:
    """Somebody outside calls the account on the sandbox switch; answers the call's `api_call_id`.

    Numbers come as people write them. Without `caller` the switch takes a contact's or a random one, without `did`
    the account's first number is called. Raises `Refused`, `NotFound` (no such account or number of this account)
    and `Unavailable`.
    """
    from_number = _number(caller, "caller") if caller else None
    to_number = _number(did, "did") if did else None
    api_call_id = orders.new_call_id()
    with orders.answer_bell(api_call_id) as answer:
        with transaction(account_id):
            _account(account_id)
            line = _did(to_number)
            asked = {"caller": from_number, "did": line.number}
            orders.give(OrderKind.INCOMING, api_call_id, asked, line.switch)
            audit("call.test", line.number, after={"caller": from_number, "api_call_id": api_call_id})
        answer.wait(account_id, OrderKind.INCOMING)
    return api_call_id


def originate(account_id: int, caller: str, callee: str, *, request_id: str | None = None) -> str:
    """Rings the SIP account `caller`, then calls `callee` (a SIP account of the account or a number); answers the
    `api_call_id` as soon as the switch took the order.

    The same `request_id` again answers with the first call and places no second one; for another caller or callee it
    is a `Conflict`. Raises `Refused` with the field, `NotFound` for a SIP account that is not this account's,
    `Forbidden` where the account may not call, `PhoneOffline` where the caller's phone is not connected, `Unavailable`
    where the switch does not take it.
    """
    arguments = {"caller": _sip_account(caller.strip()), "callee": _callee(callee.strip())}
    if arguments["caller"] == arguments["callee"]:
        raise Refused(_("A SIP account cannot call itself."), "callee")
    api_call_id = _id_of_request(account_id, request_id)
    with orders.answer_bell(api_call_id) as answer:
        with transaction(account_id):
            account = _account(account_id)
            line = find_sip_line(arguments["caller"])
            switch = MAIN_SWITCH if line is None else line.switch
            if orders.give(OrderKind.ORIGINATE, api_call_id, arguments, switch):
                check_originate(account, **arguments)
                audit("call.originate", arguments["callee"], after={**arguments, "api_call_id": api_call_id})
        return answer.wait(account_id, OrderKind.ORIGINATE)


def hang_up(account_id: int, api_call_id: str, switch: str = MAIN_SWITCH) -> None:
    """Ends a call that is going on on this switch. Raises `NotFound` where this account has no such call there."""
    if not _CALL_ID.fullmatch(api_call_id):
        raise NotFound
    with orders.answer_bell(api_call_id) as answer:
        with transaction(account_id):
            _account(account_id)
            orders.give(OrderKind.HANG_UP, api_call_id, {}, switch)
            audit("call.hang_up", api_call_id)
        answer.wait(account_id, OrderKind.HANG_UP)


def _account(account_id: int) -> Account:
    account = db.session.get(Account, account_id)
    if account is None:
        raise NotFound(_("There is no account %(id)s.", id=account_id))
    return account


def check_originate(account: Account, caller: str, callee: str) -> None:
    """Whether the entered account may place this call.

    Raises `Forbidden`, `NotFound` for a SIP account that it has not, and what the rooms above object (`CallOrdered`).
    """
    if account.is_blocked:
        raise Forbidden(_("The account is blocked: it places no calls."))
    for address in (caller, callee):
        line = find_sip_line(address) if is_sip_account(address) else None
        if is_sip_account(address) and line is None:
            raise NotFound(_("There is no SIP account %(name)s.", name=address))
        if line is not None and line.is_disabled:
            raise Forbidden(_("The SIP account %(name)s is switched off.", name=address))
    kind = CallKind.INTERNAL if is_sip_account(callee) else CallKind.OUTGOING
    publish(CallOrdered(kind, caller, callee))


def _did(number: str | None) -> Did:
    if number is None:
        first = next((did for did in dids() if not did.is_disabled), None)
        if first is None:
            raise Refused(_("The account has no public number to call."), "did")
        return first
    line = find_did(number)
    if line is None:
        raise NotFound(_("The account has no number %(number)s.", number=phone.display(number)))
    return line


def _number(text: str, field: str) -> str:
    try:
        return phone.normalise(text)
    except Refused as error:
        raise Refused(error.message, field) from None


def _sip_account(text: str) -> str:
    if not is_sip_account(text):
        raise Refused(_("A SIP account is written as SIP/00000000672."), "caller")
    return text


def _callee(text: str) -> str:
    return text if is_sip_account(text) else _number(text, "callee")


def _id_of_request(account_id: int, request_id: str | None) -> str:
    if request_id is None:
        return orders.new_call_id()
    if not 1 <= len(request_id) <= _LONGEST_REQUEST_ID or not request_id.isprintable():
        raise Refused(
            _("A request_id has 1 to %(longest)s printable characters.", longest=_LONGEST_REQUEST_ID), "request_id"
        )
    return orders.repeatable_call_id(account_id, request_id)
