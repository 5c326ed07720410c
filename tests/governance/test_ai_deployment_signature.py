"""Signatures are given in person, by people with no other part in the deployment."""

from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged

from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import SignatureCase


@tagged("post_install", "-at_install")
class TestSignature(SignatureCase):
    def test_it_is_read_and_signed_in_person_by_somebody_with_no_other_part_in_it(self):
        mine = self.signature.with_user(self.accountant)
        self.assertFalse(self.deployment.with_user(self.accountant).has_access("read"))
        self.assertIn("Expected Revenue", mine.text_html)
        self.assertIn("trade fairs", mine.text_html)
        self.assertIn(self.deployment.name, mine.display_name)
        self.assertEqual(mine.activity_ids.user_id, self.accountant)
        self.assertIn("has not signed it yet", self.row("explained").evidence)
        for person in (self.owner, self.manager, self.env.ref("base.user_admin")):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.signature.with_user(person).action_sign()
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.signature.with_user(person).write({"signed_date": NOW, "digest": "x"})
        mine.action_sign()
        self.assertEqual((mine.state, self.row("explained").state), ("signed", "met"))
        self.assertFalse(mine.activity_ids)

    def test_who_answers_for_it_and_who_is_no_person_does_not_sign(self):
        for person in (self.owner, self.deputy, self.env.ref("base.user_root")):
            with self.subTest(person=person.login), self.assertRaises(ValidationError):
                self.signature.with_user(self.owner).user_id = person
        self.signature.with_user(self.accountant).action_sign()
        self.deployment.sudo().user_id = self.other_owner
        self.assertEqual(self.row("explained").state, "met")
        self.accountant.active = False
        self.assertEqual(self.row("explained").state, "missing")
