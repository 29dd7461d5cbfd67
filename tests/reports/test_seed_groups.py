"""Runs that differ in nothing but the seed."""

import pytest
from scipy import stats

from kbert.reports.run_facts import RunFacts
from kbert.reports.seed_groups import seed_groups

SHA = {"train.rows": 90, "train.sha256": "a" * 64, "train.source": "films.csv"}


def facts(seed, *, data=None, versions=None, **settings):
    return RunFacts(
        {"seed": seed, "split_seed": 0, **settings}, data or SHA, versions or {"kbert": "1"}
    )


def grouped(*found):
    """Return each group's runs, and its scores by seed; the scores are 0.1, 0.2, ..."""
    runs = [(str(at), at / 10) for at in range(1, len(found) + 1)]
    return [(group.runs, group.scores) for group in seed_groups(runs, found)]


def test_runs_that_differ_only_in_the_seed_are_one_group():
    assert grouped(facts(1), facts(1, epochs=9), facts(2), facts(2, epochs=9)) == [
        (("1", "3"), {1: 0.1, 2: 0.3}),
        (("2", "4"), {1: 0.2, 2: 0.4}),
    ]


@pytest.mark.parametrize(
    "other",
    [{"epochs": 9}, {"versions": {"kbert": "2"}}, {"data": {**SHA, "train.sha256": "b" * 64}}],
    ids=["settings", "versions", "data"],
)
def test_nothing_else_may_differ(other):
    assert grouped(facts(1), facts(2, **other)) == []


def test_file_locations_and_runs_without_a_seed_do_not_count():
    moved = {**SHA, "train.source": "/elsewhere/films.csv"}
    unknown = RunFacts({}, SHA, {"kbert": "1"})
    assert grouped(facts(1), facts(2, data=moved), unknown) == [(("1", "2"), {1: 0.1, 2: 0.2})]


def test_sets_drawn_with_the_seed_are_not_a_difference():
    def drawn(seed, place="films.csv", rows=90):
        data = {"train.rows": rows, "train.sha256": str(seed), "dev.rows": 100 - rows}
        return RunFacts({"seed": seed}, data, {}, place)

    assert len(grouped(drawn(1), drawn(2, rows=91))) == 1
    assert grouped(drawn(1), drawn(2, place="other.csv")) == []


def test_a_seed_that_occurs_twice_counts_once():
    assert grouped(facts(1), facts(2), facts(1)) == [
        (("1", "2", "3"), {1: pytest.approx(0.2), 2: 0.2})
    ]


def test_groups_are_tested_against_the_first_and_named_by_what_differs():
    rates, seeds = (1e-5, 2e-5, 3e-5), (1, 2, 3)
    scores = {1e-5: (0.7, 0.8, 0.9), 2e-5: (0.72, 0.79, 0.96), 3e-5: (0.9, 0.95, 0.97)}
    every = [(rate, seed) for rate in rates for seed in seeds]
    first, second, third = seed_groups(
        [(f"{rate}-{seed}", scores[rate][seed - 1]) for rate, seed in every],
        [facts(seed, learning_rate=rate) for rate, seed in every],
    )
    assert (first.name, third.name) == ("learning_rate 1e-05", "learning_rate 3e-05")
    assert first.test is None
    assert (first.mean, first.deviation) == pytest.approx((0.8, 0.1))
    expected = [stats.ttest_rel(scores[rate], scores[1e-5]).pvalue for rate in rates[1:]]
    assert [second.test.p, third.test.p] == pytest.approx(expected)
    assert third.p_holm == pytest.approx(2 * min(expected))
    assert second.to_dict()["against_first"]["p_holm"] == second.p_holm


def test_groups_that_share_too_few_seeds_say_so():
    first, second = seed_groups(
        [("a", 0.1), ("b", 0.2), ("c", 0.3)], [facts(1), facts(2), facts(2, epochs=9)]
    )
    assert second.deviation is None
    assert second.p_holm is None
    assert second.to_dict()["against_first"]["untested"].endswith("in common; found 1.")
    assert first.to_dict()["scores"] == {"1": 0.1, "2": 0.2}
