"""What a version learns from, where it learns from later moments of leads."""

import random
from datetime import timedelta

import numpy as np

from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.ml import leaks
from odoo.addons.ai_deployment.ml.columns import CATEGORY, make_column
from odoo.addons.ai_deployment.models.documents import lead_outcomes
from odoo.addons.ai_deployment.models.documents.score_validity import standings
from odoo.addons.ai_deployment.models.documents.score_words import help_text, stale_text
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.leak_check import (
    UNKNOWN_MOST,
    _finding,
    inputs_known_in_time,
    unknown_share,
)
from odoo.addons.ai_deployment.models.training.table import collect, read_moments
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.features.common import CAME, CourseOfLeads, spec
from odoo.addons.ai_deployment.tests.training.common import ClosedLeads

DAY = timedelta(days=1)
LEADS = 240


@tagged("post_install", "-at_install")
class TestTable(CourseOfLeads, ClosedLeads, AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.living = cls.make_deployment(
            is_primary=False,
            landmarks=True,
            horizon_days=20,
            features=[
                {"path": "expected_revenue"},
                {"path": "stage_id"},
                {"source": "course", "course": "age"},
                {"source": "course", "course": "stage_days"},
            ],
        ).sudo()
        cls.env["crm.lead"].search([]).write({"company_id": False, "active": True})
        cls.living.domain = "[('referred', '=', 'table')]"

    def setUp(self):
        """Moments at fixed days, where nothing else is asked for."""
        super().setUp()
        self.landmarks = lead_outcomes.LANDMARKS
        self.patch(lead_outcomes, "LANDMARKS", [(day, day) for day in (0, 7, 14, 30, 60, 90)])

    def lead(self, came, closed=None, won=False, **values):
        lead = self.make_leads(referred="table", **values)
        self.came(lead, came)
        if closed:
            self.close(lead, came, closed, won)
            self.env.cr.execute(
                "UPDATE crm_lead SET date_last_stage_update = %s WHERE id = %s", [closed if won else came, lead.id]
            )
        return lead

    def moments(self, lead):
        rows = self.env["crm.lead"]._ai_outcomes(self.living).landmark_rows(NOW)
        return {(moment - began) / DAY: label for lead_id, began, moment, label in rows if lead_id == lead.id}

    def test_moments_while_it_was_open_and_whose_window_is_over(self):
        won = self.lead(NOW - 100 * DAY, NOW - 60 * DAY, won=True)
        self.assertEqual(self.moments(won), {0: False, 7: False, 14: False, 30: True}, "won after 40 days, within 20")
        lost = self.lead(NOW - 100 * DAY, NOW - 92 * DAY)
        self.assertEqual(self.moments(lost), {0: False, 7: False})
        self.assertEqual(self.moments(self.lead(NOW - 70 * DAY)), dict.fromkeys((0, 7, 14, 30), False))
        self.assertEqual(self.moments(self.lead(NOW - 10 * DAY)), {}, "no window is over")

    def test_moments_are_drawn_from_all_days_of_a_span(self):
        self.patch(lead_outcomes, "LANDMARKS", self.landmarks)
        leads = [self.lead(NOW - 200 * DAY - number * DAY) for number in range(60)]
        days = np.array([list(self.moments(lead)) for lead in leads])
        self.assertEqual(days.shape, (60, len(self.landmarks)))
        self.assertFalse(days[:, 0].any(), "the first one is its creation")
        for place, (begin, until) in enumerate(self.landmarks[1:], start=1):
            share = (days[:, place] - begin) / (until - begin)
            self.assertTrue((share >= 0).all() and (share < 1).all())
            self.assertTrue((np.histogram(share, 3, (0, 1))[0] > 8).all(), share)
        self.assertLess(abs(np.corrcoef(days[:, 1:], rowvar=False) - np.eye(5)).max(), 0.5)
        self.assertEqual(list(self.moments(leads[0])), days[0].tolist(), "the same every time")

    def test_a_reopened_lead_is_followed_to_its_first_end(self):
        lead = self.lead(NOW - 100 * DAY)
        self.track(lead, "won_status", 0, "Pending", "Lost")  # on its 40th day
        self.assertEqual(self.moments(lead), dict.fromkeys((0, 7, 14, 30), False))

    def test_the_past_of_another_lead_is_not_that_of_the_survivor(self):
        lead = self.lead(NOW - 100 * DAY)
        with clock.at(NOW - 80 * DAY):
            self.env["ai.deployment.outcome"]._keep("crm.lead", {10**9: "merged"}, lead)
        self.assertEqual(list(self.moments(lead)), [30, 60])

    def test_nothing_from_before_the_first_tracked_change(self):
        self.env["mail.tracking.value"].search([("field_id.name", "=", "stage_id")]).unlink()
        leads = self.lead(CAME) + self.lead(CAME + DAY)
        self.track(leads[1], "stage_id", 9, leads[1].stage_id.id, leads[1].stage_id.id)
        rows = collect(self.living, [spec(path="stage_id", kind="category")], NOW)
        self.assertEqual(rows.ids, [leads[0].id, leads[0].id, leads[1].id, leads[1].id], "14 and 30, without 0 and 7")
        self.assertEqual(len(collect(self.living, [spec(path="country_id", kind="category")], NOW).ids), 8)

    def test_a_hole_leaves_the_moment_out(self):
        lead = self.lead(CAME, expected_revenue=900)
        self.track(lead, "expected_revenue", -50, 100, 100)  # somebody watches
        self.track(lead, "expected_revenue", 20, 500, 900)
        self.assertEqual(collect(self.living, [spec(path="expected_revenue")], NOW).columns["x"].values.tolist(), [900])

    def test_inputs_that_nobody_tracked_are_refused(self):
        self.env["mail.tracking.value"].search([("field_id.name", "=", "stage_id")]).unlink()
        self.lead(CAME)
        features = inputs_known_in_time(self.living, NOW)
        self.assertEqual(
            {feature.key: (feature.leak_verdict, feature.leak_reason) for feature in self.living.feature_ids},
            {
                "expected_revenue": ("refused", "untracked"),
                "stage_id": ("refused", "untracked"),
                "course:age": ("fine", False),
                "course:stage_days": ("refused", "untracked"),
            },
        )
        self.assertEqual(features.mapped("key"), ["course:age"])

    def test_a_gap_on_one_side_of_the_outcome_counts(self):
        known, won = np.ones(100, dtype=bool), np.arange(100) < 5
        known[:1] = False
        self.assertAlmostEqual(unknown_share(known, won), 0.2, msg="one of a hundred, but one of five that were won")
        self.assertGreater(unknown_share(known, won), UNKNOWN_MOST)

    def test_what_was_edited_later_without_a_trace_is_refused(self):
        now = make_column("country_id", CATEGORY, ["1"] * 100)
        fine = leaks.Finding("country_id", leaks.FINE)
        for edited, verdict in ((5, leaks.FINE), (6, leaks.REFUSED)):
            then = make_column("country_id", CATEGORY, ["2"] * edited + ["1"] * (100 - edited))
            past = leaks.Past(then, np.ones(100, dtype=bool))
            self.assertEqual(_finding(self.living, fine, now, past).verdict, verdict)
            self.assertEqual(
                _finding(self.deployment, fine, now, past), fine, "known at creation, whatever comes later"
            )

    def test_one_record_at_several_moments(self):
        lead = self.lead(CAME)
        asked = [(lead.id, CAME + day * DAY) for day in (3, 1, 2)]
        columns, known = read_moments(self.living, [spec(source="course", measure="age")], asked)
        self.assertEqual(columns["x"].values.tolist(), [3, 1, 2])
        self.assertTrue(known["x"].all())

    def test_what_changes_with_time_needs_later_moments(self):
        with self.assertRaisesRegex(ValidationError, "Learn From Later Moments"):
            self.make_deployment(is_primary=False, features=[{"source": "course", "course": "age"}])
        with self.assertRaisesRegex(ValidationError, "filled only when"):
            self.make_deployment(is_primary=False, features=[{"path": "stage_id"}])
        with self.assertRaises(ValidationError):
            self.living.landmarks = False
        with self.assertRaisesRegex(ValidationError, "nothing of that kind"):
            self.living.feature_ids = [(0, 0, {"source": "course", "name": "Nothing"})]

    def test_a_version_learns_that_time_passes(self):
        """Leads are won on a day drawn at random in their first month, or lost late; the revenue tells a little."""
        rng = random.Random(3)
        leads = self.make_leads(LEADS, referred="table")
        self.env.flush_all()
        for number, lead in enumerate(leads):
            came = NOW - timedelta(days=400 - number * 1.1, seconds=number)
            won = rng.random() < 0.5
            closed = came + timedelta(days=rng.uniform(1, 25) if won else 95)
            self.close(lead, came, closed, won)
            self.env.cr.execute(
                "UPDATE crm_lead SET expected_revenue = %s, date_last_stage_update = %s WHERE id = %s",
                [rng.choice([200, 40000] if won else [200, 5000]), came, lead.id],
            )
        self.env.invalidate_all()
        self.track(leads[0], "stage_id", -500, leads[0].stage_id.id, leads[0].stage_id.id)
        self.track(leads[0], "expected_revenue", -500, 0, leads[0].expected_revenue)
        self.living.feature_ids.filtered(lambda feature: feature.key == "stage_id").unlink()
        with clock.at(NOW):
            version = self.living._train()
        self.assertEqual(version.row_count, len(collect(self.living, list(version._specs().values()), NOW).ids))
        with self.assertRaisesRegex(UserError, "without later moments"):
            self.living.landmarks = False
        self.living.state = "shadow"
        lead, chances = self.lead(NOW - DAY, expected_revenue=40000), []
        for day in (0, 20, 60):
            with clock.at(NOW + day * DAY):
                self.living._score(lead)
            chances.append(self.score_of(lead, self.living).predicted_value)
        self.assertEqual(sorted(chances, reverse=True), chances)
        self.assertGreater(chances[0], 2 * chances[-1])
        standing = {day: self.standing_on(lead, day) for day in (60, 79, 81)}
        self.assertEqual(standing, {60: "fresh", 79: "fresh", 81: "expired"}, "it counts from when it was made")
        score = self.score_of(lead, self.living).sudo()
        self.assertIn("won within the next 20 days", help_text(lead, score))
        self.assertIn("the 20 days after that", stale_text(score, score.deployment_id, "expired"))
        self.living.feature_ids = [(0, 0, {"path": "country_id"})]
        with clock.at(NOW):
            later = self.living._train()
        self.assertIn(later.verdict, ("inconclusive", "same", "better", "worse"), "compared on moments as they were")
        came_true = lead._ai_came_true(self.living, {lead.id: NOW + 60 * DAY})
        self.assertEqual(came_true, {lead.id: False}, "a lead of whichever age")
        self.assertTrue(np.isfinite(chances).all())

    def standing_on(self, lead, day):
        with clock.at(NOW + day * DAY):
            return standings(lead, self.living, lead.ids)[lead.id]
