from . import model_card
from . import evidence_pack
from . import record_evidence
from . import version_difference
