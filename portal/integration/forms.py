"""The forms of the page. Each section has its own."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import NumberRange

from portal.integration.choices import fallback_choices, overlap_choices, strategy_cards
from portal.kernel import phone
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.routing.models import FallbackKind, HuntGroup, HuntStrategy
from portal.routing.queries import other_groups
from portal.routing.services import RING_SECONDS, ROUNDS, TOTAL_SECONDS
from portal.telephony.queries import sip_lines
from portal.web.forms import BaseForm, row_id

_NOT_OF_THE_LIST = _l("Choose one of the list.")
CHOICE_WORDS: dict[str, Any] = {
    "invalid_value_message": _NOT_OF_THE_LIST,
    "invalid_choice_message": _NOT_OF_THE_LIST,
}
"""What a choice says, in the reader's language, to something that it did not offer."""


class CrmUserForm(BaseForm):
    """The name of a new CRM user."""

    name = StringField(_l("Name of a CRM user"), render_kw={"autocomplete": "off", "maxlength": "200"})


class ImportForm(BaseForm):
    """A pasted list of CRM users."""

    text = TextAreaField(_l("List"), render_kw={"rows": "6", "autocomplete": "off", "spellcheck": "false"})


class WholeNumber(IntegerField):
    """A whole number between two bounds, refused in the reader's language."""

    def __init__(self, label: Any, limits: tuple[int, int], **kwargs: Any) -> None:
        self._low, self._high = limits
        bounds = {"min": str(self._low), "max": str(self._high), "inputmode": "numeric"}
        super().__init__(label, [NumberRange(*limits, message=self._refusal)], render_kw=bounds, **kwargs)

    @property
    def _refusal(self) -> Any:
        return _l("Give a whole number from %(low)s to %(high)s.", low=self._low, high=self._high)

    def process_formdata(self, valuelist: list[Any]) -> None:
        try:
            self.data = int(str(valuelist[0]).strip()) if valuelist else None
        except ValueError:
            self.data = None
            raise ValueError(self._refusal) from None


class RotateForm(BaseForm):
    """Replacing the key: how long the old one works, and which one the person saw."""

    overlap = RadioField(_l("The present key"), coerce=int, default=86_400, **CHOICE_WORDS)
    replaces = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.overlap.choices = overlap_choices()


def _group_id(text: Any) -> int | None:
    """A select's value: the row's id, None for what is none."""
    return row_id(str(text)) if text else None


class StrategyForm(BaseForm):
    """How receivers of new contacts are rung, and what happens when nobody answers."""

    strategy = RadioField(_l("Strategy"), **CHOICE_WORDS)
    ring_seconds = WholeNumber(_l("Each phone rings, s"), RING_SECONDS)
    rounds = WholeNumber(_l("Rounds"), ROUNDS)
    total_seconds = WholeNumber(_l("In all at most, s"), TOTAL_SECONDS)
    fallback = RadioField(_l("When nobody answers"), **CHOICE_WORDS)
    fallback_line = SelectField(_l("SIP account"), validate_choice=False)
    fallback_group = SelectField(_l("Group"), coerce=_group_id, validate_choice=False)
    fallback_number = StringField(_l("Outside number"), render_kw={"inputmode": "tel", "autocomplete": "off"})
    based_on = HiddenField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.strategy.choices = [(str(value), card.title) for value, card in strategy_cards().items()]
        self.fallback.choices = fallback_choices()
        lines = [(line.name, line.name) for line in sip_lines()]
        self.fallback_line.choices = [("", _("not chosen")), *lines]
        groups = [(str(group.id), group.name) for group in other_groups()]
        self.fallback_group.choices = [("", _("not chosen")), *groups]

    @classmethod
    def of(cls, group: HuntGroup) -> StrategyForm:
        """The form as saved."""
        address = group.fallback_address or ""
        return cls(
            formdata=None,
            data={
                "strategy": str(group.strategy),
                "ring_seconds": group.ring_seconds,
                "rounds": group.rounds,
                "total_seconds": group.total_seconds,
                "fallback": str(group.fallback),
                "fallback_line": address if group.fallback == FallbackKind.SIP_LINE else "",
                "fallback_group": group.fallback_group_id,
                "fallback_number": phone.display(address) if group.fallback == FallbackKind.NUMBER else "",
                "based_on": seen(group),
            },
        )

    @property
    def address_field(self) -> str:
        """The field that says where a call goes in the end."""
        fields = {FallbackKind.NUMBER: "fallback_number", FallbackKind.GROUP: "fallback_group"}
        return fields.get(self.fallback.data, "fallback_line")

    def settings(self) -> dict[str, Any]:
        """What `routing.services.set_strategy` takes."""
        return {
            "strategy": HuntStrategy(self.strategy.data),
            "ring_seconds": self.ring_seconds.data,
            "rounds": self.rounds.data,
            "total_seconds": self.total_seconds.data,
            "fallback": FallbackKind(self.fallback.data),
            "fallback_address": self[self.address_field].data if self.fallback.data != FallbackKind.GROUP else None,
            "fallback_group_id": self.fallback_group.data,
        }


def seen(group: HuntGroup) -> str:
    """What a form of the strategy is based on. Not `updated_at`: round robin moves that with every call."""
    return " ".join(
        str(value)
        for value in (
            group.strategy,
            group.ring_seconds,
            group.rounds,
            group.total_seconds,
            group.fallback,
            group.fallback_address or "-",
            group.fallback_group_id or "-",
        )
    )
