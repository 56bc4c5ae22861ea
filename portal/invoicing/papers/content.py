"""What a paper says, frozen: amounts as exact text in JSON, so that it reads the same in ten years."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from portal.invoicing.parties.models import BuyerDetails, SellerDetails
from portal.kernel.money import ZERO, rounded


@dataclass(frozen=True, slots=True)
class Side:
    """A party of a paper."""

    name: str
    inn: str
    kpp: str
    ogrn: str
    address: str
    is_company: bool = True
    signatory: str = ""

    @property
    def codes(self) -> str:
        """`7707083893/773601001`, as papers write it; an entrepreneur has one number only."""
        return f"{self.inn}/{self.kpp}" if self.kpp else self.inn


@dataclass(frozen=True, slots=True)
class Bank:
    """Where a bill is to be paid."""

    name: str
    bik: str
    account: str
    correspondent_account: str


@dataclass(frozen=True, slots=True)
class Signers:
    """Who signs for the seller."""

    title: str
    head: str
    accountant: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line: `total` with the tax, `vat` of it; nothing where the seller pays none."""

    name: str
    total: Decimal
    vat: Decimal

    @property
    def net(self) -> Decimal:
        """Without the tax."""
        return self.total - self.vat


@dataclass(frozen=True, slots=True)
class Content:
    """All that a paper says but its number and day. `before` is what a correction corrects."""

    seller: Side
    bank: Bank
    signers: Signers
    buyer: Side
    vat_percent: int | None
    lines: tuple[Line, ...]
    before: tuple[Line, ...] = ()
    corrects: str = ""
    """`№ 3 от 31.10.2026`: the paper that is corrected."""
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        """Of all lines, with the tax."""
        return sum((line.total for line in self.lines), ZERO)

    @property
    def vat(self) -> Decimal:
        """The tax of all lines."""
        return sum((line.vat for line in self.lines), ZERO)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {**asdict(self), "lines": _plain(self.lines), "before": _plain(self.before)}


def read_content(kept: Mapping[str, Any]) -> Content:
    """What `as_json` wrote."""
    return Content(
        seller=Side(**kept["seller"]),
        bank=Bank(**kept["bank"]),
        signers=Signers(**kept["signers"]),
        buyer=Side(**kept["buyer"]),
        vat_percent=kept["vat_percent"],
        lines=_lines(kept["lines"]),
        before=_lines(kept["before"]),
        corrects=kept["corrects"],
        extra=dict(kept["extra"]),
    )


def between(seller: SellerDetails, buyer: BuyerDetails, lines: Sequence[tuple[str, Decimal]]) -> Content:
    """A paper's content from what the parties say of themselves now. `lines` are names with sums, tax within."""
    return Content(
        seller=_side(seller),
        bank=Bank(seller.bank_name, seller.bik, seller.bank_account, seller.correspondent_account),
        signers=Signers(seller.director_title, seller.director_name, seller.accountant_name),
        buyer=_side(buyer, buyer.signatory),
        vat_percent=seller.vat_percent,
        lines=tuple(Line(name, total, vat_within(total, seller.vat_percent)) for name, total in lines),
    )


def vat_within(total: Decimal, percent: int | None) -> Decimal:
    """The tax within a sum, to the kopeck."""
    return rounded(total * percent / (100 + percent)) if percent else ZERO


def _side(details: SellerDetails | BuyerDetails, signatory: str = "") -> Side:
    names = ("name", "inn", "kpp", "ogrn", "address", "is_company")
    return Side(**{name: getattr(details, name) for name in names}, signatory=signatory)


def _plain(lines: Iterable[Line]) -> list[dict[str, str]]:
    return [{"name": line.name, "total": str(line.total), "vat": str(line.vat)} for line in lines]


def _lines(kept: Iterable[Mapping[str, str]]) -> tuple[Line, ...]:
    return tuple(Line(each["name"], Decimal(each["total"]), Decimal(each["vat"])) for each in kept)
