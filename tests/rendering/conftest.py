"""Shared by the tests of rendering: a steady installation, and no page over notebooks without projections."""

import pytest

from parkanalysis.rendering import batch, plan


@pytest.fixture(autouse=True)
def _small(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("whole") is None:
        monkeypatch.setattr(plan, "installation", lambda: "installed")
        monkeypatch.setattr(batch, "_write_index", lambda out, parks: None)
