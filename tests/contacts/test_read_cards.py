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


def test_a_number_as_an_address_is_cut_where_its_extension_begins() -> None:
    card = card_of(
        'TEL;VALUE=uri;TYPE="voice,home":tel:+74951234567;ext=102',
        "TEL;VALUE=uri:TEL:+7-903-111-22-33;phone-context=example.ru",
        "TEL;VALUE=uri:tel:+79161112233",
        "TEL:8 916 555-66-77",
    )

    assert card.numbers == ["+74951234567", "+7-903-111-22-33", "+79161112233", "8 916 555-66-77"]


def test_a_quoted_value_goes_on_after_an_equals_sign_with_its_space() -> None:
    card = card_of(
        "FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=81=D0=BB=D0=BA=D0=B8=D0=BD=",
        " =D0=9F=D1=91=",
        "=D1=82=D1=80",
        "NOTE;ENCODING=QUOTED-PRINTABLE:two  =",
        "  lines",
    )

    assert (card.name, card.note) == ("Ёлкин Пётр", "two    lines")


def test_any_other_line_goes_on_where_the_next_begins_with_a_space() -> None:
    card = card_of("NOTE:QUOTED-PRINTABLE=", " ends so", "ORG;ENCODING=QUOTED-PRINTABLE:No", " rth", "FN:Petr")

    assert (card.name, card.company, card.note) == ("Petr", "North", "QUOTED-PRINTABLE=ends so")
