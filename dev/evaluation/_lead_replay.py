"""The replay of the leads: who learned what by when, and what each said of a lead while it was open."""

from datetime import datetime
from typing import NamedTuple

import numpy as np

from odoo.addons.ai_deployment.models.tools import clock

from ._deployment import declare, logged
from ._lead_file import CATEGORIES, NUMBERS
from ._peer import Regression

HORIZON_DAYS = 3


class Test(NamedTuple):
    """What was said of the same leads by who learned at the same moments; one entry per lead."""

    labels: np.ndarray
    months: np.ndarray
    rates: np.ndarray  # share of wins in the month before
    ours: np.ndarray
    incumbent: np.ndarray
    peer: np.ndarray


def declared(env, name, **values):
    """A deployment that reads all that the file knows when a lead comes."""
    features = [{"path": path} for path in ("medium_id", "source_id", "function")]
    features += [{"path": f"lead_properties.{field}", "kind": "number"} for field in NUMBERS]
    features += [{"path": f"lead_properties.{field}", "kind": "category"} for field in CATEGORIES]
    return declare(env, "crm.lead", name, features, **{"horizon_days": HORIZON_DAYS, **values})


def train(deployment, moment, watch):
    """Learn from what is closed at `moment`; the new version serves."""
    with watch.on("training"), clock.at(moment):
        deployment._assign_champion(deployment._train(), "Evaluation")
        if deployment.state == "poc":
            deployment.action_start_shadow()


def score(deployment, records, moment, watch):
    """(values, the incumbent's values) that the deployment logs of the records at `moment`."""
    with watch.on("scoring"):
        deployment._score(records, now=moment)
    return logged(deployment, records)


class Replay:
    """Month by month: leads come in open, are judged, and close. `past` are the calls that are closed so far."""

    def __init__(self, env, leads, predictive, past, watch):
        self.env, self.leads, self.predictive, self.watch = env, leads, predictive, watch
        self.past = list(past)
        self.never_retrained = declared(env, "Never retrained")
        self.monthly = declared(env, "Retrained monthly")
        latest = max(call.period for call in past)
        train(self.never_retrained, datetime(latest // 100 + 1, 1, 1), watch)
        with watch.on("predictive_lead_scoring"):
            predictive.learn()
            predictive.keep()
        with watch.on("regression"):
            self.first_regression = Regression(self.past)

    def run(self, month, arrived):
        """(Test of who never learned again, Test of who learned on the first of the month) for a month's calls."""
        first, last = datetime(*divmod(month, 100), 1), datetime(*divmod(month, 100), 28)
        records = self.leads.open(arrived)
        common = self._common(month, arrived)
        self._judge(self.predictive.recall)
        values, incumbent = score(self.never_retrained, records, last, self.watch)
        once = Test(*common, values, incumbent, self.first_regression.predict(arrived))
        self._judge(self.predictive.learn)
        train(self.monthly, first, self.watch)
        with self.watch.on("regression"):
            regression = Regression(self.past)
        values, incumbent = score(self.monthly, records, last, self.watch)
        again = Test(*common, values, incumbent, regression.predict(arrived))
        self.leads.close(arrived)
        self.past += arrived
        return once, again

    def _common(self, month, arrived):
        latest = max(call.period for call in self.past)
        rate = np.mean([call.won for call in self.past if call.period == latest])
        labels = np.array([call.won for call in arrived])
        return labels, np.full(len(arrived), month), np.full(len(arrived), rate)

    def _judge(self, prepare):
        """Predictive lead scoring gives its opinion of the open leads, from the table that `prepare` leaves."""
        with self.watch.on("predictive_lead_scoring"):
            prepare()
            self.predictive.judge()


def joined(tests):
    """One Test of several months."""
    return Test(*map(np.concatenate, zip(*tests, strict=True)))
