"""A number of another land stays one: in the bin and back, in a file and back; a home number stays one too."""

import phonenumbers
import pytest
from flask import Flask

from portal.contacts import services
from portal.contacts.exchange.export import written
from portal.contacts.exchange.reading import written_number
from portal.kernel import phone
from tests.browser import Browser
from tests.contacts.desk import inside
from tests.contacts.test_bring_and_take_files import book, bring, the_import, work
from tests.people import Cast

COPENHAGEN, OSLO, TOKYO, VADUZ, HANOI = "4533121212", "4722345678", "81312345678", "4232223344", "84951234567"
ABROAD = [COPENHAGEN, OSLO, TOKYO, VADUZ, HANOI, "442079460958", "8613800138000"]


def taken_in(app: Flask, account_id: int, anna: Browser, content: bytes, name: str) -> None:
    bring(anna, content, name)
    anna.submit(f"/contacts/import/{the_import(app, account_id).id}/begin")
    work(app, account_id)


@pytest.mark.parametrize("number", ABROAD)
def test_a_removed_contact_comes_back_with_its_number(app: Flask, cast: Cast, number: str) -> None:
    with inside(app, cast.north):
        contact = services.add_contact("Petr", [f"+{number}"])
        removed_id = services.remove_contact(contact.id).id
    with inside(app, cast.north):
        services.restore_contact(removed_id)

    assert book(app, cast.north) == [("Petr", "", [number])]


@pytest.mark.parametrize("form", ["csv", "vcf"])
def test_a_book_goes_from_one_company_to_another(
    app: Flask, cast: Cast, anna: Browser, clara: Browser, form: str
) -> None:
    with inside(app, cast.north):
        for number in ABROAD:
            services.add_contact(f"Beside {number}", [f"+{number}", f"+7903{number[:7]}"])
    anna.submit("/contacts/export", {"format": form})
    job = work(app, cast.north)
    taken_in(app, cast.south, clara, anna.get(f"/jobs/{job.id}/result").get_data(), f"book.{form}")

    assert book(app, cast.south) == book(app, cast.north)


def test_each_land_has_a_number_that_comes_back() -> None:
    """What the library gives as an example for every land."""
    examples = [phonenumbers.example_number(region) for region in sorted(phonenumbers.SUPPORTED_REGIONS)]
    numbers = [f"{each.country_code}{phonenumbers.national_significant_number(each)}" for each in examples if each]

    assert len(numbers) > 200
    assert [phone.normalise(written_number(written(number))) for number in numbers] == numbers


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        ("8-495-123-45-67", "74951234567"),
        ("8-499-123-45-67", "74991234567"),
        ("495-123-45-67", "74951234567"),
        ("423-222-33-44", "74232223344"),
        ("7-903-111-22-33", "79031112233"),
        ("'+45-33-12-12-12", COPENHAGEN),
        ("45-33-12-12-12", COPENHAGEN),
        ("81-3-1234-5678", TOKYO),
    ],
)
def test_a_number_of_a_file_is_a_home_number_where_it_can_be_one(
    app: Flask, cast: Cast, anna: Browser, cell: str, number: str
) -> None:
    taken_in(app, cast.north, anna, f"name;phone\nPetr;{cell}\n".encode(), "book.csv")

    assert book(app, cast.north) == [("Petr", "", [number])]
