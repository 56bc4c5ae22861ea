"""Whoever must prove first who it is finds what was typed."""

from portal.accounts.door import FRESH_FOR
from tests.accounts.test_second_factor import later
from tests.browser import Browser
from tests.people import PASSWORD, Cast


def test_what_was_typed_before_stands_there_again(anna: Browser, olga: Browser, cast: Cast) -> None:
    hand = f"/admin/accounts/{cast.north}/money"
    typed = {
        "/top-up": ("/top-up/bill", {"amount": "7 654,32"}),
        hand: (hand, {"amount": "98,76", "reason": "Paid at the desk", "direction": "take", "source": "hand-1"}),
    }
    with later(FRESH_FOR.total_seconds() / 60 + 1):
        for page, (url, fields) in typed.items():
            person = olga if page == hand else anna
            came_from = {"Referer": f"https://localhost{page}"}
            form = {"csrf_token": person.token(), **fields}
            there = str(person.post(url, data=form, headers=came_from).headers["Location"])
            assert person.submit("/confirm", {"password": PASSWORD, "next": page}).headers["Location"] == page, there

            shown = person.get(page).text

            assert all(f'value="{value}"' in shown or f">{value}</" in shown for value in fields.values()), page
            assert fields["amount"] not in person.get(page).text, "once"


def test_a_secret_that_was_typed_before_is_kept_nowhere(anna: Browser) -> None:
    with later(FRESH_FOR.total_seconds() / 60 + 1):
        form = {"csrf_token": anna.token(), "email": "a@b.example", "password": "canary"}
        anna.post("/profile/email", data=form, headers={"Referer": "https://localhost/profile"})

        with anna.session_transaction(base_url="https://localhost") as cookie:
            assert "a@b.example" in str(dict(cookie))
            assert "canary" not in str(dict(cookie))
