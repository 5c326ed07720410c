"""What the attacks share: the people, the records they aim at, sessions over HTTP, and a registry of attacks.

An attack is a function that is registered with :func:`attack`. It acts over HTTP as one of the people, then looks at
the database as superuser, or at the content of the answers, and returns what got through: a sentence, or nothing. An
error that the server answered is no proof by itself. One that cannot be carried out raises :class:`NotCarriedOut`.
"""

import dataclasses
import datetime
import itertools
import json
from collections.abc import Callable

import requests

from odoo import Command
from odoo.tools import SQL

from odoo.addons.ai_deployment.models.gate.held_bills import HeldBills
from odoo.addons.ai_deployment.models.tools import clock

TIMEOUT_S = 120
PASSWORD = "attack"
# What a person without the right must never read: planted in records, looked for in every answer.
CANARY = "Zq7Canary"
# login: (groups, in the other company)
ATTACKERS = {
    "clerk": (["account.group_account_invoice"], False),
    "passer": (["account.group_account_invoice", "ai_deployment.group_pass_gate"], False),
    "bookkeeper": (["account.group_account_readonly"], False),
    "seller": (["sales_team.group_sale_salesman"], False),
    "colleague": (["base.group_user"], False),
    "pure_owner": (["ai_deployment.group_owner"], False),
    "bill_owner": (["account.group_account_invoice", "ai_deployment.group_owner"], False),
    "selling_owner": (["sales_team.group_sale_salesman", "ai_deployment.group_owner"], False),
    "manager": (["ai_deployment.group_manager"], False),
    "foreign_manager": (
        ["ai_deployment.group_manager", "sales_team.group_sale_manager", "account.group_account_manager"],
        True,
    ),
    "portal": (["base.group_portal"], False),
}
# login in the demonstration: what it is called here
OWN_PEOPLE = {
    "lead_owner": "maya",
    "lead_deputy": "ben",
    "lead_reviewer": "sofia",
    "gate_owner": "helen",
    "gate_deputy": "luis",
    "gate_reviewer": "anna",
    "auditor": "david",
    "system": "admin",
}
# Put back after each attack, in this order: the tables, without the columns that point to what may be gone.
RESTORED = {
    "ai_deployment": {"action_server_id", "fallback_action_id"},
    "ai_deployment_check_template": set(),
    "ai_deployment_check_template_line": set(),
    "ai_deployment_check": set(),
    "ai_deployment_feature": set(),
    "ai_deployment_channel": set(),
}


class NotCarriedOut(Exception):
    """An attack whose conditions could not be made, so that it proves nothing."""


@dataclasses.dataclass(frozen=True)
class Attack:
    kind: str
    who: str
    tries: str
    judged: str
    run: Callable

    @property
    def name(self):
        return self.run.__name__


REGISTRY = []


def attack(kind, who, tries, judged):
    """Register the decorated function as an attack.

    :param kind: of `KINDS` in `attack.py`
    :param who: the people who act
    :param tries: what is tried, in one sentence
    :param judged: what is looked at afterwards
    """

    def register(function):
        REGISTRY.append(Attack(kind, who, tries, judged, function))
        return function

    return register


@dataclasses.dataclass
class Answer:
    """What the server said: `value` where it did as asked, else `error`, the name of the exception."""

    value: object
    error: str
    text: str  # all of it, as JSON

    @property
    def ok(self):
        return not self.error

    @property
    def message(self):
        return "" if self.ok else json.loads(self.text).get("message", "")


class Session:
    """A person who is logged in over HTTP, as a browser is and with a key for `/json/2`."""

    def __init__(self, world, user, password):
        self.base, self.user, self.http, self._trace = world.base, user, requests.Session(), world.trace
        found = self._post(
            "/web/session/authenticate", {"db": world.env.cr.dbname, "login": user.login, "password": password}
        )
        if not found.ok or found.value.get("uid") != user.id:
            raise NotCarriedOut(f"{user.login} could not log in: {found.text[:200]}")
        self._key = world.key_of(user)

    def call(self, model, method, *args, **kwargs):
        """One RPC as the web client makes it. `ids` come first among `args`, as in `call_kw`."""
        return self._post(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": list(args), "kwargs": kwargs},
        )

    def json2(self, model, method, **body):
        """One call of `/json/2`: keyword arguments, `ids` and `context` in the body."""
        answer = self.http.post(
            f"{self.base}/json/2/{model}/{method}",
            data=json.dumps(body, default=str),
            timeout=TIMEOUT_S,
            headers={"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
        )
        if answer.status_code == 200:
            return Answer(answer.json(), "", answer.text)
        try:
            found = answer.json()
        except ValueError:
            found = {"name": f"HTTP {answer.status_code}", "message": answer.text[:500]}
        return Answer(None, found.get("name") or f"HTTP {answer.status_code}", json.dumps(found))

    def new(self, model, **values):
        """The id of a new record, or 0 where that was refused."""
        answer = self.call(model, "create", [values])
        return answer.value[0] if answer.ok else 0

    def onchange(self, model, values, *fields, context=None):
        """What a form that is not saved yet shows of `fields`."""
        spec = {name: {} for name in (*values, *fields)}
        return self.call(model, "onchange", [], values, [], spec, context=context or {})

    def default(self, model, field, value):
        """Set a default of the person's own, as the developer's menu does."""
        return self.call("ir.default", "set", model, field, value, True)

    def _post(self, path, params):
        answer = self.http.post(
            self.base + path,
            timeout=TIMEOUT_S,
            headers={"Content-Type": "application/json"},
            data=json.dumps({"jsonrpc": "2.0", "method": "call", "params": params}, default=str),
        )
        try:
            found = answer.json()
        except ValueError:
            raise NotCarriedOut(f"the server answered {answer.status_code} to {path}: {answer.text[:200]}") from None
        if "error" in found:
            data = found["error"].get("data") or {}
            self._trace(f"    {self.user.login}: {params.get('model')}.{params.get('method')}: {data.get('message')}")
            return Answer(None, data.get("name", "error"), json.dumps(data))
        return Answer(found.get("result"), "", json.dumps(found.get("result")))


class World:
    """The copy of the database that is attacked, as superuser, and the people of the attacks."""

    def __init__(self, env, base, people, leads, bills, trace):
        """
        :param people: {name: (user, password)}
        :param leads: the deployment on leads, in production; `bills`: the one at the gate
        :param trace: is told each refusal
        """
        self.env, self.base, self.trace = env, base, trace
        self._people, self._sessions, self._keys = people, {}, {}
        self.leads, self.bills = leads, bills
        self.other_company = self.user("foreign_manager").company_id
        self._number = itertools.count(1)

    # People

    def user(self, name):
        return self._people[name][0]

    def as_(self, name):
        if name not in self._sessions:
            self._sessions[name] = Session(self, *self._people[name])
        return self._sessions[name]

    def key_of(self, user):
        expires = clock.now() + datetime.timedelta(days=1)
        key = self.env["res.users.apikeys"].with_user(user).sudo()._generate("rpc", "attack", expires)
        self.env.cr.commit()
        return key

    # The database

    def look(self):
        """From now on, superuser code sees what the attacks have committed."""
        self.env.cr.rollback()
        self.env.invalidate_all()
        return self.env

    def commit(self):
        """Let the server see what superuser code has written, and forget what it remembered of it."""
        self.env.flush_all()
        self.env.cr.commit()
        self.env.registry.signal_changes()

    def number(self):
        return next(self._number)

    def rows(self, model, *domain):
        return self.env[model].with_context(active_test=False).search(list(domain))

    # What is aimed at

    def vendor(self):
        """A vendor whose bills the gate knows: many of about the same amount."""
        [(vendor_id, _count)] = self.env.execute_query(
            SQL(
                "SELECT commercial_partner_id, COUNT(*) FROM account_move WHERE move_type = 'in_invoice'"
                " AND state = 'posted' AND company_id = %s GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1",
                self.bills.company_id.id,
            )
        )
        return self.env["res.partner"].browse(vendor_id)

    def bill_values(self, amount=950_000.0, **values):
        """What is needed to make a bill that is held, or a usual one with the `amount` of the vendor's last."""
        vendor, today = self.vendor(), clock.today()
        last = self.env["account.move"].search(
            [("commercial_partner_id", "=", vendor.id), ("move_type", "=", "in_invoice"), ("state", "=", "posted")],
            order="id desc",
            limit=1,
        )
        line = last.invoice_line_ids[:1]
        return {
            "move_type": "in_invoice",
            "partner_id": vendor.id,
            "invoice_date": str(today),
            "date": str(today),
            "ref": f"{CANARY} {self.number()}",
            "invoice_line_ids": [
                Command.create(
                    {
                        "name": "Pumps",
                        "quantity": 1,
                        "price_unit": amount or last.amount_untaxed,
                        "account_id": line.account_id.id,
                        "tax_ids": [Command.clear()],
                    }
                )
            ],
            **values,
        }

    def bill(self, maker="clerk", **values):
        """A draft of a bill that `maker` made."""
        move = self.env["account.move"].with_user(self.user(maker)).create(self.bill_values(**values))
        self.commit()
        return move.with_user(self.env.user)

    def held_bill(self, maker="clerk", **values):
        """A bill that the gate has held once, with its open review."""
        move = self.bill(maker, **values)
        HeldBills(move).now()
        self.commit()
        self.look()
        if not move.ai_is_held:
            raise NotCarriedOut("a bill of an unheard-of amount is not held")
        return move

    def answerable_bill(self, **values):
        """A held bill whose open review the reviewer of bills may answer: (bill, review)."""
        move = self.held_bill(**values)
        review = self.open_review(move)
        review.reviewer_id = self.user("gate_reviewer")
        self.commit()
        return move, review

    def open_review(self, record):
        found = self.rows("ai.deployment.review", ("res_model", "=", record._name), ("res_id", "=", record.id))
        found = found.filtered(lambda review: review.state == "open")
        if not found:
            raise NotCarriedOut("there is no open review")
        return found[-1:]

    def events(self, move):
        return self.rows("ai.deployment.gate.event", ("res_model", "=", "account.move"), ("res_id", "=", move.id))

    def posted_unseen(self, move, *, allowed=("passed", "waived", "bypassed", "warned")):
        """Whether a bill is posted though nobody looked at it, and the log of the gate does not say so."""
        move = self.look()["account.move"].browse(move.id)
        return move.state == "posted" and not self.events(move).filtered(lambda event: event.kind in allowed)

    def post(self, name, move, **context):
        """`name` tries to post the bill, twice: what the first try left behind must not open the second."""
        person = self.as_(name)
        person.call("account.move", "action_post", move.ids, context=context)
        return person.call("account.move", "action_post", move.ids, context=context)

    def lead(self, seller="seller", **values):
        """An open lead of `seller`, scored."""
        lead = self.env["crm.lead"].create(
            {
                "name": f"{CANARY} lead {self.number()}",
                "type": "opportunity",
                "expected_revenue": 40_000,
                "user_id": self.user(seller).id,
                "country_id": self.env.ref("base.us").id,
                "source_id": self.env["utm.source"].search([], limit=1).id,
                **values,
            }
        )
        self.env.flush_all()
        self.leads._score(lead)
        self.commit()
        return lead

    def lead_of(self, company, **values):
        lead = self.env["crm.lead"].create(
            {
                "name": f"{CANARY} lead {self.number()}",
                "type": "opportunity",
                "company_id": company.id,
                "user_id": False,
                "team_id": False,
                "phone": "+44 20 7946 0991",
                **values,
            }
        )
        self.commit()
        return lead

    def model_id(self, name):
        return self.env["ir.model"]._get_id(name)

    def new_deployment(self, name, **values):
        """The id of a proof of concept that the person `name` makes over HTTP, 0 where that was refused."""
        return self.as_(name).new(
            "ai.deployment",
            **{
                "name": f"Attack {self.number()}",
                "purpose": "An attack.",
                "model_id": self.model_id("account.move"),
                "method": "anomaly",
                **values,
            },
        )

    # Between two attacks

    def remember(self):
        """Keep the deployments and their checklists as they are now: each attack begins with them."""
        for table in RESTORED:
            self.env.cr.execute(SQL("CREATE TABLE %s AS TABLE %s", _kept(table), SQL.identifier(table)))
        self.env.cr.execute("SELECT COALESCE(MAX(id), 0) FROM ir_default")
        self._last_default = self.env.cr.fetchone()[0]
        self.commit()

    def restore_defaults(self):
        self.look()
        self.env["ir.default"].search([("id", ">", self._last_default)]).unlink()
        self.commit()

    def restore(self):
        """Take back the defaults that were set, the deployments that were made and what was changed of the others."""
        self.restore_defaults()
        for table, left_out in RESTORED.items():
            self._restore_table(table, left_out)
        # What an attack has made neither shows scores nor stands at the gate of the next one.
        self.env.cr.execute(
            SQL(
                "UPDATE ai_deployment SET is_primary = false, gate = 'off' WHERE id NOT IN (SELECT id FROM %s)",
                _kept("ai_deployment"),
            )
        )
        self.env.registry.clear_cache()
        self.commit()
        self.look()

    def _restore_table(self, table, left_out):
        columns = [
            name
            for (name,) in self.env.execute_query(
                SQL("SELECT column_name FROM information_schema.columns WHERE table_name = %s ORDER BY 1", table)
            )
        ]
        kept, own = _kept(table), SQL.identifier(table)
        changed = [name for name in columns if name not in left_out and name != "id"]
        self.env.cr.execute(
            SQL(
                "UPDATE %s SET (%s) = (SELECT %s FROM %s kept WHERE kept.id = %s.id) WHERE id IN (SELECT id FROM %s)",
                own,
                SQL(", ").join(map(SQL.identifier, changed)),
                SQL(", ").join(SQL.identifier("kept", name) for name in changed),
                kept,
                own,
                kept,
            )
        )
        names = SQL(", ").join(map(SQL.identifier, columns))
        self.env.cr.execute(
            SQL(
                "INSERT INTO %s (%s) SELECT %s FROM %s WHERE id NOT IN (SELECT id FROM %s)",
                own,
                names,
                names,
                kept,
                own,
            )
        )


def _kept(table):
    return SQL.identifier(f"attack_{table}")


def leaks(answer, *words):
    """Whether an answer holds one of `words`."""
    return any(str(word) in answer.text for word in words)
