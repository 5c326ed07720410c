"""Rules about technique: tested where it is hardest, run here by its own server action, broken on purpose."""

from datetime import datetime

from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL, format_date

from ...proposals.agreement import FEWEST_BEFORE, agreement_of, agreement_text
from ...scoring.challenger_answers import OUTSIDE
from ...tools.wording import number
from ...training.questions import missing_answers, open_questions
from ...training.segment_tests import part_names
from .rule import DrillRule, Evidence, Rule

MOST_NAMED = 3  # inputs that evidence names
NOT_EXAMINED = ("pipeline", "remote", "pushed")  # kinds of versions that were not learned here


class LaterAndSegments(Rule):
    """The serving version was tested on later records and on parts of the business, and holds there."""

    code = "later_and_segments"
    reads_documents = True

    def find(self, check: BaseModel) -> Evidence:
        version = self.deployment.champion_id
        if not version:
            return self._no_version()
        if self.deployment.is_task:
            return self._agreements(version)
        found = (version.held_out or {}).get("segments")
        if not found and version.kind in OUTSIDE:
            return Evidence(False, self._untestable(version), record=version)
        if not found:
            return Evidence(
                False, self.env._("%s was not tested by segment: train a new version.", version.name), record=version
            )
        if "flagged" in found:
            return self._flagged_parts(version, found)
        whole = found["whole"]
        if whole["brier"] is None:
            sentence = self.env._(
                "The test has only %(rows)s later records, %(count)s of them %(positives)s: too few to judge. Train a "
                "new version once more outcomes are known.",
                rows=number(self.env, whole["rows"]),
                count=number(self.env, whole["positives"]),
                positives=self.env[self.deployment.res_model]._ai_words().get("positives", ""),
            )
            return Evidence(False, sentence, version.trained_date, version)
        worse = [
            *([self.env._("all later records")] if _is_worse(whole) else []),
            *self._named_parts(version, found, [part for part in found["later"] if _is_worse(part)]),
            *(
                self.env._("%s, when held out of training", name)
                for name in self._named_parts(version, found, [part for part in found["left_out"] if _is_worse(part)])
            ),
        ]
        if worse:
            sentence = self.env._("It performs worse than the base rate for: %s.", "; ".join(worse))
            return Evidence(False, sentence, version.trained_date, version)
        return Evidence(True, self._tested_sentence(version, found), version.trained_date, version)

    def satisfy(self, check: BaseModel) -> dict | bool:
        if self.deployment.is_task:
            return self.deployment.action_view_reviews()
        version = self.deployment.champion_id
        if version.kind in OUTSIDE:
            if check.is_administrator:
                return check.action_waive()
            raise UserError(self._untestable(version))
        return self.deployment.action_train()

    def _untestable(self, version: BaseModel) -> str:
        return self.env._(
            "%s runs outside Odoo, so it cannot be tested by segment here: an administrator waives this row and names "
            "the test of whoever made it.",
            version.name,
        )

    def _agreements(self, version: BaseModel) -> Evidence:
        """Judge a version that proposes values by the answers of people: enough per field, none below its target."""
        told, few, below = [], [], []
        for answer in self.deployment.answer_field_ids:
            found = agreement_of(answer)
            if not found or found.cases < FEWEST_BEFORE:
                few.append(answer.name)
                continue
            told.append(f"{answer.name} {agreement_text(self.env, found)}")
            if found.high < answer.target_agreement:
                below.append(answer.name)
        if few:
            sentence = self.env._(
                "Too few reviewed values to judge, %(count)s are needed: %(fields)s.",
                count=FEWEST_BEFORE,
                fields=", ".join(few),
            )
            return Evidence(False, sentence, version.trained_date, version)
        if below:
            sentence = self.env._("People agree less than the target with: %s.", ", ".join(below))
            return Evidence(False, sentence, version.trained_date, version)
        sentence = self.env._("People agree with: %s.", "; ".join(told))
        return Evidence(bool(told), sentence, version.trained_date, version)

    def _tested_sentence(self, version: BaseModel, found: dict) -> str:
        """Return the figures of all records, the parts that were judged, and how many were too small."""
        whole, judged = found["whole"], [part for part in found["later"] if part["brier"] is not None]
        sentences = [
            self.env._(
                "On %(rows)s later records its mean squared error is %(brier)s; the base rate alone gives %(base)s.",
                rows=number(self.env, whole["rows"]),
                brier=number(self.env, whole["brier"], 3),
                base=number(self.env, whole["base_brier"], 3),
            )
        ]
        if judged:
            names = ", ".join(self._named_parts(version, found, judged)) + self._input_of(found)
            sentences.append(self.env._("Better in each sufficiently large segment: %s.", names))
        if found["left_out"]:
            names = ", ".join(self._named_parts(version, found, found["left_out"])) + self._input_of(found)
            sentences.append(self.env._("Also better when held out of training: %s.", names))
        small = len(found["later"]) - len(judged)
        if small == 1:
            sentences.append(self.env._("Too small to be judged separately: 1 segment."))
        elif small:
            sentences.append(self.env._("Too small to be judged separately: %s segments.", small))
        return " ".join(sentences)

    def _input_of(self, found: dict) -> str:
        """Return the name of the input whose values the parts are, in brackets; "Correct" alone says nothing."""
        read = self.deployment.feature_ids.filtered(lambda feature: found["path"] in feature._paths())
        return f" ({read[0].name})" if read else ""

    def _named_parts(self, version: BaseModel, found: dict, parts: list[dict]) -> list[str]:
        """Return the names of the first `parts`, and how many more there are; masked where the input is sensitive."""
        if found["path"] in version._sensitive_keys():
            names = {part["part"]: self.env._("a protected part") for part in parts}
        else:
            names = part_names(self.deployment, found["path"], [part["part"] for part in parts])
        named = [names[part["part"]] for part in parts]
        if len(named) > MOST_NAMED:
            return [*named[:MOST_NAMED], self.env._("%s more", len(named) - MOST_NAMED)]
        return named

    def _flagged_parts(self, version: BaseModel, found: dict) -> Evidence:
        """Judge an anomaly model, without outcomes: whether later records are flagged about as often as expected."""
        whole, expected = found["whole"], number(self.env, 100 * found["expected"], 1)
        share = number(self.env, 100 * whole["flagged"] / max(whole["rows"], 1), 1)
        many = [part for part in found["flagged"] if part["exceeded"]]
        if many:
            sentence = self.env._(
                "Far more is flagged than the expected %(expected)s %% in: %(parts)s.",
                expected=expected,
                parts="; ".join(self._named_parts(version, found, many)),
            )
            return Evidence(False, sentence, version.trained_date, version)
        judged = [part for part in found["flagged"] if part["low"] is not None]
        if not judged:
            sentence = self.env._(
                "Only %s later records: no segment is large enough to be judged.", number(self.env, whole["rows"])
            )
            return Evidence(False, sentence, version.trained_date, version)
        sentence = self.env._(
            "These records have no outcome, so correctness is known from reviews only. Trained on the earlier "
            "records, it flags %(share)s %% of %(rows)s later ones (expected: %(expected)s %%), and in none "
            "of %(parts)s segments significantly more than three times as many.",
            share=share,
            rows=number(self.env, whole["rows"]),
            expected=expected,
            parts=len(judged),
        )
        return Evidence(True, sentence, version.trained_date, version)


class InputsInTime(Rule):
    """No input of the serving version may come with the outcome, or its owner has explained why it does not."""

    code = "inputs_in_time"
    reads_documents = True

    def find(self, check: BaseModel) -> Evidence:
        version = self.deployment.champion_id
        if not version:
            return self._no_version()
        if self.deployment.method != "scorecard":
            sentence = self.env._("These records have no outcome with which an input could come.")
            return Evidence(True, sentence, version.trained_date, version)
        missing = missing_answers(version)
        if missing:
            return Evidence(False, self.env._("To be done: %s", missing), version.trained_date, version)
        sentences = [self.env._("No question about the inputs of %s is open.", version.name)]
        if version.not_judged:
            sentences.append(
                self.env._("Not judged, as there were no open records to compare with: %s.", version.not_judged_text)
            )
        if version.kind in NOT_EXAMINED:
            sentences.append(self.env._("Its inputs were not examined when it was made."))
        answered = version.answer_ids[:1]
        if answered:
            sentences.append(
                self.env._(
                    "Explained by %(person)s on %(day)s.",
                    person=answered.user_id.name,
                    day=format_date(self.env, answered.date),
                )
            )
        return Evidence(True, " ".join(sentences), version.trained_date, version)

    def satisfy(self, check: BaseModel) -> dict | bool:
        """Open the dialog for the explanation, where a question is open."""
        version = self.deployment.champion_id
        if version and open_questions(version.sudo()):
            return version.action_answer()
        if version:
            return {
                "type": "ir.actions.act_window",
                "res_model": version._name,
                "res_id": version.id,
                "views": [(False, "form")],
            }
        return self.deployment.action_train()


class RunsHere(Rule):
    """The serving version has scored enough records here by its server action."""

    code = "runs_here"
    reads_documents = True

    def find(self, check: BaseModel) -> Evidence:
        version, least = self.deployment.champion_id, int(check.minimum)
        if not version:
            return self._no_version()
        if version.kind == "pushed":
            return self._pushed(version, least)
        scored, failed, latest = self._counts(version)
        if scored < least:
            sentence = self.env._(
                "%(version)s has scored %(scored)s of %(least)s required records in this database by its "
                "server action.",
                version=version.name,
                scored=number(self.env, scored),
                least=number(self.env, least),
            )
            return Evidence(False, sentence, latest or False)
        sentence = self.env._(
            "%(version)s has scored %(scored)s records in this database by its server action, the last on "
            "%(day)s; %(failed)s could not be scored and were sent to human review.",
            version=version.name,
            scored=number(self.env, scored),
            failed=number(self.env, failed),
            day=format_date(self.env, latest),
        )
        return Evidence(True, sentence, latest, self.deployment.action_server_id or None)

    def satisfy(self, check: BaseModel) -> dict | bool:
        """Run the entry of the Action menu on records that this version has not scored yet, as the current user."""
        self.deployment._check_decides()
        if self.deployment.sudo()._serves_from_outside() == "pushed":
            return self.deployment.action_view_inferences()
        action = self.deployment.sudo().action_server_id
        if self.deployment.state not in self.deployment._at_work_states() or not action:
            raise UserError(self.env._("Start shadow first: this creates the server action."))
        documents = self.env[self.deployment.res_model]
        documents.check_access("read")
        domain = self.deployment._record_domain() & documents._ai_base_domain() & documents._ai_open_domain()
        domain &= self.deployment._company_domain()
        query = documents._search(domain, order="id desc", limit=max(int(check.minimum), 1))
        query.add_where(
            SQL(
                "NOT EXISTS (SELECT FROM ai_deployment_score"
                " WHERE deployment_id = %s AND version_id = %s AND res_id = %s)",
                self.deployment.id,
                self.deployment.sudo().champion_id.id,
                SQL.identifier(documents._table, "id"),
            )
        )
        records = documents.browse(query.get_result_ids())
        if not records:
            raise UserError(
                self.env._("This version has scored all open records: new records count as they are created.")
            )
        context = {"active_model": self.deployment.res_model, "active_ids": records.ids, "active_id": records[0].id}
        result = action.with_env(self.env(context={**self.env.context, **context})).run()
        check._refresh()
        return result

    def _pushed(self, version: BaseModel, least: int) -> Evidence:
        """Judge a version of an external program: no server action scores by it, its program pushes the results."""
        mine = Domain("version_id", "=", version.id) & Domain("deployment_id", "=", self.deployment.id)
        mine &= Domain("failure_type", "=", False)
        [(scored, latest)] = self.env["ai.deployment.inference"]._read_group(
            mine, [], ["res_id:count_distinct", "date:max"]
        )
        if scored < least:
            sentence = self.env._(
                "The program of %(version)s has pushed scores of %(scored)s of %(least)s required records.",
                version=version.name,
                scored=number(self.env, scored),
                least=number(self.env, least),
            )
            return Evidence(False, sentence, latest)
        sentence = self.env._(
            "The program of %(version)s has pushed scores of %(scored)s records, the last on %(day)s.",
            version=version.name,
            scored=number(self.env, scored),
            day=format_date(self.env, latest),
        )
        return Evidence(True, sentence, latest)

    def _counts(self, version: BaseModel) -> tuple[int, int, datetime | None]:
        """Count the records of calls by a server action: (scored, failed, the latest moment) of `version`.

        A line of the log belongs to a call where moment and person are the same. The result of a batch of an action is
        kept on its chunks.
        """
        serving = self.deployment.assignment_ids.filtered(lambda one: one.role == "champion" and not one.end_date)
        since = serving[:1].start_date
        self.env["ai.deployment.batch"].flush_model()
        self.env["ai.deployment.batch.chunk"].flush_model()
        [(scored, failed, latest)] = self.env.execute_query(
            SQL(
                "SELECT COUNT(DISTINCT line.res_id) FILTER (WHERE line.failure_type IS NULL), COUNT(DISTINCT "
                "line.res_id) FILTER (WHERE line.failure_type IS NOT NULL), MAX(line.date) FROM (SELECT "
                "DISTINCT date, user_id FROM ai_deployment_requested WHERE deployment_id = %s AND day >= %s "
                "AND action_id IS NOT NULL) AS call JOIN ai_deployment_inference line ON line.date = "
                "call.date AND line.user_id = call.user_id WHERE line.deployment_id = %s AND line.version_id "
                "= %s AND line.date >= %s",
                self.deployment.id,
                since.date(),
                self.deployment.id,
                version.id,
                since,
            )
        )
        [(in_batches, failed_there, latest_there)] = self.env.execute_query(
            SQL(
                "SELECT SUM(COALESCE((chunk.outcome->>'automatic')::int, 0)"
                " + COALESCE((chunk.outcome->>'review')::int, 0) - COALESCE((chunk.outcome->>'failed')::int, 0)),"
                " SUM(COALESCE((chunk.outcome->>'failed')::int, 0)), MAX(batch.requested_date)"
                " FROM ai_deployment_batch batch JOIN ai_deployment_batch_chunk chunk ON chunk.batch_id = batch.id"
                " WHERE batch.deployment_id = %s AND batch.action_id IS NOT NULL AND batch.requested_date >= %s"
                " AND chunk.state = 'done'",
                self.deployment.id,
                since,
            )
        )
        dates = [date for date in (latest, latest_there) if date]
        return scored + (in_batches or 0), failed + (failed_there or 0), max(dates) if dates else None


class FaultsHandled(DrillRule):
    """A drill has shown that faults reach a person."""

    code = "faults_handled"
    kind = "faults"


def _is_worse(part: dict) -> bool:
    return part["brier"] is not None and part["brier"] > part["base_brier"]
