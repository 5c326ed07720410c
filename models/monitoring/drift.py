"""Input drift: the intake of the last week against the reference, and an alert for what moved.

The statistics are `ml.quality` (is the data complete and plausible?) and `ml.drift` (has it moved?); here is decided
which window is compared with what. The texts that an owner reads are in `drift_wording`.
"""

from collections.abc import Callable
from datetime import date
from functools import partial

from odoo.models import BaseModel

from ...ml import drift, joint, quality
from ...ml.binning import CategoryBins, NumericBins
from ...ml.drift import DriftResult
from ...ml.profile import PREDICTION, SCORE, Profile, bins_of
from ..alerting.alert_kinds import DRIFT, QUALITY, Cause
from ..tools import clock
from ..tools.told import Told, told
from .alarms import Alarms
from .drift_windows import DriftWindows
from .drift_wording import DriftWording
from .estimated_performance import EstimatedPerformance
from .reference_builder import ReferenceBuilder
from .report_series import ReportSeries

MIN_ROWS = 50  # under which a window has no verdict


class DriftMonitor:
    """Compares what the serving version scores with its reference.

    :param deployment: `ai.deployment`, in sudo
    """

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment, self.version = deployment, deployment.champion_id
        self.env = deployment.env
        self.series = ReportSeries(deployment, self.version, "drift")
        self.wording = DriftWording(deployment, self.version)

    def report(self) -> BaseModel:
        """Report on the window that ends today; return the report, empty where no window is due."""
        end, start = clock.today(), self.series.start()
        if not start or not self.series.is_due(start, end):
            return self.series.reports
        window = self.env["ai.deployment.profile"]._sum(self.version, start, end)
        return self.report_on(window, start, end)

    def report_on(self, window: Profile, start: date, end: date) -> BaseModel:
        """Judge `window`, the counts from `start` up to, not including, `end`: report, alerts, proposed reference."""
        references = self.env["ai.deployment.reference"]
        reference, noise, is_provisional = references._of(self.version)
        like = references._like(self.version, start, end)
        compared, own_noise = like or (reference, noise)
        bins, windows = bins_of(self.version._card()), DriftWindows(self.deployment, self.version, window, start, end)
        age = (end - self.version.trained_date.date()).days + self.deployment.horizon_days
        faults = quality.judge_quality(
            bins,
            reference,
            window,
            weeks=windows.counts,
            opened=windows.opened(),
            last_year=windows.counts_last_year(),
            before=windows.before(),
            noise=noise,
            age=age,
            min_rows=MIN_ROWS,
        )
        if start == windows.first:  # a first load brings what has been there for long
            faults = [result for result in faults if result.test != quality.LATE]
        moved, pairs, years = [], joint.JointResult(), windows.years
        # of all ages, while versions that learn from later moments are compared with what comes in
        is_first_load = self.deployment.landmarks and start == windows.first
        if window.rows and not is_first_load:
            moved = drift.judge(
                bins,
                compared,
                window,
                delta2=drift.PRESETS[self.deployment.drift_sensitivity],
                min_rows=MIN_ROWS,
                noise=own_noise,
                broken=quality.broken(faults),
                year=years.get(windows.weeks),
                longer=windows.longer(reference, noise),
                told=windows.told(),
                age=age,
            )
        if window.rows >= MIN_ROWS:
            pairs = windows.pairs(bins)
        results = [*drift.by_input(moved, bins), *drift.by_input(faults, bins)]
        lines = [self._line(result, bins) for result in results]
        if window.rows >= MIN_ROWS:
            lines += [self._pairs_line(pairs, bins), *EstimatedPerformance(self.deployment).lines(start, end)]
        report = self.series.create(
            start,
            end,
            lines,
            row_count=window.rows,
            failed_count=window.failed,
            reference_count=compared.rows,
            is_provisional=is_provisional,
            is_like=bool(like),
            is_seasonal=windows.weeks in years and years[windows.weeks].rows >= drift.MIN_YEAR_ROWS,
            blind_spot=self._told(
                lambda wording: wording.blind_spot(windows, window, drift.by_input(moved, bins), noise, bool(like))
            ),
            verdict=_verdict(window, lines),
            summary=self._told(lambda wording: wording.summary(window, lines, MIN_ROWS)),
        )
        self._update_alerts(report)
        ReferenceBuilder(self.deployment).propose()
        return report

    def _told(self, say: Callable[[DriftWording], str]) -> Told:
        """Return what `say` says, in the words of every language."""
        return told(self.env, lambda env: say(DriftWording(self.deployment.with_env(env), self.version)))

    def _line(self, result: DriftResult, bins: dict[str, NumericBins | CategoryBins]) -> dict:
        return {
            "key": result.name,
            "label": self._told(lambda wording: wording.column_label(result.name)),
            "test": result.test,
            "statistic": result.statistic,
            "threshold": result.threshold,
            # a test that was not made proves nothing: 1, not the 0 that an empty float reads as
            "p_value": 1.0 if result.p_value is None else result.p_value,
            "adjusted_p": 1.0 if result.adjusted_p is None else result.adjusted_p,
            "exceeded": result.exceeded,
            "verdict": result.verdict,
            "weeks": result.weeks,
            "effect": result.effect,
            "reference_share": result.reference_share or 0.0,
            "window_share": result.window_share or 0.0,
            "codes": _codes_of(result),
            "text": self._told(lambda wording: wording.movement(result, bins)),
        }

    def _pairs_line(self, found: joint.JointResult, bins: dict[str, NumericBins | CategoryBins]) -> dict:
        """Return the line about inputs that belong together."""
        return {
            "key": joint.PAIRS,
            "label": self._told(lambda wording: wording.column_label(joint.PAIRS)),
            "test": joint.JOINT,
            "statistic": found.statistic,
            "threshold": found.threshold or 0.0,
            "p_value": 1.0 if found.p_value is None else found.p_value,
            "adjusted_p": 1.0 if found.adjusted_p is None else found.adjusted_p,
            "exceeded": found.exceeded,
            "verdict": found.verdict,
            "reference_share": found.expected,
            "window_share": found.found,
            "text": self._told(lambda wording: wording.pairs(found, bins)),
        }

    def _update_alerts(self, report: BaseModel) -> None:
        alarms = Alarms(self.series)
        judged = report.line_ids.filtered(lambda line: line.verdict != "cannot_judge")
        score_moved = any(line.exceeded for line in judged if line.key in (SCORE, PREDICTION)) or any(
            line.high < line.threshold for line in judged if line.key == "estimate:auc"
        )
        for line in judged:
            kind = QUALITY if line.test in quality.TESTS else DRIFT
            cause = str(Cause(kind, f"{line.key}:{line.test}"))
            onset = alarms.update(line, cause)
            if not onset:
                continue
            # A shape that moved without moving the score, and costs nothing as far as can be estimated, is worth
            # knowing, not worth interrupting somebody.
            quiet = (
                (line.test in ("shape", joint.JOINT) and not score_moved)
                or line.test == quality.REVIEW
                or line._is_filled()
            )
            alert = alarms.alerts._raise(
                self.deployment,
                cause,
                name=self._told(partial(_alert_name, line=line, onset=onset)),
                level="notice" if quiet else "alert",
                suggestion=self._told(partial(_suggestion, line=line)),
                onset=onset,
                report=report,
            )
            alert.line_id = line


def _alert_name(wording: DriftWording, line: BaseModel, onset: date) -> str:
    return wording.alert(line.with_env(wording.env), onset)


def _suggestion(wording: DriftWording, line: BaseModel) -> str:
    return wording.suggestion(line)


def _verdict(window: Profile, lines: list[dict]) -> str:
    if window.rows < MIN_ROWS:
        return "cannot_judge"
    return "drifted" if any(line["exceeded"] for line in lines) else "quiet"


def _codes_of(result: DriftResult) -> list[int] | dict:
    """Return the codes in question as a line keeps them: with their column where it is not that of the whole input."""
    column = result.parts[0].name if result.parts else result.name
    codes = list(result.codes)
    return codes if column == result.name or not codes else {"column": column, "codes": codes}
