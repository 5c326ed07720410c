"""What a transaction created is scored before its commit, and never stops a user who saves."""

import traceback
from unittest.mock import patch

import psycopg2.errors

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.scoring import scoring_on_save
from odoo.addons.ai_deployment.models.scoring.scoring_run import ScoringRun
from odoo.addons.ai_deployment.tests.scoring.common import ScoringRuleCase

SCORING = "odoo.addons.ai_deployment.models.scoring.scoring_on_save"

REFUSAL = "Not like this"


@tagged("post_install", "-at_install")
class TestOnCreation(ScoringRuleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.score_on_create = True

    def test_a_new_lead_is_scored_at_the_end_of_the_transaction(self):
        lead = self.make_leads()
        self.assertFalse(self.inferences_of(lead))
        self.commit()
        self.assertEqual(len(self.inferences_of(lead)), 1)
        self.assertEqual(self.score_of(lead).state, "scored")
        self.assertEqual(self.asked(), (1, 0))

    def test_many_leads_cost_no_more_queries_than_one(self):
        for count in (1, 1):  # the first call fills caches
            few = self.make_leads(count)
            self.env.flush_all()
            before = self.env.cr.sql_log_count
            self.commit()
            queries = self.env.cr.sql_log_count - before
        many = self.make_leads(200)
        self.env.flush_all()
        before = self.env.cr.sql_log_count
        self.commit()
        self.assertLessEqual(self.env.cr.sql_log_count - before, queries)
        self.assertEqual(len(self.inferences_of(few | many)), 201)
        self.assertEqual(len(set(self.inferences_of(many).mapped("date"))), 1)

    def test_it_is_scored_as_the_deployment_and_asked_for_by_the_user(self):
        lead = self.env["crm.lead"].with_user(self.seller).create({"name": "Mine", "expected_revenue": 5000})
        lead.with_user(self.env.user).user_id = self.other_seller  # the one who created it cannot read it any more
        self.commit()
        line = self.inferences_of(lead)
        self.assertEqual((line.user_id, len(line)), (self.seller, 1))

    def test_the_context_of_the_user_does_not_reach_scoring(self):
        seen = []

        def look(run, **options):
            seen.append((dict(run.records.env.context), run.records.env.su))

        with patch.object(ScoringRun, "run", look):
            self.env["crm.lead"].with_context(default_type="lead", active_test=False).create({"name": "x"})
            self.commit()
        self.assertEqual(seen, [({}, True)])

    def test_records_outside_of_the_filter_are_not_asked_for(self):
        self.deployment.domain = "[('expected_revenue', '>', 100)]"
        inside, outside = self.make_leads(2), self.make_leads(3, expected_revenue=50)
        self.commit()
        self.assertEqual(len(self.inferences_of(inside | outside)), 2)
        self.assertEqual(self.asked(), (2, 0))

    def test_the_filter_sees_the_record_as_it_is_at_the_end(self):
        self.deployment.domain = "[('expected_revenue', '>', 100)]"
        lead = self.make_leads(expected_revenue=50)
        lead.expected_revenue = 500
        self.commit()
        self.assertEqual(len(self.inferences_of(lead)), 1)

    def test_a_lead_that_is_lost_already_is_not_scored(self):
        lead = self.make_leads()
        lead.action_set_lost()
        self.commit()
        self.assertFalse(self.inferences_of(lead))
        self.assertEqual(self.asked(), (0, 0))

    def test_only_in_the_company_of_the_deployment(self):
        company = self.env["res.company"].create({"name": "Another"})
        other = self.make_deployment(name="There", company_id=company.id, score_on_create=True)
        self.serve(other, self.card())
        other.state = "shadow"
        here, there = self.make_leads(), self.make_leads(company_id=company.id, user_id=False, team_id=False)
        self.commit()
        self.assertEqual(self.inferences_of(here | there).mapped("res_id"), here.ids)
        self.assertEqual(self.inferences_of(here | there, other).mapped("res_id"), there.ids)

    def test_each_deployment_scores_in_one_call(self):
        other = self.make_deployment(name="Beside", is_primary=False, score_on_create=True)
        self.serve(other, self.card())
        other.state = "shadow"
        leads = self.make_leads(2) | self.make_leads(3)
        self.commit()
        for deployment in (self.deployment, other):
            self.assertEqual(self.asked(deployment), (5, 0))
            self.assertEqual(len(self.inferences_of(leads, deployment)), 5)
            rows = self.env["ai.deployment.requested"].sudo().search([("deployment_id", "=", deployment.id)])
            self.assertEqual(len(rows), 1)

    def test_it_is_quiet_where_it_is_not_at_work(self):
        for state in ("suspended", "retired"):
            self.deployment.state = state
            lead = self.make_leads()
            self.commit()
            with self.subTest(state=state):
                self.assertFalse(self.inferences_of(lead))

    # Ways in which leads come

    def test_a_copy(self):
        lead = self.make_leads()
        copy = lead.copy()
        self.commit()
        self.assertEqual(len(self.inferences_of(lead | copy)), 2)

    def test_an_import(self):
        self.commit()
        before = len(self.env["ai.deployment.requested"].sudo().search([]))
        rows = [[f"Imported {number}", str(1000 + number)] for number in range(50)]
        ids = self.env["crm.lead"].load(["name", "expected_revenue"], rows)["ids"]
        self.commit()
        self.assertEqual(len(self.inferences_of(self.env["crm.lead"].browse(ids))), 50)
        self.assertEqual(len(self.env["ai.deployment.requested"].sudo().search([])) - before, 1, "in one go")

    def test_an_e_mail(self):
        alias = self.env["mail.alias"].create(
            {"alias_name": "leads.in", "alias_model_id": self.lead_model.id, "alias_contact": "everyone"}
        )
        self.env["mail.alias.domain"].search([], limit=1) or self.env["mail.alias.domain"].create({"name": "x.example"})
        mail = (
            f"From: Anna <anna@example.com>\nTo: {alias.alias_name}@{alias.alias_domain or 'x.example'}\n"
            "Subject: We need a quote\nMessage-Id: <one@example.com>\nContent-Type: text/plain\n\nHello"
        )
        lead_id = self.env["mail.thread"].message_process("crm.lead", mail)
        self.commit()
        self.assertEqual(len(self.inferences_of(self.env["crm.lead"].browse(lead_id))), 1)

    def test_a_visitor_of_a_website(self):
        public = self.env.ref("base.public_user")
        lead = self.env["crm.lead"].with_user(public).sudo().create({"name": "From the form", "type": "lead"})
        self.commit()
        self.assertEqual(self.inferences_of(lead).user_id, public)

    def test_a_merge(self):
        self.commit()
        one, two = self.make_leads(), self.make_leads(expected_revenue=900)
        survivor = (one | two).with_context(active_test=False)._merge_opportunity(auto_unlink=True)
        self.commit()
        self.assertEqual(self.inferences_of(one | two).mapped("res_id"), survivor.ids)
        self.assertEqual(self.asked(), (1, 0))

    def test_an_onchange_scores_nothing(self):
        form = Form(self.env["crm.lead"])
        form.name = "Not saved"
        form.expected_revenue = 5000
        self.commit()
        self.assertFalse(self.noted())
        self.assertEqual(self.asked(), (0, 0))
        lead = form.save()
        self.commit()
        self.assertEqual(len(self.inferences_of(lead)), 1)

    # What goes before the end

    def test_a_lead_that_is_deleted_again(self):
        kept, gone = self.make_leads(), self.make_leads()
        gone.unlink()
        self.commit()
        self.assertEqual(len(self.inferences_of(kept)), 1)
        self.assertEqual(self.asked(), (1, 0))

    def test_a_savepoint_that_is_rolled_back(self):
        kept = self.make_leads()
        for flush in (True, False):
            self.env.flush_all()
            savepoint = self.env.cr.savepoint(flush=flush)
            gone = self.make_leads().id
            self.env.flush_all()
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)
            self.commit()
            with self.subTest(flush=flush):
                self.assertFalse(self.inferences_of(self.env["crm.lead"].browse(gone)))
        self.assertEqual(len(self.inferences_of(kept)), 1)
        self.assertEqual(self.asked(), (1, 0))

    def test_many_records_become_a_batch(self):
        self.deployment.batch_above = 10
        self.deployment.domain = "[('expected_revenue', '>', 100)]"
        self.make_leads(11)
        self.make_leads(2, expected_revenue=50)
        self.commit()
        batch = self.env["ai.deployment.batch"].sudo().search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual((batch.record_count, batch.user_id), (11, self.env.ref("base.user_root")))
        self.assertEqual(self.asked(), (11, 0))

    def test_few_of_many_records_are_scored_at_once(self):
        self.deployment.batch_above = 10
        self.deployment.domain = "[('expected_revenue', '>', 100)]"
        inside = self.make_leads(3)
        self.make_leads(20, expected_revenue=50)
        self.commit()
        self.assertFalse(self.env["ai.deployment.batch"].sudo().search([("deployment_id", "=", self.deployment.id)]))
        self.assertEqual(len(self.inferences_of(inside)), 3)
        self.assertEqual(self.asked(), (3, 0))

    def test_never_more_at_once_than_a_user_can_wait_for(self):
        self.deployment.batch_above = 100_000
        with patch(f"{SCORING}.MOST_AT_ONCE", 5):
            self.make_leads(6)
            self.commit()
        batch = self.env["ai.deployment.batch"].sudo().search([("deployment_id", "=", self.deployment.id)])
        self.assertEqual(batch.record_count, 6)

    # Together with other ways

    def test_an_automation_rule_beside_it_scores_no_second_time(self):
        action = self.env["ir.actions.server"].create(
            {
                "name": "Score",
                "model_id": self.lead_model.id,
                "state": "ai_deployment_score",
                "ai_deployment_id": self.deployment.id,
            }
        )
        self.env["base.automation"].create(
            {
                "name": "Score new leads",
                "model_id": self.lead_model.id,
                "trigger": "on_create",
                "action_server_ids": [Command.set(action.ids)],
            }
        )
        leads = self.make_leads(3)
        self.commit()
        self.assertEqual(len(self.inferences_of(leads)), 3)
        self.assertEqual(self.asked()[1], 0)
        one = self.make_leads()
        asked = self.asked()[0]
        self.commit()
        self.assertEqual((len(self.inferences_of(one)), self.asked()), (1, (asked, 0)))

    def test_a_score_that_a_person_asks_for_meanwhile_is_enough(self):
        leads = self.make_leads(2)
        self.deployment._score(leads)
        self.commit()
        self.assertEqual(len(self.inferences_of(leads)), 2)
        self.assertEqual(self.asked(), (2, 0))

    def test_who_reads_the_score_in_the_same_call_sees_it(self):
        """As the web client does: it saves a record and reads it back."""
        self.go_live()
        self.commit()
        lead = self.make_leads().with_user(self.seller)
        [seen] = lead.web_read({"ai_score": {}, "ai_reasons": {}})
        self.assertGreater(seen["ai_score"], 0)
        self.assertTrue(seen["ai_reasons"])
        self.commit()
        self.assertEqual(len(self.inferences_of(lead)), 1)


@tagged("post_install", "-at_install")
class TestRuleInNobodysWay(ScoringRuleCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.score_on_create = True

    def test_a_lost_connection_is_raised_as_it_is_without_a_trace_through_us(self):
        """Odoo logs each request that fails so, and many people work when a server goes."""

        def lose(*_args):
            try:
                raise psycopg2.InterfaceError("cursor already closed")
            except psycopg2.InterfaceError:
                raise psycopg2.InterfaceError("connection already closed")  # noqa: B904  as a savepoint does

        deployment = self.deployment.sudo()
        for what in (scoring_on_save.score_saved, scoring_on_save.mark_changed):
            told = ""
            with patch.object(scoring_on_save, "bounded_savepoint", lose):
                try:
                    what(deployment, [1], self.env.uid)
                except psycopg2.InterfaceError as error:
                    told = "".join(traceback.format_exception(error))
            self.assertIn("connection already closed", told)
            self.assertNotIn("cursor already closed", told)
            self.assertNotIn("in lose", told)

    def test_the_errors_of_the_user_stay_theirs(self):
        self.env["crm.tag"].create({"name": "Twice"})
        second = self.env["crm.tag"].create({"name": "Once"})
        with self.assertRaises(psycopg2.errors.UniqueViolation), mute_logger("odoo.sql_db"):
            self.make_leads()
            second.name = "Twice"
            self.commit()

    def test_the_errors_of_other_hooks_stay_theirs(self):
        def refuse():
            raise UserError(REFUSAL)

        with self.assertRaises(UserError):
            self.make_leads()
            self.env.cr.precommit.add(refuse)
            self.commit()

    def test_what_other_hooks_change_is_scored_as_they_leave_it(self):
        lead = self.make_leads()
        self.env.cr.precommit.add(lambda: lead.write({"expected_revenue": 50_000}))
        self.commit()
        self.assertEqual(self.inferences_of(lead).mapped("predicted_value"), [self.score_of(lead).predicted_value])
        self.assertEqual(self.inferences_of(lead).codes, self.score_of(lead).codes)
        self.assertEqual(self.deployment._score(lead)["unchanged"], 1)

    def test_a_damaged_version_lets_the_record_wait(self):
        self.env.flush_all()
        self.env.cr.execute("UPDATE ai_deployment_version SET digest = 'x' WHERE id = %s", [self.version.id])
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        lead = self.make_leads()
        self.commit()
        self.assertEqual(self.score_of(lead).state, "waiting")
        self.assertEqual(self.asked(), (1, 0))

    def test_a_broken_filter_lets_the_record_wait(self):
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE ai_deployment SET domain = %s WHERE id = %s", ["[('gone', '=', 1)]", self.deployment.id]
        )
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        lead = self.make_leads()
        with mute_logger("odoo.addons.ai_deployment.models.scoring"):
            self.commit()
        self.assertTrue(lead.exists())
        self.assertEqual(self.asked(), (1, 0))

    def test_the_time_that_a_user_waits_is_bounded_and_given_back(self):
        seen = []

        def look(deployment, records, one_try):
            self.env.cr.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
            seen.append(self.env.cr.fetchone())
            if error:
                raise error

        self.env.cr.execute("SET LOCAL lock_timeout = '7s'")
        for fails in (False, True):
            error = KeyError("x") if fails else None
            with patch(f"{SCORING}.score_found", look), mute_logger(SCORING):
                self.make_leads()
                self.commit()
            self.env.cr.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
            self.assertEqual(self.env.cr.fetchone(), ("7s", "0"))
        self.assertEqual(set(seen), {("2s", "10s")})
