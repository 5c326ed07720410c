"""A made-up sales team, day by day, whose leads carry honest inputs and planted leaks.

Independent of what `ml.survivorship` assumes: leads pass through stages, days in a stage are lognormal, people clear
dormant leads at the end of a month, a form changes in the course of the year. Every input is a function that is handed
the team and gives one value (or None) a lead.
"""

import numpy as np

DAYS = 240
STAGE_DAYS = (9.0, 16.0, 22.0)  # medians
DORMANT_DAYS = 75  # cleared at the next end of a month with this chance
CLEARED = 0.45


class Team:
    """``count`` leads of the last `DAYS` days; arrays have one entry a lead.

    ``created`` days, ``age`` days when it ended or now, ``ended`` and ``won`` bool; ``size``, ``referred``, ``urgent``,
    ``region`` are known when it comes.
    """

    def __init__(self, random, count):
        self.random, self.count = random, count
        growth = random.random(count) < 0.3  # more leads come lately
        self.created = np.where(growth, DAYS * np.sqrt(random.random(count)), DAYS * random.random(count))
        self.size = random.lognormal(3.0, 1.1, count)
        self.referred = random.random(count) < 0.22
        self.urgent = random.random(count) < 0.3
        self.region = random.choice(["north", "east", "south", "west", "abroad"], count, p=[0.3, 0.25, 0.2, 0.15, 0.1])
        quality = random.normal(size=count) + 1.1 * self.referred + 0.35 * (np.log(self.size) - 3)
        speed = np.where(self.urgent, 2.0, 1.0) * np.where(self.region == "abroad", 0.6, 1.0)
        now = DAYS - self.created
        total, won = np.zeros(count), np.ones(count, dtype=bool)
        for median in STAGE_DAYS:
            total += np.where(won, random.lognormal(np.log(median), 0.8, count) / speed, 0.0)
            won &= random.random(count) < 1 / (1 + np.exp(-0.7 - 0.8 * quality + 0.5))
        cleared = self._cleared()
        self.ended = np.minimum(total, cleared) < now
        self.won = self.ended & won & (total < cleared)
        self.age = np.where(self.ended, np.minimum(total, cleared), now)

    def _cleared(self):
        """Age at which a lead is cleared as dormant, at an end of a month."""
        first = (np.floor((self.created + DORMANT_DAYS) / 30) + 1) * 30
        months = self.random.geometric(CLEARED, self.count) - 1
        return first + 30 * months - self.created

    @property
    def lost(self):
        return self.ended & ~self.won

    def by_chance(self, share):
        """Which leads, each with the chance ``share``."""
        return self.random.random(self.count) < share

    def some_date(self):
        return self.random.integers(0, 28, self.count).astype(float)


def filled(where, values):
    """``values`` where ``where``, None elsewhere."""
    return [value if there else None for there, value in zip(where, values, strict=True)]


# What is known in time


def _size(team):
    return team.size


def _partly_filled_size(team):
    return filled(team.by_chance(np.where(team.referred, 0.85, 0.45)), team.size)


def _urgent(team):
    return team.urgent.astype(float)


def _urgency_note(team):
    return filled(team.urgent & team.by_chance(0.8), np.ones(team.count))


def _region(team):
    return team.region.tolist()


def _source(team):
    return np.where(team.referred, "referral", team.random.choice(["web", "fair", "mail"], team.count)).tolist()


def _campaign(team):
    """Campaigns come and go: the latest ones have mostly open leads."""
    return [f"campaign {int(day // 40)}" for day in team.created]


def _new_form(team):
    """The form asks for it since two months."""
    return filled(team.by_chance(np.where(team.created > DAYS - 60, 0.75, 0.1)), team.some_date())


def _dropped_field(team):
    return filled(team.by_chance(np.where(team.created > DAYS - 75, 0.25, 0.8)), team.size)


def _budget_learned(team):
    """Asked in the first call, some days after the lead came, more often of large ones."""
    call = team.random.exponential(np.where(team.size > 20, 4.0, 9.0))
    return filled((call < team.age) & team.by_chance(0.85), team.size * team.random.lognormal(0, 0.3, team.count))


def _phone_learned(team):
    return filled(team.by_chance(0.35) | (team.random.exponential(35, team.count) < team.age), np.ones(team.count))


def _noise(team):
    return team.random.normal(size=team.count)


def _rating(team):
    return np.round(np.log(team.size) + team.referred + team.random.normal(0, 0.4, team.count))


GOOD = {
    "size": _size,
    "partly_filled_size": _partly_filled_size,
    "urgent": _urgent,
    "urgency_note": _urgency_note,
    "region": _region,
    "source": _source,
    "campaign": _campaign,
    "new_form": _new_form,
    "dropped_field": _dropped_field,
    "budget_learned": _budget_learned,
    "phone_learned": _phone_learned,
    "noise": _noise,
    "rating": _rating,
}

# What comes with the end


def _contract_number(team):
    return filled(team.won & team.by_chance(0.9), team.some_date())


def _delivery_date(team):
    """Some customers name one at once; it is asked of all who buy."""
    return filled(team.by_chance(0.25) | (team.won & team.by_chance(0.75)), team.some_date())


def _tax_number(team):
    return filled(team.by_chance(0.4) | (team.won & team.by_chance(0.9)), team.some_date())


def _competitor(team):
    return filled(team.lost & team.by_chance(0.6), team.random.choice(["a", "b", "c"], team.count))


def _closing_note(team):
    return filled(team.by_chance(0.15) | (team.ended & team.by_chance(0.7)), team.some_date())


def _temperature(team):
    """Set to hot or cold when it is decided."""
    first = team.random.choice(["cold", "warm", "hot"], team.count)
    moved = team.ended & team.by_chance(0.7)
    return np.where(moved, np.where(team.won, "hot", "cold"), first).tolist()


def _order_amount(team):
    """The estimate gives way to the order, which is larger."""
    return np.where(team.won, team.size * team.random.lognormal(1.3, 0.4, team.count), team.size)


def _probability(team):
    guess = np.clip(team.random.normal(40, 15, team.count), 1, 99)
    moved = team.ended & team.by_chance(0.8)
    return np.where(moved, np.where(team.won, 100.0, 0.0), guess)


def _messages(team):
    """An offer, a contract and a handshake: each end brings mails."""
    return team.random.poisson(3 + team.age / 30) + np.where(team.won, team.random.poisson(6, team.count), 0.0)


def _owner_changed(team):
    """Won leads go to the team that delivers."""
    first = team.random.choice(["ann", "ben", "eva", "tom"], team.count)
    return np.where(team.won & team.by_chance(0.65), "delivery", first).tolist()


LEAKS = {
    "contract_number": _contract_number,
    "delivery_date": _delivery_date,
    "tax_number": _tax_number,
    "competitor": _competitor,
    "closing_note": _closing_note,
    "temperature": _temperature,
    "order_amount": _order_amount,
    "probability": _probability,
    "messages": _messages,
    "owner_changed": _owner_changed,
}
