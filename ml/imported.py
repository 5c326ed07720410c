"""A scikit-learn pipeline as a version: its own values, our bins around it.

The pipeline gives the probability; the bins of the reference rows give the codes that
the log, the profiles and the monitors need. What an input adds is not known of a
foreign model. It is found by asking again with that input replaced by its usual
value, for a row made of the typical values of its bins: the log keeps codes, so
that reasons can be given later. These reasons are approximate, and do not add up.

A pipeline gets a table of float64 with NaN where a number is missing, or, where there are
categories among the inputs, of objects: floats, and text or None. Columns stand
in the order of ``features``.
"""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import imported_files
from .approximate import ApproximateCard
from .binning import (
    ABOVE,
    BELOW,
    FIRST,
    MISSING,
    OTHER,
    UNSEEN,
    Bins,
)
from .cards import CardFeature, ScoredRows
from .columns import NUMBER, Column
from .errors import ArtifactRejected, PredictionInvalid
from .logistic import logit

AT_ONCE = 1000  # rows; a pipeline may make many columns of each
MANY = 20  # rows that failed alone; from then on what fails together is not taken apart


class ImportedCard(ApproximateCard):
    """A pipeline with ``predict_proba``, and ``typical`` values per input and code.

    ``file`` holds the ``sha256`` and the ``size`` of the pipeline's file.
    """

    kind = "pipeline"
    own = (*ApproximateCard.own, "typical", "file")

    def __init__(
        self, *arguments: Any, pipeline: Any, typical: list[list], file: dict[str, Any], **others: Any
    ) -> None:
        super().__init__(*arguments, **others)
        self.pipeline = pipeline
        self.typical = [list(values) for values in typical]
        self.file = dict(file)
        self._dtype = np.float64 if all(feature.kind == NUMBER for feature in self.features) else object

    @classmethod
    def from_dict(cls, data: Any, content: Any = None, **parts: Any) -> Any:
        """The card of checked ``data`` and the bytes of its pipeline's file."""
        check_file(content, data["file"])
        pipeline = usable_pipeline(imported_files.load_pipeline(content), [item["name"] for item in data["features"]])
        return super().from_dict(data, pipeline=pipeline, **parts)

    def score(self, columns: dict[str, Column]) -> ScoredRows:
        """As ``Card.score``; contributions are NaN: ask ``contributions`` for those of stored codes.

        A row that the pipeline refuses is that row's PredictionInvalid.
        """
        codes, errors = self._codes(columns)
        table = np.empty(codes.shape, dtype=self._dtype)
        for j, name in enumerate(self.names):
            table[:, j] = columns[name].values
        values = np.full(len(codes), np.nan)
        good = [row for row in range(len(codes)) if row not in errors]
        values[good], failed = self._ask(table[good])
        for place, error in failed.items():
            errors[good[place]] = error
        raw = logit(values)
        with np.errstate(invalid="ignore"):
            predictions, confidences = self._verdicts(raw, values)
        if errors:
            predictions[list(errors)] = False
            confidences[list(errors)] = 0.0
        return ScoredRows(
            codes=codes,
            contributions=np.full(codes.shape, np.nan),
            raw=raw,
            values=values,
            predictions=predictions,
            confidences=confidences,
            errors=errors,
            support=self.support(codes),
        )

    def _ask(self, table: np.ndarray) -> tuple[np.ndarray, dict]:
        """((n,) probabilities, {row: error}); a part that fails is halved to find the rows at fault."""
        values, failed = np.full(len(table), np.nan), {}
        parts = [np.arange(i, min(i + AT_ONCE, len(table))) for i in range(0, len(table), AT_ONCE)]
        while parts:
            rows = parts.pop()
            try:
                values[rows] = probabilities(self.pipeline, table[rows])
            except PredictionInvalid as error:
                if len(rows) == 1 or len(failed) >= MANY:
                    failed.update(dict.fromkeys(rows.tolist(), error))
                else:
                    parts += np.array_split(rows, 2)
        return values, failed

    def contributions(self, codes: ArrayLike) -> np.ndarray:
        """(n, k) log odds that each input moves, away from its usual value; 0 where the pipeline refuses."""
        self._places(codes)  # refuses codes of another version
        codes = np.asarray(codes)
        n, k = codes.shape
        # Each row as it is, then once for every input with that input made usual.
        asked = np.repeat(codes[:, None, :], k + 1, axis=1)
        for j, feature in enumerate(self.features):
            asked[:, j + 1, j] = usual_code(feature)
        raw = self.raw(asked.reshape(n * (k + 1), k)).reshape(n, k + 1)
        return np.nan_to_num(raw[:, :1] - raw[:, 1:], nan=0.0)

    def raw(self, codes: np.ndarray) -> np.ndarray:
        """(n,) log odds of rows made of the typical values of their bins; NaN where the pipeline refuses.

        Close to those of a scored row, not equal: a bin holds many values.
        """
        table = np.empty(np.shape(codes), dtype=self._dtype)
        for j, (feature, values) in enumerate(zip(self.features, self.typical, strict=True)):
            if feature.kind == NUMBER:
                values = [np.nan if value is None else float(value) for value in values]
            table[:, j] = np.array(values, dtype=self._dtype)[codes[:, j]]
        return logit(self._ask(table)[0])


def check_file(content: Any, file: Any) -> None:
    """ArtifactRejected unless ``content`` are the very bytes that ``file`` describes."""
    if not isinstance(content, bytes) or not content:
        raise ArtifactRejected("the file of the pipeline is missing")
    if len(content) != file["size"] or hashlib.sha256(content).hexdigest() != file["sha256"]:
        raise ArtifactRejected("the file of the pipeline does not match its digest: it was changed")


def usable_pipeline(pipeline: Any, names: list[str]) -> Any:
    """``pipeline`` if it can score the inputs ``names`` in this order, made safe to share; or ArtifactRejected."""
    try:
        _check_use(pipeline, names)
        _make_plain(pipeline, set())
    except ArtifactRejected:
        raise
    except Exception as error:
        raise ArtifactRejected(f"the pipeline is damaged ({type(error).__name__})") from error
    return pipeline


def _check_use(pipeline: Any, names: list[str]) -> None:
    if not callable(getattr(pipeline, "predict_proba", None)):
        raise ArtifactRejected("the pipeline gives no probabilities (it has no predict_proba)")
    classes = np.asarray(getattr(pipeline, "classes_", ())).tolist()
    if classes != [0, 1]:  # or False and True, which are equal to these
        raise ArtifactRejected("the pipeline must tell two classes apart, 0 and 1, the second being what is predicted")
    wanted = getattr(pipeline, "n_features_in_", None)
    if wanted != len(names):
        raise ArtifactRejected(f"the pipeline reads {wanted} inputs, and {len(names)} are declared")
    own = names_of(pipeline)
    if own is not None and own != list(names):
        raise ArtifactRejected(f"the pipeline reads its inputs in another order: {', '.join(own)}")


def names_of(pipeline: Any) -> list[str] | None:
    """Names of the columns that the pipeline was fitted on, in order, or None where it does not know."""
    try:
        names = getattr(pipeline, "feature_names_in_", None)
        return None if names is None else [str(name) for name in np.asarray(names).tolist()]
    except Exception as error:
        raise ArtifactRejected(f"the pipeline is damaged ({type(error).__name__})") from error


def _check_forest(model: Any) -> None:
    """The trees of a model read no input that it does not have: compiled code does not look."""
    for tree in (model, *list(getattr(model, "estimators_", ()))):
        if hasattr(tree, "tree_") and not tree.tree_.n_features == tree.n_features_in_ == model.n_features_in_:
            raise ArtifactRejected("a tree of the pipeline reads other inputs than its model")


def _make_plain(thing: Any, seen: set[int]) -> None:
    """Take out what is of no use for scoring: names (tables come without), threads, caches on disk, talk."""
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, dict):
        below = list(thing.values())
    elif isinstance(thing, list | tuple):
        below = list(thing)
    elif hasattr(thing, "get_params"):
        _check_forest(thing)
        own = vars(thing)
        own.pop("feature_names_in_", None)
        own.pop("_sklearn_output_config", None)
        own.update({key: plain for key, plain in (("n_jobs", None), ("memory", None), ("verbose", 0)) if key in own})
        below = list(own.values())
    elif hasattr(thing, "__dict__") and not callable(thing):
        below = list(vars(thing).values())
    else:
        return
    for each in below:
        _make_plain(each, seen)


def probabilities(pipeline: Any, table: np.ndarray) -> np.ndarray:
    """(n,) probabilities of the second class, finite and in [0, 1]; or PredictionInvalid for the whole table."""
    try:
        with np.errstate(all="ignore"):
            answer = np.asarray(pipeline.predict_proba(table), dtype=np.float64)
    except Exception as error:
        raise PredictionInvalid(f"the pipeline refused the record ({type(error).__name__})") from error
    if answer.shape != (len(table), 2):
        raise PredictionInvalid("the pipeline did not answer with two probabilities")
    values = answer[:, 1]
    if not (np.isfinite(values) & (values >= 0) & (values <= 1)).all():
        raise PredictionInvalid("not a number from 0 to 1")
    return values


def usual_code(feature: CardFeature) -> int:
    """The code of the median number, or of the most frequent level, over the reference."""
    counts = np.array(feature.counts, dtype=np.int64)
    if feature.kind == NUMBER and counts[FIRST:].sum():
        inner = counts[FIRST:].cumsum()
        return FIRST + int(np.searchsorted(inner, inner[-1] / 2))
    return int(counts.argmax()) if counts.sum() else MISSING


def typical_values(bins: Bins, column_values: np.ndarray, codes: np.ndarray) -> list[Any]:
    """Per code of ``bins`` a value that stands for it: a median, a level; None where nothing can.

    >>> from .binning import NumericBins
    >>> ages = np.array([1.0, 2.0, 3.0, 50.0])
    >>> bins = NumericBins(1, 50, [10])
    >>> typical_values(bins, ages, bins.codes(ages))
    [None, 1.0, 50.0, 2.0, 50.0]
    """
    typical: list[Any] = [None] * bins.size
    if bins.kind == NUMBER:
        for code in range(FIRST, bins.size):
            inside = column_values[codes == code]
            typical[code] = float(np.median(inside)) if len(inside) else float(bins.bounds(code)[0])
        typical[BELOW], typical[ABOVE] = bins.low, bins.high
        return typical
    for code in (UNSEEN, OTHER):
        inside = column_values[codes == code]
        typical[code] = inside[0] if len(inside) else None
    typical[FIRST:] = bins.levels
    return typical
