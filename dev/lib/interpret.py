"""InterpretML's explainable boosting machine, and the tables that lifelines and statsmodels bring along."""

from . import venvs

NAME = "interpret"
PACKAGES = ("interpret-core[ebm]>=0.7,<0.8", "lifelines>=0.30", "statsmodels>=0.14", "scikit-learn", "pandas<3")

_TABLES = """
import json, sys
import lifelines.datasets, statsmodels.api
found = {}
for name in sys.argv[1].split(","):
    package, table = name.split(".")
    if package == "lifelines":
        frame = getattr(lifelines.datasets, "load_" + table)()
    else:
        frame = getattr(statsmodels.api.datasets, table).load_pandas().data
    found[name] = {
        column: [None if value != value else value for value in frame[column].tolist()] for column in frame
    }
print(json.dumps(found))
"""

_PREDICTIONS = """
import json, sys, time
import numpy
from interpret.glassbox import ExplainableBoostingClassifier
found = []
for task in json.load(open(sys.argv[1])):
    columns = [numpy.array(task["learn"][name], dtype=object) for name in task["learn"]]
    asked = [numpy.array(task["asked"][name], dtype=object) for name in task["learn"]]
    types = [task["kinds"][name] for name in task["learn"]]
    known, rows = (
        numpy.stack([c.astype(float) if t == "continuous" else c for c, t in zip(cols, types)], axis=1).astype(object)
        for cols in (columns, asked)
    )
    started = time.process_time()
    model = ExplainableBoostingClassifier(feature_types=types, random_state=0, n_jobs=1)
    model.fit(known, numpy.array(task["labels"]))
    seconds = time.process_time() - started
    found.append({"values": model.predict_proba(rows)[:, 1].round(6).tolist(), "seconds": seconds})
print(json.dumps(found))
"""


def tables(names):
    """({name: {column: values}}, None) of names such as "lifelines.rossi", or (None, why there are none)."""
    return venvs.run(NAME, PACKAGES, _TABLES, ",".join(names))


def predictions(tasks):
    """([{"values", "seconds"}] of each task in the file `tasks`, None), or (None, why there are none)."""
    return venvs.run(NAME, PACKAGES, _PREDICTIONS, tasks)
