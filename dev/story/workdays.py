"""The story's calendar: working days only, numbered from the first one; the last one is the day the story ends."""

from datetime import datetime, time, timedelta

from odoo.addons.ai_deployment.models.tools import clock

COUNT = 304  # fourteen months
REPLAYED = 50  # ten weeks
WEEK = 5


class Workdays:
    def __init__(self, end):
        dates = []
        while len(dates) < COUNT:
            if end.weekday() < WEEK:
                dates.append(end)
            end -= timedelta(days=1)
        self.dates = dates[::-1]
        self.count = COUNT
        self.training = COUNT - REPLAYED  # the first replayed day; the deployments are trained on its morning
        self.improvement = self.training + 3  # the sales manager adds inputs; the better version scores beside
        self.promotion = self.improvement + 2
        self.go_live = self.training + 2 * WEEK
        self.proof = self.go_live - 2
        self.challenge = self.go_live + 1  # in its night, the leads are trained again on what has ended since
        self.undercut = self.go_live  # who comes from here on has a cheaper offer from a competitor
        self.suspension = self.go_live + 2 * WEEK  # a week of the fallback
        self.resumption = self.suspension + WEEK
        self.change = COUNT - 4 * WEEK  # from here on the new web form is in use

    def date(self, day):
        return self.dates[day]

    def at(self, day, minutes):
        """The moment so many minutes after midnight of a day, naive UTC."""
        return datetime.combine(self.dates[day], time()) + timedelta(minutes=minutes)

    def review_date(self):
        """Return the day on which the deployments of the story are looked at again."""
        return self.dates[-1] + timedelta(days=60)

    def replayed(self):
        return range(self.training, self.count)

    def ends_week(self, day):
        return (day - self.training) % WEEK == WEEK - 1


class Today:
    """The calendar of a story that has no past: its deployments are declared and trained now."""

    training = 0

    def __init__(self, today):
        self.dates = [today - timedelta(days=500), today]

    def at(self, day, minutes):
        return clock.now()

    def review_date(self):
        return self.dates[-1] + timedelta(days=120)
