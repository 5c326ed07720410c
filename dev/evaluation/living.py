"""Chances that are about now: later moments of leads against what they are at their creation, on made-up pipelines.

Three seeds of two years (see `_pipeline`). Versions learn on one day and score all open leads once a month for the
half year after it, on the product's own path. Beside them, on the same leads and days: a deployment that knows leads at
their creation only, Odoo's predictive lead scoring with its counts and the stages as they stood that day, and an
unrestricted booster on the same inputs as of the same moments. The truth: won within the outcome window from that day.

What nobody could do better is the true chance, that of the generator with the interest which nobody sees: the first 50
of a list by it are the bound of every list.

Then the same on the leads of the demonstration (`_story_pipeline`), whose story knows stages, but no messages,
activities or meetings; nor is there a true chance.
"""

import numpy as np

from odoo.addons.ai_deployment.ml import performance
from odoo.addons.ai_deployment.ml.groups import one_each
from odoo.addons.ai_deployment.ml.training import train_scorecard
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.leak_check import inputs_known_in_time
from odoo.addons.ai_deployment.models.training.table import collect, read_moments

from ._deployment import declare, logged
from ._judge import Figures, passes_calibration
from ._learning_peers import hist_boosting
from ._pipeline import DAYS, Pipeline
from ._pipeline_records import Records, moment
from ._story_pipeline import StoryLeads, days_of

SMALL = 900
COUNT = 6_000
SEEDS = (1, 2, 3)
HORIZON = 30
LEARNED = 520  # day of the training
TESTED = range(LEARNED, DAYS - HORIZON, 30)
BANDS = ((0, 7), (7, 30), (30, 90), (90, 9999))  # ages in days
TOP = 50
AT_CREATION = [{"path": path} for path in ("source_id", "country_id", "expected_revenue")]
COURSE = ("age", "stage_days", "stage_moves", "activities", "customer_messages", "answers", "waiting_days", "meetings")
LIVING = [*AT_CREATION, {"path": "stage_id"}, *({"source": "course", "course": name} for name in COURSE)]
GAIN, CLOSE, RATIO = 0.05, 0.01, 1.5
STORY_HORIZON = 35  # of the demonstration's own deployment
STORY_TESTED = range(180, 280, 16)  # working days; learned is on the first
STORY_EVERY = 4  # of its leads, at the smallest size
STORY_AT_CREATION = [
    {"path": path}
    for path in (
        "expected_revenue",
        "source_id",
        "medium_id",
        "country_id",
        "phone_state",
        "email_state",
        "tag_ids",
        "priority",
    )
]
STORY_LIVING = [
    *STORY_AT_CREATION,
    {"path": "stage_id"},
    *({"source": "course", "course": name} for name in ("age", "stage_days", "stage_moves")),
]


def run(env, options, say):
    figures, found = Figures(), []
    for seed in SEEDS[:1] if options.small else SEEDS:
        say(f"A pipeline, seed {seed} ...")
        found.append(_Seed(env, figures, say, options.limit or COUNT, seed).run())
        env.cr.rollback()
    means = {name: float(np.mean([each[name] for each in found])) for name in found[0]}
    for name, value in means.items():
        figures.note(f"mean.{name}", value, "", *TARGETS.get(name, ()))
    say("The leads of the demonstration ...")
    for name, value in _Story(env, figures, say, STORY_EVERY if options.small else 1).run().items():
        targets = () if name.startswith("top") else TARGETS[name]  # what its list could reach, nobody knows
        figures.note(f"demonstration.{name}", value, "", *targets)
    env.cr.rollback()
    return figures


TARGETS = {
    "auc.minus_odoo": (("≥", GAIN),),
    "auc.minus_booster": (("≥", -CLOSE),),
    "auc.minus_creation": ((">", 0),),
    "brier.minus_creation": (("<", 0),),
    "top.ratio": (("≥", RATIO),),
    "leak.refused": (("≥", 1),),
}


class _World:
    """Two deployments on the leads of a world, which is given in a subclass, over some days of it."""

    name: str
    horizon, at_creation, living_inputs = HORIZON, AT_CREATION, LIVING
    learned, tested = LEARNED, TESTED  # days
    records, leads = None, None  # in the database; with `came` and `won_within`

    def __init__(self, env, figures, say):
        self.env, self.figures, self.say = env, figures, say

    def declare(self):
        """Let the deployments exist, on the day of the training."""
        self.records.stand(self.learned)
        usual = {
            "horizon_days": self.horizon,
            "is_primary": False,
            "audit_share": 0.0,
            "score_on_create": False,
            "score_nightly": False,
            "min_confidence": 0.0,
        }
        env = self.env
        self.living = declare(env, "crm.lead", "Later moments", self.living_inputs, landmarks=True, **usual).sudo()
        self.creation = declare(env, "crm.lead", "Creation", self.at_creation, **usual).sudo()

    def compare(self):
        """Train, score and note; return (figures by name, what `_day` returns of each day)."""
        for deployment in (self.living, self.creation):
            with clock.at(moment(self.learned)):
                version = deployment._train()
                deployment.state = "shadow"
            self.note(f"{deployment.name}.rows", version.row_count)
        self.specs = list(self.living.champion_id._specs().values())
        with clock.at(moment(self.learned)):
            self.rows = collect(self.living, self.specs, moment(self.learned))
        parts = [self._day(day) for day in self.tested]
        lead, age, truth, ours, creation, expired, odoo, booster = map(np.concatenate, zip(*parts, strict=True))
        self.note("open_leads_scored", len(truth))
        self.note("won_within", truth.mean())
        areas = {}
        for name, values in (("living", ours), ("creation", creation), ("odoo", odoo), ("booster", booster)):
            areas[name] = performance.auc(truth, values)
            self.note(f"{name}.auc", areas[name])
            self.note(f"{name}.brier", performance.brier(truth, values))
        self.note("base_rate.brier", truth.mean() * (1 - truth.mean()))
        self._bands(lead, age, truth, ours)
        tops = [self._top(part) for part in parts]
        mine, todays = (float(np.mean([top[place] for top in tops])) for place in (0, 1))
        self.note("top.possible", np.mean([min(part[2].sum() / TOP, 1) for part in parts]))
        self.note("top.living", mine)
        self.note("top.today", todays)
        found = {
            "auc.minus_odoo": areas["living"] - areas["odoo"],
            "auc.minus_booster": areas["living"] - areas["booster"],
            "auc.minus_creation": areas["living"] - areas["creation"],
            "brier.minus_creation": performance.brier(truth, ours) - performance.brier(truth, creation),
            "top.ratio": mine / max(todays, 1e-9),
        }
        return found, parts

    def note(self, name, value, *target):
        self.figures.note(f"{self.name}.{name}", value, "", *target)

    def _day(self, day):
        """(lead, age, truth, chances of all four, whether creation's is expired) of all leads open on `day`."""
        self.say(f"  day {day} ...")
        open_ones = self.records.stand(day)
        leads = self.env["crm.lead"].browse([self.records.ids[number] for number in open_ones])
        said = {}
        for deployment in (self.living, self.creation):
            with clock.at(moment(day)):
                deployment._score(leads)
            said[deployment], _incumbent = logged(deployment, leads)
        columns, _known = read_moments(self.living, self.specs, [(lead_id, moment(day)) for lead_id in leads.ids])
        self.env["crm.lead"]._rebuild_pls_frequency_table()
        chances, _unused = leads._pls_get_naive_bayes_probabilities(batch_mode=True)
        age = day - self.leads.came[open_ones]
        return (
            np.array(leads.ids),
            age,
            self.leads.won_within(day, self.horizon)[open_ones],
            said[self.living],
            said[self.creation],
            age > self.horizon,
            np.array([chances.get(lead_id, 0.0) / 100 for lead_id in leads.ids]),
            hist_boosting(self.rows.columns, self.rows.labels, columns),
        )

    def _bands(self, lead, age, truth, values):
        """Calibration by age, where a lead stands on several days in a band on one of them."""
        for begin, end in BANDS:
            rows = np.flatnonzero((age >= begin) & (age < end))
            rows = rows[one_each(lead[rows])]
            if truth[rows].sum() < 10:
                continue
            large, slope, passed = passes_calibration(truth[rows], values[rows])
            self.note(f"age_{begin}.leads", len(rows))
            self.note(f"age_{begin}.in_the_large", large.estimate)
            self.note(f"age_{begin}.slope", slope.estimate)
            self.note(f"age_{begin}.calibration_passes", int(passed), ("≥", 1))

    def _top(self, part):
        _lead, _age, truth, ours, creation, expired, _odoo, _booster = part
        today = np.lexsort((-creation, expired))  # expired chances stand behind all others
        return truth[np.argsort(-ours, kind="stable")[:TOP]].mean(), truth[today[:TOP]].mean()


class _Seed(_World):
    """A made-up pipeline."""

    def __init__(self, env, figures, say, count, seed):
        super().__init__(env, figures, say)
        self.name = str(seed)
        self.leads = Pipeline(count, seed, self.tested)
        self.records = Records(env, self.leads)
        env["ir.config_parameter"].set_param("crm.pls_start_date", "2020-01-01")
        env["ir.config_parameter"].set_param("crm.pls_fields", "source_id,country_id")
        self.declare()

    def run(self):
        refused = self._leak()
        found, parts = self.compare()
        self._shuffled()
        return {**found, **self._bound(parts), "leak.refused": float(refused)}

    def _bound(self, parts):
        """Figures of the true chance, which no list can beat but by luck."""
        truth = np.concatenate([part[2] for part in parts])
        chances, tops = [], []
        for day, part in zip(self.tested, parts, strict=True):
            numbers = {record: number for number, record in enumerate(self.records.ids)}
            chances.append(self.leads.won_chance(day, self.horizon, np.array([numbers[lead] for lead in part[0]])))
            tops.append((part[2][np.argsort(-chances[-1], kind="stable")[:TOP]].mean(), *self._top(part)))
        possible, mine, todays = np.mean(tops, axis=0)
        self.note("true_chance.auc", performance.auc(truth, np.concatenate(chances)))
        self.note("true_chance.brier", performance.brier(truth, np.concatenate(chances)))
        self.note("top.true_chance", possible)
        return {"top.ratio_of_true_chance": possible / max(todays, 1e-9), "top.share_of_true_chance": mine / possible}

    def _shuffled(self):
        """Labels that mean nothing, learned by the same learner: its test must not gain from them."""
        labels = np.random.default_rng(self.leads.seed).permutation(self.rows.labels)
        trained = train_scorecard(self.rows.columns, labels, self.rows.moments, groups=self.rows.groups)
        self.note("shuffled.auc_beyond_half", abs(trained.metrics["auc"] - 0.5), ("≤", 0.05))

    def _leak(self):
        """Whether the position, which is typed in when a lead is closed, is refused."""
        self.living.feature_ids = [(0, 0, {"path": "function"})]
        with clock.at(moment(self.learned)):
            kept = inputs_known_in_time(self.living, moment(self.learned))
        feature = self.living.feature_ids.filtered(lambda feature: feature.key == "function")
        refused = feature not in kept
        feature.unlink()
        return refused


class _Story(_World):
    """The leads of the demonstration."""

    name = "demonstration"
    horizon, at_creation, living_inputs = STORY_HORIZON, STORY_AT_CREATION, STORY_LIVING

    def __init__(self, env, figures, say, every):
        super().__init__(env, figures, say)
        self.leads = self.records = StoryLeads(env, every)
        self.learned, *_later = self.tested = [days_of(self.leads.days.at(day, 480)) for day in STORY_TESTED]
        self.declare()

    def run(self):
        self.note("dated_records.stages", len(self.leads.moves))
        self.note("dated_records.messages_and_meetings", 0)
        return self.compare()[0]
