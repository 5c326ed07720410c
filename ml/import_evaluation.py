"""A pipeline's file and labelled rows in, a tested version out.

Nothing is learned here: the pipeline is what it is. The rows give the bins around it, the
reference of the monitors, and the figures on the latest rows, by the protocol that
every version is tested by. Whether the pipeline has seen these rows when it was made,
nobody here can know.
"""

import hashlib
import time
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np

from . import imported_files
from .binning import CategoryBins, NumericBins
from .calibration import Identity
from .cards import CardFeature, score_bins_of
from .columns import NUMBER, Column
from .errors import ArtifactRejected
from .imported import (
    ImportedCard,
    names_of,
    typical_values,
    usable_pipeline,
)
from .profile import Profile
from .table import check_cases, make_table
from .training import Training, tested_figures

EXPLAINED = 300  # reference rows that importances and average points are taken from
REFUSED = 0.05  # of the rows; a pipeline that refuses more does not fit these records


def evaluate_pipeline(
    content: bytes,
    columns: dict[str, Column],
    labels: np.ndarray,
    moments: np.ndarray,
    *,
    required: Collection[str] = (),
    expected_digest: str | None = None,
    max_bins: int = 64,
    min_cases: int = 50,
    seed: int = 0,
) -> Training:
    """Check, wrap and test the pipeline in the bytes ``content``; a ``Training``.

    Columns, labels and moments as for ``train_scorecard``. The pipeline must read
    exactly these inputs: by name where it knows names, else in the order of
    ``columns``. ``expected_digest`` is the sha256 that was announced, if any.
    Raises ArtifactRejected for the file, TrainingError for the rows.
    """
    started = time.perf_counter()
    digest = hashlib.sha256(content).hexdigest() if isinstance(content, bytes) else ""
    if expected_digest and expected_digest.strip().lower() != digest:
        raise ArtifactRejected("the file is not the one that was announced: its SHA-256 is another")
    pipeline = imported_files.load_pipeline(content)
    names = _order(pipeline, list(columns))
    pipeline = usable_pipeline(pipeline, names)
    table = make_table({name: columns[name] for name in names}, moments, labels, required=required)
    check_cases(table.labels, min_cases)
    features, typical = [], []
    for name, column in table.columns.items():
        values = column.values[table.usable]
        fit = NumericBins.fit if column.kind == NUMBER else CategoryBins.fit
        bins = fit(values, max_bins)
        codes = bins.codes(values)
        counts = np.bincount(codes, minlength=bins.size)
        features.append(CardFeature(name, column.kind, bins, np.zeros(bins.size), name in required, counts))
        typical.append(typical_values(bins, values, codes))
    own = {
        "pipeline": pipeline,
        "typical": typical,
        "file": {"sha256": digest, "size": len(content)},
        "threshold": 0.5,
    }
    bare = ImportedCard(features, 0.0, Identity(), score_bins_of([]), importances=[0.0] * len(names), **own)
    scored = bare.score(table.columns)
    refused = [error for row, error in scored.errors.items() if table.usable[row]]
    if len(refused) > REFUSED * len(table):
        raise ArtifactRejected(f"of {len(table)} labelled records it cannot score {len(refused)}: {refused[0].reason}")
    features, importances = bare.averages(_some(scored.codes[table.usable], seed))
    values = scored.values[table.usable]
    bins = score_bins_of(values[np.isfinite(values)])
    card = ImportedCard(features, 0.0, Identity(), bins, importances=importances, **own)
    scored = card.score(table.columns)
    test = table.test[np.isfinite(scored.values[table.test])]
    metrics = {
        "rows": len(table),
        "positives": int(table.labels.sum()),
        "unusable_rows": int(len(table) - table.usable.sum()),
        "refused_rows": len(refused),
        "inputs": len(names),
        **tested_figures(scored, replace(table, test=test)),
        "seconds": time.perf_counter() - started,
    }
    return Training(card, metrics, Profile.of(card, scored))


def _order(pipeline: Any, declared: list[str]) -> list[str]:
    """The names of the inputs in the order in which the pipeline reads them."""
    own = names_of(pipeline)
    if own is None:
        return declared
    if sorted(own) != sorted(declared):
        missing = sorted(set(own) - set(declared))
        what = f"reads {missing[0][:80]!r}, which is not declared" if missing else "does not read all declared inputs"
        raise ArtifactRejected(f"the pipeline {what}; it reads: {', '.join(name[:80] for name in own[:50])}")
    return own


def _some(codes: np.ndarray, seed: int) -> np.ndarray:
    """Up to ``EXPLAINED`` of the rows of ``codes``, in their order."""
    return codes[np.sort(np.random.default_rng(seed).permutation(len(codes))[:EXPLAINED])]
