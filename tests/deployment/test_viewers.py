"""Who is shown the scores of which deployment: remembered, and looked up again when that changes."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.deployment.viewers import Viewed
from odoo.addons.ai_deployment.models.documents.score_sql import ShownScores
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestViewers(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.go_live()

    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))

    def ids_of(self, person):
        return ShownScores(self.env["crm.lead"].with_user(person)).deployment_ids()

    def test_who_views_what(self):
        found = self.env["ai.deployment"]._viewed("crm.lead")
        groups = frozenset(self.deployment.viewer_group_ids.ids)
        self.assertIn(Viewed(self.deployment.id, self.env.company.id, True, groups), found)
        self.assertNotIn(self.deployment.id, [one.id for one in self.env["ai.deployment"]._viewed("account.move")])

    def test_a_question_that_was_asked_before_costs_no_statement(self):
        self.assertEqual(self.ids_of(self.seller), (self.deployment.id,))
        with self.assertQueryCount(0):
            self.ids_of(self.seller)

    def test_whatever_takes_a_right_away_counts_at_once(self):
        groups = self.deployment.viewer_group_ids
        changes = (
            ({"viewer_group_ids": [(5,)]}, {"viewer_group_ids": [(6, 0, groups.ids)]}),
            ({"is_primary": False}, {"is_primary": True}),
            ({"state": "suspended"}, {"state": "production"}),
        )
        for away, back in changes:
            with self.subTest(change=away):
                self.assertEqual(self.ids_of(self.seller), (self.deployment.id,))
                self.deployment.write(away)
                self.assertEqual(self.ids_of(self.seller), ())
                self.deployment.write(back)
        self.assertEqual(self.ids_of(self.seller), (self.deployment.id,))
        self.seller.write({"group_ids": [(3, group.id) for group in groups]})
        self.assertFalse(set(groups.ids) & set(self.seller._get_group_ids()) and self.ids_of(self.seller))

    def test_new_ones_count_and_deleted_ones_do_not(self):
        other = self.deployment.copy({"is_primary": False})
        self.assertIn(other.id, [one.id for one in self.env["ai.deployment"]._viewed("crm.lead")])
        other.unlink()
        self.assertNotIn(other.id, [one.id for one in self.env["ai.deployment"]._viewed("crm.lead")])
        self.assertEqual(self.ids_of(self.seller), (self.deployment.id,))
