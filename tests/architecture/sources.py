"""The repository's files, as the architecture tests read them."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PORTAL = ROOT / "portal"
TEMPLATES = ROOT / "templates"
STATIC = ROOT / "static"
TESTS = ROOT / "tests"
# Made by tools or by others; nothing here is ours to keep short or to name well.
NOT_OURS = {".git", ".venv", "__pycache__", "vendor", "var"}


def files(folder: Path, pattern: str = "*") -> list[Path]:
    """Our files under a folder, in order."""
    return sorted(path for path in folder.rglob(pattern) if path.is_file() and not _is_foreign(path))


def python_files(*folders: Path) -> list[Path]:
    """Python files under the folders; those of the portal and the tests unless told otherwise."""
    return [path for folder in folders or (PORTAL, TESTS) for path in files(folder, "*.py")]


def templates() -> list[Path]:
    """Every template."""
    return files(TEMPLATES, "*.html")


def text(path: Path) -> str:
    """A file's text."""
    return path.read_text(encoding="utf-8")


def name(path: Path) -> str:
    """A file's path from the root, as messages show it."""
    return path.relative_to(ROOT).as_posix()


@functools.cache
def tree(path: Path) -> ast.Module:
    """A Python file, parsed."""
    return ast.parse(text(path))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions and methods of a Python file, inner ones too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def lines_with(paths: list[Path], *words: str) -> list[str]:
    """Where any of the words stands: `path:line: text`."""
    return [
        f"{name(path)}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(text(path).splitlines(), 1)
        if any(word in line for word in words)
    ]


def rooms() -> list[str]:
    """The packages of the portal, kernel and web among them."""
    return sorted(path.parent.name for path in PORTAL.glob("*/__init__.py"))


def _is_foreign(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return any(part in NOT_OURS or part.endswith(("_cache", ".egg-info")) for part in parts)
