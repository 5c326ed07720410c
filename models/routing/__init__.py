from . import ai_deployment_room
from . import thresholds
from . import ai_deployment_review_rule
from . import ai_deployment_edge_case
from . import holdout
