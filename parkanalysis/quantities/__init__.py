"""Chinese official quantities: printed text → value, bounds and unit; figures of a running text.

Examples
--------
>>> loss = parse("减少 5 亿元以上")
>>> loss.low, loss.high, loss.unit, loss.hedge, loss.direction
(500000000.0, inf, 'CNY', '以上', '减少')
>>> bounds(loss), bounds(loss, "literal")
((500000000.0, 600000000.0), (500000000.0, inf))
>>> [(m.text, m.subject, m.period) for m in extract("2015 年，工业增加值 37.01 亿元")]
[('37.01 亿元', '工业增加值', '2015 年')]
"""

from parkanalysis.quantities.context import Mention
from parkanalysis.quantities.extract import extract
from parkanalysis.quantities.hedges import RULES
from parkanalysis.quantities.parse import Quantity, QuantityError, bounds, normalize, parse
from parkanalysis.quantities.units import MEASURES, SYMBOLS, UNKNOWN, WORDS, Unit, unit_of_head

__all__ = [
    "MEASURES",
    "RULES",
    "SYMBOLS",
    "UNKNOWN",
    "WORDS",
    "Mention",
    "Quantity",
    "QuantityError",
    "Unit",
    "bounds",
    "extract",
    "normalize",
    "parse",
    "unit_of_head",
]
