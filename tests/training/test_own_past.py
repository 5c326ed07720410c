"""Earlier values of closed leads: from the log of their scores, and from tracking."""

from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.documents.leak_row import LeakRow
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.own_past import OwnPast
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

CREATED = NOW - timedelta(days=20)  # closed after ten days: half its life is over after five


@tagged("post_install", "-at_install")
class TestOwnPast(AiDeploymentCase):
    def past(self, leads, *paths, **features):
        deployment = self.make_deployment(
            is_primary=False, features=[{"path": path, **features} for path in paths]
        ).sudo()
        specs = [feature._to_spec() for feature in deployment.feature_ids]
        rows = [LeakRow(lead.id, True, 10.0, CREATED, True) for lead in leads]
        return OwnPast(deployment, rows).of(specs, deployment._columns(specs, leads.ids))

    def track(self, lead, name, day, **old):
        message = self.env["mail.message"].create(
            {"model": "crm.lead", "res_id": lead.id, "date": CREATED + timedelta(days=day)}
        )
        field = self.env["ir.model.fields"]._get("crm.lead", name)
        self.env["mail.tracking.value"].create({"mail_message_id": message.id, "field_id": field.id, **old})

    def test_tracking_gives_the_old_value_of_the_first_change_after_half_the_life(self):
        leads = self.make_leads(3, priority="2")
        self.track(leads[0], "user_id", 2, old_value_integer=self.owner.id)
        self.track(leads[0], "user_id", 7, old_value_integer=self.reviewer.id)
        self.track(leads[0], "user_id", 9, old_value_integer=self.owner.id)
        self.track(leads[1], "stage_id", 9, old_value_integer=1)  # it was watched, and the salesperson stayed
        found = self.past(leads, "user_id", "country_id")
        self.assertEqual(list(found), ["user_id"])  # the country is not tracked
        past = found["user_id"]
        self.assertEqual(past.known.tolist(), [True, True, False])
        self.assertEqual(past.column.values[:2].tolist(), [str(self.reviewer.id), str(self.seller.id)])

    def test_the_log_gives_what_was_scored_last_before_half_the_life(self):
        lead = self.make_leads(expected_revenue=100)
        for day, revenue in ((1, 200), (4, 2000), (8, 20000)):
            lead.expected_revenue = revenue
            with clock.at(CREATED + timedelta(days=day)):
                self.deployment._score(lead)
        lead.expected_revenue = 90000
        row = LeakRow(lead.id, True, 10.0, CREATED, True)
        specs = [feature._to_spec() for feature in self.deployment.feature_ids]
        columns = self.deployment._columns(specs, lead.ids)
        found = OwnPast(self.deployment.sudo(), [row]).of(specs, columns)
        self.assertEqual(found["expected_revenue"].column.values.tolist(), [2000.0])
        self.assertEqual(columns["expected_revenue"].values.tolist(), [90000.0])
        late = OwnPast(self.deployment.sudo(), [row._replace(age_days=1.5)]).of(specs, columns)
        self.assertEqual(late["expected_revenue"].column.values.tolist(), [200.0])

    def test_what_tracking_kept_is_read_as_the_record_holds_it(self):
        leads = self.make_leads(2, contact_name="Now", expected_revenue=300)
        for name, old in (
            ("type", {"old_value_char": "Lead"}),
            ("expected_revenue", {"old_value_float": 20}),
            ("contact_name", {"old_value_char": "Then"}),
            ("user_id", {"old_value_integer": self.owner.id}),
        ):
            self.track(leads[0], name, 7, **old)
        for name in ("type", "expected_revenue", "contact_name"):
            self.track(leads[1], name, 7)  # nothing was there
        found = self.past(leads, "type", "expected_revenue", "contact_name", "user_id.login")
        self.assertEqual(
            {key: past.column.values.tolist() for key, past in found.items()},
            {"type": ["lead", None], "expected_revenue": [20.0, 0.0], "contact_name": ["Then", None]},
            "of what lies behind the salesperson nobody kept a change",
        )

    def test_an_open_record_has_no_past_though_it_was_scored_and_has_an_age(self):
        closed, still = self.make_leads(2, expected_revenue=100)
        with clock.at(CREATED + timedelta(days=2)):
            self.deployment._score(closed + still)
        (closed + still).expected_revenue = 90000
        specs = [feature._to_spec() for feature in self.deployment.feature_ids]
        columns = self.deployment._columns(specs, (closed + still).ids)
        rows = [LeakRow(lead.id, lead == closed, 10.0, CREATED, lead == closed) for lead in closed + still]
        past = OwnPast(self.deployment.sudo(), rows).of(specs, columns)["expected_revenue"]
        self.assertEqual(past.known.tolist(), [True, False])
        self.assertEqual(past.column.values.tolist(), [100.0, 90000.0])

    def test_nothing_is_known_of_open_records_and_imports(self):
        lead = self.make_leads()
        specs = [feature._to_spec() for feature in self.deployment.feature_ids]
        columns = self.deployment._columns(specs, lead.ids)
        for row in (LeakRow(lead.id, False, 10.0, CREATED, False), LeakRow(lead.id, True, 0.0, CREATED, True)):
            self.assertEqual(OwnPast(self.deployment.sudo(), [row]).of(specs, columns), {})
        self.assertFalse(self.past(lead, "user_id"))  # no tracked change: it may never have been watched
