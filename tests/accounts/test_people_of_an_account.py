"""«Пользователи»: who may enter, with which role; nobody is left outside with nobody to let him in."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts import services
from portal.accounts.models import Account, Membership
from portal.accounts.people import changes
from portal.accounts.people.rights import right_label, rights
from portal.accounts.roles import RIGHTS, Role
from portal.accounts.trail.models import AuditEntry
from portal.kernel.db import db, transaction
from portal.kernel.errors import Refused
from portal.web.access import Permission
from tests.accounts.entrance import sign_in
from tests.browser import Browser
from tests.people import ANNA, BORIS, CLARA, DARIA, Cast


def id_of(app: Flask, email: str) -> int:
    with app.app_context():
        return services.find_user(email).id


def role_of(app: Flask, cast: Cast, email: str) -> Role:
    with app.app_context():
        found = db.session.get(Membership, (services.find_user(email).id, cast.north))
        assert found is not None
        return Role(found.role)


def test_the_list_shows_everybody_of_the_account_and_nobody_else(anna: Browser) -> None:
    page = anna.get("/users").get_data(as_text=True)

    assert all(email in page for email in (ANNA.email, BORIS.email, DARIA.email))
    assert CLARA.email not in page


def test_the_table_of_rights_is_drawn_from_the_rights_themselves(app: Flask) -> None:
    taken_for_granted = {
        Permission.PUBLIC,
        Permission.SIGNED_IN,
        Permission.WAY_OUT,
        Permission.OWN_DOOR,
        Permission.OWN_PAGE,
    }
    shown = {(right.label, role) for right in rights() for role in right.roles}

    assert shown == {
        (right_label(permission), role)
        for role, permissions in RIGHTS.items()
        for permission in permissions - taken_for_granted
    }
    assert all(" " in right.label for right in rights()), "each right says in words what it is"


def test_a_manager_works_with_calls_and_contacts_and_has_no_keys_webhooks_routing_or_money() -> None:
    may = RIGHTS[Role.MANAGER]

    assert {Permission.LISTEN, Permission.WORK_CALLS, Permission.MANAGE_CONTACTS} <= may
    assert not may & {
        Permission.SEE_INTEGRATION,
        Permission.MANAGE_INTEGRATION,
        Permission.SEE_MONEY,
        Permission.EXPORT_MONEY,
        Permission.MANAGE_USERS,
        Permission.SEE_AUDIT,
    }


def test_another_role_counts_from_the_next_click_on(anna: Browser, boris: Browser, app: Flask) -> None:
    assert boris.get("/contacts/new").status_code == 403

    answer = anna.submit(f"/users/{id_of(app, BORIS.email)}/role", {"role": "manager", "was": "viewer"})

    assert answer.status_code == 303
    assert boris.get("/contacts/new").status_code == 200


def test_two_admins_who_change_the_same_person_are_told(anna: Browser, app: Flask, cast: Cast) -> None:
    """B3."""
    address = f"/users/{id_of(app, BORIS.email)}/role"
    anna.submit(address, {"role": "manager", "was": "viewer"})

    answer = anna.submit(address, {"role": "admin", "was": "viewer"})

    assert answer.status_code == 409
    assert role_of(app, cast, BORIS.email) is Role.MANAGER
    assert 'name="was" value="manager"' in answer.get_data(as_text=True)


def test_who_is_let_in_no_more_is_out_at_once_and_cannot_come_back(
    anna: Browser, boris: Browser, nobody: Browser, app: Flask
) -> None:
    """S4."""
    assert boris.get("/calls").status_code == 200

    anna.submit(f"/users/{id_of(app, BORIS.email)}/disable")

    assert boris.get("/calls").status_code == 303
    assert sign_in(nobody, email=BORIS.email).status_code == 422
    anna.submit(f"/users/{id_of(app, BORIS.email)}/enable")
    assert sign_in(nobody, email=BORIS.email).status_code == 303


def test_who_works_elsewhere_too_goes_on_there(anna: Browser, app: Flask, cast: Cast, nobody: Browser) -> None:
    with app.app_context(), transaction():
        services.add_member(cast.south, BORIS.email, Role.VIEWER)

    anna.submit(f"/users/{id_of(app, BORIS.email)}/disable")

    assert sign_in(nobody, email=BORIS.email).status_code == 303
    assert "South" in nobody.get("/profile").get_data(as_text=True)


@pytest.mark.parametrize("act", ["role", "disable"])
def test_the_last_admin_stays(anna: Browser, app: Flask, cast: Cast, act: str) -> None:
    answer = anna.submit(f"/users/{id_of(app, ANNA.email)}/{act}", {"role": "viewer", "was": "admin"})

    assert answer.status_code == 422
    assert role_of(app, cast, ANNA.email) is Role.ADMIN
    assert anna.get("/users").status_code == 200


def test_an_admin_who_may_not_come_in_counts_for_nothing(anna: Browser, app: Flask, cast: Cast) -> None:
    boris = id_of(app, BORIS.email)
    anna.submit(f"/users/{boris}/role", {"role": "admin", "was": "viewer"})
    anna.submit(f"/users/{boris}/disable")

    answer = anna.submit(f"/users/{id_of(app, ANNA.email)}/role", {"role": "viewer", "was": "admin"})

    assert answer.status_code == 422


def test_two_admins_who_demote_each_other_at_once_leave_one(app: Flask, cast: Cast) -> None:
    with app.app_context(), transaction():
        services.add_member(cast.north, BORIS.email, Role.ADMIN)
    people = [id_of(app, ANNA.email), id_of(app, BORIS.email)]

    def demote(user_id: int) -> bool:
        with app.app_context():
            try:
                with transaction(cast.north):
                    changes.change_role(user_id, Role.VIEWER, was=Role.ADMIN)
            except Refused:
                return False
            return True

    with ThreadPoolExecutor(2) as crowd:
        done = list(crowd.map(demote, people))

    assert sorted(done) == [False, True]
    with app.app_context():
        admins = select(Membership).where(Membership.role == Role.ADMIN).filter_by(account_id=cast.north)
        assert len(db.session.scalars(admins).all()) == 1


def test_each_change_leaves_a_line_with_before_and_after(anna: Browser, app: Flask, cast: Cast) -> None:
    anna.submit(f"/users/{id_of(app, BORIS.email)}/role", {"role": "manager", "was": "viewer"})

    with app.app_context(), transaction(cast.north, writes=False):
        line = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "user.role")).one()

    assert (line.actor, line.subject) == (ANNA.email, BORIS.email)
    assert (line.before, line.after) == ({"role": "viewer"}, {"role": "manager"})


def test_posting_more_than_the_form_has_changes_nothing(anna: Browser, app: Flask, cast: Cast) -> None:
    """A3: mass assignment."""
    boris = id_of(app, BORIS.email)
    more = {"role": "viewer", "was": "viewer", "account_id": str(cast.south), "is_operator": "1", "is_disabled": "1"}

    anna.submit(f"/users/{boris}/role", more)

    with app.app_context():
        user = services.find_user(BORIS.email)
        assert not user.is_operator
        assert not user.is_disabled
        assert db.session.get(Membership, (boris, cast.south)) is None


@pytest.mark.parametrize("role", ["operator", "", "owner"])
def test_a_role_that_does_not_exist_is_refused(anna: Browser, app: Flask, cast: Cast, role: str) -> None:
    answer = anna.submit(f"/users/{id_of(app, BORIS.email)}/role", {"role": role, "was": "viewer"})

    assert answer.status_code == 422
    assert role_of(app, cast, BORIS.email) is Role.VIEWER


def test_a_second_factor_asked_of_all_comes_before_anything_else(anna: Browser, boris: Browser, app: Flask) -> None:
    """P10."""
    anna.submit("/users/second-factor", {"is_asked": "yes"})

    assert boris.get("/calls").headers["Location"] == "/profile/second-factor"
    assert boris.get("/profile/second-factor").status_code == 200
    with app.app_context():
        assert db.session.scalar(select(Account.asks_second_factor).where(Account.name == "North"))
