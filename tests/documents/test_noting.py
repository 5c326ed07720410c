"""Records that the end of the transaction scores; see also the rules of scoring."""

from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.documents import noting
from odoo.addons.ai_deployment.models.tools import noted
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


@tagged("post_install", "-at_install")
class TestNoting(AiDeploymentCase):
    def test_where_no_deployment_is_live_nothing_is_noted(self):
        lead = self.make_leads()
        self.deployment.state = "suspended"
        with patch.object(noted, "begin") as begin, patch.object(noted, "hook") as hook:
            noting.note_created(lead)
            noting.note_changes(lead, [{"expected_revenue": 1}])
            noting.score_noted(lead)
        begin.assert_not_called()
        hook.assert_not_called()

    def test_a_change_is_noted_for_a_mark_where_it_is_not_scored_at_once(self):
        lead, other = self.make_leads(), self.make_leads()
        self.commit()
        lead.expected_revenue = 1
        other.phone = "1"
        found = noted.notes(self.env.cr)
        self.assertEqual((found.wanted, set(found.changed[self.deployment.id])), ({}, {lead.id}))

    def test_a_course_that_went_on_is_noted_for_who_reads_it(self):
        leads = self.make_leads(2)
        self.commit()
        told = {"meetings": leads.ids, "answers": leads[:1].ids}
        noting.note_course(leads, told)
        self.assertIsNone(noted.notes(self.env.cr))
        rule = self.env["ai.deployment"]._scoring_rules("crm.lead")[0]._replace(course=frozenset({"answers"}))
        self.patch(type(self.deployment), "_scoring_rules", lambda _self, _model: (rule,))
        self.assertEqual(noting.course_noted(leads), {"answers"})
        noting.note_course(leads, told)
        self.assertEqual(set(noted.notes(self.env.cr).changed[self.deployment.id]), set(leads[:1].ids))

    def test_what_is_created_is_scored_once_somebody_looks(self):
        self.deployment.score_on_create = True
        lead = self.make_leads()
        noting.score_noted(lead)
        self.assertTrue(self.score_of(lead))
