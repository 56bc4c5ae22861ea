"""What tests do with the work for one account."""

import io
import wave
from decimal import Decimal

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from portal.billing.models import EntryKind, LedgerEntry
from portal.calls.models import CallRecord
from portal.kernel.db import transaction
from portal.telephony.provider import inbox
from portal.telephony.provider.duties import Duties
from portal.telephony.provider.services import inlet_token
from tests.telephony.provider.conftest import link_of

ONE, TWO, THREE = "1" * 32, "2" * 32, "3" * 32


def calls(app: Flask, account_id: int) -> list[CallRecord]:
    with app.app_context(), transaction(account_id, writes=False) as session:
        query = select(CallRecord).order_by(CallRecord.started_at, CallRecord.id)
        return list(session.scalars(query.options(selectinload(CallRecord.legs))))


def notify(app: Flask, account_id: int, **parameters: object) -> None:
    token = inlet_token(app.extensions["portal.vault"], link_of(app, account_id))
    with app.app_context():
        inbox.receive(app.extensions["portal.vault"], token, {name: str(value) for name, value in parameters.items()})


def start_notice(app: Flask, account_id: int, said: dict[str, object]) -> None:
    notify(app, account_id, **{name: said[name] for name in ("num_a", "num_m", "setup_time", "api_call_id")})


def end_notice(app: Flask, account_id: int, said: dict[str, object]) -> None:
    names = ("num_a", "num_m", "num_b", "setup_time", "connection_time", "api_call_id", "price")
    told = {name: said[name] for name in names if said[name] is not None}
    notify(app, account_id, waiting_time=said["num_a_waiting_time"], **told)


def do(app: Flask, duties: Duties, *names: str) -> None:
    with app.app_context():
        for name in names:
            {
                "hear": duties.hear,
                "ask": lambda: duties.ask(is_whole_day=False),
                "reconcile": lambda: duties.ask(is_whole_day=True),
                "fetch": duties.fetch,
            }[name]()


def wav() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setnchannels(1)
        audio.setsampwidth(2)
        audio.setframerate(8000)
        audio.writeframes(b"\0\1" * 8000)
    return file.getvalue()


def charges(app: Flask, account_id: int) -> list[Decimal]:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return list(session.scalars(select(LedgerEntry.amount).where(LedgerEntry.kind == EntryKind.CALL)))
