"""Papers as files: what they say, how many pages they have, and what a bank's app reads from a bill's square."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zipfile import ZipFile

import pypdfium2
import pytest
import zxingcpp
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from portal.invoicing.drawing.files import _DRAWN_BY
from portal.invoicing.drawing.payment_code import PaymentOrder, payload
from portal.invoicing.drawing.words import in_words
from portal.invoicing.papers.content import Bank, Content, Line, Side, Signers, read_content, vat_within
from portal.invoicing.papers.job import begin_where_due
from portal.invoicing.papers.models import Paper, PaperKind
from portal.kernel.mail.carrier import MailCarrier
from tests.browser import Browser
from tests.invoicing.parties import charge, tell_buyer, tell_seller
from tests.jobs.finish import finish_jobs
from tests.people import Cast
from tests.support.postbox import Postbox

SELLER = Side("ООО «Связь-Плюс»", "7707083893", "773601001", "", "117312, г. Москва, ул. Вавилова, д. 19")
BUYER = Side("ООО «Север»", "7736050003", "997250001", "", "190000, г. Санкт-Петербург, Невский пр-т, д. 1")
BANK = Bank("ПАО СБЕРБАНК, г. Москва", "044525225", "40702810238000000028", "30101810400000000225")
SIGNERS = Signers("Генеральный директор", "Петров П. П.", "Сидорова С. С.")


def content(percent: int | None = 22, lines: int = 2) -> Content:
    sums = [(f"Услуги телефонной связи, Москва-{place}", Decimal("100.10") + place) for place in range(lines)]
    made = tuple(Line(name, total, vat_within(total, percent)) for name, total in sums)
    return Content(SELLER, BANK, SIGNERS, BUYER, percent, made)


def pages(kind: PaperKind, said: Content, due: str = "0") -> tuple[list[str], pypdfium2.PdfDocument]:
    """The text of each page, and the document."""
    made = datetime(2026, 11, 1, tzinfo=UTC)
    paper = Paper(kind=kind, number=15, year=2026, issued_on=date(2026, 10, 31), due=Decimal(due), created_at=made)
    document = pypdfium2.PdfDocument(_DRAWN_BY[kind](paper, said))
    return [page.get_textpage().get_text_range() for page in document], document


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (PaperKind.BILL, ["Счёт на оплату № 15 от 31 октября 2026 г.", "БИК 044525225", "НДС 22%: 36,28"]),
        (PaperKind.ACT, ["Акт № 15 от 31 октября 2026 г.", "Заказчик", "НДС 22%: 36,28", "оказаны полностью"]),
        (PaperKind.INVOICE, ["Счёт-фактура № 15", "7707083893/773601001", "(6б)", "без акциза", "164,92"]),
        (PaperKind.TRANSFER, ["Универсальный передаточный документ № 15", "Статус: 1", "[13]", "36,28"]),
        (PaperKind.CORRECTION, ["Корректировочный счёт-фактура № 15", "к счёту-фактуре № 3", "Г (уменьшение)"]),
    ],
)
def test_a_paper_says_who_what_and_how_much_on_one_page(kind: PaperKind, words: list[str]) -> None:
    said = content()
    if kind is PaperKind.CORRECTION:
        said = replace(
            said, before=said.lines, lines=said.lines[:1], corrects="№ 3 от 31.10.2026", extra={"corrected": "invoice"}
        )
    texts, _document = pages(kind, said)

    assert len(texts) == 1
    text = " ".join(texts[0].replace("\N{NO-BREAK SPACE}", " ").split())
    for word in [*words, "ООО «Связь-Плюс»", "ООО «Север»", "стр. 1 из 1"]:
        assert word in text, text


def test_without_vat_a_upd_has_the_status_2_and_no_tax() -> None:
    (text,), _document = pages(PaperKind.TRANSFER, content(None))

    assert "Статус: 2" in text
    assert "без НДС" in text
    assert "22%" not in text


def test_a_long_paper_goes_on_on_further_pages_with_its_head() -> None:
    texts, _document = pages(PaperKind.ACT, content(lines=90))

    assert len(texts) > 2
    assert all("Наименование" in text for text in texts[:-1])
    assert f"стр. {len(texts)} из {len(texts)}" in texts[-1]


def test_a_banks_app_reads_the_square_of_a_bill_from_its_picture() -> None:
    said = content()
    _texts, document = pages(PaperKind.BILL, said, due=str(said.total))
    (found,) = zxingcpp.read_barcodes(document[0].render(scale=2).to_pil())

    head, *members = found.text.split("|")
    values = dict(member.split("=", 1) for member in members)
    assert head == "ST00012"
    assert list(values)[:5] == ["Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc"]
    assert values["Sum"] == "20120"
    assert values["Name"] == "ООО «Связь-Плюс»"
    assert values["Purpose"].startswith("Оплата по счёту № 15 от 31.10.2026")
    assert (values["PayeeINN"], values["PayerINN"], values["BIC"]) == ("7707083893", "7736050003", "044525225")


def test_a_bill_of_what_is_paid_has_no_square() -> None:
    _texts, document = pages(PaperKind.BILL, content())

    assert zxingcpp.read_barcodes(document[0].render(scale=2).to_pil()) == []


def test_a_value_with_the_separator_gets_another_one() -> None:
    order = PaymentOrder("A|B", "4" * 20, "C", "0" * 9, "", Decimal("1.05"), "D", "1")

    assert (
        payload(order)
        == f"ST00012~Name=A|B~PersonalAcc={'4' * 20}~BankName=C~BIC={'0' * 9}~CorrespAcc=0~Sum=105~Purpose=D~PayeeINN=1"
    )


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("200", "Двести рублей 00 копеек"),
        ("0.01", "Ноль рублей 01 копейка"),
        ("1.02", "Один рубль 02 копейки"),
        ("21001.21", "Двадцать одна тысяча один рубль 21 копейка"),
        ("2000002.11", "Два миллиона два рубля 11 копеек"),
        ("1112.12", "Одна тысяча сто двенадцать рублей 12 копеек"),
        ("5000000000", "Пять миллиардов рублей 00 копеек"),
        ("1000000", "Один миллион рублей 00 копеек"),
        ("12345.67", "Двенадцать тысяч триста сорок пять рублей 67 копеек"),
        ("999999999999.99", None),
    ],
)
def test_sums_in_words(amount: str, words: str | None) -> None:
    said = in_words(Decimal(amount))

    assert words is None or said == words
    assert said[0].isupper()


@given(st.integers(0, 10**12 - 1))
def test_words_of_different_sums_differ_and_end_rightly(roubles: int) -> None:
    said = in_words(Decimal(roubles))
    last, tail = roubles % 10, roubles % 100
    noun = "рубль" if last == 1 and tail != 11 else "рубля" if last in (2, 3, 4) and not 12 <= tail <= 14 else "рублей"

    assert said.endswith(f" {noun} 00 копеек")
    assert "  " not in said
    assert said != in_words(Decimal(roubles + 1)) if roubles < 10**12 - 1 else True


def test_what_was_frozen_reads_the_same() -> None:
    said = replace(content(), before=content(10).lines, corrects="№ 3", extra={"corrected": "act"})

    assert read_content(said.as_json()) == said


OCTOBER = datetime(2026, 10, 12, 9, tzinfo=UTC)


@pytest.fixture
def closed(app: Flask, cast: Cast) -> Cast:
    """North has two papers and a bill of October, drawn by the job."""
    tell_seller(app)
    tell_buyer(app, cast.north, papers_email="books@north.example")
    charge(app, cast.north, OCTOBER, "100")
    return cast


def test_the_job_draws_what_the_page_shows_and_the_archive_packs(app: Flask, closed: Cast, anna: Browser) -> None:
    with app.app_context():
        begin_where_due(app)
    (job,) = finish_jobs(app, closed.north)
    assert job.state == "done", job.error
    page = anna.get("/documents").get_data(as_text=True)
    links = re.findall(r'href="(/documents/papers/\d+/file)"', page)
    assert len(links) == 3
    for link in links:
        answer = anna.get(link)
        assert (answer.mimetype, answer.get_data()[:5]) == ("application/pdf", b"%PDF-")
        assert anna.get(link).get_data() == answer.get_data()

    assert anna.submit("/documents/archive", {"first": "2026-01-01", "last": "2030-12-31"}).status_code == 303
    packed = finish_jobs(app, closed.north)[-1]
    archive = ZipFile(io.BytesIO(anna.get(f"/jobs/{packed.id}/result").get_data()))
    assert archive.testzip() is None
    assert sorted(name.split("-")[0] for name in archive.namelist()) == ["act", "bill", "invoice"]
    for wrong in ({"first": "2026-02-01", "last": "2026-01-01"}, {"first": "x", "last": ""}, {}):
        assert anna.submit("/documents/archive", wrong).status_code == 422


def test_new_papers_go_out_by_mail_once(
    app: Flask, closed: Cast, anna: Browser, mailing: Flask, postbox: Postbox
) -> None:
    with app.app_context():
        begin_where_due(app)
    finish_jobs(app, closed.north)
    MailCarrier(app).round()
    paper_id = re.findall(r"/documents/papers/(\d+)/file", anna.get("/documents").get_data(as_text=True))[0]
    assert anna.submit(f"/documents/papers/{paper_id}/mail").status_code == 303
    MailCarrier(app).round()

    letters = postbox.wait_for(2)
    assert [letter.recipient for letter in letters] == ["books@north.example", "anna@north.example"]
    attached = [list(letter.message.iter_attachments()) for letter in letters]
    assert [len(each) for each in attached] == [3, 1]
    assert all(part.get_content()[:5] == b"%PDF-" for each in attached for part in each)
    assert str(attached[0][0].get_filename()).startswith("bill-")
