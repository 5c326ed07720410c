"""Inputs as of a moment: what tracking and dated records tell, and where nobody can know."""

from datetime import date, datetime, timedelta

from odoo.tests import tagged
from odoo.tools import SQL

from odoo.addons.ai_deployment.models.features import past
from odoo.addons.ai_deployment.models.features.feature_reader import FeatureReader
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase
from odoo.addons.ai_deployment.tests.features.common import CAME, CourseOfLeads, spec


@tagged("post_install", "-at_install")
class TestPast(CourseOfLeads, AiDeploymentCase):
    def of(self, leads, day, path, **values):
        columns, known = self.read_past(leads, day, spec(path=path, **values))
        return columns["x"], known.get("x")

    def test_a_tracked_field_is_read_as_it_was(self):
        lead = self.came(self.make_leads(expected_revenue=900))
        self.track(lead, "expected_revenue", 10, 100, 500)
        self.track(lead, "expected_revenue", 20, 500, 900)
        found = [self.of(lead, day, "expected_revenue")[0] for day in (5, 10, 15, 25)]
        self.assertEqual(found, [[100.0], [100.0], [500.0], [900.0]], "strictly before the moment")

    def test_every_type_that_tracking_keeps(self):
        lead = self.came(self.make_leads(user_id=False, email_from="b@example.com", date_deadline="2026-05-02"))
        self.track(lead, "user_id", 10, self.seller.id, 0)
        self.track(lead, "email_from", 10, False, "b@example.com")
        for path, then, now in (("user_id", str(self.seller.id), None), ("email_from", None, "b@example.com")):
            self.assertEqual(self.of(lead, 5, path, kind="category"), ([then], [True]))
            self.assertEqual(self.of(lead, 15, path, kind="category"), ([now], [True]))

    def test_a_hole_in_the_tracking_makes_the_past_unknown(self):
        leads = self.came(self.make_leads(2, expected_revenue=900))
        for lead in leads:
            self.track(lead, "expected_revenue", 10, 100, 500)
        self.track(leads[0], "expected_revenue", 30, 500, 900)  # what happened to the other one was purged
        self.assertEqual(self.of(leads, 20, "expected_revenue")[1], [True, False])

    def test_clocks_that_went_back_make_the_past_unknown(self):
        lead = self.came(self.make_leads(expected_revenue=900))
        self.track(lead, "expected_revenue", 20, 100, 500)
        self.track(lead, "expected_revenue", 10, 500, 900)  # written later, dated earlier
        self.assertEqual(self.of(lead, 15, "expected_revenue")[1], [False])

    def test_a_deleted_stage_is_the_stage_that_it_was(self):
        lead = self.came(self.make_leads())
        gone = self.env["crm.stage"].create({"name": "Gone"})
        self.track(lead, "stage_id", 10, gone.id, lead.stage_id.id)
        gone.unlink()
        self.assertEqual(self.of(lead, 5, "stage_id", kind="category"), ([str(gone.id)], [True]))

    def test_what_nothing_tracks_is_kept_as_it_is(self):
        lead = self.came(self.make_leads())
        self.assertEqual(self.of(lead, 5, "country_id", kind="category"), ([str(self.belgium.id)], None))
        for path in ("type", "country_id", "partner_id.name", "country_id.code"):
            self.assertEqual(past.source_of(self.env["crm.lead"], spec(path=path)), past.KEPT)

    def test_what_tracking_keeps_becomes_what_the_record_would_hold(self):
        for kind, typed, kept, held in (
            ("many2one", "int", 7, 7),
            ("many2one", "int", 0, None),
            ("boolean", "int", 1, True),
            ("boolean", "int", 0, False),
            ("boolean", "int", None, False),
            ("integer", "int", -3, -3),
            ("integer", "int", None, 0),
            ("float", "float8", 2.5, 2.5),
            ("monetary", "float8", None, 0),
            ("date", "timestamp", datetime(2026, 3, 2, 9), date(2026, 3, 2)),
            ("datetime", "timestamp", NOW, NOW),
            ("char", "varchar", "x", "x"),
            ("char", "varchar", "", None),
            ("text", "text", "", None),
        ):
            value = SQL("%s::" + typed, kept)
            [[found]] = self.env.execute_query(SQL("SELECT %s", past._as_value(kind, value)))
            self.assertEqual((found, found is None), (held, held is None), (kind, kept))

    def test_amounts_that_differ_by_less_than_a_cent_are_the_same(self):
        leads = self.came(self.make_leads(2, expected_revenue=900))
        for lead, left in zip(leads, (500.004, 500.006), strict=True):
            self.track(lead, "expected_revenue", 10, 100, left)
            self.track(lead, "expected_revenue", 30, 500, 900)
        self.assertEqual(self.of(leads, 20, "expected_revenue")[1], [True, False])

    def test_known_since_the_first_change_of_the_latest_field(self):
        leads, documents = self.came(self.make_leads(2)), self.env["crm.lead"]
        specs = [spec(path="expected_revenue"), spec(path="campaign_id", key="y")]
        self.env["mail.tracking.value"].search([("field_id.name", "in", ("expected_revenue", "phone"))]).unlink()
        self.assertEqual(past.known_since(documents, specs), (None, ["x"]), "purged, or never on")
        self.track(leads[0], "expected_revenue", 10, 100, 500)
        self.track(leads[1], "expected_revenue", 20, 100, 500)
        self.track(leads[1], "phone", 30, False, "1")
        self.assertEqual(past.known_since(documents, specs), (CAME + timedelta(days=10), []))
        specs.append(spec(path="phone", key="z"))
        self.assertEqual(past.known_since(documents, specs), (CAME + timedelta(days=30), []))
        self.assertEqual(past.known_since(documents, [spec(path="campaign_id")]), (None, []))

    def test_a_field_that_is_no_longer_tracked_is_no_past(self):
        lead = self.came(self.make_leads(expected_revenue=900))
        self.track(lead, "expected_revenue", 10, 100, 900)
        self.patch(self.env.registry["crm.lead"]._fields["expected_revenue"], "tracking", False)
        self.assertEqual(self.of(lead, 5, "expected_revenue"), ([900.0], None))

    def test_one_statement_reads_all(self):
        leads = self.came(self.make_leads(3))
        specs = [
            spec(path="expected_revenue", key="revenue"),
            spec(path="stage_id", kind="category", key="stage"),
            *(spec(source="course", measure=name, key=name) for name in self.env["crm.lead"]._ai_course().measures),
        ]
        self.read_past(leads, 5, *specs)
        reader = FeatureReader(self.env["crm.lead"], specs, self.env.company)
        self.env.flush_all()
        with self.assertQueryCount(1):
            reader.read(leads.ids)
        with self.assertQueryCount(1):
            reader.past(leads.ids, [NOW] * 3)
