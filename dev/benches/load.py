"""What 40 people at once wait for, with the addon and its scoring and without: two databases on one served Odoo.

Sellers list, search, group, open, create and change leads; accountants list, open, enter and post bills, all over HTTP
as the web client does. The databases take turns of half a minute, so that both see the same machine.

What a person waits for is work and queue. Two cores carry about 15 of these actions a second; close to that, a third
more work makes a queue many times longer, whatever the work is. So people think as long as people do, and the processor
seconds of an action, which no queue changes, stand beside the times.
"""

import json
import os
import random
import statistics
import tempfile
import threading
import time
from xml.etree import ElementTree

import requests
from benches._load_world import PASSWORD, deploy, prepare

from lib import databases, lanes, templates
from lib.figures import Figure
from lib.odoo_process import must_succeed, shell
from lib.processor import used_by_server

SMALL = 8
SECONDS = 120  # with each of the two
USERS, SMALL_USERS = 40, 4
TURN_S, SMALL_TURN_S = 30, 4
THINKS_S, SMALL_THINKS_S = 12, 4  # on average, between two actions of one person
ANSWER_S = 60
WITHOUT, WITH = "without", "with"
MOST = {"list": 1.3, "create": 1.5, "write": 1.3}  # times the median without
SELLER = {"list": 4, "search": 2, "group": 1, "open": 4, "create": 2, "write": 4}
ACCOUNTANT = {"bill_list": 3, "bill_open": 2, "bill_post": 4}  # posting one enters it before
_PREPARE = "from benches._load_world import prepare\nprepare(env, {}, {})\n"


def run(env, options, say):
    users = SMALL_USERS if options.small else USERS
    accountants = users // 4
    seconds = options.limit or SECONDS
    with (
        databases.throwaway(templates.prepared("base"), process=os.getppid()) as plain,
        tempfile.TemporaryDirectory() as folder,
    ):
        say("Preparing a database without the addon ...")
        must_succeed(shell(plain, _PREPARE.format(users - accountants, accountants)), "Preparing the database")
        say("Preparing one with it ...")
        prepare(env, users - accountants, accountants)
        deploy(env)
        names = {WITHOUT: plain, WITH: env.cr.dbname}
        arguments = (f"--database={plain},{env.cr.dbname}", "--workers=2", "--max-cron-threads=1")
        with lanes.node(env, "load", folder, *arguments) as server:
            base = f"http://127.0.0.1:{server.port}"
            lanes.wait_for(server)
            say(f"Logging {users} people in, twice ...")
            thinks = SMALL_THINKS_S if options.small else THINKS_S
            people = [_Person(base, names, number, users - accountants, thinks) for number in range(users)]
            turn = SMALL_TURN_S if options.small else TURN_S
            taken, errors, work = _take_turns(people, seconds, turn, lambda: used_by_server(env, server), say)
    for name, text in sorted(errors.items())[:5]:
        say(f"  {name}: {text}")
    return _figures(users, taken, work, sum(person.failed for person in people))


def _take_turns(people, seconds, turn, used, say):
    """Let all of them work with one database after the other.

    The first turn with each fills the caches of the workers and is not counted.

    :return: {(database, action): [milliseconds]}, errors by text, {database: processor seconds}
    """
    taken, errors, work, lock = {}, {}, dict.fromkeys((WITHOUT, WITH), 0.0), threading.Lock()
    pairs = max(round(seconds / turn), 1)
    for pair in range(pairs + 1):
        for which in (WITHOUT, WITH) if pair % 2 else (WITH, WITHOUT):
            until, before = time.monotonic() + turn, used()
            threads = [
                threading.Thread(target=person.work, args=(which, pair, until, taken if pair else {}, errors, lock))
                for person in people
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            work[which] += (used() - before) if pair else 0
        say(f"  turn {pair} of {pairs}: {sum(map(len, taken.values())):,} actions so far")
    return taken, errors, work


class _Person:
    """One user with a browser open on each database."""

    def __init__(self, base, names, number, sellers, thinks):
        self.number, self.is_seller, self.thinks, self.failed = number, number < sellers, thinks, 0
        login = f"seller{number}" if self.is_seller else f"accountant{number - sellers}"
        self.model = "crm.lead" if self.is_seller else "account.move"
        self.browsers = {which: _Browser(base, name, login, self.model) for which, name in names.items()}
        self.weights = SELLER if self.is_seller else ACCOUNTANT

    def work(self, which, pair, until, taken, errors, lock):
        browser = self.browsers[which]
        self.rng = random.Random(1000 * self.number + pair)  # the same wishes with both
        time.sleep(self.rng.random() * self.thinks)  # not all in the same moment
        while time.monotonic() < until:
            name = self.rng.choices([*self.weights], [*self.weights.values()])[0]
            for action, work in self._steps(browser, name):
                started = time.perf_counter()
                try:
                    work()
                except (requests.RequestException, _Refused) as error:
                    with lock:
                        self.failed += 1
                        errors[f"{action} {which}"] = str(error)[:300]
                    break
                with lock:
                    taken.setdefault((which, action), []).append(1000 * (time.perf_counter() - started))
            time.sleep(min(self.rng.expovariate(1 / self.thinks), max(until - time.monotonic(), 0)))

    def _steps(self, browser, name):
        """[(action, function)] of what this person does next, one after the other."""
        rng, ids = self.rng, browser.ids
        if name == "bill_post":
            place = rng.randrange(len(browser.vendors))
            price = round(200 * (place + 1) * rng.lognormvariate(0, 0.1), 2)
            line = {"name": "Parts", "quantity": 1, "price_unit": price, "tax_ids": [[6, 0, []]]}
            values = {
                "partner_id": browser.vendors[place],
                "invoice_date": time.strftime("%Y-%m-%d"),
                "ref": f"B{rng.randrange(10**9)}",
                "invoice_line_ids": [[0, 0, line]],
            }
            made = []
            return [
                ("bill_create", lambda: made.append(browser.save([], values)[0]["id"])),
                ("bill_post", lambda: browser.call("action_post", [made])),
            ]
        work = {
            "list": lambda: browser.show([], order="expected_revenue desc"),
            "search": lambda: browser.show([["name", "ilike", f"lead {rng.randrange(100)}"]]),
            "group": lambda: browser.call("web_read_group", [[], ["stage_id"], ["expected_revenue:sum", "__count"]]),
            "open": lambda: browser.open(rng.choice(ids)),
            "create": lambda: browser.save(
                [],
                {
                    "name": f"Lead {rng.randrange(1000)}",
                    "type": "opportunity",
                    "user_id": browser.uid,
                    "expected_revenue": rng.randrange(100, 90_000),
                    "country_id": browser.country,
                },
            ),
            "write": lambda: browser.save(
                [rng.choice(ids)], {"expected_revenue": rng.randrange(100, 90_000), "phone": f"+32 {rng.random()}"}
            ),
            "bill_list": lambda: browser.show([["move_type", "=", "in_invoice"]]),
            "bill_open": lambda: browser.open(rng.choice(ids)),
        }
        return [(name, work[name])]


class _Refused(Exception):
    """The server answered with an error."""


class _Browser:
    """What the web client asks for: the fields of the views as they are, which the addon adds some to."""

    def __init__(self, base, database, login, model):
        self.base, self.model, self.http = base, model, requests.Session()
        self.http.headers["Content-Type"] = "application/json"
        found = self._post("/web/session/authenticate", {"db": database, "login": login, "password": PASSWORD})
        self.uid = found["uid"]
        self.context = {**found["user_context"], **({"default_move_type": "in_invoice"} if "move" in model else {})}
        views = self.call("get_views", [[[False, "list"], [False, "form"]]])["views"]
        self.list, self.form = (_specification(views[kind]["arch"]) for kind in ("list", "form"))
        domain = [["move_type", "=", "in_invoice"]] if "move" in model else []
        self.ids = self.call("search", [domain], limit=300, order="id")
        self.vendors = self.call("search", [[["name", "=like", "Vendor %"]]], model="res.partner", order="id")
        self.country = self.call("search", [[]], model="res.country", limit=1)[0]

    def show(self, domain, order="id desc"):
        return self.call("web_search_read", [domain, self.list], order=order, limit=80, count_limit=10_001)

    def open(self, res_id):
        return self.call("web_read", [[res_id], self.form])

    def save(self, ids, values):
        return self.call("web_save", [ids, values, self.form])

    def call(self, method, args, model=None, **kwargs):
        model = model or self.model
        kwargs = {**kwargs, "context": self.context}
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        return self._post(f"/web/dataset/call_kw/{model}/{method}", params)

    def _post(self, path, params):
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
        answer = self.http.post(self.base + path, body, timeout=ANSWER_S)
        answer.raise_for_status()
        found = answer.json()
        if "error" in found:
            data = found["error"].get("data", {})
            raise _Refused(data.get("message") or found["error"])
        return found["result"]


def _specification(arch):
    """What a view reads, of its own fields: names for many2one, ids for lists."""
    names, waiting = set(), [ElementTree.fromstring(arch)]
    while waiting:
        for child in waiting.pop():
            if child.tag == "field":
                names.add(child.get("name"))
            else:
                waiting.append(child)
    return {name: {} for name in names}


def _figures(users, taken, work, failed):
    figures = [Figure("users", users, "people"), Figure("actions", sum(map(len, taken.values())), "actions")]
    for which in (WITHOUT, WITH):
        actions = sum(len(times) for (where, _action), times in taken.items() if where == which)
        each = round(1000 * work[which] / max(actions, 1), 1)
        figures.append(Figure(f"processor_{which}", each, "ms an action"))
    for action in sorted({action for _which, action in taken}):
        medians = {}
        for which in (WITHOUT, WITH):
            times = sorted(taken.get((which, action), ()))
            if not times:
                continue
            medians[which] = statistics.median(times)
            late = times[min(int(0.95 * len(times)), len(times) - 1)]
            figures += [
                Figure(f"{action}_{which}_p50", round(medians[which], 1), "ms"),
                Figure(f"{action}_{which}_p95", round(late, 1), "ms"),
            ]
        if len(medians) == 2:
            ratio, most = medians[WITH] / medians[WITHOUT], MOST.get(action)
            target, met = (f"≤ {most}", ratio <= most) if most else (None, None)
            figures.append(Figure(f"{action}_ratio", round(ratio, 2), "times", target, met))
    return [*figures, Figure("errors_that_users_see", failed, "", "0", failed == 0)]
