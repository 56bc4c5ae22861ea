import re

import pytest

from portal.kernel.db import transaction
from portal.routing.models import FallbackKind, HuntStrategy
from portal.routing.queries import new_contact_group
from portal.routing.words import describe, describe_owner
from tests.people import Cast
from tests.routing.office import STRATEGIES, Office, furnish


def said(office: Office) -> str:
    """The sentence in English, no-break spaces as plain ones."""
    with (
        office.app.test_request_context(headers={"Accept-Language": "en"}),
        transaction(office.account_id, writes=False),
    ):
        return describe(new_contact_group()).replace("\N{NO-BREAK SPACE}", " ")


def plainly(office: Office) -> str:
    return re.sub(r"</?b>", "", said(office))


def test_one_after_another_names_everybody_in_turn(office: Office) -> None:
    assert plainly(office) == (
        "First Ann rings for 15 s, then Ben for 15 s, then Cat for 15 s. "
        "If nobody has answered after 45 s, the call ends."
    )


def test_names_and_seconds_stand_out(office: Office) -> None:
    office.receive("Ann")

    assert said(office).startswith("<b>Ann</b> rings for <b>15 s</b>.")


def test_the_total_limit_cuts_what_is_promised(office: Office) -> None:
    office.set(total_seconds=40, rounds=2)

    assert "This is done 2 times." in plainly(office)
    assert "after 40 s" in plainly(office)


def test_all_at_once_lasts_as_long_as_one_ring(office: Office) -> None:
    office.set(strategy=HuntStrategy.SIMULTANEOUS, ring_seconds=30)

    assert plainly(office).startswith("All ring at once for 30 s: Ann, Ben, Cat.")
    assert "after 30 s" in plainly(office)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_has_a_sentence_of_its_own_with_all_names(office: Office, strategy: HuntStrategy) -> None:
    office.set(strategy=strategy)

    sentence = plainly(office)

    assert all(name in sentence for name in ("Ann", "Ben", "Cat"))
    assert "%" not in sentence
    if strategy is not HuntStrategy.SEQUENTIAL:
        office.set(strategy=HuntStrategy.SEQUENTIAL)
        assert plainly(office) != sentence


def test_the_fallbacks_number_is_shown_as_people_read_it(office: Office) -> None:
    office.set(fallback=FallbackKind.NUMBER, fallback_address="79161234567")

    assert plainly(office).endswith("the call goes to +7 916 123-45-67.")


def test_an_empty_group_is_told_as_one(office: Office) -> None:
    office.receive()

    assert plainly(office) == "Nobody rings: the call ends at once."


def test_who_has_no_phone_is_named(office: Office, cast: Cast) -> None:
    south = furnish(office.app, cast.south, "Zoe", "Yan", mute=["Yan"])
    south.receive("Zoe", "Yan")

    assert plainly(south).endswith("Yan has no SIP account and does not ring.")
    assert plainly(south).startswith("Zoe rings for 15 s.")


def test_a_long_list_ends_with_how_many_more_there_are(office: Office, cast: Cast) -> None:
    names = [f"User {number}" for number in range(8)]
    south = furnish(office.app, cast.south, *names)
    south.receive(*names)

    assert "User 4 for 15 s, then 3 more." in plainly(south)


def test_a_name_cannot_bring_markup_with_it(office: Office, cast: Cast) -> None:
    south = furnish(office.app, cast.south, "<script>alert(1)</script> %(seconds)s")
    south.receive("<script>alert(1)</script> %(seconds)s")

    sentence = said(south)
    assert "<script>" not in sentence
    assert "&lt;script&gt;alert(1)&lt;/script&gt; %(seconds)s" in sentence


def test_what_happens_to_a_known_contact_is_said_too(office: Office) -> None:
    office.set(owner_seconds=25)

    with (
        office.app.test_request_context(headers={"Accept-Language": "en"}),
        transaction(office.account_id, writes=False),
    ):
        sentence = describe_owner(new_contact_group())
    assert "<b>25\N{NO-BREAK SPACE}s</b>" in sentence
