"""The web server: gunicorn with threads, since a live page holds a thread and Python serves one page per thread anyway."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from portal.kernel.config import Settings
from portal.kernel.db import db

_GRACE_SECONDS = 10


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


def serve(app: Flask, settings: Settings) -> None:
    """Serves until a signal ends the process."""
    logging.getLogger("gunicorn.error").setLevel(logging.WARNING)
    options = {
        "bind": f"{_bracketed(settings.host)}:{settings.port}",
        "workers": settings.web_processes,
        "threads": settings.web_threads,
        "worker_class": "gthread",
        "preload_app": True,
        "graceful_timeout": _GRACE_SECONDS,
        "timeout": 60,
        "keepalive": 30,
        "accesslog": None,
        "loglevel": "warning",
        "control_socket_disable": True,
        "forwarded_allow_ips": "",
        "post_fork": lambda _server, _worker: _forget_connections(app),
    }
    _Server(app, options).run()


def _forget_connections(app: Flask) -> None:
    """A connection that was opened before a fork belongs to the parent."""
    with app.app_context():
        db.engine.dispose(close=False)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
