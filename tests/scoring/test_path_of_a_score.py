"""The path of a score through the code, from the server action to the log: few files, and no going back and forth.

Traced are calls from one file of `models/` into another: what Odoo calls by itself (computes, searches) does not count.
The path is followed in the packages that score, `scoring` and `routing`. What they ask of others (the inputs, the
version, the document, the ledger) is one call each, and has no bound. The test tells the whole path where it fails.
"""

import sys
from pathlib import Path

from odoo.tests import tagged

from odoo.addons.ai_deployment.models.tools import clock
from odoo.addons.ai_deployment.tests.common import NOW, AiDeploymentCase

MODELS = f"{Path(__file__).parents[2] / 'models'}/"
FOLLOWED = ("ir_actions_server.py", "scoring/", "routing/")
MOST_FILES = 12
MOST_RETURNS = 3  # calls into a file that the path had left already


class ScorePath:
    """The files that calls lead through, in order."""

    def __init__(self):
        self.files = []

    def __enter__(self):
        sys.setprofile(self._look)
        return self

    def __exit__(self, *_exception):
        sys.setprofile(None)

    def _look(self, frame, event, _argument):
        if event == "call" and frame.f_back:
            file, caller = _file_of(frame), _file_of(frame.f_back)
            if file == "tools/batch_insert.py" and frame.f_code.co_name == "write":
                sys.setprofile(None)  # the log is written
            elif file and file != caller and not file.startswith("tools/") and (caller or not self.files):
                self.files.append(file)

    @property
    def followed(self):
        """The files of the packages that score; each once where it is called several times in a row."""
        files = [file for file in self.files if file.startswith(FOLLOWED)]
        return [file for place, file in enumerate(files) if not place or files[place - 1] != file]


def _file_of(frame):
    name = frame.f_code.co_filename
    return name[name.index(MODELS) + len(MODELS) :] if MODELS in name else ""


@tagged("post_install", "-at_install")
class TestPathOfAScore(AiDeploymentCase):
    def score_one(self):
        lead = self.make_leads(1)
        self.env.flush_all()
        action = self.deployment.action_server_id.with_context(
            active_model="crm.lead", active_id=lead.id, active_ids=lead.ids
        )
        with clock.at(NOW), ScorePath() as path:
            action.run()
        self.assertEqual(len(self.inferences_of(lead)), 1)
        return path

    def test_a_score_passes_few_files_and_none_twice(self):
        self.go_live()
        self.score_one()  # fills caches
        path = self.score_one()
        told = f"{path.followed}\nwith those of other packages: {path.files}"
        self.assertIn("scoring/inference_writer.py", path.followed)
        self.assertLessEqual(len(set(path.followed)), MOST_FILES, told)
        self.assertLessEqual(len(path.followed) - len(set(path.followed)), MOST_RETURNS, told)
