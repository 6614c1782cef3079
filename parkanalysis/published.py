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
    """
    return {} if frame is None else {TABLE: frame.to_parquet(index=False)}
