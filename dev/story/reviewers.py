"""What reviewers do with the questions that they are asked: most are answered within days, the latest still wait."""

from random import Random

from odoo.fields import Domain

from .deployments import both, of_bills

QUIET_WEEKS = 2  # questions of the last weeks stay open, but for a few

LEAD_NOTES = {
    "confirmed": [
        "Called them. Same impression.",
        "They have budget and a date, I agree.",
        "Nobody there could say what they need. Agreed.",
        "Only comparing prices.",
    ],
    "overridden": [
        "I know the plant manager, this one is serious.",
        "Went to a competitor last year and is not happy there. Better than it looks.",
        "The amount is a guess by their intern, do not count on it.",
        "They asked the same in spring and never answered.",
    ],
    "unsure": ["Could not reach anybody yet.", "On holiday until next week, I try again then."],
}
BILL_NOTES = {
    "slipped_amount": "Decimal point slipped. Vendor sends a corrected bill.",
    "duplicate": "We have this one already under another reference. Cancelled with the vendor.",
    "new_bank_account": "Called the vendor on the number we had: they did not change their bank. Passed on to David.",
    "unusual_account": "Wrong account, corrected with the vendor's contract at hand.",
    "unknown_vendor": "Nobody in the house ordered this. Not to be paid.",
}
HARMLESS = [
    "Annual true-up, agreed with purchasing.",
    "Larger batch than usual, delivery note is there.",
    "One-off repair, approved by the plant manager.",
    "Checked against the order, it is right.",
]


def work(env, days, day):
    """The reviewers' day: each answers, as him- or herself, a part of what was pointed out earlier."""
    late = day >= days.count - 5 * QUIET_WEEKS
    odd = _odd_kinds(env)
    for review in _waiting(env, days.date(day)):
        random = Random(f"review {review.res_model} {_story_number(review)} {day}")
        if random.random() > (0.04 if late else 0.4):
            continue
        own = review.with_user(review.reviewer_id)
        if review.res_model == "account.move":
            decision, note = _judge_bill(random, odd.get(review.res_id))
        else:
            decision, note = _judge_lead(random)
        own._decide(decision, note=note, seconds=round(random.lognormvariate(4, 0.5)))


def _waiting(env, today):
    """Open questions with a reviewer, asked before today."""
    return env["ai.deployment.review"].search(
        Domain("state", "=", "open")
        & Domain("reviewer_id", "!=", False)
        & Domain("deployment_id", "in", both(env).ids)
        & Domain("opened_date", "<", str(today)),
        order="id",
    )


def _story_number(review):
    return review.id


def _odd_kinds(env):
    from json import loads

    odd = loads(env["ir.config_parameter"].sudo().get_param("ai_deployment.story.odd_bills", "{}"))
    return {id_: kind for kind, ids in odd.items() for id_ in ids}


def _judge_bill(random, kind):
    if kind:
        return "confirmed", BILL_NOTES[kind]
    return "overridden", random.choice(HARMLESS)


def _judge_lead(random):
    decision = random.choices(["confirmed", "overridden", "unsure"], [6, 3, 1])[0]
    return decision, random.choice(LEAD_NOTES[decision])
