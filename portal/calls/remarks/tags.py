"""The account's list of tags: adding, renaming, removing, merging, and the way back of each."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from sqlalchemy import func, select

from portal.accounts.audit import audit
from portal.calls.remarks.models import CallTag, CallTagging, Tone
from portal.kernel.clock import now
from portal.kernel.db import announce, db
from portal.kernel.errors import Conflict, NotFound, Refused
from portal.kernel.i18n import gettext as _

LONGEST_NAME = 60
MOST_TAGS = 100
# Built once, for each page of the log.
_TAGS = select(CallTag).where(CallTag.removed_at.is_(None)).order_by(CallTag.folded)


def tags() -> Sequence[CallTag]:
    """The list, by name."""
    return db.session.scalars(_TAGS).all()


def tag_counts() -> dict[int, int]:
    """How many calls have each tag."""
    rows = db.session.execute(select(CallTagging.tag_id, func.count()).group_by(CallTagging.tag_id))
    return {tag_id: count for tag_id, count in rows}  # noqa: C416 -- a Row is no pair to the type checker


def find_tag(tag_id: int) -> CallTag:
    """A tag of the list. Raises `NotFound`."""
    tag = db.session.get(CallTag, tag_id)
    if tag is None or tag.removed_at is not None:
        raise NotFound
    return tag


def add_tag(name: str, tone: str) -> CallTag:
    """A new tag. Raises `Refused` with the field."""
    if len(tags()) >= MOST_TAGS:
        raise Refused(_("A list of more than %(count)s tags helps nobody. Merge some first.", count=MOST_TAGS), "name")
    tag = CallTag(name="", folded="", tone=_tone(tone))
    tag.name, tag.folded = _free(name, tag)
    db.session.add(tag)
    db.session.flush()
    audit("tag.add", tag.name)
    return tag


def edit_tag(tag_id: int, name: str, tone: str) -> CallTag:
    """Another name or colour. Raises `NotFound`, `Refused` with the field."""
    tag = find_tag(tag_id)
    before = {"name": tag.name, "tone": tag.tone}
    tag.tone = _tone(tone)
    tag.name, tag.folded = _free(name, tag)
    audit("tag.edit", tag.name, before=before, after={"name": tag.name, "tone": tag.tone})
    announce("remarks-changed")
    return tag


def remove_tag(tag_id: int) -> CallTag:
    """Off the list and off its calls; `restore_tag` brings it back to both. Raises `NotFound`."""
    tag = find_tag(tag_id)
    tag.removed_at = now()
    audit("tag.remove", tag.name)
    announce("remarks-changed")
    return tag


def merge_tags(tag_id: int, into_id: int) -> CallTag:
    """All calls of the one get the other, and the one goes; `restore_tag` parts them again. Answers the one that went.

    Raises `NotFound`, `Refused` for a tag with itself.
    """
    tag, target = find_tag(tag_id), find_tag(into_id)
    if tag is target:
        raise Refused(_("Choose another tag to merge this one into."), "into")
    has_it = select(CallTagging.call_id).where(CallTagging.tag_id == target.id)
    moved = db.session.execute(
        select(CallTagging.call_id, CallTagging.started_at).where(
            CallTagging.tag_id == tag.id, CallTagging.call_id.not_in(has_it)
        )
    )
    db.session.add_all(
        CallTagging(call_id=call_id, tag_id=target.id, started_at=at, came_from_id=tag.id) for call_id, at in moved
    )
    tag.removed_at, tag.merged_into_id = now(), target.id
    audit("tag.merge", tag.name, after={"into": target.name})
    announce("remarks-changed")
    return tag


def restore_tag(tag_id: int) -> CallTag:
    """Takes a removal or a merging back. Raises `NotFound`, `Conflict` where the name was given again meanwhile."""
    tag = db.session.get(CallTag, tag_id)
    if tag is None:
        raise NotFound
    if tag.removed_at is None:
        return tag
    if any(other.folded == tag.folded for other in tags()):
        raise Conflict(_("There is another tag “%(name)s” by now. Rename that one first.", name=tag.name))
    for tagging in db.session.scalars(select(CallTagging).where(CallTagging.came_from_id == tag.id)):
        db.session.delete(tagging)
    tag.removed_at, tag.merged_into_id = None, None
    audit("tag.restore", tag.name)
    announce("remarks-changed")
    return tag


def _tone(tone: str) -> Tone:
    if tone not in list(Tone):
        raise Refused(_("Choose one of the colours."), "tone")
    return Tone(tone)


def _free(text: str, besides: CallTag) -> tuple[str, str]:
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise Refused(_("Enter a name."), "name")
    if len(name) > LONGEST_NAME:
        raise Refused(_("A tag has at most %(count)s characters.", count=LONGEST_NAME), "name")
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in name):
        raise Refused(_("This name has a character that cannot be shown."), "name")
    folded = name.casefold()
    if any(tag is not besides and tag.folded == folded for tag in tags()):
        raise Refused(_("There is a tag “%(name)s” already.", name=name), "name")
    return name, folded
