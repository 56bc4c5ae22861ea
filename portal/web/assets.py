"""Style sheet, scripts and icons: hashed by content, cached for ever, compressed once at start.

The style sheet is many small files joined in memory in the order of `static/css/order.txt`; nothing is built.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, abort, request

STATIC = Path(__file__).resolve().parents[2] / "static"
STYLESHEET = "cabinet.css"
_COMPRESSED = {".css", ".js", ".svg", ".txt", ".json"}
_FOR_EVER = "public, max-age=31536000, immutable"

mimetypes.add_type("text/javascript", ".js")


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    body: bytes
    compressed: bytes | None
    media_type: str


class Assets:
    """All files under `static`, read once; their common hash stands in every address."""

    def __init__(self, root: Path = STATIC) -> None:
        self._files = {p.relative_to(root).as_posix(): _load(p) for p in sorted(root.rglob("*")) if p.is_file()}
        self._files[STYLESHEET] = _asset(_joined_stylesheet(root), ".css")
        digest = hashlib.sha256()
        for name, asset in sorted(self._files.items()):
            digest.update(name.encode() + b"\0" + asset.body)
        self.version = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """The address of a file. Raises `KeyError` for one that is not there."""
        self._files[name]
        return f"/static/{self.version}/{name}"

    def find(self, name: str) -> Asset | None:
        """The file, or None."""
        return self._files.get(name)


def _load(path: Path) -> Asset:
    return _asset(path.read_bytes(), path.suffix)


def _asset(body: bytes, suffix: str) -> Asset:
    media_type = mimetypes.types_map.get(suffix, "application/octet-stream")
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    compressed = gzip.compress(body, 9, mtime=0) if suffix in _COMPRESSED and len(body) > 400 else None
    return Asset(body, compressed, media_type)


def _joined_stylesheet(root: Path) -> bytes:
    order = root / "css" / "order.txt"
    names = order.read_text(encoding="utf-8").split() if order.exists() else []
    return b"\n".join((root / "css" / name).read_bytes() for name in names)


def init_app(app: Flask) -> None:
    """Serves the files at `/static/VERSION/NAME`; templates get `asset()` and `stylesheet_url()`."""
    assets = Assets()
    app.extensions["portal.assets"] = assets
    app.jinja_env.globals["asset"] = assets.url
    app.jinja_env.globals["stylesheet_url"] = lambda: assets.url(STYLESHEET)
    app.add_url_rule("/static/<version>/<path:filename>", "static", _serve(assets))


def _serve(assets: Assets) -> Callable[[str, str], Response]:
    def serve(version: str, filename: str) -> Response:
        asset = assets.find(filename)
        if asset is None:
            abort(404)
        response = Response(asset.body, mimetype=None, content_type=asset.media_type)
        if asset.compressed is not None and request.accept_encodings.quality("gzip") > 0:
            response.set_data(asset.compressed)
            response.content_encoding = "gzip"
        response.vary.add("Accept-Encoding")
        # An old page may ask for files of the version before: it gets today's, but must not keep them.
        response.headers["Cache-Control"] = _FOR_EVER if version == assets.version else "no-cache"
        return response

    return serve
