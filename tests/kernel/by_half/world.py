"""What the stories of the rooms act in: North's account, the installation, and the rows that they made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from sqlalchemy import select

from portal.accounts.person import SignedIn
from portal.accounts.services import find_user
from portal.accounts.sessions import find_signed_in, open_session
from portal.kernel.db import Model, transaction
from portal.kernel.secrets import Vault
from tests.people import Cast, Person
from tests.support.failing import within

Act = Callable[[], object]


@dataclass(frozen=True, slots=True)
class World:
    """The installation of a test."""

    app: Flask
    cast: Cast

    @property
    def vault(self) -> Vault:
        """The installation's."""
        found: Vault = self.app.extensions["portal.vault"]
        return found

    def north(self, act: Act) -> Act:
        """An act of somebody in North, in one transaction."""
        return within(self.app, self.cast.north, act)

    def operator(self, act: Act) -> Act:
        """An act of the operator's, who is in no account, in one transaction."""
        return within(self.app, None, act, everything="the operator's console")

    def alone(self, act: Act) -> Act:
        """An act that opens its transaction by itself."""

        def run() -> None:
            with self.app.test_request_context():
                act()

        return run

    def newest(self, model: type[Model]) -> int:
        """The id of North's youngest row."""
        key = model.__table__.c.id
        with self.app.app_context(), transaction(self.cast.north, writes=False) as session:
            row: Any = session.scalars(select(model).order_by(key.desc()).limit(1)).one()
            return int(row.id)

    def user(self, person: Person) -> int:
        """A person's id."""
        with self.app.app_context(), transaction(writes=False):
            return int(find_user(person.email).id)

    def signed_in(self, person: Person) -> SignedIn:
        """A person with a fresh session."""
        with self.app.app_context(), transaction():
            token = open_session(self.vault, find_user(person.email), "127.0.0.1", "tests")
        with self.app.test_request_context(), transaction(writes=False):
            found = find_signed_in(self.vault, token)
        assert found is not None
        return found
