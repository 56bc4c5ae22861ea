"""What came of a leg that was never answered, by what Asterisk says of its end."""

from __future__ import annotations

from dataclasses import dataclass

from portal.telephony.engine import LegResult

# Q.850, as Asterisk passes it on; tech_cause is the SIP status, which 22 and newer give.
_BUSY, _REJECTED = 17, 21
_NOT_THERE = frozenset({1, 3, 20, 22, 27})
_NO_ANSWER = frozenset({18, 19, 102})
_SIP_DECLINED, _SIP_NO_ANSWER = frozenset({603, 607}), frozenset({408, 480, 487})


@dataclass(slots=True)
class LegNews:
    """What is known of a leg's way so far. Asterisk 16 to 18 often give cause 0: how far it came tells more."""

    has_rung: bool = False
    dial_status: str = ""
    cause: int = 0
    sip_status: int = 0

    def hear_cause(self, cause: object, sip_status: object) -> None:
        """A later event may know less: nothing is taken back."""
        self.cause = int(str(cause or 0)) or self.cause
        self.sip_status = int(str(sip_status or 0)) or self.sip_status

    def result(self, *, is_phone: bool) -> LegResult:
        """How it ended. A phone that rang and then said busy was declined by a person."""
        if self.cause == _REJECTED or self.sip_status in _SIP_DECLINED:
            return LegResult.DECLINED
        if self.cause == _BUSY or self.sip_status == 486 or self.dial_status == "BUSY":
            return LegResult.DECLINED if self.has_rung and is_phone else LegResult.BUSY
        if self.has_rung:
            return LegResult.NO_ANSWER
        if is_phone and (self.cause in _NOT_THERE or self.sip_status == 480 or self.dial_status == "CHANUNAVAIL"):
            return LegResult.OFFLINE
        if self.cause in _NO_ANSWER or self.sip_status in _SIP_NO_ANSWER or self.dial_status == "NOANSWER":
            return LegResult.NO_ANSWER
        return LegResult.FAILED
