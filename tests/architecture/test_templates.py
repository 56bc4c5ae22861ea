"""Templates keep the promises that can be read off their source."""

import re
from pathlib import Path

import pytest

from tests.architecture.sources import PORTAL, TEMPLATES, lines_with, name, python_files, templates, text
from tests.support.markup import Document

STATEMENTS = re.compile(r"\{#.*?#\}|\{%.*?%\}", re.DOTALL)
FRAGMENTS = [path for path in templates() if path.name.startswith("_")]
INLINE = re.compile(r"\sstyle=|\son[a-z]+=|\shx-on|<style|<script(?![^>]*\ssrc=)|=[\"']js(on)?:|hx-trigger=\"[^\"]*\[")


@pytest.mark.parametrize("path", FRAGMENTS, ids=name)
def test_a_fragment_has_one_root_whose_id_is_the_files_name(path: Path) -> None:
    # What Jinja writes becomes a dash and an x, as a record's id would.
    markup = re.sub(r"\{\{.*?\}\}", "x", STATEMENTS.sub("", text(path)), flags=re.DOTALL)
    expected = path.stem.strip("_").replace("_", "-")

    roots = list(Document.of_fragment(markup.strip()).root)

    # Several roots are the branches of one condition: each of them must answer to the name.
    assert roots, "a fragment shows something"
    for root in roots:
        assert root.get("id") in {expected, f"{expected}-x"}, (
            f'give <{root.tag}> id="{expected}" (or {expected}-{{{{ id }}}})'
        )


@pytest.mark.parametrize("path", templates(), ids=name)
def test_nothing_is_inline(path: Path) -> None:
    found = [
        f"{name(path)}:{number}: {line.strip()}"
        for number, line in enumerate(text(path).splitlines(), 1)
        if INLINE.search(line)
    ]

    assert not found, "the content security policy has no exception: classes in static/css, behaviours in static/js"


def test_every_included_template_is_there_and_every_fragment_is_used() -> None:
    named = {
        match
        for path in templates()
        for match in re.findall(r"\{%-?\s*(?:include|extends|import|from)\s+[\"']([^\"']+)[\"']", text(path))
    }
    present = {path.relative_to(TEMPLATES).as_posix() for path in templates()}

    assert not named - present


def test_nothing_renders_from_a_string() -> None:
    assert not lines_with(
        python_files(PORTAL), "render_template_string", "from_string(", " Template(", " eval(", " exec("
    )


def test_autoescape_is_never_switched_off() -> None:
    assert not lines_with(templates(), "|safe", "| safe", "autoescape false")
