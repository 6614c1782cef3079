"""Results on their way out of a notebook: published in a cell, saved as tables beside the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TABLE", "publish", "published", "tables"]

RESULTS_MIME = "application/vnd.parkanalysis.results+json"
TABLE = "results.parquet"


def publish(frame: pd.DataFrame) -> None:
    """Attach ``frame`` to the notebook, unseen, so that the renderer can save it as Parquet.

    Parameters
    ----------
    frame : DataFrame
        Tidy results with columns of numbers, strings or truth values.

    Examples
    --------
    >>> import pandas as pd
    >>> from unittest.mock import patch
    >>> with patch("IPython.display.display") as shown:  # as a notebook's cell would
    ...     publish(pd.DataFrame({"value": [35.1]}))
    >>> shown.call_args.args[0][RESULTS_MIME]
    {'columns': [{'name': 'value', 'dtype': 'float64', 'values': [35.1]}]}
    """
    from IPython.display import display

    columns = [
        {"name": str(name), "dtype": str(frame[name].dtype), "values": _plain(frame[name])} for name in frame
    ]
    display({RESULTS_MIME: {"columns": columns}, "text/plain": ""}, raw=True)  # type: ignore[no-untyped-call]


def _plain(column: pd.Series[Any]) -> list[object]:
    """Values as JSON can hold them; a float that is not finite becomes its name."""
    if column.dtype.kind == "f":
        return [v if abs(v) < float("inf") else str(v) for v in column.tolist()]
    if column.dtype.kind in "iub":
        return column.tolist()
    return [None if missing else str(v) for v, missing in zip(column, column.isna(), strict=True)]


def published(notebook: Mapping[str, Any]) -> pd.DataFrame | None:
    """Return the frame a notebook published last, or None.

    Parameters
    ----------
    notebook : NotebookNode
        An executed notebook.

    Examples
    --------
    >>> columns = [{"name": "value", "dtype": "float64", "values": [35.1]}]
    >>> output = {"data": {RESULTS_MIME: {"columns": columns}}}
    >>> published({"cells": [{"outputs": [output]}]})
       value
    0   35.1
    """
    import pandas as pd

    payload = None
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            payload = output.get("data", {}).get(RESULTS_MIME, payload)
    if payload is None:
        return None
    return pd.DataFrame({c["name"]: pd.Series(c["values"], dtype=c["dtype"]) for c in payload["columns"]})


def tables(frame: pd.DataFrame | None) -> dict[str, bytes]:
    """Return the published results as Parquet, by file name; nothing where there are none.

    Parameters
    ----------
    frame : DataFrame or None

    Examples
    --------
    >>> import pandas as pd
    >>> {name: content[:4] for name, content in tables(pd.DataFrame({"value": [35.1]})).items()}
    {'results.parquet': b'PAR1'}
    """
    return {} if frame is None else {TABLE: frame.to_parquet(index=False)}
