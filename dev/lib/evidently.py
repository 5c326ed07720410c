"""Evidently, to compare with: what its drift report takes, and what it flags with its defaults."""

from . import venvs

NAME, PACKAGES = "evidently", ("evidently>=0.7,<0.8", "pandas<3")  # it asks pandas for what pandas 3 has no more
_SETTINGS = {"DO_NOT_TRACK": "1"}
_PROGRAM = """
import json, sys, time
import pandas
from evidently import Dataset, DataDefinition, Report
from evidently.presets import DataDriftPreset
texts = sys.argv[3].split(",")
reference, rows = (pandas.read_csv(path, dtype=dict.fromkeys(texts, "str")) for path in sys.argv[1:3])
definition = DataDefinition(
    numerical_columns=[name for name in reference if name not in texts and name != "window"], categorical_columns=texts
)
windows = [("", rows)] if "window" not in rows else list(rows.groupby("window"))
found, seconds = [], 0.0
for number, current in windows:
    current = current.drop(columns="window", errors="ignore")
    started = time.process_time()
    data = [Dataset.from_pandas(frame, data_definition=definition) for frame in (current, reference)]
    told = Report([DataDriftPreset()]).run(*data).dict()
    seconds += time.process_time() - started
    flagged, whole = [], False
    for metric in told["metrics"]:
        config, value = metric["config"], metric["value"]
        if "column" in config:
            low_is_drift = "p_value" in config["method"]
            value, threshold = float(value), config["threshold"]
            if value < threshold if low_is_drift else value >= threshold:
                flagged.append(config["column"])
        elif "drift_share" in config:
            whole = value["share"] >= config["drift_share"]
    found.append([str(number), flagged, bool(whole)])
print(json.dumps({"seconds": seconds, "windows": found}))
"""


def report_seconds(reference, current, texts):
    """(processor seconds that its drift report takes, None), or (None, why there is none).

    `reference` and `current` are CSV files with the same columns; those named in `texts` are categories. Reading the
    files is not counted.
    """
    found, trouble = reports(reference, current, texts)
    return (found["seconds"], None) if found else (None, trouble)


def reports(reference, rows, texts):
    """({"seconds", "windows": [[window, columns flagged, whether the data set is]]}, None), or (None, why not).

    As `report_seconds`; a column `window` of `rows` splits them into as many reports.
    """
    return venvs.run(NAME, PACKAGES, _PROGRAM, reference, rows, ",".join(texts), settings=_SETTINGS)
