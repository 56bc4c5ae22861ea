"""Every visible text is English in the code and Russian in the catalogue, complete and with nothing left over."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from tests.architecture.sources import PORTAL, ROOT, STATIC, TEMPLATES, files, name, python_files, text, tree

RUSSIAN = PORTAL / "locale" / "ru" / "LC_MESSAGES" / "messages.po"
KEYWORDS = DEFAULT_KEYWORDS | {"_l": None, "lazy_gettext": None, "lazy_ngettext": (1, 2)}
# Russian that is no translation.
PAPER_FORMS = ("act", "bill", "correction", "invoice", "lines", "sheet", "tables", "transfer", "words")
MAY_HOLD_RUSSIAN = {
    "portal/contacts/exchange/reading.py": "headings of columns in files that others wrote",
    "portal/demo/companies.py": "names of people and firms that do not exist",
    "portal/demo/papers.py": "names and addresses of firms that do not exist",
    "portal/demo/seed.py": "names of tariffs that do not exist",
    **dict.fromkeys(
        [f"portal/invoicing/drawing/{name}.py" for name in PAPER_FORMS],
        "papers have the words that Russian law gives them, whoever reads",
    ),
    "templates/layout/_preferences.html": "a language is named in itself, whatever the page's language",
}


@pytest.fixture(scope="module")
def russian() -> Catalog:
    """The catalogue as it is."""
    with RUSSIAN.open("rb") as source:
        return read_po(source, locale="ru")


@pytest.fixture(scope="module")
def texts() -> set[str]:
    """What code and templates say, by make translations' own rules; a text with a plural goes by its singular."""
    mappings = tomllib.loads(text(ROOT / "pyproject.toml"))["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    options = {mapping["pattern"]: mapping for mapping in mappings}
    found = extract_from_dir(ROOT, methods, options, KEYWORDS, directory_filter=_is_ours)
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def test_every_text_is_translated(russian: Catalog, texts: set[str]) -> None:
    missing = [
        each for each in sorted(texts) if not (known := russian.get(each)) or known.fuzzy or not _is_whole(known)
    ]

    assert not missing, "run make translations and fill what is empty in the catalogue"


def test_no_translation_is_left_over(russian: Catalog, texts: set[str]) -> None:
    left_over = {_key(message) for message in russian if message.id} - texts

    assert not left_over, "run make translations"


def test_translations_name_the_same_values(russian: Catalog) -> None:
    different = [
        (_key(message), translation)
        for message in russian
        for translation in _strings(message)
        if message.id and translation and not _fits(message, translation)
    ]

    assert not different, "a translation has the %(names)s of its text, no others"


def test_russian_stands_in_the_catalogue_only() -> None:
    scripts = [
        path for folder in (TEMPLATES, STATIC) for path in files(folder) if path.suffix in {".html", ".js", ".svg"}
    ]
    words = {name(path): text(path) for path in scripts} | {name(path): _said(path) for path in python_files(PORTAL)}
    russian = {path for path, said in words.items() if re.search("[а-яё]", said, re.IGNORECASE)}

    assert not russian - set(MAY_HOLD_RUSSIAN), "_('in English') here, in Russian in portal/locale"


def _said(path: Path) -> str:
    """The strings of a Python file; what stands by itself is a docstring, for developers."""
    nodes = list(ast.walk(tree(path)))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    return "\n".join(
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    )


def _is_ours(folder: str) -> bool:
    return Path(folder).name not in {".venv", ".git", "tests", "var", "static"}


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _strings(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def _is_whole(message: Message) -> bool:
    return bool(_strings(message)) and all(_strings(message))


def _fits(message: Message, translation: str) -> bool:
    if isinstance(message.id, str):
        return _values(translation) == _values(message.id)
    # "One call" needs no figure.
    return _values(translation) <= set().union(*map(_values, message.id))


def _values(words: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)", words))
