"""A provider that speaks the contract, over HTTP on loopback, and misbehaves when it is told to."""

import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

KEY = "provider-key-1"


def call(upstream_id: str, **fields: Any) -> dict[str, Any]:
    """A call object of the contract: an answered incoming call, unless told otherwise."""
    return {
        "abonent_id": 7,
        "setup_time": int(time.time()) - 300,
        "service_name": "ivr",
        "num_a": "79039998877",
        "code_name_num_a": None,
        "num_m": "74951234567",
        "num_b": "SIP/00000000672",
        "code_name_num_b": None,
        "num_a_connection_time": 30,
        "num_b_connection_time": 30,
        "connection_time": 30,
        "num_a_waiting_time": 5,
        "num_b_waiting_time": 4,
        "recorder_file": None,
        "price": 1.25,
        "api_call_id": upstream_id,
        **fields,
    }


class Provider:
    """One account at a provider. What is asked of it stands in `asked`; `break_with` answers raw bytes instead."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []
        self.records: dict[str, bytes] = {}
        self.record_type = "audio/wav"
        self.asked: list[str] = []
        self.ordered: dict[str, str] = {}
        self.status: dict[str, int] = {}
        self.body: bytes | None = None
        self.key = KEY
        self.answer: Callable[[BaseHTTPRequestHandler], None] | None = None
        """Answers `get_calls` in place of the provider, in whatever way."""
        self.is_hanging = False
        self.page_size = 1000
        self.tells_oldest_first = False
        """And of all its calls, whatever `from` says."""
        self.released = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="provider of a test")
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def count(self, name: str) -> int:
        """How often something was asked."""
        return sum(1 for each in self.asked if each.startswith(name))

    def stop(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *_: Any) -> None:
        """Who hangs up on us is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        provider = self.server.provider
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        name = parts.path.rpartition("/")[2]
        bearer = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        provider.asked.append(f"{name}?{parts.query}")
        if provider.is_hanging:
            provider.released.wait(30)
        if asked.get("abonent_api_key", bearer) != provider.key:
            self._json(401, {"error": {"code": "unauthorized", "message": "?"}})
        elif name in provider.status:
            self._json(provider.status[name], {"error": {"code": "x", "message": "x"}})
        else:
            {"get_calls": self._list, "get_record": self._record, "outcome": self._order}[name](asked)

    def _list(self, asked: dict[str, str]) -> None:
        provider = self.server.provider
        if provider.answer is not None:
            self.close_connection = True
            provider.answer(self)
            return
        if provider.body is not None:
            self._say(200, provider.body, "application/json")
            return
        found = [
            each
            for each in sorted(provider.calls, key=lambda one: -one["setup_time"] if isinstance(one, dict) else 0)
            if asked.get("api_call_id") in (None, each.get("api_call_id"))
            and each.get("setup_time", 0) >= int(asked.get("from", 0))
        ]
        if provider.tells_oldest_first:
            found = sorted(provider.calls, key=lambda one: one["setup_time"])
        begin = int(asked.get("cursor", 0))
        end = begin + provider.page_size
        link = {}
        if end < len(found):
            query = f"from={asked.get('from', 0)}&cursor={end}"
            link = {"Link": f'<{provider.url}/api.php/telephony/get_calls?{query}>; rel="next"'}
        self._say(200, json.dumps(found[begin:end]).encode(), "application/json", link)

    def _record(self, asked: dict[str, str]) -> None:
        body = self.server.provider.records.get(asked["api_call_id"])
        if body is None:
            self._json(404, {"error": {"code": "not_found", "message": "x"}})
        else:
            self._say(200, body, self.server.provider.record_type)

    def _order(self, _asked: dict[str, str]) -> None:
        provider = self.server.provider
        name = self.headers.get("Idempotency-Key") or ""
        upstream_id = provider.ordered.setdefault(name, f"{len(provider.ordered) + 1:032x}")
        self._json(200, {"api_call_id": upstream_id})

    def _json(self, status: int, said: object) -> None:
        self._say(status, json.dumps(said).encode(), "application/json")

    def _say(self, status: int, body: bytes, kind: str, headers: dict[str, str] | None = None) -> None:
        self.close_connection = True
        self.send_response(status)
        for name, value in {
            "Content-Type": kind,
            "Content-Length": str(len(body)),
            "Connection": "close",
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""
