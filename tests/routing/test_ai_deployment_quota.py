"""What is used of a day's limits: one row per deployment, day and limit, also where two workers write it."""

from datetime import timedelta

import psycopg2

from odoo import SUPERUSER_ID, api
from odoo.exceptions import AccessError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.ml.routing import Spread
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, QUIET, AiDeploymentCase

DAY = timedelta(days=1)


@tagged("post_install", "-at_install")
class TestUsedQuota(AiDeploymentCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))
        self.used = self.env["ai.deployment.quota"].sudo()

    def take(self, day=NOW, spreads=None, **counts):
        with clock.at(day):
            self.used._take(self.deployment, counts, spreads)

    def rows(self):
        rows = self.used.search([("deployment_id", "=", self.deployment.id)])
        return sorted((row.day, row.reason, row.used) for row in rows)

    def test_what_remains_is_the_limit_less_what_was_used_today(self):
        limits = {"capacity": 5, "amount": 2}
        self.assertEqual(self.used._left(self.deployment, limits), limits)
        self.take(capacity=3)
        self.take(capacity=1, amount=3)
        self.assertEqual(self.used._left(self.deployment, limits), {"capacity": 1, "amount": -1})
        with clock.at(NOW + DAY):
            self.assertEqual(self.used._left(self.deployment, limits), limits)
        other = self.make_deployment(name="Other", is_primary=False)
        self.assertEqual(self.used._left(other, limits), limits)

    def test_one_row_per_day_and_limit_and_none_for_nothing(self):
        self.take(capacity=0, amount=0)
        self.take()
        self.assertEqual(self.rows(), [])
        self.take(capacity=2, amount=1)
        self.take(capacity=1, amount=0)
        self.take(NOW + DAY, capacity=4)
        today, tomorrow = NOW.date(), (NOW + DAY).date()
        self.assertEqual(self.rows(), [(today, "amount", 1), (today, "capacity", 3), (tomorrow, "capacity", 4)])

    def test_random_checks_are_kept_as_they_are_now_also_where_none_was_chosen(self):
        self.take(audit=0, spreads={"audit": Spread(10, 0.0, 4.0, 1.5)})
        self.take(audit=2, spreads={"audit": Spread(10, 0.0, 6.0, 2.5)})
        row = self.used.search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual((row.used, row.offered, row.planned), (2, 6.0, 2.5))
        self.assertEqual(self.used._spread(self.deployment, "audit", 10), Spread(10, 0.0, 6.0, 2.5))

    def test_a_usual_day_is_the_median_of_the_last_four_weeks(self):
        self.assertEqual(self.used._spread(self.deployment, "audit", 7), Spread(7, 0.0, 0.0, 0.0))
        for days, offered in ((29, 900.0), (28, 10.0), (2, 20.0), (1, 60.0)):
            self.take(NOW - days * DAY, audit=1, spreads={"audit": Spread(7, 0.0, offered, 1.0)})
        self.take(NOW - 3 * DAY, audit=1)  # a day without random checks is none
        self.assertEqual(self.used._spread(self.deployment, "audit", 7), Spread(7, 20.0, 0.0, 0.0))

    def test_nobody_writes_it_by_hand(self):
        self.take(capacity=1)
        for person in (self.owner, self.manager):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.used.search([]).with_user(person).write({"used": 0})

    def test_two_at_a_time_do_not_exceed_a_cap(self):
        """With real transactions: the second is refused by the database, and does its records again."""
        with self.registry.cursor() as cursor:
            env = api.Environment(cursor, SUPERUSER_ID, dict(QUIET))
            deployment = env["ai.deployment"].create(
                {
                    "name": "Concurrent",
                    "purpose": "A test.",
                    "user_id": env.ref("base.user_admin").id,
                    "model_id": env["ir.model"]._get("crm.lead").id,
                }
            )
            deployment._review_rule("failed").cap = 3
        try:
            for started in (False, True):  # the first of a day makes the row, the others find it
                with self.subTest(started=started), clock.at(NOW + timedelta(days=int(started))):
                    if started:
                        with self.registry.cursor() as cursor:
                            self.seen_by(cursor, deployment, [1])
                    with self.registry.cursor() as one, self.registry.cursor() as two:
                        for cursor in (one, two):
                            cursor.execute("SELECT COUNT(*) FROM ai_deployment_quota")  # both stand at the same moment
                        taken = sum(self.seen_by(one, deployment, [2, 3]))
                        one.commit()
                        with mute_logger("odoo.sql_db"), self.assertRaises(psycopg2.errors.SerializationFailure):
                            self.seen_by(two, deployment, [4, 5])
                        two.rollback()
                        taken += sum(self.seen_by(two, deployment, [4, 5]))
                    self.assertEqual(taken + started, 3)
        finally:
            with self.registry.cursor() as cursor:
                api.Environment(cursor, SUPERUSER_ID, {})["ai.deployment"].browse(deployment.id).unlink()

    def seen_by(self, cursor, deployment, ids):
        """Which of `ids`, all of which fail, a worker with this cursor asks a person about."""
        env = api.Environment(cursor, SUPERUSER_ID, dict(QUIET))
        deployment = env["ai.deployment"].browse(deployment.id)
        return deployment._router().reviews_failed(ids)
