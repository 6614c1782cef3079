"""Words of a park in a language: the catalogue, labels, and numbers as people read them."""

from __future__ import annotations

import datetime as dt
import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partialmethod
from html import unescape
from pathlib import Path
from string import Formatter
from types import MappingProxyType
from typing import Any

from parkanalysis.park import Shock
from parkanalysis.park.levers import Lever
from parkanalysis.park.park import Park
from parkanalysis.quantities import MEASURES, SYMBOLS, WORDS

LANGUAGES = ("zh", "en")


def N_(text: str) -> str:  # noqa: N802  the name that message extraction knows
    """Mark a text for the catalogue where it is translated later."""
    return text


HERE = Path(__file__).parent
#: Names of what has a code, by what it is: ``names.toml``.
NAMES: dict[str, Any] = tomllib.loads((HERE / "names.toml").read_text(encoding="utf-8"))
UNIT_NAMES: dict[str, Any] = WORDS["measures"] | WORDS["unit_names"]
# amounts in canonical units: least value, unit, its name; a space where the language has one
MEASURED = ("CNY", "t", "kWh", "m3")
LARGE = {
    "zh": ((1e8, 1e8, "亿"), (1e5, 1e4, "万")),
    "en": ((1e9, 1e9, "billion "), (1e6, 1e6, "million ")),
}
#: Factor of an amount of money to 亿元.
YUAN = {"CNY": 1e-8} | {name: 1e-8 * factor for name, (code, factor) in MEASURES.items() if code == "CNY"}
MINUS = "−"


@dataclass(frozen=True)
class Scale:
    """How amounts are shown: unit, factor from 亿元 and decimals of a computed amount.

    Examples
    --------
    >>> amount_scale("en", "CNY_100m", 41.05)
    Scale(unit='billion', factor=0.1, decimals=2)
    """

    unit: str
    factor: float
    decimals: int


def amount_scale(lang: str, display_unit: str, size: float) -> Scale:
    """Scale for a park whose value added is about ``size`` 亿元.

    Computed amounts keep about three digits: the tenth part of a 亿元 for a park of tens.

    Examples
    --------
    >>> amount_scale("zh", "CNY_100m", 41.05), amount_scale("en", "CNY_10k", 41.05)
    (Scale(unit='亿元', factor=1.0, decimals=1), Scale(unit='million', factor=100.0, decimals=-1))
    """
    places = 2 - math.floor(math.log10(abs(size))) if size else 1
    small = display_unit == "CNY_10k"
    if lang == "zh":
        return Scale("万元", 1e4, places - 4) if small else Scale("亿元", 1.0, places)
    return Scale("million", 100.0, places - 2) if small else Scale("billion", 0.1, places + 1)


def fixed(value: float, decimals: int, sign: bool = False) -> str:
    """A number with grouped thousands, a true minus sign and never a negative zero.

    Decimals below 0 round to tens, hundreds and so on.

    Examples
    --------
    >>> fixed(-1234.56, 1), fixed(-0.01, 1), fixed(2.0, 1, sign=True)
    ('−1,234.6', '0.0', '+2.0')
    """
    if not math.isfinite(value):
        return "–" if math.isnan(value) else ("∞" if value > 0 else MINUS + "∞")
    shown = round(value, decimals) + 0.0
    text = f"{abs(shown):,.{max(decimals, 0)}f}"
    return f"{MINUS}{text}" if shown < 0 else f"+{text}" if sign and shown > 0 else text


def significant(value: float, digits: int = 3) -> str:
    """A number with at most ``digits`` digits after its leading zeros, none of the integer part lost.

    Examples
    --------
    >>> significant(1580.0), significant(0.3456), significant(12.0)
    ('1,580', '0.346', '12')
    """
    if not math.isfinite(value) or value == 0:
        return fixed(value, 0)
    decimals = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
    text = fixed(value, decimals)
    return text.rstrip("0").rstrip(".") if "." in text else text


def probability(value: float) -> str:
    """A chance in whole percent that never claims 0 or 100; a dash where there is none.

    Draws that never or always meet a level tell a rare event from none no better than a small share does.

    Examples
    --------
    >>> probability(0.0912), probability(0.0), probability(1.0), probability(float("nan"))
    ('9%', '<1%', '>99%', '–')
    """
    if value != value:
        return "–"
    return "<1%" if value < 0.01 else ">99%" if value > 0.99 else f"{value:.0%}"


def capitalised(text: str) -> str:
    """Text as it begins a line."""
    return text[:1].upper() + text[1:]


_SEAM = re.compile(r"[一-鿿][\dA-Za-z+−<>]|[\dA-Za-z%][一-鿿]")


def spaced(template: str, values: Mapping[str, Any]) -> str:
    """Template with ``{name}`` replaced, a space where a Chinese character meets a digit or a letter.

    Examples
    --------
    >>> spaced("{first}和{last}", {"first": "铝 56%", "last": "2016 年均价"})
    '铝 56% 和 2016 年均价'
    """
    formatter, text = Formatter(), ""
    for literal, name, spec, conversion in formatter.parse(template):
        pieces = [literal]
        if name is not None:
            value = formatter.convert_field(formatter.get_field(name, (), values)[0], conversion)
            pieces.append(formatter.format_field(value, spec or ""))
        for piece in filter(None, pieces):
            seam = _bare(text)[-1:] + _bare(piece)[:1]
            text += f" {piece}" if _SEAM.match(seam) else piece
    return text


def _bare(text: str) -> str:
    """Text as it is read, where it is HTML."""
    return unescape(re.sub(r"</?[a-z][^>]*>", "", text)) if "<" in text or "&" in text else text


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """Translations of a language by their English text.

    Examples
    --------
    >>> catalogue("zh")["reported"]
    '公布'
    """
    if lang == "en":
        return MappingProxyType({})
    from babel.messages.pofile import read_po

    with (HERE / "locale" / lang / "LC_MESSAGES" / "parkanalysis.po").open("rb") as file:
        messages = {str(m.id): str(m.string) for m in read_po(file, locale=lang) if m.id and m.string}
    return MappingProxyType(messages)


@dataclass(frozen=True)
class Words:
    """Labels, sentences and numbers of a park in a language; call it with an English text.

    Attributes
    ----------
    park : Park or None
        None where no park is at hand, as in the index over several.
    lang : {"zh", "en"}

    Examples
    --------
    >>> from parkanalysis.park.park import read_park
    >>> zh, en = (Words(read_park("qingzhen"), lang) for lang in ("zh", "en"))
    >>> zh.amount(41.052, printed=True), en.amount(41.052, printed=True)
    ('41.05 亿元', 'CNY 4.105 billion')
    >>> zh("median")
    '中位数'
    """

    park: Park | None
    lang: str

    def __call__(self, text: str, /, **values: object) -> str:
        """Text in the language, ``{name}`` replaced by values."""
        translated = catalogue(self.lang).get(text, text)
        if not values:
            return translated
        return spaced(translated, values) if self.lang == "zh" else translated.format(**values)

    @cached_property
    def scale(self) -> Scale:
        """Unit, factor and decimals of amounts."""
        if self.park is None:
            return amount_scale(self.lang, "CNY_100m", 10.0)
        return amount_scale(self.lang, self.park.config.display_unit, self.park.value_added)

    @property
    def money_unit(self) -> str:
        """Unit of amounts on axes and in heads of tables."""
        return self("CNY {unit}", unit=self.scale.unit)

    def money(self, value: Any) -> Any:
        """An amount of 亿元, scalar or array, in the unit shown."""
        return value * self.scale.factor

    def plain_amount(self, value: float, sign: bool = False, printed: bool = False) -> str:
        """An amount without its unit; one decimal more, no digit less, where a source prints it."""
        decimals = max(self.scale.decimals + 1, 0) if printed else self.scale.decimals
        return fixed(self.money(value), decimals, sign)

    def _amount(self, value: float, printed: bool, sign: bool = False, least: float = 1.0) -> tuple[str, str]:
        """An amount of 亿元 and its unit; in English what is below ``least`` in millions."""
        if self.scale.unit == "billion" and 0 < abs(value) < least:
            return fixed(100 * value, max(self.scale.decimals - 2, 0), sign), "million"
        return self.plain_amount(value, sign, printed), self.scale.unit

    def amount(self, value: float, sign: bool = False, printed: bool = False) -> str:
        """An amount of 亿元 with its unit; in English less than a tenth of a billion in millions."""
        number, unit = self._amount(value, printed, sign)
        return self("CNY {number} {unit}", number=number, unit=unit)

    def amount_range(self, low: float, high: float) -> str:
        """Two amounts with one unit."""
        number = self("{low} to {high}", low=self.plain_amount(low), high=self.plain_amount(high))
        return self("CNY {number} {unit}", number=number, unit=self.scale.unit)

    def percent(self, fraction: float, decimals: int = 1, sign: bool = False) -> str:
        """A fraction in percent."""
        return fixed(100 * fraction, decimals, sign) + "%"

    def points(self, fraction: float, sign: bool = False) -> str:
        """A difference of two fractions in percentage points."""
        return self("{number} percentage points", number=fixed(100 * fraction, 1, sign))

    def chance(self, value: float) -> str:
        """A probability in whole percent."""
        return self(probability(value))

    def unit(self, code: str) -> str:
        """Name of a unit, one that is so much a period put together from its two parts.

        Examples
        --------
        >>> zh, en = Words(None, "zh"), Words(None, "en")
        >>> zh.unit("t/month"), en.unit("t/month"), zh.unit("ha")
        ('吨/月', 't/month', '公顷')
        """
        if self.lang in UNIT_NAMES.get(code, ()):
            return str(UNIT_NAMES[code][self.lang])
        above, stroke, below = code.partition("/")
        if stroke and (f"/{below}" in UNIT_NAMES or code not in SYMBOLS):
            period = UNIT_NAMES.get(f"/{below}", {}).get(self.lang)
            return f"{self.unit(above)}/{period or self.unit(below)}"
        return SYMBOLS.get(code, code) if self.lang == "zh" else code

    def shown(self, value: Any, code: str) -> Any:
        """A lever's value, scalar or array, as a number in the unit of this language."""
        if code == "fraction":
            return value * 100.0
        return value * UNIT_NAMES.get(code, {}).get("shown", 1.0) if self.lang == "en" else value

    def _value(self, value: float, code: str, least: float = 1.0) -> tuple[str, str]:
        """A lever's value and the name of its unit."""
        if code == "fraction":
            return self.percent(value), ""
        if code in YUAN:
            return self._amount(value * YUAN[code], printed=True, least=least)
        return significant(self.shown(value, code)), self.unit(code)

    def _measured(self, value: float, code: str) -> tuple[str, str]:
        """A value in canonical units and the name of its unit, large ones in 亿 or billions."""
        named = "" if self.lang == "en" and code == "CNY" else self.unit(code)
        for least, factor, name in LARGE[self.lang] if code in MEASURED and math.isfinite(value) else ():
            if abs(value) >= least:
                return significant(value / factor, 4), f"{name}{named}".strip()
        return (self.percent(value), "") if code == "fraction" else (significant(value, 4), named)

    def _whole(self, number: str, unit: str, code: str) -> str:
        return self(
            "CNY {number} {unit}" if code in YUAN else "{number} {unit}", number=number, unit=unit
        ).strip()

    def _between(self, first: tuple[str, str], second: tuple[str, str], code: str) -> str:
        """Two values with the unit once where both have the same."""
        start = first[0] if first[1] == second[1] else " ".join(first).strip()
        return self._whole(self("{low} to {high}", low=start, high=second[0]), second[1], code)

    def value(self, value: float, code: str) -> str:
        """A lever's value with its unit; fractions in percent, amounts of money as amounts."""
        return self._whole(*self._value(value, code), code)

    def value_range(self, low: float, high: float, code: str) -> str:
        """Two values with the unit once.

        Examples
        --------
        >>> Words(None, "en").value_range(1450, 1900, "CNY/t")
        '1,450 to 1,900 yuan/t'
        """
        # two amounts that are both said in millions though the higher one would be in billions
        least = 10.0 if code == "CNY_100m" and abs(low) < 1 and 0 < high < 10 else 1.0
        return self._between(self._value(low, code, least), self._value(high, code, least), code)

    def read_as(self, low: float, high: float, unit: str) -> str:
        """Bounds of a printed figure, the unit once where both have the same.

        Examples
        --------
        >>> Words(None, "en").read_as(3.8e9, 4.2e9, "CNY"), Words(None, "zh").read_as(0, 1e5, "t")
        ('CNY 3.8 to 4.2 billion', '0 至 10 万吨')
        """
        first, second = self._measured(low, unit), self._measured(high, unit)
        if low == high or math.isinf(high):
            whole = self._whole(*first, unit)
            return whole if low == high else self("{low} or more", low=whole)
        return self._between(("0", second[1]) if low == 0 else first, second, unit)

    def value_with_range(self, value: float, low: float, high: float, code: str) -> str:
        """A value and, where it has any, its range behind it."""
        if low == high or not math.isfinite(value):
            return self.value(value, code)
        return self.enclose(self.value(value, code), self.value_range(low, high, code))

    def bounded(self, value: float, low: float, high: float, code: str) -> str:
        """A value with its bounds, of which one may be open."""
        if math.isnan(value):
            return "–"
        if math.isinf(low) == math.isinf(high):
            return self.value_with_range(value, low, high, code)
        text, printed = ("{low} or more", low) if math.isinf(high) else ("{high} or less", high)
        end = self(text, low=self.value(low, code), high=self.value(high, code))
        return end if printed == value else self.enclose(self.value(value, code), end)

    def enclose(self, text: str, inside: str) -> str:
        """Text with a remark in brackets."""
        return self("{text} ({inside})", text=text, inside=inside)

    def named_unit(self, label: str, unit: str) -> str:
        """A label of an axis with its unit."""
        return self("{label}, {unit}", label=label, unit=unit) if unit else label

    def name(self, code: str, what: str) -> str:
        """Name of what has a code, as ``names.toml`` has it."""
        return str(NAMES[what].get(code, {}).get(self.lang, code))

    evidence = partialmethod(name, what="evidence")
    verdict = partialmethod(name, what="verdict")
    reading_rule = partialmethod(name, what="reading_rule")
    method = partialmethod(name, what="method")
    file = partialmethod(name, what="file")

    def kind(self, kind: str) -> str:
        """Name of a kind of driver, within a sentence."""
        known = Shock.kinds.get(kind)
        return str(vars(known)["label"][self.lang]) if known is not None else self.name(kind, "kind")

    def goal_label(self, stated: bool) -> str:
        """What the goal is called in charts: what the park states, or the level of its base year."""
        if stated or self.park is None:
            return self("stated")
        return self("{year} level", year=self.park.config.base_year)

    @property
    def reference_area(self) -> str:
        """What the series before the base year is called in charts."""
        area = self.park.config.growth_area if self.park is not None else None
        return self("{area}, scaled", area=self.title(area) if area else self("reference area"))

    fixed = staticmethod(fixed)

    def _named(self, table: str, name: str) -> str:
        items = getattr(self.park.config, table) if self.park else {}
        return str(items[name].name[self.lang]) if name in items else name

    def driver(self, name: str) -> str:
        """Label of a driver: a shock of the park, the growth beside the shocks, the base year."""
        return self.name(name, "driver") if name in NAMES["driver"] else self._named("shocks", name)

    def industry(self, name: str) -> str:
        """Label of an industry."""
        return self._named("industries", name)

    def lever(self, name: str, within: bool = False) -> str:
        """Label of a lever, capitalised unless it stands ``within`` a sentence."""
        if self.park is None or name not in self.park.levers:
            return name
        label = self.park.levers[name].label[self.lang]
        return label if within else capitalised(label)

    def _either(self, en: str, zh: str) -> str:
        return (zh or en) if self.lang == "zh" else (en or zh)

    def note(self, lever: Lever) -> str:
        """On what a lever's range stands, in the language where the park says it in both."""
        return self._either(lever.note, lever.note_zh)

    @cached_property
    def _sources(self) -> Mapping[str, Mapping[Any, Any]]:
        if self.park is None:
            return {}
        return {str(row["source"]): row for row in self.park.sources.to_dict("records")}

    def _of_source(self, name: str, column: str) -> str:
        row = self._sources.get(name, {})
        return self._either(str(row.get(column) or ""), str(row.get(f"{column}_zh") or ""))

    def source(self, name: str) -> str:
        """Title of a source, in the language where the park gives it in both.

        Examples
        --------
        >>> from parkanalysis.park.park import read_park
        >>> [Words(read_park("qingzhen"), lang).source("nbs_provincial") for lang in ("zh", "en")]
        ['分省年度数据', 'Annual data by province']
        """
        return self._of_source(name, "title") or name

    publisher = partialmethod(_of_source, column="publisher")
    remark = partialmethod(_of_source, column="note")

    def join(self, items: Iterable[str]) -> str:
        """A list within a sentence.

        Examples
        --------
        >>> Words(None, "en").join(["a", "b", "c"]), Words(None, "zh").join(["甲", "乙", "丙"])
        ('a, b and c', '甲、乙和丙')
        """
        *others, last = [*items] or [""]
        return self("{first} and {last}", first=self(", ").join(others), last=last) if others else last

    def date(self, day: dt.date) -> str:
        """A day."""
        from babel.dates import format_date

        return str(format_date(day, self("d MMMM y"), locale=self.lang))

    def title(self, names: Mapping[Any, str]) -> str:
        """A name given in both languages."""
        return names.get(self.lang) or next(iter(names.values()), "")
