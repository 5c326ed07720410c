"""Counts per bin: summed over the days asked for, of one version."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.monitoring.ai_deployment_profile import SUMMING
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestProfile(AiDeploymentCase):
    def total(self, start, end, version=None):
        profiles = self.env["ai.deployment.profile"]
        first = NOW.date()
        return profiles._sum(version or self.version, first + timedelta(start), first + timedelta(end)).rows

    def test_a_sum_has_its_first_day_and_not_its_last(self):
        for day, count in ((0, 1), (1, 2), (7, 4)):
            self.deployment._score(self.make_leads(count), now=NOW + timedelta(days=day))
        self.assertEqual(self.total(0, 7), 3)
        self.assertEqual(self.total(1, 8), 6)
        self.assertEqual(self.total(0, 0), 0)
        self.assertEqual(self.total(8, 20), 0)

    def test_versions_are_counted_apart(self):
        leads = self.make_leads(3)
        self.deployment._score(leads, now=NOW)
        second = self.serve(self.deployment, self.card(high=0.2))
        self.deployment._score(leads[:2], now=NOW)
        self.assertEqual((self.total(0, 1), self.total(0, 1, second)), (3, 2))

    def test_a_call_adds_one_row_however_many_records(self):
        self.deployment._score(self.make_leads(9), now=NOW)
        self.deployment._score(self.make_leads(1), now=NOW)
        deltas = self.env["ai.deployment.profile"].search([], order="id")
        self.assertEqual(deltas.mapped("row_count"), [9, 1])

    def test_nothing_new_adds_no_row(self):
        leads = self.make_leads(2)
        self.deployment._score(leads, now=NOW)
        self.deployment._score(leads, now=NOW)
        self.assertEqual(self.env["ai.deployment.profile"].search_count([]), 1)

    def test_days_that_are_over_become_one_row_each_and_count_the_same(self):
        profiles = self.env["ai.deployment.profile"]
        for day in (0, 0, 0, 1, 2, 2):
            self.deployment._score(self.make_leads(day + 1), now=NOW + timedelta(days=day))
        before = profiles._sum(self.version, NOW.date(), NOW.date() + timedelta(days=9))
        with clock.at(NOW + timedelta(days=2)):
            self.assertEqual(profiles._gc_sum_deltas(), (2, False))
        self.assertEqual(profiles.search([], order="day, id").mapped("row_count"), [3, 2, 3, 3])
        self.assertEqual(profiles._sum(self.version, NOW.date(), NOW.date() + timedelta(days=9)), before)
        with clock.at(NOW + timedelta(days=2)):
            self.assertEqual(profiles._gc_sum_deltas(), (0, False))

    def test_only_one_process_at_a_time_sums(self):
        for _call in range(2):
            self.deployment._score(self.make_leads(1), now=NOW)
        with clock.at(NOW + timedelta(days=1)), self.registry.cursor() as other:
            other.execute("SELECT pg_try_advisory_xact_lock(%s)", [SUMMING])
            self.assertEqual(self.env["ai.deployment.profile"]._gc_sum_deltas(), (0, False))
            other.rollback()
            self.assertEqual(self.env["ai.deployment.profile"]._gc_sum_deltas(), (1, False))
