"""The headline tiles of deployments: health, accuracy now and in the test, records, human review, value, next date.

Read are stored figures: reports, day counts and value rows, for all deployments at once.
"""

from datetime import date, timedelta
from textwrap import shorten
from typing import NamedTuple, TypedDict

from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import format_date

from ..governance.value_codes import NET
from ..governance.value_texts import ValueTexts
from ..monitoring.base_rate import PRECISION, SKILL, latest_lines, worse_than_base_rate
from ..monitoring.chart import Opens, opens
from ..proposals.agreement import agreement_of, agreement_text
from ..tools import clock
from ..tools.wording import labelled, number, percent

WEEK, MONTH = timedelta(days=7), timedelta(days=28)  # over which is counted
TO_A_PERSON = ("in_review", "reviewed", "expired")
SOON = timedelta(days=7)  # in which a date lies that is told ahead
HEALTH_LEVELS = {"good": "success", "attention": "warning", "bad": "danger"}
MISSING = "–"
LONGEST_NOTE = 140  # signs; the whole sentence stands on the page of the deployment


class Tile(TypedDict):
    """One headline: what it is called, the figure, what it means, how good that is, and what a click opens."""

    name: str
    label: str
    text: str
    note: str
    level: str  # "success", "warning", "danger" or ""
    open: Opens | None


class Counted(NamedTuple):
    """Records requested: in the last seven days, in the seven before, and of 28 days all and those for a person."""

    week: int
    week_before: int
    month: int
    reviewed: int
    in_review: int


class Headlines:
    """Tiles of deployments.

    :param deployments: `ai.deployment`, with the rights of who looks, who may read its counts
    """

    def __init__(self, deployments: BaseModel) -> None:
        self.deployments, self.env = deployments, deployments.env
        known = deployments.sudo()
        self._lines = latest_lines(known, "auc", PRECISION, SKILL)
        self._worse = worse_than_base_rate(known)
        self._counted = self._counts()
        self._alerts = self._open("ai.deployment.alert", ("firing", "acknowledged"))
        self._reviews = self._open("ai.deployment.review", ("open",))

    def tiles(self) -> dict[int, list[Tile]]:
        """Return {deployment id: its tiles}, in the order of the page."""
        return {
            deployment.id: [
                self._health(deployment),
                self._accuracy(deployment),
                self._scored(deployment),
                self._reviewed(deployment),
                self._value(deployment),
                self._next_date(deployment),
            ]
            for deployment in self.deployments
        }

    def _open(self, model: str, states: tuple[str, ...]) -> dict[int, int]:
        """Return {deployment id: number of its records in `states`}, as far as the user may read them."""
        domain = Domain("deployment_id", "in", self.deployments.ids) & Domain("state", "in", states)
        groups = self.env[model]._read_group(domain, ["deployment_id"], ["__count"])
        return {deployment.id: count for deployment, count in groups}

    def _counts(self) -> dict[int, Counted]:
        today = clock.today()
        rows = self.env["ai.deployment.ledger"].search_fetch(
            Domain("deployment_id", "in", self.deployments.ids)
            & Domain("day", ">", today - MONTH)
            & Domain("day", "<=", today),
            ["deployment_id", "day", "automatic", *TO_A_PERSON],
        )
        counted = {}
        for deployment, own in rows.grouped("deployment_id").items():
            people = {row.day: sum(row[name] for name in TO_A_PERSON) for row in own}
            every = {row.day: row.automatic + people[row.day] for row in own}
            counted[deployment.id] = Counted(
                sum(count for day, count in every.items() if day > today - WEEK),
                sum(count for day, count in every.items() if today - 2 * WEEK < day <= today - WEEK),
                sum(every.values()),
                sum(people.values()),
                sum(row.in_review for row in own),
            )
        return counted

    def _health(self, deployment: BaseModel) -> Tile:
        labels = dict(deployment._fields["health"]._description_selection(self.env))
        alerts = Domain("deployment_id", "=", deployment.id) & Domain("state", "in", ("firing", "acknowledged"))
        return Tile(
            name="health",
            label=self.env._("Health"),
            text=labels.get(deployment.health, MISSING),
            note=shorten(deployment.health_note or "", LONGEST_NOTE, placeholder=" …"),
            level=HEALTH_LEVELS.get(deployment.health, ""),
            open=opens("ai.deployment.alert", self.env._("Alerts"), alerts) if deployment.id in self._alerts else None,
        )

    def _accuracy(self, deployment: BaseModel) -> Tile:
        return self._agreement(deployment) if deployment.is_task else self._performance(deployment)

    def _agreement(self, deployment: BaseModel) -> Tile:
        """Return the agreement of people with the values of the field that they agree with least."""
        found = [(agreement_of(answer), answer) for answer in deployment.sudo().answer_field_ids]
        known = sorted(((one.share, one, answer) for one, answer in found if one), key=lambda each: each[0])
        target = known[0][2].target_agreement if known else 0.0
        return Tile(
            name="accuracy",
            label=self.env._("Agreement"),
            text=percent(self.env, known[0][0]) if known else MISSING,
            note=labelled(self.env, known[0][2].name, agreement_text(self.env, known[0][1]))
            if known
            else self.env._("Not judged yet"),
            level=("warning" if known[0][1].high < target else "success") if known else "",
            open=None,
        )

    def _performance(self, deployment: BaseModel) -> Tile:
        lines = self._lines.get(deployment.id, {})
        is_outcome = deployment.method == "scorecard"
        line, champion = lines.get("auc" if is_outcome else PRECISION), deployment.sudo().champion_id
        tested = champion.auc if champion else None
        notes = []
        if is_outcome and tested is not None:
            notes.append(self.env._("Test: %s", percent(self.env, tested)))
        if not line:
            notes.append(self.env._("Not judged yet") if champion else self.env._("No version"))
        level = "success" if line else ""
        if deployment.id in self._worse:
            level = "danger"
        elif line and (line.exceeded or (is_outcome and tested and line.high < tested)):
            level = "warning"
        return Tile(
            name="accuracy",
            label=self.env._("Ranking (AUC)") if is_outcome else self.env._("Correctly Flagged"),
            text=percent(self.env, line.statistic) if line else MISSING,
            note=". ".join(notes),
            level=level,
            open=line
            and opens("ai.deployment.report.line", line.report_id.name, Domain("report_id", "=", line.report_id.id))
            or None,
        )

    def _scored(self, deployment: BaseModel) -> Tile:
        counted = self._counted.get(deployment.id)
        since = clock.today() - WEEK + timedelta(days=1)
        own = Domain("deployment_id", "=", deployment.id) & Domain("requested_day", ">=", str(since))
        return Tile(
            name="scored",
            label=self.env._("Scored in 7 Days"),
            text=number(self.env, counted.week if counted else 0),
            note=self.env._("7 days before: %s", number(self.env, counted.week_before if counted else 0)),
            level="",
            open=opens("ai.deployment.inference", self.env._("Log"), own) if counted and counted.week else None,
        )

    def _reviewed(self, deployment: BaseModel) -> Tile:
        counted = self._counted.get(deployment.id)
        waiting = Domain("deployment_id", "=", deployment.id) & Domain("state", "=", "open")
        count = self._reviews.get(deployment.id, 0)
        return Tile(
            name="reviewed",
            label=self.env._("Human Review"),
            text=percent(self.env, counted.reviewed / counted.month) if counted and counted.month else MISSING,
            note=self.env._("Of the last 28 days; %s open", number(self.env, count)),
            level="",
            open=opens("ai.deployment.review", self.env._("Reviews"), waiting) if count else None,
        )

    def _value(self, deployment: BaseModel) -> Tile:
        value = Domain("deployment_id", "=", deployment.id)
        measured = deployment.sudo().value_ids
        net = measured.filtered(lambda row: row.code == NET and row.is_money)
        compared = ValueTexts(deployment.sudo()).compared()
        missing = self.env._("Nothing in money") if compared else self.env._("Not measured yet")
        return Tile(
            name="value",
            label=self.env._("Monthly Value"),
            text=deployment.value_text if net else MISSING,
            note="" if net else missing,
            level="",
            open=opens("ai.deployment.value", self.env._("Business Value"), value) if measured else None,
        )

    def _next_date(self, deployment: BaseModel) -> Tile:
        dates = sorted(self._dates(deployment), key=lambda dated: dated[0])
        today = clock.today()
        day, what = dates[0] if dates else (None, "")
        level = ""
        if day and day <= today:
            level = "danger"
        elif day and day <= today + SOON:
            level = "warning"
        return Tile(
            name="next",
            label=self.env._("Next Date"),
            text=format_date(self.env, day) if day else MISSING,
            note=what,
            level=level,
            open=None,
        )

    def _dates(self, deployment: BaseModel) -> list[tuple[date, str]]:
        """Return (day, what is due) of what is planned: review, end of the proof of concept, waivers, retraining."""
        known, env = deployment.sudo(), self.env
        if known.state == "retired":
            return []
        dates = [(known.review_date, env._("Periodic review"))] if known.review_date else []
        if known.state == "poc" and known.expiry_date:
            dates.append((known.expiry_date, env._("The proof of concept ends")))
        dates += [
            (check.waived_until, env._("The waiver of “%s” ends", check.name))
            for check in known.check_ids
            if check.state == "waived" and check.waived_until
        ]
        planned = known.retrain_event_id
        if planned and planned.active and planned.start > clock.now():
            dates.append((planned.start.date(), env._("Retraining is planned")))
        return dates
