"""What only a browser shows: nothing that was typed is lost, the focus stays, and all of it works without scripts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import assert_accessible
from tests.support.chromium import NARROW, open_context
from tests.support.installation import Installation

pytestmark = pytest.mark.browser

ANNA = "anna@north.example"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The demo, placing no calls by itself."""
    folder: Path = tmp_path_factory.mktemp("installation")
    with Installation(folder, "--quiet", "--calls", "20") as running:
        yield running


@pytest.fixture
def page(browser: Browser, installation: Installation) -> Iterator[Page]:
    """The integration page as Anna sees it, in English."""
    with open_context(browser, locale="en-GB", permissions=["clipboard-read", "clipboard-write"]) as context:
        tab = context.new_page()
        _open(tab, installation)
        yield tab


def _open(tab: Page, installation: Installation) -> None:
    tab.goto(f"{installation.url}/login?next=/integration")
    tab.fill("input[name=email]", ANNA)
    tab.fill("input[name=password]", installation.password)
    tab.locator("main form button[type=submit]").click()
    expect(tab.locator("#mapping-rows .map-row").first).to_be_visible()
    # The sections below arrive after it.
    tab.wait_for_load_state()


def _receivers(tab: Page) -> list[str]:
    tab.wait_for_load_state()
    return [label.inner_text() for label in tab.locator("#receivers li:has(:checked) label").all()]


def test_saving_one_section_keeps_what_was_typed_in_the_others(page: Page) -> None:
    unmapped = page.locator("#mapping-rows select").first
    name, free = unmapped.get_attribute("name"), unmapped.locator("option").last.get_attribute("value")
    unmapped.select_option(free)
    page.fill("#ring_seconds", "25")
    page.fill("#webhook-list input[name=url]", "https://crm.example/half-typed")

    page.fill("#crm-user-name", "Newcomer")
    page.click("#crm-user-add")
    expect(page.locator("#receivers")).to_contain_text("Newcomer")
    page.locator("#receivers label", has_text="Newcomer").click()
    page.click("#receivers-save")
    expect(page.locator("#plan")).to_contain_text("Newcomer")

    expect(page.locator(f"select[name={name}]")).to_have_value(free or "")
    expect(page.locator("#ring_seconds")).to_have_value("25")
    expect(page.locator("#plan")).to_contain_text("25")
    expect(page.locator("#webhook-list input[name=url]")).to_have_value("https://crm.example/half-typed")


def test_the_order_is_changed_by_buttons_and_the_focus_stays_with_the_row(page: Page) -> None:
    before = _receivers(page)
    button = page.locator("#receivers button[value$=':down']:enabled").first
    moved = (button.get_attribute("value") or "").partition(":")[0]

    button.press("Enter")

    expect(page.locator("#receivers li:has(:checked) label").first).to_have_text(before[1])
    assert page.evaluate("document.activeElement.value").startswith(f"{moved}:")
    page.reload()
    assert _receivers(page)[:2] == [before[1], before[0]]


def test_a_row_is_dragged_to_its_place(page: Page) -> None:
    before = _receivers(page)
    handles = page.locator("[data-reorder-handle]")
    page.locator("#receivers-save").scroll_into_view_if_needed()
    start, end = handles.nth(1).bounding_box(), handles.nth(0).bounding_box()
    assert start
    assert end

    page.mouse.move(start["x"] + 5, start["y"] + 5)
    page.mouse.down()
    page.mouse.move(end["x"] + 5, end["y"] - 25, steps=5)
    with page.expect_response("**/integration/receivers"):
        page.mouse.up()

    expect(page.locator("#receivers li:has(:checked) label").first).to_have_text(before[1])
    page.reload()
    assert _receivers(page)[:2] == [before[1], before[0]]


def test_the_key_is_copied_without_being_shown_and_shown_only_on_request(page: Page) -> None:
    masked = page.locator("#key-value").inner_text()

    page.locator("#api-key button", has_text="Copy").first.click()
    expect(page.locator("#api-key [data-is-copied]")).to_be_visible()

    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(masked[:10])
    assert "•" not in copied
    assert page.locator("#key-value").inner_text() == masked
    page.click("#key-show")
    expect(page.locator("#key-value")).to_have_text(copied)


def test_a_refused_phone_takes_the_focus_to_what_is_wrong(page: Page) -> None:
    selects = page.locator("#mapping-rows select")
    taken = selects.last.input_value()
    selects.first.select_option(taken)

    page.click("#mapping-save")

    expect(page.locator("#mapping [data-error-summary]")).to_be_focused()
    expect(selects.first).to_have_value(taken)
    page.locator("#mapping [data-error-summary] a").click()
    expect(selects.first).to_be_focused()


def test_a_test_call_rings_before_the_eyes_of_who_placed_it(page: Page) -> None:
    page.click("#test-call")

    expect(page.locator("#live-calls .live-call").first).to_be_visible()
    expect(page.locator("#live-calls .live-call").first).to_be_in_viewport()


def test_every_section_works_without_scripts(browser: Browser, installation: Installation) -> None:
    with open_context(browser, locale="en-GB", java_script_enabled=False, viewport=NARROW) as context:
        tab = context.new_page()
        _open(tab, installation)
        tab.fill("#crm-user-name", "Without scripts")
        tab.click("#crm-user-add")
        expect(tab.locator("#mapping-rows")).to_contain_text("Without scripts")
        tab.wait_for_load_state()
        tab.locator("#receivers").get_by_label("Without scripts").check()
        tab.click("#receivers-save")
        expect(tab).to_have_url(f"{installation.url}/integration#receivers")
        assert "Without scripts" in _receivers(tab)
        tab.locator("label.choice", has_text="All at once").click()
        tab.click("#strategy-save")
        expect(tab.locator("#plan")).to_contain_text("All ring at once")
        tab.locator("#api-key button", has_text="Copy").first.click()
        expect(tab.locator("#key-value")).not_to_contain_text("•")


@pytest.mark.parametrize("scripts", [True, False])
def test_the_field_of_an_outside_number_is_there_where_one_is_chosen(
    browser: Browser, installation: Installation, scripts: bool
) -> None:
    with open_context(browser, locale="en-GB", java_script_enabled=scripts) as context:
        tab = context.new_page()
        _open(tab, installation)
        tab.goto(f"{installation.url}/integration/fallbacks")
        label = tab.locator("label[for=all_busy_number]")
        tab.select_option("#all_busy", "")
        expect(tab.locator("#fallbacks .field input:visible")).to_have_count(0)
        tab.select_option("#all_busy", "number")
        expect(tab.locator("#fallbacks .field input:visible")).to_have_count(1)
        expect(label).to_be_visible()
        expect(label).to_have_text("Outside number")
        tab.fill("#all_busy_number", "+7 495 123-45-67")
        tab.click("#fallbacks button[type=submit]")
        expect(tab.locator("#all_busy_number")).to_be_visible()
        if scripts:  # axe is one
            assert_accessible(tab)
        tab.select_option("#all_busy", "")
        expect(tab.locator("#all_busy_number")).to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 768, 1280])
def test_nothing_hinders_anybody(browser: Browser, installation: Installation, theme: str, width: int) -> None:
    with open_context(browser, color_scheme=theme, viewport={"width": width, "height": 900}) as context:
        tab = context.new_page()
        _open(tab, installation)
        for path in ("/integration", "/", "/contacts", "/contacts/new"):
            tab.goto(f"{installation.url}{path}")
            assert_accessible(tab)
            assert not tab.evaluate("document.documentElement.scrollWidth > innerWidth"), f"{path} scrolls sideways"
