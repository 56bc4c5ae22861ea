"""Which CRM user has which SIP account is saved all together or not at all."""

import pytest
from flask import Flask

from portal.contacts import services
from portal.contacts.errors import MappingChanged, MappingRefused
from portal.kernel.errors import NotFound
from tests.contacts.desk import actions, add_lines, add_users, inside, mapping
from tests.people import Cast

OLGA_LINE, IGOR_LINE = "SIP/00000000672", "SIP/00000000674"


@pytest.fixture
def desk(app: Flask, cast: Cast) -> tuple[int, int, int, int]:
    """Olga with 672, Igor without, and the two SIP accounts: olga, igor, line 672, line 674."""
    first, second = add_lines(app, cast.north, "672", "674")
    olga, igor = add_users(app, cast.north, "Olga Manoli", "Igor Batov")
    with inside(app, cast.north):
        services.map_crm_users({olga: first})
    return olga, igor, first, second


def test_a_saved_mapping_is_there_and_audited(app: Flask, cast: Cast, desk: tuple[int, int, int, int]) -> None:
    olga, igor, first, second = desk

    with inside(app, cast.north):
        changed = services.map_crm_users({olga: first, igor: second})

    assert [user.name for user in changed] == ["Igor Batov"]
    assert mapping(app, cast.north) == {"Olga Manoli": OLGA_LINE, "Igor Batov": IGOR_LINE}
    assert actions(app, cast.north)[-1] == "crm_user.map"


def test_two_users_swap_their_phones_in_one_save(app: Flask, cast: Cast, desk: tuple[int, int, int, int]) -> None:
    olga, igor, first, second = desk
    with inside(app, cast.north):
        services.map_crm_users({igor: second})

    with inside(app, cast.north):
        services.map_crm_users({olga: second, igor: first})

    assert mapping(app, cast.north) == {"Olga Manoli": IGOR_LINE, "Igor Batov": OLGA_LINE}


def test_a_phone_that_somebody_has_is_refused_with_the_holders_name(
    app: Flask, cast: Cast, desk: tuple[int, int, int, int]
) -> None:
    olga, igor, first, _second = desk

    with pytest.raises(MappingRefused) as refused, inside(app, cast.north):
        services.map_crm_users({olga: first, igor: first})

    assert list(refused.value.problems) == [igor]
    assert "Olga Manoli" in refused.value.problems[igor]
    assert mapping(app, cast.north)["Igor Batov"] is None


def test_a_phone_chosen_twice_at_once_is_refused_at_the_second(
    app: Flask, cast: Cast, desk: tuple[int, int, int, int]
) -> None:
    olga, igor, _first, second = desk

    with pytest.raises(MappingRefused) as refused, inside(app, cast.north):
        services.map_crm_users({olga: second, igor: second})

    assert list(refused.value.problems) == [igor]
    assert mapping(app, cast.north)["Olga Manoli"] == OLGA_LINE


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(
    app: Flask, cast: Cast, desk: tuple[int, int, int, int]
) -> None:
    olga, igor, first, second = desk
    seen = {olga: first, igor: None}
    with inside(app, cast.north):
        services.map_crm_users({olga: None})

    with pytest.raises(MappingChanged) as changed, inside(app, cast.north):
        services.map_crm_users({olga: second, igor: None}, based_on=seen)

    assert changed.value.present == {olga: None}


def test_changes_of_different_users_do_not_hinder_each_other(
    app: Flask, cast: Cast, desk: tuple[int, int, int, int]
) -> None:
    olga, igor, first, second = desk
    seen = {olga: first, igor: None}
    with inside(app, cast.north):
        services.map_crm_users({olga: None}, based_on=seen)

    with inside(app, cast.north):
        services.map_crm_users({olga: first, igor: second}, based_on=seen)

    assert mapping(app, cast.north) == {"Olga Manoli": None, "Igor Batov": IGOR_LINE}


def test_the_other_accounts_phones_and_users_are_not_there(
    app: Flask, cast: Cast, desk: tuple[int, int, int, int]
) -> None:
    olga, _igor, first, _second = desk
    (foreign_line,) = add_lines(app, cast.south, "900")
    (stranger,) = add_users(app, cast.south, "Stranger")

    for wanted in ({olga: foreign_line}, {stranger: first}):
        with pytest.raises(NotFound), inside(app, cast.north):
            services.map_crm_users(wanted)


def test_whoever_comes_back_gets_the_phone_back_unless_it_was_given_away(
    app: Flask, cast: Cast, desk: tuple[int, int, int, int]
) -> None:
    olga, igor, first, _second = desk
    with inside(app, cast.north):
        services.remove_crm_user(olga)
    with inside(app, cast.north):
        services.restore_crm_user(olga)
    assert mapping(app, cast.north)["Olga Manoli"] == OLGA_LINE

    with inside(app, cast.north):
        services.remove_crm_user(olga)
        services.map_crm_users({igor: first})
    with inside(app, cast.north):
        services.restore_crm_user(olga)

    assert mapping(app, cast.north) == {"Olga Manoli": None, "Igor Batov": OLGA_LINE}
    assert actions(app, cast.north)[-1] == "crm_user.restore"


def test_whoever_comes_back_and_finds_a_namesake_gets_a_number_behind_the_name(
    app: Flask, cast: Cast, desk: tuple[int, int, int, int]
) -> None:
    olga = desk[0]
    with inside(app, cast.north):
        services.remove_crm_user(olga)
    add_users(app, cast.north, "OLGA MANOLI", "Olga Manoli (2)")

    with inside(app, cast.north):
        services.restore_crm_user(olga)

    assert set(mapping(app, cast.north)) >= {"OLGA MANOLI", "Olga Manoli (2)", "Olga Manoli (3)"}
