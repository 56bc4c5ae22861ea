"""YooKassa as its documents have it, on 127.0.0.1: payments, idempotence keys, a page to pay on; and it misbehaves
when a test asks it to.
"""

from __future__ import annotations

import base64
import json
import threading
import uuid
from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

SHOP, SECRET = "100500", "test_0123456789abcdef"


@dataclass
class Fault:
    """What it does in the place of an answer: a status, silence, or a lie."""

    status: int = 200
    seconds: float = 0
    change: dict[str, Any] = field(default_factory=dict)
    """Members of the payment object that are answered otherwise than they are."""
    is_after: bool = False
    """The request is acted on all the same: only the answer is lost."""


class YooKassaServer:
    """Use it as a context manager. `faults` are done by the next answers in turn; `requests` is what was asked."""

    def __init__(self) -> None:
        self.payments: dict[str, dict[str, Any]] = {}
        self.keys: dict[str, str] = {}
        self.wishes: dict[str, dict[str, Any]] = {}
        self.faults: deque[Fault] = deque()
        self.requests: list[tuple[str, str]] = []
        self.stopping = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def root(self) -> str:
        """For `PORTAL_YOOKASSA_URL`."""
        return f"{self.origin}/v3"

    def create(self, key: str, wish: dict[str, Any]) -> dict[str, Any]:
        """A payment; the same key answers with the first one, and takes no other wish."""
        assert self.wishes.setdefault(key, wish) == wish, "the same key for another payment"
        if key not in self.keys:
            made = str(uuid.uuid4())
            self.keys[key] = made
            self.payments[made] = {
                "id": made,
                "status": "pending",
                "paid": False,
                "amount": wish["amount"],
                "description": wish.get("description", ""),
                "metadata": wish.get("metadata", {}),
                "confirmation": {"type": "redirect", "confirmation_url": f"{self.origin}/pay/{made}"},
                "return_url": wish["confirmation"]["return_url"],
                "refundable": False,
                "test": True,
            }
            if "receipt" in wish:
                self.payments[made]["receipt_registration"] = "pending"
        return self.payments[self.keys[key]]

    def pay(self, payment_id: str) -> None:
        paid = self.payments[payment_id]
        paid |= {"status": "succeeded", "paid": True, "refundable": True}
        if "receipt_registration" in paid:
            paid["receipt_registration"] = "succeeded"

    def cancel(self, payment_id: str, reason: str = "expired_on_confirmation") -> None:
        details = {"party": "yoo_money", "reason": reason}
        self.payments[payment_id] |= {"status": "canceled", "cancellation_details": details}

    def refund(self, payment_id: str, value: str) -> None:
        self.payments[payment_id]["refunded_amount"] = {"value": value, "currency": "RUB"}

    def notice(self, payment_id: str, event: str = "payment.succeeded") -> dict[str, Any]:
        """What it posts to the shop."""
        told = self.payments[payment_id]
        if event.startswith("refund."):
            told = {"id": str(uuid.uuid4()), "payment_id": payment_id, "status": "succeeded"}
        return {"type": "notification", "event": event, "object": told}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def is_receipt(said: dict[str, Any], amount: dict[str, str]) -> bool:
    """Whether its cash register could print it: somebody to send it to, and items that are the amount together."""
    items = said["items"]
    return (
        bool(said["customer"].get("email") or said["customer"].get("phone"))
        and said.get("tax_system_code", 1) in range(1, 7)
        and 1 <= len(items) <= 100
        and all(
            0 < len(item["description"]) <= 128
            and item["vat_code"] in range(1, 13)
            and item["payment_subject"] in {"payment", "service"}
            and item["payment_mode"] in {"advance", "full_prepayment", "full_payment"}
            and item["amount"]["currency"] == amount["currency"]
            for item in items
        )
        and sum(Decimal(item["amount"]["value"]) * Decimal(item["quantity"]) for item in items)
        == Decimal(amount["value"])
    )


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, owner: YooKassaServer) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, *_: Any) -> None:
        """A client that went away is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """`/v3/payments`, or the button of the page to pay on."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        owner = self.server.owner
        if self.path.startswith("/pay/"):
            payment_id = self.path.removeprefix("/pay/")
            owner.pay(payment_id)
            self.send_response(303)
            self.send_header("Location", owner.payments[payment_id]["return_url"])
            self.end_headers()
            return
        key = self.headers.get("Idempotence-Key", "")
        if self._is_refused() or not key:
            return
        wish = json.loads(body)
        if "receipt" in wish and not is_receipt(wish["receipt"], wish["amount"]):
            told = {"type": "error", "code": "invalid_request", "parameter": "receipt"}
            self._say(400, json.dumps(told).encode())
            return
        self._answer(lambda: owner.create(key, wish))

    def do_GET(self) -> None:
        """`/v3/payments/ID`, or the page to pay on."""
        owner = self.server.owner
        if self.path.startswith("/pay/"):
            page = f"<title>Bank</title><form method=post action='{self.path}'><button>Pay</button></form>".encode()
            self._say(200, page, "text/html")
            return
        if self._is_refused():
            return
        found = owner.payments.get(self.path.removeprefix("/v3/payments/"))
        if found is None:
            self._say(404, json.dumps({"type": "error", "code": "not_found"}).encode())
            return
        self._answer(lambda: found)

    def _is_refused(self) -> bool:
        self.server.owner.requests.append((self.command, self.path))
        wanted = base64.b64encode(f"{SHOP}:{SECRET}".encode()).decode()
        if self.headers.get("Authorization") == f"Basic {wanted}":
            return False
        self._say(401, json.dumps({"type": "error", "code": "invalid_credentials"}).encode())
        return True

    def _answer(self, act: Any) -> None:
        owner = self.server.owner
        fault = owner.faults.popleft() if owner.faults else Fault()
        owner.stopping.wait(fault.seconds) if fault.seconds else None
        if fault.status != 200:
            if fault.is_after:
                act()
            self._say(fault.status, json.dumps({"type": "error", "code": "internal_server_error"}).encode())
            return
        self._say(200, json.dumps(dict(act()) | fault.change).encode())

    def _say(self, status: int, body: bytes, media_type: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing on the terminal."""
