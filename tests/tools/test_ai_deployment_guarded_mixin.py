"""What the system keeps is not chosen by who calls: every model and every field of the addon, by every door."""

import json
import re
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import odoo
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.tools.trust import (
    BY_ADDON,
    KEPT,
    OWN,
    own,
)
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase

GUARD = "ai.deployment.guarded.mixin"
FORGED = "Forged"
# Magic columns that Odoo leaves out of every write by itself.
MAGIC = {"id", "display_name", "create_uid", "create_date", "write_uid", "write_date", "parent_path"}
KEY = re.compile(r"""context(?:\.get\(|\[)\s*['"](\w+)['"]|['"](\w+)['"] (?:not )?in (?:self\.)?(?:env\.)?context\b""")


@tagged("post_install", "-at_install")
class TestGuardedMixin(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bills = cls.env["ir.model"]._get("account.move")
        cls.vendor = cls.env["res.partner"].create({"name": "Vendor"})
        cls.mine = cls.make_deployment(name="Mine", is_primary=False)
        cls.gate = cls.make_deployment(
            name="Bills", model_id=cls.bills.id, method="anomaly", features=[{"path": "amount_total", "name": "Total"}]
        )
        journal = cls.env["account.journal"].create({"name": "Entries", "code": "AIG", "type": "general"})
        cls.entry = cls.env["account.move"].create({"move_type": "entry", "journal_id": journal.id})
        cls.owner.group_ids += cls.env.ref("ai_deployment.group_pass_gate")
        cls.owner.group_ids += cls.env.ref("account.group_account_invoice")
        cls.template = cls.env["ai.deployment.check.template"].search([], limit=1)
        cls.models = [
            model for model in cls.env.values() if model._original_module == "ai_deployment" and not model._abstract
        ]

    # Samples: what a person gives who creates a record of each model that people may create

    def samples(self):
        """{model: (who creates, the values given)}; a model that people may create and that is not here fails."""
        owner, manager, about = self.owner, self.manager, {"deployment_id": self.mine.id}
        check, day = {"check_id": self.mine.check_ids[0].id}, clock.today() + timedelta(days=30)
        alert = self.env["ai.deployment.alert"]._raise(self.mine, "test", name="An alert")
        address = {"name": "Endpoint", "address": "https://models.example.com"}
        endpoint = self.env["ai.deployment.endpoint"].create(address)
        return {
            "ai.deployment": (owner, {"name": "New", "purpose": "New.", "model_id": self.lead_model.id}),
            "ai.deployment.alert.mute": (owner, {"alert_ids": [Command.set(alert.ids)], "reason": "Later"}),
            "ai.deployment.baseline": (owner, {**about, "start_date": "2025-01-01", "end_date": "2025-12-31"}),
            "ai.deployment.budget": (owner, {**about, "hours": 8, "start": clock.now() + timedelta(days=9)}),
            "ai.deployment.channel": (
                owner,
                {**about, "kind": "email", "partner_ids": [Command.set(self.owner.partner_id.ids)]},
            ),
            "ai.deployment.check": (owner, {**about, "name": "Row", "requirement": "Something"}),
            "ai.deployment.check.sign": (owner, {**check, "note": "Screen Context"}),
            "ai.deployment.check.template": (manager, {"name": "Template"}),
            "ai.deployment.check.template.line": (
                manager,
                {
                    "template_id": self.template.id,
                    "code": "mine",
                    "name": "Row",
                    "requirement": "Something",
                    "dimension": "business",
                },
            ),
            "ai.deployment.check.waive": (manager, {**check, "reason": "Later"}),
            "ai.deployment.approve": (
                self.reviewer,
                {"deployment_id": self.deployment.id, "outcome": "go", "minutes": "Right"},
            ),
            "ai.deployment.edge.case": (owner, {**about, "name": "Case", "domain": "[('country_id.code', '=', 'BE')]"}),
            "ai.deployment.answer": (owner, {"version_id": self.version.id, "reason": "Known"}),
            "ai.deployment.endpoint": (manager, address),
            "ai.deployment.extend": (owner, {**about, "until": day, "reason": "More"}),
            "ai.deployment.feature": (owner, {**about, "path": "priority"}),
            "ai.deployment.gate.held": (owner, {}),
            "ai.deployment.gate.pass": (owner, {"move_id": self.entry.id, "note": "Right"}),
            "ai.deployment.hand.over": (owner, {**about, "user_id": self.deputy.id, "note": "Know"}),
            "ai.deployment.health.address": (manager, {}),
            "ai.deployment.holdout": (owner, {**about, "reason": "Learn"}),
            "ai.deployment.record.evidence": (owner, {**about, "res_id": 1}),
            "ai.deployment.retire": (owner, {**about, "lesson": "Learned"}),
            "ai.deployment.review.answer": (owner, {**about, "name": "Answer", "decision": "any"}),
            "ai.deployment.answer.field": (owner, {**about, "key": "team_id", "name": "Team"}),
            "ai.deployment.review.decide": (self.reviewer, {"review_ids": []}),
            "ai.deployment.signature": (owner, {**about, "role": "legal", "user_id": self.reviewer.id}),
            "ai.deployment.suspend": (owner, {**about, "reason": "Wrong"}),
            "ai.deployment.template": (manager, {"name": "New", "purpose": "New.", "model_id": self.lead_model.id}),
            "ai.deployment.trigger": (owner, {**about, "kind": "age"}),
            "ai.deployment.version.bind": (manager, {**about, "endpoint_id": endpoint.id, "inputs_text": "a = b"}),
            "ai.deployment.version.import": (manager, {**about, "file": "AAAA"}),
            "ai.deployment.waiver": (
                owner,
                {"deployment_id": self.gate.id, "partner_id": self.vendor.id, "note": "W", "end_date": day},
            ),
        }

    def kept_fields(self, model):
        """Fields that no person writes: read-only ones, stored or not, computed or related or neither."""
        return [field for field in model._fields.values() if field.readonly and field.name not in MAGIC]

    def forged(self, field, now):
        """A value that `field` can have and does not have where its value is `now`; None where there is none."""
        kind = field.type
        if kind in ("char", "text", "html"):
            return FORGED
        if kind == "boolean":
            return not now
        if kind in ("integer", "many2one_reference"):
            return 987
        if kind in ("float", "monetary"):
            return 0.25
        if kind == "json":
            return {"forged": 1}
        if kind == "date":
            return "2099-01-01"
        if kind == "datetime":
            return "2099-01-01 00:00:00"
        if kind == "selection":
            values = field.get_values(self.env)
            return next((value for value in values if value and value != now), None)
        if kind in ("many2one", "many2many"):
            other = self.env[field.comodel_name].search([("id", "not in", now.ids)], limit=1)
            return (other.id if kind == "many2one" else other.ids) if other else None
        return None  # lines and files have doors of their own

    def value(self, record, name):
        """What is stored, read anew, in the form of `forged`."""
        field, value = record._fields[name], record.sudo()[name]
        if field.type == "many2one":
            return value.id
        if field.type == "many2many":
            return value.ids
        if isinstance(value, datetime | date):
            return field.to_string(value)
        return value

    # The tests

    def test_every_model_is_guarded_before_anything_else(self):
        """The guard comes first among what a model inherits, so that mail and the rest get the context it leaves."""
        self.assertGreater(len(self.models), 50)
        for model in self.models:
            with self.subTest(model=model._name):
                order = [cls._name for cls in type(model).mro() if getattr(cls, "_name", None)]
                self.assertIn(GUARD, order)
                others = {"mail.thread", "mail.activity.mixin", "ai.deployment.document.mixin"} & set(order)
                self.assertLessEqual(others, set(order[order.index(GUARD) :]))

    def test_nobody_writes_what_the_system_keeps(self):
        """As owner, as administrator and as administrator of everything: every read-only field of every model."""
        everything = self.env.ref("base.user_admin")
        everything.group_ids += self.env.ref("ai_deployment.group_manager")
        for model in self.models:
            for field in self.kept_fields(model):
                if field.name in model._ai_judged_fields:
                    continue
                for user in (self.owner, self.manager, everything):
                    with self.subTest(field=str(field), user=user.login), self.assertRaises(AccessError):
                        model.with_user(user)._check_field_access(field, "write")

    def test_judged_fields_are_few(self):
        judged = {(model._name, name) for model in self.models for name in model._ai_judged_fields}
        self.assertEqual(judged, {("ai.deployment", "state")})

    def test_every_model_that_people_create_has_a_sample(self):
        rights = self.env["ir.model.access"].search(
            [("model_id.model", "=like", "ai.deployment%"), ("perm_create", "=", True)]
        )
        self.assertEqual(set(rights.model_id.mapped("model")), set(self.samples()))

    def test_who_creates_chooses_nothing_that_the_system_keeps(self):
        """By values, by the context, by an own default, by one of the company."""
        samples = self.samples()
        for name, (user, given) in samples.items():
            model = self.env[name].with_user(user)
            with self.subTest(model=name), self.undone():
                plain = model.create(given)
                forged = {}
                for field in self.kept_fields(model):
                    if field.store and (value := self.forged(field, plain.sudo()[field.name])) is not None:
                        forged[field.name] = value
            for door in (self.by_values, self.by_context, self.by_own_default, self.by_company_default):
                with self.undone():
                    record = door(model, given, forged)
                    self.env.flush_all()
                    self.env.invalidate_all()
                    for field_name, value in forged.items():
                        with self.subTest(door=door.__name__, field=f"{name}.{field_name}"):
                            self.assertNotEqual(self.value(record, field_name), value)

    def by_values(self, model, given, forged):
        try:
            with self.env.cr.savepoint():
                return model.create({**forged, **given})
        except (AccessError, UserError):  # some models say so instead of leaving it out
            return model.create(given)

    def by_context(self, model, given, forged):
        return model.with_context(**{f"default_{name}": value for name, value in forged.items()}).create(given)

    def by_own_default(self, model, given, forged):
        self.set_defaults(model, forged, model.env.uid)
        return model.create(given)

    def by_company_default(self, model, given, forged):
        self.set_defaults(model, forged, False)
        return model.create(given)

    def set_defaults(self, model, values, user_id):
        fields = self.env["ir.model.fields"]
        self.env["ir.default"].create(
            [
                {"field_id": fields._get(model._name, name).id, "user_id": user_id, "json_value": json.dumps(value)}
                for name, value in values.items()
            ]
        )

    @contextmanager
    def undone(self):
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()
            self.env.registry.clear_cache()

    def test_no_default_reaches_what_the_addon_creates(self):
        """With all rights, in the name of a person: every stored field of every model keeps the model's own default."""
        for model in self.models:
            names = [name for name, field in model._fields.items() if field.store and name not in MAGIC]
            person = model.with_user(self.owner).sudo()
            before = person.default_get(names)
            values = {}
            for name in names:
                value = self.forged(model._fields[name], model.browse()[name])
                if value is not None:
                    values[name] = value
            with self.undone():
                self.set_defaults(model, values, self.owner.id)
                self.set_defaults(model, values, False)
                with self.subTest(model=model._name):
                    after = person.with_context(**{f"default_{n}": v for n, v in values.items()}).default_get(names)
                    moving = {n for n, v in before.items() if isinstance(v, datetime)}
                    self.assertEqual(
                        {n: v for n, v in after.items() if n not in moving},
                        {n: v for n, v in before.items() if n not in moving},
                    )

    def test_what_people_may_choose_they_may_choose_by_default(self):
        self.env["ir.default"].with_user(self.owner).set("ai.deployment", "drift_sensitivity", "calm", user_id=True)
        model = self.env["ai.deployment"].with_user(self.owner)
        made = model.with_context(default_purpose="By default.").create({"name": "N", "model_id": self.lead_model.id})
        self.assertEqual((made.drift_sensitivity, made.purpose), ("calm", "By default."))

    def test_no_key_of_a_context_reaches_what_is_written(self):
        """Every key that Odoo's own source reads, and one that it does not: only those that say how to speak stay."""
        keys = self.keys_of_odoo() | {"ai_deployment_reason", "bypass_anything", "x"}
        self.assertGreater(len(keys), 200)
        self.assertLess({"_force_unlink", "tracking_disable", "mail_notrack", "install_mode", "import_file"}, keys)
        context = {key: True for key in keys if key not in KEPT and not key.startswith("default_")}
        for model in self.models:
            for user in (self.owner, self.manager):
                for records in (model.with_user(user), model.with_user(user).sudo()):
                    guarded = records.with_context(**context)._ai_guarded()
                    self.assertLessEqual(guarded.env.context.keys(), KEPT | {BY_ADDON}, model._name)
        acting = own(self.env["mail.activity"].with_user(self.owner).with_context(**context))
        self.assertLessEqual(acting.env.context.keys(), KEPT | {BY_ADDON})

    def keys_of_odoo(self):
        """The keys that Odoo's ORM and the modules below this addon read from a context."""
        root, keys = Path(odoo.__path__[0]), set()
        folders = [root / "orm", *(root / "addons" / name for name in ("base", "mail", "web", "account", "crm"))]
        for folder in folders:
            for path in folder.rglob("*.py"):
                if "/tests/" not in str(path):
                    keys.update(a or b for a, b in KEY.findall(path.read_text()))
        return keys - {"company", "force_company"}  # `with_context` warns of them

    def test_the_system_itself_keeps_its_context(self):
        deployments = self.env["ai.deployment"]
        self.assertTrue(deployments.with_context(tracking_disable=True)._ai_guarded().env.context["tracking_disable"])

    def test_a_key_that_the_addon_set_is_kept(self):
        records = self.mine.with_user(self.owner).with_context(tracking_disable=OWN)
        self.assertIs(records._ai_guarded().env.context["tracking_disable"], OWN)

    def test_a_message_of_the_addon_takes_no_default(self):
        self.env["ir.default"].with_user(self.owner).set("mail.message", "date", "2001-01-01 00:00:00", user_id=True)
        before = self.mine.message_ids
        own(self.mine.with_user(self.owner))._message_log(body="Kept")
        self.assertNotEqual((self.mine.message_ids - before).date.year, 2001)
