"""Rules that hide scores: the rows that any of them names are hidden from everybody but the Auditor."""

from unittest.mock import patch

from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.scoring import hiding
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestHiding(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.leads = cls.make_leads(3)
        cls.deployment._score(cls.leads)

    def seen_by(self, user, rules):
        """Return the leads whose line of the log and whose score `user` finds, as two sets."""
        with patch.object(hiding, "HIDING", rules):
            self.env.invalidate_all()
            return tuple(
                set(self.env[name].with_user(user).search([("res_id", "in", self.leads.ids)]).mapped("res_id"))
                for name in ("ai.deployment.inference", "ai.deployment.score")
            )

    def about(self, lead):
        return lambda lines: Domain("res_id", "=", lead.id)

    def test_what_any_rule_names_is_not_found(self):
        first, second, third = self.leads
        everything = set(self.leads.ids)
        self.assertEqual(self.seen_by(self.owner, [])[0], everything)
        self.assertEqual(self.seen_by(self.owner, [self.about(first)])[0], {second.id, third.id})
        self.assertEqual(self.seen_by(self.owner, [self.about(first), self.about(second)])[0], {third.id})
        for found in self.seen_by(self.owner, [self.about(first), self.about(second)]):
            self.assertFalse(found & {first.id, second.id})

    def test_what_a_rule_names_is_not_read_either(self):
        line = self.inferences_of(self.leads[0]).with_user(self.owner)
        line.check_access("read")
        with patch.object(hiding, "HIDING", [self.about(self.leads[0])]), self.assertRaises(AccessError):
            line.check_access("read")

    def test_the_auditor_reads_all_rows(self):
        rules = [self.about(lead) for lead in self.leads]
        self.assertEqual(self.seen_by(self.auditor, rules)[0], set(self.leads.ids))
