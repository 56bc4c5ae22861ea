"""Numbers and SIP accounts get the names that the account gave them."""

from flask import Flask

from portal.contacts import services
from portal.contacts.names import code_name, code_names
from portal.contacts.queries import owner_of
from portal.kernel.db import db
from portal.telephony.models import SipLine
from tests.contacts.desk import add_lines, add_users, inside
from tests.people import Cast


def test_numbers_are_named_by_the_book_and_phones_by_their_holder_or_label(app: Flask, cast: Cast) -> None:
    first, second = add_lines(app, cast.north, "671", "672")
    (olga,) = add_users(app, cast.north, "Olga Manoli")
    with inside(app, cast.north):
        services.map_crm_users({olga: first})
        db.session.get_one(SipLine, second).label = "Склад"
        services.add_contact("Пётр", ["8 (903) 999-88-77"], crm_user_id=olga)

    with inside(app, cast.north):
        names = code_names(["79039998877", "SIP/00000000671", "SIP/00000000672", "74950000000"])

        assert names == {"79039998877": "Пётр", "SIP/00000000671": "Olga Manoli", "SIP/00000000672": "Склад"}
        assert code_name("74950000000") is None
        assert getattr(owner_of("79039998877"), "name", None) == "Olga Manoli"


def test_a_removed_user_owns_and_names_nothing(app: Flask, cast: Cast) -> None:
    (line,) = add_lines(app, cast.north, "671")
    (olga,) = add_users(app, cast.north, "Olga Manoli")
    with inside(app, cast.north):
        services.map_crm_users({olga: line})
        services.add_contact("Пётр", ["79039998877"], crm_user_id=olga)
        services.remove_crm_user(olga)

    with inside(app, cast.north):
        assert owner_of("79039998877") is None
        assert code_names(["SIP/00000000671"]) == {}


def test_the_other_accounts_names_are_not_told(app: Flask, cast: Cast) -> None:
    with inside(app, cast.north):
        services.add_contact("Пётр", ["79039998877"])

    with inside(app, cast.south):
        assert code_name("79039998877") is None
        assert owner_of("79039998877") is None
