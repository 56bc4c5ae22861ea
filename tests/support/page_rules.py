"""What every page promises: one function per rule, each giving the faults that it finds."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from tests.support.markup import Document, tag_of

Rule = Callable[[Document], Iterator[str]]

LABELLED_ELSEWHERE = {"hidden", "submit", "button", "reset", "image"}
REFERENCES = (
    *("aria-activedescendant", "aria-controls", "aria-describedby", "aria-details", "aria-errormessage"),
    *("aria-labelledby", "aria-owns", "commandfor", "for", "form", "headers", "list", "popovertarget"),
)
HTMX_SELECTORS = ("hx-target", "hx-include", "hx-indicator", "hx-disable", "hx-sync")
LOADED = {"script": "src", "img": "src", "link": "href", "audio": "src", "source": "src", "iframe": "src"}


def valid_html(document: Document) -> Iterator[str]:
    for error in document.errors:
        yield f"not valid HTML, {error}"


def unique_ids(document: Document) -> Iterator[str]:
    counts = Counter(element.attrib["id"] for element in document.elements if "id" in element.attrib)
    for name, count in counts.items():
        if count > 1:
            yield f'id="{name}" stands {count} times: add what tells them apart, such as the record\'s id'
        if not name or re.search(r"\s", name):
            yield f'id="{name}" is empty or has a space: write words with dashes'


def forms_say_where(document: Document) -> Iterator[str]:
    for form in document.tagged("form"):
        for attribute in ("action", "method"):
            if not form.get(attribute):
                yield f"{tag_of(form)}: add {attribute}=, so that it works without scripts"
        names = {field.get("name") for field in form.iter("input")}
        if form.get("method", "").lower() == "post" and "csrf_token" not in names:
            yield f'{tag_of(form)}: add <input type="hidden" name="csrf_token" value="{{{{ csrf_token() }}}}">'


def controls_are_labelled(document: Document) -> Iterator[str]:
    labels = {label.get("for") for label in document.tagged("label")}
    for control in document.tagged("input", "select", "textarea", "meter", "progress"):
        if control.tag == "input" and control.get("type", "text") in LABELLED_ELSEWHERE:
            continue
        is_wrapped = any(ancestor.tag == "label" for ancestor in document.ancestors(control))
        is_named = control.get("aria-label") or control.get("aria-labelledby")
        if not (is_wrapped or is_named or (control.get("id") and control.get("id") in labels)):
            yield f"{tag_of(control)}: add <label for=…>, or aria-label where the place leaves no room for one"


def images_have_alt(document: Document) -> Iterator[str]:
    for image in document.tagged("img"):
        if "alt" not in image.attrib:
            yield f'{tag_of(image)}: add alt="what it shows", or alt="" where it only decorates'


def buttons_are_clear(document: Document) -> Iterator[str]:
    for button in document.tagged("button"):
        if button.get("type") not in {"submit", "button", "reset"}:
            yield f'{tag_of(button)} {document.name_of(button)}: add type="submit" or type="button"'
        if not document.name_of(button) and not _is_template(document, button):
            yield f"{tag_of(button)}: a button without a name; add text or aria-label"


def links_lead_somewhere(document: Document) -> Iterator[str]:
    for link in document.tagged("a"):
        if not document.name_of(link) and not _is_template(document, link):
            yield f"{tag_of(link)}: a link without text; add text or aria-label"
        if link.get("href", "") in {"", "#"}:
            yield f"{tag_of(link)} {document.name_of(link)}: a link needs an address; what acts is a <button>"


def nothing_is_inline(document: Document) -> Iterator[str]:
    for element in document.elements:
        if element.tag == "style" or "style" in element.attrib:
            yield f"{tag_of(element)}: no style here; give it a class in static/css"
        if element.tag == "script" and not element.get("src"):
            yield f"{tag_of(element)}: no inline script; write a behaviour in static/js/behaviours bound by data-…"
        for name, value in element.attrib.items():
            if re.match(r"on|hx-on", str(name)):
                yield f"{tag_of(element)}: {name}= is a script; bind a behaviour of static/js/behaviours by data-…"
            if value.strip().lower().startswith(("javascript:", "js:")):
                yield f"{tag_of(element)}: {name}= holds a script; say it in the address or in a hidden field"
        if "[" in element.get("hx-trigger", ""):
            yield f"{tag_of(element)}: hx-trigger's [filter] is evaluated as a script; name an event of its own"


def nothing_comes_from_outside(document: Document) -> Iterator[str]:
    for element in document.elements:
        attribute = LOADED.get(str(element.tag), "")
        if urlsplit(element.get(attribute, "")).netloc:
            yield f"{tag_of(element)}: loads from another host; vendor it into static/ and use asset()"
        if element.tag == "form" and urlsplit(element.get("action", "")).netloc:
            yield f"{tag_of(element)}: sends to another host; use a path of ours"


def the_document_is_whole(document: Document) -> Iterator[str]:
    if not document.source.lstrip().lower().startswith("<!doctype html>"):
        yield "no <!doctype html>: extend layout/cabinet.html or layout/bare.html"
    if not document.root.get("lang"):
        yield 'no <html lang="…">'
    titles = [title for title in document.tagged("title") if "head" in {up.tag for up in document.ancestors(title)}]
    if len(titles) != 1 or not "".join(titles[0].itertext()).strip(" ·\n"):
        yield "no <title>, or an empty one: fill {% block title %}"
    headings = len([heading for heading in document.tagged("h1") if not _is_template(document, heading)])
    if headings != 1:
        yield f"{headings} <h1>: a page has exactly one, in {{% block lead %}}"


def references_are_answered(document: Document) -> Iterator[str]:
    for element in document.elements:
        if _is_template(document, element):
            continue
        for attribute in REFERENCES:
            for name in element.get(attribute, "").split():
                if name not in document.ids:
                    yield f'{tag_of(element)}: {attribute}="{name}" names an id that this page does not have'


def htmx_targets_are_here(document: Document) -> Iterator[str]:
    for element in document.elements:
        for attribute, value in element.attrib.items():
            if str(attribute).partition(":")[0] not in HTMX_SELECTORS:
                continue
            for name in re.findall(r"#([\w-]+)", value):
                if name not in document.ids:
                    yield f'{tag_of(element)}: {attribute}="{value}" names #{name}, which this page does not have'


def _is_template(document: Document, element: Element) -> bool:
    return any(ancestor.tag == "template" for ancestor in document.ancestors(element))


EVERYWHERE: tuple[Rule, ...] = (
    valid_html,
    unique_ids,
    forms_say_where,
    controls_are_labelled,
    images_have_alt,
    buttons_are_clear,
    links_lead_somewhere,
    nothing_is_inline,
    nothing_comes_from_outside,
)
WHOLE_PAGES: tuple[Rule, ...] = (the_document_is_whole, references_are_answered, htmx_targets_are_here)
