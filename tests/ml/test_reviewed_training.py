import numpy as np
import pytest
from pinning import assert_same, checksum, golden
from threadpoolctl import threadpool_limits

from odoo.addons.ai_deployment.ml import artifact
from odoo.addons.ai_deployment.ml.anomaly_training import train_anomaly
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.ml.errors import BadTrainingInput, TooFewCases
from odoo.addons.ai_deployment.ml.performance import auc, average_precision
from odoo.addons.ai_deployment.ml.reviewed import SURPRISE
from odoo.addons.ai_deployment.ml.reviewed_training import train_reviewed

N, DAYS, A_DAY = 8000, 80, 8
LEARNED = 60  # days
RISKS = [f"risk{number}" for number in range(6)]


class World:
    """Bills that are unusual in one of six risky ways, or in a seventh that means nothing.

    A reviewer sees the most unusual of each day: fraud where the seventh is low, nothing where
    it is high. Most bills have it low and are never seen.
    """

    def __init__(self, seed=0):
        random = np.random.default_rng(seed)
        self.moments = np.sort(random.integers(0, DAYS, N)).astype(float)
        risks = random.exponential(size=(len(RISKS), N))
        noise = random.exponential(size=N)
        noise = np.where(random.random(N) < 0.04, noise + 8, noise)
        self.fraud = (risks.max(axis=0) > 5.5) & (noise < 8) & (random.random(N) < 0.8)
        self.columns = {name: make_column(name, NUMBER, values) for name, values in zip(RISKS, risks, strict=True)}
        self.columns["noise"] = make_column("noise", NUMBER, noise)
        self.columns["kind"] = make_column("kind", CATEGORY, random.choice(["a", "b"], N).tolist())
        tails = dict.fromkeys(self.columns, "high")
        self.anomaly = train_anomaly(self.columns, self.moments, tails=tails, context=["kind"]).card
        self.surprise = self.anomaly.score(self.columns).values
        self.learned = self.moments < LEARNED
        self.judged = np.zeros(N, dtype=bool)
        for day in range(LEARNED):
            today = np.flatnonzero(self.moments == day)
            self.judged[today[np.argsort(-self.surprise[today])[:A_DAY]]] = True

    def verdicts(self):
        known = np.full(N, None, dtype=object)
        known[self.judged] = self.fraud[self.judged]
        return known[self.learned]

    def train(self, verdicts=None, **options):
        columns = {name: column.take(self.learned) for name, column in self.columns.items()}
        verdicts = self.verdicts() if verdicts is None else verdicts
        with threadpool_limits(1):  # as in a worker; and quicker where others work too
            return train_reviewed(columns, self.moments[self.learned], verdicts, surprise=self.anomaly, **options)

    def later(self, values):
        return self.fraud[~self.learned], values[~self.learned]


WORLD = World()
TESTED, SERVED = WORLD.train()


def test_what_reviewers_found_is_learned():
    values = SERVED.card.score(WORLD.columns).values
    assert average_precision(*WORLD.later(values)) > average_precision(*WORLD.later(WORLD.surprise)) + 0.03
    assert set(SERVED.card.names) == {*RISKS, "noise", "kind", SURPRISE}
    assert SERVED.card.kind == "reviewed"


def test_rows_that_nobody_judged_are_not_forgotten():
    """What reviewers were shown by orders the rest; learning from the judged rows alone orders it less well."""
    from odoo.addons.ai_deployment.ml.training import train_scorecard

    judged = np.flatnonzero(WORLD.judged)
    columns = {name: column.take(judged) for name, column in WORLD.columns.items()}
    with threadpool_limits(1):
        alone = train_scorecard(columns, WORLD.fraud[judged], WORLD.moments[judged]).card
    served = auc(*WORLD.later(SERVED.card.score(WORLD.columns).values))
    assert served > 0.98 > auc(*WORLD.later(alone.score(WORLD.columns).values))
    assert auc(*WORLD.later(WORLD.surprise)) > 0.98  # what reviewers were shown by


def test_values_are_probabilities_of_what_reviewers_say():
    shown = WORLD.surprise[~WORLD.learned]
    top = np.argsort(-shown)[: A_DAY * (DAYS - LEARNED)]
    fraud, values = WORLD.later(SERVED.card.score(WORLD.columns).values)
    assert values[top].mean() == pytest.approx(fraud[top].mean(), abs=0.06)


def test_as_many_are_flagged_as_the_alarm_rate_says():
    flagged = SERVED.card.score(WORLD.columns).predictions[WORLD.learned]
    assert 0.004 <= flagged.mean() <= 0.0101


def test_the_latest_judged_rows_test_and_both_cards_are_measured_on_them():
    metrics = SERVED.metrics
    assert metrics == TESTED.metrics and TESTED.card is not SERVED.card
    assert metrics["judged"] == 480 and metrics["test_rows"] == pytest.approx(72, abs=2)
    assert metrics["rows"] == WORLD.learned.sum() and metrics["positives"] == WORLD.fraud[WORLD.judged].sum()
    latest = np.flatnonzero(WORLD.judged)[-metrics["test_rows"] :]
    values = TESTED.card.score(WORLD.columns).values
    assert metrics["average_precision"] == average_precision(WORLD.fraud[latest], values[latest])
    assert metrics["average_precision_before"] == average_precision(WORLD.fraud[latest], WORLD.surprise[latest])
    assert SERVED.reference.rows == WORLD.learned.sum()


def test_the_card_that_is_tested_knows_nothing_of_what_tests_it():
    verdicts = WORLD.verdicts()
    judged = np.flatnonzero(WORLD.judged)
    latest = judged[-TESTED.metrics["test_rows"] :]
    verdicts[latest] = [not verdict for verdict in verdicts[latest]]
    turned, served = WORLD.train(verdicts)
    values = TESTED.card.score(WORLD.columns).values
    assert np.array_equal(turned.card.score(WORLD.columns).values, values)
    assert not np.array_equal(served.card.score(WORLD.columns).values, SERVED.card.score(WORLD.columns).values)


def test_a_random_check_counts_as_many_rows_as_it_stands_for():
    """A signal that the surprise does not see shows only where rows are drawn at random."""
    world = World(1)
    hidden = np.random.default_rng(2).random(N) < 0.1
    world.fraud = world.fraud | hidden
    world.columns["hidden"] = make_column("hidden", NUMBER, hidden.astype(float))
    drawn = (np.random.default_rng(3).random(N) < 0.05) & ~world.judged
    chances = np.where(drawn, 0.05, np.nan)[world.learned]
    without = world.train()[1].card.score(world.columns).values
    world.judged |= drawn
    audited = world.train(chances=chances)[1].card.score(world.columns).values
    found = average_precision(*world.later(audited)) - average_precision(*world.later(without))
    assert found > 0.1


@pytest.mark.parametrize("seed", [5, 6])
def test_few_verdicts_do_not_make_it_worse(seed):
    """150 verdicts on the most unusual rows: what the anomaly card knows is not forgotten for what they seem to say."""
    world = World(seed)
    latest = np.flatnonzero(world.judged)[-150:]
    verdicts = np.full(N, None, dtype=object)
    verdicts[latest] = world.fraud[latest]
    _tested, served = world.train(verdicts[world.learned])
    before, after = (
        average_precision(*world.later(values)) for values in (world.surprise, served.card.score(world.columns).values)
    )
    assert after > before - 0.02
    assert served.metrics["test_random_checks"] == 0
    assert auc(*world.later(served.card.score(world.columns).values)) > 0.97


def test_contributions_add_up_to_the_sum():
    scored = SERVED.card.score(WORLD.columns)
    assert scored.raw == pytest.approx(SERVED.card.intercept + scored.contributions.sum(axis=1))


def test_the_test_says_how_many_of_its_rows_were_drawn_by_chance():
    chances = np.full(WORLD.learned.sum(), np.nan)
    latest = np.flatnonzero(WORLD.judged)[-3:]
    chances[latest] = 0.5
    assert WORLD.train(chances=chances)[0].metrics["test_random_checks"] == 3


def test_the_served_card_survives_storage():
    again = artifact.load(artifact.dump(SERVED.card))
    assert again.score(WORLD.columns).values.tolist() == SERVED.card.score(WORLD.columns).values.tolist()


@pytest.mark.parametrize("confirmed", [0, 29])
def test_too_few_confirmed_cases_are_no_card(confirmed):
    verdicts = WORLD.verdicts()
    found = np.flatnonzero(np.equal(verdicts, True))
    verdicts[found[confirmed:]] = None
    with pytest.raises(TooFewCases, match=f"{30 - confirmed} more confirmed cases"):
        WORLD.train(verdicts)


def test_nobody_who_was_asked_said_no():
    verdicts = WORLD.verdicts()
    verdicts[np.equal(verdicts, False)] = None
    with pytest.raises(TooFewCases, match="rejected cases"):
        WORLD.train(verdicts)


@pytest.mark.parametrize(
    ("verdicts", "options"),
    [
        ([True], {}),
        (["yes"] * WORLD.learned.sum(), {}),
        (None, {"chances": np.zeros(WORLD.learned.sum())}),
        (None, {"chances": [0.5]}),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(verdicts, options):
    with pytest.raises(BadTrainingInput) as caught:
        WORLD.train(verdicts, **options)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    ("drawn", "known"),
    [
        (
            False,
            {
                "rows": 700,
                "unusable_rows": 0,
                "judged": 256,
                "positives": 86,
                "test_rows": 38,
                "test_positives": 14,
                "test_random_checks": 0,
                "auc": 0.925595238,
                "average_precision": 0.946074646,
                "brier": 0.067900758,
                "brier_base_rate": 0.232686981,
                "auc_before": 0.723214286,
                "average_precision_before": 0.58366392,
                "inputs": 4,
                "pairs": 0,
                "tested": [-3405.32385, 141.075193, 69, 0.691584406],
                "tested points": [63.5982495, -28.2824985, -2.43252166, 33.1955688],
                "tested reference": [
                    1061.22493,
                    1061.22493,
                    1094.34543,
                    1035.37091,
                    1030.90073,
                    990.515722,
                    860.757135,
                ],
                "served": [-3379.52152, 141.870134, 70, 0.714996201],
                "served points": [75.1398443, -32.6534491, -2.27287264, 40.3283516],
                "served reference": [
                    1061.22493,
                    1061.22493,
                    1094.34543,
                    1049.10689,
                    1033.03347,
                    991.133756,
                    865.619368,
                ],
            },
        ),
        (
            True,
            {
                "rows": 700,
                "unusable_rows": 0,
                "judged": 256,
                "positives": 86,
                "test_rows": 38,
                "test_positives": 14,
                "test_random_checks": 7,
                "auc": 0.925595238,
                "average_precision": 0.946074646,
                "brier": 0.0640698968,
                "brier_base_rate": 0.232686981,
                "auc_before": 0.723214286,
                "average_precision_before": 0.58366392,
                "inputs": 4,
                "pairs": 0,
                "tested": [-2967.74911, 175.479796, 69, 0.748537971],
                "tested points": [59.5633293, -19.0904006, -2.3927928, 28.2423521],
                "tested reference": [
                    1061.22493,
                    1061.22493,
                    1094.34543,
                    1035.37091,
                    1028.46303,
                    990.515722,
                    908.869778,
                ],
                "served": [-2801.19368, 181.374833, 70, 0.670956576],
                "served points": [68.3651588, -25.4458988, -2.00136722, 32.8096036],
                "served reference": [1061.22493, 1061.22493, 1094.34543, 1049.10689, 1032.7974, 991.133756, 945.236669],
            },
        ),
    ],
)
def test_a_small_world_comes_to_the_same_cards_as_ever(drawn, known):
    """See `pinning`: of rows that were judged as they stood out, and some of them as they were drawn."""
    n = 700
    risk, size = golden(n) ** 3, np.exp(2 * golden(n) * 7 % 1)
    kind = np.array(list("aab"), dtype=object)[(golden(n) * 29 % 1 * 3).astype(int)]
    columns = {
        "risk": make_column("risk", NUMBER, risk),
        "size": make_column("size", NUMBER, size),
        "kind": make_column("kind", CATEGORY, kind.tolist()),
    }
    moments = np.arange(n, dtype=float)
    surprise = train_anomaly(columns, moments, tails={"risk": "high"}, context=["kind"]).card
    judged = (risk > 0.35) | (golden(n) * 53 % 1 < 0.1)
    said = (risk > 0.6) & (kind == "a") | (golden(n) * 31 % 1 < 0.1)
    verdicts = [bool(one) if known_ else None for one, known_ in zip(said, judged, strict=True)]
    chances = np.where(judged & (risk <= 0.35), 0.1, np.nan) if drawn else None
    with threadpool_limits(1):
        tested, served = train_reviewed(columns, moments, verdicts, surprise=surprise, chances=chances, flag_rate=0.1)
    figures = {name: value for name, value in served.metrics.items() if name != "seconds"}
    for name, own in (("tested", tested), ("served", served)):
        scored = own.card.score(columns)
        figures[name] = [
            checksum(scored.raw),
            checksum(scored.values),
            int(scored.predictions.sum()),
            own.card.threshold,
        ]
        figures[f"{name} points"] = [checksum(feature.points) for feature in own.card.features]
        figures[f"{name} reference"] = [checksum(counts) for counts in own.reference.counts.values()]
    assert_same(figures, known)
