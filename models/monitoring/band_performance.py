"""Bands of the score against outcomes: which share of each came true, and whether they differ."""

from collections.abc import Callable, Sequence

from odoo.models import BaseModel

from ...ml.bands import Band, band_test
from ..documents.score_validity import HIGH, LOW, MIDDLE
from ..tools.told import Told, told
from ..tools.wording import number, percent
from .performance_wording import UNTESTED


class BandPerformance:
    """Lines of a report about the words that sellers see.

    :param deployment: `ai.deployment`, in sudo
    """

    def __init__(self, deployment: BaseModel) -> None:
        self.deployment, self.env = deployment, deployment.env
        documents = self.env[deployment.res_model]
        self.names, self.words = documents._ai_band_names(), documents._ai_words()

    def lines(self, labels: Sequence[bool], values: Sequence[float]) -> list[dict]:
        """Return a line per band, and one for each two neighbours that outcomes do not tell apart.

        :param labels: (n,) what came true
        :param values: (n,) the scores; they fall into bands by the limits of today
        """
        counts = dict.fromkeys((HIGH, MIDDLE, LOW), (0, 0))
        for label, value in zip(labels, values, strict=True):
            band = self._band_of(value)
            rows, hits = counts[band]
            counts[band] = rows + 1, hits + bool(label)
        test = band_test(counts)
        lines = [self._line(band) for band in test.bands]
        lines += [self._pair_line(pair, BandPerformance._same_text) for pair in test.overlapping]
        return lines + [self._pair_line(pair, BandPerformance._reversed_text) for pair in test.reversed]

    def _told(self, say: Callable[["BandPerformance"], str]) -> Told:
        """Return what `say` says, in the words of every language."""
        return told(self.env, lambda env: say(BandPerformance(self.deployment.with_env(env))))

    def _band_of(self, value: float) -> str:
        if value >= self.deployment.band_high:
            return HIGH
        return MIDDLE if value >= self.deployment.band_low else LOW

    def _text(self, band: Band) -> str:
        return self.env._(
            "%(band)s: %(hits)s %(positives)s among %(rows)s %(records)s, %(share)s (%(low)s to %(high)s)",
            band=self.names[band.code],
            hits=number(self.env, band.positives),
            positives=self.words.get("positives", self.words["positive"]),
            rows=number(self.env, band.rows),
            records=self.words["records"],
            share=percent(self.env, band.share),
            low=percent(self.env, band.low),
            high=percent(self.env, band.high),
        )

    def _line(self, band: Band) -> dict:
        return {
            **UNTESTED,
            "key": f"band:{band.code}",
            "label": self._told(lambda there: there.names[band.code]),
            "test": "band",
            "statistic": band.share,
            "low": band.low,
            "high": band.high,
            "text": self._told(lambda there: there._text(band)),
        }

    def _pair_line(self, pair: tuple[str, str], say: Callable[["BandPerformance", tuple[str, str]], str]) -> dict:
        one, two = pair
        return {
            **UNTESTED,
            "key": f"band:{one}:{two}",
            "label": self._told(
                lambda there: there.env._("%(one)s and %(two)s", one=there.names[one], two=there.names[two])
            ),
            "test": "band",
            "statistic": None,
            "low": None,
            "high": None,
            "text": self._told(lambda there: say(there, pair)),
        }

    def _same_text(self, pair: tuple[str, str]) -> str:
        above, below = (self.names[code] for code in pair)
        return self.env._(
            "The outcomes do not tell “%(above)s” from “%(below)s” so far: read the difference between the two with "
            "care, or move the limits apart.",
            above=above,
            below=below,
        )

    def _reversed_text(self, pair: tuple[str, str]) -> str:
        above, below = (self.names[code] for code in pair)
        return self.env._(
            "“%(above)s” did worse than “%(below)s”: do not rely on these words until a new version serves.",
            above=above,
            below=below,
        )
