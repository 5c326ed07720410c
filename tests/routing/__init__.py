from . import test_ai_deployment_edge_case
from . import test_ai_deployment_review_rule
from . import test_forecast
from . import test_holdout
from . import test_thresholds
