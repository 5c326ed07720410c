"""Values of inputs: what a form shows alike is read alike, by SQL and by the ORM; labels come from definitions."""

import random

from odoo import Command
from odoo.tests import tagged

from odoo.addons.ai_deployment.ml.columns import CATEGORY, NUMBER, make_column
from odoo.addons.ai_deployment.models.features import values
from odoo.addons.ai_deployment.models.features.feature_reader import FeatureReader, _follow, walk_path
from odoo.addons.ai_deployment.models.features.path_description import describe_path
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase
from odoo.addons.ai_deployment.tests.features.common import spec

DEFINITION = [
    {"name": "tier", "string": "Tier", "type": "selection", "selection": [["a1", "Gold"], ["a2", "Silver"]]},
    {"name": "labels", "string": "Labels", "type": "tags", "tags": [["c0", "Hot", 1], ["c1", "Cold", 2]]},
    {"name": "seats", "string": "Seats", "type": "integer"},
    {"name": "size", "string": "Size", "type": "float"},
    {"name": "is_vip", "string": "VIP", "type": "boolean"},
    {"name": "note", "string": "Note", "type": "char"},
    {"name": "starts", "string": "Starts", "type": "date"},
    {"name": "helper", "string": "Helper", "type": "many2one", "comodel": "res.users"},
    {"name": "friends", "string": "Friends", "type": "many2many", "comodel": "crm.tag"},
]
NAMES = [one["name"] for one in DEFINITION]


class PropertyCase(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.team = cls.env["crm.team"].create({"name": "T", "lead_properties_definition": DEFINITION})
        cls.tags = cls.env["crm.tag"].create([{"name": name} for name in ("Red", "Green", "Blue")])

    def stored(self, lead, **properties):
        """Write the JSON as it stands in the database, whatever the ORM would make of it."""
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE crm_lead SET lead_properties = %s WHERE id = %s", [values.json.dumps(properties), lead.id]
        )
        self.env.invalidate_all()

    def declared(self, *paths, **more):
        return self.make_deployment(
            name="Properties", is_primary=False, features=[{"path": path, **more} for path in paths]
        )

    def read(self, deployment, leads):
        """{key: list of levels or numbers} as training and scoring read them."""
        columns = deployment._columns([feature._to_spec() for feature in deployment.feature_ids], leads.ids)
        return {key: column.values.tolist() for key, column in columns.items()}


@tagged("post_install", "-at_install")
class TestPropertyValues(PropertyCase):
    def test_kind_and_name_come_from_the_definition(self):
        deployment = self.declared(*[f"lead_properties.{name}" for name in NAMES])
        self.assertEqual(
            {feature.path.split(".")[1]: (feature.kind, feature.name) for feature in deployment.feature_ids},
            {
                "tier": (CATEGORY, "Tier"),
                "labels": (CATEGORY, "Labels"),
                "seats": (NUMBER, "Seats"),
                "size": (NUMBER, "Size"),
                "is_vip": (CATEGORY, "VIP"),
                "note": (CATEGORY, "Note"),
                "starts": (NUMBER, "Starts"),
                "helper": (CATEGORY, "Helper"),
                "friends": (CATEGORY, "Friends"),
            },
        )

    def test_what_is_empty_is_empty(self):
        deployment = self.declared(*[f"lead_properties.{name}" for name in NAMES if name != "is_vip"])
        leads = self.make_leads(4, team_id=self.team.id)
        self.stored(leads[0], **dict.fromkeys(NAMES, False))
        self.stored(leads[1], **dict.fromkeys(NAMES, None))
        self.stored(leads[2], labels=[], friends=[], note="  ", tier="", seats="", starts="")
        self.stored(leads[3])
        for key, column in self.read(deployment, leads).items():
            self.assertTrue(all(value is None or value != value for value in column), (key, column))

    def test_a_number_property_that_holds_false_is_no_failure(self):
        lead = self.make_leads(team_id=self.team.id)
        self.stored(lead, seats=False)
        deployment = self.declared("lead_properties.seats")
        columns = deployment._columns([feature._to_spec() for feature in deployment.feature_ids], lead.ids)
        self.assertEqual(columns["lead_properties.seats"].errors, {})

    def test_a_date_property_is_a_date(self):
        lead = self.make_leads(team_id=self.team.id)
        self.stored(lead, starts="1970-01-11")
        self.assertEqual(self.read(self.declared("lead_properties.starts"), lead)["lead_properties.starts"], [10.0])

    def test_a_boolean_that_is_not_set_is_no(self):
        leads = self.make_leads(2, team_id=self.team.id)
        self.stored(leads[0], is_vip=True)
        self.stored(leads[1], is_vip=False)
        self.assertEqual(
            self.read(self.declared("lead_properties.is_vip"), leads)["lead_properties.is_vip"], ["true", "false"]
        )

    def test_the_order_of_tags_says_nothing(self):
        leads = self.make_leads(2, team_id=self.team.id)
        self.stored(leads[0], labels=["c1", "c0"], friends=self.tags.ids)
        self.stored(leads[1], labels=["c0", "c1", "c0"], friends=self.tags[::-1].ids)
        for column in self.read(self.declared("lead_properties.labels", "lead_properties.friends"), leads).values():
            self.assertEqual(column[0], column[1])

    def test_labels_come_from_the_definition_and_outlive_it(self):
        deployment = self.declared("lead_properties.tier")
        described = describe_path(deployment, "lead_properties.tier")
        leads = self.env["crm.lead"]
        self.assertEqual(leads._ai_level_names("lead_properties.tier", ["a1"])["a1"], "Gold")
        self.team.lead_properties_definition = []
        self.env.flush_all()
        self.assertEqual(leads._ai_level_names("lead_properties.tier", ["a1", "zz"], described)["a1"], "Gold")
        self.assertEqual(leads._ai_level_names("lead_properties.tier", ["zz"], described)["zz"], "deleted option")

    def test_records_in_properties_have_names(self):
        names = self.env["crm.lead"]._ai_level_names("lead_properties.friends", [f"{self.tags[0].id},{2**30}"])
        self.assertEqual(list(names.values()), ["Red, deleted record"])


@tagged("post_install", "-at_install")
class TestEmptyValues(AiDeploymentCase):
    def read(self, records, path, **more):
        reader = FeatureReader(records, [spec(path=path, **more)], self.env.company)
        return make_column("x", more.get("kind", NUMBER), reader.read(records.ids)["x"]).values.tolist()

    def test_an_empty_and_a_zero_revenue_score_alike(self):
        leads = self.make_leads(2, expected_revenue=0)
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET expected_revenue = NULL WHERE id = %s", [leads[0].id])
        self.assertEqual(self.read(leads, "expected_revenue"), [0.0, 0.0])
        with self.subTest("scored"):
            self.deployment._score(leads)
            scores = self.env["ai.deployment.score"].search([("res_id", "in", leads.ids)])
            self.assertEqual(len(set(scores.mapped("predicted_value"))), 1)

    def test_a_number_of_a_record_that_is_not_there_is_missing(self):
        leads = self.make_leads(partner_id=False) + self.make_leads(
            partner_id=self.env["res.partner"].create({"name": "P"}).id
        )
        values_ = self.read(leads, "partner_id.color")
        self.assertEqual((values_[0] != values_[0], values_[1]), (True, 0.0))

    def test_a_required_number_that_shows_as_zero_is_missing(self):
        leads = self.make_leads(2, expected_revenue=0)
        self.env.flush_all()
        self.env.cr.execute("UPDATE crm_lead SET expected_revenue = NULL WHERE id = %s", [leads[0].id])
        self.assertTrue(all(v != v for v in self.read(leads, "expected_revenue", required=True)))

    def test_blank_text_and_empty_html_are_empty(self):
        leads = self.make_leads(contact_name=" \t ", description="<p><br></p>")
        for path in ("contact_name", "description"):
            self.assertEqual(self.read(leads, path, kind=CATEGORY), [None], path)

    def test_a_deleted_source_is_said_to_be_deleted(self):
        source = self.env["utm.source"].create({"name": "A fair that is over"})
        level = str(source.id)
        source.unlink()
        leads = self.env["crm.lead"]
        self.assertEqual(leads._ai_level_names("source_id", [level]), {level: "deleted record"})


@tagged("post_install", "-at_install")
class TestReadersAgree(PropertyCase):
    """Random records, read in SQL and through the ORM: the same columns."""

    PATHS = [
        ("expected_revenue", NUMBER),
        ("color", NUMBER),
        ("active", CATEGORY),
        ("contact_name", CATEGORY),
        ("description", CATEGORY),
        ("country_id", CATEGORY),
        ("country_id.code", CATEGORY),
        ("tag_ids", CATEGORY),
        ("tag_ids.name", CATEGORY),
        ("partner_id.color", NUMBER),
        ("partner_id.category_id", CATEGORY),
        ("activity_ids", NUMBER),
        ("type", CATEGORY),
        ("date_deadline", NUMBER),
        ("partner_id.child_ids.color", NUMBER),
        ("partner_id.child_ids.name", CATEGORY),
        ("activity_ids.res_id", CATEGORY),
        *[(f"lead_properties.{name}", kind) for name in NAMES for kind in (CATEGORY,)],
        ("lead_properties.seats", NUMBER),
        ("lead_properties.size", NUMBER),
        ("lead_properties.starts", NUMBER),
    ]

    def random_value(self, rng, name):
        return rng.choice(
            {
                "tier": ["a1", "a2", False, None],
                "labels": [["c0"], ["c1", "c0"], ["c0", "c1"], [], False],
                "seats": [0, 3, False, None],
                "size": [0.0, 2.5, 3.0, False],
                "is_vip": [True, False],
                "note": ["x", " y ", "", "  ", False],
                "starts": ["2026-01-02", False, None],
                "helper": [self.seller.id, False],
                "friends": [self.tags.ids, self.tags[::-1].ids, [], False],
            }[name]
        )

    def test_both_ways_give_the_same_columns(self):
        rng = random.Random(5)
        categories = self.env["res.partner.category"].create([{"name": "x"}, {"name": "y"}])
        partners = self.env["res.partner"].create(
            [
                {
                    "name": f"P{n}",
                    "color": rng.choice([0, 4]),
                    "category_id": [Command.set(rng.sample(categories.ids, n % 3))],
                    "child_ids": [Command.create({"name": f"c{k}", "color": k % 2}) for k in range(n % 3)],
                }
                for n in range(4)
            ]
        )
        leads = self.env["crm.lead"].concat(
            *[
                self.make_leads(
                    team_id=self.team.id,
                    expected_revenue=rng.choice([0, 10, 2.5]),
                    contact_name=rng.choice(["", "  ", "Ann", " Ann"]),
                    description=rng.choice(["", "<p><br></p>", "<p>Hi</p>"]),
                    country_id=rng.choice([False, self.belgium.id]),
                    partner_id=rng.choice([False, *partners.ids]),
                    tag_ids=[Command.set(rng.sample(self.tags.ids, rng.randrange(4)))],
                    date_deadline=rng.choice([False, "2026-02-03"]),
                    active=rng.random() < 0.9,
                )
                for _n in range(40)
            ]
        )
        for lead in leads:
            if rng.random() < 0.3:
                lead.activity_schedule("mail.mail_activity_data_todo", user_id=self.seller.id)
            self.stored(lead, **{name: self.random_value(rng, name) for name in NAMES if rng.random() < 0.8})
        for column in ("expected_revenue", "color", "contact_name", "description", "active"):
            ids = rng.sample(leads.ids, 6)
            if column != "active":
                self.env.cr.execute(f"UPDATE crm_lead SET {column} = NULL WHERE id = ANY(%s)", [ids])  # pylint: disable=sql-injection
        self.env.invalidate_all()
        deployment = self.deployment
        for path, kind in self.PATHS:
            for required in (False, True):
                one = spec(path=path, kind=kind, required=required, fields={path: describe_path(deployment, path)})
                reader = FeatureReader(leads, [one], self.env.company)
                steps = walk_path(reader.documents, path)
                self.assertTrue(reader._has_columns(one), path)
                convert = values.converter(one, path, steps) or (lambda value: value)
                through_orm = [convert(_follow(record, path)) for record in reader.documents.browse(leads.ids)]
                in_sql = reader.read(leads.ids)["x"]
                first, second = make_column("x", kind, in_sql), make_column("x", kind, through_orm)
                self.assertEqual(str(first.values.tolist()), str(second.values.tolist()), path)
                self.assertEqual(set(first.errors), set(second.errors), path)
                self.assertFalse(first.errors, path)


@tagged("post_install", "-at_install")
class TestHistoriesOfValues(PropertyCase):
    def test_earlier_records_are_the_same_whatever_the_order_of_their_tags(self):
        leads = self.make_leads(3, team_id=self.team.id)
        self.stored(leads[0], labels=["c1", "c0"], note=" x")
        self.stored(leads[1], labels=["c0", "c1"], note="x ")
        self.stored(leads[2], labels=False, note=" ")
        self.env.cr.execute(
            "UPDATE crm_lead SET create_date = '2026-01-01'::timestamp + id * interval '1 day' WHERE id = ANY(%s)",
            [leads.ids],
        )
        for name in ("labels", "note"):
            history = spec(source="history", measure="count", group_paths=[f"lead_properties.{name}"])
            counts = FeatureReader(leads, [history], self.env.company).read(leads.ids)["x"]
            self.assertEqual(counts, [0, 1, None], name)
