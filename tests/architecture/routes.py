"""The map of the house's addresses: what each answers to and what it needs.

`python -m tests.architecture.routes` writes it anew: a new, changed or lost address is seen where changes are read.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from portal.app import create_app
from portal.kernel.config import load_settings
from portal.web.access import Permission
from portal.web.feature import Feature

MAP = Path(__file__).with_name("routes.txt")


@dataclass(frozen=True, slots=True, order=True)
class Route:
    """One address and method."""

    rule: str
    method: str
    needs: str
    """The permission's value, or "none" where no feature asks for one."""
    endpoint: str

    def __str__(self) -> str:
        return f"{self.method:5}{self.rule:64}{self.needs:20}{self.endpoint}"


def routes(app: Flask) -> list[Route]:
    """Every address of an app, in order."""
    return sorted(
        Route(rule.rule, method, _needs(app, rule.endpoint), rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


def written(app: Flask) -> str:
    """The map's text."""
    return "".join(f"{route}\n" for route in routes(app))


def _needs(app: Flask, endpoint: str) -> str:
    name, _, view = endpoint.rpartition(".")
    feature = app.blueprints.get(name)
    needs: Permission | None = feature.needs.get(view) if isinstance(feature, Feature) else None
    return needs.value if needs else "none"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        MAP.write_text(written(create_app(load_settings({"PORTAL_DATA": folder}), "command")), encoding="utf-8")
