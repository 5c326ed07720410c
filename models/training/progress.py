"""The steps of a training, and who is told of them. A training in the caller's transaction tells nobody."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ...ml.columns import Column

COLLECT, CLEAN, FIT, CALIBRATE, TEST, COMPARE, VERDICT = STEPS = (
    "collect",
    "clean",
    "fit",
    "calibrate",
    "test",
    "compare",
    "verdict",
)


class Progress:
    """What a training tells while it works; here, nothing is done with it."""

    def begin(self, step: str) -> None:
        """Note that `step` begins, and that the one before it is finished."""

    def collected(self, ids: list[int], columns: dict[str, Column], moments: np.ndarray, labels: np.ndarray) -> None:
        """Note what was read: ids (rows,), columns by name, days (rows,) ascending, bool (rows,)."""

    def cleaned(self, find: Callable[[], list[dict]]) -> None:
        """Note what is not learned from: `find()` returns it as `cleaning.Cleaning.find` does."""

    def fitted(self, tested: Any, training: Any) -> None:
        """Note the training that was tested and the one whose card serves."""

    def tested(self, values: dict) -> None:
        """Note what the test found, as values of the version."""

    def in_time(self, work: Callable[[], Any]) -> Any:
        """Return `work()`, done at the moment of the work where the clock stands at the moment of the data."""
        return work()

    def compared(self, values: dict) -> None:
        """Note how the new version did against the serving one, as values of the version."""
