"""Leads as they will come and end: what a seller sees of each, and by which mechanism it is won.

The chance to win is a sum of plausible effects with a few mild interactions and noise, so that no model can know
everything. It is used here only, to draw the outcome.
"""

import math
from dataclasses import dataclass, field
from random import Random

from . import names
from .people import JOINED, TEAMS

PER_DAY = 15.95
DORMANT = 0.12  # never answered, never closed
LOST_REASONS = ["Too expensive", "Chose a competitor", "No budget this year", "No reply", "Not enough stock"]

# name: (share, effect on the log odds, factor on the amount)
SOURCES = {
    "Website form": (0.30, -0.15, 0.9),
    "Search engine": (0.20, -0.75, 0.7),
    "Referral": (0.14, 1.05, 1.3),
    "Trade fair": (0.13, 0.30, 1.2),
    "Newsletter": (0.09, -0.35, 0.8),
    "Distributor": (0.09, 0.65, 1.1),
    "LinkedIn": (0.05, -0.9, 1.0),
}
NEW_SOURCE, NEW_SOURCE_SHARE, NEW_SOURCE_FACTOR = "Tender portal", 0.22, 4.0
MEDIUMS = {"Website": (0.45, 0.0), "Email": (0.25, -0.15), "Phone": (0.20, 0.45), "Direct": (0.10, 0.3)}
COUNTRIES = {
    "US": (0.58, 0.15),
    "CA": (0.12, 0.2),
    "GB": (0.10, -0.1),
    "DE": (0.09, -0.35),
    "FR": (0.06, -0.6),
    "AU": (0.05, -0.4),
}
LANGUAGES = {"US": "en_US", "CA": "en_US", "GB": "en_GB", "DE": "de_DE", "FR": "fr_FR", "AU": "en_AU"}
# tag: (share, effect, usual amount, what the lead is called)
PRODUCTS = {
    "Booster pumps": (0.26, 0.1, 14000, "Booster set"),
    "Filtration": (0.20, -0.1, 22000, "Filter line"),
    "Dosing": (0.14, 0.25, 9000, "Dosing station"),
    "Service contract": (0.16, 0.55, 6000, "Service contract"),
    "Rental": (0.10, -0.35, 4000, "Rental pump"),
    "Spare parts": (0.14, 0.35, 2500, "Spare parts"),
}
# Properties of a lead, as the sales teams define them: (name, label, type, options)
PROPERTIES = [
    ("pumps_in_use", "Pumps in use", "integer", None),
    ("used_for", "Used for", "selection", ["Drinking water", "Process water", "Waste water", "Cooling"]),
    ("site", "Site", "tags", ["Indoors", "Remote", "Hazardous area", "Night shift", "No crane"]),
]
OF_THE_BRANCH = 0.02
# Of the leads of a team: what somebody who joined takes over from the others, by country.
TAKEN_OVER = {"DE": 0.6}
TAKEN_OVER_ELSEWHERE = 0.25
OLD_LEADS, OLD_DAYS_BEFORE = (
    300,
    45,
)  # of the system before, imported in one go so many working days before the training
SELLER_EFFECTS = {"ben": 0.35, "sofia": -0.1, "tomasz": -0.35, "priya": 0.15}
INTERCEPT = -2.55
STRENGTH = 1.4
NOISE = 0.35
UNDERCUT = -1.5  # log odds of a win, once a competitor is cheaper: nothing that a seller sees of a lead tells


@dataclass
class Lead:
    """One lead: when it comes, what is known of it then, and how it ends."""

    day: int
    minutes: int
    facts: dict
    won: bool = False
    close_day: int | None = None  # None: never within the story
    steps: list = field(default_factory=list)  # days on which it moves to the next stage
    lost_reason: str = ""


def plan_leads(seed, days):
    """All leads of the story, in the order in which they come."""
    random = Random(f"leads {seed}")
    leads = []
    for day in range(days.count):
        number = int(PER_DAY) + (random.random() < PER_DAY % 1) + random.choice((-3, -2, -1, 0, 0, 1, 2, 3))
        for minutes in sorted(random.randrange(7 * 60, 17 * 60) for _ in range(number)):
            lead = Lead(day, minutes, _facts(random, changed=day >= days.change))
            _decide(random, lead, days)
            leads.append(lead)
    return leads


def plan_old_leads(seed, days):
    """Leads of the system before, as its export has them: by stage, the won last; their chances are like all others."""
    random = Random(f"old leads {seed}")
    moment = days.training - OLD_DAYS_BEFORE
    leads = []
    for _lead in range(OLD_LEADS):
        lead = Lead(moment, 12 * 60, _facts(random, changed=False))
        lead.won = random.random() < chance_to_win(lead.facts, random.gauss(0, NOISE))
        lead.lost_reason = random.choice(LOST_REASONS)
        lead.close_day = None if not lead.won and random.random() < DORMANT else moment
        leads.append(lead)
    return sorted(leads, key=lambda lead: (lead.won, lead.close_day is not None))


def properties_of(facts, seed):
    """Values of PROPERTIES: more pumps where more is ordered; half of the sellers' entries are missing or partial."""
    random = Random(f"properties {seed} {facts['company']} {facts['contact']}")
    values = {}
    if random.random() < 0.7:
        values["pumps_in_use"] = max(1, round(math.sqrt(facts["revenue"] / 800 + 1) * random.lognormvariate(0, 0.4)))
    if random.random() < 0.8:
        values["used_for"] = random.choice(PROPERTIES[1][3])
    values["site"] = random.sample(PROPERTIES[2][3], random.choices((0, 1, 2, 3), (35, 35, 20, 10))[0])
    return values


def is_of_branch(facts, seed):
    """Whether it is the branch's: few, and drawn beside the rest of the story."""
    return Random(f"branch {seed} {facts['company']} {facts['contact']}").random() < OF_THE_BRANCH


def seller_of(facts, seed):
    """Return the seller of a lead: who joined takes over a share of the team's and sells as well as who had it."""
    random = Random(f"seller {seed} {facts['company']} {facts['contact']}")
    share = TAKEN_OVER.get(facts["country"], TAKEN_OVER_ELSEWHERE)
    joined = next((login for login, team in JOINED.items() if team == facts["team"]), None)
    return joined if joined and random.random() < share else facts["seller"]


def _pick(random, table):
    return random.choices(list(table), [row[0] for row in table.values()])[0]


def _facts(random, changed):
    """What the form, the fair's card or the caller said."""
    country = _pick(random, COUNTRIES)
    source = NEW_SOURCE if changed and random.random() < NEW_SOURCE_SHARE else _pick(random, SOURCES)
    product = _pick(random, PRODUCTS)
    factor = NEW_SOURCE_FACTOR if source == NEW_SOURCE else SOURCES[source][2]
    place, (first, last) = names.place(random), names.person(random)
    company = f"{place} {random.choice(names.CUSTOMERS)}"
    amount = PRODUCTS[product][2] * factor * math.exp(random.gauss(0, 0.95))
    facts = {
        "source": source if random.random() > 0.01 else None,
        "medium": _pick(random, MEDIUMS),
        "country": country,
        "product": product,
        "second_product": random.choice(list(PRODUCTS)) if random.random() < 0.12 else None,
        "revenue": _rounded(amount) if random.random() > 0.06 else 0,
        "priority": random.choices("0123", (50, 28, 15, 7))[0],
        "deadline": round(random.lognormvariate(3.7, 0.75)) + 3 if random.random() < 0.72 else None,
        "team": "Inland" if country in ("US", "CA") else "Export",
        "company": f"{company} {names.LEGAL[country]}",
        "contact": f"{first} {last}",
        "city": random.randrange(len(names.CITIES[country])),
        "phone": _phone(random, country),
        "email": _email(random, first, last, place),
        "title": f"{PRODUCTS[product][3]} for {company}",
    }
    facts["seller"] = random.choice(TEAMS[facts["team"]][1])
    # The old form asked for the country; the new one leaves it out for who does not open the second page.
    facts["shown_country"] = country if random.random() > (0.30 if changed else 0.02) else None
    facts["shown_state"] = random.random() < 0.7
    return facts


def _rounded(amount):
    digits = 500 if amount > 5000 else 50
    return max(round(amount / digits) * digits, digits)


def _phone(random, country):
    chance = random.random()
    if chance < 0.17:
        return None
    number = names.phone(random, country)
    return number[:9] if chance < 0.24 else number


def _email(random, first, last, place):
    chance = random.random()
    if chance < 0.12:
        return None
    address = f"{first}.{last}@{names.slug(place)}".lower()
    return address if chance < 0.16 else f"{address}.example"  # without a domain it cannot be reached


def chance_to_win(facts, noise=0.0, *, undercut=False):
    """The chance that a lead of these facts is won; smaller while a competitor is cheaper (`undercut`)."""
    source = facts["source"]
    odds = -0.1 if source in (None, NEW_SOURCE) else SOURCES[source][1]
    odds += MEDIUMS[facts["medium"]][1] + COUNTRIES[facts["country"]][1] + PRODUCTS[facts["product"]][1]
    odds += SELLER_EFFECTS[facts["seller"]] + 0.38 * int(facts["priority"])
    odds += _revenue_effect(facts["revenue"]) + _deadline_effect(facts["deadline"])
    odds += _contact_effect(facts)
    if source == "Referral" and facts["revenue"] > 30000:
        odds += 0.6  # a friend's word carries the large ones
    if facts["medium"] == "Phone" and facts["priority"] in "23":
        odds += 0.3
    return 1 / (1 + math.exp(-(INTERCEPT + STRENGTH * (odds + noise) + (UNDERCUT if undercut else 0.0))))


def _revenue_effect(revenue):
    """Middling orders are won; small ones are not worth a quote, large ones go out to tender."""
    if not revenue:
        return -0.6
    distance = math.log(revenue / 9000)
    return 0.75 - 0.55 * distance**2 if abs(distance) < 2 else -1.45


def _deadline_effect(deadline):
    """Who names a near date means it; tomorrow is too soon, next year is a wish."""
    if deadline is None:
        return -0.45
    if deadline < 12:
        return -0.5
    return 0.7 if deadline < 45 else 0.2 if deadline < 90 else -0.6


def _contact_effect(facts):
    phone = -0.55 if not facts["phone"] else 0.2 if len(facts["phone"]) > 9 else -0.35
    email = -0.45 if not facts["email"] else 0.1 if facts["email"].endswith(".example") else -0.5
    both_missing = -0.4 if not facts["phone"] and not facts["email"] else 0.0
    return phone + email + both_missing


def _decide(random, lead, days):
    chance = chance_to_win(lead.facts, random.gauss(0, NOISE), undercut=lead.day >= days.undercut)
    lead.won = random.random() < chance
    if lead.won:
        length = min(max(random.lognormvariate(2.35, 0.55), 2), 53)  # working days
    else:
        length = min(max(random.lognormvariate(2.75, 0.6), 2), 53)
    lead.lost_reason = random.choice(LOST_REASONS)
    dormant = not lead.won and random.random() < DORMANT / 0.73
    close_day = lead.day + round(length)
    if not dormant and close_day < days.count:
        lead.close_day = close_day
    reached = 2 if lead.won or random.random() < 0.3 else random.choice((0, 1))
    lead.steps = [lead.day + max(round(length * part), 1) for part in (0.35, 0.7)[:reached]]
