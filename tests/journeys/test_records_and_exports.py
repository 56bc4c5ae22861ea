"""An export, an archive and the player, as people use them: in Russian and in English, with scripts and without."""

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.visit import save_result, visit
from tests.support.installation import Installation

ANNA = "anna@north.example"
WAYS = [
    pytest.param({"locale": "ru-RU"}, id="russian"),
    pytest.param({"locale": "en-GB", "java_script_enabled": False}, id="english, without scripts"),
]

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("way", WAYS)
def test_an_export_is_asked_for_followed_and_opened(
    browser: Browser, demo: Installation, way: dict[str, Any], tmp_path: Path
) -> None:
    with visit(browser, demo.url, ANNA, demo.password, "/calls?direction=in", **way) as context:
        page = context.pages[0]
        page.locator("#log-tools a").first.click()
        page.locator("main form button[type=submit]").click()
        page.wait_for_url("**/jobs/*")
        saved = save_result(page, tmp_path)

    sheet = openpyxl.load_workbook(io.BytesIO(saved)).worksheets[0]
    assert sheet.max_row > 1
    assert sheet["A1"].value == ("Время" if way["locale"] == "ru-RU" else "Time")


@pytest.mark.parametrize("way", WAYS)
def test_records_are_packed(browser: Browser, demo: Installation, way: dict[str, Any], tmp_path: Path) -> None:
    with visit(browser, demo.url, ANNA, demo.password, "/calls?record=yes", **way) as context:
        page = context.pages[0]
        page.locator("#archive-tool button").click()
        page.wait_for_url("**/jobs/*")
        saved = save_result(page, tmp_path)
        state, button = (
            page.locator("#job [role=status]").bounding_box(),
            page.locator("#job .btn").first.bounding_box(),
        )
        assert state is not None
        assert button is not None
        assert button["y"] - state["y"] - state["height"] >= 8, "they stand apart"

    with zipfile.ZipFile(io.BytesIO(saved)) as archive:
        assert archive.testzip() is None
        assert {name.rpartition(".")[2] for name in archive.namelist()} == {"wav"}


def test_a_record_is_heard_with_the_keyboard_and_it_is_seen_who_listened(browser: Browser, demo: Installation) -> None:
    with visit(browser, demo.url, ANNA, demo.password, "/calls?record=yes") as context:
        page = context.pages[0]
        page.locator("#call-table td.lead a").first.click()
        expect(page.locator("#player .wave path").first).to_have_attribute("d", _bars())

        seek = page.locator("#player [data-player-seek]")
        seek.focus()
        with page.expect_response(lambda answer: answer.url.endswith("/record")):
            page.keyboard.press("Space")
        expect(page.locator("#player [data-player-toggle]")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("ArrowRight")
        page.locator("#player [data-player-skip][value='-10']").first.click()
        page.locator("#player [data-player-speed]").select_option("1.5")
        assert page.locator("#player audio").evaluate("audio => audio.playbackRate") == 1.5
        page.reload()

        expect(page.locator("#record tbody tr").first).to_contain_text(ANNA)


def _bars() -> re.Pattern[str]:
    return re.compile(r"^M1 [\d.]+v[\d.]+M4 ")


def test_a_record_whose_sound_is_gone_says_so(browser: Browser, demo: Installation) -> None:
    with visit(browser, demo.url, ANNA, demo.password, "/calls?record=yes") as context:
        page = context.pages[0]
        page.route("**/calls/*/record*", lambda route: route.fulfill(status=404))
        page.locator("#call-table [data-play]").first.click()
        expect(page.locator("[data-player-dock] [data-player-broken]")).to_contain_text("не воспроизводится")

        page.unroute("**/calls/*/record*")
        page.locator("#call-table [data-play]").nth(1).click()
        expect(page.locator("[data-player-dock] [data-player-broken]")).to_be_hidden()
