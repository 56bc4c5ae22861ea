import pytest

from portal.accounts.trail.models import AuditEntry
from portal.contacts.services.crm_users import remove_crm_user, restore_crm_user
from portal.kernel.db import transaction
from portal.kernel.errors import NotFound, Refused
from portal.routing.models import HuntStrategy
from portal.routing.queries import new_contact_group
from portal.routing.services import move_receiver, set_receivers
from portal.routing.undoing import undo_change
from tests.people import Cast
from tests.routing.office import Office, first_of, furnish


def test_the_receivers_stand_in_the_order_given(office: Office) -> None:
    office.receive("Cat", "Ann")

    assert office.receivers() == ["Cat", "Ann"]


def test_a_choice_leaves_a_line_in_the_audit_trail(office: Office) -> None:
    office.receive("Ben")

    with office.app.app_context(), transaction(office.account_id, writes=False) as session:
        lines = session.query(AuditEntry).where(AuditEntry.action == "receivers.set").order_by(AuditEntry.id)
        line = lines.all()[-1]
    assert line.before == {"receivers": ["Ann", "Ben", "Cat"]}
    assert line.after == {"receivers": ["Ben"]}


def test_nobody_can_be_chosen_twice(office: Office) -> None:
    with pytest.raises(Refused) as refusal, office.app.app_context(), transaction(office.account_id):
        set_receivers([office.user["Ann"], office.user["Ann"]])

    assert refusal.value.field == "receivers"
    assert office.receivers() == ["Ann", "Ben", "Cat"]


def test_another_companys_crm_user_looks_like_none(office: Office, cast: Cast) -> None:
    south = furnish(office.app, cast.south, "Zoe")

    with pytest.raises(NotFound), office.app.app_context(), transaction(office.account_id):
        set_receivers([office.user["Ann"], south.user["Zoe"]])

    assert office.receivers() == ["Ann", "Ben", "Cat"]


@pytest.mark.parametrize(
    ("name", "step", "order"),
    [
        ("Cat", -1, ["Ann", "Cat", "Ben"]),
        ("Ann", 1, ["Ben", "Ann", "Cat"]),
        ("Ann", -1, ["Ann", "Ben", "Cat"]),
        ("Cat", 1, ["Ann", "Ben", "Cat"]),
    ],
)
def test_a_receiver_moves_by_one_place_and_not_beyond_the_end(
    office: Office, name: str, step: int, order: list[str]
) -> None:
    with office.app.app_context(), transaction(office.account_id):
        move_receiver(office.user[name], step)

    assert office.receivers() == order


def test_who_is_no_receiver_cannot_be_moved(office: Office, cast: Cast) -> None:
    office.receive("Ann")
    south = furnish(office.app, cast.south, "Zoe")
    south.receive("Zoe")

    for stranger in (office.user["Ben"], south.user["Zoe"]):
        with pytest.raises(NotFound), office.app.app_context(), transaction(office.account_id):
            move_receiver(stranger, 1)


def test_a_removed_crm_user_is_no_receiver_until_restored(office: Office) -> None:
    with office.app.app_context(), transaction(office.account_id):
        remove_crm_user(office.user["Ben"])
    assert office.receivers() == ["Ann", "Cat"]

    with office.app.app_context(), transaction(office.account_id):
        restore_crm_user(office.user["Ben"])
    assert office.receivers() == ["Ann", "Ben", "Cat"]


def test_round_robin_goes_on_with_the_next_when_the_last_one_leaves_the_group(office: Office) -> None:
    office.set(strategy=HuntStrategy.ROUND_ROBIN)
    assert [first_of(office.plan()) for _ in range(2)] == ["Ann", "Ben"]
    office.a_moment_later()

    office.receive("Ann", "Cat")

    assert first_of(office.plan()) == "Cat"


def test_round_robin_goes_on_with_the_next_when_the_last_one_is_no_crm_user_any_more(office: Office) -> None:
    office.set(strategy=HuntStrategy.ROUND_ROBIN)
    assert [first_of(office.plan()) for _ in range(2)] == ["Ann", "Ben"]
    office.a_moment_later()

    with office.app.app_context(), transaction(office.account_id):
        remove_crm_user(office.user["Ben"])

    assert [first_of(office.plan()) for _ in range(3)] == ["Cat", "Ann", "Cat"]


def test_round_robin_goes_on_with_the_next_when_a_change_of_the_group_is_taken_back(office: Office) -> None:
    office.set(strategy=HuntStrategy.ROUND_ROBIN)
    office.receive("Ann", "Cat")
    office.receive("Ann", "Ben", "Cat")
    assert [first_of(office.plan()) for _ in range(2)] == ["Ann", "Ben"]
    office.a_moment_later()

    with office.app.app_context(), transaction(office.account_id):
        undo_change(new_contact_group().id)

    assert office.receivers() == ["Ann", "Cat"]
    assert first_of(office.plan()) == "Cat"


def test_a_new_order_keeps_whose_turn_it_is(office: Office) -> None:
    office.set(strategy=HuntStrategy.ROUND_ROBIN)
    assert first_of(office.plan()) == "Ann"
    office.a_moment_later()

    office.receive("Cat", "Ann", "Ben")

    assert first_of(office.plan()) == "Ben"
