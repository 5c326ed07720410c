"""The two deployments, declared, trained and taken to work by their owners, through the product's own doors."""

from datetime import timedelta

from odoo.addons.ai_deployment.models.governance.approval import Approval
from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.models.training.questions import answer

from .lead_plan import PROPERTIES
from .people import SELLERS, user

LEADS, BILLS = "Leads worth a call", "Bills worth a second look"
DECIDERS = {LEADS: "helen", BILLS: "maya"}  # who has built nothing of it
LEAD_HORIZON = 35
BILL_HORIZON = 30
TRIES = 3  # of a training that a busy machine cuts off
KNOWN_BEFORE_DAYS = 90  # bills of the first months are history for later ones; by themselves they have none yet

# Fields as (path, words of their own where the label of the field is not what people say, what else is no default).
LEAD_FIELDS = [
    ("expected_revenue", "", {}),
    ("source_id", "", {"required": True}),
    ("medium_id", "", {}),
    ("country_id", "", {}),
    ("phone_state", "", {}),
    ("email_state", "", {}),
    ("user_id", "", {}),
    ("tag_ids", "Products", {}),
    ("lang_id", "", {}),
    ("priority", "", {}),
    *(
        (f"lead_properties.{name}", label, {"kind": "number" if kind == "integer" else "category"})
        for name, label, kind, _options in PROPERTIES
    ),
]
# Inputs that the sales manager does not think of at first.
LATER = ("medium_id", "phone_state", "email_state", "user_id", "tag_ids", "priority", "lead_properties.")
BILL_FIELDS = [
    ("amount_total", "Amount", {"tail": "high"}),
    ("invoice_line_ids.account_id", "Expense account", {}),
    ("invoice_line_ids", "Number of lines", {"tail": "high"}),
    ("partner_id.country_id", "Vendor's country", {"required": True}),
    ("partner_bank_id.allow_out_payment", "Trusted bank account", {}),
]
# Histories as (measure, same in, words, and what else differs).
BILL_HISTORIES = [
    ("ratio", "partner_id", "Multiple of the vendor's usual amount", {"value_path": "amount_total"}),
    ("deviation", "partner_id", "Distance from the vendor's usual amount", {"value_path": "amount_total"}),
    ("days_since", "partner_id", "Days since the vendor's last bill", {"tail": "low"}),
    ("count", "partner_id", "The vendor's bills in 90 days", {"window_days": 90, "tail": "low"}),
    (
        "share",
        "partner_id, invoice_line_ids.account_id",
        "Share of the vendor's bills on this account",
        {"tail": "low"},
    ),
    ("share", "partner_id, partner_bank_id", "Share of the vendor's bills with this bank account", {"tail": "low"}),
    (
        "count",
        "partner_id, amount_total",
        "Same vendor, same amount within 14 days",
        {"window_days": 14, "tail": "high"},
    ),
]


def declare(env, days, later=()):
    """Declare both; leads without the inputs whose path begins with one of `later`, a tuple."""
    review_date = days.review_date()
    with clock.at(days.at(days.training, 480)):
        leads = declare_one(
            env,
            {
                "name": LEADS,
                "purpose": "Says of each new lead how likely it becomes an order within five weeks, so that the sales "
                "engineers call the promising ones first. It decides nothing: who is called remains with the seller.",
                "model_id": env["ir.model"]._get_id("crm.lead"),
                "domain": "[('type', '=', 'opportunity')]",
                "method": "scorecard",
                "horizon_days": LEAD_HORIZON,
                "review_hours": 40,
                "review_date": review_date,
                "trigger_ids": [_trigger("drift", 2), _trigger("age", 270)],
            },
            owner="maya",
            deputy="ben",
            reviewers=SELLERS,
            viewers=["sales_team.group_sale_salesman"],
        )
        add_inputs(leads, [field for field in LEAD_FIELDS if not field[0].startswith(tuple(later))])
        leads.env["ai.deployment.feature"].create(
            {
                "deployment_id": leads.id,
                "source": "age",
                "start_path": "create_date",
                "end_path": "date_deadline",
                "name": "Days until they need it",
                "sequence": 90,
            }
        )
        since = days.dates[0] + timedelta(days=KNOWN_BEFORE_DAYS)
        bills = declare_one(
            env,
            {
                "name": BILLS,
                "purpose": "Points at vendor bills that differ from what this vendor usually sends: a slipped decimal, "
                "the same bill twice, a bank account nobody has seen. An accountant looks before the bill is paid.",
                "model_id": env["ir.model"]._get_id("account.move"),
                "domain": f"[('move_type', '=', 'in_invoice'), ('date', '>=', '{since}')]",
                "method": "anomaly",
                "flag_rate": 0.02,
                "horizon_days": BILL_HORIZON,
                "review_hours": 40,
                "review_date": review_date,
                "trigger_ids": [_trigger("drift", 2), _trigger("age", 365)],
            },
            owner="helen",
            deputy="luis",
            reviewers=["luis", "anna"],
            viewers=["account.group_account_invoice", "account.group_account_readonly"],
        )
        add_inputs(bills, BILL_FIELDS)
        for place, (measure, same, name, others) in enumerate(BILL_HISTORIES):
            bills.env["ai.deployment.feature"].create(
                {
                    "deployment_id": bills.id,
                    "source": "history",
                    "measure": measure,
                    "group_paths": same,
                    "name": name,
                    "sequence": 100 + place,
                    **others,
                }
            )


def add_later(leads):
    """Add the inputs that `declare` has left for later."""
    add_inputs(leads, [field for field in LEAD_FIELDS if field[0].startswith(LATER)])


def train(env, days, leads):
    """Odoo rebuilds its own scoring, the owners train theirs, and shadow begins, all on one morning."""
    env["crm.lead"]._cron_update_automated_probabilities()
    with clock.at(days.at(days.training, 480)):
        for deployment in both(env):
            as_owner(deployment).action_train()
        carry_out_trainings(both(env))
        for deployment in both(env):
            as_owner(deployment).action_start_shadow()


def carry_out_trainings(some):
    """Train as the scheduled action does; once more where a busy machine cut a training off.

    :raise RuntimeError: why the last training of one of them failed
    """
    for _again in range(TRIES):
        some.env["ai.deployment.training"]._cron_train()
        failed = some.filtered(lambda deployment: deployment.training_ids[:1].state != "done")
        if not failed:
            return
        for deployment in failed:
            as_owner(deployment).action_train()
    last = failed[0].training_ids.filtered("result_text")[:1]
    raise RuntimeError(f"{failed[0].name}: {last.result_text or last.state}")


def go_live(env):
    """Without a past nothing can be proved: an administrator waives every row, and somebody else decides."""
    for deployment in both(env):
        own, approver = as_owner(deployment), user(env, DECIDERS[deployment.name])
        own.action_accept()
        explain(own.champion_id)
        own.approver_id = approver
        deployment.check_ids.with_user(env.ref("base.user_admin"))._waive(
            "A demonstration: its records were made up, so nothing here is proved.",
            clock.today() + timedelta(days=365),
        )
        Approval(deployment.with_user(approver)).sign(
            "go",
            "Two weeks in shadow look sensible. It is a demonstration: in earnest, every row of the checklist would "
            "be proved first.",
            deployment.review_date,
        )


def explain(version):
    """Answer what is asked about the inputs of a version, as its owner."""
    if version.questions_text:
        answer(version, "The story writes this field when the record comes, and not again.")


def challenge(env):
    """The sales lead trains on what has ended since; the new version scores beside the serving one."""
    own = as_owner(of_leads(env))
    own.action_train()
    carry_out_trainings(of_leads(env))
    latest = own.version_ids.sorted("number")[-1:]
    if not own.challenger_id and latest != own.champion_id:
        latest.action_challenge()


def compare(env, days):
    """On the last evening the owner looks at both versions on the same records."""
    own = as_owner(of_leads(env))
    if own.challenger_id:
        with clock.at(days.at(days.count - 1, 23 * 60)):
            own.action_compare()
            env["ai.deployment.comparison"]._cron_compare()  # as the scheduled action does


def score_by_itself(env):
    """From now on a lead has a score when it is saved, and a new one when an input of it changes."""
    as_owner(of_leads(env)).write({"score_on_create": True, "score_on_change": True})


def guard(env):
    """From now on a suspicious bill is held before it is posted, and a vendor's first bill goes to a person."""
    bills = of_bills(env)
    own = as_owner(bills)
    own.gate = "block"
    own.review_rule_ids.filtered(lambda rule: rule.reason == "new_vendor").is_on = True


def of_leads(env):
    return env["ai.deployment"].search([("name", "=", LEADS)])


def of_bills(env):
    return env["ai.deployment"].search([("name", "=", BILLS)])


def both(env):
    return of_leads(env) + of_bills(env)


def as_owner(deployment):
    return deployment.with_user(deployment.user_id)


def declare_one(env, values, owner, deputy, reviewers, viewers):
    """A deployment made by its owner; who sees its scores is set by an administrator."""
    deployment = (
        env["ai.deployment"]
        .with_user(user(env, owner))
        .create(
            {
                "score_on_create": False,  # the months that are replayed ask day by day
                "score_nightly": False,
                **values,
                "deputy_id": user(env, deputy).id,
                "reviewer_ids": [(4, user(env, login).id) for login in reviewers],
            }
        )
    )
    deployment.with_user(env.ref("base.user_admin")).viewer_group_ids = [(4, env.ref(group).id) for group in viewers]
    deployment.sudo().is_demonstration = True
    return deployment


def add_inputs(deployment, declarations):
    for place, (path, name, others) in enumerate(declarations):
        deployment.env["ai.deployment.feature"].create(
            {
                "deployment_id": deployment.id,
                "path": path,
                "sequence": 10 + place,
                **({"name": name} if name else {}),
                **others,
            }
        )


def _trigger(kind, threshold):
    return (0, 0, {"kind": kind, "threshold": threshold})
