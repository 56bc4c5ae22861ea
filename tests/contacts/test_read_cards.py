"""Cards as phones and programs write them: what stands in a line, and lines that are none."""

from portal.contacts.exchange.vcard import Card, read_cards


def card_of(*lines: str) -> Card:
    """The only card of a file with these lines in it."""
    (card,) = read_cards(f"{line}\r\n" for line in ("BEGIN:VCARD", *lines, "END:VCARD"))
    return card


def test_a_line_of_semicolons_alone_is_passed_over_at_once() -> None:
    """A pattern that can divide them in many ways would be at it for ever."""
    for stop in (";", ';"', ';"a"', ";a"):
        assert card_of("TEL" + stop * 5000, "TEL:+79031112233").numbers == ["+79031112233"]


def test_parameters_may_hold_colons_and_semicolons_in_quotes() -> None:
    card = card_of('item1.TEL;X-WHY="a:b;c";TYPE=CELL:+79031112233', "ORG;LANGUAGE=ru;;X=:North")

    assert (card.numbers, card.company) == (["+79031112233"], "North")
