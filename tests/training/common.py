"""What the tests of training share: records with known outcomes."""

import random
from datetime import timedelta

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


class ClosedLeads:
    """Leads with outcomes, for a test case that sets `rng` (random.Random) and `sources` (utm.source)."""

    @classmethod
    def closed_leads(cls, count, days=300):
        """Leads whose chance depends on country and revenue, closed five days after they came."""
        values, outcomes = [], []
        for _number in range(count):
            country = cls.rng.choice([cls.belgium, cls.usa])
            revenue = cls.rng.choice([200, 5000, 40000])
            chance = 0.15 + 0.35 * (country == cls.belgium) + 0.25 * (revenue == 40000)
            outcomes.append(cls.rng.random() < chance)
            values.append(
                {
                    "name": "x",
                    "type": "opportunity",
                    "country_id": country.id,
                    "expected_revenue": revenue,
                    "source_id": cls.rng.choice(cls.sources).id,
                    "user_id": False,
                }
            )
        leads = cls.env["crm.lead"].create(values)
        cls.env.flush_all()
        for number, (lead, won) in enumerate(zip(leads, outcomes, strict=True)):
            created = NOW - timedelta(days=days) + timedelta(days=number * (days - 100) / count)
            cls.close(lead, created, created + timedelta(days=5), won)
        cls.env.invalidate_all()
        return leads

    @classmethod
    def close(cls, lead, created, closed, won):
        cls.env.flush_all()
        cls.env.cr.execute(
            "UPDATE crm_lead SET create_date = %s, date_closed = %s, won_status = %s, active = %s, probability = %s"
            " WHERE id = %s",
            [
                created,
                closed,
                ("won" if won else "lost") if closed else "pending",
                bool(won or not closed),
                100 if won else 0,
                lead.id,
            ],
        )
        lead.invalidate_recordset()


class MomentsCase(AiDeploymentCase):
    def ended(self, outcomes, moments, days=5):
        """Leads with these outcomes that came at these moments; revenue and country say something of the outcome."""
        rng = random.Random(7)
        leads = self.env["crm.lead"].create(
            [
                {
                    "name": "x",
                    "type": "opportunity",
                    "user_id": False,
                    "expected_revenue": rng.choice([40000, 5000] if won else [200, 5000]),
                    "country_id": rng.choice([self.belgium, self.usa]).id,
                }
                for won in outcomes
            ]
        )
        self.env.flush_all()
        self.env.cr.execute_values(
            "UPDATE crm_lead SET create_date = new.came, date_closed = new.ended,"
            " won_status = CASE WHEN new.won THEN 'won' ELSE 'lost' END"
            " FROM (VALUES %s) AS new (id, came, ended, won) WHERE crm_lead.id = new.id",
            [
                (lead_id, came, came + timedelta(days=days), won)
                for lead_id, came, won in zip(leads.ids, moments, outcomes, strict=True)
            ],
        )
        leads.invalidate_recordset()
        return leads

    def made(self, leads):
        return self.make_deployment(is_primary=False, domain=f"[('id', 'in', {leads.ids})]")

    def train(self, deployment, now=NOW):
        with clock.at(now):
            return deployment._train()


class ReviewedCase(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        rng = random.Random(11)
        cls.unusual = cls.make_deployment(
            name="Unusual leads",
            method="anomaly",
            features=[
                {"path": "expected_revenue", "name": "Revenue", "tail": "high"},
                {"path": "country_id", "name": "Country", "stands_alone": False},
                {"path": "color", "name": "Color", "tail": "high", "stands_alone": False},
            ],
        )
        revenue, color = cls.unusual.feature_ids[0], cls.unusual.feature_ids[2]
        color.together_id = revenue
        cls.leads = cls.env["crm.lead"].create(
            [
                {
                    "name": "x",
                    "type": "opportunity",
                    "user_id": False,
                    "color": rng.randrange(10),
                    "expected_revenue": round(rng.lognormvariate(7, 1), 2),
                    "country_id": rng.choice([cls.belgium, cls.usa]).id,
                }
                for _number in range(400)
            ]
        )
        cls.env.flush_all()
        for number, lead in enumerate(cls.leads):
            created = NOW - timedelta(days=300 - number / 2)
            cls.env.cr.execute(
                "UPDATE crm_lead SET create_date = %s, date_closed = %s, won_status = 'lost', active = false"
                " WHERE id = %s",
                [created, created + timedelta(days=5), lead.id],
            )
        cls.env.invalidate_all()
        with clock.at(NOW):
            cls.first = cls.unusual._train()
        cls.unusual.state = "shadow"
        cls.shown = cls.leads.sorted("expected_revenue", reverse=True)[:100]

    def decide(self, leads, ground_truth, days=0, **values):
        answers = {"positive": "confirmed", "negative": "overridden"}
        return self.env["ai.deployment.review"].create(
            [
                {
                    "deployment_id": self.unusual.id,
                    "company_id": self.env.company.id,
                    "res_model": "crm.lead",
                    "res_id": lead.id,
                    "opened_date": NOW,
                    "reason": "flagged",
                    "prediction": True,
                    "state": "decided",
                    "decision": answers.get(ground_truth, "unsure"),
                    "ground_truth": ground_truth,
                    "is_label": bool(ground_truth),
                    "decided_date": NOW + timedelta(days=days),
                    **values,
                }
                for lead in leads
            ]
        )

    def decide_by_country(self):
        fraud = self.shown.filtered(lambda lead: lead.country_id == self.belgium)
        self.decide(fraud, "positive")
        self.decide(self.shown - fraud, "negative")
        return fraud

    def train(self):
        with clock.at(NOW):
            return self.unusual._train()


class RunCase(ClosedLeads, AiDeploymentCase):
    """A deployment without a version, on leads with outcomes, whose trainings a worker carries out."""

    ROWS = 160

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rng = random.Random(3)
        cls.sources = cls.env["utm.source"].create([{"name": f"Source {name}"} for name in "ABC"])
        cls.past = cls.closed_leads(cls.ROWS)
        cls.subject = cls.made(cls.past)
        cls.env.flush_all()

    @classmethod
    def made(cls, leads, **values):
        domain = f"[('id', 'in', {leads.ids})]"
        return cls.make_deployment(
            is_primary=False, domain=domain, deputy_id=cls.deputy.id, training_seconds=3600, **values
        )

    def ask(self, user=None, deployment=None):
        with clock.at(NOW):
            action = (deployment or self.subject).with_user(user or self.owner).action_train()
        return self.env["ai.deployment.training"].browse(action["res_id"])

    def work(self, now=NOW):
        """One run of a worker, in the test's own transaction."""
        self.env.flush_all()
        with self.enter_registry_test_mode(), clock.at(now):
            self.env.ref("ai_deployment.ir_cron_train_1").method_direct_trigger()
        self.env.invalidate_all()

    def trained(self, deployment=None, now=NOW):
        """A training that a worker has carried out."""
        training = self.ask(deployment=deployment)
        self.work(now)
        return training
