"""The words of templates: translated, with what is filled in escaped where the template is HTML and nowhere else."""

from flask import Flask, render_template_string

from portal.kernel.i18n import gettext, speaking


def _shown(app: Flask, locale: str, source: str, **context: object) -> str:
    with app.test_request_context(), speaking(locale):
        return render_template_string(source, **context)


def test_what_is_filled_in_is_escaped_and_the_words_are_not(app: Flask) -> None:
    shown = _shown(app, "en", """{{ _("<b>%(name)s</b> waits", name=name) }}""", name="<script>")

    assert shown == "<b>&lt;script&gt;</b> waits"


def test_plain_text_is_not_escaped(app: Flask) -> None:
    source = """{% autoescape false %}{{ _("%(name)s waits", name=name) }}{% endautoescape %}"""

    assert _shown(app, "en", source, name="R&D") == "R&D waits"


def test_a_percent_sign_stands_twice_in_the_words_and_once_on_the_page(app: Flask) -> None:
    assert _shown(app, "en", """{{ _("100%% of it") }}""") == "100% of it"


def test_plural_forms_are_those_of_the_language(app: Flask) -> None:
    source = """{% for n in (1, 3, 5) %}{{ ngettext("%(num)s day", "%(num)s days", n) }};{% endfor %}"""

    assert _shown(app, "en", source) == "1 day;3 days;5 days;"


def test_a_language_of_a_while_ends_with_it(app: Flask) -> None:
    with app.test_request_context(), speaking("ru"):
        before = gettext("Time")
        with speaking("en"):
            assert gettext("Time") == "Time"
        assert gettext("Time") == before == "Время"
