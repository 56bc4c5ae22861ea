"""The words of what happened to records."""

from __future__ import annotations

from portal.kernel.i18n import gettext as _
from portal.recordings.models import HearingKind, RemovalReason


def hearing_word(kind: str) -> str:
    """What somebody did with a record."""
    return {
        HearingKind.LISTENED: _("listened"),
        HearingKind.DOWNLOADED: _("downloaded"),
        HearingKind.PACKED: _("packed into an archive"),
    }[HearingKind(kind)]


def removal_word(reason: str) -> str:
    """Why a record is not there any more."""
    return {
        RemovalReason.RETENTION: _("storage time ran out"),
        RemovalReason.BY_HAND: _("deleted by hand"),
        RemovalReason.MISSING: _("missing in storage"),
    }[RemovalReason(reason)]


FILTERS = {"hearing_word": hearing_word, "removal_word": removal_word}
"""For the templates of this room."""
