"""When a fallback is in force, to whom it shows, and that it is marked as such."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.documents.score_sql import ShownScores
from odoo.addons.ai_deployment.models.resilience.fallback_switch import FallbackSwitch
from odoo.addons.ai_deployment.tests.common import NOW, probability
from odoo.addons.ai_deployment.tests.resilience.common import FIELDS, FallbackCase


@tagged("post_install", "-at_install")
class TestFallbackSwitch(FallbackCase):
    def test_switched_off_odoos_own_estimate_shows_and_says_so(self):
        self.deployment.fallback = "incumbent"
        self.assertFalse(any(row["ai_is_fallback"] for row in self.seen()), "as long as it is at work, scores show")
        self.deployment.with_user(self.owner).suspend()
        self.assertShown([0.1, 0.2, 0.3], "Odoo's own estimate; the deployment is suspended (since 03/02/2026).")
        self.assertEqual(self.deployment.fallback_since, NOW)
        self.assertIn("Fallback shown instead of scores from now on", self.deployment.message_ids[0].body)

    def test_when_it_is_at_work_again_scores_show_again(self):
        self.deployment.fallback = "constant"
        self.deployment.fallback_value = 0.25
        self.deployment.state = "suspended"
        self.assertShown([0.25] * 3, "Fixed value; the deployment is suspended (since 03/02/2026).")
        self.deployment.state = "production"
        rows = self.seen()
        self.assertAlmostEqual(rows[0]["ai_score"], probability(0.0), 4)
        self.assertFalse(any(row["ai_is_fallback"] for row in rows))
        self.assertFalse(self.deployment.fallback_since)
        self.assertIn("Scores are shown again", self.deployment.message_ids[0].body)

    def test_without_a_fallback_nothing_shows(self):
        self.deployment.state = "suspended"
        for row in self.seen():
            self.assertFalse(any(row[name] for name in FIELDS), row)
        self.assertFalse(self.deployment.fallback_since)

    def test_a_version_that_cannot_be_used_brings_it_into_force(self):
        self.deployment.fallback = "incumbent"
        self.damage()
        self.deployment._score(self.leads)
        sentence = "Odoo's own estimate; the version cannot be used at the moment (since 03/02/2026)."
        self.assertShown([0.1, 0.2, 0.3], sentence)
        self.deployment._assign_champion(self.keep(self.deployment, self.card(low=-2.0)), "repaired")
        self.assertFalse(any(row["ai_is_fallback"] for row in self.seen()))

    def test_the_hourly_look_finds_it_too(self):
        self.deployment.fallback = "incumbent"
        self.damage()
        self.assertFalse(self.deployment.fallback_since)
        self.deployment._watch_health()
        self.assertTrue(self.deployment.fallback_since)

    def test_others_may_have_reasons_of_their_own(self):
        """What the grace of an owner who left does: a reason among these."""
        self.deployment.fallback = "incumbent"
        self.patch(FallbackSwitch, "reason", lambda _self: "no owner is available")
        self.deployment._update_fallback()
        self.assertShown([0.1, 0.2, 0.3], "Odoo's own estimate; no owner is available (since 03/02/2026).")
        self.assertIn(self.deployment.id, self.deployment._fallback_in_force())

    def test_a_score_that_is_not_sure_enough_is_not_shown(self):
        self.deployment._score(self.leads)
        self.deployment.write({"fallback": "constant", "fallback_value": 0.4, "fallback_below": 0.7})
        usual, _same, large = self.seen()
        self.assertEqual((usual["ai_score"], usual["ai_is_fallback"]), (0.4, True), "50 % is not sure")
        self.assertEqual(usual["ai_reasons"], "Fixed value; the confidence of the score is too low here.")
        self.assertFalse(large["ai_is_fallback"], "82 % is")
        self.assertEqual(self.found(("ai_is_fallback", "=", True), order="id"), self.leads[:2])
        self.assertEqual(self.found(("ai_score", "<", 0.45), order="id"), self.leads[:2])

    def test_who_sees_no_score_sees_nothing_instead(self):
        self.deployment.fallback = "incumbent"
        self.deployment.state = "suspended"
        self.deployment.viewer_group_ids = self.env.ref("base.group_system")
        for row in self.seen():
            self.assertFalse(any(row[name] for name in FIELDS), row)
        self.assertFalse(self.found(("ai_is_fallback", "=", True)))

    def test_only_records_of_the_deployment_show_it(self):
        self.deployment.fallback = "incumbent"
        self.deployment.domain = "[('expected_revenue', '>', 10000)]"
        self.deployment.state = "suspended"
        self.assertEqual([row["ai_is_fallback"] for row in self.seen()], [False, False, True])
        self.assertEqual(self.found(("ai_is_fallback", "=", True)), self.leads[2])

    def test_one_that_is_live_speaks_rather_than_one_that_is_off(self):
        self.deployment.fallback = "incumbent"
        self.deployment.state = "suspended"
        other = self.make_deployment(name="Other", viewer_group_ids=[(6, 0, self.viewer_group.ids)])
        self.serve(other, self.card(low=-2.0))
        other.state = "shadow"
        other._score(self.leads)
        other.state = "production"
        self.assertFalse(any(row["ai_is_fallback"] for row in self.seen()))

    def test_without_a_fallback_a_list_asks_the_database_no_more_often(self):
        leads = self.env["crm.lead"].with_user(self.seller)
        ShownScores(leads).shown()  # who views what is remembered from here on
        self.env.flush_all()
        self.env.invalidate_all()
        leads.env.companies.ids, leads.env.user.all_group_ids.ids  # noqa: B018  known to every request
        with self.assertQueryCount(1):
            ShownScores(leads).shown()
