"""What shows instead of scores: when, to whom, marked as such, in one expression for all ways of reading it."""

from datetime import timedelta

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase, probability

FIELDS = ["ai_score", "ai_confidence", "ai_score_date", "ai_reasons", "ai_is_fallback"]


@tagged("post_install", "-at_install")
class TestFallback(AiDeploymentCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))
        self.leads = self.make_leads(2) + self.make_leads(1, expected_revenue=20000)
        self.deployment._score(self.leads[:2])
        self.deployment.state = "production"
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET automated_probability = 10 * (id - %s + 1) WHERE id = ANY(%s)",
            [self.leads[0].id, self.leads.ids],
        )
        self.env.invalidate_all()

    def seen(self, user=None):
        """[{field: value}] of the leads, as a seller reads them."""
        self.env.flush_all()
        self.env.invalidate_all()
        return self.leads.with_user(user or self.seller).read(FIELDS)

    def found(self, *domain, **options):
        self.env.flush_all()
        leads = self.env["crm.lead"].with_user(self.seller)
        return leads.search([("id", "in", self.leads.ids), *domain], **options).with_user(self.env.user)

    def assertShown(self, values, sentence):
        rows = self.seen()
        self.assertEqual([round(row["ai_score"], 4) for row in rows], values)
        self.assertTrue(all(row["ai_is_fallback"] for row in rows))
        self.assertFalse(any(row["ai_score_date"] or row["ai_confidence"] for row in rows), "it is no score")
        self.assertEqual({row["ai_reasons"] for row in rows}, {sentence})

    def damage(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment_version SET digest = 'x' WHERE id = %s", [self.version.id])
        self.env.registry.clear_cache()
        self.env.invalidate_all()

    def test_switched_off_odoos_own_estimate_shows_and_says_so(self):
        self.deployment.fallback = "incumbent"
        self.assertFalse(any(row["ai_is_fallback"] for row in self.seen()), "as long as it is at work, scores show")
        self.deployment.with_user(self.owner).action_suspend()
        self.assertShown([0.1, 0.2, 0.3], "Odoo's own estimate; ours is switched off (since 03/02/2026).")
        self.assertEqual(self.deployment.fallback_since, NOW)
        self.assertIn("From now on shown instead of scores", self.deployment.message_ids[0].body)

    def test_searching_sorting_and_grouping_show_what_the_form_shows(self):
        self.deployment.fallback = "incumbent"
        self.deployment.state = "suspended"
        self.assertEqual(self.found(("ai_score", ">", 0.15), order="ai_score desc"), self.leads[2] + self.leads[1])
        self.assertEqual(self.found(("ai_is_fallback", "=", True), order="id"), self.leads)
        self.assertFalse(self.found(("ai_is_fallback", "=", False)))
        self.assertFalse(self.found(("ai_score_date", "!=", False)))
        leads = self.env["crm.lead"].with_user(self.seller)
        [(average, count)] = leads._read_group([("id", "in", self.leads.ids)], [], ["ai_score:avg", "__count"])
        self.assertEqual((round(average, 4), count), (0.2, 3))
        self.assertEqual(
            leads._read_group([("id", "in", self.leads.ids)], ["ai_is_fallback"], ["__count"]), [(True, 3)]
        )

    def test_when_it_is_at_work_again_scores_show_again(self):
        self.deployment.fallback = "constant"
        self.deployment.fallback_value = 0.25
        self.deployment.state = "suspended"
        self.assertShown([0.25] * 3, "A fixed figure; ours is switched off (since 03/02/2026).")
        self.deployment.state = "production"
        rows = self.seen()
        self.assertAlmostEqual(rows[0]["ai_score"], probability(0.0), 4)
        self.assertFalse(any(row["ai_is_fallback"] for row in rows))
        self.assertFalse(self.deployment.fallback_since)
        self.assertIn("Scores are shown again", self.deployment.message_ids[0].body)

    def test_what_the_version_before_said(self):
        self.deployment.fallback = "previous"
        with clock.at(NOW + timedelta(hours=1)):
            other = self.keep(self.deployment, self.card(low=-2.0))
            self.deployment._assign_champion(other, "test")
            self.make_leads(1)
            self.deployment._score(self.leads)
        self.deployment.state = "suspended"
        rows = self.seen()
        self.assertAlmostEqual(rows[0]["ai_score"], probability(0.0), 4)
        self.assertEqual(rows[2]["ai_score"], 0.0, "it has never scored this one")
        self.assertIn("What the version before said", rows[0]["ai_reasons"])

    def test_without_a_fallback_nothing_shows(self):
        self.deployment.state = "suspended"
        for row in self.seen():
            self.assertFalse(any(row[name] for name in FIELDS), row)
        self.assertFalse(self.deployment.fallback_since)

    def test_a_version_that_cannot_be_used_brings_it_into_force(self):
        self.deployment.fallback = "incumbent"
        self.damage()
        self.deployment._score(self.leads)
        self.assertShown([0.1, 0.2, 0.3], "Odoo's own estimate; ours cannot be used at the moment (since 03/02/2026).")
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
        self.patch(type(self.deployment), "_fallback_reasons", lambda _self: ["nobody answers for it"])
        self.deployment._update_fallback()
        self.assertShown([0.1, 0.2, 0.3], "Odoo's own estimate; nobody answers for it (since 03/02/2026).")
        self.assertIn(self.deployment.id, self.deployment._fallback_in_force())

    def test_a_score_that_is_not_sure_enough_is_not_shown(self):
        self.deployment._score(self.leads)
        self.deployment.write({"fallback": "constant", "fallback_value": 0.4, "fallback_below": 0.7})
        usual, _same, large = self.seen()
        self.assertEqual((usual["ai_score"], usual["ai_is_fallback"]), (0.4, True), "50 % is not sure")
        self.assertEqual(usual["ai_reasons"], "A fixed figure; ours is not sure enough here.")
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

    def test_bills_have_no_estimate_of_odoos_own(self):
        move = self.env["ir.model"]._get("account.move")
        values = {"model_id": move.id, "method": "anomaly", "features": [{"path": "ref"}], "is_primary": False}
        with self.assertRaisesRegex(ValidationError, "no estimate of its own for bills"):
            self.make_deployment(fallback="incumbent", **values)
        self.assertTrue(self.make_deployment(fallback="constant", **values))

    def test_nobody_writes_that_it_is_in_force(self):
        with self.assertRaises(AccessError):
            self.deployment.with_user(self.owner).write({"fallback_since": NOW})
        copy = self.deployment.copy()
        self.assertFalse(copy.fallback_since)

    def test_without_a_fallback_a_list_asks_the_database_no_more_often(self):
        leads = self.env["crm.lead"].with_user(self.seller)
        self.env.flush_all()
        self.env.invalidate_all()
        leads.env.companies.ids, leads.env.user.all_group_ids.ids  # noqa: B018  known to every request
        with self.assertQueryCount(1):
            leads._ai_shown()

    # The drill

    @mute_logger("odoo.addons.ai_deployment.models.scoring")
    def drill(self):
        action = self.deployment.with_user(self.owner).action_drill_fallback()
        return self.env["ai.deployment.drill"].browse(action["res_id"])

    def test_the_drill_reads_as_a_viewer_and_leaves_all_as_it_was(self):
        self.deployment.fallback = "incumbent"
        self.env.flush_all()
        drill = self.drill()
        self.assertTrue(drill.is_passed, drill.summary)
        self.assertEqual([step["code"] for step in drill.details], ["off", "unusable"])
        self.assertIn("A viewer read: “Odoo's own estimate; ours is switched off", drill.summary)
        self.assertIn("ours cannot be used at the moment", drill.summary)
        self.assertEqual((self.deployment.state, self.deployment.champion_id), ("production", self.version))
        self.assertFalse(self.deployment.fallback_since)
        self.assertFalse(self.deployment.alert_ids)
        self.assertFalse(any(row["ai_is_fallback"] for row in self.seen()))

    def test_a_fallback_that_does_not_show_is_found(self):
        self.deployment.fallback = "incumbent"
        self.patch(type(self.env["crm.lead"]), "_ai_shown_instead", lambda *_args: {})
        self.assertFalse(self.drill().is_passed)

    def test_once_a_month_it_is_tried_by_itself_and_a_failure_is_told(self):
        self.deployment.fallback = "incumbent"
        drills = self.env["ai.deployment.drill"]
        self.deployment._try_fallback()
        self.assertEqual((len(self.deployment.drill_ids), self.deployment.drill_ids.is_passed), (1, True))
        for days, expected in ((29, []), (31, self.deployment.ids)):
            taken = []
            self.patch(
                type(self.deployment), "_take_turns", lambda _self, _what, due, taken=taken: taken.extend(due.ids)
            )
            with clock.at(NOW + timedelta(days=days)):
                drills.env["ai.deployment"]._cron_drill_fallbacks()
            self.assertEqual(taken, expected)
        self.patch(type(self.env["crm.lead"]), "_ai_shown_instead", lambda *_args: {})
        self.deployment._try_fallback()
        self.assertEqual(self.deployment.alert_ids.cause, "drill:fallback")
        self.assertIn("failed at: It is switched off", self.deployment.alert_ids.name)
