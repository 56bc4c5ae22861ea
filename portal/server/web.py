"""The web server: gunicorn with threads, since a live page holds one for as long as it is open."""

from __future__ import annotations

import logging
import signal
import socket
from types import FrameType
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from portal.kernel.config import Settings
from portal.kernel.db import db
from portal.kernel.lives import Heart
from portal.server.garbage import look_seldom
from portal.server.gunicorn_parts import RedactedLogger, Worker
from portal.web.live import LiveHub

_GRACE_SECONDS = 10
_LONGEST_ADDRESS = 8190


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def serve(app: Flask, settings: Settings, listening: socket.socket | None = None) -> None:
    """Serves until a signal ends the process; on `listening` where another process has bound the port already."""
    logging.getLogger("gunicorn.error").setLevel(logging.WARNING)
    is_part = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    options = {
        "bind": address(settings.host, settings.port) if listening is None else f"fd://{listening.fileno()}",
        "workers": settings.web_processes,
        "threads": settings.web_threads,
        "worker_class": Worker,
        "logger_class": RedactedLogger,
        "preload_app": True,
        "graceful_timeout": _GRACE_SECONDS,
        "limit_request_line": _LONGEST_ADDRESS,
        "timeout": 60,
        "keepalive": 30,
        "accesslog": None,
        "loglevel": "warning",
        "control_socket_disable": True,
        "forwarded_allow_ips": "",
        "post_fork": lambda _server, _worker: _forget_connections(app),
        "when_ready": lambda _server: _before_forking(is_part=is_part),
        "post_worker_init": lambda worker: _begin_life(app, worker, is_part=is_part),
        "worker_exit": lambda _server, worker: _end_life(worker),
    }
    _Server(app, options).run()


def address(host: str, port: int) -> str:
    """As a URL and a server's setting write it: an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _forget_connections(app: Flask) -> None:
    """A connection that was opened before a fork belongs to the parent."""
    with app.app_context():
        db.engine.dispose(close=False)


def _before_forking(*, is_part: bool) -> None:
    """The app has been made, and no worker is there yet."""
    _leave_to_the_tree(is_part=is_part)
    look_seldom()


def _leave_to_the_tree(*, is_part: bool) -> None:
    """A terminal's Ctrl-C reaches every process of a tree; its parent alone answers, by a graceful stop of the others.

    gunicorn would take it as an order to drop everything, beside the order to end gently.
    """
    if is_part:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _begin_life(app: Flask, worker: Any, *, is_part: bool) -> None:
    """In each worker: a thread that was started before the fork would not be in it."""
    _ready_to_stop(app, is_part=is_part)
    worker.heart = Heart(app, "web")
    worker.heart.start()


def _end_life(worker: Any) -> None:
    """Also called for a worker that never came up."""
    heart: Heart | None = getattr(worker, "heart", None)
    if heart is not None:
        heart.stop()


def _ready_to_stop(app: Flask, *, is_part: bool) -> None:
    """In each worker, after gunicorn has set its own handlers."""
    _leave_to_the_tree(is_part=is_part)
    _end_streams_first(app)


def _end_streams_first(app: Flask) -> None:
    """A graceful stop waits for requests to end, and a live page's never does by itself."""
    hub: LiveHub = app.extensions["portal.live"]
    stop_gracefully = signal.getsignal(signal.SIGTERM)

    def end(number: int, frame: FrameType | None) -> None:
        hub.close()
        if callable(stop_gracefully):
            stop_gracefully(number, frame)

    signal.signal(signal.SIGTERM, end)
