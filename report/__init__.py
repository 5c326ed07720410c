from . import model_card
from . import record_evidence
from . import version_difference
