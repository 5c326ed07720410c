"""Rows of a checklist: signing, waiving, and who may do what about a row."""

from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW
from odoo.addons.ai_deployment.tests.governance.common import DAY, ChecklistCase


@tagged("post_install", "-at_install")
class TestCheck(ChecklistCase):
    def test_a_row_is_signed_with_what_was_seen_and_nothing_else(self):
        row = self.by_hand().with_user(self.owner)
        for note in ("", "  ", None):
            with self.assertRaisesRegex(UserError, "Describe what you have verified"), self.env.cr.savepoint():
                row._sign(note)
        row._sign(" I looked at 50 leads. ")
        self.assertEqual((row.state, row.note, row.signed_by_id), ("met", "I looked at 50 leads.", self.owner))
        with self.assertRaises(AccessError):
            row.with_user(self.reviewer)._sign("I too.")
        proved = self.row("owner_accepted").with_user(self.owner)
        with self.assertRaisesRegex(UserError, "does not replace them"), self.env.cr.savepoint():
            proved._sign("I say so.")

    def test_a_signature_ends_with_the_version_an_input_or_the_filter_that_it_was_given_for(self):
        row = self.by_hand()
        for change in (
            lambda: self.serve(self.deployment, self.card(high=2.0)),
            lambda: self.deployment.feature_ids[0].write({"sensitive": True}),
            lambda: self.deployment.write({"domain": "[('type', '=', 'opportunity')]"}),
        ):
            row.with_user(self.owner)._sign("Seen.")
            self.assertEqual(row.state, "met")
            change()
            row._refresh()
            self.assertEqual(row.state, "missing")
            self.assertIn("sign it again", row.evidence)

    def test_a_waiver_is_an_administrators_has_a_reason_and_an_end_after_which_the_row_blocks(self):
        row = self.by_hand()
        day = NOW.date()
        for person in (self.owner, self.deputy, self.reviewer, self.auditor):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                row.with_user(person)._waive("Because.", day + DAY)
        waived = row.with_user(self.manager)
        for reason, until, error in (
            ("", day + DAY, "Enter (why|a reason)"),
            ("x", day, "in the future"),
            ("x", day - DAY, "in the future"),
            ("x", None, "in the future"),
            ("x", day + 366 * DAY, "one year at most"),
        ):
            with (
                self.subTest(reason=reason, until=until),
                self.assertRaisesRegex(UserError, error),
                self.env.cr.savepoint(),
            ):
                waived._waive(reason, until)
        waived.with_context(lang="en_US")._waive("The measurement runs.", day + 10 * DAY)
        told = row.deployment_id.message_ids[0].body
        self.assertIn(f"until {day + 10 * DAY:%m/%d/%Y}", told)  # as people write it
        self.assertEqual((row.state, row.waived_by_id), ("waived", self.manager))
        for days, state in ((10, "waived"), (11, "missing")):
            with clock.at(NOW + days * DAY):
                row._refresh()
                self.assertEqual(row.state, state)

    def test_a_row_of_somebodys_own_that_is_changed_was_waived_for_other_words(self):
        own = (
            self.env["ai.deployment.check"]
            .with_user(self.owner)
            .create(
                {"deployment_id": self.deployment.id, "name": "The works council agrees", "dimension": "organisational"}
            )
        )
        own.with_user(self.manager)._waive("Asked.", NOW.date() + DAY)
        own.name = "Nothing"
        self.assertFalse(own.waived_until)
        own._refresh()
        self.assertEqual(own.state, "missing")
        with self.assertRaisesRegex(UserError, "during the proof of concept"), self.env.cr.savepoint():
            own.unlink()

    def test_nobody_writes_evidence(self):
        row = self.by_hand()
        for person in (self.owner, self.deputy, self.manager, self.env.ref("base.user_admin")):
            for values in (
                {"state": "met"},
                {"waived_until": date(2100, 1, 1)},
                {"signed_by_id": person.id},
                {"evidence_fingerprint": "x"},
                {"rule": "approver"},
                {"evidence": "Yes."},
                {"deployment_id": self.deployment.id},
                {"valid_days": 0},
                {"name": "Easier"},
            ):
                with (
                    self.subTest(person=person.login, values=values),
                    self.assertRaises(UserError),
                    self.env.cr.savepoint(),
                ):
                    row.with_user(person).write(values)
            with self.assertRaises(UserError):
                row.with_user(person).unlink()

    def test_defaults_in_a_context_reach_no_row(self):
        poisoned = {
            "default_waived_until": "2100-01-01",
            "default_state": "met",
            "default_rule": "stop_rule",
            "default_signed_date": "2026-01-01",
            "default_note": "x",
            "default_waiver_reason": "x",
        }
        deployment = (
            self.env["ai.deployment"]
            .with_user(self.owner)
            .with_context(**poisoned)
            .create({"name": "Mine", "purpose": "A test of what is kept.", "model_id": self.lead_model.id})
        )
        rows = deployment.sudo().check_ids
        self.assertEqual(len(rows), 20)
        self.assertFalse(any(rows.mapped("waived_until")) or any(rows.mapped("signed_date")))
        self.assertEqual(set(rows.mapped("state")), {"missing"})
        own = (
            self.env["ai.deployment.check"]
            .with_user(self.owner)
            .with_context(**poisoned)
            .create({"deployment_id": self.deployment.id, "name": "Mine", "dimension": "business"})
        )
        self.assertEqual((own.rule, own.state, own.waived_until), ("by_hand", "missing", False))

    def test_only_who_answers_for_it_does_something_about_a_row(self):
        row = self.by_hand()
        self.assertEqual(row.with_user(self.owner).action_satisfy()["res_model"], "ai.deployment.check.sign")
        for person in (self.reviewer, self.auditor, self.other_owner):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                row.with_user(person).action_satisfy()

    def test_documents_of_a_signature_are_read_with_the_row_and_others_stay_where_they_are(self):
        row = self.by_hand()
        make = self.env["ir.attachment"].with_user(self.owner).create
        loose = make({"name": "seen.txt", "raw": b"x", "res_model": "ai.deployment.check.sign"})
        lead = self.make_leads(user_id=self.owner.id)
        elsewhere = make({"name": "lead.txt", "raw": b"x", "res_model": "crm.lead", "res_id": lead.id})
        row.with_user(self.owner)._sign("See the file.", loose + elsewhere)
        self.assertEqual((loose.res_model, loose.res_id), (row._name, row.id))
        self.assertEqual((elsewhere.res_model, elsewhere.res_id), ("crm.lead", lead.id))
        self.assertTrue(loose.with_user(self.auditor).has_access("read"))
        self.assertFalse(elsewhere.with_user(self.manager).has_access("read"))
        others = self.env["ir.attachment"].create({"name": "secret", "raw": b"x"})
        with self.assertRaises(AccessError):
            row.with_user(self.owner)._sign("Not mine.", others.with_user(self.owner))
