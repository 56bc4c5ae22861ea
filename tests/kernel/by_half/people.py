"""Acts of the rooms that keep people: accounts, support, the offer."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from portal.accounts import own, services
from portal.accounts.api_keys import main_key, named
from portal.accounts.company import moving, persons
from portal.accounts.company.models import ContactPerson
from portal.accounts.models import ApiKey
from portal.accounts.people import changes, invitations, resets
from portal.accounts.people.models import Invitation
from portal.accounts.roles import Role
from portal.accounts.visits.services import begin_visit, end_visit
from portal.helpdesk import files
from portal.helpdesk import services as support
from portal.helpdesk.models import SupportThread
from portal.helpdesk.queries import find_thread
from portal.kernel.clock import now
from portal.offer import services as offer
from portal.web.access import Permission
from tests.kernel.by_half.world import Act, World
from tests.people import ANNA, BORIS, DARIA, OLGA


def users(at: World) -> Iterator[Act]:
    """Made, invited, given roles, shut out, let in again."""
    yield at.operator(lambda: services.add_hashed_user("eva@north.example", "Eva", "$argon2id$none"))
    yield at.operator(lambda: services.add_member(at.cast.north, "eva@north.example", Role.VIEWER))
    yield at.north(lambda: invitations.invite(at.vault, "fedor@north.example", Role.MANAGER))
    yield at.north(lambda: invitations.invite(at.vault, "fedor@north.example", Role.VIEWER))
    invited = at.newest(Invitation)
    yield at.north(lambda: invitations.revoke_invitation(invited))
    boris = at.user(BORIS)
    at.signed_in(BORIS)
    yield at.north(lambda: changes.change_role(boris, Role.MANAGER, was=Role.VIEWER))
    yield at.north(lambda: changes.shut_out(boris))
    yield at.north(lambda: changes.let_in_again(boris))
    yield at.north(lambda: changes.ask_second_factor(is_asked=True))
    yield at.operator(lambda: services.disable_user(DARIA.email))
    yield at.operator(lambda: services.block_account(at.cast.north))


def company(at: World) -> Iterator[Act]:
    """Whom the provider may ask, and another time zone."""
    vera = persons.PersonFacts("Vera", "", "8 903 111-22-33", "", "money")
    yield at.north(lambda: persons.add_contact_person(vera))
    person = at.newest(ContactPerson)
    yield at.north(lambda: persons.edit_contact_person(person, replace(vera, name="Vera V")))
    yield at.north(lambda: persons.remove_contact_person(person))
    yield at.north(lambda: persons.restore_contact_person(person))
    yield at.north(lambda: moving.announce_move("Asia/Omsk"))
    yield at.north(moving.finish_move)


def entrance(at: World) -> Iterator[Act]:
    """Own data, a link, a visit of the operator's. (What asks for a password counts guesses before, on purpose.)"""
    anna, olga = at.signed_in(ANNA), at.signed_in(OLGA)
    yield at.north(lambda: own.set_own_data(anna.user_id, own.OwnData("Anna S", "en", "dark", ())))
    yield at.north(lambda: own.change_email(anna.user_id, "anna.s@north.example"))
    yield at.north(lambda: resets.note_reset_link(at.vault, services.find_user(BORIS.email)))
    where = (olga.session_id, olga.user_id, at.cast.north, anna.user_id)
    yield at.operator(lambda: begin_visit(*where))
    yield at.operator(lambda: end_visit(olga.session_id))


def keys(at: World) -> Iterator[Act]:
    """The main key and further ones."""
    main = at.newest(ApiKey)
    yield at.north(lambda: main_key.rotate_api_key(at.vault, timedelta(days=1), replaces=main))
    yield at.north(lambda: main_key.end_api_key(main))
    terms = named.KeyTerms("Reports", [Permission.API_CALLS], [], None)
    yield at.north(lambda: named.add_api_key(at.vault, terms))
    more = named.KeyTerms("Reports", [Permission.API_CALLS, Permission.API_RECORDS], ["10.0.0.0/8"], None)
    key = at.newest(ApiKey)
    yield at.north(lambda: named.change_api_key(key, more))
    yield at.north(lambda: named.replace_api_key(at.vault, key, timedelta(hours=1)))
    replaced = at.newest(ApiKey)
    yield at.north(lambda: named.revoke_api_key(replaced))


def questions(at: World) -> Iterator[Act]:
    """A thread with the operator, with a file."""
    yield at.north(lambda: support.ask("Anna", "No sound", "Since noon."))
    thread = at.newest(SupportThread)

    def answer_with_file() -> None:
        upload = files.Upload("log.txt", io.BytesIO(b"plain words"))
        files.checked([upload])
        said = support.answer(thread, "Olga", "Look at this.", is_operator=True).messages[-1]
        files.attach(at.app.extensions["portal.storage"], said, [upload])

    yield at.north(answer_with_file)
    yield at.north(lambda: support.mark_read(find_thread(thread)))
    yield at.north(lambda: support.close(thread))
    yield at.north(lambda: support.reopen(thread))


def offers(at: World) -> Iterator[Act]:
    """Drafted, published, accepted, withdrawn."""
    today = now().date()
    yield at.operator(lambda: offer.save_draft("The first text.", 0))
    yield at.operator(lambda: offer.publish("The first text, whole.", today, today, 1))
    yield at.north(lambda: offer.accept(1))
    later = today + timedelta(days=7)
    yield at.operator(lambda: offer.publish("The second text.", later, today))
    yield at.operator(lambda: offer.withdraw(2, today))
