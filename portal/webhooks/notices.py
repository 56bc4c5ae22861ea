"""How the notices of a call fare, for the filters of the call log: a `calls.log.notices.NoticeSource`."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Select, and_, not_, select

from portal.calls.log.notices import Notices
from portal.calls.models import CallRecord
from portal.kernel.db import db
from portal.webhooks.models import DeliveryState, WebhookDelivery, WebhookEvent

_OPEN = (DeliveryState.WAITING, DeliveryState.SENDING)
_GIVEN_UP = (DeliveryState.FAILED, DeliveryState.EXPIRED)
_STATES = {Notices.ARRIVED: (DeliveryState.DELIVERED,), Notices.WAITING: _OPEN, Notices.FAILED: _GIVEN_UP}


class Deliveries:
    """Answers from the deliveries themselves: those that have not arrived stand in an index of their own."""

    def condition(self, notices: Notices) -> ColumnElement[bool]:
        """A failed notice outweighs one that waits, and both outweigh those that have arrived."""
        if notices is Notices.FAILED:
            return _has(_GIVEN_UP)
        if notices is Notices.WAITING:
            return and_(_has(_OPEN), not_(_has(_GIVEN_UP)))
        return and_(_has(_STATES[Notices.ARRIVED]), not_(_has((*_OPEN, *_GIVEN_UP))))

    def calls(self, notices: Notices, most: int) -> Sequence[str]:
        """The calls of the newest deliveries of this kind."""
        return db.session.scalars(_events(_STATES[notices]).order_by(WebhookDelivery.id.desc()).limit(most)).all()


def _has(states: Collection[DeliveryState]) -> ColumnElement[bool]:
    return _events(states).where(WebhookEvent.api_call_id == CallRecord.api_call_id).correlate(CallRecord).exists()


def _events(states: Collection[DeliveryState]) -> Select[str]:
    return (
        select(WebhookEvent.api_call_id)
        .join(WebhookDelivery, WebhookDelivery.event_id == WebhookEvent.id)
        .where(WebhookDelivery.state.in_(states))
    )
