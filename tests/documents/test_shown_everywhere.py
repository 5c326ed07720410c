"""Every view of a scored document, whatever module made it: filters, groups, measures, export and what is read for it.

Nothing is listed by hand: a view that shows a field of ours is found, and so is a new field.
"""

import datetime

from lxml import etree

from odoo import Command
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools.safe_eval import safe_eval

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.gate.common import GateCase

PILL = "ai_score_pill"
# What the pill asks for beside its own field (`static/src/documents/score_pill.js`).
OF_THE_PILL = {"ai_score_text", "ai_score_state", "ai_band"}
FIGURES = {"ai_score", "ai_confidence", "ai_band"}
# What is about records whose figure no longer holds, and says so.
SAYS_SO = ("ai_score_state", "ai_score_date", "ai_needs_review", "ai_needs_my_review", "ai_is_held")
DRAWN = ("form", "list", "kanban", "calendar", "activity")


class ShownEverywhere:
    """`mine`, of which the figures of `good` hold, those of `stale` no longer, and `closed` have none."""

    allow_inherited_tests_method = True

    def records(self):
        return self.mine.with_user(self.seer).with_context(active_test=False)

    def archs(self):
        """(view, its arch as the seer gets it) of each view of the model that shows a field of ours."""
        model, shown = self.mine.with_user(self.seer), 0
        for view in self.env["ir.ui.view"].search([("model", "=", self.mine._name), ("mode", "=", "primary")]):
            arch = etree.fromstring(model.get_view(view.id, view.type)["arch"])
            if "ai_" in etree.tostring(arch).decode() and self.ours(arch):
                shown += 1
                yield view, arch
        self.assertGreater(shown, 5)

    def ours(self, arch):
        """Names of our fields in it, and of those that their widgets ask for."""
        nodes = arch.xpath(".//field[starts-with(@name, 'ai_')]")
        names = {node.get("name") for node in nodes}
        if any(node.get("widget") == PILL for node in nodes):
            names |= OF_THE_PILL
        used = arch.xpath(".//filter[contains(@domain, 'ai_') or contains(@context, 'ai_')]")
        return names | {name for name in self.mine._fields for node in used if f"'{name}'" in str(node.attrib)}

    def assertSaysSo(self, row):
        """A row of our fields has no figure, and a text with one says why it no longer holds."""
        self.assertFalse(any(row.get(name) for name in FIGURES), row)
        for name, value in row.items():
            if isinstance(value, str) and name != "ai_score_help" and ("%" in value or "▲" in value):
                self.assertRegex(value, "expired|changed since|no longer holds", (name, row))

    def test_every_view_says_what_no_longer_holds(self):
        kinds = set()
        for view, arch in self.archs():
            with self.subTest(view=view.xml_id or view.name):
                if view.type in DRAWN:
                    kinds.add(view.type)
                    figures = [node for name in sorted(FIGURES) for node in arch.xpath(f".//field[@name='{name}']")]
                    for node in figures:
                        is_hidden = node.get("invisible") == "1" or node.get("column_invisible") == "1"
                        self.assertTrue(is_hidden or node.get("widget") == PILL, etree.tostring(node))
                names = sorted(self.ours(arch))
                rows = self.records().web_search_read(
                    [("id", "in", (self.stale + self.closed).ids)], {name: {} for name in names}
                )["records"]
                self.assertEqual(len(rows), len(self.stale + self.closed))
                for row in rows:
                    self.assertSaysSo({name: row[name] for name in names})
                for row in rows:
                    if row["id"] in self.closed.ids and "ai_score_text" in row:
                        self.assertFalse(row["ai_score_text"])
        self.assertEqual(kinds, self.kinds)

    def test_no_filter_finds_what_no_longer_holds(self):
        filters = 0
        for view, arch in self.archs():
            for node in arch.xpath(".//filter[contains(@domain, 'ai_')]") if view.type == "search" else []:
                with self.subTest(view=view.name, filter=node.get("name")):
                    filters += 1
                    domain = safe_eval(node.get("domain"), {"uid": self.seer.id, "context_today": datetime.date.today})
                    found = self.records().search(Domain(domain) & Domain("id", "in", self.mine.ids))
                    if "ai_is_held" not in node.get("domain"):
                        self.assertFalse(set(found.ids) & set(self.closed.ids))
                    if not any(name in node.get("domain") for name in SAYS_SO):
                        self.assertFalse(set(found.ids) & set(self.stale.ids))
        self.assertGreater(filters, 3)

    def fields_of_ours(self, **attributes):
        told = self.mine.with_user(self.seer).fields_get()
        return {
            name
            for name, said in told.items()
            if name.startswith("ai_") and all(bool(said.get(key)) == value for key, value in attributes.items())
        }

    def test_groups_and_measures_of_pivot_and_graph_know_what_holds_only(self):
        mine = [("id", "in", self.mine.ids)]
        measured = self.fields_of_ours(aggregator=True) & FIGURES
        self.assertIn("ai_score", measured)
        for name in measured:
            ((all_of_them,),) = self.records()._read_group(mine, [], [f"{name}:max"])
            ((that_hold,),) = self.records()._read_group([("id", "in", self.good.ids)], [], [f"{name}:max"])
            self.assertEqual(all_of_them, that_hold, name)
        grouped = self.fields_of_ours(groupable=True) - {*SAYS_SO, "ai_is_fallback"}
        self.assertIn("ai_band", grouped)
        for name in grouped:
            date = {"date": ":day", "datetime": ":day"}.get(self.mine._fields[name].type, "")
            groups = self.records()._read_group(mine, [name + date], ["id:recordset"])
            for value, records in groups:
                if value:
                    self.assertFalse(set(records.ids) - set(self.good.ids), (name, value))

    def test_no_column_costs_a_query_per_record(self):
        """*What Would Change It* and what is missing are told on one record: they read inputs anew."""
        fresh, changed = self.many()
        for name in sorted(self.fields_of_ours(readonly=True) - {"ai_change_text", "ai_missing_text"}):
            with self.subTest(field=name):
                counts = []
                for count in (2, 2, len(fresh)):  # the first time fills caches
                    self.env.invalidate_all()
                    records = self.records().browse((fresh[:count] + changed[:count]).ids)
                    before = self.env.cr.sql_log_count
                    records.web_read({name: {}})
                    counts.append(self.env.cr.sql_log_count - before)
                self.assertLessEqual(counts[2], counts[1])

    def test_an_export_of_every_field_says_what_no_longer_holds(self):
        names = sorted(self.fields_of_ours(exportable=True))
        self.assertTrue({"ai_score", "ai_band", "ai_score_text", "ai_reasons"} <= set(names))
        self.env.ref("base.group_allow_export").user_ids += self.seer
        for row in self.records().browse((self.stale + self.closed).ids).export_data(names)["datas"]:
            self.assertSaysSo(dict(zip(names, row, strict=True)))
        (row,) = self.records().browse(self.good[:1].ids).export_data(names)["datas"]
        self.assertTrue(dict(zip(names, row, strict=True))["ai_score"], "of the others it holds the figure")


@tagged("post_install", "-at_install")
class TestLeadsShownEverywhere(ShownEverywhere, AiDeploymentCase):
    kinds = {"form", "list", "kanban", "calendar", "activity"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seer = cls.seller
        leads = [cls.make_leads(name=name, expected_revenue=20000) for name in "abcdef"]
        cls.good, changed, expired, won, lost, archived = leads
        cls.mine = cls.env["crm.lead"].union(*leads)
        with clock.at(NOW):
            cls.deployment._score(cls.mine)
            cls.deployment.state = "production"
        changed.expected_revenue = 20001
        cls.env.cr.flush()
        won.action_set_won()
        lost.action_set_lost()
        archived.active = False
        cls.env.flush_all()
        past = clock.now() - datetime.timedelta(days=cls.deployment.horizon_days + 1)
        cls.env.cr.execute("UPDATE crm_lead SET create_date = %s WHERE id = %s", [past, expired.id])
        cls.env.invalidate_all()
        cls.stale, cls.closed = changed + expired, won + lost + archived

    def many(self):
        leads = self.make_leads(16, expected_revenue=20000)
        self.deployment._score(leads)
        leads[8:].expected_revenue = 20001
        self.commit()
        return leads[:8], leads[8:]


@tagged("post_install", "-at_install")
class TestBillsShownEverywhere(ShownEverywhere, GateCase):
    kinds = {"form", "list", "kanban", "activity"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seer = cls.ann
        cls.gate.viewer_group_ids = [Command.link(cls.env.ref("account.group_account_user").id)]
        bills = [cls.make_bill(20000 if name == "a" else 500) for name in "abcd"]
        cls.good, cls.stale, posted, cancelled = bills
        cls.mine = cls.env["account.move"].union(*bills)
        cls.gate._score(cls.mine)
        posted.action_post()
        cancelled.button_cancel()
        cls.stale.invoice_line_ids.price_unit = 501
        cls.env.cr.flush()
        cls.env.invalidate_all()
        cls.closed = posted + cancelled

    def many(self):
        bills = self.env["account.move"].union(*(self.make_bill(500) for _number in range(12)))
        self.gate._score(bills)
        bills[6:].invoice_line_ids.price_unit = 501
        self.commit()
        return bills[:6], bills[6:]
