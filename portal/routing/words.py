"""What a group's settings will do, said in a sentence for people, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from portal.kernel import phone
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import ngettext
from portal.routing.models import FallbackKind, HuntGroup, HuntStrategy, OwnerMode
from portal.routing.queries import find_group, receivers

_SHOWN_NAMES = 5
"""So many names are said; a longer list ends with how many more there are."""


def describe(group: HuntGroup) -> Markup:
    """Who rings when a new contact calls, for how long, and what comes then. Names and seconds stand in `<b>`."""
    members = receivers(group)
    names = [member.crm_user.name for member in members if member.crm_user.sip_line is not None]
    mute = [member.crm_user.name for member in members if member.crm_user.sip_line is None]
    sentences = [_hunting(group, names), *_repeats(group), _ending(group, len(names))] if names else [_nobody(group)]
    if mute:
        sentences.append(_without_phone(mute))
    return Markup(" ").join(sentences)


def describe_owner(group: HuntGroup, mode: OwnerMode = OwnerMode.FIRST) -> Markup:
    """What happens first when a known contact calls."""
    match mode:
        case OwnerMode.OFF:
            text = _("Calls of known contacts go the same way.")
        case OwnerMode.TOGETHER:
            text = _("When a known contact calls, the CRM user who looks after it rings for %(seconds)s as well.")
        case OwnerMode.ONLY:
            text = _("When a known contact calls, only the CRM user who looks after it rings, for %(seconds)s.")
        case _:
            text = _("When a known contact calls, the CRM user who looks after it rings for %(seconds)s first.")
    return _say(text, seconds=_seconds(group.owner_seconds))


def longest_hunt(group: HuntGroup, ringing: int) -> int:
    """Seconds until `ringing` members have all been rung in vain, cut by the total limit."""
    turns = 1 if group.strategy == HuntStrategy.SIMULTANEOUS else ringing
    return min(group.total_seconds, turns * group.ring_seconds * group.rounds)


def _hunting(group: HuntGroup, names: Sequence[str]) -> Markup:
    seconds = _seconds(group.ring_seconds)
    if len(names) == 1:
        return _say(_("%(name)s rings for %(seconds)s."), name=_bold(names[0]), seconds=seconds)
    match group.strategy:
        case HuntStrategy.SIMULTANEOUS:
            text = _("All ring at once for %(seconds)s: %(names)s.")
        case HuntStrategy.ROUND_ROBIN:
            text = _("Each call begins with the next one and goes on in this order, %(seconds)s each: %(names)s.")
        case HuntStrategy.LONGEST_IDLE:
            text = _("First rings who has answered no call for the longest time, %(seconds)s each: %(names)s.")
        case HuntStrategy.FEWEST_TODAY:
            text = _("First rings who has answered the fewest calls today, %(seconds)s each: %(names)s.")
        case HuntStrategy.RANDOM:
            text = _("They ring one after another in random order, %(seconds)s each: %(names)s.")
        case _:
            return _one_after_another(names, seconds)
    return _say(text, seconds=seconds, names=_list(names))


def _one_after_another(names: Sequence[str], seconds: Markup) -> Markup:
    first, *others = names[:_SHOWN_NAMES]
    parts = [_say(_("First %(name)s rings for %(seconds)s"), name=_bold(first), seconds=seconds)]
    parts += [_say(_("then %(name)s for %(seconds)s"), name=_bold(name), seconds=seconds) for name in others]
    return Markup("{}.").format(Markup(", ").join([*parts, *_more(names)]))


def _repeats(group: HuntGroup) -> list[Markup]:
    if group.rounds == 1:
        return []
    return [escape(ngettext("This is done %(num)s time.", "This is done %(num)s times.", group.rounds))]


def _ending(group: HuntGroup, ringing: int) -> Markup:
    seconds = _seconds(longest_hunt(group, ringing))
    if group.fallback == FallbackKind.HANG_UP:
        return _say(_("If nobody has answered after %(seconds)s, the call ends."), seconds=seconds)
    if group.fallback == FallbackKind.ANNOUNCEMENT:
        return _say(_("If nobody has answered after %(seconds)s, an announcement ends the call."), seconds=seconds)
    text = _("If nobody has answered after %(seconds)s, the call goes to %(address)s.")
    return _say(text, seconds=seconds, address=_bold(_destination(group)))


def _nobody(group: HuntGroup) -> Markup:
    if group.fallback == FallbackKind.HANG_UP:
        return escape(_("Nobody rings: the call ends at once."))
    if group.fallback == FallbackKind.ANNOUNCEMENT:
        return escape(_("Nobody rings: an announcement ends the call."))
    text = _("Nobody rings: the call goes to %(address)s at once.")
    return _say(text, address=_bold(_destination(group)))


def _destination(group: HuntGroup) -> str:
    if group.fallback == FallbackKind.GROUP:
        return find_group(group.fallback_group_id or 0).name
    return phone.display(group.fallback_address or "")


def _without_phone(names: Sequence[str]) -> Markup:
    return Markup(  # noqa: S704 - as in _say
        ngettext(
            "%(names)s has no SIP account and does not ring.",
            "%(names)s have no SIP account and do not ring.",
            len(names),
            names=_list(names),
        )
    )


def _list(names: Sequence[str]) -> Markup:
    return Markup(", ").join([*map(_bold, names[:_SHOWN_NAMES]), *_more(names)])


def _more(names: Sequence[str]) -> list[Markup]:
    rest = len(names) - _SHOWN_NAMES
    return [escape(ngettext("then %(num)s more", "then %(num)s more", rest))] if rest > 0 else []


def _seconds(count: int) -> Markup:
    return _bold(_("%(count)s s", count=count).replace(" ", "\N{NO-BREAK SPACE}"))


def _bold(text: str) -> Markup:
    return Markup("<b>{}</b>").format(text)


def _say(text: str, **parts: Markup) -> Markup:
    """A translated text (ours, so trusted as markup) with its parts, which are escaped already."""
    return Markup(text) % parts  # noqa: S704 - the text comes from the catalogue, never from a person
