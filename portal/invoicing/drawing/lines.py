"""How services are called in the lines of papers."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date

TOP_UP = "Оплата услуг связи (пополнение лицевого счёта)"


def month_words(first_day: date) -> str:
    """`октябрь 2026 г.`"""
    return format_date(first_day, "LLLL y 'г.'", locale="ru")


def day_words(day: date) -> str:
    """`31 октября 2026 г.`"""
    return format_date(day, "d MMMM y 'г.'", locale="ru")


def number_and_day(number: int, day: date) -> str:
    """`№ 3 от 31.10.2026`"""
    return f"№ {number} от {day:%d.%m.%Y}"


def call_line(rate: str, first_day: date) -> str:
    """Calls of a month by one rate."""
    which = f", {rate}," if rate else ""
    return f"Услуги телефонной связи{which} за {month_words(first_day)}"


def fee_line(first_day: date) -> str:
    """The monthly fee."""
    return f"Абонентская плата за {month_words(first_day)}"


def correction_line(first_day: date) -> str:
    """What was put right in a month."""
    return f"Перерасчёт за услуги связи, {month_words(first_day)}"


def purpose(number: int, day: date, vat_percent: int | None, vat: str) -> str:
    """What a bank transfer for a bill says."""
    tax = "Без НДС" if vat_percent is None else f"В т.ч. НДС {vat_percent}% {vat}"
    return f"Оплата по счёту № {number} от {day:%d.%m.%Y} за услуги связи. {tax}"
