"""What anybody can learn of scores is no more than the records' own rules and the state of the deployment allow.

Random people, record rules, companies and states of what shows instead; the expectation is worked out in Python, record
by record, and held against every way to ask: reading, searching, grouping, exporting, the record's own fields.
"""

import datetime
import random

from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import QUIET, AiDeploymentCase

SEEDS, STEPS = 4, 14
LINES = ("ai.deployment.score", "ai.deployment.inference", "ai.deployment.review")
SELLS, SELLS_ALL = "sales_team.group_sale_salesman", "sales_team.group_sale_salesman_all_leads"
RULES = ("[(1, '=', 1)]", "[('expected_revenue', '<', 8000)]", "[('name', '!=', 'Lead 1')]", "[('id', '<', 0)]")
FAR, PAST = datetime.date(2100, 1, 1), datetime.date(2000, 1, 1)


@tagged("post_install", "-at_install")
class TestAccessProperties(AiDeploymentCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_company = cls.env["res.company"].create({"name": "Another company"})
        cls.env.ref("base.group_allow_export").user_ids += cls.env.ref("base.user_admin")

        def person(login, groups, **values):
            return new_test_user(
                cls.env,
                login,
                groups=f"{groups},base.group_allow_export",
                email=f"{login}@example.com",
                context=QUIET,
                **values,
            )

        reviewer = "ai_deployment.group_reviewer"
        cls.people = (
            person("some_seller", SELLS),
            person("all_seller", SELLS_ALL),
            person("selling_reviewer_1", f"{SELLS},{reviewer}"),
            person("selling_reviewer_2", f"{SELLS_ALL},{reviewer}"),
            person("stranger_reviewer", f"{SELLS_ALL},{reviewer}"),
            person("some_owner", f"{SELLS},ai_deployment.group_owner"),
            person("some_manager", f"{SELLS_ALL},ai_deployment.group_manager"),
            person("no_seller", "base.group_user"),
            person("some_auditor", "ai_deployment.group_auditor"),
            person(
                "abroad",
                f"{SELLS_ALL},ai_deployment.group_manager",
                company_id=cls.other_company.id,
                company_ids=[Command.set(cls.other_company.ids)],
            ),
        )
        sellers = [*cls.people[:3], cls.other_seller]
        cls.leads = cls.env["crm.lead"]
        for number in range(12):
            lead = cls.make_leads(
                1,
                name=f"Lead {number}",
                user_id=sellers[number % 4].id,
                active=number != 7,
                expected_revenue=(500, 5000, 20000)[number % 3],
                country_id=(cls.belgium, cls.usa, cls.france)[number // 4].id,
            )
            cls.leads += lead
        cls.deployment.write(
            {
                "min_confidence": 0.75,
                "user_id": cls.people[5].id,
                "deputy_id": False,
                "reviewer_ids": [Command.set([one.id for one in cls.people[2:4]])],
            }
        )
        cls.deployment._score(cls.leads)
        cls.reviews = cls.reviews_of(cls, cls.leads)
        cls.rule = cls.env["ir.rule"].create(
            {"name": "At random", "model_id": cls.lead_model.id, "domain_force": RULES[0]}
        )
        cls.scores = {row.res_id: row for row in cls.env["ai.deployment.score"].search([])}

    # What may be known, worked out in Python

    def put(self, random_):
        """Some state of the deployment and its people, written past what leads to it."""
        values = {
            "state": random_.choice(("shadow", "production", "production", "production", "suspended")),
            "shown_until": random_.choice((FAR, FAR, PAST, None)),
            "fallback": random_.choice(("none", "constant")),
            "fallback_value": 0.5,
            "fallback_below": random_.choice((0.0, 0.7, 0.9)),
            "fallback_since": random_.choice((None, None, datetime.datetime(2026, 1, 1))),
            "holdout_share": random_.choice((0.0, 0.5)),
            "holdout_since": datetime.datetime(2000, 1, 1),
            "blind_share": random_.choice((0.0, 0.5, 1.0)),
        }
        self.env.flush_all()
        columns = ", ".join(f"{name} = %s" for name in values)
        self.env.cr.execute(f"UPDATE ai_deployment SET {columns} WHERE id = %s", [*values.values(), self.deployment.id])
        self.env.invalidate_all(flush=False)
        self.env.registry.clear_cache()
        for review in self.reviews:
            review.is_assigned = random_.random() < 0.5
            review.is_blind = random_.random() < 0.2
        self.rule.domain_force = random_.choice(RULES)
        group = random_.choice((SELLS, SELLS_ALL))
        self.deployment.viewer_group_ids = [Command.set(self.env.ref(group).ids)]
        self.env.flush_all()
        self.env.invalidate_all()

    def hidden(self, person):
        """Ids of leads whose score is hidden from `person` on purpose: held out, or to be judged unseen."""
        held = self.deployment._held_out_ids(self.leads.ids)
        blind = {review.res_id for review in self.reviews if review.hides_score}
        return held | (blind if person.has_group("ai_deployment.group_reviewer") else set()), held | blind

    def readable(self, person):
        leads = self.env["crm.lead"].with_user(person).with_context(active_test=False)
        return set(leads.search([("id", "in", self.leads.ids)]).ids) if leads.has_access("read") else set()

    def is_one_of_its_people(self, person):
        deployment = self.deployment
        return deployment.company_id in person.company_ids and (
            person in deployment.user_id | deployment.deputy_id | deployment.reviewer_ids
            or person.has_group("ai_deployment.group_manager")
        )

    def below(self):
        deployment = self.deployment
        if deployment.fallback == "none":
            return set()
        return {res_id for res_id, row in self.scores.items() if row.confidence < deployment.fallback_below}

    def shown(self, person, beside=False):
        """Ids of leads whose score shows on the record, or would if the person belonged to a viewer group."""
        deployment = self.deployment
        if (
            deployment.state != "production"
            or not deployment.shown_until
            or deployment.shown_until < clock.today()
            or (deployment.fallback != "none" and deployment.fallback_since)
            or deployment.company_id not in person.company_ids
            or not (beside or deployment.viewer_group_ids & person.all_group_ids)
        ):
            return set()
        # A closed lead shows no score on itself; people of the deployment read what was scored.
        closed = set() if beside else {lead.id for lead in self.leads if not lead.active}
        return self.readable(person) - self.hidden(person)[0] - self.below() - closed

    def allowed(self, model, person):
        """Ids of leads about which `person` may read a line of `model`."""
        about = set(self.reviews.mapped("res_id") if model == "ai.deployment.review" else self.leads.ids)
        if person.has_group("ai_deployment.group_auditor"):
            return about
        team = about & self.readable(person) if self.is_one_of_its_people(person) else set()
        if model == "ai.deployment.review":
            return team
        told = team - self.hidden(person)[1]
        if model == "ai.deployment.inference":
            return told
        before = told if self.deployment.state == "shadow" else set()
        return before | self.shown(person, beside=self.is_one_of_its_people(person))

    # What can be learned

    def learned(self, model, person):
        """Ids of leads of which some way to ask tells `person` something."""
        rows = self.env[model].with_user(person).with_context(active_test=False)
        if not rows.has_access("read"):
            return set()
        ours = [("deployment_id", "=", self.deployment.id)]
        everything = rows.sudo().search(ours)
        found = set(rows.search(ours).mapped("res_id"))
        found |= {line["res_id"] for line in rows.search_read([*ours, ("predicted_value", ">=", 0)], ["res_id"])}
        for _id, ids in rows._read_group(ours, ["res_model"], ["res_id:array_agg"]):
            found |= set(ids)
        found |= {int(line["res_id"]) for line in rows.formatted_read_group(ours, ["res_id"], ["__count"])}
        self.env.invalidate_all()
        for line in everything:
            try:
                found.add(rows.browse(line.id).read(["res_id", "predicted_value"])[0]["res_id"])
            except AccessError:
                continue
        readable = rows.browse(everything._filtered_access("read").ids)
        self.assertEqual(set(rows.browse(everything.ids)._filtered_access("read").mapped("res_id")), found)
        self.assertFalse(readable - everything)
        return found

    def learned_on_records(self, person):
        """Ids of leads whose score fields tell `person` a score (not what shows instead of it)."""
        leads = self.env["crm.lead"].with_user(person).with_context(active_test=False)
        if not leads.has_access("read"):
            return set()
        ours, found = [("id", "in", self.leads.ids)], set()
        for line in leads.search_read(ours, ["ai_score_date", "ai_confidence", "ai_is_fallback", "ai_reasons"]):
            if line["ai_score_date"] or line["ai_confidence"] or (line["ai_reasons"] and not line["ai_is_fallback"]):
                found.add(line["id"])
        for domain in ([("ai_confidence", ">", 0)], [("ai_score_date", "!=", False)]):
            found |= set(leads.search([*ours, *domain]).ids)
        for _confidence, ids in leads._read_group(
            [*ours, ("ai_confidence", ">", 0)], ["ai_score_date:day"], ["id:array_agg"]
        ):
            found |= set(ids)
        shown = leads.search([*ours, ("ai_is_fallback", "=", False), ("ai_score", ">", 0)])
        return found | set(shown.ids)

    def test_nobody_learns_more_than_rules_and_states_allow(self):
        learned = dict.fromkeys((*LINES, "crm.lead"), 0)
        for seed in range(SEEDS):
            random_ = random.Random(seed)
            for step in range(STEPS):
                self.put(random_)
                for person in random_.sample(self.people, 2):
                    told = {model: self.learned(model, person) for model in LINES}
                    told["crm.lead"] = self.learned_on_records(person)
                    for model, ids in told.items():
                        allowed = self.shown(person) if model == "crm.lead" else self.allowed(model, person)
                        with self.subTest(seed=seed, step=step, person=person.login, model=model):
                            self.assertLessEqual(ids, allowed)
                            self.assertEqual(ids, allowed, "and all of it")
                        learned[model] += len(ids)
        for model, count in learned.items():
            self.assertGreater(count, 20, model)

    def test_a_question_that_hides_its_score_hides_it_in_every_column(self):
        random_ = random.Random(0)
        for step in range(STEPS):
            self.put(random_)
            person = self.people[random_.choice((3, 6))]
            blind = self.reviews.filtered("hides_score").ids
            reviews = self.env["ai.deployment.review"].with_user(person)
            with self.subTest(step=step, person=person.login):
                readable = reviews.search([("id", "in", blind)])
                for line in readable.read(["predicted_value", "prediction", "confidence", "shown_value"]):
                    self.assertFalse(line["predicted_value"] or line["confidence"] or line["shown_value"])
                    self.assertFalse(line["prediction"])
                for domain in ([("predicted_value", ">", 0)], [("confidence", ">", 0)], [("prediction", "=", True)]):
                    self.assertFalse(reviews.search([("id", "in", blind), *domain]))
                if readable:
                    [[highest, surest]] = reviews._read_group(
                        [("id", "in", blind)], [], ["predicted_value:max", "confidence:max"]
                    )
                    self.assertFalse(highest or surest)
                self.assertFalse(readable.export_data(["predicted_value"])["datas"])
                self.env.invalidate_all()
                readable.mapped("confidence")  # what the reader has fetched serves the system as well
                self.assertTrue(all(readable.sudo().mapped("confidence")))

    def test_the_python_and_the_sql_of_a_hidden_score_agree(self):
        random_ = random.Random(1)
        reviews = self.env["ai.deployment.review"]
        for _step in range(STEPS):
            self.put(random_)
            rows = self.env.execute_query(reviews._blind_records_sql())
            expected = {(self.deployment.id, review.res_id) for review in self.reviews if review.hides_score}
            self.assertEqual({row for row in rows if row[0] == self.deployment.id}, expected)
