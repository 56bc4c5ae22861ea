"""The operator publishes the offer; everybody reads what is in force and what was before."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.kernel.db import transaction
from portal.offer import queries
from tests.browser import Browser
from tests.people import OLGA


def publish(olga: Browser, text: str) -> int:
    return olga.submit("/admin/offer", {"text": text}).status_code


def test_without_an_offer_the_page_says_so(anna: Browser, olga: Browser) -> None:
    for browser in (anna, olga):
        assert "empty--nothing" in browser.get("/offer").get_data(as_text=True)


def test_everybody_reads_the_newest_version_and_finds_the_earlier_ones(
    anna: Browser, boris: Browser, clara: Browser, olga: Browser
) -> None:
    assert publish(olga, "We connect you.\r\n\r\nYou pay.") == 303
    assert publish(olga, "We connect you.\r\n\r\nYou pay monthly <b>.") == 303

    for browser in (anna, boris, clara, olga):
        page = browser.get("/offer").get_data(as_text=True)
        assert "<p>You pay monthly &lt;b&gt;.</p>" in page
        assert "?version=1" in page
        assert "<p>You pay.</p>" in browser.get("/offer?version=1").get_data(as_text=True)


@pytest.mark.parametrize("version", ["0", "2", "-1", "x", "", "9" * 30, "١"])
def test_a_version_that_never_was_is_not_found(anna: Browser, olga: Browser, version: str) -> None:
    publish(olga, "We connect you.")

    assert anna.get("/offer", query_string={"version": version}).status_code == 404


def test_each_version_keeps_who_published_it(app: Flask, olga: Browser) -> None:
    publish(olga, "First.")
    publish(olga, "Second.")

    with app.app_context(), transaction(writes=False):
        kept = [(version.number, version.published_by) for version in queries.versions()]
    assert kept == [(2, OLGA.email), (1, OLGA.email)]


@pytest.mark.parametrize("text", [" \r\n", "First.", "t" * 200_001])
def test_an_empty_an_endless_and_an_unchanged_text_are_refused(app: Flask, olga: Browser, text: str) -> None:
    publish(olga, "First.")

    answer = olga.submit("/admin/offer", {"text": text})

    assert answer.status_code == 422
    assert text.strip() in answer.get_data(as_text=True)
    with app.app_context(), transaction(writes=False):
        assert len(queries.versions()) == 1


def test_only_the_operator_publishes(anna: Browser, boris: Browser) -> None:
    for browser in (anna, boris):
        assert browser.get("/admin/offer").status_code == 403
        assert browser.submit("/admin/offer", {"text": "Free for ever."}).status_code == 403


def test_the_form_begins_with_the_text_in_force(olga: Browser) -> None:
    publish(olga, "We connect you.")

    assert "We connect you.</textarea>" in olga.get("/admin/offer").get_data(as_text=True)
