"""The page "Monitoring" of one deployment: what its charts show, and the list of records behind every number.

Read are counts: profiles, reports, and the sum of the last weeks. Nothing here looks at the log.
What is told to the browser is ready to draw: numbers, the words for them, and the list that each of them opens.
"""

import math
from datetime import datetime, time, timedelta
from itertools import pairwise

import numpy as np

from odoo import api, models
from odoo.fields import Datetime, Domain
from odoo.tools import SQL, format_date, formatLang

from ...ml.binning import few_digits
from ...ml.errors import InferenceError
from ...ml.profile import RESERVED, SCORE
from ..tools import clock
from ..tools.wording import percent, plain
from .drift import JUDGED, WINDOW
from .performance import SCORED_AS_PROBABILITY

NOW_DAYS = timedelta(days=28)
WEEKS = 12
MOST_BARS = 10
TO_A_PERSON = ("in_review", "reviewed", "expired")


class AiDeployment(models.Model):
    _inherit = "ai.deployment"

    def action_view_monitoring(self):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Monitoring"),
            "res_model": "ai.deployment",
            "res_id": self.id,
            "views": [(self.env.ref("ai_deployment.ai_deployment_view_form_monitoring").id, "form")],
        }

    @api.readonly
    def monitoring_page(self):
        """All that the page shows, for who may read this deployment and its counts."""
        self.ensure_one()
        self.check_access("read")
        self.env["ai.deployment.profile"].check_access("read")
        return self._monitoring_page()

    def _monitoring_page(self):
        """{"state", "messages": [{"level", "text"}], "alerts", "heat": see `_heat`, four of `_chart` by name}.

        `state`: "ready", "empty" (nothing judged yet) or "failing" (no version that could be judged).
        """
        version, card, broken = self.champion_id, None, None
        if version:
            try:
                card = version._card()
            except InferenceError as error:
                broken = error
        drift, performance = self._latest_reports("drift"), self._latest_reports("performance")
        lines = self._lines_of(drift + performance)
        first_day = self._first_scored_day(version)
        page = {
            "state": "ready" if drift or performance else "empty",
            "messages": self._page_messages(broken, first_day, drift, performance, lines),
            "alerts": self._open_alerts(),
            "distribution": self._distribution(version, card),
            "heat": self._heat(drift, lines, first_day),
            **self._outcome_charts(version, performance, lines, first_day),
            "volumes": self._volumes(),
        }
        if not version or broken:
            page["state"] = "failing"
        return page

    # What is read

    def _latest_reports(self, kind):
        """The last reports of a kind, oldest first; an open window is told by its newest look alone."""
        own = Domain("deployment_id", "=", self.id) & Domain("kind", "=", kind)
        # More than are shown: a window that had too few records has one report per look.
        found = self.env["ai.deployment.report"].search_fetch(
            own,
            [
                "version_id",
                "window_start",
                "window_end",
                "row_count",
                "verdict",
                "summary",
                "is_provisional",
                "blind_spot",
            ],
            limit=3 * WEEKS,
        )
        newest = {}
        for report in found:
            newest.setdefault((report.version_id.id, report.window_start), report)
        return found.browse([report.id for report in newest.values()][:WEEKS])[::-1]

    def _lines_of(self, reports):
        """{report id: lines}"""
        lines = self.env["ai.deployment.report.line"].search_fetch(
            [("report_id", "in", reports.ids)],
            [
                "report_id",
                "sequence",
                "key",
                "label",
                "test",
                "statistic",
                "low",
                "high",
                "threshold",
                "exceeded",
                "verdict",
                "reference_share",
                "text",
            ],
        )
        return {report.id: own for report, own in lines.grouped("report_id").items()}

    def _first_scored_day(self, version):
        if not version:
            return None
        first = self.env["ai.deployment.profile"].search([("version_id", "=", version.id)], order="day", limit=1)
        return first.day or None

    def _open_alerts(self):
        count = self.env["ai.deployment.alert"].search_count(
            [("deployment_id", "=", self.id), ("state", "in", ("firing", "acknowledged"))]
        )
        return {
            "count": count,
            "text": self.env._("1 open alert") if count == 1 else self.env._("%s open alerts", count),
            "open": self._open(
                "ai.deployment.alert",
                self.env._("Alerts"),
                Domain("deployment_id", "=", self.id) & Domain("state", "in", ("firing", "acknowledged")),
            ),
        }

    def _reference_profile(self, version):
        """The counts that the version's intake is compared with."""
        return self.env["ai.deployment.reference"]._of(version)[0]

    # What is told beside the charts

    def _page_messages(self, broken, first_day, drift, performance, lines):
        say, messages = self.env._, []

        def add(level, text):
            messages.append({"level": level, "text": text})

        if self.is_demonstration:
            add("info", say("A demonstration: these records were made up, so its figures prove nothing."))
        if not self.champion_id:
            add("danger", say("No version serves, so nothing can be judged. Train one, or let an earlier one serve."))
        elif broken:
            add("danger", say("The serving version cannot be used, so nothing new is judged: %s", broken))
        if self.state not in self._at_work_states():
            add("warning", say("This deployment is not at work: nothing new is scored or judged."))
        elif self.champion_id and not drift and not performance:
            add("info", self._first_report_text(first_day, WINDOW))
        own = drift.filtered(lambda report: report.version_id == self.champion_id)
        if self.champion_id and not broken and (not own or own[-1].is_provisional):
            text = say("Provisional: compared with the records it learned from, until enough have been scored.")
            add("info", text)
        if own and own[-1].blind_spot:
            add("info", own[-1].blind_spot)
        for level, text in self._performance_messages(performance, lines):
            add(level, text)
        return messages

    def _performance_messages(self, reports, lines):
        """(level, text): open alerts on what came true, what the latest report cannot see, and who is better."""
        alerts = self.env["ai.deployment.alert"].search(
            Domain("deployment_id", "=", self.id)
            & Domain("cause", "=like", "performance:%")
            & Domain("state", "in", ("firing", "acknowledged")),
            order="id",
        )
        for alert in alerts:
            yield "warning", alert.name
        own = reports.filtered(lambda report: report.version_id == self.champion_id)
        if own and own[-1].verdict not in JUDGED:
            yield "info", own[-1].summary
        if own and own[-1].blind_spot:
            yield "info", own[-1].blind_spot
        judged = own.filtered(lambda report: report.verdict in JUDGED)[-1:]
        duels = [line.text for line in lines.get(judged.id, ()) if line.test == "duel"]
        for text in dict.fromkeys(duels):
            yield "info", text

    def _first_report_text(self, first_day, after):
        """When the first report comes, once what was scored since `first_day` has waited for `after`."""
        if first_day is None:
            return self.env._(
                "Nothing has been judged yet: the first report comes %s days after the first record is scored.",
                after.days,
            )
        due = first_day + after
        if due < clock.today():
            return self.env._(
                "Nothing has been judged yet, though the first report was due on %s. Ask an administrator whether the "
                "scheduled action that watches deployments runs.",
                format_date(self.env, due),
            )
        return self.env._("Nothing has been judged yet: the first report comes on %s.", format_date(self.env, due))

    # Charts

    def _chart(self, title, labels, series, *, note="", empty="", percents=False, stacked=False, start=0.0):
        """What one chart shows.

        `labels`: one per place on the axis; `series`: see `_series`; `empty`: the sentence that stands in its place
        where there is nothing to draw; `percents`: values are shares, 0 to 1; `start`: where the axis begins at the
        latest.
        """
        return {
            "title": title,
            "labels": labels,
            "series": series,
            "note": note,
            "empty": empty,
            "percents": percents,
            "stacked": stacked,
            "start": start,
        }

    def _series(self, label, kind, points):
        """One row of numbers.

        `kind`: "bar", "line", "interval" (of the line before it); of what is compared with, "before" (bars) or "limit".
        `points`: [(value, text, what a click opens)]; a value is a number, [low, high] of an interval, or None.
        """
        values, texts, opens = map(list, zip(*points, strict=True)) if points else ([], [], [])
        return {"label": label, "kind": kind, "values": values, "texts": texts, "open": opens}

    def _open(self, model, name, domain):
        """The list of records behind a number."""
        return {"model": model, "name": name, "domain": list(domain)}

    def _scored_between(self, start, end):
        """The first scores of these days, as the profiles count them."""
        return (
            Domain("deployment_id", "=", self.id)
            & Domain("is_intake", "=", True)
            & Domain("date", ">=", _midnight(start))
            & Domain("date", "<", _midnight(end))
        )

    def _number(self, number):
        return formatLang(self.env, number, digits=0)

    # Chart: the scores

    def _distribution(self, version, card):
        """Scores of the last weeks beside those of the reference, in the bins that the monitors count."""
        title = self.env._("Scores now and in the reference")
        if card is None:
            return self._chart(title, [], [], empty=self.env._("No version can be read, so there are no scores."))
        end = clock.today() + timedelta(days=1)
        start = end - NOW_DAYS
        bins, reference = card.score_bins, self._reference_profile(version)
        now = self.env["ai.deployment.profile"]._sum(version, start, end)
        if not bins.intervals or not reference.rows:
            return self._chart(title, [], [], empty=self.env._("The version has no counts to compare with."))
        if not now.rows:
            empty = self.env._("No record was scored for the first time in the last %s days.", NOW_DAYS.days)
            return self._chart(title, [], [], empty=empty)
        # Few bars: with twenty of a few hundred records, chance is all that one sees. A wide bar holds several bins.
        # A bar begins where a list can tell exactly: Odoo compares scores to four digits.
        lows = [0.0, *bins.edges]
        exact = [place for place, low in enumerate(lows) if round(low, 4) == low]
        starts = exact[:: math.ceil(len(exact) / MOST_BARS)]
        cuts = [*(lows[start] for start in starts), 1.0]
        shares, rows = {}, {}
        for name, profile in (("now", now), ("before", reference)):
            rows[name] = np.add.reduceat(bins.fold(profile.counts[SCORE]), starts).tolist()
            shares[name] = [count / max(sum(rows[name]), 1) for count in rows[name]]
        scored = (
            self._scored_between(start, end)
            & Domain("version_id", "=", version.id)
            & Domain("failure_type", "=", False)
        )
        standing = self._standing_counts(version, cuts)
        texts = [plain(self.env, cut) for cut in few_digits([100 * cut for cut in cuts])]
        labels = [self._span_text(low, high) for low, high in pairwise(texts)]
        learned = self._open("ai.deployment.version", self.env._("The Reference"), Domain("id", "=", version.id))
        series = [
            self._series(
                self.env._("Last %s days", NOW_DAYS.days),
                "bar",
                [
                    (
                        round(share, 4),
                        self._share_text(share, count),
                        self._open(
                            "ai.deployment.inference",
                            self.env._("Scores of %s", label),
                            scored & _between("predicted_value", cuts, place),
                        ),
                    )
                    for place, (share, count, label) in enumerate(zip(shares["now"], rows["now"], labels, strict=True))
                ],
            ),
            self._series(
                self.env._("Reference"),
                "before",
                [
                    (round(share, 4), self._share_text(share, count), learned)
                    for share, count in zip(shares["before"], rows["before"], strict=True)
                ],
            ),
            self._series(
                self.env._("All records today"),
                "line",
                [
                    (
                        round(count / max(sum(standing), 1), 4),
                        self._share_text(count / max(sum(standing), 1), count),
                        self._open(
                            "ai.deployment.score",
                            self.env._("Records that stand at %s", label),
                            self._standing_domain(version) & _between("predicted_value", cuts, place),
                        ),
                    )
                    for place, (count, label) in enumerate(zip(standing, labels, strict=True))
                ],
            ),
        ]
        note = self.env._(
            "%(now)s scored for the first time, beside the %(reference)s that they are compared with.",
            now=self._number(now.rows),
            reference=self._number(reference.rows),
        )
        return self._chart(title, labels, series, percents=True, note=note)

    def _standing_domain(self, version):
        return (
            Domain("deployment_id", "=", self.id)
            & Domain("version_id", "=", version.id)
            & Domain("state", "=", "scored")
        )

    def _standing_counts(self, version, cuts):
        """How many current scores lie between `cuts`: shown, never tested, as most records stood there before."""
        rows = self.env.execute_query(
            SQL(
                "SELECT width_bucket(predicted_value, %s::float8[]), COUNT(*) FROM ai_deployment_score"
                " WHERE deployment_id = %s AND version_id = %s AND state = 'scored' GROUP BY 1",
                cuts[1:-1],
                self.id,
                version.id,
            )
        )
        found = dict(rows)
        return [found.get(place, 0) for place in range(len(cuts) - 1)]

    def _span_text(self, low, high):
        return self.env._("%(low)s to %(high)s %%", low=low, high=high)

    def _share_text(self, share, count):
        return f"{percent(self.env, share, 1)} ({self._number(count)})"

    # Table: what moved

    def _heat(self, reports, lines, first_day):
        """Per input and window, how far what moved is on its way to what is not tolerated any more.

        `rows`: [{"key", "label", "cells": [{"share", "text", "moved", "hint", "open"}]}], one cell per window.
        """
        heat = {
            "title": self.env._("What moved, input by input"),
            "note": self.env._(
                "100 % is the line above which a move is not chance any more. A window is a week, or longer where few "
                "records come. ▲: beyond that line."
            ),
            "columns": [self._window_text(report) for report in reports],
            "rows": [],
            "empty": "",
        }
        if not reports:
            heat["empty"] = self._first_report_text(first_day, WINDOW)
            return heat
        if not any(lines.get(report.id) for report in reports):
            heat["empty"] = reports[-1].summary or self.env._("Cannot judge yet.")
            return heat
        labels = {}
        for report in reversed(reports):
            for line in lines.get(report.id, self.env["ai.deployment.report.line"]).sorted("sequence"):
                if line.test != "estimate":  # what is expected is no move
                    labels.setdefault(line.key, line.label)
        order = [key for key in RESERVED if key in labels] + [key for key in labels if key not in RESERVED]
        for key in order:
            cells = [self._heat_cell(report, lines.get(report.id), key, labels[key]) for report in reports]
            heat["rows"].append({"key": key, "label": labels[key], "cells": cells})
        return heat

    def _heat_cell(self, report, lines, key, label):
        own = lines.filtered(lambda line: line.key == key) if lines else self.env["ai.deployment.report.line"]
        if not own:
            return {"share": None, "text": "–", "moved": False, "hint": self.env._("Not an input then"), "open": None}
        moved = any(own.mapped("exceeded"))
        shares = [share for share in map(_way_to_threshold, own) if share is not None]
        verdicts = dict(own._fields["verdict"]._description_selection(self.env))
        # Nothing was tested: the verdict says why.
        hint = verdicts["drifted" if moved else "quiet"] if shares else verdicts[own[0].verdict]
        return {
            "share": round(max(shares), 3) if shares else None,
            "text": percent(self.env, max(shares)) if shares else "–",
            "moved": moved,
            "hint": hint,
            "open": self._open(
                "ai.deployment.report.line",
                self.env._("%(input)s, %(window)s", input=label, window=self._window_text(report)),
                Domain("report_id", "=", report.id) & Domain("key", "=", key),
            ),
        }

    def _window_text(self, report):
        """A window in as few signs as a column has room for."""
        return self.env._(
            "%(start)s to %(end)s",
            start=format_date(self.env, report.window_start, date_format="d MMM"),
            end=format_date(self.env, report.window_end - timedelta(days=1), date_format="d MMM"),
        )

    # Charts: what came true

    def _outcome_charts(self, version, reports, lines, first_day):
        """Order, and chances said beside what came true, each with its interval."""
        say = self.env._
        words = self.env[self.res_model]._ai_words()
        title = say("Chances said and what came true")
        if self.method != "scorecard" or (version and version.kind not in SCORED_AS_PROBABILITY):
            empty = say("What came true is watched where an outcome is predicted.")
        elif not reports:
            empty = self._first_report_text(first_day, WINDOW + timedelta(days=self.horizon_days))
        elif not any(report.verdict in JUDGED for report in reports):
            empty = reports[-1].summary or say("Cannot judge yet.")
        else:
            empty = ""
        if empty:
            return {"order": None, "outcomes": self._chart(title, [], [], empty=empty)}
        labels = [self._window_text(report) for report in reports]

        def points(key, make):
            """(value, text, list) per report; none where the figure could not be judged."""
            made = []
            for report in reports:
                own = {line.key: line for line in lines.get(report.id, ()) if line.verdict in JUDGED}
                value = make(own) if key in own else None
                made.append((value, self._figure_text(value), self._open_lines(report)))
            return made

        floors = points("auc", lambda own: own["auc"].threshold or None)
        before = points("win_rate", lambda own: own["win_rate"].threshold or None)
        said = points(
            "win_rate",
            lambda own: own["win_rate"].statistic - own["in_the_large"].statistic if "in_the_large" in own else None,
        )
        order = [
            self._series(say("Order right"), "line", points("auc", lambda own: own["auc"].statistic)),
            self._series(say("From, to"), "interval", points("auc", lambda own: [own["auc"].low, own["auc"].high])),
        ]
        if any(value for value, *_rest in floors):
            order.append(self._series(say("Floor"), "limit", floors))
        outcomes = [
            self._series(say("Came true"), "line", points("win_rate", lambda own: own["win_rate"].statistic)),
            self._series(
                say("From, to"), "interval", points("win_rate", lambda own: [own["win_rate"].low, own["win_rate"].high])
            ),
            self._series(say("Said"), "line", said),
            self._series(say("When it learned"), "limit", before),
        ]
        return {
            "order": self._chart(
                say("Order right, of two %s", words["records"]),
                labels,
                order,
                percents=True,
                start=0.4,
                note=say("How often the one that came true had the higher score; 50 % is chance."),
            ),
            "outcomes": self._chart(
                title,
                labels,
                outcomes,
                percents=True,
                note=say("Share of %s among what was scored in these days, once outcomes are due.", words["positives"]),
            ),
        }

    def _figure_text(self, value):
        if value is None:
            return ""
        if isinstance(value, list):
            return self.env._("%(low)s to %(high)s", low=percent(self.env, value[0]), high=percent(self.env, value[1]))
        return percent(self.env, value)

    def _open_lines(self, report):
        return self._open("ai.deployment.report.line", self._window_text(report), Domain("report_id", "=", report.id))

    # Chart: how much

    def _volumes(self):
        """Records asked for per week, and what became of them; of those scored for the first time, how many failed."""
        title, say = self.env._("Records per week"), self.env._
        this_week = clock.today() - timedelta(days=clock.today().weekday())
        weeks = [this_week - timedelta(weeks=back) for back in reversed(range(WEEKS))]
        sums = self.env["ai.deployment.sum"].search_fetch(
            [("deployment_id", "=", self.id), ("day", ">=", weeks[0])], ["day", "automatic", *TO_A_PERSON, "waiting"]
        )
        failed = self._failed_per_day(weeks[0])
        if not sums and not any(failed.values()):
            empty = say("No record was asked for in the last %s weeks.", WEEKS)
            return self._chart(title, [], [], empty=empty)

        def per_week(count, opens):
            points = []
            for week in weeks:
                number = count(week, week + timedelta(weeks=1))
                points.append((number, self._number(number), opens(week, week + timedelta(weeks=1))))
            return points

        def asked(start, end):
            return (
                Domain("deployment_id", "=", self.id) & Domain("day", ">=", str(start)) & Domain("day", "<", str(end))
            )

        def logged(route):
            def opens(start, end):
                domain = (
                    Domain("deployment_id", "=", self.id)
                    & Domain("route", "=", route)
                    & Domain("asked_day", ">=", str(start))
                    & Domain("asked_day", "<", str(end))
                )
                return self._open("ai.deployment.inference", say("Log"), domain)

            return opens

        def summed(*names):
            return lambda start, end: sum(sum(row[name] for name in names) for row in sums if start <= row.day < end)

        series = [
            self._series(say("Settled automatically"), "bar", per_week(summed("automatic"), logged("automatic"))),
            self._series(say("To a person"), "bar", per_week(summed(*TO_A_PERSON), logged("review"))),
        ]
        if any(row.waiting for row in sums):
            waiting = per_week(
                summed("waiting"),
                lambda start, end: self._open("ai.deployment.sum", say("Asked and Settled"), asked(start, end)),
            )
            series.append(self._series(say("Waiting"), "bar", waiting))
        failures = per_week(
            lambda start, end: sum(count for day, count in failed.items() if start <= day < end),
            lambda start, end: self._open(
                "ai.deployment.inference",
                say("Could Not Be Scored"),
                self._scored_between(start, end) & Domain("failure_type", "!=", False),
            ),
        )
        series.append(self._series(say("Of them, could not be scored"), "line", failures))
        return self._chart(
            title,
            [format_date(self.env, week, date_format="d MMM") for week in weeks],
            series,
            stacked=True,
            note=say("By the week in which they were asked for. What had not changed is left out."),
        )

    def _failed_per_day(self, start):
        """{day: records that could not be scored at their first time}"""
        self.env["ai.deployment.profile"].flush_model()
        return dict(
            self.env.execute_query(
                SQL(
                    "SELECT day, SUM((counts->>'failed')::int) FROM ai_deployment_profile WHERE day >= %s"
                    " AND version_id IN (SELECT id FROM ai_deployment_version WHERE deployment_id = %s) GROUP BY day",
                    start,
                    self.id,
                )
            )
        )


def _way_to_threshold(line):
    """How far what this test saw is on its way from what is expected to what is not tolerated; None if not tested."""
    fewer = line.threshold < line.reference_share and line.test == "missing"  # asked both ways
    if line.verdict not in JUDGED or not (fewer or line.threshold > line.reference_share):
        return None
    # of a distribution nothing is expected: its share before is 0
    return max((line.statistic - line.reference_share) / (line.threshold - line.reference_share), 0.0)


def _between(field, cuts, place):
    """The values in the interval at `place`; the first and the last one also hold what lies beyond."""
    domain = Domain.TRUE
    if place > 0:
        domain &= Domain(field, ">=", cuts[place])
    if place < len(cuts) - 2:
        domain &= Domain(field, "<", cuts[place + 1])
    return domain


def _midnight(day):
    return Datetime.to_string(datetime.combine(day, time.min))
