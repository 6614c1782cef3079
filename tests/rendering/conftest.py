"""Shared by the tests of rendering: a steady installation, and no page over notebooks without projections."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from parkanalysis.rendering import batch, plan


@pytest.fixture(autouse=True)
def _small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("whole") is None:
        monkeypatch.setattr(plan, "installation", lambda: "installed")
        monkeypatch.setattr(batch, "write_index", lambda out, parks: None)


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A folder for temporary files of runs in processes of their own."""
    with tempfile.TemporaryDirectory(prefix="pk") as folder:
        yield Path(folder)
