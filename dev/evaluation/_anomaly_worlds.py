"""Two made-up ledgers of vendor bills, written apart from each other and from every file, six kinds of oddity in each.

`Town` is a ledger of habits: vendors with a contract bill the same amount each month, others bill what was delivered;
a vendor comes, bills for a time and goes. `Works` is a ledger of orders: each bill is a quantity times a list price,
vendors are drawn by how often they came before, prices rise and summers are quiet.

Of each kind of oddity there are as many as of any other, spread over the whole time: the reference holds them, too.
"""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np

from ._bill_file import Payment

START = date(2022, 1, 3)
MANY = 12  # bills of a vendor that has habits


class Ledger:
    """Bills in the making; `rows` are lists of vendor, department, account, journal, amount, day and kind."""

    kinds: tuple = ()

    def __init__(self, seed, count, odd):
        self.random = np.random.default_rng(seed)
        self.rows = self.usual(count)
        self.rows.sort(key=lambda row: row[5])
        if odd:
            self.plant(max(round(odd * count / len(self.kinds)), 1))
            self.rows.sort(key=lambda row: row[5])

    def payments(self):
        return [
            Payment(f"B{place}", START + timedelta(days=day), *named, None, amount, False, kind)
            for place, (*named, amount, day, kind) in enumerate(self.rows)
        ]

    def usual(self, count):
        """Ordinary bills in any order."""
        raise NotImplementedError

    def plant(self, each):
        """Add `each` bills of each kind, begun from ordinary ones."""
        self.last = self.rows[-1][5]
        self.departments, self.accounts = ({row[place] for row in self.rows} for place in (1, 2))
        self.known = {}
        for row in self.rows:
            self.known.setdefault(row[0], []).append(row)
        usual = list(self.rows)
        for kind in self.kinds:
            planted = 0
            while planted < each:
                row = list(self.pick(usual))
                found = [odd for odd in getattr(self, kind)(row, self.known[row[0]]) if odd[5] <= self.last]
                self.rows += [[*odd[:6], kind] for odd in found]
                planted += len(found)

    def pick(self, values):
        return values[int(self.random.integers(len(values)))]

    def wrong_account(self, row, own):
        row[2] = self.pick(sorted(self.accounts - {other[2] for other in own}))
        return [row] if len(own) >= MANY else []

    def paid_again(self, row, own, days):
        row[5] += int(self.random.integers(*days))
        return [row] if sum(other[4] == row[4] for other in own) == 1 else []


class Town(Ledger):
    kinds = ("paid_twice", "swapped_digits", "point_slipped", "wrong_account", "wrong_department", "ghost")

    def usual(self, count):
        random, rows, days = self.random, [], 540
        vendors = 0
        while len(rows) < count:
            vendors += 1
            begun, stays = random.uniform(-300, days), random.exponential(400) + 30
            accounts, departments = (
                [f"{letter}{n}" for n in random.choice(size, random.choice([1, 1, 2]))]
                for letter, size in (("A", 30), ("D", 12))
            )
            amount, spread = np.exp(random.normal(5.5, 1.2)), random.choice([0.0, 0.25, 0.8])
            step = random.choice([30.4, 30.4, 14, 5, 2]) if spread else 30.4
            day = begun
            while (day := day + (step if not spread else random.exponential(step))) < min(begun + stays, days):
                if day >= 0:
                    price = max(round(amount * np.exp(spread * random.normal()), 2), 0.5)
                    rows.append(
                        [f"V{vendors}", self.pick(departments), self.pick(accounts), "bank", float(price), int(day), ""]
                    )
        chosen = random.permutation(len(rows))[:count]
        return [rows[place] for place in chosen]

    def paid_twice(self, row, own):
        return self.paid_again(row, own, (1, 25))

    def swapped_digits(self, row, own):
        digits = list(str(round(row[4] * 100)))
        places = [
            place
            for place in range(len(digits) - 1)
            if digits[place] != digits[place + 1] and (place or digits[1] != "0")
        ]
        if not places or sum(other[4] == row[4] for other in own) > 1 or row[4] < 50:
            return []
        place = self.pick(places)
        digits[place : place + 2] = digits[place + 1], digits[place]
        row[4], row[5] = int("".join(digits)) / 100, row[5] + int(self.random.integers(1, 25))
        return [row]

    def point_slipped(self, row, own):
        row[4] = round(row[4] * self.pick([10, 10, 100]), 2)
        return [row] if len(own) > MANY else []

    def wrong_department(self, row, own):
        row[1] = self.pick(sorted(self.departments - {other[1] for other in own}))
        return [row] if len(own) >= MANY else []

    def ghost(self, row, _own):
        row[0], row[4] = f"G{self.random.integers(10**9)}", float(self.random.integers(2, 60) * 500)
        return [row]


class Works(Ledger):
    kinds = ("entered_again", "overcharged", "split", "wrong_account", "revived", "shell")

    def usual(self, count):
        random, rows, came = self.random, [], []
        lists, homes = {}, {}
        rate = (1 + 0.5 * np.cos(np.arange(700) * 2 * np.pi / 365)).cumsum()
        days = np.sort(rate.searchsorted(random.uniform(0, rate[-1], count)))
        for day in days.tolist():
            if len(lists) < 40 or random.random() < 0.015:
                vendor = f"Firm {len(lists)}"
                lists[vendor] = np.round(random.gamma(2.0, 40.0, random.integers(1, 9)) + 1, 2)
                homes[vendor] = random.integers(0, 40), random.integers(0, 15)
            else:
                vendor = self.pick(came)
            came.append(vendor)
            place = int(random.integers(len(lists[vendor])))
            price = lists[vendor][place] * 1.03 ** (day // 180)
            account, department = homes[vendor]
            account = (account + place // 3) % 40
            if random.random() < 0.03:
                department = random.integers(0, 15)
            amount = round(float(price * random.geometric(0.15)), 2)
            rows.append([vendor, f"Hall {department}", f"{4000 + account}", "post", amount, day, ""])
        return rows

    def entered_again(self, row, own):
        return self.paid_again(row, own, (0, 12)) if row[4] > 100 else []

    def overcharged(self, row, own):
        row[4] = round(max(other[4] for other in own) * float(self.random.uniform(2, 6)), 2)
        return [row] if len(own) > MANY else []

    def split(self, row, own):
        """Several equal parts of one large amount on one day."""
        parts = int(self.random.integers(2, 5))
        row[4] = round(max(other[4] for other in own) * 1.5 / parts, 2)
        return [list(row) for _part in range(parts)] if len(own) > MANY else []

    def revived(self, _row, _own):
        """A vendor that was silent for half a year bills more than ever."""
        ends = [
            (own, *places) for own in self.known.values() for places in pairwise([*(row[5] for row in own), self.last])
        ]
        own, before, _after = self.pick([end for end in ends if end[2] - end[1] > 200])
        row = list(own[-1])
        row[4] = round(max(other[4] for other in own) * float(self.random.uniform(1.2, 3)), 2)
        row[5] = before + int(self.random.integers(180, 200))
        return [row]

    def shell(self, row, _own):
        row[0], row[4] = f"Shell {self.random.integers(10**9)}", float(self.random.integers(3, 80) * 250)
        row[1], row[2] = f"Hall {self.random.integers(15)}", f"{4000 + self.random.integers(40)}"
        return [row]


WORLDS = {"town": Town, "works": Works}
