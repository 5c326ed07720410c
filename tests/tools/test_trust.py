"""Nothing that a caller sends is trusted: a context key counts where this addon set it."""

import json

from odoo.api import SUPERUSER_ID
from odoo.tests import TransactionCase, new_test_user, tagged

from odoo.addons.ai_deployment.models.tools.trust import BY_ADDON, OWN, is_by_addon, is_system, own


@tagged("post_install", "-at_install")
class TestTrust(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.user = new_test_user(cls.env, "trusted_user", "base.group_user")

    def partners(self, user=None, **context):
        env = self.env(user=(user or self.user).id, context=context)
        return env["res.partner"]

    def test_a_caller_cannot_send_the_marker(self):
        for sent in (True, 1, "OWN", repr(OWN), {"OWN": True}):
            with self.subTest(sent=sent):
                self.assertFalse(is_by_addon(self.partners(**{BY_ADDON: sent}).env))
        self.assertTrue(is_by_addon(self.partners(**{BY_ADDON: OWN}).env))
        with self.assertRaises(TypeError):
            json.dumps(OWN)

    def test_what_a_person_sends_is_dropped_except_for_how_to_speak(self):
        speaking = {"lang": "en_US", "tz": "Europe/Brussels", "allowed_company_ids": self.env.company.ids}
        sent = {
            "default_name": "Forged",
            "tracking_disable": True,
            "active_test": False,
            "active_id": 1,
            BY_ADDON: "OWN",
        }
        records = own(self.partners(**speaking, **sent))
        self.assertEqual({**records.env.context}, {**speaking, BY_ADDON: OWN})
        self.assertTrue(is_by_addon(records.env))
        self.assertTrue(records.env.su)
        self.assertEqual(records.env.uid, self.user.id, "the user stays who it was")

    def test_a_key_that_the_addon_set_is_kept(self):
        records = own(self.partners(tracking_disable=OWN, mail_notrack=True))
        self.assertEqual({**records.env.context}, {"tracking_disable": OWN, BY_ADDON: OWN})

    def test_the_system_keeps_its_context_without_defaults(self):
        system = self.env["res.users"].browse(SUPERUSER_ID)
        records = own(self.partners(system, install_mode=True, default_name="Forged"))
        self.assertEqual({**records.env.context}, {"install_mode": True, BY_ADDON: OWN})

    def test_all_rights_do_not_make_a_person_the_system(self):
        self.assertFalse(is_system(self.partners().env(su=True)))
        self.assertTrue(is_system(self.env(user=SUPERUSER_ID)))
