"""A CRM against the whole running installation, over HTTP, as its developer would try it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import urllib3

from portal.public_api.description.samples import samples
from tests.public_api.crm import FIELDS, ROOT
from tests.support.installation import Installation

PHONE, CLIENT = "SIP/00000000674", "79039998870"
"""In the demo both answer soon."""
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Client:
    """Asks a running installation with an account's key."""

    url: str
    key: str
    pool: urllib3.PoolManager

    def get(self, method: str, headers: Mapping[str, str] | None = None, **query: Any) -> urllib3.BaseHTTPResponse:
        headers = {"Authorization": f"Bearer {self.key}", **(headers or {})}
        return self.pool.request("GET", f"{self.url}{ROOT}/{method}", fields=query, headers=headers, retries=False)

    def calls(self, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("get_calls", **query).json()
        return found


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """A demo that places no calls by itself."""
    with Installation(tmp_path_factory.mktemp("demo"), "--quiet", "--calls", "50") as running:
        yield running


@pytest.fixture
def client(installation: Installation) -> Iterator[Client]:
    """North's CRM."""
    with urllib3.PoolManager() as pool:
        yield Client(installation.url, installation.run("account", "key", "1"), pool)


@pytest.fixture
def stranger(installation: Installation, client: Client) -> Client:
    """South's CRM."""
    return Client(installation.url, installation.run("account", "key", "2"), client.pool)


def ended(client: Client, api_call_id: str) -> dict[str, Any]:
    """The call as get_calls has it, once it is over and its record, where there is one, can be heard."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = client.calls(api_call_id=api_call_id)
        record = client.get("get_record", api_call_id=api_call_id).status
        if found and found[0]["price"] is not None and record in (200, 404):
            return found[0]
        assert time.monotonic() < deadline, f"not over in {PATIENCE_SECONDS} seconds: {found}, {record}"
        time.sleep(0.2)


def test_an_outgoing_call_appears_in_the_list_and_its_record_plays(client: Client, stranger: Client) -> None:
    api_call_id = client.get("outcome", num_a=PHONE, num_b=CLIENT).json()["api_call_id"]

    call = ended(client, api_call_id)

    assert list(call) == FIELDS
    assert (call["service_name"], call["num_a"], call["num_b"]) == ("sip_outcome", PHONE, CLIENT)
    assert call["recorder_file"]
    assert call["connection_time"] > 0
    whole = client.get("get_record", api_call_id=api_call_id)
    part = client.get("get_record", {"Range": "bytes=4-19"}, api_call_id=api_call_id)
    assert whole.data[:4] == b"RIFF"
    assert whole.headers["Content-Length"] == str(len(whole.data))
    assert (part.status, part.data) == (206, whole.data[4:20])
    assert part.headers["ETag"] == whole.headers["ETag"]
    assert stranger.calls(api_call_id=api_call_id) == []
    assert stranger.get("get_record", api_call_id=api_call_id).status == 404


def test_a_repeat_of_an_order_rings_nobody_twice(client: Client) -> None:
    order = {"num_a": "SIP/00000000672", "num_b": "SIP/00000000673", "request_id": "deal-1"}
    first, again = (client.get("outcome", None, **order).json() for _ in range(2))

    assert first == again


def test_a_call_from_outside_is_found_by_its_caller(installation: Installation, client: Client) -> None:
    line = client.calls(service_name="ivr", limit=1)[0]["num_m"]
    api_call_id = installation.run("call", "incoming", "--account", "1", "--from", "79161112233", "--to", line)

    call = ended(client, api_call_id)

    assert (call["service_name"], call["num_a"], call["num_m"]) == ("ivr", "79161112233", line)
    assert api_call_id in [each["api_call_id"] for each in client.calls(num_a="8 (916) 111-22-33", num_m=line)]


def test_all_calls_come_page_by_page_over_the_wire(client: Client) -> None:
    whole = [call["api_call_id"] for call in client.calls(to=int(time.time()) - 3600)]
    found, response = [], client.get("get_calls", limit=7, to=int(time.time()) - 3600)
    while True:
        found += [call["api_call_id"] for call in json.loads(response.data)]
        link = response.headers.get("Link")
        if link is None:
            break
        headers = {"Authorization": f"Bearer {client.key}"}
        response = client.pool.request("GET", link.partition(">")[0].lstrip("<"), headers=headers)

    assert len(whole) >= 20
    assert found == whole


def test_the_python_lines_of_the_description_work_as_they_are(client: Client) -> None:
    _curl, python, _php = samples(f"{client.url}{ROOT}/get_calls", (("num_a", "75550000000"), ("limit", "5")))

    done = subprocess.run(
        [sys.executable, "-c", python.code], env={"CRM_KEY": client.key}, capture_output=True, text=True, check=False
    )

    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_key_reaches_no_line_of_the_log_whatever_goes_wrong(tmp_path: Path) -> None:
    """The canary: requests that fail in every layer, the server's own among them, with all that is logged kept."""
    with Installation(tmp_path, "--quiet", "--calls", "1", PORTAL_LOG_LEVEL="debug") as running:
        key = running.run("account", "key", "1")
        encoded = "".join(f"%{ord(char):02x}" for char in key)
        with urllib3.PoolManager() as pool:
            told = [each for query in queries_with(key, encoded) for each in asked(pool, running.url, query, key)]
            port = int(running.url.rpartition(":")[2])
            answers = [raw(port, line.format(key=key)) for line in BROKEN_REQUESTS]
            refused = pool.request("GET", f"{running.url}{ROOT}/get_calls", headers={"Authorization": f"Bearer {key}x"})
        running.stop()
        log = "".join(running.output)

    assert refused.status == 401
    assert "get_calls" in log, "nothing was logged: the test proves nothing"
    assert key not in log
    assert key[10:] not in log
    assert encoded[30:] not in log.replace("%25", "%")
    assert not [each for each in told if key in f"{dict(each.headers)}{each.data.decode()}"]
    assert not [each for each in answers if b"<html" in each.lower() or key.encode() in each]


def queries_with(key: str, encoded: str) -> list[str]:
    """Ways of writing a key into an address, right and wrong ones."""
    return [
        f"abonent_api_key={key}",
        f"abonent%5Fapi_ke%79={key}",
        f"abonent_api_key%3D{key}",
        f"abonent_api_key={encoded}",
        f"x={key}",
        f"x={encoded}&{encoded.replace('%', '%25')}",
    ]


def asked(pool: urllib3.PoolManager, site: str, query: str, key: str) -> list[urllib3.BaseHTTPResponse]:
    """What comes back for requests that hold the key, in the query and in the header, and fail in every layer."""
    encoded = "".join(f"%{ord(char):02x}" for char in key)
    paths = ("get_calls", "get_record", "outcome", "nothing", key, encoded, "get_calls/../x", "//get_calls")
    urls = [f"{site}{ROOT}/{path}?{query}" for path in paths]
    urls += [f"{site}{ROOT}/get_calls?{query}&{more}" for more in (f"num_a={'7' * 9000}", "limit=1", "num_a=Anna")]
    headers = ({"Referer": f"http://crm/?{query}"}, {"Authorization": f"bEARER  {key}"})
    told = [pool.request("GET", url, headers=each) for url in urls for each in headers]
    return [*told, pool.request("POST", f"{site}{ROOT}/outcome?{query}")]


BROKEN_REQUESTS = (
    f"GET {ROOT}/get_calls?abonent_api_key={{key}} HTTP/9.9\r\n\r\n",
    f"GET {ROOT}/get_calls?abonent_api_key={{key}}\r\n\r\n",
    f"G E T {ROOT}/get_calls?abonent_api_key={{key}} HTTP/1.1\r\n\r\n",
    f"GET {ROOT}/get_calls?abonent_api_key={{key}} HTTP/1.1\r\nHost: x\r\nbro ken: {{key}}\r\n\r\n",
    f"GET {ROOT}/get_calls?abonent_api_key={{key}} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {{key}}\r\n\r\n",
)
"""What the server refuses before the portal sees it."""


def raw(port: int, text: str) -> bytes:
    """What comes back for these very bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(text.encode())
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))
