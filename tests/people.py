"""The cast: North and its people, South's admin as the stranger, and the operator of the installation."""

from dataclasses import dataclass

from flask import Flask

from portal.accounts import services
from portal.accounts.roles import Role
from portal.kernel.db import transaction

PASSWORD = "correct horse battery"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in."""

    name: str
    email: str


ANNA = Person("Anna Sever", "anna@north.example")
BORIS = Person("Boris Sever", "boris@north.example")
CLARA = Person("Clara South", "clara@south.example")
OLGA = Person("Olga Operator", "olga@portal.example")


@dataclass(frozen=True, slots=True)
class Cast:
    """The two accounts; the people above belong to them."""

    north: int
    south: int


def settle(app: Flask) -> Cast:
    """Makes both accounts with their people: Anna is North's admin, Boris its viewer, Clara South's admin."""
    with app.app_context():
        vault = app.extensions["portal.vault"]
        north = services.open_account(vault, "North")
        south = services.open_account(vault, "South")
        with transaction():
            for person in (ANNA, BORIS, CLARA):
                services.add_user(person.email, person.name, PASSWORD)
            services.add_user(OLGA.email, OLGA.name, PASSWORD, is_operator=True)
            services.add_member(north, ANNA.email, Role.ADMIN)
            services.add_member(north, BORIS.email, Role.VIEWER)
            services.add_member(south, CLARA.email, Role.ADMIN)
    return Cast(north, south)
