"""What people may write has a limit, said in a sentence: over every field of every model of the addon."""

from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import TransactionCase, tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.tools.limits import (
    LONGEST,
    LONGEST_NAMED,
    MOST_LINKED,
    SAID,
    too_much,
)
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

# Read-only texts that the system alone fills. A new one is put here, or into `SAID` where it keeps a person's words.
SYSTEM_TEXTS = {
    "left_reason",
    "old_value",
    "stood_value",
    "right_values",  # entered by people, each judged and at most 500 characters (`plain_value`)
    "tested",
    "told",
    "value",
    "written_value",
    "breaker",
    "end_reason",
    "failure_reason",
    "failure_type",
    "inference_ids",
    "received",
    "said",
    "sent",
    "tested_text",
    "result_text",
    "data_digest",
    "libraries",
    "parameters",
    "dropped",
    "answers",
    "flagged",
    "golden",
    "blind_spot",
    "former_status",
    "monthly",
    "tested_artifact",
    "artifact",
    "basis",
    "evidence_fingerprint",
    "body",
    "cause",
    "challenge",
    "code",
    "codes",
    "counts",
    "declaration",
    "details",
    "digest",
    "domain",
    "assumption",
    "evidence",
    "example",
    "failure_message",
    "fallback_reason",
    "feature_specs",
    "fingerprint",
    "fired_reason",
    "forecast_text",
    "floors",
    "stakes",
    "held_out",
    "inputs",
    "key",
    "kind",
    "label",
    "lang",
    "left_out",
    "leak_reason",
    "link",
    "metrics",
    "name",
    "not_judged",
    "outcome",
    "paused_reason",
    "pipeline_digest",
    "questions",
    "record_ids",
    "reference",
    "res_model",
    "result",
    "risk_state",
    "routing_thresholds",
    "routing_rules",
    "rule",
    "screen_context",
    "subject",
    "suggestion",
    "summary",
    "text",
    "verdict_text",
    "warning_message_ids",
    "frequency",
    "pipeline_file",
    "routing_text",
    "event",
}


@tagged("post_install", "-at_install")
class TestLimitsOfFields(TransactionCase):
    def fields(self):
        for name, model in sorted(self.env.registry.items()):
            if name.startswith("ai.deployment") and not model._abstract:
                for field in self.env[name]._fields.values():
                    if field.type in (*LONGEST, "one2many", "many2many") and (field.store or field.inverse):
                        yield name, field

    def test_every_text_that_a_person_fills_has_a_limit(self):
        seen = 0
        for model, field in self.fields():
            if field.type not in LONGEST:
                continue
            most = LONGEST_NAMED.get(field.name, LONGEST[field.type])
            value = {"x": "y" * most} if field.type == "json" else "y" * (most + 1)
            with self.subTest(model=model, field=field.name):
                if field.readonly and field.name not in SAID:
                    self.assertTrue(
                        field.name in SYSTEM_TEXTS or field.compute or field.related or model.startswith("mail"),
                        f"{field.name}: who fills it? Put it into SAID or SYSTEM_TEXTS",
                    )
                else:
                    self.assertTrue(too_much(field, value))
                    self.assertFalse(too_much(field, "y" * 100))
                    seen += 1
        self.assertGreater(seen, 40)

    def test_every_list_that_a_person_fills_has_a_limit(self):
        for model, field in self.fields():
            if field.type in ("one2many", "many2many") and not field.readonly:
                ids = list(range(1, MOST_LINKED + 2))
                with self.subTest(model=model, field=field.name):
                    self.assertTrue(too_much(field, [Command.set(ids)]))
                    self.assertTrue(too_much(field, [Command.link(each) for each in ids]))
                    self.assertTrue(too_much(field, [Command.create({})] * (MOST_LINKED + 1)))
                    self.assertTrue(too_much(field, ids))
                    self.assertFalse(too_much(field, [Command.set(ids[:3])]))


@tagged("post_install", "-at_install")
class TestLimits(AiDeploymentCase):
    def setUp(self):
        super().setUp()
        self.enterContext(clock.at(NOW))
        self.deployment.min_confidence = 1.0
        self.lead = self.make_leads(1)
        self.deployment._score(self.lead)
        self.review = self.reviews_of(self.lead)

    def test_a_note_of_an_answer_through_every_door(self):
        note, reviews = "x" * 20_000, self.env["ai.deployment.review"].with_user(self.reviewer)
        mine = self.review.with_user(self.reviewer)
        wizard = {"review_ids": [Command.set(mine.ids)], "decision": "overridden", "note": note}
        doors = {
            "code": lambda: mine._decide("confirmed", note=note),
            "desk": lambda: reviews.desk_decide(mine.id, "confirmed", note=note),
            "dialog": lambda: reviews.env["ai.deployment.review.decide"].create(wizard).action_decide(),
            "activity": lambda: self.review.activity_schedule(
                "ai_deployment.mail_activity_type_review", user_id=self.reviewer.id
            )
            .with_user(self.reviewer)
            .action_feedback(feedback=note),
        }
        for door, answer in doors.items():
            with self.subTest(door=door), self.assertRaisesRegex(UserError, "20,000 characters, at most 10,000"):
                answer()
            self.assertEqual(self.review.state, "open")
        self.assertFalse(self.lead.message_ids.filtered(lambda message: note in (message.body or "")))

    def test_words_of_an_edge_case(self):
        cases = self.env["ai.deployment.edge.case"].with_user(self.owner)
        values = {"deployment_id": self.deployment.id, "name": "Words", "kind": "words"}
        with self.assertRaisesRegex(UserError, "too long"):
            cases.create({**values, "words": ",".join(f"w{number}" for number in range(20_000))})
        with self.assertRaisesRegex(ValidationError, "more than 50 words"):
            cases.create({**values, "words": ",".join(f"w{number}" for number in range(51))})
        self.assertTrue(cases.create({**values, "words": ",".join(f"w{number}" for number in range(50))}))

    def test_filters_that_are_too_long_or_too_deep(self):
        for text in (
            "-" * 5000 + "1",
            "[" * 5000,
            "[" + "('name', '=', 'x')," * 450 + "]",
            "x" * 20_000,
            "['&'] * 3",
            "[('name', '=', " + "(" * 300 + "]",
        ):
            for record, field in ((self.deployment, "domain"), (self.env["ai.deployment.edge.case"], "domain")):
                with self.subTest(text=text[:20], model=record._name), self.assertRaises(UserError):
                    if record:
                        record.with_user(self.owner)[field] = text
                    else:
                        record.with_user(self.owner).create(
                            {"deployment_id": self.deployment.id, "name": "Deep", field: text}
                        )

    def test_rows_of_a_deployment(self):
        own = self.env["ai.deployment.review.answer"].with_user(self.owner)
        with self.assertRaisesRegex(UserError, "at most"):
            own.create([{"deployment_id": self.deployment.id, "name": f"{number}"} for number in range(101)])
        with self.assertRaisesRegex(UserError, "at most"):
            self.deployment.with_user(self.owner).write(
                {
                    "feature_ids": [
                        Command.create(
                            {
                                "source": "history",
                                "measure": "count",
                                "group_paths": "user_id",
                                "window_days": number + 1,
                                "name": f"{number}",
                            }
                        )
                        for number in range(201)
                    ]
                }
            )

    def test_what_a_browser_tells_of_its_sitting(self):
        from odoo.addons.ai_deployment.models.review.desk import MOST_IDS, Sitting

        told = {"first": list(range(10**5)), "skipped": list(range(10**5)), "known": list(range(10**5))}
        sitting = Sitting.of(told)
        self.assertEqual({len(sitting.first), len(sitting.skipped), len(sitting.known)}, {MOST_IDS})
        self.assertEqual(sitting.skipped[-1], 10**5 - 1)

    def test_the_reason_of_a_step_and_of_a_waiver(self):
        long = "x" * 20_000
        with self.assertRaisesRegex(UserError, "too long"):
            self.env["ai.deployment.retire"].with_user(self.owner).create(
                {"deployment_id": self.deployment.id, "lesson": long}
            )
        with self.assertRaisesRegex(UserError, "too long"):
            self.deployment.with_user(self.owner)._retire(long)
        with self.assertRaisesRegex(UserError, "too long"):
            self.deployment.check_ids[0].with_user(self.manager)._waive(long, NOW.date() + timedelta(days=3))
