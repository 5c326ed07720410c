"""The page "Overview": who sees it, and what comes first."""

import json

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase


@tagged("post_install", "-at_install")
class TestOverviewPage(AiDeploymentCase):
    def page(self, user=None):
        self.env.flush_all()
        self.env.invalidate_all()
        with clock.at(NOW):
            return json.loads(json.dumps(self.env["ai.deployment.overview"].with_user(user or self.owner).page()))

    def test_deployments_that_the_user_may_see_with_six_tiles_each(self):
        other = self.make_deployment(name="Somebody else's", user_id=self.other_owner.id)
        page = self.page(self.manager)
        self.assertLessEqual({"Which leads to call", other.name}, {one["name"] for one in page["deployments"]})
        one = next(one for one in page["deployments"] if one["id"] == self.deployment.id)
        self.assertEqual([tile["name"] for tile in one["tiles"]], "health accuracy scored reviewed value next".split())
        self.assertEqual((one["document"], one["state_label"], one["is_mine"]), ("leads", "Shadow", False))
        mine = {row["name"]: row["is_mine"] for row in self.page(self.deputy)["deployments"]}
        self.assertTrue(mine[self.deployment.name])

    def test_retired_ones_are_left_out(self):
        self.deployment._move("retired", "Over")
        self.assertNotIn(self.deployment.id, [one["id"] for one in self.page()["deployments"]])

    def test_reviewers_and_sellers_do_not_see_it(self):
        for person in (self.reviewer, self.seller):
            with self.assertRaises(AccessError) as caught:
                self.page(person)
            self.assertIn("owners, auditors and administrators", str(caught.exception))
            self.assertNotIn("ai.deployment", str(caught.exception))
            with self.assertRaises(AccessError):
                self.env["ai.deployment.overview"].with_user(person).tiles(self.deployment.id)

    def test_an_auditor_reads_it_and_creates_nothing(self):
        page = self.page(self.auditor)
        self.assertIn(self.deployment.id, [one["id"] for one in page["deployments"]])
        self.assertFalse(page["may_create"])
        self.assertTrue(self.page()["may_create"])
