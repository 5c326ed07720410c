"""Set-ups of documents: a deployment whose scores time and events of a lead change."""

import numpy as np

from odoo import Command

from odoo.addons.ai_deployment.ml.binning import NumericBins
from odoo.addons.ai_deployment.ml.calibration import Identity
from odoo.addons.ai_deployment.ml.cards import CardFeature
from odoo.addons.ai_deployment.ml.columns import NUMBER
from odoo.addons.ai_deployment.ml.scorecard import Scorecard
from odoo.addons.ai_deployment.tests.common import AiDeploymentCase


class LivingCase(AiDeploymentCase):
    """A deployment in production that reads the course of leads, and a lead that it has scored."""

    DECLARED = ()  # measures of the course
    EDGES = {}  # {measure: where its chance turns}, of the version that serves at first
    POINTS = (0.5, -0.5)  # below an edge, and from it on

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.deployment.state = "suspended"
        cls.living = cls.make_deployment(
            name="Living",
            landmarks=True,
            min_confidence=0.0,
            viewer_group_ids=[Command.set(cls.viewer_group.ids)],
            features=[{"source": "course", "course": name} for name in cls.DECLARED],
        ).sudo()
        cls.reads(cls.EDGES)
        cls.living.state = "shadow"
        cls.lead = cls.make_leads()
        cls.living._score(cls.lead)
        cls.living.state = "production"
        cls.env.cr.flush()

    @classmethod
    def reads(cls, edges):
        """Let a version serve on which each of the measures moves the chance at its edge."""
        counts, points = np.array([0, 0, 0, 500, 500]), np.array([0, 0, 0, *cls.POINTS])
        features = [
            CardFeature(f"course:{name}", NUMBER, NumericBins(0, 9000, [edge]), points, False, counts)
            for name, edge in edges.items()
        ]
        cls.serve(cls.living, Scorecard(features, 0.0, Identity(), NumericBins(0, 1, [0.5])))
