"""The page checker finds what it promises to find; each fault is planted once in a page that is otherwise right."""

import pytest

from tests.support.page import assert_fragment, assert_page, fragment_faults, page_faults

PAGE = """<!doctype html>
<html lang="en"><head><title>Calls</title><link rel="stylesheet" href="/static/app.css"></head>
<body><main id="main" hx-sse:connect="/live"><h1>Calls</h1>
{}
</main><template id="toast"><a href="/undo"></a></template></body></html>
"""
FAULTS = {
    "not valid HTML": "<p>Closed twice</p></i>",
    'id="main" stands 2 times': '<p id="main">Again</p>',
    "empty or has a space": '<p id="two words">Here</p>',
    "add action=": '<form method="get"></form>',
    "add method=": '<form action="/calls"></form>',
    "csrf_token": '<form method="post" action="/calls"></form>',
    "add <label for=": '<form method="get" action="/calls"><input name="q"></form>',
    "add alt=": '<img src="/static/a.png">',
    'add type="submit"': "<button>Send</button>",
    "a button without a name": '<button type="button"><svg></svg></button>',
    "a link without text": '<a href="/calls"></a>',
    "a link needs an address": '<a href="#">Delete</a>',
    "no style here": '<p style="color: red">Red</p>',
    "no inline script": "<script>alert(1)</script>",
    "onclick= is a script": '<button type="button" onclick="go()">Go</button>',
    "hx-on:click= is a script": '<button type="button" hx-on:click="go()">Go</button>',
    "href= holds a script": '<a href="javascript:go()">Go</a>',
    "hx-vals= holds a script": '<p hx-vals="js:{a: 1}">Go</p>',
    "hx-trigger's [filter]": '<p hx-get="/calls" hx-trigger="click[ctrlKey]">Go</p>',
    "loads from another host": '<img alt="" src="https://crm.example/a.png">',
    "sends to another host": '<form method="get" action="//crm.example/"></form>',
    "2 <h1>": "<h1>Once more</h1>",
    'aria-describedby="hint" names an id': '<p aria-describedby="hint">Read</p>',
    'for="gone" names an id': '<label for="gone">Gone</label>',
    'hx-target="#gone" names #gone': '<p hx-get="/calls" hx-target="#gone">Go</p>',
    'hx-target:inherited="#gone" names #gone': '<p hx-get="/calls" hx-target:inherited="#gone">Go</p>',
}
SOUND = """
<form method="post" action="/calls" hx-post="/calls" hx-target="closest form" hx-swap="outerHTML">
<input type="hidden" name="csrf_token" value="x">
<label for="q">Number</label><input id="q" name="q" aria-describedby="q-hint"><p id="q-hint">Or a part of it</p>
<label><input type="checkbox" name="record"> With a record</label>
<select name="line" aria-label="Line"><option value="1">495</option></select>
<button type="submit"><img src="/static/a.svg" alt="Find"></button>
</form>
<a href="https://crm.example/help">Help</a><a href="#main">Up</a>
"""


def test_a_sound_page_has_no_faults() -> None:
    assert_page(PAGE.format(SOUND))


@pytest.mark.parametrize(("fault", "planted"), FAULTS.items())
def test_a_planted_fault_is_found_and_nothing_else(fault: str, planted: str) -> None:
    [found] = page_faults(PAGE.format(planted))

    assert fault in found


@pytest.mark.parametrize(
    ("fault", "html"),
    [
        ("no <!doctype html>", PAGE.replace("<!doctype html>\n", "")),
        ("no <html lang", PAGE.replace(' lang="en"', "")),
        ("no <title>", PAGE.replace("Calls</title>", " · </title>")),
        ("0 <h1>", PAGE.replace("h1>", "h2>")),
    ],
)
def test_a_page_must_be_whole(fault: str, html: str) -> None:
    assert any(fault in found for found in page_faults(html.format("")))


def test_the_message_lists_every_fault() -> None:
    with pytest.raises(AssertionError, match=r"(?s)add type=.*no style here"):
        assert_page(PAGE.format('<button style="x">Go</button>'))


@pytest.mark.parametrize("row", ["<tr id='call-1'><td>1</td></tr>", "<option value='1'>1</option>", "<li>1</li>"])
def test_a_fragment_may_be_a_part_of_a_table_or_a_list(row: str) -> None:
    assert_fragment(row)


def test_a_fragment_may_name_what_stands_in_the_page_around_it() -> None:
    assert_fragment('<p id="a" hx-get="/a" hx-target="#notices" aria-describedby="hint">A</p>')
    assert fragment_faults("<button>Go</button>")
