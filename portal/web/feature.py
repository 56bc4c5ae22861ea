"""A feature's blueprint: each view says what it needs and whether it writes, and runs in one transaction."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NoReturn

from flask import Blueprint, current_app, g, make_response
from flask.typing import ResponseReturnValue

from portal.kernel import db
from portal.web.access import Door, Permission, PersonDoor

View = Callable[..., ResponseReturnValue]


class Feature(Blueprint):
    """A blueprint whose views cannot forget their permission, their account or their transaction.

    `get` is read-only unless `writes=True`; `post` writes. The transaction is committed before the answer leaves,
    inside the wrapped view, so that a constraint's error reaches the error handlers; an answer of 400 or more
    undoes it.
    """

    def __init__(
        self, name: str, import_name: str, *, door: Door | None = None, locale: str | None = None, **options: Any
    ) -> None:
        super().__init__(name, import_name, **options)
        self._door = door
        self.locale = locale
        """The language of this feature's words, where whoever asks does not choose it: programs."""
        self.needs: dict[str, Permission] = {}
        """What each endpoint of this feature needs: the matrix of rights is tested against it."""
        self.needs_fresh: set[str] = set()
        """The endpoints that a session opens only for some minutes after the person has proved who it is."""

    def get(self, rule: str, *, needs: Permission, writes: bool = False, **options: Any) -> Callable[[View], View]:  # type: ignore[override]
        """A page or file at `rule`. `needs_fresh=True` asks for the password, a code or a passkey first, unless the
        person has given one within some minutes.
        """
        return self._add(rule, "GET", needs, writes=writes, **options)

    def post(self, rule: str, *, needs: Permission, writes: bool = True, **options: Any) -> Callable[[View], View]:  # type: ignore[override]
        """An act at `rule`, also with `needs_fresh=True`. `writes=False` is for views that open `transaction`s of their
        own.
        """
        return self._add(rule, "POST", needs, writes=writes, **options)

    def route(self, rule: str, **_options: Any) -> NoReturn:
        raise TypeError(f"{rule}: use get or post with needs=")

    def _add(
        self, rule: str, method: str, needs: Permission, *, writes: bool, needs_fresh: bool = False, **options: Any
    ) -> Callable[[View], View]:
        if needs_fresh and (self._door is not None or needs is Permission.PUBLIC):
            raise TypeError(f"{rule}: only somebody who has signed in can be asked again")

        def decorate(view: View) -> View:
            endpoint = options.pop("endpoint", view.__name__)
            self.needs[endpoint] = needs
            if needs_fresh:
                self.needs_fresh.add(endpoint)
            guarded = self._guarded(_asked_again(view) if needs_fresh else view, needs, writes=writes)
            self.add_url_rule(rule, endpoint, guarded, methods=[method], **options)
            return view

        return decorate

    def _guarded(self, view: View, needs: Permission, *, writes: bool) -> View:
        @functools.wraps(view)
        def run(**arguments: Any) -> ResponseReturnValue:
            door: Door = self._door or current_app.extensions["portal.door"]
            with db.unit_of_work(writes=writes) as work:
                door.enter(needs)
                response = make_response(view(**arguments))
                if response.status_code >= 400:
                    work.undo()
            return response

        return run


def _asked_again(view: View) -> View:
    @functools.wraps(view)
    def run(**arguments: Any) -> ResponseReturnValue:
        door: PersonDoor = current_app.extensions["portal.door"]
        door.ask_again()
        return view(**arguments)

    return run


def is_writing() -> bool:
    """Whether the present view may write."""
    return bool(g.get("writes", False))
