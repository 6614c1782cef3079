"""Several parks on one page: the rows of the parks, and a total that agrees with them."""

from pathlib import Path

import pytest

from parkanalysis.errors import InputError
from parkanalysis.report import portfolio_page

PARKS = Path(__file__).parent / "parks"


@pytest.fixture(scope="module")
def rows():
    return portfolio_page.frame([PARKS / "tiny", PARKS / "harbour"], draws=256)


def test_total_is_the_sum_of_the_means(rows):
    parks, total = rows[rows["level"] == "park"], rows[rows["level"] == "total"]
    for scenario, one in total.groupby("scenario"):
        same = parks[(parks["scenario"] == scenario) & (parks["target_year"] == one["target_year"].iloc[0])]
        assert one["mean"].iloc[0] == pytest.approx(same["mean"].sum())


def test_page_names_every_park(rows):
    page = portfolio_page.html(rows, "en")
    assert all(name in page for name in rows.loc[rows["level"] == "park", "name_en"].unique())
    assert "http" not in page.split("<body")[1]


def test_written_whole(rows, tmp_path):
    page = portfolio_page.write(tmp_path, [PARKS / "tiny", PARKS / "harbour"], draws=64)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["portfolio.csv", "portfolio.html"]
    assert page.read_text(encoding="utf-8").startswith("<!")


def test_unknown_folder_is_refused():
    with pytest.raises(InputError, match="nowhere"):
        portfolio_page.frame([PARKS / "nowhere"])
