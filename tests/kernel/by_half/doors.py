"""Acts at a person's own door: second factors, passwords, links that let in."""

from __future__ import annotations

from collections.abc import Iterator

import pyotp

from portal.accounts import services, signing_in
from portal.accounts.api_keys import main_key
from portal.accounts.factors import changes, totp
from portal.accounts.people import invitations, resets
from portal.accounts.roles import Role
from portal.accounts.signing_in import Place
from portal.kernel.clock import now
from tests.architecture.specimens import passkey_of
from tests.kernel.by_half.world import Act, World
from tests.people import ANNA, BORIS, CLARA, PASSWORD

_NEW = "seven lilac tractors"


def factors(at: World) -> Iterator[Act]:
    """An app, its codes on paper, a passkey; and all of it gone again."""
    anna = at.signed_in(ANNA)
    yield at.north(lambda: totp.begin_setup(at.vault, anna.user_id))
    secret: list[str] = []
    at.north(lambda: secret.append(totp.secret_in_setup(at.vault, anna.user_id)))()
    code = pyotp.TOTP(secret[0]).at(now())
    yield at.alone(lambda: changes.confirm_app(at.vault, anna, code))
    yield at.alone(lambda: changes.renew_codes(anna))
    key = passkey_of(at.app, anna.user_id)
    yield at.north(lambda: changes.remove_passkey(anna, key))
    yield at.north(lambda: changes.remove_app(anna))


def passwords(at: World) -> Iterator[Act]:
    """Set for somebody, chosen by a link, a place of work by an invitation, the key shown."""
    yield at.operator(lambda: services.add_user("gleb@north.example", "Gleb", _NEW))
    yield at.operator(lambda: services.set_password(BORIS.email, _NEW))
    link: list[str] = []
    at.operator(lambda: link.append(resets.make_reset(at.vault, services.find_user(BORIS.email))))()
    yield at.alone(lambda: resets.reset_password(at.vault, link[-1], PASSWORD))
    at.north(lambda: link.append(invitations.invite(at.vault, "fedor@north.example", Role.VIEWER)[1]))()
    yield at.alone(lambda: invitations.join_as_new(at.vault, link[-1], "Fedor", _NEW))
    at.north(lambda: link.append(invitations.invite(at.vault, CLARA.email, Role.VIEWER)[1]))()
    clara = at.user(CLARA)
    yield at.alone(lambda: invitations.join_as(at.vault, link[-1], clara))
    yield at.north(lambda: main_key.reveal_api_key(at.vault))
    yield at.alone(lambda: signing_in.open_for(at.vault, clara, Place("198.51.100.7", "tests"), by="passkey"))
