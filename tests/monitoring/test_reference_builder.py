"""A reference is adopted by an owner, once there is enough."""

from datetime import date, timedelta
from types import SimpleNamespace

import numpy as np

from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, tagged

from odoo.addons.ai_deployment.ml.binning import CategoryBins, NumericBins
from odoo.addons.ai_deployment.ml.drift import UNSEEN_TEST
from odoo.addons.ai_deployment.ml.profile import SCORE, Profile
from odoo.addons.ai_deployment.ml.quality import RANGE
from odoo.addons.ai_deployment.models.monitoring import reference_builder
from odoo.addons.ai_deployment.models.monitoring.reference_builder import (
    MIN_ROWS,
    MIN_WEEKS,
    MOST_WEEKS,
    ReferenceBuilder,
    _forward,
)
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.monitoring.common import WEEK, WeeksCase


@tagged("post_install", "-at_install")
class TestReferenceBuilder(WeeksCase):
    def weeks(self, count, rows=60, **values):
        for week in range(count):
            self.come_in(self.leads(rows, **values), week)
            self.look(week)

    def adopt(self, week, user=None):
        with clock.at(NOW + week * WEEK + timedelta(days=3)):
            return self.deployment.with_user(user or self.owner).action_adopt_reference()

    def test_too_few_weeks_or_records_are_refused_in_a_sentence(self):
        self.weeks(5)
        with self.assertRaisesRegex(UserError, "needs 1000 records of 8 weeks"):
            self.adopt(5)

    def test_only_who_answers_for_it_adopts(self):
        with self.assertRaises(AccessError):
            self.adopt(5, self.reviewer)

    def test_an_owner_adopts_what_has_become_ordinary(self):
        self.patch(reference_builder, "MIN_ROWS", 400)
        self.weeks(10, country_id=self.usa.id)
        self.assertTrue(self.alerts("quality:country_id:constant"))
        notice = self.alerts("reference")
        self.assertEqual(notice.level, "notice")
        self.assertIn("540 leads of 9 weeks have been scored", notice.name)
        self.assertIn("provisional", self.deployment.reference_text)
        self.adopt(10)
        self.assertEqual(notice.state, "resolved")
        reference = self.env["ai.deployment.reference"].search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual((reference.row_count, reference.adopted_by_id), (540, self.owner))
        self.env.invalidate_all()
        self.assertIn("540 records from", self.deployment.reference_text)
        self.come_in(self.leads(60, country_id=self.usa.id), 10)
        report = self.look(10)
        self.assertFalse(report.is_provisional)
        self.assertEqual(report.reference_count, 540)
        self.assertFalse(report.line_ids.filtered(lambda line: line.key == "country_id" and line.exceeded))
        with self.assertRaises(UserError):
            reference.write({"row_count": 1})

    def test_another_version_is_compared_with_what_it_learned_from(self):
        self.patch(reference_builder, "MIN_ROWS", 400)
        self.weeks(10)
        self.adopt(10)
        self.assertFalse(self.env["ai.deployment.reference"]._of(self.version)[2])
        self.serve(self.deployment, self.card(low=-2.0))
        self.assertTrue(self.env["ai.deployment.reference"]._of(self.deployment.champion_id)[2])


@tagged("post_install", "-at_install")
class TestCandidate(BaseCase):
    END = date(2026, 3, 2)

    def candidate(self, since, rows):
        """Make what could be adopted on `END`, of a version that first scored on `since`; `rows` per week, in order."""
        builder = object.__new__(ReferenceBuilder)
        builder.version, self.asked = True, []
        found = iter(rows)

        def summed(_version, start, end):
            self.asked.append((start, end))
            return Profile(next(found))

        builder.profiles = SimpleNamespace(_sum=summed)
        self.patch(reference_builder, "first_day", lambda _version: since)
        with clock.at(NOW):
            return builder.candidate()

    def test_whole_weeks_after_the_first_one_are_counted(self):
        weeks = MIN_WEEKS
        start = self.END - weeks * WEEK
        found = self.candidate(start - WEEK, [MIN_ROWS] * weeks)
        self.assertEqual((len(found.parts), found.start, found.end), (weeks, start, self.END))
        self.assertEqual(self.asked, [(start + n * WEEK, start + (n + 1) * WEEK) for n in range(weeks)])
        late = self.candidate(start - WEEK + timedelta(days=1), [])
        self.assertEqual((late.parts, late.start, late.end), ([], start + WEEK, self.END))
        self.assertEqual(self.candidate(self.END, []), ([], self.END, self.END))
        self.assertEqual(self.candidate(None, []), ([], None, None))

    def test_the_latest_half_year_is_the_most(self):
        found = self.candidate(self.END - (MOST_WEEKS + 9) * WEEK, [MIN_ROWS] * MOST_WEEKS)
        self.assertEqual((len(found.parts), found.start), (MOST_WEEKS, self.END - MOST_WEEKS * WEEK))

    def test_enough_rows_in_enough_weeks(self):
        since = self.END - (MIN_WEEKS + 2) * WEEK
        one = [1] * MIN_WEEKS
        for rows, is_enough in (
            ([MIN_ROWS - MIN_WEEKS, *one], True),
            ([MIN_ROWS - MIN_WEEKS - 1, *one], False),
            ([MIN_ROWS, 0, *one[1:]], True),
            ([MIN_ROWS, 0, 0, *one[2:]], False),
        ):
            found = self.candidate(since, rows)
            self.assertEqual((bool(found.parts), found.end), (is_enough, self.END), rows)

    def test_what_is_new_is_a_share_of_the_values_that_are_there(self):
        counts = {
            "amount": np.array([4, 1, 2, 5, 2]),  # 3 of 10 outside of the range
            "country": np.array([5, 1, 0, 3]),  # 1 of 4 never seen before
            "empty": np.array([9, 0, 0, 0]),
            SCORE: np.array([0, 1, 0, 8]),
        }
        bins = {
            "amount": NumericBins(0, 100, [50]),
            "country": CategoryBins(["BE"], {"BE": 3}),
            "empty": CategoryBins(["BE"], {"BE": 3}),
        }
        for days, age in ((30, 30), (1, 1), (0, 1), (-5, 1)):
            self.assertEqual(
                _forward(Profile(14, counts), bins, days),
                {UNSEEN_TEST: {"country": (0.25, age)}, RANGE: {"amount": (0.3, age)}},
            )
