"""Files of bureaus and zones made plain: statistical tables to tidy frames, reports to text and tables.

Examples
--------
>>> import tempfile
>>> from pathlib import Path
>>> with tempfile.TemporaryDirectory() as folder:
...     path = Path(folder, "output.csv")
...     _ = path.write_text("行业,产值（亿元）\\n铝,85.2\\n电力,20.9\\n合计,106.3\\n", encoding="gb18030")
...     table = read_table(path, totals="report")
>>> table.totals[["stated", "computed", "verdict"]].values.tolist()
[[10630000000.0, 10610000000.0, 'differs']]
>>> pasted("行业\\t2015年产值（亿元）\\n铝\\t85.2").frame[["item", "period", "value"]].values.tolist()
[['铝', '2015', 8520000000.0]]
>>> ledger = draft_ledger(Document("report.txt", "一、概况\\n2015 年，产值 26.4 亿元。"), "report")
>>> ledger.iloc[0].tolist()
['f001', 'report', '一', '产值', 'gross_output', '2015 年', '26.4 亿元', '']
"""

from parkanalysis.cleaning.document import Document, HistoryDraft, draft_history, draft_ledger, read_document
from parkanalysis.cleaning.files import MAX_BYTES, decode, open_xlsx, read_bytes, write_aside, write_together
from parkanalysis.cleaning.sheets import is_table
from parkanalysis.cleaning.table import Table, pasted, read_table, single_months

__all__ = [
    "MAX_BYTES",
    "Document",
    "HistoryDraft",
    "Table",
    "decode",
    "draft_history",
    "draft_ledger",
    "is_table",
    "open_xlsx",
    "pasted",
    "read_bytes",
    "read_document",
    "read_table",
    "single_months",
    "write_aside",
    "write_together",
]
