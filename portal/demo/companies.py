"""The demo's companies and people: North as the seed's page shows it, South as its neighbour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who can sign in to the demo."""

    email: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class DemoPhone:
    """An SIP account, whose it is, and how its phone behaves (see `telephony.models.SandboxPhone`)."""

    name: str
    crm_user: str | None
    behaviour: str = "answers"
    after: tuple[int, int] = (2, 6)


@dataclass(frozen=True, slots=True)
class DemoContact:
    """A client in the address book."""

    name: str
    company: str
    number: str
    crm_user: str | None = None


@dataclass(frozen=True, slots=True)
class Company:
    """One account of the demo."""

    name: str
    dids: Sequence[tuple[str, str]]
    people: Sequence[DemoPerson]
    phones: Sequence[DemoPhone]
    unmapped: Sequence[str]
    receivers: Sequence[str]
    contacts: Sequence[DemoContact]
    balance: str


NORTH = Company(
    name="ООО «Север»",
    dids=(("74951234567", "Отдел продаж"), ("78121234567", "Петербург")),
    people=(
        DemoPerson("anna@north.example", "Анна Северова", "admin"),
        DemoPerson("boris@north.example", "Борис Лебедев", "viewer"),
    ),
    phones=(
        DemoPhone("SIP/00000000671", "Dmitry Okulov", "offline"),
        DemoPhone("SIP/00000000672", "Olga Manoli", after=(3, 22)),
        DemoPhone("SIP/00000000673", "Alex Gogolev", after=(4, 9)),
        DemoPhone("SIP/00000000674", "Igor Batov", after=(2, 7)),
        DemoPhone("SIP/00000000675", None),
    ),
    unmapped=("Игорь",),
    receivers=("Olga Manoli", "Igor Batov"),
    contacts=(
        DemoContact("Мария Иванова", "ООО «Альфа»", "79039998877", "Olga Manoli"),
        DemoContact("Пётр Кузнецов", "АО «Вектор»", "79161112233", "Alex Gogolev"),
        DemoContact("Елена Соколова", "ИП Соколова", "79267654321", "Igor Batov"),
        DemoContact("Сергей Орлов", "ООО «Гамма»", "78129990011", "Olga Manoli"),
        DemoContact("Наталья Белова", "ООО «Дельта»", "74955550102", "Alex Gogolev"),
        DemoContact("Виктор Зайцев", "Завод «Луч»", "78432220033"),
        DemoContact("Ольга Попова", "ООО «Сигма»", "79051234001", "Igor Batov"),
        DemoContact("Андрей Морозов", "ТД «Омега»", "73432001122"),
    ),
    balance="1733.98",
)

SOUTH = Company(
    name="ООО «Юг»",
    dids=(("78612223344", "Приёмная"),),
    people=(DemoPerson("clara@south.example", "Клара Южина", "admin"),),
    phones=(
        DemoPhone("SIP/00000000801", "Клара Южина"),
        DemoPhone("SIP/00000000802", "Роман Донской", after=(3, 9)),
    ),
    unmapped=(),
    receivers=("Клара Южина", "Роман Донской"),
    contacts=(
        DemoContact("Ирина Кубанова", "Агро-Юг", "79181234567", "Клара Южина"),
        DemoContact("Тимур Черкесов", "ООО «Море»", "79287654321", "Роман Донской"),
    ),
    balance="512.40",
)

COMPANIES = (NORTH, SOUTH)
OPERATOR = DemoPerson("olga@portal.example", "Ольга Оператор", "operator")
