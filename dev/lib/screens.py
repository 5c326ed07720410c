"""Make the pictures of static/description and of docs/pictures from a copy of the demonstration, in a browser."""

import argparse
import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

from . import databases, demo
from .odoo_process import must_succeed, shell
from .places import REPO
from .talk import Failure, finish, say

TARGET = REPO / "static" / "description"
PORTRAITS_TARGET = REPO / "docs" / "pictures"
FLAGS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
START_S = 120
# Open leads only, the best chances first, without some of the columns: a list that is there for the picture alone.
# What is opened through a menu is shown in its app.
_PREPARE = """
from odoo import fields
view = env["ir.ui.view"].create({
    "name": "leads of the picture", "model": "crm.lead", "type": "list", "mode": "primary", "priority": 99,
    "inherit_id": env.ref("crm.crm_case_tree_view_oppor").id,
    "arch": "<data>"
    '<list position="attributes"><attribute name="default_order">ai_score desc</attribute></list>'
    '<field name="email_from" position="attributes"><attribute name="column_invisible">1</attribute></field>'
    '<field name="contact_name" position="attributes"><attribute name="column_invisible">1</attribute></field>'
    '<xpath expr="//list/button[last()]" position="attributes"><attribute name="column_invisible">1</attribute></xpath>'
    "</data>",
})
leads = env["ir.actions.act_window"].create({
    "name": "Pipeline", "res_model": "crm.lead", "view_mode": "list,form", "path": "picture-leads",
    "view_ids": [(0, 0, {"view_mode": "list", "view_id": view.id})],
    "domain": [("won_status", "=", "pending"), ("ai_band", "=", "high")], "limit": 10,
})
bills = env["ir.actions.act_window"].create({
    "name": "Bills", "res_model": "account.move", "view_mode": "list,form", "path": "picture-bills",
    "domain": [("move_type", "=", "in_invoice")],
})
for action, root in ((leads, "crm.crm_menu_sales"), (bills, "account.menu_finance_payables")):
    env["ir.ui.menu"].create({
        "name": action.name, "parent_id": env.ref(root).id, "sequence": 99,
        "action": f"ir.actions.act_window,{action.id}",
    })
bill = env["account.move"].search(
    [("ai_band", "in", ["high", "middle"]), ("state", "=", "draft")], order="ai_score desc", limit=1
)
best = [("won_status", "=", "pending"), ("ai_band", "=", "high")]
lead = env["crm.lead"].search(best, order="ai_score desc", limit=1)
assert lead, "there is no open lead with a score"
env["ir.config_parameter"].set_param("harrow_creek.picture", f"{lead.id},{bill.id}")
env["mail.activity"].search([("user_id", "=", env.ref("base.user_admin").id)]).unlink()
env["ir.config_parameter"].search([("key", "=", "ai_deployment.database")]).unlink()  # a copy for pictures only
now = fields.Datetime.now()
env["ir.cron"].search([("cron_name", "=like", "AI Deployment:%")]).write({"lastcall": now, "nextcall": now})
env.cr.commit()
"""
# (file, path, size of the window, clip as x, y, width, height)
PICTURES = (
    ("leads", "/odoo/picture-leads", (1280, 560), None),
    ("overview", "/odoo/ai-overview", (1280, 560), None),
    ("report", "/odoo/ai-monitoring/{deployment}", (1280, 1250), None),
    ("lead", "/odoo/picture-leads/{lead}", (1280, 720), None),
    ("bill", "/odoo/picture-bills/{bill}", (1280, 720), None),
)
# What each role sees first: the page of the documentation that shows it, who is logged in, path.
PORTRAITS = (
    ("sellers", "ben", "/odoo/picture-leads/{lead}"),
    ("accountants", "anna", "/odoo/picture-bills/{bill}"),
    ("owners", "maya", "/odoo/ai-overview"),
    ("reviewers", "tomasz", "/odoo/ai-desk"),
    ("auditors", "david", "/odoo/ai-decisions/{approval}"),
    ("administrators", "admin", "/odoo/ai-deployments/{deployment}"),
)
PORTRAIT_SIZE = (1280, 760)
_BANNER = """
<style>body{margin:0;font:16px sans-serif;color:#fff;background:linear-gradient(120deg,#5b4b8a,#1f7a8c)}
main{width:560px;height:280px;display:flex;align-items:center;gap:28px;padding:0 36px;box-sizing:border-box}
img{width:112px;height:112px;border-radius:18px}h1{margin:0 0 10px;font-size:38px}
p{margin:0;font-size:18px;line-height:1.4}</style>
<main><img src="%s"><div><h1>AI Deployment</h1>
<p>Scores for leads and vendor bills:<br>explained, reviewed, watched</p></div></main>
"""


def main():
    parser = argparse.ArgumentParser(prog="dev/screens", description=__doc__)
    parser.add_argument("--database", help="a prepared database to copy instead of the demonstration")
    parser.add_argument("--folder", type=Path, help="where all pictures are written instead")
    options = parser.parse_args()
    source = options.database or demo.built()
    if not source:
        raise Failure("there is no demonstration yet: run dev/demo --once first.")
    if databases.in_use(source):
        raise Failure(f"the database {source} is in use and cannot be copied.")
    with databases.throwaway(source) as copy:
        must_succeed(shell(copy, _PREPARE), "Preparing the pictures")
        with _served(copy) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=_browser(), args=FLAGS)
            try:
                places = _places(copy)
                _take(browser, address, places, options.folder or TARGET)
                _take_portraits(browser, address, places, options.folder or PORTRAITS_TARGET)
            finally:
                browser.close()


def _browser():
    found = next((path for path in BROWSERS if Path(path).exists()), None)
    if not found:
        raise Failure("no Chromium was found.")
    return found


def _places(database):
    import psycopg2

    connection = psycopg2.connect(dbname=database)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT value FROM ir_config_parameter WHERE key = 'harrow_creek.picture'")
        lead, bill = cursor.fetchone()[0].split(",")
        cursor.execute("SELECT id FROM ai_deployment WHERE res_model = 'crm.lead' ORDER BY id LIMIT 1")
        deployment = cursor.fetchone()[0]
        cursor.execute("SELECT MIN(id) FROM ai_deployment_approval WHERE deployment_id = %s", [deployment])
        approval = cursor.fetchone()[0]
    connection.close()
    return {"lead": lead, "bill": bill, "deployment": deployment, "approval": approval}


@contextlib.contextmanager
def _served(database):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, os.environ["ODOO_BIN"], "server", "-d", database, "--db-filter", f"^{database}$"]
    command += ["--http-port", str(port), "--max-cron-threads", "0", "--log-level", "critical"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _second in range(START_S):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/web/login", timeout=30)
                break
            time.sleep(1)
        else:
            raise Failure("Odoo did not start.")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _take(browser, address, places, folder):
    page = _signed_in(browser, address, "admin")
    for name, path, (width, height), clip in PICTURES:
        page.set_viewport_size({"width": width, "height": height})
        _open(page, address + path.format(**places))
        page.screenshot(path=folder / f"{name}.png", clip=clip)
        say(f"{name}.png")
    page.set_viewport_size({"width": 560, "height": 280})
    icon = f"{address}/ai_deployment/static/description/icon.png"
    page.set_content(_BANNER % icon)
    page.wait_for_timeout(500)
    page.screenshot(path=folder / "banner.png")
    say("banner.png")


def _take_portraits(browser, address, places, folder):
    folder.mkdir(exist_ok=True)
    width, height = PORTRAIT_SIZE
    for name, login, path in PORTRAITS:
        page = _signed_in(browser, address, login)
        page.set_viewport_size({"width": width, "height": height})
        _open(page, address + path.format(**places))
        page.screenshot(path=folder / f"{name}.png")
        page.context.close()
        say(f"{name}.png, as {login} sees it")


def _signed_in(browser, address, login):
    """Return a page of somebody who is logged in; the password of everybody in the demonstration is the login."""
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.set_default_timeout(120_000)  # a machine that does other things, too
    page.goto(f"{address}/web/login")
    page.fill("#login", login)
    page.fill("#password", login)
    page.click("button[type=submit]")
    page.wait_for_selector(".o_web_client")
    return page


def _open(page, address):
    page.goto(address)
    page.wait_for_selector(".o_action_manager > *")
    page.wait_for_timeout(2500)


if __name__ == "__main__":
    finish(main)
