"""Which class a call belongs to: its facts, and the bands of its length and price."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from flask import current_app
from sqlalchemy import bindparam, select

from portal.calls.log.models import BANDS, FACTS, CallClass
from portal.kernel.db import db, once, upsert
from portal.kernel.prepared import Prepared
from portal.kernel.tenancy import current_account_id
from portal.telephony.addresses import is_sip_account

TALK_EDGES = (0, 10, 30, 60, 180, 600, 1800)
_MANY = 20
"""Of so many, all of the account's are read at once."""
_MOST_ACCOUNTS = 100
"""Of so many a process remembers the classes that it has met: some hundred each."""
PRICE_EDGES = tuple(Decimal(edge) for edge in (0, 1, 3, 10, 30, 100))


@dataclass(frozen=True, slots=True, order=True)
class Facts:
    """`models.FACTS` of a call."""

    kind: str
    outcome: str
    did: str
    sip: str
    other_sip: str
    has_recording: bool


@dataclass(frozen=True, slots=True, order=True)
class ClassKey:
    """What makes a class."""

    facts: Facts
    talk_band: int
    price_band: int

    def columns(self) -> dict[str, object]:
        """As the columns of `CallClass`."""
        facts = self.facts
        return {
            "kind": facts.kind,
            "outcome": facts.outcome,
            "did": facts.did,
            "sip": facts.sip,
            "other_sip": facts.other_sip,
            "has_recording": facts.has_recording,
            "talk_band": self.talk_band,
            "price_band": self.price_band,
        }


def talk_band(seconds: int | None) -> int:
    """0 for no talk at all, then from band to band of `TALK_EDGES`."""
    return bisect_left(TALK_EDGES, seconds or 0)


def price_band(price: Decimal | None) -> int:
    """0 for nothing to pay, then from band to band of `PRICE_EDGES`."""
    return bisect_left(PRICE_EDGES, price or PRICE_EDGES[0])


def sips_of(caller: str | None, callee: str | None) -> tuple[str, str]:
    """The SIP accounts of a call, the caller's first; "" where there is none."""
    sips = [address for address in (caller, callee) if address and is_sip_account(address)]
    first, second, *_rest = *sips, "", ""
    return first, second


_OF_KEY = Prepared(
    select(CallClass.id).where(*(getattr(CallClass, name) == bindparam(name) for name in (*FACTS, *BANDS)))
)


def class_ids(keys: Iterable[ClassKey]) -> Mapping[ClassKey, int]:
    """The row of each class, made where it is new."""
    wanted, met = set(keys), _met()
    found = {key: met[key] for key in wanted if key in met}
    new = sorted(wanted.difference(found))
    known = _all() if len(new) > _MANY else {}
    for key in new:
        found[key] = known.get(key) or once(key, partial(_found_or_made, key))
    return found


def _met() -> dict[ClassKey, int]:
    """Those of the entered account's classes that this process has met: a class that was committed stays for good."""
    met: dict[int, dict[ClassKey, int]] = current_app.extensions.setdefault("portal.call_classes", {})
    if len(met) > _MOST_ACCOUNTS:
        met.clear()
    return met.setdefault(current_account_id(), {})


def _found_or_made(key: ClassKey) -> int:
    row_id = _find(key)
    if row_id is not None:
        # It was there before this transaction, of which nothing may come.
        _met()[key] = row_id
        return row_id
    # Another writer may make it at the same moment: both then read the one that stands.
    upsert(CallClass, key.columns(), key=["account_id", *FACTS, *BANDS])
    made = _find(key)
    if made is None:
        raise LookupError(key)
    return made


def _all() -> dict[ClassKey, int]:
    columns = (CallClass.id, *(getattr(CallClass, name) for name in (*FACTS, *BANDS)))
    return {
        ClassKey(Facts(*values[: len(FACTS)]), *values[len(FACTS) :]): row_id
        for row_id, *values in db.session.execute(select(*columns))
    }


def _find(key: ClassKey) -> int | None:
    found = _OF_KEY.first(**key.columns())
    return found[0] if found else None
