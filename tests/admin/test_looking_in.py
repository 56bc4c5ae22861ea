"""The operator looks into an account as one of its people: seen, noted, for half an hour, and with less power."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.api_keys import reveal_api_key
from portal.accounts.door import FRESH_FOR
from portal.accounts.models import Membership, User
from portal.accounts.services import find_user
from portal.accounts.trail.models import AuditEntry
from portal.accounts.trail.verify import verify_trails
from portal.accounts.visits.ending import end_overdue_visits
from portal.accounts.visits.services import LONGEST
from portal.kernel.db import transaction
from portal.web.access import Permission
from portal.web.feature import Feature
from tests.accounts.test_second_factor import later
from tests.architecture import specimens
from tests.browser import Browser
from tests.people import ANNA, BORIS, CLARA, OLGA, Cast, Person

OPEN = {"/healthz", "/readyz", "/metrics", "/favicon.ico", "/description/openapi.json"}
"""Nothing of an account."""
BAR = 'id="visit"'


@pytest.fixture
def look(app: Flask, cast: Cast, olga: Browser) -> Callable[..., Browser]:
    """Olga, who has begun to see North as one of its people."""

    def begin(person: Person = ANNA, **form: str) -> Browser:
        answer = olga.submit(f"/admin/accounts/{cast.north}/people/{id_of(app, person)}/visit", form)
        assert answer.status_code == 303
        return olga

    return begin


def id_of(app: Flask, person: Person) -> int:
    with app.app_context(), transaction(writes=False):
        return find_user(person.email).id


def trail(app: Flask, cast: Cast) -> list[tuple[str, str, object]]:
    with app.app_context(), transaction(cast.north, writes=False) as session:
        rows = session.scalars(
            select(AuditEntry).where(AuditEntry.action.startswith("visit.")).order_by(AuditEntry.number)
        )
        return [(row.action, row.actor, row.after) for row in rows]


def test_a_bar_stands_on_every_page_and_leads_back(app: Flask, cast: Cast, look: Callable[..., Browser]) -> None:
    olga = look()

    for url in ("/", "/calls", "/integration", "/balance", "/audit", "/no-such-page", "/users"):
        assert BAR in olga.get(url).get_data(as_text=True), url
    back = olga.submit("/leave")

    assert back.headers["Location"] == f"/admin/accounts/{cast.north}"
    assert BAR not in olga.get("/admin").get_data(as_text=True)
    assert olga.get("/calls").status_code == 403


def test_the_accounts_own_trail_tells_of_it_in_the_operators_name(
    app: Flask, cast: Cast, look: Callable[..., Browser]
) -> None:
    olga = look()
    olga.submit("/contacts/new", {"name": "Petr", "numbers": "+7 903 999-88-77"})
    olga.submit("/leave")

    assert trail(app, cast) == [
        ("visit.begin", OLGA.email, {"minutes": 30}),
        ("visit.end", OLGA.email, {"by": "button"}),
    ]
    with app.app_context(), transaction(cast.north, writes=False) as session:
        added = session.scalars(select(AuditEntry).where(AuditEntry.action == "contact.add")).one()
        assert added.actor == OLGA.email


def test_it_begins_where_it_was_wanted(look: Callable[..., Browser], cast: Cast, olga: Browser, app: Flask) -> None:
    url = f"/admin/accounts/{cast.north}/people/{id_of(app, ANNA)}/visit"

    assert olga.submit(url, {"next": "/webhooks"}).headers["Location"] == "/webhooks"
    olga.submit("/leave")
    assert olga.submit(url, {"next": "//evil.example"}).headers["Location"] == "/"


def test_what_needs_the_person_stays_shut(app: Flask, look: Callable[..., Browser]) -> None:
    """Keys, secrets, second factors, people and money: what is asked for anew, and what is one's own."""
    olga = look()
    tried = []
    for name, room in app.blueprints.items():
        if isinstance(room, Feature):
            for view, needs in room.needs.items():
                rule = next(iter(app.url_map.iter_rules(f"{name}.{view}")))
                is_read = "GET" in (rule.methods or ())
                is_own = needs in {Permission.OWN_DOOR, Permission.OWN_PAGE}
                if view in room.needs_fresh or is_own or (needs is Permission.SIGNED_IN and not is_read):
                    url = re.sub(r"<[^>]+>", "1", rule.rule)
                    tried.append(url)
                    assert (olga.get(url) if is_read else olga.submit(url)).status_code == 403, url
    assert len(tried) > 25


@pytest.mark.parametrize(
    "url",
    [
        "/users",
        "/records",
        "/support/new",
        "/integration/keys/new?x",
        "/calls/new",
        "/admin",
        "/calls/archive",
        "/calls/export",
        "/audit/export",
        "/balance/postings.csv",
        "/payments/table.csv",
        "/documents/archive",
        "/documents/papers/1/file",
        "/documents/papers/1/mail",
    ],
)
def test_neither_people_nor_records_nor_words_in_the_persons_name(look: Callable[..., Browser], url: str) -> None:
    olga = look()
    is_act = any(word in url for word in ("keys", "archive", "audit", "mail"))

    assert (olga.submit(url) if is_act else olga.get(url)).status_code == 403


def test_no_secret_is_on_a_page_that_is_open(look: Callable[..., Browser], app: Flask, cast: Cast) -> None:
    page = look().get("/integration").get_data(as_text=True)

    assert "•••" in page or "***" in page
    with app.app_context(), transaction(cast.north, writes=False):
        assert reveal_api_key(app.extensions["portal.vault"]) not in page


def test_neither_menu_nor_pages_lead_to_what_stays_shut(look: Callable[..., Browser]) -> None:
    olga = look()

    assert 'href="/profile"' not in olga.get("/profile/company").get_data(as_text=True)
    assert "/audit/export" not in olga.get("/audit").get_data(as_text=True)


def test_no_file_is_taken_away_and_no_page_offers_one(
    app: Flask, cast: Cast, look: Callable[..., Browser], anna: Browser
) -> None:
    """Every address with a row behind it: pages and their fragments, and nothing that a browser would save."""
    known = specimens.settle(app, cast.north)
    olga, taken = look(), []
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint != "accounts.live" and rule.arguments <= set(known):
            path = (rule.build({name: known[name] for name in rule.arguments}) or ("", ""))[1]
            answer = olga.get(path)
            is_page = answer.mimetype == "text/html" or path in OPEN
            if answer.status_code == 200 and not (is_page or path.startswith(("/api.php", "/static"))):
                taken.append(path)
            answer.close()
    offers = ("postings.csv", "table.csv", "/file", "/documents/archive")
    pages = ["/balance", "/payments", "/documents", f"/documents/papers/{known['paper_id']}"]

    assert not taken
    assert not [page for page in pages if any(offer in olga.get(page).text for offer in offers)]
    assert all(any(offer in anna.get(page).text for offer in offers) for page in pages), "others are offered them"


def test_a_viewer_is_seen_as_a_viewer(look: Callable[..., Browser]) -> None:
    olga = look(BORIS)

    assert olga.get("/integration").status_code == 200
    assert olga.get("/audit").status_code == 403


def test_it_ends_by_itself_and_says_so(app: Flask, cast: Cast, look: Callable[..., Browser]) -> None:
    olga = look()
    with later(LONGEST.total_seconds() / 60 + 1):
        assert olga.get("/calls").status_code == 403
        assert olga.submit("/leave").headers["Location"] == "/"
        assert BAR not in olga.get("/admin").get_data(as_text=True)
        with app.app_context():
            end_overdue_visits(app)
            end_overdue_visits(app)

    assert trail(app, cast)[-1] == ("visit.end", OLGA.email, {"by": "time"})
    assert len(trail(app, cast)) == 2
    with app.app_context():
        assert all(verdict.fault is None for verdict in verify_trails(app.extensions["portal.vault"]))


def test_signing_out_ends_it_too(app: Flask, cast: Cast, look: Callable[..., Browser]) -> None:
    look().submit("/logout")

    assert [line[0] for line in trail(app, cast)] == ["visit.begin", "visit.end"]


def test_who_is_let_in_no_more_is_seen_by_nobody(app: Flask, cast: Cast, look: Callable[..., Browser]) -> None:
    olga = look()
    with app.app_context(), transaction() as session:
        session.get_one(Membership, (id_of(app, ANNA), cast.north)).is_disabled = True

    assert olga.get("/calls").status_code == 403


def test_nobody_of_another_account_and_no_operator_is_seen(app: Flask, cast: Cast, olga: Browser) -> None:
    for person in (CLARA, OLGA):
        answer = olga.submit(f"/admin/accounts/{cast.north}/people/{id_of(app, person)}/visit")
        assert answer.status_code == 404


def test_an_old_session_must_prove_itself_first(app: Flask, cast: Cast, olga: Browser) -> None:
    with later(FRESH_FOR.total_seconds() / 60 + 1):
        answer = olga.submit(f"/admin/accounts/{cast.north}/people/{id_of(app, ANNA)}/visit")

    assert answer.headers["Location"].startswith("/confirm")


def test_language_and_theme_are_the_operators(app: Flask, look: Callable[..., Browser]) -> None:
    look().submit("/preferences", {"locale": "en", "theme": "dark"})

    with app.app_context(), transaction(writes=False) as session:
        anna, olga = (session.scalars(select(User).where(User.email == each.email)).one() for each in (ANNA, OLGA))
        assert (anna.theme, olga.theme) == ("auto", "dark")


def test_the_person_is_not_seen_as_having_been_there(app: Flask, cast: Cast, look: Callable[..., Browser]) -> None:
    look().get("/calls")

    with app.app_context(), transaction(writes=False) as session:
        assert session.get_one(Membership, (id_of(app, ANNA), cast.north)).last_seen_at is None
