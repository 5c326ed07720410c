"""Nobody learns from unsaved records, or by naming records, what he may not read: tried on every model and field."""

import datetime
import json
from contextlib import suppress

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.tests.common import NOW, QUIET
from odoo.addons.ai_deployment.tests.gate.common import GateCase

SECRET, FIGURE = "Kanarie", 987654.0
TOLD = (SECRET.lower(), "987654", "987,654", "990,000")
X2MANY = ("one2many", "many2many")
REFUSED = (AccessError, UserError, ValidationError)


class ReadableCase(GateCase):
    """Somebody else's deployments with a secret in every text, and people who may read none of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        other = cls.other_owner
        cls.deployment.write(
            {
                "name": SECRET,
                "purpose": SECRET,
                "limits": SECRET,
                "user_id": other.id,
                "deputy_id": False,
                "reviewer_ids": [Command.clear()],
                "min_confidence": 1.0,
            }
        )
        cls.gate.write({"name": SECRET, "purpose": SECRET})
        cls.secret_lead = cls.make_leads(
            1, name=SECRET, phone="+44 123", expected_revenue=FIGURE, user_id=cls.other_seller.id
        )
        curves = {side: [[0.9, 987654, 1]] for side in ("positive", "negative")}
        version = cls.keep(cls.deployment, cls.card(high=2.0), held_out={"curves": curves})
        cls.deployment._assign_champion(version, SECRET)
        cls.deployment._score(cls.secret_lead)
        cls.env["ai.deployment.alert"]._raise(cls.deployment, "kanarie", name=SECRET, suggestion=SECRET)
        cls.env["ai.deployment.value"].create(
            {
                "deployment_id": cls.deployment.id,
                "code": "net",
                "period": "after",
                "unit": "money",
                "is_money": True,
                "has_enough_records": True,
                "date": NOW,
                "start_date": NOW,
                "end_date": NOW,
                "value": FIGURE,
                "money": FIGURE,
                "money_low": FIGURE,
                "money_high": FIGURE,
            }
        )
        cls.env["ai.deployment.approval"].create(
            {
                "deployment_id": cls.deployment.id,
                "outcome": "go",
                "minutes": SECRET,
                "date": NOW,
                "user_id": cls.env.ref("base.user_admin").id,
                "next_review_date": datetime.date(2100, 1, 1),
            }
        )
        cls.deployment.check_ids.write({"name": SECRET, "requirement": SECRET})
        cls.env["ai.deployment.signature"].create(
            {"deployment_id": cls.deployment.id, "role": "finance", "user_id": cls.ann.id}
        )
        cls.secret_room = cls.env["discuss.channel"].create({"name": SECRET, "channel_type": "group"})
        cls.env["ai.deployment.channel"].create(
            {"deployment_id": cls.deployment.id, "kind": "discuss", "discuss_channel_id": cls.secret_room.id}
        )
        cls.secret_bill = cls.make_bill(FIGURE, ref=SECRET)
        cls.gate._score(cls.secret_bill)
        cls.secret_activity = cls.deployment.activity_schedule(
            "mail.mail_activity_data_todo", summary=SECRET, user_id=other.id
        )

        def person(login, groups):
            return new_test_user(cls.env, login, groups=groups, email=f"{login}@example.com", context=QUIET)

        cls.people = (
            person("pure_owner", "ai_deployment.group_owner"),
            person("pure_reviewer", "ai_deployment.group_reviewer"),
            person("pure_passer", "base.group_user,ai_deployment.group_pass_gate"),
            person("pure_user", "base.group_user"),
        )
        # Their own deployment, so that lines of one can be edited as well.
        cls.mine = cls.make_deployment(name="Mine", user_id=cls.people[0].id, is_primary=False)
        cls.env.flush_all()
        cls.env.invalidate_all()

    def own_models(self):
        """Every model of the addon that a person meets."""
        return [
            model
            for name, model in self.env.items()
            if name.startswith("ai.deployment") and not model._abstract and model._auto
        ]

    def unreadable(self, model, person):
        """The latest record of `model` that `person` may not read; none where there is none."""
        everything = self.env[model].sudo().with_context(active_test=False)
        secret = everything.search([], order="id desc", limit=200)
        return secret.with_user(person).sudo(False).filtered(lambda one: not one.has_access("read"))[:1].sudo()

    def told(self, result):
        text = json.dumps(result, default=str).lower()
        return [word for word in TOLD if word in text]


def spec_of(model):
    """All fields that are computed, and what the records behind them are called."""
    spec = {}
    for name, field in model._fields.items():
        if not model._has_field_access(field, "read"):
            continue
        if field.type in X2MANY:
            spec[name] = {"fields": {"display_name": {}}}
        elif field.type == "many2one":
            spec[name] = {"fields": {"display_name": {}}}
        else:
            spec[name] = {}
    return spec


@tagged("post_install", "-at_install")
class TestReadableMixin(ReadableCase):
    def test_every_model_of_the_addon_is_covered(self):
        models = self.own_models()
        self.assertGreater(len(models), 45)
        for model in models:
            with self.subTest(model=model._name):
                self.assertTrue(hasattr(model, "_check_named_readable"))

    def test_dialogs_read_nothing_with_all_rights(self):
        for model in self.own_models():
            if model._transient:
                for name, field in model._fields.items():
                    with self.subTest(field=f"{model._name}.{name}"):
                        self.assertFalse(field.related and field.compute_sudo)
                        self.assertFalse(field.compute and not field.store and field.compute_sudo)

    def shapes(self, field, res_id):
        if field.type == "many2one":
            return (res_id, {"id": res_id}, (res_id, ""), str(res_id))
        if field.type in X2MANY:
            return (
                [[6, 0, [res_id]]],
                [[4, res_id]],
                [[1, res_id, {}]],
                [res_id],
                [{"id": res_id}],
                [[6, 0, [str(res_id)]]],
            )
        return (res_id,)

    def named(self, model, person):
        """(field, unreadable record) of each field that names records."""
        for name, field in model._fields.items():
            if not model._has_field_access(field, "read") or name in ("create_uid", "write_uid"):
                continue
            comodels = [field.comodel_name] if field.relational else []
            if field.type == "many2one_reference":
                comodels = ["crm.lead", "account.move"]
            for comodel in comodels:
                if comodel in self.env and (secret := self.unreadable(comodel, person)):
                    yield field, secret

    def test_naming_an_unreadable_record_tells_nothing(self):
        tried = 0
        for person in self.people:
            for model in self.own_models():
                model = model.with_user(person).with_context(lang="en_US")
                if not model.has_access("create"):
                    continue
                spec = spec_of(model)
                for field, secret in list(self.named(model, person)):
                    for shape in self.shapes(field, secret.id):
                        for names in ([], [field.name]):
                            self.env.invalidate_all()
                            values = {field.name: shape}
                            with self.subTest(person=person.login, model=model._name, values=values, names=names):
                                answer = {}
                                with suppress(*REFUSED), self.env.cr.savepoint():
                                    answer = model.onchange(dict(values), list(names), spec)
                                self.assertFalse(self.told(answer), answer)
                                tried += 1
        self.assertGreater(tried, 500)

    def test_nor_does_a_default(self):
        for person in self.people:
            for model in self.own_models():
                model = model.with_user(person)
                if not model.has_access("create"):
                    continue
                for field, secret in list(self.named(model, person)):
                    self.env.invalidate_all()
                    value = [[6, 0, [secret.id]]] if field.type in X2MANY else secret.id
                    named = model.with_context(**{f"default_{field.name}": value})
                    with self.subTest(person=person.login, model=model._name, field=field.name):
                        answer = {}
                        with suppress(*REFUSED), self.env.cr.savepoint():
                            answer = named.onchange({}, [], spec_of(model))
                        self.assertFalse(self.told(answer), answer)

    def test_nor_does_an_unsaved_record_where_naming_is_not_refused(self):
        """The second line of defence: even so, no compute reads for its reader what he may not read."""
        for person in self.people[:2]:
            for model in self.own_models():
                model = model.with_user(person).with_context(lang="en_US")
                for field, secret in list(self.named(model, person)):
                    self.env.invalidate_all()
                    value = [Command.set(secret.ids)] if field.type in X2MANY else secret.id
                    try:
                        record = model.new({field.name: value})
                    except AccessError:
                        continue
                    for name, computed in model._fields.items():
                        if not computed.compute or computed.related and computed.related.startswith(field.name):
                            continue
                        if computed.type in (*X2MANY, "many2one") or not model._has_field_access(computed, "read"):
                            continue
                        with self.subTest(person=person.login, model=model._name, field=field.name, told_by=name):
                            told = ""
                            with suppress(*REFUSED), self.env.cr.savepoint():
                                told = record[name]
                            self.assertFalse(self.told(told), told)

    def test_a_filter_that_is_not_saved_answers_nothing(self):
        """Yes or no about any field of any lead, asked by a filter."""
        owner, lead = self.people[0], self.secret_lead
        for model, values in (
            ("ai.deployment", {"model_id": self.lead_model.id, "method": "scorecard", "horizon_days": 400}),
            ("ai.deployment.edge.case", {"deployment_id": self.mine.id, "kind": "domain"}),
        ):
            model = self.env[model].with_user(owner)
            answers = []
            for phone in ("+44%", "+99%"):
                domain = f"['&',('id','=',{lead.id}),('phone','=like','{phone}')]"
                self.env.invalidate_all()
                answer = model.onchange({**values, "domain": domain}, ["domain"], spec_of(model))
                answer["value"].pop("domain", None)
                answers.append(answer)
            self.assertEqual(*answers)

    def test_what_is_named_already_may_be_sent_back(self):
        """A form sends the values that it was given, whoever may read these records."""
        mine = self.mine.with_user(self.people[0])
        channel = self.env["ai.deployment.channel"].create(
            {"deployment_id": mine.id, "kind": "discuss", "discuss_channel_id": self.secret_room.id}
        )
        self.env.invalidate_all()
        line = {"discuss_channel_id": self.secret_room.id, "kind": "email"}
        answer = mine.onchange({"channel_ids": [[1, channel.id, line]]}, ["channel_ids"], {"channel_ids": {}})
        self.assertIn("value", answer)
        with self.assertRaises(AccessError):
            mine.write({"channel_ids": [[0, 0, {"kind": "discuss", "discuss_channel_id": self.secret_room.id}]]})

    def test_nor_can_it_be_written(self):
        owner = self.people[0]
        mine = self.mine.with_user(owner)
        with self.assertRaises(AccessError):
            mine.write({"alert_ids": [[6, 0, self.deployment.alert_ids.ids]]})
        with self.assertRaises(AccessError):
            self.env["ai.deployment.gate.pass"].with_user(self.people[2]).create(
                {"move_id": self.secret_bill.id, "note": "Let me see."}
            )
        with self.assertRaises(AccessError):
            self.env["ai.deployment.approve"].with_user(self.people[1]).create(
                {"deployment_id": self.deployment.id, "outcome": "go", "minutes": "x"}
            )

    def test_scores_behind_lines_of_others_are_not_told(self):
        """A lead named in the lines of lines: Odoo fetches the first level with the reader's rights, no deeper one."""
        self.deployment.write({"state": "production"})
        self.env.flush_all()
        self.env.invalidate_all()
        lead = self.env["crm.lead"].with_user(self.seller).new(origin=self.secret_lead)
        for name in ("ai_score", "ai_reasons", "ai_score_date", "ai_confidence", "ai_is_fallback", "ai_needs_review"):
            self.assertFalse(lead[name], name)
        self.assertTrue(self.secret_lead.with_user(self.seller).sudo().ai_score_date)
        bill = self.env["account.move"].with_user(self.people[3]).new(origin=self.secret_bill)
        self.assertFalse(bill._ai_drafts_of_bills() or bill.ai_is_held)
