"""The page "Monitoring": what its charts tell, and that every number opens the records that it counts."""

import json
from datetime import timedelta

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.binning import NumericBins
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

WEEK = timedelta(days=7)
HORIZON = timedelta(days=14)
SHOWN = NOW + 6 * WEEK
COUNTED = ("order", "outcomes", "distribution", "volumes")


class PageCase(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.horizon_days = HORIZON.days

    def week(self, number, *, count=40, country=True, won=0.5, won_large=0.8):
        """Leads of one week, half of them large: scored as they come, closed two days later, and judged."""
        country_id = self.belgium.id if country else False
        usual, large = (
            self.make_leads(count, country_id=country_id, expected_revenue=revenue) for revenue in (5000, 20000)
        )
        moment = NOW + number * WEEK
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = %s WHERE id = ANY(%s)",
            [moment - timedelta(hours=1), (usual + large).ids],
        )
        self.env.invalidate_all()
        self.deployment._score(usual + large, now=moment)
        for leads, share in ((usual, won), (large, won_large)):
            winners = leads[: round(share * count)]
            for some, status in ((winners, "won"), (leads - winners, "lost")):
                self.env.cr.execute(
                    "UPDATE crm_lead SET won_status = %s, date_closed = %s WHERE id = ANY(%s)",
                    [status, moment + timedelta(days=2), some.ids],
                )
        self.env.invalidate_all()
        with clock.at(moment + WEEK):
            self.deployment._monitor()
        return usual + large

    def page(self, moment=SHOWN, user=None):
        """What reaches the browser."""
        self.env.flush_all()
        self.env.invalidate_all()
        with clock.at(moment):
            return json.loads(json.dumps(self.deployment.with_user(user or self.owner).monitoring_page()))

    def texts(self, page):
        return [message["text"] for message in page["messages"]]

    def series(self, chart, label):
        return next(series for series in chart["series"] if series["label"] == label)

    def listed(self, target, user=None):
        """The records that a click lists."""
        return self.env[target["model"]].with_user(user or self.owner).search(target["domain"])


@tagged("post_install", "-at_install")
class TestPage(PageCase):
    def test_a_page_with_everything(self):
        for number in range(6):
            self.week(number)
        page = self.page()
        self.assertEqual(page["state"], "ready")
        self.assertEqual({name: page[name]["empty"] for name in COUNTED}, dict.fromkeys(COUNTED, ""))
        self.assertEqual(page["heat"]["empty"], "")

    def test_scores_now_stand_beside_the_reference_in_the_same_bins(self):
        self.week(4)
        chart = self.page()["distribution"]
        # Belgium is worth 1: log odds 0 for the usual, 1.5 for the large (.82); ten bins of a tenth.
        self.assertEqual(chart["labels"][5], "50 to 60 %")
        now, before, standing = chart["series"]
        self.assertEqual((now["texts"][5], now["texts"][8]), ("50.0 % (40)", "50.0 % (40)"))
        self.assertEqual(sum(now["values"]), 1.0)
        self.assertEqual(before["texts"], ["10.0 % (100)"] * 10)
        self.assertEqual(self.listed(before["open"][0]), self.version)
        self.assertEqual(standing["texts"], now["texts"], "all were scored for the first time just now")

    def test_where_all_records_stand_counts_each_once(self):
        leads = self.week(5)
        self.deployment._score(leads, now=NOW + 5 * WEEK + timedelta(days=1), again=True)
        standing = self.page()["distribution"]["series"][2]
        counts = [len(self.listed(target)) for target in standing["open"]]
        self.assertEqual(standing["texts"], [f"{100 * count / 80:.1f} % ({count})" for count in counts])
        self.assertEqual(sum(counts), 80)

    def test_scores_of_more_than_four_weeks_ago_are_not_now(self):
        self.week(0)
        self.assertIn(
            "No record was scored for the first time in the last 28 days", self.page()["distribution"]["empty"]
        )

    def test_every_bar_of_the_scores_opens_as_many_records_as_it_says(self):
        leads = self.week(5)
        self.deployment._score(leads, now=NOW + 5 * WEEK + timedelta(days=1), again=True)
        now = self.page()["distribution"]["series"][0]
        counts = [len(self.listed(target)) for target in now["open"]]
        self.assertEqual(now["texts"], [f"{100 * count / 80:.1f} % ({count})" for count in counts])
        self.assertEqual(sum(counts), 80)

    def test_a_bar_begins_only_where_its_list_can_tell(self):
        """Odoo compares scores to four digits: a bar that began at .50004 would list what the one before counts."""
        card = self.card()
        card.score_bins = NumericBins(0, 1, [0.1, 0.2, 0.3, 0.50004, 0.8])
        self.serve(self.deployment, card)
        self.week(5)
        now = self.page()["distribution"]["series"][0]
        self.assertEqual(self.page()["distribution"]["labels"][3], "30 to 80 %")
        self.assertEqual([len(self.listed(target)) for target in now["open"]], [0, 0, 0, 40, 40])

    def test_every_bar_of_the_volumes_opens_as_many_records_as_it_says(self):
        self.deployment.min_confidence = 0.7
        self.deployment.feature_ids.filtered(lambda feature: feature.key == "country_id").required = True
        version = self.serve(self.deployment, self.card(required=("country_id",)))
        self.assertEqual(self.deployment.champion_id, version)
        self.week(3)
        self.week(4, country=False, count=5)
        chart = self.page()["volumes"]
        for label, expected in (
            ("Settled automatically", {8: 40}),
            ("To a person", {8: 40, 9: 10}),
            ("Of them, could not be scored", {9: 10}),
        ):
            series = self.series(chart, label)
            self.assertEqual({n: value for n, value in enumerate(series["values"]) if value}, expected, label)
            self.assertEqual([len(self.listed(target)) for target in series["open"]], series["values"], label)
        self.assertEqual(chart["labels"][8:10], ["23 Mar", "30 Mar"])

    def test_what_waits_opens_the_sum_of_its_week(self):
        self.env.cr.execute("UPDATE ai_deployment_version SET digest = 'x' WHERE id = %s", [self.version.id])
        self.env.registry.clear_cache()
        self.deployment._score(self.make_leads(3), now=NOW + 5 * WEEK)
        waiting = self.series(self.page()["volumes"], "Waiting")
        self.assertEqual(waiting["values"][10], 3)
        self.assertEqual(self.listed(waiting["open"][10]).mapped("waiting"), [3])

    def test_what_moved_is_marked_in_its_week_and_opens_its_lines(self):
        for number in range(5):
            self.week(number, country=number != 4)
        heat = self.page()["heat"]
        self.assertEqual([row["key"] for row in heat["rows"]][:2], ["score", "prediction"])
        country = next(row for row in heat["rows"] if row["key"] == "country_id")
        self.assertEqual((country["label"], len(country["cells"])), ("Country", len(heat["columns"])))
        last = country["cells"][-1]
        self.assertTrue(last["moved"])
        self.assertGreater(last["share"], 1)
        lines = self.listed(last["open"])
        self.assertEqual(set(lines.mapped("key")), {"country_id"})
        self.assertIn("Country is empty on 100 % of leads", lines.filtered("exceeded").mapped("text")[0])
        self.assertEqual(lines[0].action_open_report()["res_id"], lines.report_id.id)

    def test_a_share_that_is_as_expected_is_nowhere_near_its_threshold(self):
        """A quarter empty, as in the reference, is 0 % of the way, not nine tenths of the threshold."""
        report = self.report_with_line(test="missing", statistic=0.25, reference_share=0.25, threshold=0.28)
        self.assertEqual(self.cell_of(report)["share"], 0.0)

    def test_a_test_that_was_not_made_says_why(self):
        report = self.report_with_line(test="shape", verdict="constant")
        cell = self.cell_of(report)
        self.assertEqual((cell["share"], cell["text"], cell["hint"]), (None, "–", "Always the same"))

    def report_with_line(self, **values):
        line = {"key": "country_id", "label": "Country", "verdict": "quiet", "exceeded": False, **values}
        return self.env["ai.deployment.report"].create(
            {
                "deployment_id": self.deployment.id,
                "version_id": self.version.id,
                "date": SHOWN,
                "window_start": (SHOWN - WEEK).date(),
                "window_end": SHOWN.date(),
                "verdict": "quiet",
                "line_ids": [(0, 0, line)],
            }
        )

    def cell_of(self, report):
        return next(row for row in self.page()["heat"]["rows"] if row["key"] == "country_id")["cells"][-1]

    def test_an_open_window_is_shown_once(self):
        self.deployment._score(self.make_leads(20), now=NOW)
        for number in range(1, 4):
            with clock.at(NOW + number * WEEK):
                self.deployment._monitor()
        self.assertEqual(len(self.deployment.report_ids.filtered(lambda report: report.kind == "drift")), 3)
        heat = self.page()["heat"]
        self.assertEqual(heat["columns"], ["2 Mar to 22 Mar"])

    def test_what_was_said_stands_beside_what_came_true_with_its_interval(self):
        self.deployment.floor_auc = 0.6
        for number in range(4):
            self.week(number)
        page = self.page()
        report = self.deployment.report_ids.filtered(lambda report: report.kind == "performance").sorted("window_end")
        lines = {line.key: line for line in report[-1].line_ids}
        true = self.series(page["outcomes"], "Came true")
        self.assertEqual(true["values"][-1], 52 / 80)
        said = self.series(page["outcomes"], "Said")["values"][-1]
        self.assertAlmostEqual(said, (0.5 + 0.8176) / 2, 3)
        interval = page["outcomes"]["series"][1]
        self.assertEqual(interval["values"][-1], [lines["win_rate"].low, lines["win_rate"].high])
        self.assertEqual(self.series(page["order"], "Order right")["values"][-1], lines["auc"].statistic)
        self.assertEqual(self.series(page["order"], "Floor")["texts"][-1], "60 %")
        self.assertEqual(self.listed(true["open"][-1]), report[-1].line_ids)

    def test_outcomes_that_are_too_few_leave_a_gap_until_more_have_come(self):
        for number in range(4):
            self.week(number, count=40 if number != 1 else 5)
        true = self.series(self.page()["outcomes"], "Came true")
        self.assertEqual((true["values"], true["texts"]), ([0.65, None], ["65 %", ""]))
        self.week(4)
        page = self.page()
        self.assertEqual(page["outcomes"]["labels"], ["2 Mar to 8 Mar", "9 Mar to 22 Mar"])
        self.assertEqual(len([value for value in self.series(page["outcomes"], "Came true")["values"] if value]), 2)

    def test_open_alerts_are_one_click_away(self):
        self.env["ai.deployment.alert"]._raise(self.deployment, "x", name="Something moved")
        alerts = self.page()["alerts"]
        self.assertEqual((alerts["count"], alerts["text"]), (1, "1 open alert"))
        self.assertEqual(self.listed(alerts["open"]).name, "Something moved")

    def test_a_report_opens_what_was_scored_in_its_window(self):
        leads = self.week(0)
        report = self.deployment.report_ids
        action = report.with_user(self.owner).action_view_records()
        self.assertEqual(
            self.listed({"model": action["res_model"], "domain": action["domain"]}).mapped("res_id"),
            leads.sorted("id", reverse=True).ids,
        )


@tagged("post_install", "-at_install")
class TestPageStates(PageCase):
    def test_before_the_first_report_the_page_says_when_it_comes(self):
        self.deployment._score(self.make_leads(3), now=NOW)
        page = self.page(NOW + timedelta(days=2))
        self.assertEqual(page["state"], "empty")
        text = "Nothing has been judged yet: the first report comes on 03/09/2026."
        self.assertIn(text, self.texts(page))
        self.assertEqual(page["heat"]["empty"], text)
        self.assertIn("comes on 03/23/2026", page["outcomes"]["empty"])
        self.assertFalse(page["distribution"]["empty"])

    def test_a_report_that_did_not_come_is_said_so(self):
        self.deployment._score(self.make_leads(3), now=NOW)
        self.assertIn("was due on 03/09/2026", self.texts(self.page(NOW + 3 * WEEK))[0])

    def test_before_the_first_score_nothing_is_promised(self):
        page = self.page()
        self.assertIn("7 days after the first record is scored", self.texts(page)[0])
        self.assertIn("No record was asked for", page["volumes"]["empty"])
        self.assertIn("No record was scored", page["distribution"]["empty"])

    def test_too_few_records_say_how_many_are_needed(self):
        self.week(0, count=10)
        self.assertEqual(self.page()["heat"]["rows"][0]["cells"][0]["hint"], "Too few to judge")

    def test_a_deployment_without_a_version_says_that_nothing_can_be_judged(self):
        self.deployment.assignment_ids.sudo().end_date = NOW
        page = self.page()
        self.assertEqual(page["state"], "failing")
        self.assertIn("No version serves", self.texts(page)[0])
        self.assertTrue(page["distribution"]["empty"])

    def test_a_damaged_version_is_said_so_and_the_rest_is_shown(self):
        self.week(5)
        self.env.cr.execute("UPDATE ai_deployment_version SET digest = 'x' WHERE id = %s", [self.version.id])
        self.env.registry.clear_cache()
        page = self.page()
        self.assertEqual(page["state"], "failing")
        self.assertIn("The serving version cannot be used", self.texts(page)[0])
        self.assertTrue(page["heat"]["rows"])

    def test_what_is_not_at_work_is_said_so(self):
        self.deployment.state = "suspended"
        self.assertIn("not at work", self.texts(self.page())[0])

    def test_a_reference_that_is_provisional_is_said_so(self):
        self.week(0)
        self.assertTrue(any(text.startswith("Provisional") for text in self.texts(self.page())))

    def test_figures_of_a_demonstration_are_called_so(self):
        self.deployment.sudo().is_demonstration = True
        self.assertIn("prove nothing", self.texts(self.page())[0])

    def test_unusual_records_have_no_outcomes_to_watch(self):
        self.env.cr.execute("UPDATE ai_deployment SET method = 'anomaly' WHERE id = %s", [self.deployment.id])
        self.env.invalidate_all()
        page = self.page()
        self.assertIsNone(page["order"])
        self.assertIn("where an outcome is predicted", page["outcomes"]["empty"])


@tagged("post_install", "-at_install")
class TestPageAccess(PageCase):
    def test_who_answers_for_it_or_audits_it_opens_the_page(self):
        self.week(5)
        for user in (self.owner, self.deputy, self.manager, self.auditor):
            self.assertEqual(self.page(user=user)["state"], "ready")

    def test_nobody_else_does(self):
        for user in (self.seller, self.other_owner, self.reviewer, self.accountant):
            with self.assertRaises(AccessError, msg=user.login):
                self.page(user=user)

    def test_no_value_of_a_record_travels(self):
        self.week(5)
        self.week(6, country=False)
        told = json.dumps(self.page(NOW + 7 * WEEK))
        for value in ("Belgium", "20000", "10,000", "Lead 1"):
            self.assertNotIn(value, told)

    def test_the_page_asks_few_queries_and_not_more_for_more_weeks(self):
        for number in range(6):
            self.week(number)
        self.page()  # what is kept per process
        self.env.flush_all()
        self.env.invalidate_all()
        with clock.at(SHOWN), self.assertQueryCount(19):
            self.deployment.with_user(self.owner).monitoring_page()

    def test_the_page_reads_no_lines_of_the_log_and_no_records(self):
        self.week(5)
        self.env.flush_all()
        self.env.invalidate_all()
        statements = []
        execute = self.env.cr.execute

        def watch(query, *args, **kwargs):
            statements.append(query.code if hasattr(query, "code") else str(query))
            return execute(query, *args, **kwargs)

        self.patch(self.env.cr, "execute", watch)
        self.page()
        self.assertTrue(any("ai_deployment_profile" in statement for statement in statements))
        self.assertTrue(any("ai_deployment_day_count" in statement for statement in statements))
        self.assertFalse([s for s in statements if "ai_deployment_inference" in s or "crm_lead" in s])
