"""The CRM's answers in words: of one question, and how the CRM is, for the pages that show it."""

from __future__ import annotations

from dataclasses import dataclass

from portal.kernel.i18n import gettext as _
from portal.routing.lookup.protocol import LookupResult
from portal.routing.models import LookupState


@dataclass(frozen=True, slots=True)
class AnswerInWords:
    """The latest answer; `tone` is a badge's: good, wait (look at it) or bad."""

    word: str
    tone: str
    took: str


def result_word(result: str) -> str:
    """What came of asking a source."""
    return {
        LookupResult.FOUND: _("found"),
        LookupResult.NOBODY: _("knows nobody with this number"),
        LookupResult.STRANGER: _("named somebody who is no CRM user here"),
        LookupResult.LATE: _("did not answer in time; the call goes on without"),
        LookupResult.FAILED: _("gave no usable answer"),
        LookupResult.CROWDED: _("was not asked: too many questions are under way"),
        LookupResult.RESTING: _("was not asked: it failed again and again and is left alone for a minute"),
    }[LookupResult(result)]


def answer_in_words(state: LookupState, budget_ms: int) -> AnswerInWords:
    """How the CRM answered last; one that needs longer than calls wait is no good one, whatever it said."""
    took = _("%(ms)s ms", ms=state.took_ms)
    if state.result == LookupResult.LATE:
        late = _("%(took)s, and a call waits %(budget)s", took=took, budget=_("%(ms)s ms", ms=budget_ms))
        return AnswerInWords(_("answers too late"), "wait", late)
    tones = {LookupResult.FAILED: "bad", LookupResult.STRANGER: "wait"}
    return AnswerInWords(result_word(state.result), tones.get(LookupResult(state.result), "good"), took)
