"""NannyML, to compare with: what its univariate drift calculator flags with its defaults, by weeks."""

from . import venvs

NAME = "nannyml"
PACKAGES = (
    "nannyml==0.13.1",
    "pandas<3",
    "statsmodels",
    "setuptools<81",
)  # it imports the last two without naming them
_SETTINGS = {"NML_DISABLE_USAGE_LOGGING": "1"}
_PROGRAM = """
import json, sys, time
import nannyml, pandas
texts = sys.argv[3].split(",")
frames = [pandas.read_csv(path, dtype=dict.fromkeys(texts, "str")) for path in sys.argv[1:3]]
for frame in frames:
    frame["moment"] = pandas.Timestamp("2024-01-01") + pandas.to_timedelta(7 * frame.pop("window"), unit="D")
names = [name for name in frames[0] if name != "moment"]
started = time.process_time()
calculator = nannyml.UnivariateDriftCalculator(column_names=names, timestamp_column_name="moment", chunk_period="W")
calculator.fit(frames[0])
told = calculator.calculate(frames[1]).filter(period="analysis").to_df()
seconds = time.process_time() - started
windows = [
    [str(place), [name for name in names if bool(told[(name, "jensen_shannon", "alert")].iloc[place])], False]
    for place in range(len(told))
]
print(json.dumps({"seconds": seconds, "windows": windows}))
"""


def reports(reference, rows, texts):
    """({"seconds", "windows": [[week, columns flagged, False]]}, None), or (None, why not).

    CSV files with a column `window`, the week of each row; those named in `texts` are categories.
    """
    return venvs.run(NAME, PACKAGES, _PROGRAM, reference, rows, ",".join(texts), settings=_SETTINGS)
