"""The first days after a promotion: a broken guard rolls back once, with an alert, and nothing flips back."""

from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import patch

from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.policy import promote
from odoo.addons.ai_deployment.models.training.probation import Days, Probation
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

SOON = NOW + timedelta(days=2)


@tagged("post_install", "-at_install")
class TestProbation(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.reviews_per_day = 5
        cls.second = cls.keep(cls.deployment, cls.card(low=-2.0))
        cls.leads = cls.make_leads(60)
        with clock.at(NOW - timedelta(days=1)):
            cls.deployment._score(cls.leads)
        with clock.at(NOW):
            cls.deployment._assign_champion(cls.second, "test")
            cls.deployment._score(cls.leads)

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(SOON))

    def alter(self, assignment, share=1.0):
        """Change what the log says of the promoted version, for a share of its lines."""
        self.env.flush_all()
        self.env.cr.execute(
            f"UPDATE ai_deployment_inference SET {assignment} WHERE version_id = %s AND id IN (SELECT id FROM "  # pylint: disable=sql-injection
            "ai_deployment_inference WHERE version_id = %s ORDER BY id LIMIT %s)",
            [self.second.id, self.second.id, round(60 * share)],
        )
        self.env.invalidate_all()

    def watch(self):
        self.deployment._watch_probation()
        return self.env["ai.deployment.alert"].search(
            [("deployment_id", "=", self.deployment.id), ("cause", "=", "rollback")]
        )

    def expect(self, flagged, bins):
        self.env["ai.deployment.comparison"].sudo().create(
            {
                "deployment_id": self.deployment.id,
                "serving_id": self.version.id,
                "challenger_id": self.second.id,
                "user_id": self.owner.id,
                "requested_date": NOW,
                "end_date": NOW,
                "state": "done",
                "result": {"expected": {"rows": sum(bins), "flagged": flagged, "bins": bins}},
            }
        )

    def assert_rolled_back(self, *texts):
        alert = self.watch()
        self.assertEqual(self.deployment.champion_id, self.version)
        serving = self.deployment.assignment_ids.filtered(lambda one: one.role == "champion" and not one.end_date)
        self.assertEqual(serving.way, "automatic_rollback")
        for text in texts:
            self.assertIn(text, alert.name)
            self.assertIn(text, serving.reason)
            self.assertIn(text, self.deployment.message_ids[0].body)

    def test_a_version_that_does_well_stays(self):
        self.expect(0.0, [0, 0, 0, 0, 0, 60, 0, 0, 0, 0])
        self.alter("prediction = FALSE")
        self.assertFalse(self.watch())
        self.assertEqual(self.deployment.champion_id, self.second)

    def test_many_failures(self):
        self.alter("failure_type = 'unexpected', is_first_inference = FALSE", 0.5)
        self.assert_rolled_back("50 % of the records could not be scored, 0 % with the version before.")

    def test_a_handful_of_failures_is_no_proof(self):
        self.alter("failure_type = 'unexpected', is_first_inference = FALSE", 0.1)
        self.assertFalse(self.watch())

    def test_more_reviews_than_people_can_answer(self):
        self.alter("route = 'review'")
        self.assert_rolled_back("are sent to review; people answer about 5.")

    def test_the_version_before_asked_for_as_many(self):
        self.env.cr.execute("UPDATE ai_deployment_inference SET route = 'review'")
        self.assertFalse(self.watch())

    def test_other_flags_than_the_replay_said(self):
        self.expect(0.1, [0] * 9 + [60])
        self.alter("prediction = TRUE")
        self.assert_rolled_back("are flagged; the replay before the promotion said 10.0 %.")

    def test_other_scores_than_the_replay_said(self):
        self.expect(1.0, [250, 0, 0, 0, 0, 0, 0, 0, 0, 0])
        self.alter("prediction = TRUE")
        probation = Probation(self.deployment)
        start = probation.assignment.start_date
        days = probation._days(self.second, start, SOON)
        self.assertEqual((days.rows, sum(days.bins)), (60, 60))
        self.assertFalse(probation._scores(days), "too few for a shape")
        many = days._replace(rows=300, flagged=300, bins=[5 * count for count in days.bins])
        self.assertIn("far from those of the replay", probation._scores(many))
        self.assertFalse(probation._scores(many._replace(bins=[300, *[0] * 9])))

    def test_scores_that_do_not_come_true(self):
        self.deployment.horizon_days = 1
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = %s, won_status = 'lost', date_closed = %s WHERE id = ANY(%s)",
            [NOW - timedelta(hours=1), NOW + timedelta(hours=5), self.leads.ids],
        )
        self.env.invalidate_all()
        self.assert_rolled_back("The mean score is 50 %; 0 % of 60 came true.")

    def test_there_are_never_two_in_a_row(self):
        self.alter("route = 'review'")
        self.watch()
        self.assertEqual(self.deployment.champion_id, self.version)
        with clock.at(SOON + timedelta(hours=1)):
            self.deployment._score(self.leads, again=True)
        self.env.cr.execute("UPDATE ai_deployment_inference SET route = 'review', failure_type = 'unexpected'")
        self.env.invalidate_all()
        with clock.at(SOON + timedelta(hours=2)):
            self.assertFalse(Probation(self.deployment).is_on)
            self.watch()
        self.assertEqual(self.deployment.champion_id, self.version)
        third = self.keep(self.deployment, self.card(low=-3.0))
        self.assertIn("a person decides about the next one", promote(third, "Better."))
        self.assertEqual(self.deployment.champion_id, self.version)
        third.with_user(self.owner).action_promote()
        self.assertTrue(Probation(self.deployment).is_on, "what a person promotes is on probation again")

    def test_what_cannot_be_rolled_back_is_told(self):
        self.alter("route = 'review'")
        self.env.cr.execute(
            "UPDATE ai_deployment_version SET artifact = jsonb_set(artifact, '{intercept}', '7') WHERE id = %s",
            [self.version.id],
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        alert = self.watch()
        self.assertEqual(self.deployment.champion_id, self.second)
        self.assertIn("should be rolled back", alert.name)
        self.assertIn("Version 1 cannot serve again", alert.suggestion)

    def test_days_are_settable_and_pass(self):
        self.alter("route = 'review'")
        self.deployment.probation_days = 0
        self.assertFalse(self.watch())
        self.deployment.probation_days = 1
        self.assertFalse(self.watch())
        self.deployment.probation_days = 3
        self.assertTrue(self.watch())

    def test_a_first_version_and_a_rollback_are_on_no_probation(self):
        self.deployment.with_user(self.owner).action_roll_back()
        self.assertFalse(Probation(self.deployment).is_on)
        lonely = self.make_deployment(is_primary=False)
        self.serve(lonely, self.card())
        with clock.at(NOW):
            self.assertFalse(Probation(lonely).is_on)


@tagged("post_install", "-at_install")
class TestGuards(TransactionCase):
    """Tell what is broken from what is chance, by counts alone."""

    def setUp(self):
        super().setUp()
        self.probation = object.__new__(Probation)
        self.probation.env = self.env

    def days(self, rows, failed=0, flagged=0, bins=()):
        return Days(rows, failed, 0, flagged, list(bins))

    def test_failures_count_beyond_a_twentieth_and_beyond_twice_the_usual(self):
        for now, before, text in (
            ((50, 50), (100, 0), "50 % of the records could not be scored, 0 % with the version before."),
            ((50, 50), (0, 0), "50 % of the records could not be scored, 0 % with the version before."),
            ((950, 50), (100, 0), ""),  # just a twentieth
            ((500, 500), (90, 10), "50 % of the records could not be scored, 10 % with the version before."),
            ((500, 500), (76, 24), ""),  # twice the usual is nearly that
            ((0, 3), (100, 0), "100 % of the records could not be scored, 0 % with the version before."),
            ((8, 2), (100, 0), ""),  # a handful
        ):
            self.assertEqual(self.probation._failures(self.days(*now), self.days(*before)), text, (now, before))

    def scores(self, flagged, said=0.1, rows=1000, now=(), before=(), said_rows=1000):
        expected = {"rows": said_rows, "flagged": said, "bins": list(before or now)}
        with patch.object(Probation, "_expected", lambda _probation: expected):
            return self.probation._scores(self.days(rows, 0, flagged, now))

    def test_flags_are_far_from_what_was_said_beyond_twice_or_half_of_it(self):
        even = [100] * 10
        self.assertEqual(
            self.scores(300, now=even),
            "30.0 % of the records are flagged; the replay before the promotion said 10.0 %.",
        )
        self.assertTrue(self.scores(20, now=even))
        for flagged in (210, 100, 45):
            self.assertEqual(self.scores(flagged, now=even), "")
        self.assertEqual(self.scores(300, now=even, said_rows=0), "")

    def test_the_shape_of_the_scores_is_judged_from_two_hundred_on(self):
        one, other = [150] + [5] * 10, [5] * 10 + [150]
        self.assertIn("stability index", self.scores(100, now=one, before=other))
        self.assertEqual(self.scores(100, now=one, before=one), "")
        for rows, said_rows, told in ((200, 200, True), (199, 200, False), (200, 199, False)):
            text = self.scores(20, rows=rows, said_rows=said_rows, now=one, before=other)
            self.assertEqual(bool(text), told, (rows, said_rows))

    def test_a_usual_day_is_the_median_else_what_the_test_said(self):
        asked = []

        def counted(_version, start, end):
            asked.append((start, end))
            return self.counts

        self.probation.env = {"ai.deployment.profile": SimpleNamespace(_counts_by_day=counted)}
        version = SimpleNamespace(held_out={"per_day": 4.5})
        self.probation.assignment = SimpleNamespace(start_date=NOW, version_id=version)
        with patch.object(Probation, "_before", lambda _probation: None):
            self.counts = {1: 300, 2: 10, 3: 12}
            self.assertEqual(self.probation._usual_per_day(), 12.0)
            self.assertEqual(asked, [((NOW - timedelta(days=28)).date(), NOW.date() + timedelta(days=1))])
            self.counts = {}
            self.assertEqual(self.probation._usual_per_day(), 4.5)
            version.held_out = None
            self.assertEqual(self.probation._usual_per_day(), 0.0)
