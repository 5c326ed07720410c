"""What the tests of counts per day share: what is kept beside what the log says."""

from datetime import timedelta

from odoo.addons.ai_deployment.models.ledger import counting
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

DAY = timedelta(days=1)


def kept_and_counted(deployment, days):
    """({day: counts} that are kept, {day: counts} from the log); days without any are left out."""
    env = deployment.env
    env.flush_all()
    found = []
    for statement in (counting.kept, counting.recounted):
        rows = env.execute_query(statement(deployment, list(days)))
        found.append({day: dict(zip(counting.COUNTS, counts, strict=True)) for day, *counts in rows if any(counts)})
    return tuple(found)


class DayCountCase(AiDeploymentCase):
    """A deployment of which some records go to a person, and the days around `NOW`."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.min_confidence = 0.8  # some go to a person
        cls.days = [(NOW + DAY * day).date() for day in range(-3, 12)]
        cls.counts = cls.env["ai.deployment.day.count"]

    def score(self, leads, now=NOW, **values):
        if values:
            leads.write(values)
        with clock.at(now):
            return self.deployment._score(leads)

    def assertKept(self, **expected):
        """What is kept is what the log says; of the day of `NOW` also what is `expected`."""
        kept, counted = kept_and_counted(self.deployment, self.days)
        self.assertEqual(kept, counted)
        found = kept.get(NOW.date(), {})
        self.assertEqual({name: found.get(name, 0) for name in expected}, expected)

    def run_sql(self, statement, *values):
        self.env.flush_all()
        self.env.cr.execute(statement, values)
        self.env.invalidate_all()

    def differences(self):
        self.env.invalidate_all()
        rows = self.env["ai.deployment.ledger"].search([("deployment_id", "=", self.deployment.id)])
        return {row.day: row.difference for row in rows if row.difference}
