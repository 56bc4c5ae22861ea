"""Drafts, days of force, what changed, and who accepted which version when and from where."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from portal.accounts.models import AuditEntry
from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.offer import queries
from portal.offer.changes import changes
from tests.browser import Browser
from tests.people import ANNA, Cast, Person

BAR = "Есть новая редакция оферты."


def publish(olga: Browser, text: str, valid_from: str = "", **form: str) -> int:
    return olga.submit("/admin/offer", {"text": text, "valid_from": valid_from, **form}).status_code


def test_a_new_version_asks_each_company_for_acceptance_until_it_has_it(
    app: Flask, cast: Cast, anna: Browser, boris: Browser, clara: Browser, olga: Browser
) -> None:
    publish(olga, "You pay.")
    assert BAR in anna.get("/calls").get_data(as_text=True)
    assert BAR not in boris.get("/calls").get_data(as_text=True), "he cannot speak for the company"
    assert boris.submit("/offer/accept", {"version": "1"}).status_code == 403

    assert [anna.submit("/offer/accept", {"version": "1"}).status_code for _ in range(2)] == [303, 303]
    assert BAR not in anna.get("/calls").get_data(as_text=True)
    assert BAR in clara.get("/calls").get_data(as_text=True), "her company has not accepted"
    assert f"Приняла компания: {ANNA.email}" in boris.get("/offer").get_data(as_text=True)
    with app.app_context(), transaction(cast.north, writes=False) as session:
        (acceptance,) = queries.acceptances()
        assert (acceptance.person, acceptance.address) == (ANNA.email, "127.0.0.1")
        lines = session.scalars(select(AuditEntry.action).where(AuditEntry.action == "offer.accept")).all()
    assert len(lines) == 1

    publish(olga, "You pay monthly.")
    assert BAR in anna.get("/calls").get_data(as_text=True)
    assert anna.submit("/offer/accept", {"version": "1"}).status_code == 409, "a newer one is out"
    assert anna.submit("/offer/accept", {"version": "7"}).status_code == 404


def test_the_operator_sees_who_has_accepted_which_version(olga: Browser, anna: Browser) -> None:
    publish(olga, "You pay.")
    anna.submit("/offer/accept", {"version": "1"})
    page = olga.get("/admin/offer/1").get_data(as_text=True)

    assert page.index("South") < page.index("North"), "who has not comes first"
    assert ANNA.email in page
    assert "127.0.0.1" in page
    assert anna.get("/admin/offer/1").status_code == 403


def test_a_version_comes_into_force_on_its_day(
    browse: Callable[[Person], Browser], anna: Browser, olga: Browser
) -> None:
    publish(olga, "You pay.")
    later = (now() + timedelta(days=30)).date()
    assert publish(olga, "You pay monthly.", later.isoformat()) == 303

    assert "<p>You pay.</p>" in anna.get("/offer").get_data(as_text=True)
    assert "<p>You pay monthly.</p>" in anna.get("/offer?version=2").get_data(as_text=True)
    with time_machine.travel(now() + timedelta(days=31), tick=False):
        assert "<p>You pay monthly.</p>" in browse(ANNA).get("/offer").get_data(as_text=True)


def test_a_day_that_is_past_or_before_the_last_version_is_refused(olga: Browser) -> None:
    publish(olga, "You pay.", (now() + timedelta(days=9)).date().isoformat())
    for day in ("2001-01-01", now().date().isoformat(), "soon"):
        assert publish(olga, "You pay monthly.", day) == 422


def test_a_version_can_be_taken_back_until_somebody_accepts_it_or_it_holds(olga: Browser, anna: Browser) -> None:
    later = (now() + timedelta(days=9)).date().isoformat()
    publish(olga, "You pay.", later)
    assert olga.submit("/admin/offer/1/withdraw").status_code == 303
    assert "You pay.</textarea>" in olga.get("/admin/offer").get_data(as_text=True), "it is the draft again"
    assert publish(olga, "You pay.", later, revision="1") == 303
    anna.submit("/offer/accept", {"version": "1"})
    assert olga.submit("/admin/offer/1/withdraw").status_code == 409


def test_two_operators_who_draft_at_once_hear_of_each_other(olga: Browser) -> None:
    publish(olga, "You pay.")
    assert publish(olga, "You pay a lot.", act="draft", revision="0") == 303
    answer = olga.submit("/admin/offer", {"text": "You pay little.", "act": "draft", "revision": "0"})

    assert answer.status_code == 409
    assert "You pay little.</textarea>" in answer.get_data(as_text=True), "what was typed stays"
    page = olga.get("/admin/offer").get_data(as_text=True)
    assert "You pay a lot.</textarea>" in page
    assert "<ins> a lot</ins>" in page


def test_the_reader_sees_what_changed(anna: Browser, olga: Browser) -> None:
    publish(olga, "First.\n\nYou pay 5 a month.\n\nLast.")
    publish(olga, "First.\n\nYou pay 7 a month.\n\nNew.\n\nLast.")
    page = anna.get("/offer").get_data(as_text=True)

    assert "<p>You pay <del>5</del><ins>7</ins> a month.</p>" in page
    assert "<p><ins>New.</ins></p>" in page


LINES = st.lists(st.sampled_from(["You pay 5 a month.", "You pay 7.", "We connect.", "Last word.", "x"]), max_size=12)


@given(LINES, LINES)
def test_changes_lead_from_one_text_to_the_other(before: list[str], after: list[str]) -> None:
    found = changes("\n\n".join(before), "\n\n".join(after))
    if before == after:
        assert not found
        return
    hidden = sum(paragraph.hidden for paragraph in found)
    for mark, text in (("removed", before), ("added", after)):
        kept = ["".join(piece.text for piece in each.pieces if piece.mark in ("same", mark)) for each in found]
        shown = [line for line in kept if line]
        assert len(shown) + hidden == len(text)
        assert set(shown) <= set(text)


@pytest.mark.parametrize("size", [3000])
def test_long_texts_are_compared_soon(size: int) -> None:
    before = "\n".join(f"Clause {place} says that you pay {place % 7}." for place in range(size))
    found = changes(before, before.replace("Clause 1500 says", "Clause 1500 tells"))

    assert [piece.text for each in found for piece in each.pieces if piece.mark == "added"] == ["tells"]
