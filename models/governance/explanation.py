"""The text that finance, legal or IT read and sign: what a deployment is for, reads and cannot do.

The text is made from the records: purpose and limits as the owner wrote them, and the inputs as they are declared. A
signature is for one text (`digest`); when a word or an input changes, it counts no more.
"""

import hashlib
import json

from odoo.models import BaseModel

FEWEST_WORDS = 5  # of a purpose, and of limits


class Explanation:
    """The explanation of one deployment, handed in as a sudo record where the reader may not read all of it."""

    def __init__(self, deployment: BaseModel) -> None:
        deployment.ensure_one()
        self.deployment = deployment
        self.env = deployment.env

    def content(self) -> dict:
        """Return what is signed, as plain data."""
        deployment = self.deployment
        return {
            "name": deployment.name or "",
            "purpose": (deployment.purpose or "").strip(),
            "limits": (deployment.limits or "").strip(),
            "model": deployment.res_model or "",
            "method": deployment.method,
            "domain": deployment.domain or "[]",
            "inputs": sorted(
                [one.key or "", one.own_name or "", bool(one.sensitive)] for one in deployment.feature_ids
            ),
        }

    def digest(self) -> str:
        """Return a SHA-256 (hexadecimal) of the content: the same text has the same digest."""
        return hashlib.sha256(json.dumps(self.content(), sort_keys=True).encode()).hexdigest()

    def html(self) -> str:
        """Return the text as HTML in the language of the reader."""
        deployment = self.deployment
        methods = dict(deployment._fields["method"]._description_selection(self.env))
        return self.env["ir.qweb"]._render(
            "ai_deployment.explanation",
            {
                "text": self.content(),
                "method": methods.get(deployment.method, ""),
                "records": deployment.model_id.name or "",
                "inputs": sorted((one.name or "", bool(one.sensitive)) for one in deployment.feature_ids),
            },
        )

    def gap(self) -> str:
        """Return what the text still lacks, or an empty string where it can be signed."""
        if len((self.deployment.purpose or "").split()) < FEWEST_WORDS:
            return self.env._("The purpose is missing: write a sentence that a colleague in finance understands.")
        if len((self.deployment.limits or "").split()) < FEWEST_WORDS:
            return self.env._("The limitations are missing.")
        if not self.deployment.feature_ids:
            return self.env._("There are no inputs, so there is nothing to explain.")
        return ""
