"""PyOD's detectors with their defaults, on the same columns, in an environment of its own.

What is missing is filled with the median; a category is how rare its level is in the reference; columns are scaled,
which the nearest neighbours of LOF need. LOF learns from at most 10,000 rows of the reference, drawn by chance: its
time grows with their square.
"""

from . import venvs

PACKAGES = ["pyod==3.6.7", "numpy>=2,<3", "scikit-learn>=1.5"]
DETECTORS = ("ECOD", "COPOD", "IForest", "LOF")
PROGRAM = """
import json, sys, time
import numpy as np
from pyod.models.copod import COPOD
from pyod.models.ecod import ECOD
from pyod.models.iforest import IForest
from pyod.models.lof import LOF

tables = np.load(sys.argv[1])
known, asked, rate = tables["known"], tables["asked"], float(sys.argv[3])
middle = np.nanmedian(known, axis=0)
known, asked = (np.where(np.isnan(rows), middle, rows) for rows in (known, asked))
mean, spread = known.mean(axis=0), known.std(axis=0)
known, asked = ((rows - mean) / np.where(spread > 0, spread, 1) for rows in (known, asked))
few = known[np.sort(np.random.default_rng(0).permutation(len(known))[:10_000])]
scores, seconds, flagged = {}, {}, {}
for name, rows, detector in (
    ("ECOD", known, ECOD(contamination=rate)),
    ("COPOD", known, COPOD(contamination=rate)),
    ("IForest", known, IForest(contamination=rate, random_state=0)),
    ("LOF", few, LOF(contamination=rate)),
):
    started = time.process_time()
    detector.fit(rows)
    scores[name] = detector.decision_function(asked)
    seconds[name] = time.process_time() - started
    flagged[name] = float((scores[name] > detector.threshold_).mean())
np.savez(sys.argv[2], **scores)
print(json.dumps({"seconds": seconds, "flagged": flagged}))
"""


def scores(known, asked, rate, folder):
    """({detector: (n,) scores of `asked`}, {"seconds", "flagged"} by detector, None), or (None, None, why not).

    :param known: (m, k) reference rows in numbers, NaN where missing; `asked` (n, k)
    :param rate: share of the reference that a detector is to flag
    """
    import numpy as np

    np.savez(folder / "tables.npz", known=known, asked=asked)
    found, trouble = venvs.run("pyod", PACKAGES, PROGRAM, folder / "tables.npz", folder / "scores.npz", rate)
    if trouble:
        return None, None, trouble
    with np.load(folder / "scores.npz") as values:
        return {name: values[name] for name in DETECTORS}, found, None
