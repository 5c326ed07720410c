"""A drill: something is broken on purpose, to see that no record is lost and that a person hears of it.

Everything happens in a savepoint that is rolled back, under a time limit of its own; the record of the drill alone
stays. What would happen after the transaction (mails, calls, notifications) is thrown away with it. No business record
is written or locked: a temporary view of the same name stands in for its table, which PostgreSQL finds first, in this
transaction alone. What is broken stands in `ai_deployment_drill_faults`, `ai_deployment_drill_alert` and
`ai_deployment_fallback_drill`.
"""

import logging
import time
from contextlib import contextmanager
from typing import NamedTuple

import psycopg2

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, format_date
from odoo.tools.misc import Callbacks

from ..tools import clock, turns

_logger = logging.getLogger(__name__)

KINDS = [
    ("faults", "Faults reach a person"),
    ("alert", "An alert reaches its reader"),
    ("fallback", "What shows instead"),
]
STATEMENT_MS = 5000  # for one statement of a drill
LOCK_MS = 1000  # to wait for what other work holds


class Step(NamedTuple):
    """One thing that was broken, and what came of it."""

    code: str
    name: str
    is_passed: bool
    text: str
    seconds: float = 0.0


class AiDeploymentDrill(models.Model):
    _name = "ai.deployment.drill"
    _description = "Drill"
    _inherit = "ai.deployment.guarded.mixin"
    _order = "id desc"
    _log_access = False

    name = fields.Char(compute="_compute_name")
    deployment_id = fields.Many2one("ai.deployment", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="deployment_id.company_id")
    version_id = fields.Many2one("ai.deployment.version", readonly=True, ondelete="cascade")
    kind = fields.Selection(KINDS, required=True, readonly=True)
    date = fields.Datetime(required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Made By", required=True, readonly=True, ondelete="restrict")
    is_passed = fields.Boolean("Passed", readonly=True)
    summary = fields.Text("What Was Done and Found", readonly=True)
    details = fields.Json(readonly=True)
    steps_html = fields.Html("Steps", compute="_compute_steps_html", sanitize=False)

    @api.depends("kind", "date")
    @api.depends_context("lang")
    def _compute_name(self):
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        for drill in self:
            drill.name = f"{kinds.get(drill.kind, '')}, {format_date(self.env, drill.date)}"

    @api.depends("details")
    @api.depends_context("lang")
    def _compute_steps_html(self):
        for drill in self:
            drill.steps_html = self.env["ir.qweb"]._render("ai_deployment.drill_steps", {"steps": drill.details or []})

    def write(self, vals):
        # pylint: disable=method-required-super
        raise UserError(self.env._("A drill stays as it went: make another one."))

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Drills are kept."))

    def _verdict(self):
        """How it went, in a sentence."""
        self.ensure_one()
        steps = self.details or []
        failed = [step["name"] for step in steps if not step["is_passed"]]
        day = format_date(self.env, self.date)
        if failed:
            return self.env._("The drill on %(day)s failed at: %(steps)s.", day=day, steps=", ".join(failed))
        return self.env._(
            "The drill on %(day)s by %(person)s passed in all %(count)s steps.",
            day=day,
            person=self.user_id.name,
            count=len(steps),
        )


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    drill_ids = fields.One2many("ai.deployment.drill", "deployment_id", "Drills", readonly=True)

    # Buttons

    def action_drill_faults(self):
        self.ensure_one()
        self._check_decides()
        return self._open_drill(self.sudo()._drill("faults"))

    def action_drill_alert(self):
        self.ensure_one()
        self._check_decides()
        return self._open_drill(self.sudo()._drill("alert"))

    def action_view_drills(self):
        return self._action_lines("ai.deployment.drill", self.env._("Drills"))

    def _run_drill_for(self, check, kind):
        """The button of a row: make the drill, look at the row again, show how it went."""
        self._check_decides()
        drill = self.sudo()._drill(kind)
        check._refresh()
        return self._open_drill(drill)

    def _open_drill(self, drill):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Drill"),
            "res_model": "ai.deployment.drill",
            "res_id": drill.id,
            "views": [(False, "form")],
        }

    # Making one

    def _drill(self, kind):
        """Make a drill of a kind now and keep how it went."""
        self.ensure_one()
        if not self.champion_id:
            raise UserError(self.env._("No version serves yet, so there is nothing to try."))
        if self.state not in self._at_work_states():
            raise UserError(self.env._("Only what is at work can be tried: start shadow first."))
        version, steps = self.champion_id, getattr(self, f"_drill_{kind}")()
        return (
            self.env["ai.deployment.drill"]
            .sudo()
            .create(
                {
                    "deployment_id": self.id,
                    "version_id": version.id,
                    "kind": kind,
                    "date": clock.now(),
                    "user_id": self.env.uid,
                    "is_passed": bool(steps) and all(step.is_passed for step in steps),
                    "summary": "\n".join(self._step_line(step) for step in steps),
                    "details": [step._asdict() for step in steps],
                }
            )
        )

    def _step_line(self, step):
        if step.is_passed:
            return self.env._("✓ %(what)s: %(found)s", what=step.name, found=step.text)
        return self.env._("✗ %(what)s: %(found)s", what=step.name, found=step.text)

    def _step(self, code, name, work):
        """Do `work()` and undo it: it returns (whether it went as it should, what was found)."""
        started = time.perf_counter()
        try:
            with self._undone():
                is_passed, text = work()
        except UserError as error:
            is_passed, text = False, str(error)
        except psycopg2.errors.LockNotAvailable:
            is_passed, text = False, self.env._("Other work was in the way. Try again in a minute.")
        except Exception as error:  # noqa: BLE001 - whatever breaks is what the drill is for
            _logger.info("The step %s of a drill of deployment %s failed", code, self.id, exc_info=True)
            is_passed, text = False, turns.fault_text(error)
        return Step(code, name, bool(is_passed), text, round(time.perf_counter() - started, 3))

    @contextmanager
    def _undone(self):
        """Within, everything can be tried; afterwards, nothing of it is there, nor will anything of it happen."""
        cr = self.env.cr
        savepoint = cr.savepoint()  # what came before is written, and its hooks have run
        kept, cr.postcommit = cr.postcommit, Callbacks()
        try:
            cr.execute(SQL("SET LOCAL statement_timeout = %s", STATEMENT_MS))
            cr.execute(SQL("SET LOCAL lock_timeout = %s", LOCK_MS))
            yield
        finally:
            savepoint.close()  # rolls back, forgets what the ORM has cached, and takes the limits back
            cr.postcommit = kept

    # What a step works with

    def _drill_record(self):
        """The latest record that the deployment is for, with all rights; it is read, never written."""
        documents = self.env[self.res_model].sudo().with_context(active_test=False)
        domain = self._record_domain() & documents._ai_base_domain()
        domain &= self._company_domain()
        record = documents.search(domain & documents._ai_open_domain(), order="id desc", limit=1)
        record = record or documents.search(domain, order="id desc", limit=1)
        if not record:
            raise UserError(self.env._("There is no record to try it on."))
        return record

    def _drill_column(self, record, required=False):
        """(the declaration of an input, the column of the record that it is read from); none where there is no such.

        One that the filter of the deployment asks for cannot be broken: the record would not be asked for.

        :param required: an input that has to be there, if any has
        """
        used = {
            condition.field_expr.split(".")[0]
            for domain in (self._record_domain(), record._ai_base_domain())
            for condition in Domain(domain).iter_conditions()
        } | {"id", "company_id", "create_date"}
        found = [
            (spec, name)
            for spec in self.champion_id._specs().values()
            for name in _first_steps(spec)
            if name not in used
            and name in record._fields
            and record._fields[name].store
            and record._fields[name].column_type
        ]
        # A number first: of a text, anything can be read.
        found.sort(key=lambda pair: (required and not pair[0]["required"], pair[0]["kind"] != "number"))
        return found[0] if found else (None, None)

    def _stand_in(self, record, column, expression):
        """Until it is undone, the table of `record` holds that record alone, with another value in `column`.

        :param expression: function of the column (SQL) and the name of its type, that gives the value (SQL)
        """
        table, cr = record._table, self.env.cr
        self.env.flush_all()
        columns = self.env.execute_query(
            SQL(
                "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass"
                " AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
                table,
            )
        )
        names = []
        for name, kind in columns:
            if name == column:
                names.append(SQL("%s AS %s", expression(SQL.identifier(name), kind), SQL.identifier(name)))
            else:
                names.append(SQL.identifier(name))
        cr.execute(
            SQL(
                "CREATE TEMPORARY VIEW %s AS SELECT %s FROM %s WHERE id = %s",
                SQL.identifier(table),
                SQL(", ").join(names),
                SQL.identifier(table),
                record.id,
            )
        )
        self.env.invalidate_all(flush=False)


def _first_steps(spec):
    """The fields of the record itself that an input begins with."""
    paths = [spec.get("path"), spec.get("start_path"), spec.get("end_path"), spec.get("value_path")]
    return [path.split(".")[0] for path in paths if path]
