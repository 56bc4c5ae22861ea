"""Nothing grows into what nobody reads: files, functions, views and templates have a length that they keep."""

import ast
from pathlib import Path

from tests.architecture.sources import PORTAL, ROOT, STATIC, files, functions, name, python_files, templates, text

FILE, FUNCTION, VIEW, TEMPLATE, CONFTEST, BEHAVIOUR = 300, 40, 20, 120, 150, 100


def test_files_have_at_most_300_lines() -> None:
    ours = [*python_files(), *files(STATIC, "*.css"), *files(ROOT, "*.sh")]

    assert not _longer_than(FILE, ours), "split it by noun, not into utils"


def test_templates_have_at_most_120_lines() -> None:
    assert not _longer_than(TEMPLATE, templates()), "take a fragment or a macro out"


def test_conftests_have_at_most_150_lines() -> None:
    assert not _longer_than(CONFTEST, files(ROOT / "tests", "conftest.py")), "move it to a module of tests.support"


def test_a_script_is_one_behaviour_of_at_most_100_lines() -> None:
    assert not _longer_than(BEHAVIOUR, files(STATIC / "js", "*.js")), "one behaviour per module"


def test_functions_have_at_most_40_lines() -> None:
    too_long = [
        f"{name(path)}:{function.lineno}: {function.name} has {length} lines"
        for path in python_files()
        for function in functions(path)
        if (length := _length(function)) > FUNCTION
    ]

    assert not too_long


def test_views_have_at_most_20_lines() -> None:
    too_long = [
        f"{name(path)}:{view.lineno}: {view.name} has {length} lines: parse, call a service, render"
        for path in python_files(PORTAL)
        for view in functions(path)
        if any(_is_route(decorator) for decorator in view.decorator_list)
        if (length := _length(view)) > VIEW
    ]

    assert not too_long


def _longer_than(limit: int, paths: list[Path]) -> list[str]:
    counts = {path: len(text(path).splitlines()) for path in paths}
    return [f"{name(path)} has {count} lines" for path, count in counts.items() if count > limit]


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _is_route(decorator: ast.expr) -> bool:
    return (
        isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Attribute)
        and decorator.func.attr in {"get", "post"}
    )
