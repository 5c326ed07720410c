"""What reviewers do with the questions that they are asked: most are answered within days, the latest still wait."""

from random import Random

from odoo.fields import Domain

from .deployments import both

QUIET_WEEKS = 3  # questions of the last weeks stay open, but for a few

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
    "same_day_duplicate": "Entered twice, with the same reference. One of the two is deleted.",
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


def work(env, days, leads, bills, day):
    """The reviewers' day: each answers, as him- or herself, a part of what was pointed out earlier."""
    late = day >= days.count - 5 * QUIET_WEEKS
    odd = {id_: kind for kind, ids in bills.odd_ids().items() for id_ in ids}
    for review in _waiting(env, days.date(day)):
        random = Random(f"review {review.id} {day}")
        if random.random() > (0.03 if late else 0.4):
            continue
        own = review.with_user(review.reviewer_id)
        seconds = round(random.lognormvariate(4, 0.5))
        if review.reason == "failed":
            _fill_in(own, leads, bills)
            if review.state == "open":  # scored now, but the score itself goes to a person
                own._decide("unsure", note="Filled in what was missing.", seconds=seconds)
        else:
            is_bill = review.res_model == "account.move"
            decision, note = _judge_bill(random, odd.get(review.res_id)) if is_bill else _judge_lead(random)
            own._decide(decision, note=note, seconds=seconds, answer=_reason(random, own, decision))


def _waiting(env, today):
    """Open questions with a reviewer, asked before today."""
    return env["ai.deployment.review"].search(
        Domain("state", "=", "open")
        & Domain("reviewer_id", "!=", False)
        & Domain("deployment_id", "in", both(env).ids)
        & Domain("opened_date", "<", str(today)),
        order="id",
    )


def _fill_in(review, leads, bills):
    """The missing input is looked up, and the record scored again."""
    document = review._document()
    if review.res_model == "account.move":
        bills.name_vendor(document)
    else:
        leads.name_source(document)
    review.env.flush_all()
    review.action_score_again()


def _reason(random, review, decision):
    """A reason of the deployment's own list that is offered with this decision; every third answer has none."""
    offered = review.deployment_id.answer_ids.filtered(
        lambda answer: answer.decision in ("any", decision) and not answer.asks_text
    )
    return random.choice(offered) if offered and random.random() < 0.66 else None


def _judge_bill(random, kind):
    if kind:
        return "confirmed", BILL_NOTES[kind]
    return "overridden", random.choice(HARMLESS)


def _judge_lead(random):
    decision = random.choices(["confirmed", "overridden", "unsure"], [6, 3, 1])[0]
    return decision, random.choice(LEAD_NOTES[decision])
