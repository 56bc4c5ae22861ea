"""Tags of the account's own list: on calls, in the log's address, renamed, merged, removed and brought back."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from portal.calls.log.filters import CallFilters
from portal.calls.log.pages import call_page
from portal.calls.queries import find_call
from portal.calls.remarks import tags as services
from portal.calls.remarks.on_calls import tag_call
from portal.kernel.paging import NewestFirst
from tests.browser import Browser
from tests.calls.factory import NOON, Story, tell_whole
from tests.calls.test_reading_the_log import rows
from tests.contacts.desk import actions, inside
from tests.people import Cast


def a_tag(app: Flask, account_id: int, name: str, *stories: Story) -> int:
    """A tag of the list, on these calls."""
    with inside(app, account_id):
        tag = services.add_tag(name, "good")
        for story in stories:
            call = find_call(story.api_call_id)
            assert call
            tag_call(call, tag.id)
        return tag.id


def calls_of(browser: Browser, tag_id: int) -> list[str]:
    """The calls that the log shows for a tag."""
    return rows(browser.get(f"/calls?tag={tag_id}"))


def test_an_admin_keeps_the_list(app: Flask, cast: Cast, anna: Browser) -> None:
    assert anna.submit("/calls/tags", {"name": "Жалоба", "tone": "bad"}).status_code == 303
    page = anna.get("/calls/tags").get_data(as_text=True)
    assert "Жалоба" in page
    assert "badge--bad" in page
    for wrong in ({"name": "жалоба", "tone": "bad"}, {"name": "", "tone": "bad"}, {"name": "x" * 61, "tone": "bad"}):
        answer = anna.submit("/calls/tags", wrong, htmx=True)
        assert answer.status_code == 422
        assert "field-error" in answer.get_data(as_text=True)
    assert anna.submit("/calls/tags", {"name": "x", "tone": "pink"}).status_code == 422
    (tag_id,) = re.findall(r'id="tag-(\d+)"', page)
    assert anna.submit(f"/calls/tags/{tag_id}", {"name": "Спор", "tone": "wait"}).status_code == 303
    assert "Спор" in anna.get("/calls/tags").get_data(as_text=True)


def test_a_tagged_call_is_marked_in_the_log_and_found_by_its_address(app: Flask, cast: Cast, anna: Browser) -> None:
    story = tell_whole(app, Story(cast.north))
    tell_whole(app, Story(cast.north, started_at=NOON - timedelta(hours=1)))
    tag_id = a_tag(app, cast.north, "Order")

    answer = anna.submit(f"/calls/{story.api_call_id}/tags", {"tag": str(tag_id)}, htmx=True)

    assert answer.status_code == 200
    assert "Order" in answer.get_data(as_text=True)
    assert f'href="/calls?tag={tag_id}"' in anna.get("/calls").get_data(as_text=True)
    assert calls_of(anna, tag_id) == [story.api_call_id]
    assert calls_of(anna, 999) == []
    assert 'class="notice notice--info"' in anna.get("/calls?tag=%00").get_data(as_text=True)
    assert "call.tag" in actions(app, cast.north)


def test_a_tag_is_taken_off_and_put_back(app: Flask, cast: Cast, anna: Browser) -> None:
    story = tell_whole(app, Story(cast.north))
    tag_id = a_tag(app, cast.north, "Order", story)
    url = f"/calls/{story.api_call_id}/tags/{tag_id}"

    answer = anna.submit(f"{url}/remove", htmx=True)

    assert calls_of(anna, tag_id) == []
    assert f"{url}/restore" in answer.headers["HX-Trigger"]
    assert anna.submit(f"{url}/restore").status_code == 303
    assert calls_of(anna, tag_id) == [story.api_call_id]


def test_a_removed_tag_comes_back_with_its_calls(app: Flask, cast: Cast, anna: Browser) -> None:
    story = tell_whole(app, Story(cast.north))
    tag_id = a_tag(app, cast.north, "Order", story)

    assert anna.submit(f"/calls/tags/{tag_id}/remove").status_code == 303
    assert calls_of(anna, tag_id) == []
    assert "Order" not in anna.get(f"/calls/{story.api_call_id}").get_data(as_text=True)
    assert anna.submit(f"/calls/tags/{tag_id}/restore").status_code == 303
    assert calls_of(anna, tag_id) == [story.api_call_id]


def test_a_name_that_was_given_again_is_not_taken_away(app: Flask, cast: Cast, anna: Browser) -> None:
    tag_id = a_tag(app, cast.north, "Order")
    anna.submit(f"/calls/tags/{tag_id}/remove")
    a_tag(app, cast.north, "order")

    assert anna.submit(f"/calls/tags/{tag_id}/restore").status_code == 409


def test_merged_tags_are_one_until_they_are_parted(app: Flask, cast: Cast, anna: Browser) -> None:
    both = tell_whole(app, Story(cast.north))
    one = tell_whole(app, Story(cast.north, started_at=NOON - timedelta(hours=1)))
    first = a_tag(app, cast.north, "Order", both, one)
    second = a_tag(app, cast.north, "Orders", both)

    assert anna.submit(f"/calls/tags/{first}/merge", {"tag": str(second)}).status_code == 303

    assert calls_of(anna, second) == [both.api_call_id, one.api_call_id]
    assert anna.submit(f"/calls/tags/{first}/restore").status_code == 303
    assert calls_of(anna, first) == [both.api_call_id, one.api_call_id]
    assert calls_of(anna, second) == [both.api_call_id]
    assert anna.submit(f"/calls/tags/{first}/merge", {"tag": str(first)}).status_code == 422
    assert anna.submit(f"/calls/tags/{first}/merge", {"tag": "x"}).status_code == 422


@pytest.mark.parametrize("limit", [3, 50])
def test_pages_of_a_tag_are_the_calls_that_have_it(app: Flask, cast: Cast, limit: int) -> None:
    stories = [tell_whole(app, Story(cast.north, started_at=NOON - timedelta(minutes=n // 2))) for n in range(20)]
    tagged = stories[::2]
    tag_id = a_tag(app, cast.north, "Order", *tagged)
    found: list[str] = []
    cursor = None
    with inside(app, cast.north):
        while True:
            page = call_page(CallFilters(tag=tag_id), cursor, limit)
            found += [call.api_call_id for call in page.rows]
            if page.next is None:
                break
            cursor = NewestFirst.read(page.next)

    assert sorted(found) == sorted(story.api_call_id for story in tagged)
    assert len(found) == len(set(found))


def test_a_viewer_sees_tags_and_changes_none(app: Flask, cast: Cast, boris: Browser) -> None:
    story = tell_whole(app, Story(cast.north))
    tag_id = a_tag(app, cast.north, "Order", story)

    page = boris.get(f"/calls/{story.api_call_id}").get_data(as_text=True)

    assert "Order" in page
    assert f"/tags/{tag_id}/remove" not in page
    assert boris.submit(f"/calls/{story.api_call_id}/tags", {"tag": str(tag_id)}).status_code == 403
    assert boris.get("/calls/tags").status_code == 403


def test_a_strangers_tag_is_none(app: Flask, cast: Cast, anna: Browser, clara: Browser) -> None:
    story = tell_whole(app, Story(cast.north))
    souths = a_tag(app, cast.south, "South")

    assert anna.submit(f"/calls/{story.api_call_id}/tags", {"tag": str(souths)}).status_code == 404
    assert clara.submit(f"/calls/{story.api_call_id}/tags", {"tag": str(souths)}).status_code == 404
    assert "South" not in anna.get("/calls/tags").get_data(as_text=True)
