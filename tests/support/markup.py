"""HTML read as a browser reads it: a tree to ask questions of, and the parse errors on the way."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Self
from xml.etree.ElementTree import Element

import html5lib

# What a fragment may begin with only inside the right parent.
CONTAINERS = {"tr": "tbody", "td": "tr", "th": "tr", "tbody": "table", "thead": "table", "option": "select"}
NAMING_ATTRIBUTES = ("id", "name", "class", "href", "action", "type")


@dataclass(frozen=True)
class Document:
    """A page or a fragment, parsed."""

    source: str
    root: Element
    errors: tuple[str, ...]
    """Parse errors, with the line that each stands in."""

    @classmethod
    def of_page(cls, html: str) -> Self:
        """Read a whole document."""
        parser = _parser()
        root = parser.parse(html)
        return cls(html, root, _errors(parser, html))

    @classmethod
    def of_fragment(cls, html: str) -> Self:
        """Read a piece of one, inside the element that it needs around it."""
        first = re.search(r"<([a-z]+)", html)
        parser = _parser()
        root = parser.parseFragment(html, container=CONTAINERS.get(first[1] if first else "", "div"))
        return cls(html, root, _errors(parser, html))

    @cached_property
    def elements(self) -> list[Element]:
        """All elements, in their order."""
        # A comment is in the tree too; its tag is a function.
        return [element for element in self.root.iter() if not callable(element.tag)]

    @cached_property
    def ids(self) -> set[str]:
        """Every id."""
        return {element.attrib["id"] for element in self.elements if "id" in element.attrib}

    @cached_property
    def _parents(self) -> dict[Element, Element]:
        return {child: parent for parent in self.root.iter() for child in parent}

    def tagged(self, *tags: str) -> list[Element]:
        """The elements with one of these tags."""
        return [element for element in self.elements if element.tag in tags]

    def ancestors(self, element: Element) -> Iterator[Element]:
        """An element's parents, the nearest first."""
        while (parent := self._parents.get(element)) is not None:
            yield parent
            element = parent

    def name_of(self, element: Element) -> str:
        """The text by which an element is announced, by the short rules: labels in ARIA, text, pictures' alt."""
        if "aria-labelledby" in element.attrib:
            named = set(element.attrib["aria-labelledby"].split())
            return " ".join(text_of(other) for other in self.elements if other.get("id") in named).strip()
        return element.get("aria-label", "").strip() or text_of(element)


def text_of(element: Element) -> str:
    """All text inside an element, its pictures' alt texts included."""
    words = [*element.itertext(), *(picture.get("alt", "") for picture in element.iter("img"))]
    return " ".join(" ".join(words).split())


def tag_of(element: Element) -> str:
    """How to point at an element in a message: its tag with what tells it from others."""
    known = [f'{name}="{element.attrib[name]}"' for name in NAMING_ATTRIBUTES if name in element.attrib]
    return f"<{' '.join([str(element.tag), *known[:3]])}>"


def _parser() -> html5lib.HTMLParser:
    return html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)


def _errors(parser: html5lib.HTMLParser, html: str) -> tuple[str, ...]:
    lines = html.splitlines() or [""]
    return tuple(
        f"line {line}: {code} {details or ''}: {lines[min(line, len(lines)) - 1].strip()[:160]}"
        for (line, _), code, details in parser.errors
    )
