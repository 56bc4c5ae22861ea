"""Whatever stands in a query or a Range: an answer of the contract, never a fault, never a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.calls.factory import CALLER, DID, OLGA_PHONE, Story
from tests.public_api.crm import FIELDS, Crm
from tests.recordings.factory import tell_recorded

STORY_ID = "c1f926a8f5727b77f9cbf39d8f35d061"
STRANGERS_ID = "f" * 32
NAMES = ["api_call_id", "num_a", "num_m", "num_b", "service_name", "from", "to", "limit", "cursor"]
SENSIBLE = [
    CALLER,
    DID,
    OLGA_PHONE,
    STORY_ID,
    STRANGERS_ID,
    "ivr",
    "sip_outcome",
    "1",
    "1763888400",
    "2026-11-23",
    "WzAsMSwxXQ",
]
STRANGE = ["", " ", "\0", "null", "'", '"', "%", "-1", "0", "1e9", "NaN", "٣", "+7", "8", "SIP/", "[]", "2026-11-23T"]
LIKELY = st.sampled_from(SENSIBLE + STRANGE)
WRITTEN = st.one_of(LIKELY, st.text(max_size=40), st.integers().map(str), st.datetimes().map(str), st.floats().map(str))
QUERIES = st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=5)), WRITTEN, max_size=5)
BYTES = st.binary(max_size=60).map(
    lambda raw: "&".join(f"{name}=%{byte:02x}" for name, byte in zip(NAMES, raw, strict=False))
)
SAME_DATABASE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


def is_answered(response: TestResponse) -> bool:
    """Whether this is one of the contract's answers."""
    if response.status_code == 400:
        body = json.loads(response.get_data())
        return list(body) == ["error"] and list(body["error"]) == ["code", "message"]
    calls = json.loads(response.get_data())
    return response.status_code == 200 and all(list(call) == FIELDS for call in calls)


def test_get_calls_answers_any_query(app: Flask, north: Crm, south: Crm, tmp_path: Path) -> None:
    """South has the same numbers at the same time."""
    for crm, api_call_id in ((north, STORY_ID), (south, STRANGERS_ID)):
        tell_recorded(app, Story(crm.account_id, api_call_id=api_call_id), tmp_path)

    @SAME_DATABASE
    @given(st.one_of(QUERIES, BYTES, st.text(max_size=60)))
    def holds(query: Mapping[str, str] | str) -> None:
        response = north.ask("get_calls", query)
        assert is_answered(response)
        assert STRANGERS_ID not in response.get_data(as_text=True) or STRANGERS_ID in str(query)
        assert f'"abonent_id":{south.account_id},' not in response.get_data(as_text=True)

    holds()


def test_get_record_answers_any_id_and_range(app: Flask, north: Crm, south: Crm, tmp_path: Path) -> None:
    tell_recorded(app, Story(south.account_id, api_call_id=STRANGERS_ID), tmp_path)
    audio = tell_recorded(app, Story(north.account_id, api_call_id=STORY_ID), tmp_path)
    number = st.one_of(st.just(""), st.integers(min_value=0).map(str), st.integers(0, 40_000).map(str))
    ranges = st.one_of(
        st.builds("bytes={}-{}".format, number, number), st.text(st.characters(min_codepoint=32, max_codepoint=126))
    )

    @SAME_DATABASE
    @given(st.one_of(st.sampled_from([STORY_ID, STRANGERS_ID]), WRITTEN), ranges)
    def holds(api_call_id: str, asked: str) -> None:
        response = north.ask("get_record", {"api_call_id": api_call_id}, Range=asked)
        data = response.get_data()
        assert response.status_code in {200, 206, 400, 404, 416}
        assert response.headers["Content-Length"] == str(len(data))
        if response.status_code in {200, 206}:
            assert data in audio
            assert api_call_id.strip().lower() == STORY_ID
        else:
            assert list(json.loads(data)) == ["error"]

    holds()


def test_outcome_answers_any_addresses(north: Crm) -> None:
    """Nothing here can be called: North has no phone."""

    @SAME_DATABASE
    @given(WRITTEN, WRITTEN, WRITTEN)
    def holds(caller: str, callee: str, request_id: str) -> None:
        response = north.ask("outcome", {"num_a": caller, "num_b": callee, "request_id": request_id})
        assert response.status_code in {400, 404}
        assert list(json.loads(response.get_data())) == ["error"]

    holds()
