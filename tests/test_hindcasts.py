"""Hindcasts: the rule by hand, nothing later than the vintage, the same digits twice."""

import hindcast_parks
import hindcasts
import numpy as np
import pandas as pd
import pytest
import yaml

DATA = hindcast_parks.read()
EPISODES = list(DATA.episodes.itertuples())


def episode(name):
    (row,) = (e for e in EPISODES if e.episode == name)
    return row


@pytest.mark.parametrize(
    ("stop", "restart", "year", "share"),
    [
        ("2012-04", "", 2012, 9 / 12),
        ("2012-04", "", 2011, 0.0),
        ("2012-04", "", 2013, 1.0),
        ("2009-02", "2009-06", 2009, 4 / 12),
        ("2008-12", "2009-02", 2009, 1 / 12),
        ("2008-12", "2009-02", 2010, 0.0),
    ],
)
def test_closed_share_in_whole_months(stop, restart, year, share):
    assert hindcast_parks.closed_share(stop, restart, year) == pytest.approx(share)


def test_a_closure_by_hand():
    # Lynemouth: 515 jobs, nine months of 2012 at 37.9 thousand pounds of 1999 grown by 3% a year
    lynemouth = episode("northumberland_2012")
    lost = 515 * 9 / 12 * 37.9 * 1.03**12 / 1000
    base = float(DATA.series["TLC21", "Manufacturing"][2011])
    assert hindcast_parks.event_of(DATA, lynemouth).plants == pytest.approx(lost / base)


def test_a_plant_shut_in_the_base_year_is_lost_for_the_rest_only():
    # Redcar stopped for the last three months of 2015, so 2016 loses nine months more
    events = DATA.events[DATA.events.episode == "south_teesside_2016"]
    assert hindcast_parks.job_years(events, 2015) == pytest.approx(2200 * 9 / 12)


def test_own_value_per_job_where_the_jobs_are_known():
    assert hindcast_parks.value_per_job(DATA.per_job, episode("minnesota_iron_2001"), 583.0) == pytest.approx(
        100.0
    )


def test_a_price_fall_by_hand():
    prices = pd.DataFrame(
        {
            "month": [f"{y}-{m:02d}" for y in (2014, 2015) for m in range(1, 13)],
            "commodity": "wti",
            "price": [100.0] * 12 + [50.0] * 6 + [900.0] * 6,
        }
    )
    assert hindcast_parks.price_change(prices, "wti", 2014) == (100.0, 50.0)


def test_one_episode_is_scored_as_stored_projections_are():
    made = hindcasts.hindcast(DATA, episode("northumberland_2012")).set_index(["role", "scenario"])
    still = made.loc["episode", "last_value"]
    assert (still["low"], still["median"], still["high"]) == (0, 0, 0)
    assert still["error"] == still["outturn"] == still["unchanged"]
    assert still["crps"] == pytest.approx(abs(still["outturn"]))
    assert (made.index.size, made["vintage"].nunique()) == (8, 2)


@pytest.mark.parametrize("row", EPISODES, ids=lambda e: e.episode)
def test_facts_and_accounts_are_older_than_the_vintage(row, tmp_path):
    assert row.target_year == row.base_year + 1
    assert row.as_of == hindcast_parks.vintage_day(row.country, row.industry, row.base_year)
    facts = DATA.events[DATA.events.episode == row.episode]
    assert (facts.published <= f"{row.target_year}-06-30").all()
    assert (row.kind == "closure") == (len(facts) > 0)
    event = hindcast_parks.event_of(DATA, row)
    series = DATA.series[row.code, row.industry]
    hindcast_parks.write_park(tmp_path / "p", row.country, row.industry, series, row.base_year, event)
    park = yaml.safe_load((tmp_path / "p" / "park.yml").read_text(encoding="utf-8"))
    assert str(park["as_of"]) == row.as_of
    for table, column in (("history", "published"), ("sources", "published")):
        assert (pd.read_csv(tmp_path / "p" / f"{table}.csv")[column] <= row.as_of).all()
    assert pd.read_csv(tmp_path / "p" / "history.csv").period.max() == row.base_year


def test_what_came_later_changes_nothing_but_the_score():
    row = episode("minnesota_iron_2001")

    def projected(data):
        event = hindcast_parks.event_of(data, row)
        return hindcasts.draws_of(data, row.country, row.code, row.industry, row.base_year, event)

    later = {key: series.where(series.index <= row.base_year, 1.0) for key, series in DATA.series.items()}
    prices = DATA.prices.assign(price=DATA.prices.price.where(DATA.prices.month <= "2001-06", 1.0))
    others = hindcast_parks.Data(DATA.episodes, DATA.events, DATA.exposures, prices, DATA.per_job, later)
    known, again = projected(DATA), projected(others)
    assert all(np.array_equal(known[name], again[name]) for name in hindcasts.METHODS)


def test_a_shock_lowers_the_projection_and_none_leaves_it():
    row = episode("northumberland_2012")
    arguments = (DATA, row.country, row.code, row.industry, row.base_year)
    event = hindcast_parks.event_of(DATA, row)
    made = hindcasts.draws_of(*arguments, event)
    lost = np.mean(made["no_shocks"]) - np.mean(made["shocks"])
    assert (
        100 * event.plants * hindcast_parks.JOB_SPREAD[1]
        < lost
        < 100 * event.plants * hindcast_parks.JOB_SPREAD[2]
    )
    still = hindcasts.draws_of(*arguments, hindcast_parks.Event())
    assert np.array_equal(still["shocks"], still["no_shocks"])


def test_episodes_are_those_that_the_rule_finds():
    assert len(EPISODES) >= 40
    assert DATA.episodes.episode.is_unique
    assert set(DATA.events.episode) == {e.episode for e in EPISODES if e.kind == "closure"}
    assert not hindcasts.small(DATA)
    found = set()
    for (code, industry), rows in DATA.exposures.groupby(["code", "industry"]):
        for base in range(2001, 2020):
            mine = rows[(rows.first_base_year <= base) & (base <= rows.last_base_year)]
            changes = [hindcast_parks.price_change(DATA.prices, name, base) for name in mine.commodity]
            if (
                sum(s * (after / before - 1) for s, (before, after) in zip(mine.share, changes, strict=True))
                <= -0.2
            ):
                found.add((code, industry, base + 1))
    assert found == {(e.code, e.industry, e.target_year) for e in EPISODES if e.kind == "price"}


def test_control_years_hold_no_event_of_the_same_series():
    for row in EPISODES:
        base = hindcast_parks.control_base(DATA, row)
        same = {e.base_year for e in EPISODES if (e.code, e.industry) == (row.code, row.industry)}
        assert base not in same
        assert base + 1 not in hindcast_parks.RECESSIONS
        assert DATA.series[row.code, row.industry].index[0] + 3 <= base


def test_stored_scores_are_of_these_episodes_and_add_up():
    scores = pd.read_csv(hindcasts.TARGET, comment="#")
    assert set(scores.park) == set(DATA.episodes.episode)
    assert len(scores) == len(EPISODES) * 2 * len(hindcasts.METHODS)
    assert (scores.vintage < hindcasts.PUBLISHED.strftime("%Y-%m-%d")).all()
    last = scores[scores.scenario == "last_value"]
    assert np.allclose(last.error, last.outturn)
    row = episode("northumberland_2012")
    series = DATA.series[row.code, row.industry]
    mine = scores[(scores.park == row.episode) & (scores.role == "episode")]
    assert np.allclose(mine.outturn, 100 * (series[2012] / series[2011] - 1), atol=0.01)
    table = hindcasts.summary(scores)
    closures, falls, both = (table.loc["episode", kind, "shocks"] for kind in ("closure", "price", "all"))
    weighted = closures.projections * closures.crps + falls.projections * falls.crps
    assert both.crps == pytest.approx(weighted / both.projections)
