"""`/metrics`: whole and well-formed, for this machine or by token, without a number or a secret in it."""

import os
import re

import pytest
from flask import Flask

from portal.kernel.db import transaction
from portal.kernel.lives import Heart
from portal.telephony.lines import add_did, add_sip_line
from portal.web.meters import BOUNDS, RequestMeter
from tests.browser import Browser
from tests.people import Cast

COMMENT = re.compile(r"# (HELP|TYPE) portal_[a-z_]+ .+")
SAMPLE = re.compile(r'portal_[a-z_]+(\{[a-z]+="[^"\n\\]*"(,[a-z]+="[^"\n\\]*")*\})? [0-9.e+-]+')


def read(browser: Browser, **headers: str) -> str:
    answer = browser.get("/metrics", headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert answer.status_code == 200
    assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    return answer.get_data(as_text=True)


def test_every_line_is_of_the_form(app: Flask, anna: Browser, nobody: Browser) -> None:
    anna.get("/calls")
    with app.app_context():
        Heart(app, "worker").beat()

    text = read(nobody)

    assert text.endswith("\n")
    assert all(COMMENT.fullmatch(line) or SAMPLE.fullmatch(line) for line in text.splitlines())
    assert re.search(r'portal_request_seconds_count\{room="calls"\} [1-9]', text)
    assert 'portal_processes{kind="worker",state="alive"} 1' in text
    for name in ("webhooks_due", "webhooks_lag_seconds", "calls_open", "jobs", "mail", "requests_total"):
        assert f"# TYPE portal_{name} " in text


def test_buckets_rise_to_the_count(anna: Browser, nobody: Browser) -> None:
    anna.get("/calls")
    found = re.findall(r'portal_request_seconds_bucket\{room="calls",le="([^"]+)"\} (\d+)', read(nobody))

    counts = [int(count) for _end, count in found]
    assert counts == sorted(counts)
    assert [end for end, _count in found] == [*(f"{bound:g}" for bound in BOUNDS), "+Inf"]


def test_no_number_and_no_secret_is_in_it(app: Flask, cast: Cast, anna: Browser, nobody: Browser) -> None:
    with app.app_context(), transaction(cast.north):
        add_sip_line("00000000672")
        add_did("74951234567")
    anna.get("/calls?q=74951234567&abonent_api_key=abonent1secretsecretsecret")

    text = read(nobody)

    assert not re.search(r"74951234567|00000000672|secret|North|@", text)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Proto"])
def test_what_a_proxy_hands_on_is_not_this_machine(nobody: Browser, header: str) -> None:
    assert nobody.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


def test_from_elsewhere_only_with_the_token(app: Flask, nobody: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    bearer = {"Authorization": "Bearer a-long-word"}

    assert nobody.get("/metrics", environ_base=elsewhere, headers=bearer).status_code == 404
    _set_token(app, monkeypatch)
    assert nobody.get("/metrics", environ_base=elsewhere).status_code == 404
    assert nobody.get("/metrics", environ_base=elsewhere, headers={"Authorization": "Bearer a-long"}).status_code == 404
    assert nobody.get("/metrics", environ_base=elsewhere, headers=bearer).status_code == 200


def _set_token(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app.extensions["portal.settings"]
    fields = {name: getattr(settings, name) for name in settings.__slots__}
    monkeypatch.setitem(app.extensions, "portal.settings", type(settings)(**{**fields, "metrics_token": "a-long-word"}))


def test_nothing_is_lost_between_processes_and_a_dead_ones_numbers_stay() -> None:
    meter = RequestMeter(["calls"])
    children = [_in_a_child(meter) for _child in range(4)]
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    meter.count("calls", 0.02, 200)

    (calls,) = meter.histograms()

    assert calls.count == 4 * 500 + 1
    assert calls.classes[3] == 4 * 500
    assert calls.buckets[0] == 0
    assert calls.seconds == pytest.approx(4 * 500 * 0.03 + 0.02)


def _in_a_child(meter: RequestMeter) -> int:
    child = os.fork()
    if child == 0:
        for _request in range(500):
            meter.count("calls", 0.03, 404)
        os._exit(0)
    return child
