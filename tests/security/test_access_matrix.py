"""Every model and every stored field of the addon, every role, every way in: who may do what.

The allowed set is the table in `access_matrix/tables.py`, written by hand. What is not in it is nobody's: a new model
or field fails here until somebody says who it is for. Most of the grid goes through the ORM as that user; a part of
each kind goes over HTTP as the browser (`call_kw`) and other programs (`/json/2`) call it, more in the nightly tests.
"""

import datetime
import json
from contextlib import contextmanager
from itertools import islice

import psycopg2

from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.fields import NO_ACCESS
from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import QUIET
from odoo.addons.ai_deployment.tests.security.access_matrix import (
    KINDS,
    NAMED_ROLES,
    ROLES,
    Rights,
)
from odoo.addons.ai_deployment.tests.security.access_matrix.tables import ELSEWHERE, MODELS, WIZARDS
from odoo.addons.ai_deployment.tests.security.test_access import AccessCase

CANARY = "Zq7Canary"
FAR = "2099-01-01"
COLUMNS_OF_ODOO = {"id", "display_name", "create_uid", "create_date", "write_uid", "write_date", "parent_path"}
# Keys that lift checks in Odoo itself, and what imports and the installer bring along.
KEYS = {
    "_force_unlink": True,
    "force_delete": True,
    "install_mode": True,
    "module": "ai_deployment",
    "no_reset": True,
    "tracking_disable": True,
    "mail_notrack": True,
    "mail_create_nolog": True,
    "active_test": False,
}
STRANGERS = ("none", "seller", "clerk", "pure_owner", "foreign_administrator", "portal")
# Roles over HTTP in the default suite; the nightly one takes all of them.
TELLING_ROLES = ("clerk", "reviewer", "pure_owner", "deputy", "portal")
TABLE = {**MODELS, **WIZARDS}


def stored(model):
    """The stored fields of a model that a table has to name; rows of a one2many are in the table of their own model."""
    return {
        name: field
        for name, field in model._fields.items()
        if field.store and name not in COLUMNS_OF_ODOO and (field.column_type or field.type in ("many2many", "binary"))
    }


class AccessMatrixCase(AccessCase):
    """The rows of `AccessCase`, and a user for each role of the table."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()

        def user(login, groups, **values):
            return new_test_user(cls.env, login, groups=groups, email=f"{login}@example.com", context=QUIET, **values)

        other = cls.env["res.company"].create({"name": "Other company"})
        cls.roles = {
            "none": cls.plain,
            "seller": cls.seller,
            "clerk": user("matrix_clerk", "account.group_account_invoice"),
            "reviewer": cls.reviewer,
            "owner": cls.owner,
            "pure_owner": user("matrix_pure_owner", "ai_deployment.group_owner"),
            "deputy": cls.deputy,
            "administrator": cls.manager,
            "auditor": cls.auditor,
            "foreign_administrator": user(
                "matrix_foreign",
                "ai_deployment.group_manager",
                company_id=other.id,
                company_ids=[Command.set(other.ids)],
            ),
            "portal": cls.portal,
        }
        cls.env.ref("base.group_allow_export").user_ids += cls.env["res.users"].union(*cls.roles.values())
        cls.env["ai.deployment.review.answer"].create({"deployment_id": cls.deployment.id, "name": "Reason"})
        cls.env["ai.deployment.channel"].search([("kind", "=", "email")]).frequency = "daily"
        cls.owners_own = cls.make_deployment(
            name="In the making", user_id=cls.roles["pure_owner"].id, is_primary=False, features=[]
        )
        cls.bills = cls.make_deployment(
            name="Bills in the making",
            model_id=cls.env["ir.model"]._get("account.move").id,
            method="anomaly",
            deputy_id=cls.deputy.id,
            features=[],
        )
        cls.env["ai.deployment.edit"]._note(cls.mine, cls.other_seller.ids)
        cls.env["ai.deployment.edit"]._flush_noted()
        cls._plant_canaries()
        cls.env.flush_all()
        cls.rows = {model: cls.row_of(cls, model) for model in MODELS}

    @classmethod
    def _plant_canaries(cls):
        """Write into each free text about the deployment what nobody without a right may ever be shown."""
        cls.env.flush_all()
        for model in MODELS:
            row = cls.row_of(cls, model)
            # What the standard template says is no secret, and a key has a meaning.
            if model.startswith("ai.deployment.check.template") or cls.env[model]._auto is False:
                continue
            for name, field in stored(cls.env[model]).items():
                if (
                    field.type in ("char", "text")
                    and not (field.compute or field.translate)
                    and name
                    not in (
                        "res_model",
                        "domain",
                        "code",
                        "rule",
                        "key",
                        "path",
                        "codes",
                        "digest",
                        "evidence_fingerprint",
                        "cause",
                        "kind",
                        "credential",
                        "start_path",
                        "end_path",
                        "group_paths",
                        "value_path",
                        "lang",
                        "pipeline_digest",
                        "fingerprint",
                        "words",
                    )
                ):
                    cls.env.cr.execute(
                        f'UPDATE "{cls.env[model]._table}" SET "{name}" = %s WHERE id = %s',
                        [f"{CANARY} {name}", row.id],
                    )
        cls.env.cr.execute("UPDATE crm_lead SET name = %s WHERE id = ANY(%s)", [CANARY, (cls.mine + cls.theirs).ids])
        cls.env.invalidate_all()

    def row_of(self, model):
        if model == "ai.deployment.channel":
            return self.env[model].search([("deployment_id", "=", self.deployment.id), ("kind", "=", "email")], limit=1)
        if model == "ai.deployment.edit":
            return self.env[model].search([], limit=1)
        return AccessCase.row_of(self, model)

    @contextmanager
    def undone(self):
        savepoint = self.env.cr.savepoint()
        try:
            yield
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all()
            self.env.registry.clear_cache()

    def kept(self, record, name):
        """What is stored, in a form that can be compared."""
        field, value = record._fields[name], record.sudo()[name]
        return json.dumps(sorted(value.ids) if field.relational else value, default=str, sort_keys=True)

    def forged(self, record, field):
        """A value that `field` can have and that differs from what `record` has; None where there is none."""
        value = record.sudo()[field.name]
        if field.type == "boolean":
            return not value
        if field.type in ("integer", "many2one_reference"):
            return (value or 0) + 1
        if field.type in ("float", "monetary"):
            return 0.25 if value != 0.25 else 0.5
        if field.type == "date":
            return FAR
        if field.type == "datetime":
            return f"{FAR} 00:00:00"
        if field.type == "json":
            return {"forged": 1}
        if field.type == "binary":
            return "Zm9yZ2Vk"
        if field.type == "selection":
            return next((key for key in field.get_values(self.env) if key and key != value), None)
        if field.type == "many2one":
            return self.env[field.comodel_name].search([("id", "!=", value.id)], limit=1).id or None
        if field.type == "many2many":
            other = self.env[field.comodel_name].search([("id", "not in", value.ids)], limit=1)
            return [Command.set(other.ids)] if other else None
        return f"{value or ''} forged"

    # What is needed to make a row of each model that people may make

    def samples(self, role):
        """{model: values} with which `role` may make a row, about what is that role's."""
        own = {"pure_owner": self.owners_own, "foreign_administrator": self.env["ai.deployment"]}.get(
            role, self.deployment
        )
        reads = role in ("owner", "deputy")  # the documents, which is asked of who declares what is read of them
        about = {"deployment_id": own.id}
        later = str(clock.today() + datetime.timedelta(days=30))
        return {
            "ai.deployment": reads and {"name": "New", "purpose": "New.", "model_id": self.lead_model.id},
            "ai.deployment.feature": reads and {**about, "path": "priority", "name": "Priority"},
            "ai.deployment.trigger": own and {**about, "kind": "labels", "threshold": 90},
            "ai.deployment.review.answer": own and {**about, "name": "Answer"},
            "ai.deployment.answer.field": own and {**about, "key": "medium_id"},
            "ai.deployment.channel": own
            and {**about, "kind": "email", "partner_ids": [Command.set(self.roles[role].partner_id.ids)]},
            "ai.deployment.edge.case": reads and {**about, "name": "Case", "domain": "[('priority', '=', '2')]"},
            "ai.deployment.check": own and {**about, "name": "Row"},
            "ai.deployment.check.template": {"name": "Template", "company_id": self.roles[role].company_id.id},
            "ai.deployment.template": {
                "name": "Template",
                "purpose": "X",
                "model_id": self.lead_model.id,
                "company_id": self.roles[role].company_id.id,
            },
            "ai.deployment.check.template.line": role == "administrator"
            and {
                "template_id": self.template.id,
                "dimension": "business",
                "code": "y",
                "name": "Y",
                "requirement": "Y",
            },
            "ai.deployment.signature": own and {**about, "role": "it", "user_id": self.plain.id},
            "ai.deployment.waiver": own is self.deployment
            and {
                "deployment_id": self.bills.id,
                "partner_id": self.seller.partner_id.id,
                "note": "W",
                "end_date": later,
            },
            "ai.deployment.alert.mute": role in NAMED_ROLES
            and {"alert_ids": [Command.set(self.alert.ids)], "reason": "Later"},
            "ai.deployment.baseline": own and {**about, "start_date": "2025-01-01", "end_date": "2025-06-30"},
            "ai.deployment.budget": own and {**about, "hours": 8, "start": f"{later} 09:00:00"},
            "ai.deployment.check.sign": own and {"check_id": own.check_ids[:1].id, "note": "Screen Context"},
            "ai.deployment.check.waive": own and {"check_id": own.check_ids[:1].id, "reason": "Later"},
            "ai.deployment.approve": own and {**about, "outcome": "go", "minutes": "Right"},
            "ai.deployment.answer": own is self.deployment and {"version_id": self.version.id, "reason": "Known"},
            "ai.deployment.extend": own and {**about, "until": later, "reason": "More"},
            "ai.deployment.gate.held": {},
            "ai.deployment.hand.over": own and {**about, "user_id": self.other_owner.id, "note": "Know"},
            "ai.deployment.health.address": {},
            "ai.deployment.holdout": own and {**about, "reason": "Learn"},
            "ai.deployment.record.evidence": own and {**about, "res_id": self.mine.id},
            "ai.deployment.retire": own and {**about, "lesson": "Learned"},
            "ai.deployment.suspend": own and {**about, "reason": "Wrong"},
            "ai.deployment.review.decide": {"review_ids": []},
            "ai.deployment.endpoint": {
                "name": "Endpoint",
                "address": "https://models.example.com",
                "company_id": self.roles[role].company_id.id,
            },
            "ai.deployment.version.bind": own and {**about, "endpoint_id": self.endpoint.id, "inputs_text": "a = b"},
            "ai.deployment.version.import": own and {**about, "file": "AAAA"},
        }

    def default_of(self, field, forged):
        return forged[0][2] if field.type == "many2many" else forged

    def took(self, made, field, value):
        now, kind = made[field], made._fields[field].type
        if kind == "many2one":
            return now.id == value
        if kind == "many2many":
            return set(now.ids) == set(value)
        if kind in ("date", "datetime"):
            return str(now or "") == value
        return now == value

    # Forms that are not saved yet

    def probes(self, model):
        """Values of a form that point to what its reader may not read, one relation at a time; asked is everything."""
        for name, field in self.env[model]._fields.items():
            if not field.relational or field.comodel_name not in self.env or name in COLUMNS_OF_ODOO:
                continue
            targets = self.rows.get(field.comodel_name)
            if field.comodel_name == "crm.lead":
                targets = self.theirs
            if not targets:
                continue
            ids = targets.sudo().ids
            yield {name: ids[0] if field.type == "many2one" else [Command.set(ids)]}
        if "res_id" in self.env[model]._fields:
            yield {"res_id": self.theirs.id, "res_model": "crm.lead", "deployment_id": self.deployment.id}

    def asked(self, model, values):
        names = [name for name, field in self.env[model]._fields.items() if not field.relational]
        return {name: {} for name in (*values, *names)}


@tagged("post_install", "-at_install")
class TestAccessMatrix(AccessMatrixCase):
    EVERY = 3  # field of a model is read and written by day, each at night

    # The table itself

    def ours(self):
        """{name: model} of what the addon registers."""
        return {
            name: self.env[name]
            for name, model in self.env.registry.items()
            if name.startswith("ai.deployment") and not model._abstract
        }

    def test_every_model_is_in_the_table(self):
        for name, model in self.ours().items():
            self.assertIn(
                name,
                TABLE,
                f"{name} is in no table: add it to {'WIZARDS' if model._transient else 'MODELS'} of "
                "tests/access_matrix/tables.py, with who may read, create, write and delete it.",
            )
        self.assertEqual(set(TABLE), set(self.ours()))

    def test_every_stored_field_is_in_the_table(self):
        for name, model in self.ours().items():
            kinds = TABLE.get(name, Rights()).kinds()
            for field in stored(model):
                with self.subTest(field=f"{name}.{field}"):
                    self.assertIn(
                        field,
                        kinds,
                        f"{name}.{field} is in no list: add it to its model in tests/access_matrix/tables.py, under "
                        f"one of {', '.join(KINDS)}. In doubt it is “system”: nobody writes it.",
                    )
            self.assertLessEqual(set(kinds), set(stored(model)), f"{name} has fields in the table that are gone")
            listed = [field for kind in KINDS for field in getattr(TABLE[name], kind).split()]
            self.assertEqual(len(listed), len(set(listed)), f"{name} has a field in two lists")

    def test_every_field_on_other_models_is_in_the_table(self):
        found = {}
        for name, model in self.env.registry.items():
            if name.startswith("ai.deployment") or model._abstract:
                continue
            own = {field.name for field in model._fields.values() if "ai_deployment" in field._modules}
            if own:
                found[name] = own
        for name, fields in found.items():
            for field in fields:
                self.assertIn(
                    field,
                    ELSEWHERE.get(name, "").split(),
                    f"{name}.{field} is not in ELSEWHERE of tests/access_matrix/tables.py: add it, and say who writes.",
                )

    def test_what_a_table_says_of_reading_is_what_the_field_says(self):
        for name, model in self.ours().items():
            for field, kind in TABLE[name].kinds().items():
                with self.subTest(field=f"{name}.{field}"):
                    groups = model._fields[field].groups
                    self.assertEqual(kind == "hidden", groups == NO_ACCESS)
                    self.assertEqual(kind == "sensitive", bool(groups) and groups != NO_ACCESS)

    # Records

    def test_records(self):
        for operation in ("read", "write"):
            for model, row in self.rows.items():
                self.assertTrue(row, model)
                for role in ROLES:
                    with self.subTest(model=model, role=role, operation=operation):
                        allowed = role in getattr(MODELS[model], operation)
                        self.assertIs(row.with_user(self.roles[role]).has_access(operation), allowed)

    @mute_logger("odoo.sql_db")
    def test_deleting_with_and_without_keys(self):
        """No key of the context deletes what the table keeps; `_force_unlink` switches Odoo's own checks off."""
        for model, row in self.rows.items():
            for role in ROLES:
                for keys in ({}, KEYS):
                    with self.subTest(model=model, role=role, keys=bool(keys)):
                        deleted = row.with_user(self.roles[role]).with_context(**keys).unlink
                        gone = self.tried(deleted, row.exists)
                        self.assertIs(gone == row.browse(), role in MODELS[model].unlink)

    def tried(self, act, look):
        """What `look()` finds after `act()`; both are taken back. False where `act` is refused."""
        savepoint = self.env.cr.savepoint()
        try:
            act()
            self.env.flush_all()
            self.env.invalidate_all()
            return look()
        except (UserError, psycopg2.IntegrityError):
            self.env.invalidate_all(flush=False)
            return False
        finally:
            savepoint.close(rollback=True)
            self.env.invalidate_all(flush=False)

    def test_creating(self):
        for model, rights in TABLE.items():
            for role in ROLES:
                with self.subTest(model=model, role=role):
                    self.assertIs(
                        self.env[model].with_user(self.roles[role]).has_access("create"), role in rights.create
                    )

    def test_those_who_may_create_can(self):
        for role in ROLES:
            samples = self.samples(role)
            for model, rights in TABLE.items():
                if role not in rights.create:
                    continue
                self.assertIn(
                    model, samples, f"{model} has no sample: add to `samples` what is needed to make one of its rows."
                )
                if values := samples[model]:
                    with self.subTest(model=model, role=role), self.undone():
                        made = self.env[model].with_user(self.roles[role]).create(values)
                        self.assertTrue(made.exists())

    def test_wizards_are_their_makers_alone(self):
        for model, rights in WIZARDS.items():
            for maker in rights.create:
                values = self.samples(maker)[model]
                if values is False or values is None or not isinstance(values, dict):
                    continue
                with self.undone():
                    row = self.env[model].with_user(self.roles[maker]).create(values)
                    self.env.flush_all()
                    for role in ROLES:
                        other = row.with_user(self.roles[role])
                        for operation in ("read", "write", "unlink"):
                            with self.subTest(model=model, maker=maker, role=role, operation=operation):
                                self.assertIs(other.has_access(operation), role == maker)

    # Fields

    @mute_logger("odoo.sql_db")
    def test_writing_each_field(self):
        for model, row in self.rows.items():
            for field, kind in islice(MODELS[model].kinds().items(), 0, None, self.EVERY):
                value = self.forged(row, row._fields[field])
                if value is None:
                    continue
                before, writers = self.kept(row, field), MODELS[model].writers_of(kind)
                for role in ROLES:
                    if role not in MODELS[model].write and field not in self.samples_of(MODELS[model]):
                        continue
                    with self.subTest(field=f"{model}.{field}", role=role, kind=kind):
                        self.check_writing(row.with_user(self.roles[role]), field, value, before, role in writers)

    def samples_of(self, rights):
        """One field of each kind: for those who may not write the record at all, it is the same for all of a kind."""
        return {getattr(rights, kind).split()[0] for kind in KINDS if getattr(rights, kind)}

    def check_writing(self, row, field, value, before, allowed):
        refused = []

        def act():
            try:
                row.write({field: value})
            except AccessError as error:
                refused.append(error)
                raise

        changed = self.tried(act, lambda: self.kept(row, field) != before)
        if not allowed:
            self.assertFalse(changed)
        elif MODELS[row._name].kinds()[field] in ("free", "owner"):
            self.assertFalse(refused, f"this role may write it: {refused}")

    def test_reading_each_field(self):
        """By id, by search, by order, in groups and in an export: all of them, or none of them."""
        for model, row in self.rows.items():
            for role in ROLES:
                rows, fields = row.with_user(self.roles[role]), MODELS[model].kinds()
                if role not in MODELS[model].read:
                    fields = {field: fields[field] for field in self.samples_of(MODELS[model])}
                else:
                    fields = dict(islice(fields.items(), 0, None, self.EVERY))
                self.env.invalidate_all()
                for field, kind in fields.items():
                    groups = row._fields[field].groups
                    allowed = role in MODELS[model].read and (
                        not groups or (groups != NO_ACCESS and self.roles[role].has_groups(groups))
                    )
                    for way, look in self.ways_to_read(rows, row._fields[field]):
                        with self.subTest(field=f"{model}.{field}", role=role, way=way, kind=kind):
                            try:
                                shown = look()
                            except AccessError:
                                shown = None
                            self.assertIs(bool(shown), allowed)

    def ways_to_read(self, rows, field):
        """(name, what finds the row by that field): nothing is found, or it is refused, without the right."""
        own = [("id", "in", rows.ids)]
        yield "read", lambda: rows.read([field.name])
        number = "/.id" if field.type == "many2one" else ""  # the name of what it points to has rights of its own
        yield "export", lambda: rows.export_data([".id", field.name + number])["datas"]
        if field.type in ("json", "binary") or not rows._auto:
            return
        # Apart: both in one domain are true of every row, and ask for no field
        yield (
            "search",
            lambda: (rows.search([*own, (field.name, "=", False)]) or rows.search([*own, (field.name, "!=", False)])),
        )
        if field.type != "many2many":
            yield "order", lambda: rows.search(own, order=f"{field.name} desc")
        if field._description_groupable(rows.env):
            name = f"{field.name}:day" if field.type in ("date", "datetime") else field.name
            yield "group", lambda: rows.formatted_read_group(own, [name], ["__count"])

    # Defaults

    @mute_logger("odoo.sql_db")
    def test_no_default_of_a_user_reaches_what_is_guarded(self):
        """Whoever makes a row: what the system, or an administrator, sets is not chosen by an own default."""
        for role in ROLES:
            samples = self.samples(role)
            for model, rights in TABLE.items():
                values = samples.get(model)
                if role not in rights.create or not isinstance(values, dict):
                    continue
                with self.undone():
                    plain = self.env[model].with_user(self.roles[role]).create(values).sudo()
                    self.env.flush_all()
                    wanted = self.forged_defaults(plain, role, values)
                for door in ("default", "context"):
                    with self.undone():
                        made = self.made_with(model, role, values, wanted, door)
                        for field in wanted if made else ():
                            with self.subTest(field=f"{model}.{field}", role=role, door=door):
                                self.assertFalse(self.took(made, field, wanted[field]))

    def forged_defaults(self, plain, role, values):
        """{field: value} of what `role` may not choose for a row like `plain`, as `ir.default` takes it."""
        kinds = {"system", "hidden", "sensitive"} | ({"admin"} if "administrator" not in role else set())
        found = {}
        for field, kind in TABLE[plain._name].kinds().items():
            if kind in kinds and field not in values:
                forged = self.forged(plain, plain._fields[field])
                if forged is not None:
                    found[field] = self.default_of(plain._fields[field], forged)
        return found

    def made_with(self, model, role, values, wanted, door):
        person = self.env[model].with_user(self.roles[role])
        if door == "context":
            keys = {f"default_{field}": value for field, value in wanted.items()}
            person = person.with_context(**keys)
        else:
            for field, value in wanted.items():
                self.env["ir.default"].with_user(self.roles[role]).set(model, field, value, user_id=True)
        try:
            with self.env.cr.savepoint():
                made = person.create(values)
                self.env.flush_all()
        except UserError:
            return None  # such a row is not made at all
        self.env.invalidate_all()
        return made.with_user(self.env.user).sudo()

    def test_no_default_of_a_clerk_reaches_what_the_addon_makes_with_all_rights(self):
        """Reviews, alerts and lines of the log are made in the name of whoever posts or saves a record."""
        for model in MODELS:
            fields = stored(self.env[model])
            person = self.env[model].with_user(self.roles["clerk"]).sudo()
            before = person._add_missing_default_values({})
            with self.undone():
                for name, field in fields.items():
                    forged = self.forged(self.rows[model], field)
                    if forged is not None:
                        value = self.default_of(field, forged)
                        self.env["ir.default"].with_user(self.roles["clerk"]).set(model, name, value, user_id=True)
                after = person._add_missing_default_values({})
                for name in fields:
                    if not isinstance(before.get(name), datetime.datetime):
                        with self.subTest(field=f"{model}.{name}"):
                            self.assertEqual(after.get(name), before.get(name))

    @mute_logger("odoo.models")
    def test_forms_that_are_not_saved_tell_nothing(self):
        for model in TABLE:
            for values in self.probes(model):
                values = {name: value for name, value in values.items() if name in self.env[model]._fields}
                for role in STRANGERS:
                    if not self.env[model].with_user(self.roles[role]).has_access("create") and role != "clerk":
                        continue  # refused before anything is computed: shown for one of them
                    with self.subTest(model=model, values=values, role=role):
                        self.env.invalidate_all()
                        try:
                            with self.env.cr.savepoint():
                                form = self.env[model].with_user(self.roles[role])
                                told = str(form.onchange(dict(values), [], self.asked(model, values)))
                        except UserError as error:
                            told = str(error)
                        self.assertNotIn(CANARY, told)


class OverHttp(AccessMatrixCase, HttpCase):
    """The same table over HTTP: one session per role, one key for `/json/2`."""

    def rpc(self, model, method, *args, **kwargs):
        """(result, name of the exception)"""
        try:
            return self.make_jsonrpc_request(
                f"/web/dataset/call_kw/{model}/{method}",
                {"model": model, "method": method, "args": list(args), "kwargs": kwargs},
            ), ""
        except JsonRpcException as error:
            return None, str(error)

    def check_role(self, role):
        person = self.roles[role]
        self.authenticate(person.login, person.login)
        samples = self.samples(role)
        for model, rights in TABLE.items():
            row = self.rows.get(model)
            if row:
                self.check_row(role, model, rights, row)
            if role in STRANGERS:
                for values in list(self.probes(model))[:2]:
                    values = {name: value for name, value in values.items() if name in self.env[model]._fields}
                    told, _error = self.rpc(model, "onchange", [], values, [], self.asked(model, values))
                    with self.subTest(model=model, role=role, way="onchange"):
                        self.assertNotIn(CANARY, str(told))
            if role not in rights.create:
                made, error = self.rpc(model, "create", [{}])
                with self.subTest(model=model, role=role, way="create"):
                    self.assertFalse(made)
                    self.assertIn("AccessError", error)
            elif isinstance(samples.get(model), dict):
                self.check_defaults(role, model, rights, samples[model])

    def check_row(self, role, model, rights, row):
        with self.subTest(model=model, role=role, way="search_read"):
            found, _error = self.rpc(model, "search_read", [("id", "=", row.id)], ["id"])
            self.assertIs(bool(found), role in rights.read)
        with self.subTest(model=model, role=role, way="read"):
            found, _error = self.rpc(model, "read", row.ids, ["id"])
            self.assertIs(bool(found), role in rights.read)
        for kind in ("system", "hidden", "admin", "fixed"):
            for field in getattr(rights, kind).split()[:1]:
                value = self.forged(row, row._fields[field])
                if value is None or role in rights.writers_of(kind):
                    continue
                before = self.kept(row, field)
                with self.subTest(field=f"{model}.{field}", role=role, way="write"):
                    self.rpc(model, "write", row.ids, {field: value})
                    self.env.invalidate_all()
                    self.assertEqual(self.kept(row, field), before)
        if role not in rights.unlink:
            with self.subTest(model=model, role=role, way="unlink"):
                self.rpc(model, "unlink", row.ids, context=KEYS)
                self.env.invalidate_all()
                self.assertTrue(row.exists())

    def check_defaults(self, role, model, rights, values):
        """Three guarded fields per model, by defaults that are set over HTTP as well."""
        empty, wanted = self.env[model].browse(), {}
        for field in [name for name in rights.system.split() if name not in values][:3]:
            forged = self.forged(empty, empty._fields[field])
            if forged is not None:
                wanted[field] = self.default_of(empty._fields[field], forged)
        with self.undone():
            for field, value in wanted.items():
                self.rpc("ir.default", "set", model, field, value, True)
            made, _error = self.rpc(model, "create", [values])
            self.env.invalidate_all()
            for field, value in wanted.items() if made else ():
                with self.subTest(field=f"{model}.{field}", role=role, way="create with defaults"):
                    self.assertFalse(self.took(self.env[model].browse(made), field, value))

    def check_json2(self, role):
        person = self.roles[role]
        expires = datetime.datetime.now() + datetime.timedelta(days=1)
        key = self.env["res.users.apikeys"].with_user(person).sudo()._generate("rpc", "matrix", expires)
        self.env.flush_all()
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

        def call(model, method, **body):
            answer = self.url_open(f"/json/2/{model}/{method}", data=json.dumps(body, default=str), headers=headers)
            return answer.json() if answer.status_code == 200 else None

        for model, row in self.rows.items():
            rights = MODELS[model]
            with self.subTest(model=model, role=role, way="/json/2 search"):
                self.assertIs(bool(call(model, "search", domain=[["id", "=", row.id]])), role in rights.read)
            for field in rights.system.split()[:1]:
                before = self.kept(row, field)
                call(model, "write", ids=row.ids, vals={field: self.forged(row, row._fields[field])}, context=KEYS)
                self.env.invalidate_all()
                with self.subTest(field=f"{model}.{field}", role=role, way="/json/2 write"):
                    self.assertEqual(self.kept(row, field), before)


@tagged("post_install", "-at_install")
class TestAccessMatrixHttp(OverHttp):
    @mute_logger("odoo.http", "odoo.sql_db")
    def test_telling_roles_over_http(self):
        for role in TELLING_ROLES:
            self.check_role(role)

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_telling_roles_by_json2(self):
        for role in ("clerk", "pure_owner"):
            self.check_json2(role)


@tagged("post_install", "-at_install", "ai_nightly")
class TestAccessMatrixNightly(OverHttp):
    @mute_logger("odoo.http", "odoo.sql_db")
    def test_every_role_over_http(self):
        for role in ROLES:
            self.check_role(role)

    @mute_logger("odoo.http", "odoo.sql_db")
    def test_every_role_by_json2(self):
        for role in ROLES:
            if role != "portal":  # has no key
                self.check_json2(role)


@tagged("post_install", "-at_install", "ai_nightly")
class TestEachFieldNightly(TestAccessMatrix):
    EVERY = 1
