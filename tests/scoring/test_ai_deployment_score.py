"""The table of current scores: a new score touches no index, and finds room on its page."""

from datetime import timedelta

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

# What a new score of a record writes over the last one.
REWRITTEN = {
    "version_id",
    "company_id",
    "date",
    "state",
    "predicted_value",
    "prediction",
    "confidence",
    "failure_type",
    "codes",
    "amount",
    "is_changed",
    "holds_until",
    "next_meeting",
}


@tagged("post_install", "-at_install")
class TestScoreTable(AiDeploymentCase):
    def updates(self):
        """(rows updated in this transaction, those of them on the same page and in no index)"""
        self.env.flush_all()
        [row] = self.env.execute_query(
            SQL(
                "SELECT pg_stat_get_xact_tuples_updated(oid), pg_stat_get_xact_tuples_hot_updated(oid)"
                " FROM pg_class WHERE oid = 'ai_deployment_score'::regclass"
            )
        )
        return row

    def size(self):
        return self.env.execute_query(SQL("SELECT pg_relation_size('ai_deployment_score'::regclass)"))[0][0]

    def test_no_index_holds_what_a_new_score_changes(self):
        indexed = self.env.execute_query(
            SQL(
                "SELECT DISTINCT column_.attname FROM pg_index JOIN pg_attribute column_"
                " ON column_.attrelid = pg_index.indrelid AND column_.attnum = ANY(pg_index.indkey)"
                " WHERE pg_index.indrelid = 'ai_deployment_score'::regclass"
            )
        )
        self.assertFalse(REWRITTEN & {name for (name,) in indexed})
        self.assertLessEqual(REWRITTEN, set(self.env["ai.deployment.score"]._fields))

    def test_a_night_that_changes_every_score_rewrites_each_on_its_page(self):
        """Nothing is cleaned up within a transaction, so this is the night that finds no help."""
        leads = self.make_leads(400)
        self.deployment._score(leads, now=NOW)
        size, (updated, hot) = self.size(), self.updates()
        leads.expected_revenue = 20_000
        self.assertEqual(self.deployment._score(leads, now=NOW + timedelta(days=1))["unchanged"], 0)
        after = self.updates()
        self.assertEqual((after[0] - updated, after[1] - hot), (400, 400))
        self.assertEqual(self.size(), size)

    def test_what_has_not_changed_is_not_rewritten(self):
        leads = self.make_leads(5)
        self.deployment._score(leads, now=NOW)
        before = self.updates()
        for day in range(1, 4):
            self.deployment._score(leads, now=NOW + timedelta(days=day))
        self.assertEqual(self.updates(), before)


@tagged("post_install", "-at_install")
class TestStanding(AiDeploymentCase):
    """Lists, groups, graph and pivot of the scores themselves tell those that hold from the others."""

    def test_search_and_groups(self):
        fresh, changed, won = leads = self.make_leads(3)
        self.deployment._score(leads)
        changed.expected_revenue = 20_000
        self.commit()
        won.action_set_won()
        self.env.flush_all()
        self.env.invalidate_all()
        scores, mine = self.env["ai.deployment.score"].with_user(self.owner), [("res_id", "in", leads.ids)]
        for lead, standing in ((fresh, "fresh"), (changed, "changed"), (won, "closed")):
            self.assertEqual(scores.search([*mine, ("standing", "=", standing)]).res_id, lead.id)
            self.assertEqual(scores.search([*mine, ("res_id", "=", lead.id)]).standing, standing)
        groups = scores._read_group(mine, ["standing"], ["__count"])
        self.assertEqual(dict(groups), {"fresh": 1, "changed": 1, "closed": 1})
