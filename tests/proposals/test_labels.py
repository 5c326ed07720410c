"""Labels of proposed values: kept with the answer that is the label, and gone with it."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.proposals.labels import keep_labels, proposals_of, withdraw_labels
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.proposals.common import TaskCase


@tagged("post_install", "-at_install")
class TestLabels(TaskCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))
        self.lead = self.scored("Perhaps a pump")
        self.review = self.reviews_of(self.lead)
        self.review.sudo().decided_by_id = self.reviewer

    def test_a_value_is_right_where_it_was_left_and_wrong_where_it_was_not(self):
        proposal = proposals_of(self.review.inference_id)
        for team, verdict in ((self.pumps, "right"), (self.valves, "wrong")):
            keep_labels(self.review.sudo(), {"team_id": str(team.id)})
            self.assertEqual((proposal.verdict, proposal.label), (verdict, str(team.id)))
        self.assertEqual((proposal.judged_by_id, proposal.review_id), (self.reviewer, self.review))

    def test_a_field_without_a_proposal_gets_a_row_and_the_answer_taken_back_leaves_no_label(self):
        keep_labels(self.review.sudo(), {"team_id": str(self.pumps.id), "user_id": str(self.seller.id)})
        found = proposals_of(self.review.inference_id)
        self.assertEqual(set(found.mapped("key")), {"team_id", "user_id"})
        added = found.filtered(lambda one: one.key == "user_id")
        self.assertEqual((added.verdict, bool(added.failure_type)), ("wrong", True))
        withdraw_labels(self.review.sudo())
        self.assertFalse(any(found.mapped("verdict")) or any(found.mapped("label")))

    def test_in_shadow_nothing_is_written(self):
        self.task.answer_field_ids.writing = "confirmed"
        before = self.lead.team_id
        keep_labels(self.review.sudo(), {"team_id": str(self.valves.id)})
        self.assertEqual(self.lead.team_id, before)
