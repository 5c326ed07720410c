"""Proposed values: read with the record, changed by nobody, kept as long as the log."""

from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.proposals.common import TaskCase


@tagged("post_install", "-at_install")
class TestProposal(TaskCase):
    def test_who_may_not_read_the_record_reads_nothing_proposed_for_it(self):
        lead = self.scored("A pump", user_id=self.seller.id)
        proposals = self.env["ai.deployment.proposal"]
        domain = [("res_id", "=", lead.id)]
        self.assertTrue(proposals.with_user(self.reviewer).search(domain))
        self.assertTrue(proposals.with_user(self.auditor).search(domain))
        self.assertFalse(proposals.with_user(self.other_owner).search(domain))
        with self.assertRaises(AccessError):
            proposals.with_user(self.seller).search(domain)

    def test_nobody_changes_or_deletes_one_and_no_raw_value_is_read(self):
        proposal = self.proposals_of(self.scored("A pump"))
        own = proposal.with_user(self.owner)
        for attempt in (
            lambda: own.write({"verdict": "right"}),
            own.unlink,
            proposal.sudo().unlink,
            lambda: own.read(["value"]),
            lambda: own.read(["old_value"]),
        ):
            with self.assertRaises(AccessError):
                attempt()

    def test_it_goes_with_the_log(self):
        proposal = self.proposals_of(self.scored("A pump"))
        with clock.at(NOW + timedelta(days=self.task.retention_days - 1)):
            self.env["ai.deployment.proposal"]._gc_expired()
        self.assertTrue(proposal.exists())
        with clock.at(NOW + timedelta(days=self.task.retention_days + 1)):
            self.env["ai.deployment.proposal"]._gc_expired()
        self.assertFalse(proposal.exists())
