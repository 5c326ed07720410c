from . import ai_deployment_quota
from . import ai_deployment_review_rule
from . import ai_deployment_edge_case
from . import ai_deployment_score
from . import ai_deployment
