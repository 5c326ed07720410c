"""Install, use, uninstall: what is left of the addon, and whether the neighbours' tables and rows are as before.

Two deployments are declared, trained, scored, reviewed and taken live; then the app is removed. The schema is compared
with that of the database before it was installed, the rows of leads, bills and people with those before it was removed.
"""

import os
import re
import subprocess
import sys

import psycopg2

from lib import databases, templates
from lib.figures import Figure
from lib.odoo_process import must_succeed, record
from lib.talk import Failure

PLAIN = True
SMALL = 1
MUST_BE_MET = True
NEIGHBOURS = (
    "account_account",
    "account_journal",
    "account_move",
    "account_move_line",
    "crm_lead",
    "crm_stage",
    "res_company",
    "res_partner",
    "res_partner_bank",
    "res_users",
    "utm_source",
)
# Odoo itself stamps users when their groups go, and their partners with them.
STAMPS = {f"{table}.{column}" for table in ("res_users", "res_partner") for column in ("write_date", "write_uid")}
_USE = """
from drills._attack_small import prepare
prepare(env)
env["ai.deployment.review"].search([], limit=5)._assign()
env.cr.commit()
"""
_REMOVE = """
env["ir.module.module"].search([("name", "=", "ai_deployment")]).button_immediate_uninstall()
"""
_SCHEMA = {
    "columns": "SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable"
    " FROM information_schema.columns WHERE table_schema = 'public'",
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "constraints": "SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE connamespace = 'public'::regnamespace",
    "triggers": "SELECT tgrelid::regclass || ' ' || tgname FROM pg_trigger WHERE NOT tgisinternal",
    "functions": "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    "sequences": "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'",
}
# What could point to something of ours that is gone: {what: the statement that counts it}.
_LITTER = {
    "external ids": "SELECT count(*) FROM ir_model_data WHERE module = 'ai_deployment'",
    "models": "SELECT count(*) FROM ir_model WHERE model LIKE 'ai.deployment%'",
    "fields": "SELECT count(*) FROM ir_model_fields WHERE model LIKE 'ai.deployment%' OR name LIKE 'ai\\_%'",
    "views": "SELECT count(*) FROM ir_ui_view WHERE model LIKE 'ai.deployment%'",
    "server actions": "SELECT count(*) FROM ir_act_server WHERE state = 'ai_deployment_score'",
    "scheduled actions": "SELECT count(*) FROM ir_cron WHERE cron_name LIKE 'AI Deployment%'",
    "parameters": "SELECT count(*) FROM ir_config_parameter WHERE key LIKE 'ai\\_deployment%'",
    "attachments": "SELECT count(*) FROM ir_attachment WHERE res_model LIKE 'ai.deployment%'",
    "activities": "SELECT count(*) FROM mail_activity WHERE res_model LIKE 'ai.deployment%'",
    "followers": "SELECT count(*) FROM mail_followers WHERE res_model LIKE 'ai.deployment%'",
    "messages": "SELECT count(*) FROM mail_message WHERE model LIKE 'ai.deployment%'",
    "filters": "SELECT count(*) FROM ir_filters WHERE model_id LIKE 'ai.deployment%'",
    "groups": "SELECT count(*) FROM res_groups WHERE name->>'en_US' LIKE '%AI Deployment%'",
}


def run(_env, _options, say):
    if "ODOO_BIN" not in os.environ:
        raise Failure("dev/drill uninstall needs Odoo.")
    with databases.throwaway(templates.prepared("base")) as database:
        before = _schema(database)
        say("Installing ...")
        report = record(["-d", database, "-i", "ai_deployment", "--no-http", "--stop-after-init", "--log-level=warn"])
        must_succeed(report.status, "Installing", report.output)
        say("Using it ...")
        _shell(database, _USE)
        used = _counted(database, "SELECT count(*) FROM ai_deployment_score")
        rows = _rows(database, before["columns"])
        say("Uninstalling ...")
        log = _shell(database, _REMOVE)
        after, rows_after = _schema(database), _rows(database, before["columns"])
        figures = [Figure("scores_before", used, "scores", "> 0", used > 0)]
        for kind, texts in before.items():
            different = sorted(texts ^ after[kind])
            for text in different:
                say(f"{kind}: {'left behind' if text in after[kind] else 'gone'}: {text}")
            figures.append(Figure(f"{kind}_different", len(different), kind, "0", not different))
        changed = sorted(column for column, found in rows.items() if found != rows_after.get(column))
        for column in changed:
            say(f"rows: {column} has other values")
        figures.append(Figure("columns_changed", len(changed), "columns", "0", not changed))
        for what, statement in _LITTER.items():
            count = _counted(database, statement)
            figures.append(Figure(f"left.{what.replace(' ', '_')}", count, what, "0", not count))
        errors = [line for line in log.splitlines() if re.search(r" (ERROR|CRITICAL) ", line)]
        for line in errors:
            say(line[:300])
        figures.append(Figure("error_lines", len(errors), "lines", "0", not errors))
        return figures


def _shell(database, script):
    """Run a script in `odoo shell`; what it logged."""
    command = [sys.executable, os.environ["ODOO_BIN"], "shell", "-d", database, "--no-http", "--log-level=warn"]
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    if done.returncode or "Traceback" in done.stderr:
        raise Failure(f"Odoo's shell failed: {done.stderr[-1500:]}")
    return done.stderr


def _query(database, statement):
    connection = psycopg2.connect(dbname=database)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()
    finally:
        connection.close()


def _counted(database, statement):
    return _query(database, statement)[0][0]


def _schema(database):
    return {kind: {row[0] for row in _query(database, statement)} for kind, statement in _SCHEMA.items()}


def _rows(database, columns):
    """{"table.column": a hash of its values}, of the columns of neighbours that there were before the addon."""
    names = sorted(text.partition(" ")[0] for text in columns)
    statement = "SELECT md5(string_agg(COALESCE({1}::text, ''), '|' ORDER BY id)) FROM {0}"
    return {
        name: _counted(database, statement.format(name.partition(".")[0], f'"{name.partition(".")[2]}"'))
        for name in names
        if name.partition(".")[0] in NEIGHBOURS and name not in STAMPS
    }
