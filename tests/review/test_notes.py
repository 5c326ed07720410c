"""The note that an answer leaves on the record."""

from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.review.common import ReviewCase


@tagged("post_install", "-at_install")
class TestNotes(ReviewCase):
    def test_an_answer_leaves_a_note_on_the_record_and_changes_no_field_of_it(self):
        lead = self.make_leads()
        review = self.ask(lead)
        self.env.flush_all()
        query = "SELECT to_jsonb(crm_lead), xmin::text FROM crm_lead WHERE id = %s"
        self.env.cr.execute(query, [lead.id])
        before, messages = self.env.cr.fetchall(), lead.message_ids
        review.with_user(self.reviewer)._decide("overridden", note="They <b>moved</b> away.")
        self.env.flush_all()
        self.env.cr.execute(query, [lead.id])
        self.assertEqual(self.env.cr.fetchall(), before)
        lead.invalidate_recordset()
        message = lead.message_ids - messages
        self.assertEqual(len(message), 1)
        self.assertIn("The score is wrong", message.body)
        self.assertIn("They &lt;b&gt;moved&lt;/b&gt; away.", message.body)
        self.assertEqual(message.author_id, self.reviewer.partner_id)
        self.assertEqual(message.subtype_id, self.env.ref("mail.mt_note"))
