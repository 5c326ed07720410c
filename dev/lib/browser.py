"""A person at a real browser, for benches: clicks are counted, and what is waited for is seen on the page."""

import json
import tempfile
from pathlib import Path
from typing import NamedTuple

from . import venvs
from .places import REPO
from .talk import Failure

NAME = "browser"
BROWSERS = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
FLAGS = ("--no-sandbox", "--disable-gpu")
SIZE = (1400, 900)

_WALK = """
import json, resource, sys, time
from playwright.sync_api import Error, sync_playwright
hard = resource.getrlimit(resource.RLIMIT_AS)[1]
resource.setrlimit(resource.RLIMIT_AS, (hard, hard))  # Odoo's shell limits itself, and a browser maps terabytes
task = json.load(open(sys.argv[1]))
answer, doing = {"clicks": 0, "seconds": [], "trouble": None}, "opening the browser"
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=task["browser"], args=task["flags"])
    width, height = task["size"]
    page = browser.new_page(viewport={"width": width, "height": height})
    try:
        doing = "logging in"
        page.goto(task["address"] + "/web/login")
        page.fill("input[name=login]", task["login"])
        page.fill("input[name=password]", task["password"])
        page.click("button[type=submit]")
        page.wait_for_url("**/odoo**")
        page.goto(task["address"] + task["path"])
        started = time.monotonic()
        for doing, clicks, seconds in task["steps"]:
            place = page.locator(doing).first
            place.wait_for(timeout=1000 * seconds)
            if clicks:
                place.click(timeout=1000 * seconds)
                answer["clicks"] += 1
            answer["seconds"].append(time.monotonic() - started)
    except Error as error:
        answer["trouble"] = doing + ": " + str(error).strip().splitlines()[0]
        page.screenshot(path=sys.argv[2])
    browser.close()
print(json.dumps(answer))
"""


class Step(NamedTuple):
    """A place on the page, as a selector of playwright: it is waited for, and clicked where `clicks` says so."""

    selector: str
    clicks: bool = False
    seconds: int = 60  # that it may take


class Walk(NamedTuple):
    clicks: int
    seconds: list[float]  # since the page was asked for, at the end of each step


def walk(address, login, path, steps):
    """Log in with the password that is the login, open `path` and do `steps`, one after the other."""
    found = next((browser for browser in BROWSERS if Path(browser).exists()), None)
    if not found:
        raise Failure("no Chromium was found.")
    packages = (REPO / "dev" / "requirements" / "screens.txt").read_text().split("\n")
    with tempfile.TemporaryDirectory() as folder:
        task = Path(folder, "task.json")
        what = {"address": address, "login": login, "password": login, "path": path, "steps": steps}
        task.write_text(json.dumps({**what, "browser": found, "flags": FLAGS, "size": SIZE}))
        wanted = [line for line in packages if line and line[0] != "#"]
        picture = Path(tempfile.gettempdir(), "stuck.png")
        answer, trouble = venvs.run(NAME, wanted, _WALK, task, picture)
    if trouble:
        raise Failure(f"the walk through {path} ended early: {trouble}")
    if answer["trouble"]:
        raise Failure(f"the walk through {path} ended early: {answer['trouble']} ({picture} shows the page).")
    return Walk(answer["clicks"], answer["seconds"])
