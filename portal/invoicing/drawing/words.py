"""A sum of roubles in Russian words, as papers end with it: `Двести рублей 00 копеек`."""

from __future__ import annotations

from decimal import Decimal

from portal.kernel.money import rounded

_HUNDREDS = ("", "сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот")
_TENS = (
    *("", "", "двадцать", "тридцать", "сорок", "пятьдесят"),
    *("шестьдесят", "семьдесят", "восемьдесят", "девяносто"),
)
_UNITS = (
    *("", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять", "одиннадцать"),
    *("двенадцать", "тринадцать", "четырнадцать", "пятнадцать", "шестнадцать", "семнадцать", "восемнадцать"),
    "девятнадцать",
)
_FEMININE = {1: "одна", 2: "две"}
_GROUPS = (
    ("рубль", "рубля", "рублей"),
    ("тысяча", "тысячи", "тысяч"),
    ("миллион", "миллиона", "миллионов"),
    ("миллиард", "миллиарда", "миллиардов"),
)
_THOUSANDS = 1
_LARGEST = Decimal(10) ** (3 * len(_GROUPS))


def in_words(amount: Decimal) -> str:
    """The sum in words, kopecks in figures. Raises `ValueError` for less than nothing or a thousand milliards."""
    exact = rounded(amount)
    if not 0 <= exact < _LARGEST:
        raise ValueError("no sum that a paper tells in words")
    roubles, kopecks = divmod(int(exact * 100), 100)
    words = " ".join([*_number(roubles), plural(roubles, _GROUPS[0])])
    return f"{words.capitalize()} {kopecks:02} {plural(kopecks, ('копейка', 'копейки', 'копеек'))}"


def plural(count: int, forms: tuple[str, str, str]) -> str:
    """The form of a noun after a number: of 1, of 2 to 4, of 5 and more; 11 to 14 are as 5."""
    tail = count % 100
    if 11 <= tail <= 14:
        return forms[2]
    return forms[{1: 0, 2: 1, 3: 1, 4: 1}.get(tail % 10, 2)]


def _number(value: int) -> list[str]:
    if value == 0:
        return ["ноль"]
    words: list[str] = []
    for place in range(len(_GROUPS) - 1, -1, -1):
        group = value // 1000**place % 1000
        if group:
            words += _group(group, is_feminine=place == _THOUSANDS)
            if place:
                words.append(plural(group, _GROUPS[place]))
    return words


def _group(value: int, *, is_feminine: bool) -> list[str]:
    hundreds, rest = divmod(value, 100)
    tens, units = divmod(rest, 10) if rest >= 20 else (0, rest)
    unit = _FEMININE.get(units, _UNITS[units]) if is_feminine else _UNITS[units]
    return [word for word in (_HUNDREDS[hundreds], _TENS[tens], unit) if word]
