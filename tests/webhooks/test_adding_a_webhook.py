"""A URL and an event are added, or refused with what is wrong and what to do."""

import pytest

from portal.webhooks.models import EventType
from portal.webhooks.queries import webhook_list
from tests.browser import Browser
from tests.support.receiver import Receiver
from tests.webhooks.world import Company

END = EventType.CALL_FINISHED.value
START = EventType.CALL_STARTED.value


def urls(north: Company) -> list[tuple[str, str]]:
    return [(row.webhook.url, row.webhook.event) for row in north.reads(webhook_list)]


def test_it_is_added_as_it_was_typed_less_the_blanks_around_it(anna: Browser, north: Company) -> None:
    url = "HTTP://127.0.0.1:8080/Calls.php?a=%2f&b=[]"

    answer = anna.submit("/webhooks", {"url": f"  {url}\n", "event": END, "back": "/integration"})

    assert answer.status_code == 303
    assert answer.location == "/integration"
    assert urls(north) == [(url, END)]
    assert "Calls.php" in anna.get("/webhooks").text


def test_nothing_is_sent_to_it(anna: Browser, north: Company, receiver: Receiver) -> None:
    anna.submit("/webhooks", {"url": receiver.url, "event": END})

    assert len(urls(north)) == 1
    assert receiver.requests == []


def test_htmx_gets_the_list_with_the_new_one_and_an_empty_form(anna: Browser) -> None:
    answer = anna.submit("/webhooks", {"url": "http://127.0.0.1/calls.php", "event": START}, htmx=True)

    assert answer.status_code == 200
    assert 'id="webhook-list"' in answer.text
    assert "http://127.0.0.1/calls.php" in answer.text
    assert 'name="url" placeholder' in answer.text
    assert "portal:toast" in answer.headers["HX-Trigger"]


def test_the_same_url_may_be_told_of_both_events(anna: Browser, north: Company) -> None:
    for event in (START, END):
        anna.submit("/webhooks", {"url": "http://127.0.0.1/x", "event": event})

    assert urls(north) == [("http://127.0.0.1/x", START), ("http://127.0.0.1/x", END)]


@pytest.mark.parametrize("twin", ["http://127.0.0.1/x", "HTTP://127.0.0.1:80/x", " http://127.0.0.1/x "])
def test_the_same_url_twice_for_one_event_is_refused(anna: Browser, north: Company, twin: str) -> None:
    anna.submit("/webhooks", {"url": "http://127.0.0.1/x", "event": END})

    answer = anna.submit("/webhooks", {"url": twin, "event": END})

    assert answer.status_code == 422
    assert "уже" in answer.text or "already" in answer.text
    assert len(urls(north)) == 1


@pytest.mark.parametrize(
    ("url", "word"),
    [
        ("", "Enter the URL"),
        ("   ", "Enter the URL"),
        ("crm.example.ru/calls.php", "Begin the URL with https"),
        ("ftp://crm.example.ru/x", "Only https"),
        ("javascript://crm.example.ru/x", "Only https"),
        ("http:///x", "no server name"),
        ("https://anna:secret@crm.example.ru/x", "user name and password"),
        ("https://crm.example.ru/x#top", "after #"),
        ("https://crm.example.ru:22/x", "The port"),
        ("https://crm.example.ru/a b", "a space"),
        ("https://crm.example.ru/\x07", "a space"),
        ("https://crm_example..ru/x", "no server of this name"),
        ("http://10.0.0.7/x", "PORTAL_WEBHOOK_ALLOW"),
        ("http://192.168.1.1/x", "PORTAL_WEBHOOK_ALLOW"),
        ("http://169.254.169.254/latest/meta-data/", "PORTAL_WEBHOOK_ALLOW"),
        ("http://[::1]/x", "PORTAL_WEBHOOK_ALLOW"),
        ("http://[::ffff:10.0.0.7]/x", "PORTAL_WEBHOOK_ALLOW"),
        ("http://2130706433/x", "usual form"),
        ("https://crm.example.ru/" + "x" * 2000, "too long"),
        ("https://crm.example.ru/" + "ю" * 400, "too long"),
    ],
)
def test_a_url_that_cannot_work_is_refused_with_the_reason_at_its_field(
    english_anna: Browser, north: Company, url: str, word: str
) -> None:
    answer = english_anna.submit("/webhooks", {"url": url, "event": END})

    assert answer.status_code == 422
    assert word in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert urls(north) == []


def test_what_was_typed_is_kept(anna: Browser) -> None:
    answer = anna.submit("/webhooks", {"url": "http://10.0.0.7/calls.php", "event": START}, htmx=True)

    assert answer.status_code == 422
    assert 'value="http://10.0.0.7/calls.php"' in answer.text
    assert f'<option selected value="{START}">' in answer.text


def test_a_name_that_leads_nowhere_is_refused(english_anna: Browser, north: Company, refusals: list[str]) -> None:
    answer = english_anna.submit("/webhooks", {"url": "https://crm.nowhere.example/x", "event": END})

    assert answer.status_code == 422
    assert "No server of this name" in answer.text
    assert refusals, "the name was looked up"
    assert urls(north) == []


def test_an_event_that_does_not_exist_is_refused(anna: Browser, north: Company) -> None:
    answer = anna.submit("/webhooks", {"url": "http://127.0.0.1/x", "event": "call-dreamt"})

    assert answer.status_code == 422
    assert urls(north) == []


def test_a_viewer_sees_the_list_and_cannot_add(boris: Browser, north: Company) -> None:
    north.listens("http://127.0.0.1/x?token=hush")

    page = boris.get("/webhooks")
    assert page.status_code == 200
    assert "http://127.0.0.1/x?token=***" in page.text
    assert "hush" not in page.text
    assert 'name="url"' not in page.text
    assert boris.submit("/webhooks", {"url": "http://127.0.0.1/y", "event": END}).status_code == 403
    assert len(urls(north)) == 1


def test_a_stranger_sees_nothing_of_it(clara: Browser, north: Company) -> None:
    north.listens("http://127.0.0.1/of-north")

    assert "of-north" not in clara.get("/webhooks").text


def test_it_leaves_a_line_in_the_audit_trail_without_the_key_in_the_url(anna: Browser, north: Company) -> None:
    anna.submit("/webhooks", {"url": "http://127.0.0.1/x?token=hush", "event": END})

    (line,) = north.audit("webhook.add")
    assert line.actor == "anna@north.example"
    assert line.subject == "http://127.0.0.1/x?token=***"
    assert "hush" not in str(line.after)


def test_a_demo_says_that_loopback_is_allowed(english_anna: Browser, demo: None) -> None:
    assert "this machine itself (127.0.0.1)" in english_anna.get("/webhooks").text


def test_elsewhere_nothing_is_said_of_loopback(english_anna: Browser) -> None:
    assert "127.0.0.1" not in english_anna.get("/webhooks").text
