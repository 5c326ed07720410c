"""Deployments that choose a value or extract fields: how they are set up, bound, pushed to and observed."""

from odoo.exceptions import UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.ai_deployment.models.endpoints.binding import bind
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, QUIET
from odoo.addons.ai_deployment.tests.proposals.common import INPUTS, TaskCase


@tagged("post_install", "-at_install")
class TestTask(TaskCase):
    def test_it_shows_no_score_and_has_no_answers_for_scores(self):
        self.assertFalse(self.task.is_primary)
        with self.assertRaises(ValidationError):
            self.task.is_primary = True
        self.assertFalse(self.task.answer_ids)
        self.assertFalse(self.task.review_rule_ids.filtered(lambda rule: rule.reason in ("disagreement", "flagged")))
        with self.assertRaises(ValidationError):
            self.task.routing = "cost"
        with self.assertRaises(UserError):
            self.task.with_user(self.owner).action_train()

    def test_the_checklist_asks_for_people_and_their_agreement(self):
        rules = {check.rule: check.sudo() for check in self.task.check_ids}
        self.task.check_ids._refresh()
        self.assertFalse(rules["later_and_segments"].evidence_date and rules["later_and_segments"].state == "met")
        self.assertIn("Sales Team", rules["later_and_segments"].evidence)
        for name in ("inputs_in_time", "stop_rule"):
            self.assertTrue(rules[name].evidence)
        printed = self.env["report.ai_deployment.model_card"]._answers(self.task)
        self.assertEqual([(row["field"], row["agreement"]) for row in printed], [("team_id", "–")])

    def test_what_is_asked_for_has_to_fit_before_a_model_is_bound(self):
        contract = {"protocol": "chat", "inputs": INPUTS, "model": "tiny", "prompt": "Which?"}
        task = self.make_task(answer_field_ids=[])
        with self.assertRaises(UserError):
            bind(task.sudo(), self.endpoint, contract)
        for keys in (["date_deadline"], ["team_id", "user_id"]):
            task = self.make_task(answer_field_ids=[(0, 0, {"key": key}) for key in keys])
            with self.subTest(keys), self.assertRaises(UserError):
                bind(task.sudo(), self.endpoint, contract)
        for more in ({"value": "x y"}, {"positive": "won"}, {"confidence": "chance"}, {"document": "scan"}):
            with self.subTest(more), self.assertRaises(UserError):
                bind(self.task.sudo(), self.endpoint, {**contract, **more})

    def test_another_value_to_choose_from_is_another_version(self):
        before = self.task_version.digest
        self.env["crm.team"].create({"name": "Turbines"})
        self.task.answer_field_ids.domain = "[]"
        self.assertNotEqual(self.bind_task(self.task).digest, before)

    def test_thresholds_follow_from_what_people_said(self):
        self.task.write({"routing": "error", "target_error": 0.1})
        lead = self.scored("A pump")
        self.assertEqual(self.inferences_of(lead).review_reason, "low_confidence")  # nothing is proved yet
        self.assertTrue(self.task.routing_text)
        leads = self.scored(*["A pump"] * 40)
        for review in self.reviews_of(leads | lead):
            review.with_user(self.reviewer)._decide("confirmed")
        self.task._refresh_routing_thresholds()
        self.assertEqual(self.task.routing_thresholds["positive"], 0.9)
        self.assertEqual(self.inferences_of(self.scored("Another pump")).route, "automatic")


@tagged("post_install", "-at_install")
class TestPushedValues(TaskCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.robot = new_test_user(cls.env, "ai_robot", groups="ai_deployment.group_pusher", context=QUIET)
        cls.task.push_user_id = cls.robot
        with clock.at(NOW):
            made = cls.task.with_user(cls.robot).register_version("rules 2")
            cls.task._assign_champion(cls.env["ai.deployment.version"].browse(made["id"]), "test")
        cls.env.flush_all()

    def push(self, *rows):
        with clock.at(NOW):
            return self.task.with_user(self.robot).record_inferences(list(rows), str(rows)[:150])

    def test_values_are_pushed_with_their_confidence_and_judged_like_those_of_an_endpoint(self):
        good, bad = self.make_leads(2)
        self.push(
            {"res_id": good.id, "answers": {"team_id": "Pumps", "team_id_confidence": 0.9}},
            {"res_id": bad.id, "answers": {"team_id": "Retail", "team_id_confidence": 0.9}},
        )
        self.assertEqual(self.proposals_of(good).value_text, "Pumps")
        self.assertEqual(self.inferences_of(good).route, "automatic")
        self.assertEqual(self.inferences_of(bad).failure_type, "value_not_allowed")
        self.assertEqual(self.reviews_of(bad).reason, "failed")

    def test_rows_of_another_form_are_refused_and_nothing_is_stored(self):
        lead = self.make_leads(1)
        for row in (
            {"score": 0.9},
            {"answers": {"team_id": "Pumps"}},
            {"answers": {"team_id": "Pumps", "team_id_confidence": 1.7}},
            {"answers": {"team_id": "Pumps", "team_id_confidence": 0.9, "more": 1}},
            {"answers": {"team_id": "Pumps", "team_id_confidence": 0.9}, "confidence": 0.9},
            {"answers": "Pumps"},
        ):
            with self.subTest(row), self.assertRaisesRegex(ValidationError, "Row 1"):
                self.push({"res_id": lead.id, **row})
        self.assertFalse(self.proposals_of(lead))

    def test_code_of_ones_own_proposes_values_as_well(self):
        lead = self.make_leads(1)
        with clock.at(NOW), self.task.with_user(self.owner).observe(lead) as call:
            call.answers = {"team_id": "Valves", "team_id_confidence": 0.7}
        self.assertEqual(self.proposals_of(lead).value_text, "Valves")
        self.assertEqual(call.inference_id, self.inferences_of(lead).id)


DOCUMENT = """Acme Castings, Ghent
Invoice: F-2026-118
Date: 2026-02-27
Total: 1210.00"""


def fields_of(inputs):
    """What an OCR reads off a document: the vendor in its first line, and what stands behind a word."""
    lines = [line for line in inputs["document"].splitlines() if line]
    found = {name: text.strip() for name, mark, text in (line.partition(":") for line in lines) if mark}
    values = {
        "partner_id": lines[0].split(",")[0],
        "invoice_date": found.get("Date", ""),
        "ref": found.get("Invoice", ""),
        "amount_total": found.get("Total", ""),
    }
    sure = {f"{key}_confidence": 0.95 if value else 0.3 for key, value in values.items()}
    return {**values, **sure, "unfamiliar": "" if found else "layout"}


@tagged("post_install", "-at_install")
class TestExtract(TaskCase):
    """A reader of vendor bills over plain JSON, which is sent the text of the document."""

    protocol = "json"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.vendor = cls.env["res.partner"].create({"name": "Acme Castings"})
        cls.env["res.partner"].create([{"name": f"Vendor {number}"} for number in range(201)])
        reader = "ai_deployment.group_reviewer,account.group_account_invoice"
        cls.accountant = new_test_user(cls.env, "ai_clerk", groups=reader, context=QUIET)
        keys = ("partner_id", "invoice_date", "ref", "amount_total")
        cls.reading = cls.make_deployment(
            name="What stands on a bill",
            method="extract",
            model_id=cls.env["ir.model"]._get("account.move").id,
            reviewer_ids=[(6, 0, cls.accountant.ids)],
            min_confidence=0.8,
            features=[{"path": "move_type", "name": "Type"}],
            answer_field_ids=[(0, 0, {"key": key, "required": key != "ref"}) for key in keys],
        )
        contract = {"protocol": "json", "inputs": {"move_type": "type"}, "value": "answers", "document": "text"}
        with clock.at(NOW):
            cls.reading._assign_champion(bind(cls.reading.sudo(), cls.endpoint, contract), "test")
        cls.reading.state = "shadow"
        cls.deployment = cls.reading
        cls.reading.batch_above = 5

    def setUp(self):
        super().setUp()
        self.server.values = fields_of

    def bill(self, text, **values):
        move = self.env["account.move"].create({"move_type": "in_invoice", **values})
        if text is not None:
            about = {"name": "bill.txt", "raw": text.encode(), "res_model": move._name, "res_id": move.id}
            move.message_main_attachment_id = self.env["ir.attachment"].create(about)
        self.ask(move)
        self.work()
        return move

    def values(self, move):
        proposals = self.env["ai.deployment.proposal"].search([("res_id", "=", move.id)], order="id")
        return {one.key: one.failure_type or one.value_text for one in proposals}

    def test_the_fields_of_a_document_are_read_and_a_record_is_found_by_its_name(self):
        move = self.bill(DOCUMENT)
        self.assertEqual(self.inferences_of(move).route, "automatic")
        found = self.values(move)
        self.assertEqual((found["partner_id"], found["ref"]), ("Acme Castings", "F-2026-118"))
        self.assertTrue(found["invoice_date"] and found["amount_total"])
        self.assertFalse(move.partner_id or move.ref)
        sent = self.server.calls[0][2]["rows"][0]
        self.assertEqual(sent["document"], DOCUMENT)

    def test_a_document_never_seen_goes_to_a_person_with_what_could_be_read(self):
        cases = {
            "value_unknown": DOCUMENT.replace("Acme", "Nobody"),
            "value_invalid": DOCUMENT.replace("2026-02-27", "27 February"),
            "document_unfamiliar": "A letter without anything",
            "document_empty": "",
        }
        for failure, text in cases.items():
            with self.subTest(failure):
                move = self.bill(text)
                line = self.inferences_of(move)
                self.assertEqual((line.failure_type, line.route), (failure, "review"))
        self.assertEqual(self.inferences_of(self.bill(None)).failure_type, "document_empty")

    def test_a_reviewer_reads_the_document_beside_the_fields_and_enters_what_is_missing(self):
        move = self.bill(DOCUMENT.replace("Acme", "Nobody"))
        review = self.reviews_of(move)
        desk = review.with_user(self.accountant).with_context(**QUIET)
        card = desk.desk_card(review.id)
        self.assertIn("Nobody Castings", card["document"]["text"])
        kinds = {field["key"]: field["kind"] for field in card["values"]}
        self.assertEqual(
            kinds, {"partner_id": "record", "invoice_date": "date", "ref": "text", "amount_total": "number"}
        )
        values = {field["key"]: field["value"] for field in card["values"]}
        self.assertEqual((values["partner_id"], values["amount_total"]), ("", "1210.00"))
        answer = desk.desk_decide(review.id, "valued", values={**values, "partner_id": str(self.vendor.id)})
        self.assertIn("Acme Castings", answer["text"])
        verdicts = {
            one.key: one.verdict for one in self.env["ai.deployment.proposal"].search([("res_id", "=", move.id)])
        }
        self.assertEqual(
            verdicts, {"partner_id": "wrong", "invoice_date": "right", "ref": "right", "amount_total": "right"}
        )

    def test_another_document_is_another_question(self):
        move = self.bill(DOCUMENT)
        move.message_main_attachment_id.raw = DOCUMENT.replace("118", "119").encode()
        self.ask(move)
        self.work()
        self.assertEqual(len(self.server.calls), 2)
        self.assertEqual(self.values(move)["ref"], "F-2026-119")
