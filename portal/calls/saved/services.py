"""Saving views of the log, sharing them, opening with one; choosing columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, or_, select

from portal.accounts.audit import audit
from portal.calls.saved.models import LogPreference, SavedView
from portal.kernel.clock import now
from portal.kernel.db import db, upsert
from portal.kernel.errors import Forbidden, NotFound, Refused
from portal.kernel.i18n import gettext as _

LONGEST_NAME = 80
MOST_VIEWS = 50
# Built once, for each page of the log.
_VIEWS = select(SavedView).where(
    SavedView.removed_at.is_(None), or_(SavedView.user_id == bindparam("user_id"), SavedView.is_shared.is_(True))
)
_PREFERENCE = select(LogPreference).where(LogPreference.user_id == bindparam("user_id"))


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose views these are, and whether this person decides what all share."""

    user_id: int
    may_share: bool


def views_of(user_id: int) -> Sequence[SavedView]:
    """A person's own views and the shared ones, by name."""
    found = db.session.scalars(_VIEWS, {"user_id": user_id})
    return sorted(found, key=lambda view: (view.name.casefold(), view.id))


def find_view(view_id: int, user_id: int) -> SavedView:
    """One of them, also where it was removed. Raises `NotFound` for another person's own."""
    view = db.session.get(SavedView, view_id)
    if view is None or (view.user_id != user_id and not view.is_shared):
        raise NotFound
    return view


def save_view(
    who: Viewer, name: str, query: Mapping[str, str], columns: Sequence[str] | None, *, is_shared: bool
) -> SavedView:
    """A new view. Raises `Refused` with the field, `Forbidden` for sharing without the right to."""
    _check_sharing(who, is_shared=is_shared)
    if len(views_of(who.user_id)) >= MOST_VIEWS:
        raise Refused(_("There are %(count)s views already. Remove some first.", count=MOST_VIEWS), "name")
    view = SavedView(
        user_id=who.user_id,
        name=_free(name, who.user_id),
        query=dict(query),
        columns=list(columns) if columns is not None else None,
        is_shared=is_shared,
    )
    db.session.add(view)
    db.session.flush()
    audit("view.save", view.name, after={"query": view.query, "columns": view.columns, "shared": is_shared})
    return view


def edit_view(who: Viewer, view_id: int, name: str, *, is_shared: bool) -> SavedView:
    """Another name; shared or not. Raises as `save_view` does, and `NotFound`."""
    view = _present(who, view_id)
    if is_shared != view.is_shared:
        _check_sharing(who, is_shared=True)
    before = {"name": view.name, "shared": view.is_shared}
    view.name, view.is_shared = _free(name, who.user_id, view), is_shared
    audit("view.edit", view.name, before=before, after={"name": view.name, "shared": is_shared})
    return view


def remove_view(who: Viewer, view_id: int) -> SavedView:
    """Nobody is offered it any more; `restore_view` brings it back. Raises `NotFound`, `Forbidden`."""
    view = _present(who, view_id)
    view.removed_at = now()
    audit("view.remove", view.name)
    return view


def restore_view(who: Viewer, view_id: int) -> SavedView:
    """Takes the removal back. Raises `NotFound`, `Forbidden`."""
    view = _own(who, view_id)
    if view.removed_at is not None:
        view.removed_at = None
        audit("view.restore", view.name)
    return view


def preference(user_id: int) -> LogPreference | None:
    """How a person likes the log; None for one who never said."""
    return db.session.scalar(_PREFERENCE, {"user_id": user_id})


def columns_of(user_id: int) -> list[str] | None:
    """The columns that a person sees; None: all of them."""
    liked = preference(user_id)
    return liked.columns if liked else None


def default_view(liked: LogPreference | None) -> SavedView | None:
    """The view that the log opens with, if it is still there for this person."""
    if liked is None or liked.default_view_id is None:
        return None
    return next((view for view in views_of(liked.user_id) if view.id == liked.default_view_id), None)


def set_default(user_id: int, view_id: int | None) -> SavedView | None:
    """The log opens with this view; None: with every call. Raises `NotFound`."""
    view = None if view_id is None else find_view(view_id, user_id)
    if view is not None and view.removed_at is not None:
        raise NotFound
    liked = _preference(user_id)
    liked.default_view_id = view_id
    audit("view.default", view.name if view else _("All"))
    return view


def set_columns(user_id: int, columns: Sequence[str] | None, *, is_dense: bool) -> None:
    """Which columns the person sees (None: all of them), and whether the rows stand close."""
    liked = _preference(user_id)
    liked.columns, liked.is_dense = (list(columns) if columns is not None else None), is_dense
    audit("log.columns", ", ".join(columns) if columns is not None else _("All"), after={"dense": is_dense})


def _preference(user_id: int) -> LogPreference:
    upsert(LogPreference, {"user_id": user_id, "is_dense": False}, key=["account_id", "user_id"])
    return db.session.scalars(
        select(LogPreference).where(LogPreference.user_id == user_id).execution_options(populate_existing=True)
    ).one()


def _present(who: Viewer, view_id: int) -> SavedView:
    view = _own(who, view_id)
    if view.removed_at is not None:
        raise NotFound
    return view


def _own(who: Viewer, view_id: int) -> SavedView:
    view = find_view(view_id, who.user_id)
    if view.user_id != who.user_id:
        _check_sharing(who, is_shared=True)
    return view


def _check_sharing(who: Viewer, *, is_shared: bool) -> None:
    if is_shared and not who.may_share:
        raise Forbidden(_("Your role does not include this. Ask an administrator of your company."))


def _free(text: str, user_id: int, besides: SavedView | None = None) -> str:
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name:
        raise Refused(_("Enter a name."), "name")
    if len(name) > LONGEST_NAME:
        raise Refused(_("A name has at most %(count)s characters.", count=LONGEST_NAME), "name")
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in name):
        raise Refused(_("This name has a character that cannot be shown."), "name")
    if any(view is not besides and view.name.casefold() == name.casefold() for view in views_of(user_id)):
        raise Refused(_("There is a view “%(name)s” already.", name=name), "name")
    return name
