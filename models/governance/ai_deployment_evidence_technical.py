"""Evidence that it works: tested where it is hardest, run here by its own action, broken on purpose, logged in full."""

import datetime
import json
import re

import numpy as np

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ...ml.columns import make_column
from ...ml.errors import VersionError
from ..tools import clock
from ..tools.credentials import NAME, credential
from ..tools.wording import number
from .ai_deployment_checklist import Evidence

MOST_NAMED = 3
SPARE = 4  # times as many lines as needed are drawn from the index, so that enough are there
CLOSE = 1e-6  # a logged score has all its digits
KNOWN_PARAMETERS = {"ai_deployment.allowed_hosts", "ai_deployment.database", "ai_deployment.health_token_sha256"}
ASSIGNED = re.compile(
    r"(?i)(?:api[_-]?key|secret|token|passw(?:or)?d|authorization|bearer)\w*[\"']?\s*[=:,]?\s*(?:bearer\s+)?"
    r"[\"'][^\"'\s]{8,}[\"']"
)
KNOWN_FORMS = re.compile(
    r"\b(?:sk-[A-Za-z0-9_-]{16,}|xox[abprs]-[A-Za-z0-9-]{10,}|gh[pousr]_[A-Za-z0-9]{20,}|AKIA[0-9A-Z]{16}"
    r"|Bearer\s+[A-Za-z0-9._~+/-]{16,})|hooks\.slack\.com/services/\w|://[^/\s:@]+:[^/\s:@]+@"
)


def looks_like_a_secret(text):
    """Whether `text` holds something that looks like a credential in clear.

    >>> [looks_like_a_secret(text) for text in ("token = 'abcdef123456'", "https://u:pw@host/x", "model._cron()")]
    [True, True, False]
    """
    return bool(ASSIGNED.search(text or "") or KNOWN_FORMS.search(text or ""))


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def _found_no_version(self):
        return Evidence(False, self.env._("No version serves yet."))

    # Tested on later records and on parts of the business

    def _evidence_later_and_segments(self, check):
        version = self.champion_id
        if not version:
            return self._found_no_version()
        found = (version.held_out or {}).get("segments")
        if not found:
            return Evidence(
                False, self.env._("%s was not tested part by part: train a new version.", version.name), record=version
            )
        if "flagged" in found:
            return self._found_in_flagged_parts(version, found)
        whole = found["whole"]
        if whole["brier"] is None:
            sentence = self.env._(
                "Only %(rows)s later records tested it, %(positives)s of them positive: too few to judge.",
                rows=whole["rows"],
                positives=whole["positives"],
            )
            return Evidence(False, sentence, version.trained_date, version)
        worse = [
            *([self.env._("all later records together")] if _is_worse(whole) else []),
            *self._named_parts(version, found, [part for part in found["later"] if _is_worse(part)]),
            *(
                self.env._("%s, when kept out of learning", name)
                for name in self._named_parts(version, found, [part for part in found["left_out"] if _is_worse(part)])
            ),
        ]
        if worse:
            sentence = self.env._("It does worse than knowing the usual share alone for: %s.", "; ".join(worse))
            return Evidence(False, sentence, version.trained_date, version)
        return Evidence(True, self._tested_sentence(version, found), version.trained_date, version)

    def _tested_sentence(self, version, found):
        """What held: the figures of the whole, which parts were judged, and which could not be."""
        whole, judged = found["whole"], [part for part in found["later"] if part["brier"] is not None]
        sentences = [
            self.env._(
                "On %(rows)s later records its mean squared error is %(brier)s; knowing the share alone gives "
                "%(base)s.",
                rows=whole["rows"],
                brier=number(self.env, whole["brier"], 3),
                base=number(self.env, whole["base_brier"], 3),
            )
        ]
        if judged:
            names = ", ".join(self._named_parts(version, found, judged))
            sentences.append(self.env._("Better in each part large enough: %s.", names))
        if found["left_out"]:
            names = ", ".join(self._named_parts(version, found, found["left_out"]))
            sentences.append(self.env._("Better also where these were kept out of learning: %s.", names))
        small = len(found["later"]) - len(judged)
        if small:
            sentences.append(self.env._("Too small to be judged alone: %s parts.", small))
        return " ".join(sentences)

    def _named_parts(self, version, found, parts):
        """The names of `parts`, the first of them and how many more; masked where the input is sensitive."""
        if found["path"] in version._sensitive_keys():
            names = {part["part"]: self.env._("a protected part") for part in parts}
        else:
            names = self._part_names(found["path"], [part["part"] for part in parts])
        named = [names[part["part"]] for part in parts]
        if len(named) > MOST_NAMED:
            return [*named[:MOST_NAMED], self.env._("%s more", len(named) - MOST_NAMED)]
        return named

    def _found_in_flagged_parts(self, version, found):
        """Without outcomes: what can be known is whether later records are flagged about as often as expected."""
        whole, expected = found["whole"], number(self.env, 100 * found["expected"], 1)
        share = number(self.env, 100 * whole["flagged"] / max(whole["rows"], 1), 1)
        many = [part for part in found["flagged"] if part["exceeded"]]
        if many:
            sentence = self.env._(
                "Far more is flagged than the %(expected)s %% expected for: %(parts)s.",
                expected=expected,
                parts="; ".join(self._named_parts(version, found, many)),
            )
            return Evidence(False, sentence, version.trained_date, version)
        judged = [part for part in found["flagged"] if part["low"] is not None]
        if not judged:
            sentence = self.env._("Only %s later records: no part of them is large enough to be judged.", whole["rows"])
            return Evidence(False, sentence, version.trained_date, version)
        sentence = self.env._(
            "These records have no outcome, so right and wrong are known from reviews only. Learned from the earlier "
            "ones, it flags %(share)s %% of %(rows)s later ones (expected: %(expected)s %%), and in none of %(parts)s "
            "parts surely more than three times as many.",
            share=share,
            rows=whole["rows"],
            expected=expected,
            parts=len(judged),
        )
        return Evidence(True, sentence, version.trained_date, version)

    def _satisfy_later_and_segments(self, check):
        return self.action_train()

    # Runs here

    def _evidence_runs_here(self, check):
        version, least = self.champion_id, int(check.least)
        if not version:
            return self._found_no_version()
        scored, failed, latest = self._run_by_action(version)
        if scored < least:
            sentence = self.env._(
                "%(version)s has scored %(scored)s of %(least)s records here by its server action.",
                version=version.name,
                scored=scored,
                least=least,
            )
            return Evidence(False, sentence, latest or False)
        sentence = self.env._(
            "%(version)s has scored %(scored)s records here by its server action, the last on %(day)s; %(failed)s "
            "could not be scored and went to a person.",
            version=version.name,
            scored=scored,
            failed=failed,
            day=format_date(self.env, latest),
        )
        return Evidence(True, sentence, latest, self.action_server_id or None)

    def _run_by_action(self, version):
        """(records scored, records that failed, the latest moment): of `version`, asked for by a server action.

        A line belongs to a call where moment and person are the same; what a batch of an action came to is kept on its
        pieces.
        """
        since = self.assignment_ids.filtered(lambda a: a.role == "champion" and not a.end_date)[:1].start_date
        self.env["ai.deployment.batch"].flush_model()
        self.env["ai.deployment.batch.chunk"].flush_model()
        [(scored, failed, latest)] = self.env.execute_query(
            SQL(
                "SELECT COUNT(DISTINCT line.res_id) FILTER (WHERE line.failure_type IS NULL),"
                " COUNT(DISTINCT line.res_id) FILTER (WHERE line.failure_type IS NOT NULL), MAX(line.date)"
                " FROM (SELECT DISTINCT date, user_id FROM ai_deployment_asked WHERE deployment_id = %s AND day >= %s"
                " AND action_id IS NOT NULL) AS call JOIN ai_deployment_inference line ON line.date = call.date"
                " AND line.user_id = call.user_id WHERE line.deployment_id = %s AND line.version_id = %s"
                " AND line.date >= %s",
                self.id,
                since.date(),
                self.id,
                version.id,
                since,
            )
        )
        [(in_batches, failed_there, latest_there)] = self.env.execute_query(
            SQL(
                "SELECT SUM(COALESCE((chunk.outcome->>'automatic')::int, 0)"
                " + COALESCE((chunk.outcome->>'review')::int, 0) - COALESCE((chunk.outcome->>'failed')::int, 0)),"
                " SUM(COALESCE((chunk.outcome->>'failed')::int, 0)), MAX(batch.asked_date)"
                " FROM ai_deployment_batch batch JOIN ai_deployment_batch_chunk chunk ON chunk.batch_id = batch.id"
                " WHERE batch.deployment_id = %s AND batch.action_id IS NOT NULL AND batch.asked_date >= %s"
                " AND chunk.state = 'done'",
                self.id,
                since,
            )
        )
        dates = [date for date in (latest, latest_there) if date]
        return scored + (in_batches or 0), failed + (failed_there or 0), max(dates) if dates else None

    def _satisfy_runs_here(self, check):
        """Run the entry of the Action menu on records that this version has not scored yet, as who asks."""
        self._check_decides()
        action = self.sudo().action_server_id
        if self.state not in self._at_work_states() or not action:
            raise UserError(self.env._("Start shadow first: then its server action is there."))
        documents = self.env[self.res_model]
        documents.check_access("read")
        domain = self._record_domain() & documents._ai_base_domain() & documents._ai_open_domain()
        domain &= self._company_domain()
        query = documents._search(domain, order="id desc", limit=max(int(check.least), 1))
        query.add_where(
            SQL(
                "NOT EXISTS (SELECT FROM ai_deployment_score"
                " WHERE deployment_id = %s AND version_id = %s AND res_id = %s)",
                self.id,
                self.sudo().champion_id.id,
                SQL.identifier(documents._table, "id"),
            )
        )
        records = documents.browse(query.get_result_ids())
        if not records:
            raise UserError(
                self.env._("This version has scored all open records already: new ones count as they come in.")
            )
        context = {"active_model": self.res_model, "active_ids": records.ids, "active_id": records[0].id}
        result = action.with_env(self.env(context={**self.env.context, **context})).run()
        check._refresh()
        return result

    # Faults

    def _evidence_faults_handled(self, check):
        return self._found_in_drill("faults")

    def _satisfy_faults_handled(self, check):
        return self._run_drill_for(check, "faults")

    def _found_in_drill(self, kind):
        """The latest drill of a kind, if it was made with the version that serves."""
        if not self.champion_id:
            return self._found_no_version()
        drill = self.env["ai.deployment.drill"].search(
            Domain("deployment_id", "=", self.id) & Domain("kind", "=", kind), limit=1
        )
        if not drill:
            return Evidence(False, self.env._("There was no such drill yet."))
        if drill.version_id != self.champion_id:
            sentence = self.env._(
                "The latest drill, on %(day)s, was made with %(version)s, which serves no more.",
                day=format_date(self.env, drill.date),
                version=drill.version_id.name,
            )
            return Evidence(False, sentence, drill.date, drill)
        return Evidence(drill.is_passed, drill._verdict(), drill.date, drill)

    # The log

    def _evidence_log_complete(self, check):
        version, least = self.champion_id, int(check.least)
        if not version:
            return self._found_no_version()
        try:
            card, specs = version._card(), version._specs()
        except VersionError as error:
            return Evidence(False, self.env._("The serving version cannot be used: %s", error))
        lines = self._drawn_lines(version, least)
        if len(lines) < least:
            sentence = self.env._(
                "The log of %(version)s has %(count)s of %(least)s lines so far.",
                version=version.name,
                count=len(lines),
                least=least,
            )
            return Evidence(False, sentence)
        faults = [fault for line in lines for fault in [self._line_fault(line, card)] if fault]
        if not faults:
            faults = self._recomputed_faults(version, card, specs, [line for line in lines if not line["failure_type"]])
        if faults:
            sentence = self.env._(
                "%(count)s of %(all)s lines drawn are not as they should be: %(what)s",
                count=len(faults),
                all=len(lines),
                what=faults[0],
            )
            return Evidence(False, sentence, clock.now())
        sentence = self.env._(
            "%(count)s lines drawn today hold what was read, what was said and how sure it was, and each score follows "
            "from them.",
            count=len(lines),
        )
        return Evidence(True, sentence, clock.now())

    def _drawn_lines(self, version, least):
        """`least` first scores of `version`, drawn by a number that is another every day, as dicts."""
        tomorrow = clock.today() + datetime.timedelta(days=1)
        days = self.env["ai.deployment.profile"]._counts_by_day(version, datetime.date.min, tomorrow)
        count = max(sum(days.values()), 1)
        number = SQL("(hashint4(res_id # %s) & 2147483647)", clock.today().toordinal() * 7919 % 2**31)
        share = min(SPARE * least / count, 1.0)
        columns = (
            "id",
            "res_id",
            "inputs",
            "codes",
            "predicted_value",
            "prediction",
            "confidence",
            "route",
            "latency_ms",
            "failure_type",
            "failure_message",
        )
        rows = self.env.execute_query(
            SQL(
                "SELECT %s FROM ai_deployment_inference WHERE version_id = %s AND deployment_id = %s AND is_intake"
                " AND %s <= %s ORDER BY %s, id LIMIT %s",
                SQL(", ").join(map(SQL.identifier, columns)),
                version.id,
                self.id,
                number,
                int(share * 2147483647),
                number,
                least,
            )
        )
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def _line_fault(self, line, card):
        """What a line of the log lacks, empty where nothing."""
        if line["failure_type"]:
            return "" if line["failure_message"] else self.env._("a failure without its reason")
        values = line["inputs"]
        values = json.loads(values) if isinstance(values, str) else values
        if not isinstance(values, list) or len(values) != len(card.inputs):
            return self.env._("inputs are missing")
        if not re.fullmatch(rf"[0-9a-f]{{{2 * len(card.names)}}}", line["codes"] or ""):
            return self.env._("what the inputs fell into is missing")
        if any(line[name] is None for name in ("predicted_value", "prediction", "confidence", "route", "latency_ms")):
            return self.env._("what was said, or how sure it was, is missing")
        return ""

    def _recomputed_faults(self, version, card, specs, lines):
        """The lines whose score does not follow from what was logged.

        Cards score what the inputs fell into; a pipeline from elsewhere scores the inputs themselves.
        """
        if not lines:
            return []
        if version.kind == "pipeline":
            rows = [json.loads(line["inputs"]) if isinstance(line["inputs"], str) else line["inputs"] for line in lines]
            columns = {
                key: make_column(key, spec["kind"], [row[place] for row in rows])
                for place, (key, spec) in enumerate(specs.items())
            }
            values = card.score(columns).values
        else:
            codes = np.array([list(bytes.fromhex(line["codes"])) for line in lines], dtype=np.uint8)
            values = card.calibration.apply(card.raw(codes))
        return [
            self.env._("a score does not follow from its inputs")
            for line, value in zip(lines, values.tolist(), strict=True)
            if not abs(line["predicted_value"] - value) <= CLOSE
        ]

    def _satisfy_log_complete(self, check):
        return self.action_view_inferences()

    # Credentials

    def _evidence_credentials(self, check):
        faults = [*self._named_credential_faults(), *self._clear_secret_faults(), *self._rights_faults()]
        if faults:
            return Evidence(False, " ".join(faults), clock.now())
        sentence = self.env._(
            "Secrets are named here and held by the server; nothing that looks like one stands in the parameters of "
            "this addon or in the %(actions)s actions that score; nobody who scores by an API key is an administrator. "
            "What other systems keep is not seen from here.",
            actions=len(self._scoring_actions()),
        )
        return Evidence(True, sentence, clock.now())

    def _named_credential_faults(self):
        for channel in self.channel_ids.filtered(lambda channel: channel.active and channel.kind == "webhook"):
            if not NAME.fullmatch(channel.credential or ""):
                yield self.env._("A webhook holds something else than the name of its address.")
            elif not credential(channel.credential):
                yield self.env._("This server has no address called “%s”.", channel.credential)

    def _clear_secret_faults(self):
        """Where something that looks like a secret stands in clear; it is never quoted."""
        parameters = self.env["ir.config_parameter"].sudo().search([("key", "=like", "ai_deployment.%")])
        for parameter in parameters:
            if parameter.key not in KNOWN_PARAMETERS and len(parameter.value or "") >= 20:
                yield self.env._("The parameter “%s” may hold a secret in clear.", parameter.key)
            elif looks_like_a_secret(parameter.value):
                yield self.env._("The parameter “%s” holds a secret in clear.", parameter.key)
        for action in self._scoring_actions():
            written = " ".join(filter(None, (action.code, action.webhook_url, action.value)))
            if looks_like_a_secret(written):
                yield self.env._("The server action “%s” holds a secret in clear.", action.name)

    def _scoring_actions(self):
        """The server actions that score with this deployment, and those that run together with them."""
        actions = self.env["ir.actions.server"].sudo()
        scoring = actions.search([("ai_deployment_id", "=", self.id)])
        together = scoring | scoring.parent_id | scoring.parent_id.child_ids
        return together | together.base_automation_id.action_server_ids

    def _rights_faults(self):
        """People who score or review by an API key, as integrations do, and may administer."""
        people = self.user_id | self.deputy_id | self.reviewer_ids | self._askers()
        keys = (
            self.env["res.users.apikeys"]
            .sudo()
            .search(
                Domain("user_id", "in", people.ids)
                & (Domain("expiration_date", "=", False) | Domain("expiration_date", ">", clock.now()))
            )
        )
        for person in keys.user_id.sorted("id"):
            if person.has_group("base.group_system") or person.has_group("ai_deployment.group_manager"):
                yield self.env._("%s scores by an API key and is an administrator.", person.name)

    def _askers(self):
        """Who asked for scores in the last months."""
        rows = self.env.execute_query(
            SQL(
                "SELECT DISTINCT user_id FROM ai_deployment_asked WHERE deployment_id = %s AND user_id IS NOT NULL"
                " AND day >= %s",
                self.id,
                clock.today() - datetime.timedelta(days=90),
            )
        )
        return self.env["res.users"].sudo().browse(row[0] for row in rows).exists()

    def _satisfy_credentials(self, check):
        return self._open_form()

    @api.model
    def _notification(self, message, kind="info"):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"type": kind, "message": message, "next": {"type": "ir.actions.client", "tag": "soft_reload"}},
        }


def _is_worse(part):
    return part["brier"] is not None and part["brier"] > part["base_brier"]
