"""The served instance that the faults of `operation.py` happen to: its server, its people, and what is seen of it.

One Odoo with two HTTP workers and two cron threads serves a copy of a small company on a PostgreSQL server of its own.
Sellers and an accountant work in it all the time; an observer notes when somebody is told of what.
"""

import configparser
import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from types import SimpleNamespace

import psutil
import psycopg2
import requests
from drills._attack_small import prepare
from drills._attack_world import Session

from odoo import SUPERUSER_ID, Command, api, sql_db
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.tools import SQL, mute_logger

from odoo.addons.ai_deployment.models.health.token import make_token
from odoo.addons.ai_deployment.models.tools import clock

from lib import lanes, own_postgres
from lib.places import ADDON
from lib.sample_leads import make_leads
from lib.talk import Failure
from story import deployments
from story.people import user

NODE = "drill"
START_S = 90
SELLERS, ACCOUNTANT = ("tomasz", "sofia"), "anna"
CANARY = "Zanzibar4711"  # part of what every lead of the office is called, and of an input of theirs: never in a log
CUSTOM_FIELD = "x_drill_size"
# A refusal that is meant is no error.
REFUSED_RIGHTLY = "Not posted, because it has to be reviewed first"
# An entry about the addon: its tables or jobs, or an error that its code ran into. What its address of health is
# answered counts as a request.
_OURS = re.compile(r"addons[./]ai_deployment\b|\bai_deployment_\w|ai\.deployment|AI Deployment")
_ENTRY = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+ (\d+) ([A-Z]+) (\S+) ([\w.?]+): ")

_MODULE = re.compile(r'File ".*?/addons/(\w+)/.*\n(.*)')  # and the line of code
RECOVERY_S = 30


class World:
    def __init__(self, server, say, lead_count, chats):
        """
        :param chats: `wire.Chat` that answers, `wire.Chat` that may hang, `wire.Post`
        """
        self.server, self.say = server, say
        self.chat, self.hanging, self.post = chats
        self._env, self._running, self._sessions = None, contextlib.ExitStack(), {}
        self.node, self.away_since, self._away, self._offset, self._more_logs = None, None, [], 0, []
        self._make(lead_count)
        self.office, self.observer = Office(self), Observer(self)

    # The database

    def look(self):
        """An environment in a new transaction: what was there before may be dead, or of another time.

        A server that was killed recovers for some seconds, and each connection that is still kept to it fails once.
        """
        last, self._env = self._env, None  # a cursor that is closed twice never returns
        if last is not None:
            with contextlib.suppress(psycopg2.Error):
                last.cr.close()
        until = time.monotonic() + RECOVERY_S
        while True:
            try:
                registry = Registry(own_postgres.DATABASE).check_signaling()
                self._env = api.Environment(registry.cursor(), SUPERUSER_ID, {})
                return self._env
            except psycopg2.DatabaseError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)

    def rows(self, query, *values):
        return self.look().execute_query(SQL(query, *values))

    def value(self, query, *values):
        return self.rows(query, *values)[0][0]

    def do(self, query, *values):
        """Execute a statement and commit it; again where a server writes the same rows at this moment."""

        def done():
            env = self.look()
            try:
                with mute_logger("odoo.sql_db"):
                    env.cr.execute(SQL(query, *values))
                    env.cr.commit()
            except psycopg2.errors.SerializationFailure:
                env.cr.rollback()
                return False
            return True

        if not self.wait(done, 90, every=0.2):
            raise NotCarriedOut("servers write what is to be changed all the time")

    @contextlib.contextmanager
    def change(self):
        """An environment whose work is committed at the end of the block, and known to the servers."""
        env = self.look()
        yield env
        env.flush_all()
        env.cr.commit()
        env.registry.signal_changes()

    def insist(self, work):
        """Do `work(env)` and commit it; again where a server has the rows in its hands at this moment."""

        def done():
            try:
                with self.change() as env:
                    work(env)
            except UserError:
                return False
            return True

        if not self.wait(done, 90, every=1):
            raise NotCarriedOut("a server would not let go of what is to be changed")

    def deployment(self, env=None):
        return (env or self.look())["ai.deployment"].browse(self.leads_id)

    def _make(self, lead_count):
        """The company of the demonstration in small, with rules that score whatever a person saves."""
        env = self.look()
        env.cr.execute(
            "UPDATE ir_cron SET active = false WHERE id IN"
            " (SELECT res_id FROM ir_model_data WHERE model = 'ir.cron' AND module NOT IN ('ai_deployment', 'mail'))"
        )
        env.cr.commit()
        prepare(env)
        env = self.look()
        admin = env(user=env.ref("base.user_admin"))
        leads, bills = deployments.of_leads(admin), deployments.of_bills(admin)
        self.leads_id, self.bills_id = leads.id, bills.id
        self.lead_ids, _closed = make_leads(admin, lead_count)
        env.cr.execute("UPDATE crm_lead SET user_id = %s WHERE id = ANY(%s)", [user(env, "maya").id, self.lead_ids])
        env.cr.commit()
        self._learn_custom_field()
        env = self.look()
        admin = env(user=env.ref("base.user_admin"))
        leads, bills = deployments.of_leads(admin), deployments.of_bills(admin)
        # A day of this company has as many leads as a year of others: what a promoted version does on its first day is
        # no sign of a fault.
        leads.sudo().write({"score_on_create": True, "score_on_change": True, "probation_days": 0})
        rule = admin["base.automation"].create(
            {"name": "Score bills", "model_id": bills.model_id.id, "trigger": "on_create"}
        )
        admin["ir.actions.server"].create(
            {
                "name": "Score bills",
                "model_id": bills.model_id.id,
                "base_automation_id": rule.id,
                "usage": "base_automation",
                "state": "ai_deployment_score",
                "ai_deployment_id": bills.id,
            }
        )
        vendor_bill = env["account.move"].search(
            [("move_type", "=", "in_invoice"), ("state", "=", "posted")], order="id desc", limit=1
        )
        line = vendor_bill.invoice_line_ids[:1]
        self.bill = {
            "move_type": "in_invoice",
            "partner_id": vendor_bill.partner_id.id,
            "partner_bank_id": vendor_bill.partner_bank_id.id,
            "invoice_date": str(clock.today()),
            "invoice_line_ids": [
                Command.create(
                    {
                        "name": "Parts",
                        "quantity": 1,
                        "price_unit": line.price_unit,
                        "account_id": line.account_id.id,
                        "tax_ids": [Command.clear()],
                    }
                )
            ],
        }
        self.lead = {
            "type": "opportunity",
            "expected_revenue": 40_000,
            "country_id": env.ref("base.us").id,
            "source_id": env["utm.source"].create({"name": f"Source {CANARY}"}).id,
            CUSTOM_FIELD: 3,
        }
        self.token = make_token(env)
        env["ir.config_parameter"].set_param(
            "ai_deployment.allowed_hosts", f"{self.chat.address},{self.hanging.address}"
        )
        env["ir.mail_server"].create(
            {"name": "Drill", "smtp_host": "127.0.0.1", "smtp_port": self.post.port, "smtp_encryption": "none"}
        )
        env.cr.commit()

    def _learn_custom_field(self):
        """A field that somebody made in Settings is an input of the version that serves."""
        self.add_custom_field()
        env = self.look()
        leads = self.deployment(env)
        own = leads.with_user(leads.user_id)
        env["ai.deployment.feature"].with_user(leads.user_id).create(
            {"deployment_id": leads.id, "path": CUSTOM_FIELD, "name": "Size"}
        )
        version = own.sudo()._train()
        own.sudo()._assign_champion(version, "It reads the size, too")
        env.cr.commit()

    def add_custom_field(self):
        with self.change() as env:
            env["ir.model.fields"].create(
                {
                    "name": CUSTOM_FIELD,
                    "field_description": "Size",
                    "ttype": "integer",
                    "model_id": env["ir.model"]._get_id("crm.lead"),
                }
            )
        self.do("UPDATE crm_lead SET %s = 1 + (id + source_id) %% 3", SQL.identifier(CUSTOM_FIELD))

    # The server

    def serve(self):
        """Start the server; return when it answers."""
        arguments = ("--workers=2", "--max-cron-threads=2", "--log-level=info")
        self.node = self._running.enter_context(
            lanes.node(
                self.look(),
                NODE,
                str(self.server.files),
                *arguments,
                environment=self.environment(),
                named_by_worker=True,
            )
        )
        self.wait_for_server()
        return self.node

    def wait_for_server(self):
        if not self.wait(self.answers, START_S):
            raise Failure("the server of the drill did not answer in time.")
        self.is_back()

    def environment(self, **variables):
        """What a server of this world is started with."""
        chats = {
            "AI_DEPLOYMENT_CREDENTIAL_DRILL_CHAT": f"http://{self.chat.address}/hook",
            "AI_DEPLOYMENT_CREDENTIAL_DRILL_HANGING": f"http://{self.hanging.address}/hook",
        }
        return {**os.environ, **chats, **variables}

    def configuration(self, addons):
        """A configuration file like that of the servers, for code in another folder."""
        parser = configparser.RawConfigParser()
        parser.read(os.environ["ODOO_RC"])
        parser["options"]["addons_path"] = str(addons)
        file = self.server.home / f"{addons.name}.conf"
        with file.open("w", encoding="utf-8") as opened:
            parser.write(opened)
        return file

    def upgrade(self):
        """`-u ai_deployment`, beside the server that runs."""
        command = [
            sys.executable,
            os.environ["ODOO_BIN"],
            "-d",
            own_postgres.DATABASE,
            "-u",
            ADDON,
            "--stop-after-init",
            "--no-http",
            "--log-level=warn",
            f"--data-dir={self.server.files}",
        ]
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotCarriedOut(f"the update failed: {done.stderr.strip().splitlines()[-1]}")

    def address(self, port=None):
        """The status that the check outside gets, 0 where nobody answers."""
        try:
            url = f"http://127.0.0.1:{port or self.node.port}/ai_deployment/health/{self.token}"
            return requests.get(url, timeout=10).status_code
        except requests.RequestException:
            return 0

    def answers(self, port=None):
        return self.address(port) in (200, 503)

    def move_clock(self, seconds):
        self._offset += seconds
        self.server.set_clock(self._offset)

    def cut_connections(self):
        self.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'drill-%%'"
            " AND datname = %s",
            own_postgres.DATABASE,
        )

    def forget_connections(self):
        """Close what this process has open, so that the database can be replaced."""
        if self._env is not None:
            self._env.cr.close()
            self._env = None
        sql_db.close_db(own_postgres.DATABASE)

    def log_disk(self, back=False):
        """Put the log of scores on a small disk of its own, or back; the file that may fill it.

        None where this machine lets us mount no disk.
        """
        space = self.server.cluster / "space"
        if back:
            self._now("ALTER TABLE ai_deployment_inference SET TABLESPACE pg_default")
            return None
        space.mkdir()
        owner = (self.server.cluster / "data").stat()
        os.chown(space, owner.st_uid, owner.st_gid)
        if not self.server.small_disk(space, 200):
            return None
        self._now(f"CREATE TABLESPACE small LOCATION '{space}'")
        self._now("ALTER TABLE ai_deployment_inference SET TABLESPACE small")
        return space / "ballast"

    def _now(self, statement):
        """Execute a statement that needs a table for itself, or no transaction."""
        self.look().cr.close()  # which may have read the table
        connection = psycopg2.connect(dbname=own_postgres.DATABASE)
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '30s'")
            cursor.execute(statement)

    def halt(self):
        """End the server with all of its processes."""
        self.is_away()
        self._running.close()

    def is_away(self):
        """From now on nobody can work, and whatever people are told then is no fault of ours."""
        if self.away_since is None:
            self.away_since = time.monotonic()

    def is_back(self):
        if self.away_since is not None:
            self._away.append((self.away_since, time.monotonic() + 1))
            self.away_since = None

    def was_away(self, began, ended):
        """Whether nobody could work at some moment of that time."""
        if self.away_since is not None and ended >= self.away_since - 1:
            return True
        return any(start - 1 <= ended and began <= end for start, end in self._away)

    @property
    def log(self):
        return self.server.files / f"{NODE}.log"

    def workers(self, kind):
        """Process ids of the living workers: `kind` is WorkerHTTP or WorkerCron."""
        with self.log.open(encoding="utf-8", errors="replace") as file:
            ids = re.findall(rf"Worker {kind} \((\d+)\) alive", file.read())
        return [int(pid) for pid in ids if psutil.pid_exists(int(pid))]

    def busy_worker(self, kind):
        """A worker that has a transaction open in the database at this moment; 0 where there is none."""
        names = [f"drill-{pid}" for pid in self.workers(kind)]
        rows = self.rows(
            "SELECT application_name FROM pg_stat_activity WHERE datname = %s AND application_name = ANY(%s)"
            " AND xact_start IS NOT NULL ORDER BY xact_start LIMIT 1",
            own_postgres.DATABASE,
            names,
        )
        return int(rows[0][0].partition("-")[2]) if rows else 0

    def catch_worker(self, seconds=0.0, asleep=False):
        """The HTTP worker whose transaction is open for so long, or sleeps in a trigger of the drill."""
        found = []

        def look():
            found[:] = self.rows(
                "SELECT application_name FROM pg_stat_activity WHERE datname = %s AND application_name = ANY(%s)"
                " AND clock_timestamp() - xact_start > %s * interval '1 second'"
                " AND (NOT %s OR wait_event = 'PgSleep') ORDER BY xact_start LIMIT 1",
                own_postgres.DATABASE,
                [f"drill-{pid}" for pid in self.workers("WorkerHTTP")],
                seconds,
                asleep,
            )
            return found

        if not self.wait(look, 60, every=0.02):
            raise NotCarriedOut("no worker was caught at it")
        return int(found[0][0].partition("-")[2])

    def asleep(self):
        """Process ids of those whose connection sleeps in a trigger of the drill."""
        rows = self.rows(
            "SELECT application_name FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = %s"
            " AND application_name LIKE 'drill-%%'",
            own_postgres.DATABASE,
        )
        return [int(name.partition("-")[2]) for (name,) in rows]

    # The people

    def as_(self, login):
        """A session of a person; a new one each time, as sessions end with time and servers."""
        return self.office.session(login, login)

    def in_background(self, login, *arguments, **keywords):
        return Call(self.as_(login), login, arguments, keywords)

    # The work

    def ask(self, ids=None):
        """Ask for a score of all leads, whether they changed or not; the id of the batch."""
        env = self.look()
        env = env(user=env.ref("base.user_admin"))
        batch = env["ai.deployment.batch"]._ask(env["ai.deployment"].browse(self.leads_id), ids or self.lead_ids, True)
        env.cr.commit()
        self.batches.append(batch.id)
        return batch.id

    def pieces(self, batch_id):
        """(open, done) pieces of a batch."""
        return self.rows(
            "SELECT COUNT(*) FILTER (WHERE state = 'open'), COUNT(*) FILTER (WHERE state = 'done')"
            " FROM ai_deployment_batch_chunk WHERE batch_id = %s",
            batch_id,
        )[0]

    def in_the_middle(self, batch_id):
        left, done = self.pieces(batch_id)
        return bool(left and done)

    def wait_for_middle(self, batch_id, seconds=240):
        if not self.wait(lambda: self.in_the_middle(batch_id), seconds, every=0.02):
            raise NotCarriedOut("the batch was never in the middle of its work")

    def wake_workers(self):
        with self.change() as env:
            env["ai.deployment.batch"]._wake_workers()

    def wake(self, *names):
        """Let scheduled actions of the addon run now."""
        with self.change() as env:
            for name in names:
                cron = env.ref(name if "." in name else f"ai_deployment.{name}", raise_if_not_found=False)
                if cron:
                    cron._trigger()

    def wait(self, holds, seconds, every=0.2):
        """Whether `holds()` came true in time; while the database is away it does not hold."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with contextlib.suppress(psycopg2.OperationalError, psycopg2.InterfaceError):
                if holds():
                    return True
            time.sleep(every)
        return False

    def finish(self, seconds):
        """Let the time pass that records and crons wait; return whether nothing is left open."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with contextlib.suppress(psycopg2.OperationalError, psycopg2.InterfaceError):
                left = self.rows(
                    "SELECT (SELECT COUNT(*) FROM ai_deployment_batch_chunk WHERE state = 'open'),"
                    " (SELECT COUNT(*) FROM ai_deployment_request)"
                )[0]
                if not any(left):
                    return True
                with self.change() as env:
                    for deployment in env["ai.deployment"].search([]):
                        env["ai.deployment.request"]._make_due(deployment)
                    env["ai.deployment.batch"]._wake_workers()
                    env.ref("ai_deployment.ir_cron_retry")._trigger()
            time.sleep(1)
        return False

    # A fault, from its beginning to its end

    def begin(self):
        """Remember how things are; what differs afterwards came with the fault."""
        self.batches, self.told_elsewhere, self._away, self._more_logs = [], [], [], []
        self.before = self._state()
        self.office.begin()
        self.observer.begin()

    def begin_anew(self):
        """The database is another one: count from here on."""
        self._env, self.batches = None, []
        self.look().registry.clear_all_caches()
        log = self.before.log
        self.before = self._state()
        self.before.log = log
        self.office.begin()

    def also_log(self, path):
        """Count what another server has said as well."""
        self._more_logs.append(Log(path, 0))

    def batches_are_done(self):
        return bool(self.batches) and not self.value(
            "SELECT COUNT(*) FROM ai_deployment_batch WHERE id = ANY(%s) AND state <> 'done'", list(self.batches)
        )

    def forget_log(self):
        """What the log says so far came with the preparation."""
        self.before.log, self.before.postgres = _size(self.log), _size(self.server.log)

    def _state(self):
        last_line, reviews, chunks = self.rows(
            "SELECT (SELECT COALESCE(MAX(id), 0) FROM ai_deployment_inference),"
            " (SELECT COALESCE(MAX(id), 0) FROM ai_deployment_review),"
            " (SELECT COUNT(*) FROM ai_deployment_batch_chunk WHERE state = 'open' AND interruptions >= 2)"
        )[0]
        sums = self.look()["ai.deployment.ledger"].search([]).mapped("difference")
        return SimpleNamespace(
            line=last_line,
            review=reviews,
            aside=chunks,
            lost=sum(d for d in sums if d > 0),
            double=-sum(d for d in sums if d < 0),
            log=_size(self.log),
            postgres=_size(self.server.log),
        )

    def told(self, who, what):
        """Note that a person was told by something else than an alert."""
        self.told_elsewhere.append((time.monotonic() - self.observer.started, f"{what} ({who})"))

    def outcome(self):
        """What the fault has cost, in numbers."""
        now = self._state()
        lost, double = max(now.lost - self.before.lost, 0), max(now.double - self.before.double, 0)
        lost = max([lost, *map(self._lost_of, self.batches)])
        double = max(double, self._doubles())
        unscored = self.value(
            "SELECT COUNT(*) FROM crm_lead lead WHERE id = ANY(%s) AND NOT EXISTS (SELECT FROM ai_deployment_inference"
            " WHERE res_model = 'crm.lead' AND res_id = lead.id) AND NOT EXISTS (SELECT FROM ai_deployment_request"
            " WHERE res_model = 'crm.lead' AND res_id = lead.id)",
            list(self.office.lead_ids),
        )
        blamed = self.rows(
            "SELECT DISTINCT ON (res_model, res_id) res_model, res_id, failure_type, failure_message"
            " FROM ai_deployment_inference WHERE id > %s AND route = 'review' AND failure_type IS NOT NULL",
            self.before.line,
        )
        for blame in blamed[:3]:
            self.say("  blamed: {} {}: {} ({})".format(*blame))
        logs = [Log(self.log, self.before.log), *self._more_logs]
        text = "".join(log.text for log in logs)
        return SimpleNamespace(
            lost=lost + unscored,
            double=double,
            blamed=len(blamed),
            aside=max(now.aside - self.before.aside, 0),
            log_of_ours=sum(log.of_ours for log in logs),
            log_of_odoo=sum(log.of_odoo for log in logs),
            log_text=text,
            inputs_in_log=text.count(CANARY),
            postgres_bytes=now.postgres - self.before.postgres,
            errors=self.office.errors(),
            errors_away=self.office.errors(while_away=True),
            actions=len(self.office.done),
        )

    def _lost_of(self, batch_id):
        """Return how many records of the batch are nowhere."""
        asked, records, waiting, is_open = self.rows(
            "WITH asked AS (SELECT (jsonb_array_elements(record_ids))::int AS id, state FROM ai_deployment_batch_chunk"
            " WHERE batch_id = %s)"
            " SELECT (SELECT COUNT(*) FROM asked), (SELECT COUNT(DISTINCT res_id) FROM ai_deployment_inference"
            " WHERE id > %s AND deployment_id = %s AND route <> 'retry' AND res_id IN (SELECT id FROM asked)),"
            " (SELECT COUNT(*) FROM ai_deployment_request WHERE deployment_id = %s"
            " AND res_id IN (SELECT id FROM asked)), (SELECT COUNT(*) FROM asked WHERE state = 'open')",
            batch_id,
            self.before.line,
            self.leads_id,
            self.leads_id,
        )[0]
        return max(asked - records - waiting - is_open, 0)

    def _doubles(self):
        """Return how many lines the records have beyond one for each batch that asked for them."""
        return int(
            self.value(
                "WITH asked AS (SELECT (jsonb_array_elements(record_ids))::int AS id FROM ai_deployment_batch_chunk"
                " WHERE batch_id = ANY(%s)), wanted AS (SELECT id, COUNT(*) AS times FROM asked GROUP BY id),"
                " line AS (SELECT res_id, COUNT(*) AS times FROM ai_deployment_inference WHERE id > %s"
                " AND deployment_id = %s AND route <> 'retry' GROUP BY res_id)"
                " SELECT COALESCE(SUM(GREATEST(line.times - wanted.times, 0)), 0) FROM wanted JOIN line ON res_id = id",
                list(self.batches),
                self.before.line,
                self.leads_id,
            )
        )

    def settle_down(self):
        """Take back what a fault has left behind in alerts and batches: the next one begins in peace."""

        def settle(env):
            for alert in env["ai.deployment.alert"].search([("state", "!=", "resolved")]):
                alert._resolve(alert.deployment_id, alert.cause)
            for batch in env["ai.deployment.batch"].search([("state", "in", ("running", "paused"))]):
                batch._cancel()

        self.wait(lambda: not self.busy_worker("WorkerCron"), 20)
        self.insist(settle)
        # What a lane had in hands when its batch was cancelled is finished by it, and would count as double later.
        self.wait(lambda: not self.value("SELECT COUNT(*) FROM ai_deployment_batch_chunk WHERE state = 'open'"), 120)

    def log_text(self):
        return Log(self.log, self.before.log).text + "".join(log.text for log in self._more_logs)

    def end(self):
        self.office.close()
        self.observer.close()
        self.halt()


class NotCarriedOut(Exception):
    """A fault whose conditions could not be made, so that it proves nothing."""


class Call:
    """Something that a person does while something else happens."""

    def __init__(self, session, login, arguments, keywords):
        self._login, self.answer, self.error = login, None, ""

        def work():
            try:
                self.answer = session.call(*arguments, **keywords)
                self.error = self.answer.error
            except Exception as error:  # noqa: BLE001 - whatever it is, it is what the person sees
                self.error = type(error).__name__

        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()

    def wait_for_error(self, world):
        self._thread.join(120)
        if not self.error:
            raise NotCarriedOut("it was done before the fault came")
        world.told(self._login, f"an error on screen: {self.error}")


def _is_ours(entry):
    """Return whether an entry of the log is about the addon; a failed request is, where code of the addon failed.

    With the addon or without, Odoo logs the requests of people whose connection is gone. That a method of the addon
    called Odoo's own, or the one that it extends, is no fault of it.
    """
    head, separator, trace = entry.partition("Traceback (most recent call last)")
    if separator and "odoo.http" in head:
        frames = _MODULE.findall(trace.partition("\n\n")[0])
        return bool(frames) and frames[-1][0] == ADDON and "super()" not in frames[-1][1]
    return bool(_OURS.search(entry))


class Log:
    """What the server log says from a place in it on: `entries` of (what was said, whether it is about the addon).

    Entries are complaints, and whatever the addon's own loggers say.
    """

    def __init__(self, path, start):
        self.text, entries = "", []
        if path.exists():
            with path.open("rb") as file:
                file.seek(start)
                self.text = file.read().decode("utf-8", "replace")
        counts = False
        for line in self.text.splitlines(keepends=True):
            entry = _ENTRY.match(line)
            if entry:
                counts = entry[2] not in ("DEBUG", "INFO") or "ai_deployment" in entry[4]
                if counts:
                    entries.append([])
            if counts:
                entries[-1].append(line)
        said = ["".join(lines) for lines in entries]
        self.of_ours = sum(len(each.encode()) for each in said if _is_ours(each))
        self.of_odoo = sum(len(each.encode()) for each in said) - self.of_ours


class Office:
    """Two sellers and an accountant who go on working, whatever happens; each in a thread of their own."""

    def __init__(self, world):
        self.world, self.done, self.lead_ids = world, [], set()
        self._stop, self._threads, self._lock = threading.Event(), [], threading.Lock()
        self._users = {person.login: person.id for person in world.look()["res.users"].search([])}
        self._away = ()

    def begin(self):
        with self._lock:
            self.done, self.lead_ids = [], set()

    def open(self):
        works = [(login, self._sell) for login in SELLERS] + [(ACCOUNTANT, self._post_bill)]
        for login, work in works:
            thread = threading.Thread(target=self._work, args=(login, work), daemon=True)
            thread.start()
            self._threads.append(thread)

    def close(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def errors(self, while_away=False):
        """What people were told that they should not have been, as {text: times}."""
        with self._lock:
            done = list(self.done)
        return Counter(
            error for began, ended, error in done if error and self.world.was_away(began, ended) == while_away
        )

    def _work(self, login, work):
        session, number = None, 0
        while not self._stop.wait(0.4):
            if login in self._away:
                session = None
                continue
            try:
                session = session or self.session(login, login)
            except Exception:  # noqa: BLE001 - who is not logged in yet does nothing yet
                continue
            number += 1
            if not work(session, number):
                session = None

    def pause(self, logins):
        """These people do nothing until `go_on`."""
        self._away = logins
        time.sleep(2)

    def go_on(self):
        self._away = ()

    def session(self, login, password):
        world = self.world
        known = SimpleNamespace(
            base=f"http://127.0.0.1:{world.node.port}",
            trace=lambda text: None,
            key_of=lambda person: None,
            env=SimpleNamespace(cr=SimpleNamespace(dbname=own_postgres.DATABASE)),
        )
        return Session(known, SimpleNamespace(login=login, id=self._users[login]), password)

    def _sell(self, session, number):
        made = self._do(session, "crm.lead", "create", [{**self.world.lead, "name": f"Lead {CANARY} {number}"}])
        if made:
            with self._lock:
                self.lead_ids.update(made)
            self._do(session, "crm.lead", "write", made, {"expected_revenue": 1000 * number})
        return self._do(
            session,
            "crm.lead",
            "web_search_read",
            domain=[],
            specification={"name": {}, "ai_score": {}, "ai_needs_review": {}},
            limit=40,
        )

    def _post_bill(self, session, number):
        made = self._do(session, "account.move", "create", [{**self.world.bill, "ref": f"Drill {time.time()}"}])
        return bool(made) and self._do(session, "account.move", "action_post", made) is not None

    def _do(self, session, model, method, *arguments, **keywords):
        """The value of a call; None where it failed, which is noted."""
        began = time.monotonic()
        try:
            answer = session.call(model, method, *arguments, **keywords)
            rightly = answer.ok or REFUSED_RIGHTLY in answer.message
            error, value = "" if rightly else f"{answer.error}: {answer.message}", answer.value
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is what the person sees
            error, value = f"{type(fault).__name__}", None
        with self._lock:
            self.done.append((began, time.monotonic(), error and f"{model}.{method}: {error.splitlines()[0][:160]}"))
        return value if value is not None or error else True


class Observer:
    """Looks all the time which alerts open, who has an activity about them, and what the address of health says."""

    def __init__(self, world):
        self.world, self._stop, self._thread = world, threading.Event(), None
        self._lock, self._status, self.rests = threading.Lock(), 200, False
        self.started, self.seen, self.openings, self._known = time.monotonic(), {}, Counter(), {}

    def open(self):
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def close(self):
        self._stop.set()
        self._thread.join(60)

    def begin(self):
        """Forget what was seen, and take what is open now as known."""
        known = dict(self._alerts(self._connect()))
        with self._lock:
            self.started, self.seen, self.openings = time.monotonic(), {}, Counter()
            self._known = {key: told for key, (_cause, told, _people) in known.items()}
            self.health_before = self._health()

    def _connect(self):
        connection = psycopg2.connect(dbname=own_postgres.DATABASE, application_name="observer")
        connection.autocommit = True
        return connection

    def _watch(self):
        connection, rounds = None, 0
        while not self._stop.wait(0.25):
            rounds += 1
            if self.rests:  # the database is being replaced
                connection = None
                continue
            try:
                began, connection = self.started, connection or self._connect()
                found = list(self._alerts(connection))
            except psycopg2.Error:
                connection = None
                self.look_at_route()
                continue
            if rounds % 4 == 0:
                self.look_at_route()
            with self._lock:
                if began != self.started:
                    continue  # what was read is of the fault before
                seconds = time.monotonic() - self.started
                for key, (cause, told, people) in found:
                    # A date is also put right where the clock was ahead: nobody is told by that.
                    known = self._known.get(key, ("", 0))
                    if told[0] > known[0] or told[1] > known[1]:
                        self.openings[key, cause] += 1
                        self.seen.setdefault(f"alert:{cause}", (seconds, people or "the list of alerts"))
                    self._known[key] = told
            if rounds % 12 == 0:
                self._note_health()

    def _alerts(self, connection):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT alert.id, cause, COALESCE(notified_date, opened_date)::text, (SELECT count(*) FROM "
                "mail_activity activity WHERE activity.res_model = 'ai.deployment.alert' AND activity.res_id = "
                "alert.id), (SELECT string_agg(login, ', ' ORDER BY login) FROM mail_activity activity JOIN res_users "
                "person ON person.id = activity.user_id WHERE activity.res_model = 'ai.deployment.alert' AND "
                "activity.res_id = alert.id AND activity.active) FROM ai_deployment_alert alert WHERE state "
                "IN ('firing', 'acknowledged')"
            )
            for alert_id, cause, told, activities, people in cursor.fetchall():
                yield alert_id, (cause, (told, activities), people)

    def _health(self):
        """Codes of severe and other findings of the deployments at work: {code: severity}."""
        with contextlib.suppress(psycopg2.Error):
            registry = Registry(own_postgres.DATABASE).check_signaling()
            with registry.cursor() as cr:
                deployments_at_work = api.Environment(cr, SUPERUSER_ID, {})["ai.deployment"].search([])
                found = deployments_at_work._health()
                return {one.code: one.severity for findings in found.values() for one in findings}
        return {}

    def look_at_route(self):
        """What the check outside, which calls the address of health, sees at this moment."""
        status = self.world.address()
        if status not in (200, self._status):
            what = f"route:{status or 'no answer'}"
            self.seen.setdefault(what, (time.monotonic() - self.started, "the check outside"))
        self._status = status

    def _note_health(self):
        began, found = self.started, self._health()
        with self._lock:
            if began != self.started:
                return
            seconds = time.monotonic() - self.started
            for code, severity in found.items():
                if code not in self.health_before:
                    who = "the check outside: 503" if severity == "severe" else "whoever opens the deployment"
                    self.seen.setdefault(f"health:{code}", (seconds, who))

    def first(self, *what):
        """(seconds, who, what) of the first thing seen that begins with one of `what`; None where nothing was."""
        with self._lock:
            found = [(*seen, name) for name, seen in self.seen.items() if name.startswith(what)]
        return min(found) if found else None


def _size(path):
    return path.stat().st_size if path.exists() else 0
