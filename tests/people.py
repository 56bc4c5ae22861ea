"""The cast: North and its people, South's admin as the stranger, and the operator of the installation."""

from dataclasses import dataclass
from functools import cache

from flask import Flask

from portal.accounts import passwords, services
from portal.accounts.factors.models import UserTotp
from portal.accounts.roles import Role
from portal.kernel.clock import now
from portal.kernel.db import db, transaction
from portal.kernel.secrets import Vault

PASSWORD = "correct horse battery"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""Of the operator's app."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in."""

    name: str
    email: str


ANNA = Person("Anna Sever", "anna@north.example")
BORIS = Person("Boris Sever", "boris@north.example")
DARIA = Person("Daria Sever", "daria@north.example")
CLARA = Person("Clara South", "clara@south.example")
OLGA = Person("Olga Operator", "olga@portal.example")


@dataclass(frozen=True, slots=True)
class Cast:
    """The two accounts; the people above belong to them."""

    north: int
    south: int


@cache
def _hashed() -> str:
    """Of the password of all: to hash it for each of them in each test would take longer than the tests."""
    return passwords.hash_password(PASSWORD)


def _give_app(vault: Vault, user_id: int) -> None:
    """The operator has no way in without a second factor."""
    db.session.add(UserTotp(user_id=user_id, sealed=vault.seal(SECRET), confirmed_at=now()))


def settle(app: Flask) -> Cast:
    """Makes both accounts: Anna, Boris and Daria are North's admin, viewer, manager; Clara is South's admin."""
    with app.app_context():
        vault = app.extensions["portal.vault"]
        north = services.open_account(vault, "North")
        south = services.open_account(vault, "South")
        with transaction():
            for person in (ANNA, BORIS, DARIA, CLARA):
                services.add_hashed_user(person.email, person.name, _hashed())
            services.add_hashed_user(OLGA.email, OLGA.name, _hashed(), is_operator=True)
            services.add_member(north, ANNA.email, Role.ADMIN)
            services.add_member(north, BORIS.email, Role.VIEWER)
            services.add_member(north, DARIA.email, Role.MANAGER)
            services.add_member(south, CLARA.email, Role.ADMIN)
            _give_app(vault, services.find_user(OLGA.email).id)
    return Cast(north, south)
