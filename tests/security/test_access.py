"""Who may read, write, create and delete what; and that a line about a record is seen with the record or not at all."""

from itertools import product

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, QUIET, AiDeploymentCase

WORD = "A word about the record"  # of a person, so never translated
LINE_MODELS = ("ai.deployment.score", "ai.deployment.inference", "ai.deployment.review")
NAMED = {"owner", "deputy", "reviewer", "manager", "auditor"}
READERS = {
    "ai.deployment": NAMED,
    "ai.deployment.feature": NAMED,
    "ai.deployment.version": NAMED,
    "ai.deployment.assignment": NAMED,
    "ai.deployment.trigger": NAMED,
    "ai.deployment.review.rule": NAMED,
    "ai.deployment.alert": NAMED,
    "ai.deployment.channel": NAMED,
    # a summary is about all deployments of its owner, so it is not for the deputy of one of them
    "ai.deployment.message": {"owner", "manager", "auditor"},
    "ai.deployment.endpoint": (NAMED - {"reviewer"}) | {"other_owner"},
    "ai.deployment.endpoint.call": NAMED - {"reviewer"},
    "ai.deployment.endpoint.answer": set(),
    "ai.deployment.push": NAMED - {"reviewer"},
    "ai.deployment.failure.detail": set(),
    "ai.deployment.answer.field": NAMED,
    "ai.deployment.proposal": NAMED - {"manager"},
    "ai.deployment.report": NAMED,
    "ai.deployment.report.line": NAMED,
    "ai.deployment.profile": NAMED - {"reviewer"},
    "ai.deployment.reference": NAMED - {"reviewer"},
    # the administrator of deployments may not read leads, so nothing about leads either
    "ai.deployment.inference": NAMED - {"manager"},
    "ai.deployment.review": NAMED - {"manager"},
    "ai.deployment.review.answer": NAMED,
    # sellers see on leads what stands on the lead itself
    "ai.deployment.score": (NAMED - {"manager"}) | {"seller", "other_owner"},
    "ai.deployment.batch": NAMED | {"seller"},  # who asked for it
    "ai.deployment.batch.chunk": {"auditor"},
    "ai.deployment.request": NAMED - {"manager"},
    "ai.deployment.ledger": NAMED,
    "ai.deployment.requested": {"auditor"},
    "ai.deployment.quota": {"auditor"},
    "ai.deployment.outcome": set(),  # read by the program alone: a record tells its own end
    "ai.deployment.request.closed": {"auditor"},
    "ai.deployment.check": NAMED,
    "ai.deployment.check.template": NAMED | {"other_owner"},  # what is asked of everybody in the company
    "ai.deployment.check.template.line": NAMED | {"other_owner"},
    "ai.deployment.approval": NAMED,
    "ai.deployment.signature": NAMED | {"accountant"},  # who has to sign it
    "ai.deployment.transition": NAMED,
    "ai.deployment.version.answer": NAMED,
    "ai.deployment.gate.event": NAMED - {"manager"},
    "ai.deployment.waiver": NAMED,
    "ai.deployment.drill": NAMED,
    "ai.deployment.template": NAMED - {"reviewer", "auditor"} | {"other_owner"},  # whoever may create a deployment
    "ai.deployment.onboarding": {"owner"},  # whoever began it
    "ai.deployment.onboarding.line": {"owner"},
    "ai.deployment.replay": NAMED,
    "ai.deployment.training": NAMED,
    "ai.deployment.training.step": NAMED,
    "ai.deployment.comparison": NAMED - {"reviewer"},
    "ai.deployment.challenger.score": {"auditor"},  # shown to nobody
    "ai.deployment.fallback.figure": {"auditor"},
    "ai.deployment.value": NAMED,
    "ai.deployment.edge.case": NAMED,
    "ai.deployment.day.count": set(),  # read by the sum, which is for who may read the deployment
    "ai.deployment.line.state": set(),
    "ai.deployment.edit": set(),  # who wrote which record is asked by the gate and by reviews, never listed
}
ANSWERABLE = {"owner", "deputy", "manager"}
WRITERS = {
    "ai.deployment": ANSWERABLE,
    "ai.deployment.feature": ANSWERABLE,
    "ai.deployment.trigger": ANSWERABLE,
    "ai.deployment.channel": ANSWERABLE,
    "ai.deployment.check": ANSWERABLE,
    "ai.deployment.check.template": {"manager"},
    "ai.deployment.check.template.line": {"manager"},
    "ai.deployment.endpoint": {"manager"},
    "ai.deployment.onboarding": {"owner"},
    "ai.deployment.onboarding.line": {"owner"},
    "ai.deployment.template": {"manager"},
    "ai.deployment.review.answer": ANSWERABLE,
    "ai.deployment.answer.field": ANSWERABLE,
    "ai.deployment.review.rule": ANSWERABLE,
    "ai.deployment.waiver": ANSWERABLE,
    "ai.deployment.signature": ANSWERABLE,
    "ai.deployment.edge.case": ANSWERABLE,
}
DELETERS = {
    "ai.deployment": {"manager"},
    "ai.deployment.feature": ANSWERABLE,
    "ai.deployment.trigger": ANSWERABLE,
    "ai.deployment.channel": ANSWERABLE,
    "ai.deployment.check": ANSWERABLE,
    "ai.deployment.check.template": {"manager"},
    "ai.deployment.check.template.line": {"manager"},
    "ai.deployment.endpoint": {"manager"},
    "ai.deployment.review.answer": ANSWERABLE,
    "ai.deployment.answer.field": ANSWERABLE,
    "ai.deployment.signature": ANSWERABLE,
    "ai.deployment.edge.case": ANSWERABLE,
}
CREATORS = {
    model: who if who == {"manager"} else ANSWERABLE | {"other_owner"}
    for model, who in WRITERS.items()
    if model != "ai.deployment.review.rule" and not model.startswith("ai.deployment.onboarding")
}


class AccessCase(AiDeploymentCase):
    """One row of every model, about a lead of the seller and a lead of another seller."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()

        def user(login, groups):
            return new_test_user(cls.env, login, groups=groups, email=f"{login}@example.com", context=QUIET)

        cls.plain = user("ai_plain", "base.group_user")
        cls.portal = user("ai_portal", "base.group_portal")
        cls.public = user("ai_public", "base.group_public")
        # reviews this deployment, and reads no lead but her own
        cls.selling_reviewer = user(
            "ai_selling_reviewer", "ai_deployment.group_reviewer,sales_team.group_sale_salesman"
        )
        cls.sensitive_reviewer = user(
            "ai_sensitive_reviewer",
            "ai_deployment.group_reviewer,ai_deployment.group_sensitive,sales_team.group_sale_salesman_all_leads",
        )
        cls.deployment.reviewer_ids += cls.selling_reviewer + cls.sensitive_reviewer
        cls.env.ref("base.group_allow_export").user_ids += (
            cls.seller + cls.reviewer + cls.selling_reviewer + cls.sensitive_reviewer + cls.owner + cls.auditor
        )
        cls.deployment.min_confidence = 1.0
        cls.mine = cls.make_leads(name="Mine", expected_revenue=20000)
        cls.theirs = cls.make_leads(name="Theirs", expected_revenue=500, user_id=cls.other_seller.id)
        with clock.at(NOW):
            cls.deployment._score(cls.mine + cls.theirs)
            cls.deployment.state = "production"
        cls.env["ai.deployment.channel"].create(
            {"deployment_id": cls.deployment.id, "partner_ids": cls.owner.partner_id.ids}
        )
        cls.alert = cls.env["ai.deployment.alert"]._raise(cls.deployment, "test", name="Something happened")
        cls.report = cls.env["ai.deployment.report"].create(
            {
                "deployment_id": cls.deployment.id,
                "version_id": cls.version.id,
                "date": NOW,
                "window_start": NOW.date(),
                "window_end": NOW.date(),
                "verdict": "quiet",
                "line_ids": [
                    Command.create({"key": "country_id", "label": "Country", "test": "shape", "verdict": "quiet"})
                ],
            }
        )
        with clock.at(NOW):
            batches = cls.env["ai.deployment.batch"].with_user(cls.seller)
            cls.batch = batches._ask(cls.deployment, cls.mine.ids).with_env(cls.env)
            both, why = (cls.mine + cls.theirs).ids, [("unexpected", "x")] * 2
            cls.env["ai.deployment.request"]._add(cls.deployment, NOW.date(), both, why, {})
            cls.env["ai.deployment.quota"]._take(cls.deployment, {"capacity": 1})
            cls.env["ai.deployment.request.closed"]._add(cls.deployment, NOW.date(), unchanged=1)
        cls.env["ai.deployment.gate.event"].create(
            {
                "deployment_id": cls.deployment.id,
                "company_id": cls.env.company.id,
                "res_model": "crm.lead",
                "res_id": cls.mine.id,
                "date": NOW,
                "kind": "bypassed",
                "user_id": cls.seller.id,
            }
        )
        # Only bills are waived; whose deployment it is decides who sees it, whatever the deployment is about.
        cls.env.cr.execute(
            "INSERT INTO ai_deployment_waiver (deployment_id, partner_id, user_id, note, end_date, active)"
            " VALUES (%s, %s, %s, 'Why', %s, TRUE)",
            [cls.deployment.id, cls.seller.partner_id.id, cls.owner.id, NOW.date()],
        )
        cls.trigger = cls.env["ai.deployment.trigger"].create({"deployment_id": cls.deployment.id})
        cls.adopted = cls.env["ai.deployment.reference"].create(
            {
                "deployment_id": cls.deployment.id,
                "version_id": cls.version.id,
                "window_start": NOW.date(),
                "window_end": NOW.date(),
                "row_count": 1,
                "counts": {"rows": 1, "counts": {}},
                "adopted_by_id": cls.owner.id,
                "date": NOW,
            }
        )
        cls.env["ai.deployment.signature"].create(
            {"deployment_id": cls.deployment.id, "role": "finance", "user_id": cls.accountant.id}
        )
        cls.env["ai.deployment.fallback.figure"].create(
            {"deployment_id": cls.deployment.id, "res_id": cls.mine.id, "value": 0.5}
        )
        cls.training = cls.env["ai.deployment.training"]._ask(cls.deployment)
        cls.env["ai.deployment.comparison"].create(
            {
                "deployment_id": cls.deployment.id,
                "serving_id": cls.version.id,
                "challenger_id": cls.version.id,
                "user_id": cls.owner.id,
                "requested_date": NOW,
                "state": "failed",
            }
        )
        cls.env["ai.deployment.challenger.score"].create(
            {
                "deployment_id": cls.deployment.id,
                "company_id": cls.env.company.id,
                "res_model": "crm.lead",
                "res_id": cls.mine.id,
                "version_id": cls.version.id,
                "serving_id": cls.version.id,
                "date": NOW,
            }
        )
        cls.replay = cls.env["ai.deployment.replay"]._ask(cls.deployment)
        cls.start_template = cls.env["ai.deployment.template"].create(
            {"name": "Ours", "purpose": "Ours.", "model_id": cls.lead_model.id, "company_id": cls.env.company.id}
        )
        cls.onboarding = cls.env["ai.deployment.onboarding"].create(
            {
                "name": "Begun",
                "template_id": cls.start_template.id,
                "company_id": cls.env.company.id,
                "user_id": cls.owner.id,
                "owner_id": cls.owner.id,
                "horizon_days": 60,
            }
        )
        cls.onboarding_line = cls.env["ai.deployment.onboarding.line"].create(
            {"onboarding_id": cls.onboarding.id, "name": "Country", "declaration": {"path": "country_id"}}
        )
        cls.drill = cls.env["ai.deployment.drill"].create(
            {"deployment_id": cls.deployment.id, "kind": "faults", "date": NOW, "user_id": cls.owner.id}
        )
        cls.template = cls.env["ai.deployment.check.template"].create(
            {
                "name": "Ours",
                "company_id": cls.env.company.id,
                "line_ids": [Command.create({"dimension": "business", "code": "x", "name": "X", "requirement": "X"})],
            }
        )
        cls.env["ai.deployment.value"].create(
            {
                "deployment_id": cls.deployment.id,
                "code": "conversion",
                "period": "before",
                "kind": "share",
                "unit": "share",
                "date": NOW,
                "start_date": NOW.date(),
                "end_date": NOW.date(),
            }
        )
        card = {"code": "card", "auc": 0.97, "key": None, "share": None}
        cls.env["ai.deployment.version.answer"]._store(cls.version, [card], "A small market.")
        cls.env["ai.deployment.outcome"]._keep("crm.lead", {cls.mine.id: "lost"})
        cls.env["ai.deployment.edit"]._note(cls.mine, cls.seller.ids)
        cls.env["ai.deployment.edit"]._flush_noted()
        cls.endpoint = cls.env["ai.deployment.endpoint"].create(
            {"name": "Service", "address": "https://models.example.com", "credential": "SERVICE"}
        )
        about = {"deployment_id": cls.deployment.id, "version_id": cls.version.id, "date": NOW, "record_count": 1}
        cls.env["ai.deployment.endpoint.call"].create({**about, "endpoint_id": cls.endpoint.id})
        cls.env["ai.deployment.endpoint.answer"].create(
            {"version_id": cls.version.id, "res_id": cls.mine.id, "key": "k", "date": NOW, "value": 0.5}
        )
        cls.env["ai.deployment.push"].create(
            {"deployment_id": cls.deployment.id, "date": NOW, "key": "k", "digest": "d", "inference_ids": [1]}
        )
        cls.env["ai.deployment.failure.detail"].create(
            {"deployment_id": cls.deployment.id, "date": NOW, "inference_id": 1, "details": "x"}
        )
        cls.env["ai.deployment.answer.field"].create({"deployment_id": cls.deployment.id, "key": "team_id"})
        cls.env["ai.deployment.proposal"].create(
            {
                "date": NOW,
                "deployment_id": cls.deployment.id,
                "company_id": cls.env.company.id,
                "version_id": cls.version.id,
                "res_model": "crm.lead",
                "res_id": cls.mine.id,
                "key": "city",
                "value": WORD,
            }
        )
        cls.env["ai.deployment.edge.case"].create(
            {"deployment_id": cls.deployment.id, "name": "Friends", "domain": "[('priority', '=', '3')]"}
        )
        cls.env.flush_all()

    @classmethod
    def lines_of(cls, model, leads):
        return cls.env[model].search([("deployment_id", "=", cls.deployment.id), ("res_id", "in", leads.ids)])

    def row_of(self, model):
        """A row of `model` about this deployment, and about the seller's lead where it is about one."""
        domain = [("id", "=", self.deployment.id)]
        if model != "ai.deployment":
            domain = [("deployment_id", "=", self.deployment.id)]
        if model.startswith("ai.deployment.check.template"):
            return self.template if model == "ai.deployment.check.template" else self.template.line_ids
        if model == "ai.deployment.endpoint":
            return self.endpoint
        if model == "ai.deployment.endpoint.answer":
            domain = [("version_id", "=", self.version.id)]
        if model == "ai.deployment.template":
            return self.start_template
        if model.startswith("ai.deployment.onboarding"):
            return self.onboarding if model == "ai.deployment.onboarding" else self.onboarding_line
        if model == "ai.deployment.edit":
            domain = [("res_model", "=", "crm.lead"), ("res_id", "=", self.mine.id)]
        if model == "ai.deployment.batch.chunk":
            domain = [("batch_id", "=", self.batch.id)]
        if model == "ai.deployment.outcome":  # of a record, whatever deployments are about it
            domain = [("res_model", "=", "crm.lead")]
        about_records = ("ai.deployment.outcome", "ai.deployment.request", "ai.deployment.gate.event")
        if model in (*LINE_MODELS, *about_records, "ai.deployment.proposal"):
            domain += [("res_id", "=", self.mine.id)]
        return self.env[model].search(domain, limit=1)

    def people(self):
        names = (
            "plain",
            "portal",
            "public",
            "seller",
            "other_seller",
            "accountant",
            "reviewer",
            "owner",
            "other_owner",
            "deputy",
            "manager",
            "auditor",
        )
        return {name: getattr(self, name) for name in names}


WHY = "•••: values that you may not read"


@tagged("post_install", "-at_install")
class TestAccess(AccessCase):
    # The table: people, models, operations

    def assertAllowed(self, operation, allowed_by_model):
        for model in READERS:
            row = self.row_of(model)
            self.assertTrue(row, model)
            for name, person in self.people().items():
                with self.subTest(model=model, person=name, operation=operation):
                    expected = name in allowed_by_model.get(model, ())
                    self.assertIs(row.with_user(person).has_access(operation), expected)

    def test_only_people_with_a_part_in_it_read(self):
        self.assertAllowed("read", READERS)

    def test_only_those_who_answer_for_it_write(self):
        self.assertAllowed("write", WRITERS)

    def test_only_an_administrator_deletes_a_deployment_and_nobody_the_records_of_its_work(self):
        self.assertAllowed("unlink", DELETERS)

    def test_nobody_creates_the_records_of_its_work(self):
        for model in READERS:
            for name, person in self.people().items():
                with self.subTest(model=model, person=name):
                    allowed = self.env[model].with_user(person).has_access("create")
                    self.assertIs(allowed, name in CREATORS.get(model, ()))

    def test_what_may_be_read_is_what_is_found(self):
        for model, readers in READERS.items():
            row = self.row_of(model)
            for name, person in self.people().items():
                rows = self.env[model].with_user(person)
                with self.subTest(model=model, person=name):
                    if not rows.has_access("read"):
                        self.assertNotIn(name, readers)
                        with self.assertRaises(AccessError):
                            rows.search([])
                        continue
                    self.assertIs(row in rows.search([]).with_user(self.env.user), name in readers)
                    self.assertIs(bool(rows.search_count([("id", "=", row.id)])), name in readers)

    def test_every_model_of_the_addon_is_in_the_table(self):
        ours = {
            name
            for name, model in self.env.registry.items()
            if name.startswith("ai.deployment") and not model._abstract and not model._transient
        }
        self.assertEqual(ours, set(READERS))

    def test_the_administrator_of_odoo_changes_no_record_of_the_work_either(self):
        admin = self.env.ref("base.user_admin")
        for model in set(READERS) - set(WRITERS):
            row = self.row_of(model).with_user(admin)
            for operation in ("write", "create", "unlink"):
                with self.subTest(model=model, operation=operation):
                    self.assertFalse(row.has_access(operation))
                    self.assertFalse(row.browse().has_access(operation))

    def test_refused_means_refused(self):
        for model, name, values in (
            ("ai.deployment", "reviewer", {"name": "Changed"}),
            ("ai.deployment", "other_owner", {"name": "Changed"}),
            ("ai.deployment", "auditor", {"name": "Changed"}),
            ("ai.deployment.feature", "other_owner", {"sensitive": True}),
            ("ai.deployment.feature", "reviewer", {"sensitive": True}),
            ("ai.deployment.trigger", "auditor", {"threshold": 1}),
            ("ai.deployment.review", "reviewer", {"decision": "confirmed", "state": "decided"}),
            ("ai.deployment.review", "manager", {"state": "decided"}),
            ("ai.deployment.score", "owner", {"predicted_value": 1.0}),
            ("ai.deployment.assignment", "manager", {"end_date": NOW}),
            ("ai.deployment.alert", "owner", {"state": "resolved"}),
            ("ai.deployment.profile", "manager", {"row_count": 0}),
            ("ai.deployment.channel", "reviewer", {"active": False}),
            ("ai.deployment.message", "owner", {"state": "sent"}),
        ):
            with self.subTest(model=model, person=name), self.assertRaises(AccessError):
                self.row_of(model).with_user(getattr(self, name)).write(values)

    def test_nobody_adds_to_a_deployment_of_somebody_else(self):
        values = {"deployment_id": self.deployment.id}
        for model, more in (
            ("ai.deployment.feature", {"path": "campaign_id", "name": "Campaign"}),
            ("ai.deployment.trigger", {"kind": "labels", "threshold": 5}),
            ("ai.deployment.channel", {"partner_ids": self.owner.partner_id.ids}),
            ("ai.deployment.review.answer", {"name": "Reason"}),
            ("ai.deployment.answer.field", {"key": "medium_id"}),
        ):
            with self.subTest(model=model):
                with self.assertRaises(AccessError):
                    self.env[model].with_user(self.other_owner).create({**values, **more})
                self.assertTrue(self.env[model].with_user(self.owner).create({**values, **more}))

    def test_a_former_reviewer_sees_nothing_any_more(self):
        self.deployment.reviewer_ids -= self.reviewer
        self.deployment.viewer_group_ids = False
        for model in ("ai.deployment", "ai.deployment.version", "ai.deployment.alert", *LINE_MODELS):
            with self.subTest(model=model):
                self.assertFalse(self.env[model].with_user(self.reviewer).search([]))
                self.assertFalse(self.row_of(model).with_user(self.reviewer).has_access("read"))

    def test_an_owner_who_hands_over_sees_nothing_any_more(self):
        self.deployment.user_id = self.other_owner
        self.assertFalse(self.row_of("ai.deployment.inference").with_user(self.owner).has_access("read"))
        self.assertTrue(self.row_of("ai.deployment.inference").with_user(self.other_owner).has_access("read"))

    # Groups

    def test_no_group_of_ours_gives_more_than_being_an_employee(self):
        employee = self.env.ref("base.group_user")
        groups = [
            f"ai_deployment.group_{name}"
            for name in ("reviewer", "owner", "manager", "auditor", "sensitive", "review_figures")
        ]
        ours = self.env["res.groups"].union(*(self.env.ref(name) for name in groups))
        for group in ours:
            with self.subTest(group=group.name):
                self.assertFalse(group.all_implied_ids - ours - employee.all_implied_ids)

    def test_the_ladder_of_groups(self):
        reviewer, owner, manager, auditor, sensitive, figures = (
            self.env.ref(f"ai_deployment.group_{name}")
            for name in ("reviewer", "owner", "manager", "auditor", "sensitive", "review_figures")
        )
        self.assertIn(reviewer, owner.all_implied_ids)
        self.assertIn(owner, manager.all_implied_ids)
        self.assertFalse((auditor + sensitive + figures) & (reviewer + owner + manager).all_implied_ids)
        self.assertFalse((reviewer + sensitive + figures) & auditor.all_implied_ids)
        self.assertFalse(figures.all_user_ids, "nobody is a member by default")

    # Companies

    def test_deployments_of_another_company_show_no_lines(self):
        company = self.env["res.company"].create({"name": "Next door"})
        for name, model in product(("reviewer", "owner", "manager", "seller"), LINE_MODELS):
            person = getattr(self, name)
            person.company_ids += company
            there = self.env[model].with_user(person).with_context(allowed_company_ids=company.ids)
            with self.subTest(person=name, model=model):
                self.assertFalse(there._visible_deployments())

    def test_lines_of_another_company_are_out_of_sight(self):
        company = self.env["res.company"].create({"name": "Next door"})
        for name in ("reviewer", "owner", "auditor", "manager"):
            getattr(self, name).company_ids += company
        for model in READERS:
            row = self.row_of(model)
            for name in ("reviewer", "owner", "auditor", "manager"):
                here = row.with_user(getattr(self, name)).with_context(allowed_company_ids=self.env.company.ids)
                there = row.with_user(getattr(self, name)).with_context(allowed_company_ids=company.ids)
                with self.subTest(model=model, person=name):
                    self.assertIs(here.has_access("read"), name in READERS[model])
                    self.assertFalse(there.has_access("read"))
                    if there.browse().has_access("read"):
                        self.assertNotIn(row.id, there.search([]).ids)
                        # the standard checklist and the templates that the addon brings belong to no company
                        shared = model.startswith(("ai.deployment.check.template", "ai.deployment.template"))
                        self.assertFalse(there.search([]) and not shared)

    # Append-only

    def test_the_log_cannot_be_changed_by_anybody(self):
        lines = self.env["ai.deployment.inference"].search([])
        admin = self.env.ref("base.user_admin")
        for rows in (
            lines,
            lines[0],
            lines.sudo(),
            lines.browse(),
            lines.with_user(admin),
            lines.with_user(self.manager),
            lines.with_user(self.manager).sudo(),
            lines.with_user(self.owner),
        ):
            with self.subTest(user=rows.env.user.login, su=rows.env.su, rows=len(rows)):
                with self.assertRaises(AccessError):
                    rows.write({"route": "review"})
                with self.assertRaises(AccessError):
                    rows.write({})
                with self.assertRaises(AccessError):
                    rows.unlink()
        with self.assertRaises(AccessError):
            lines[0].sudo().predicted_value = 1.0
        self.env.invalidate_all()
        self.assertEqual(set(lines.mapped("route")), {"review"})

    def test_nobody_but_the_program_adds_to_the_log(self):
        values = {
            "deployment_id": self.deployment.id,
            "company_id": self.env.company.id,
            "res_model": "crm.lead",
            "res_id": self.mine.id,
            "date": NOW,
            "route": "automatic",
        }
        for person in (self.owner, self.manager, self.auditor, self.env.ref("base.user_admin")):
            with self.subTest(person=person.login), self.assertRaises(AccessError):
                self.env["ai.deployment.inference"].with_user(person).create(values)

    def test_versions_and_reports_are_never_edited_and_reviews_never_deleted(self):
        for refused in (
            lambda: self.version.write({"row_count": 1}),
            lambda: self.version.unlink(),
            lambda: self.report.write({"verdict": "drifted"}),
            lambda: self.report.line_ids.write({"exceeded": True}),
            lambda: self.env["ai.deployment.review"].search([]).unlink(),
        ):
            with self.assertRaises(UserError):
                refused()

    @mute_logger("odoo.sql_db")
    def test_what_the_log_refers_to_cannot_be_deleted(self):
        with self.assertRaisesRegex(UserError, "has a log"):
            self.deployment.unlink()
        with self.assertRaisesRegex(UserError, "has a log"):
            self.deployment.with_user(self.manager).unlink()


@tagged("post_install", "-at_install")
class TestDocumentLineAccess(AccessCase):
    """Scores, log lines and reviews: as the selling reviewer, who may read her own leads only."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mine.user_id = cls.selling_reviewer
        cls.archived = cls.make_leads(name="Archived", user_id=cls.selling_reviewer.id, active=False)
        cls.deployment._score(cls.archived, now=NOW)
        cls.env.flush_all()
        cls.env.invalidate_all()

    def test_a_name_that_was_read_with_all_rights_is_not_handed_to_who_has_fewer(self):
        """The auditor reads lines about records that he may not read, also where the system has just named them."""
        for model in LINE_MODELS:
            line = self.lines_of(model, self.theirs)[:1]
            with self.subTest(model=model):
                self.assertEqual(line.sudo().res_name, "Theirs")
                self.assertNotIn("Theirs", line.with_user(self.auditor).sudo(False).res_name)

    def each_model(self):
        for model in LINE_MODELS:
            expected = self.lines_of(model, self.mine + self.archived)
            forbidden = self.lines_of(model, self.theirs)
            self.assertEqual((len(expected), len(forbidden)), (2, 1))
            self.env.invalidate_all()
            yield self.env[model].with_user(self.selling_reviewer), expected, forbidden

    def test_search_finds_lines_of_readable_records_only(self):
        for rows, expected, _forbidden in self.each_model():
            self.assertEqual(set(rows.search([]).ids), set(expected.ids))
            self.assertEqual(set(rows.search([("res_model", "=", "crm.lead")], limit=5).ids), set(expected.ids))
            self.assertFalse(rows.search([("res_id", "=", self.theirs.id)]))
            self.assertFalse(rows.search([], offset=2))

    def test_counts_count_lines_of_readable_records_only(self):
        for rows, expected, _forbidden in self.each_model():
            self.assertEqual(rows.search_count([]), len(expected))
            self.assertEqual(rows.search_count([("res_id", "=", self.theirs.id)]), 0)

    def test_reading_by_id_is_refused(self):
        for rows, expected, forbidden in self.each_model():
            self.assertEqual(len(rows.browse(expected.ids).read(["predicted_value"])), 2)
            for fields in (["predicted_value"], ["res_id"], ["display_name"], ["reasons"], None):
                self.env.invalidate_all()
                with self.assertRaises(AccessError, msg=fields):
                    rows.browse(forbidden.ids).read(fields)
                self.env.invalidate_all()
                with self.assertRaises(AccessError, msg=fields):
                    rows.browse((expected + forbidden).ids).read(fields)
            self.assertEqual(rows.browse((expected + forbidden).ids)._filtered_access("read").ids, expected.ids)

    def test_search_read_and_name_search(self):
        for rows, expected, _forbidden in self.each_model():
            found = rows.search_read([], ["res_id"])
            self.assertEqual({line["id"] for line in found}, set(expected.ids))
            found = rows.web_search_read([], {"res_id": {}})
            self.assertEqual((found["length"], {line["id"] for line in found["records"]}), (2, set(expected.ids)))

    def test_groups_hold_lines_of_readable_records_only(self):
        for rows, expected, _forbidden in self.each_model():
            [[_deployment, count, ids, highest]] = rows._read_group(
                [], ["deployment_id"], ["__count", "res_id:array_agg", "predicted_value:max"]
            )
            self.assertEqual((count, set(ids)), (2, set((self.mine + self.archived).ids)))
            self.assertAlmostEqual(highest, max(expected.mapped("predicted_value")), 12)
            [group] = rows.formatted_read_group([], ["res_model"], ["__count", "predicted_value:min"])
            self.assertEqual(group["__count"], 2)
            self.assertGreater(group["predicted_value:min"], 0.4, "the lead of the other seller has 0.27")
            self.assertEqual(rows._read_group([], [], ["__count"]), [(2,)])

    def test_export_is_refused(self):
        for rows, expected, forbidden in self.each_model():
            self.assertEqual(len(rows.browse(expected.ids).export_data(["predicted_value", "reasons"])["datas"]), 2)
            with self.assertRaises(AccessError):
                rows.browse(forbidden.ids).export_data(["predicted_value"])

    def test_a_domain_through_a_relation_finds_readable_ones_only(self):
        user = self.selling_reviewer
        reviews = self.env["ai.deployment.review"].with_user(user)
        self.assertFalse(reviews.search([("inference_id.res_id", "=", self.theirs.id)]))
        self.assertEqual(len(reviews.search([("inference_id.predicted_value", "<", 1)])), 2)
        inferences = self.env["ai.deployment.inference"].with_user(user)
        self.assertEqual(
            set(inferences.search([("review_ids.state", "=", "open")]).mapped("res_id")),
            set((self.mine + self.archived).ids),
        )
        reviews = self.env["ai.deployment.review"].with_user(user)
        self.assertFalse(reviews.search([("incumbent_value", ">=", 0), ("res_id", "=", self.theirs.id)]))

    def test_counters_on_the_deployment_count_what_the_viewer_may_read(self):
        deployment = self.deployment.with_user(self.selling_reviewer)
        self.assertEqual((deployment.score_count, deployment.open_review_count), (2, 2))

    def test_counters_of_one_viewer_are_not_shown_to_the_next(self):
        counts = [
            self.deployment.with_user(person).score_count
            for person in (self.reviewer, self.selling_reviewer, self.manager)
        ]
        self.assertEqual(counts, [3, 2, 0])

    def test_who_loses_the_record_loses_its_lines(self):
        self.mine.user_id = self.other_seller
        self.env.flush_all()
        for rows, _expected, _forbidden in self.each_model():
            self.assertEqual(rows.search([]).mapped("res_id"), self.archived.ids)
            with self.assertRaises(AccessError):
                rows.browse(self.lines_of(rows._name, self.mine).ids).read(["predicted_value"])

    def test_who_gets_the_record_gets_its_lines(self):
        self.theirs.user_id = self.selling_reviewer
        self.env.flush_all()
        for model in LINE_MODELS:
            rows = self.env[model].with_user(self.selling_reviewer)
            self.assertIn(self.theirs.id, rows.search([]).mapped("res_id"))

    def test_who_may_no_longer_sell_loses_all(self):
        self.selling_reviewer.group_ids -= self.env.ref("sales_team.group_sale_salesman")
        self.env.invalidate_all()
        for model in LINE_MODELS:
            rows = self.env[model].with_user(self.selling_reviewer)
            with self.subTest(model=model):
                self.assertFalse(rows.search([]))
                self.assertFalse(self.lines_of(model, self.mine).with_user(self.selling_reviewer).has_access("read"))

    def test_lines_of_a_deleted_record_are_for_the_auditor_only(self):
        lead_id = self.mine.id
        self.mine.unlink()
        self.env.flush_all()
        for model in LINE_MODELS:
            lines = self.env[model].search([("res_id", "=", lead_id)])
            self.env.invalidate_all()
            self.assertTrue(lines)
            for person in (self.selling_reviewer, self.reviewer, self.owner, self.manager):
                with self.subTest(model=model, person=person.login):
                    self.assertFalse(self.env[model].with_user(person).search([("res_id", "=", lead_id)]))
                    self.assertFalse(lines.with_user(person).has_access("read"))
            seen = self.env[model].with_user(self.auditor).search([("res_id", "=", lead_id)])
            self.assertEqual(seen.ids, lines.ids)
            self.assertEqual(seen.res_name, f"Lead {lead_id} (deleted)")

    def test_the_auditor_reads_all_rows_and_the_name_of_no_record(self):
        for model in LINE_MODELS:
            rows = self.env[model].with_user(self.auditor)
            with self.subTest(model=model):
                found = rows.search([("deployment_id", "=", self.deployment.id)])
                self.assertEqual(set(found.mapped("res_id")), set((self.mine + self.theirs + self.archived).ids))
                self.assertEqual(rows.search_count([("deployment_id", "=", self.deployment.id)]), 3)
                for name in found.mapped("res_name") + found.mapped("display_name"):
                    self.assertNotIn("Mine", name)
                    self.assertNotIn("Theirs", name)

    def test_viewers_see_scores_in_production_only(self):
        scores = self.env["ai.deployment.score"].with_user(self.other_seller)
        self.assertEqual(scores.search([]).mapped("res_id"), self.theirs.ids)
        for change in ({"is_primary": False}, {"viewer_group_ids": [Command.clear()]}, {"state": "suspended"}):
            with self.subTest(change=change), self.env.cr.savepoint() as savepoint:
                self.deployment.write(change)
                self.env.flush_all()
                self.assertFalse(scores.search([]))
                self.assertFalse(
                    self.lines_of("ai.deployment.score", self.theirs).with_user(scores.env.user).has_access("read")
                )
                savepoint.rollback()
                self.env.invalidate_all()

    def test_conversations_on_a_review_stay_with_those_who_see_the_record(self):
        review = self.lines_of("ai.deployment.review", self.theirs)
        message = review.message_post(body=WORD)
        activity = review.activity_schedule("mail.mail_activity_data_todo", user_id=self.reviewer.id, note="secret")
        self.env.flush_all()
        for person, sees in ((self.reviewer, True), (self.selling_reviewer, False), (self.other_owner, False)):
            with self.subTest(person=person.login):
                found = self.env["mail.message"].with_user(person).search([("id", "=", message.id)])
                self.assertIs(bool(found), sees)
                found = self.env["mail.activity"].with_user(person).search([("id", "=", activity.id)])
                self.assertIs(bool(found), sees)
        with self.assertRaises(AccessError):
            review.with_user(self.selling_reviewer).message_post(body=WORD)

    def test_a_reviewer_decides_nothing_about_a_record_that_is_hidden_from_her(self):
        review = self.lines_of("ai.deployment.review", self.theirs).with_user(self.selling_reviewer)
        for act in ("action_confirm", "action_unsure", "action_score_again"):
            self.env.invalidate_all()
            with self.subTest(act=act), self.assertRaises(AccessError):
                getattr(review, act)()
        self.assertEqual(review.sudo().state, "open")


@tagged("post_install", "-at_install")
class TestMaskedInputs(AccessCase):
    """What was read of a record: by its name, masked where it is sensitive, never raw."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.line = cls.lines_of("ai.deployment.inference", cls.mine)
        cls.review = cls.lines_of("ai.deployment.review", cls.mine)
        cls.score = cls.lines_of("ai.deployment.score", cls.mine)

    def seen_by(self, person):
        self.env.invalidate_all()
        line, review, score = (row.with_user(person) for row in (self.line, self.review, self.score))
        self.assertEqual(review.inputs_text, line.inputs_text)
        self.assertEqual(review.reasons, line.reasons)
        self.assertEqual(score.reasons, line.reasons)
        return line.inputs_text, line.reasons

    def mark_country(self):
        self.deployment.feature_ids.filtered(lambda feature: feature.path == "country_id").sensitive = True

    def test_nothing_is_masked_where_nothing_is_sensitive(self):
        inputs, reasons = self.seen_by(self.reviewer)
        self.assertEqual(inputs, "Expected Revenue: 20,000\nCountry: Belgium\nSource: –")
        self.assertEqual(reasons.splitlines()[:2], ["▲ Expected Revenue: 10,000 to 100,000", "▲ Country: Belgium"])

    def test_an_input_marked_later_is_masked_in_what_was_logged_before(self):
        self.mark_country()
        inputs, reasons = self.seen_by(self.reviewer)
        self.assertEqual(inputs, "Expected Revenue: 20,000\nCountry: •••\nSource: –\n" + WHY)
        self.assertIn("▲ Country: protected", reasons)
        self.assertNotIn("Belgium", reasons)

    def test_an_input_marked_at_training_stays_masked_when_the_mark_goes(self):
        self.mark_country()
        self.serve(self.deployment, self.card())
        self.deployment.feature_ids.sensitive = False
        self.deployment._score(self.mine, now=NOW, again=True)
        self.line = self.lines_of("ai.deployment.inference", self.mine)[0]
        self.score = self.lines_of("ai.deployment.score", self.mine)
        self.env.invalidate_all()
        self.assertEqual(
            self.line.with_user(self.reviewer).inputs_text,
            "Expected Revenue: 20,000\nCountry: •••\nSource: –\n" + WHY,
        )
        self.assertNotIn("Belgium", self.line.with_user(self.reviewer).reasons)
        self.assertNotIn("Belgium", self.score.with_user(self.reviewer).reasons)

    def test_an_input_that_is_declared_no_more_stays_masked(self):
        self.mark_country()
        version = self.serve(self.deployment, self.card())
        self.deployment.feature_ids.filtered("sensitive").unlink()
        self.assertEqual(version._sensitive_keys(), {"country_id"})

    def test_who_is_granted_sensitive_inputs_sees_them(self):
        self.mark_country()
        inputs, reasons = self.seen_by(self.sensitive_reviewer)
        self.assertIn("Country: Belgium", inputs)
        self.assertIn("▲ Country: Belgium", reasons)

    def test_an_auditor_sees_no_input_at_all(self):
        inputs, reasons = self.seen_by(self.auditor)
        self.assertEqual(inputs, "Expected Revenue: •••\nCountry: •••\nSource: •••\n" + WHY)
        self.assertEqual({line.split(": ")[1] for line in reasons.splitlines()}, {"protected"})

    def test_an_auditor_who_is_granted_sensitive_inputs_sees_none_either(self):
        self.auditor.group_ids += self.env.ref("ai_deployment.group_sensitive")
        inputs, _reasons = self.seen_by(self.auditor)
        self.assertEqual(inputs, "Expected Revenue: •••\nCountry: •••\nSource: •••\n" + WHY)

    def test_what_one_person_was_shown_is_not_kept_for_the_next(self):
        self.mark_country()
        self.env.invalidate_all()
        for row in (self.line, self.review, self.score):
            shown = [
                row.with_user(person).reasons
                for person in (self.sensitive_reviewer, self.reviewer, self.auditor, self.sensitive_reviewer)
            ]
            with self.subTest(model=row._name):
                self.assertEqual(["Belgium" in text for text in shown], [True, False, False, True])
                self.assertEqual(["10,000" in text for text in shown], [True, True, False, True])
        for row in (self.line, self.review):
            texts = [
                row.with_user(person).inputs_text for person in (self.sensitive_reviewer, self.reviewer, self.auditor)
            ]
            self.assertEqual(["Belgium" in text for text in texts], [True, False, False])

    def test_reasons_on_the_lead_are_masked_too(self):
        self.mark_country()
        self.env.invalidate_all()
        lead = self.mine.with_user(self.seller)
        self.assertIn("Country is protected", lead.ai_reasons)
        self.assertIn("Country is Belgium", self.mine.with_user(self.sensitive_reviewer).ai_reasons)
        self.assertNotIn("Belgium", lead.export_data(["ai_reasons"])["datas"][0][0])

    def test_a_failure_does_not_tell_what_a_sensitive_input_holds(self):
        self.mark_country()
        version = self.serve(self.deployment, self.card(required=("country_id",)))
        self.assertIn("country_id", version._sensitive_keys())
        lead = self.make_leads(country_id=False)
        self.deployment._score(lead, now=NOW)
        self.assertEqual(self.inferences_of(lead).with_user(self.auditor).failure_text, "“Country” has no value.")

    def test_raw_inputs_can_be_read_by_nobody(self):
        admin = self.env.ref("base.user_admin")
        admin.group_ids += self.env.ref("sales_team.group_sale_manager")
        people = (self.reviewer, self.sensitive_reviewer, self.owner, self.auditor, admin)
        for row, names in ((self.line, ("inputs", "codes")), (self.score, ("codes",))):
            for person in people:
                rows = row.with_user(person)
                for name in names:
                    with self.subTest(model=row._name, field=name, person=person.login):
                        self.assertNotIn(name, rows.fields_get())
                        for leak in (
                            lambda rows=rows, name=name: rows.read([name]),
                            lambda rows=rows, name=name: rows[name],
                            lambda rows=rows, name=name: rows.search([(name, "!=", False)]),
                            lambda rows=rows, name=name: rows.search([(name, "like", "03")]),
                            lambda rows=rows, name=name: rows.search([], order=name),
                            lambda rows=rows, name=name: rows._read_group([], [name]),
                            lambda rows=rows, name=name: rows.formatted_read_group([], [name], ["__count"]),
                            lambda rows=rows, name=name: rows._read_group([], [], [f"{name}:array_agg"]),
                            lambda rows=rows, name=name: rows.export_data([name]),
                        ):
                            self.env.invalidate_all()
                            with self.assertRaises(AccessError):
                                leak()
                self.env.invalidate_all()
                if rows.has_access("read"):
                    self.assertFalse({"inputs", "codes"} & rows.read()[0].keys())

    def test_superuser_code_reads_them(self):
        self.assertEqual(self.line.sudo().inputs, [20000.0, str(self.belgium.id), None])
