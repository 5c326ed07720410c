"""What the tests of this addon share: people, a deployment on leads, and a card whose points are known.

The card is written by hand, so that every expected score can be worked out on paper:

    log odds = -1.0 + points(Expected Revenue) + points(Country) [+ 0 for Source]

    Expected Revenue  under 1,000: -1.0   1,000 to 10,000: 0.0   10,000 and more: 1.5   empty: 0.0
    Country           Belgium: 1.0        United States: -0.5    others and empty: 0.0
"""

import datetime
import math
from types import SimpleNamespace
from unittest.mock import patch

import numpy as np
from dateutil.relativedelta import relativedelta

from odoo import Command
from odoo.tests import TransactionCase

from odoo.addons.ai_deployment.ml.binning import CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.calibration import Identity
from odoo.addons.ai_deployment.ml.cards import CardFeature
from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER
from odoo.addons.ai_deployment.ml.profile import PREDICTION, SCORE, Profile
from odoo.addons.ai_deployment.ml.scorecard import Scorecard
from odoo.addons.ai_deployment.models.tools import clock

NOW = datetime.datetime(2026, 3, 2, 9, 0)  # a Monday
QUIET = {
    "no_reset_password": True,  # an invitation by mail costs more than the user
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
}


def probability(log_odds):
    return 1 / (1 + math.exp(-log_odds))


def approve(deployment):
    """Everything that a deployment needs from people to go live or to end, so that tests are about something else."""
    deployment = deployment.sudo()
    deployment.check_ids.write({"waived_until": datetime.date(2100, 1, 1), "waiver_reason": "A test."})
    deployment.lesson = "A test."
    deployment.env["ai.deployment.approval"].create(
        {
            "deployment_id": deployment.id,
            "outcome": "go",
            "minutes": "A test.",
            "date": NOW,
            "user_id": deployment.env.ref("base.user_admin").id,
            "next_review_date": datetime.date(2100, 1, 1),
        }
    )


class AiDeploymentCase(TransactionCase):
    """People, and a deployment on leads that is at work in shadow with the card above."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, **QUIET})
        cls.jobs_ran(NOW)
        cls.lead_model = cls.env["ir.model"]._get("crm.lead")
        cls.belgium = cls.env.ref("base.be")
        cls.usa = cls.env.ref("base.us")
        cls.france = cls.env.ref("base.fr")

        owner = "ai_deployment.group_owner,sales_team.group_sale_salesman_all_leads"
        people = cls.make_users(
            ai_owner=owner,
            ai_other_owner=owner,
            ai_deputy=owner,
            ai_reviewer="ai_deployment.group_reviewer,sales_team.group_sale_salesman_all_leads",
            ai_manager="ai_deployment.group_manager",
            ai_auditor="ai_deployment.group_auditor",
            ai_seller="sales_team.group_sale_salesman",
            ai_other_seller="sales_team.group_sale_salesman",
            ai_accountant="account.group_account_user",
        )
        cls.owner, cls.other_owner, cls.deputy, cls.reviewer, cls.manager = people[:5]
        cls.auditor, cls.seller, cls.other_seller, cls.accountant = people[5:]
        cls.viewer_group = cls.env.ref("sales_team.group_sale_salesman")

        cls.deployment = cls.make_deployment(
            name="Which leads to call",
            deputy_id=cls.deputy.id,
            reviewer_ids=[(6, 0, cls.reviewer.ids)],
            viewer_group_ids=[(6, 0, cls.viewer_group.ids)],
            min_confidence=0.0,
            audit_share=0.0,
        )
        cls.version = cls.serve(cls.deployment, cls.card())
        cls.deployment.state = "shadow"

    @classmethod
    def make_users(cls, **groups_by_login):
        """All at once and without portraits: users are most of what a class costs."""
        values = [
            {
                "login": login,
                "name": f"{login} ({groups})",
                "password": login,
                "email": f"{login}@example.com",
                "group_ids": [Command.set([cls.env.ref(group).id for group in groups.split(",")])],
            }
            for login, groups in groups_by_login.items()
        ]
        with patch.object(type(cls.env["res.partner"]), "_avatar_generate_svg", lambda self: False):
            return cls.env["res.users"].create(values)

    @classmethod
    def jobs_ran(cls, moment):
        """As if they ran: tests stand at another time than the one at which this database was made."""
        jobs = cls.env["ir.cron"].search([("cron_name", "=like", "AI Deployment:%")])
        jobs |= cls.env.ref("mail.ir_cron_mail_scheduler_action")
        for (kind, number), some in jobs.grouped(lambda job: (job.interval_type, job.interval_number)).items():
            some.write({"lastcall": moment, "nextcall": moment + relativedelta(**{kind: number})})

    @classmethod
    def make_deployment(cls, **values):
        features = values.pop(
            "features",
            [
                {"path": "expected_revenue", "name": "Expected Revenue"},
                {"path": "country_id", "name": "Country"},
                {"path": "source_id", "name": "Source"},
            ],
        )
        deployment = cls.env["ai.deployment"].create(
            {
                "name": "A deployment",
                "purpose": "Tells sellers which leads are worth a call.",
                "user_id": cls.owner.id,
                "model_id": cls.lead_model.id,
                # in the future both for tests that stand at `NOW` and for those that do not
                "review_date": (max(NOW, clock.now()) + datetime.timedelta(days=90)).date(),
                "expiry_date": (max(NOW, clock.now()) + datetime.timedelta(days=90)).date(),
                "audit_share": 0.0,
                "blind_share": 0.0,
                "double_share": 0.0,
                "score_on_create": False,  # tests ask for the scores that they are about
                "score_nightly": False,
                "feature_ids": [(0, 0, feature) for feature in features],
                **values,
            }
        )
        approve(deployment)
        return deployment

    @classmethod
    def card(cls, *, low=-1.0, high=1.5, intercept=-1.0, required=(), rows=1000, names=None):
        """The card of this module's docstring; `low` and `high` change what small and large revenues are worth."""
        countries = {str(cls.belgium.id): rows // 2, str(cls.usa.id): rows // 4, str(cls.france.id): 2}
        levels = (str(cls.belgium.id), str(cls.usa.id))
        country_counts = [rows - rows // 2 - rows // 4 - 2, 0, 2, rows // 2, rows // 4]
        third = rows // 3
        revenue_counts = [0, 0, 0, third, third, rows - 2 * third]

        def feature(name, bins, points, counts):
            kind = NUMBER if isinstance(bins, NumericBins) else CATEGORY
            return CardFeature(name, kind, bins, np.array(points, float), name in required, np.array(counts))

        features = [
            feature(
                "expected_revenue", NumericBins(0, 100000, [1000, 10000]), [0, low, high, low, 0, high], revenue_counts
            ),
            feature("country_id", CategoryBins(levels, countries), [0, 0, 0, 1.0, -0.5], country_counts),
            feature("source_id", CategoryBins((), {}), [0, 0, 0], [rows, 0, 0]),
        ]
        wanted = names or [feature.name for feature in features]
        score_bins = NumericBins(0, 1, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
        return Scorecard([f for f in features if f.name in wanted], intercept, Identity(), score_bins)

    @classmethod
    def reference(cls, card):
        """A reference profile with the counts of `card`; scores spread evenly."""
        rows = int(card.features[0].counts.sum())
        counts = {feature.name: feature.counts for feature in card.features}
        score_counts = np.zeros(card.score_bins.size, int)
        score_counts[3:] = rows // card.score_bins.intervals
        return Profile(
            rows, {**counts, SCORE: score_counts, PREDICTION: np.array([0, 0, 0, rows // 2, rows - rows // 2])}
        )

    @classmethod
    def keep(cls, deployment, card, **values):
        """A version of `deployment` with `card`, serving nowhere yet."""
        specs = {feature.key: feature._to_spec() for feature in deployment.feature_ids}
        training = SimpleNamespace(
            card=card, metrics={"rows": 1000, "positives": 300, "auc": 0.75}, reference=cls.reference(card)
        )
        with clock.at(NOW):
            return cls.env["ai.deployment.version"]._store(
                deployment, training, [specs[name] for name, _columns in card.inputs], NOW, **values
            )

    @classmethod
    def serve(cls, deployment, card):
        """A version with `card` that serves from now on."""
        version = cls.keep(deployment, card)
        with clock.at(NOW):
            deployment._assign_champion(version, "test")
        return version

    @classmethod
    def go_live(cls, deployment=None):
        """Production, after one record was scored in shadow."""
        deployment = deployment or cls.deployment
        with clock.at(NOW):
            deployment._score(cls.make_leads(1))
            deployment.state = "production"

    @classmethod
    def make_leads(cls, count=1, **values):
        return cls.env["crm.lead"].create(
            [
                {
                    "name": f"Lead {number}",
                    "type": "opportunity",
                    "expected_revenue": 5000,
                    "country_id": cls.belgium.id,
                    "user_id": cls.seller.id,
                    **values,
                }
                for number in range(count)
            ]
        )

    def commit(self):
        """Do what Odoo does before a commit: what is noted in the transaction is scored."""
        self.env.cr.flush()

    def score_of(self, record, deployment=None):
        return self.env["ai.deployment.score"].search(
            [("deployment_id", "=", (deployment or self.deployment).id), ("res_id", "=", record.id)]
        )

    def inferences_of(self, records, deployment=None):
        return self.env["ai.deployment.inference"].search(
            [("deployment_id", "=", (deployment or self.deployment).id), ("res_id", "in", records.ids)], order="id"
        )

    def reviews_of(self, records):
        return self.env["ai.deployment.review"].search([("res_id", "in", records.ids)], order="id")
