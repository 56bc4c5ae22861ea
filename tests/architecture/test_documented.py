"""What can be set is documented, and documented as it is."""

import re

import pytest

from portal.kernel.config import SETTINGS, Setting
from tests.architecture.sources import ROOT, text

README = ROOT / "README.md"


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_the_readme_lists_a_setting_with_its_default_and_meaning(setting: Setting) -> None:
    row = next((line for line in text(README).splitlines() if line.startswith(f"| `{setting.name}` |")), "")

    assert setting.default in row
    assert setting.meaning in row


def test_the_readme_lists_no_setting_that_is_gone() -> None:
    listed = set(re.findall(r"^\| `(PORTAL_\w+)` \|", text(README), re.MULTILINE))

    assert listed <= {setting.name for setting in SETTINGS}


def test_the_readme_names_every_target_that_a_newcomer_types() -> None:
    for target in ("make run", "make test", "make bench"):
        assert target in text(README)


def test_every_make_target_that_is_documented_exists() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", text(ROOT / "Makefile"), re.MULTILINE))
    named = {
        target
        for document in (README, ROOT / "CONTRIBUTING.md")
        for target in re.findall(r"`make ([a-z-]+)", text(document))
    }

    assert not named - targets
