"""Plugin: a mail server on 127.0.0.1 that keeps what it takes; plain sockets, so that SMTP is spoken for real."""

import base64
import socketserver
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Self

import pytest
from flask import Flask

from portal.kernel.mail.postman import SmtpPostman
from portal.kernel.mail.server import MailServer

SENDER = "cabinet@portal.example"


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that was taken."""

    sender: str
    recipient: str
    user: str | None
    """Who had signed in."""
    is_encrypted: bool
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        """The words, decoded."""
        return str(self.message.get_content()).replace("\r\n", "\n")


class Postbox:
    """Takes mail until told otherwise: `refuse` maps a command (`RCPT`, `DATA`, `MAIL`) to what is said to it."""

    def __init__(self, tls: ssl.SSLContext | None = None, password: str = "") -> None:
        self.refuse: dict[str, str] = {}
        self.tls, self.password = tls, password
        self._letters: list[Letter] = []
        self._arrived = threading.Condition()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="postbox")
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def letters(self) -> list[Letter]:
        """What has come so far, oldest first."""
        with self._arrived:
            return self._letters.copy()

    def wait_for(self, count: int, timeout: float = 10) -> list[Letter]:
        """All letters, as soon as there are `count`."""
        with self._arrived:
            came = self._arrived.wait_for(lambda: len(self._letters) >= count, timeout)
            assert came, f"{len(self._letters)} of {count} letters came in {timeout} s"
            return self._letters.copy()

    def keep(self, letter: Letter) -> None:
        """The server's own way in."""
        with self._arrived:
            self._letters.append(letter)
            self._arrived.notify_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = False

    def __init__(self, postbox: Postbox) -> None:
        self.postbox = postbox
        super().__init__(("127.0.0.1", 0), _Talk)

    def handle_error(self, *_: object) -> None:
        """A sender that goes away is what some tests are about."""


class _Talk(socketserver.StreamRequestHandler):
    server: _Server
    timeout = 10

    def handle(self) -> None:
        self._user: str | None = None
        self._sender, self._recipient, self._is_encrypted = "", "", False
        self._say("220 postbox")
        while line := self.rfile.readline().decode().strip():
            word, _, rest = line.partition(" ")
            if (refusal := self.server.postbox.refuse.get(word.upper())) is not None:
                self._say(refusal)
                continue
            act = getattr(self, f"_on_{word.lower()}", None)
            if act is None:
                self._say("502 unknown")
            elif act(rest) is False:
                return

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

    def _on_ehlo(self, _rest: str) -> None:
        offers = ["AUTH PLAIN", "8BITMIME"]
        if self.server.postbox.tls is not None and not self._is_encrypted:
            offers.append("STARTTLS")
        self._say("250-postbox", *(f"250-{offer}" for offer in offers[:-1]), f"250 {offers[-1]}")

    def _on_starttls(self, _rest: str) -> None:
        assert self.server.postbox.tls is not None
        self._say("220 go on")
        self.connection = self.server.postbox.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self._is_encrypted = True

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def _on_auth(self, rest: str) -> None:
        _name, user, password = base64.b64decode(rest.partition(" ")[2]).decode().split("\0")
        if password != self.server.postbox.password:
            self._say("535 wrong")
            return
        self._user = user
        self._say("235 in")

    def _on_mail(self, rest: str) -> None:
        self._sender = rest.partition("<")[2].partition(">")[0]
        self._say("250 ok")

    def _on_rcpt(self, rest: str) -> None:
        self._recipient = rest.partition("<")[2].partition(">")[0]
        self._say("250 ok")

    def _on_rset(self, _rest: str) -> None:
        self._say("250 ok")

    def _on_data(self, _rest: str) -> None:
        self._say("354 go on")
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        message = message_from_bytes(b"".join(lines), policy=default)
        assert isinstance(message, EmailMessage)
        self.server.postbox.keep(Letter(self._sender, self._recipient, self._user, self._is_encrypted, message))
        self._say("250 taken")

    def _on_quit(self, _rest: str) -> bool:
        self._say("221 bye")
        return False


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    """A mail server that listens for the time of one test."""
    with Postbox() as running:
        yield running


@pytest.fixture
def mailing(app: Flask, postbox: Postbox) -> Iterator[Flask]:
    """The app, with that mail server set."""
    server = MailServer("127.0.0.1", postbox.port, has_tls=False)
    before, app.extensions["portal.postman"] = app.extensions["portal.postman"], SmtpPostman(server, SENDER)
    yield app
    app.extensions["portal.postman"] = before
