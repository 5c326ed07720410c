from . import test_ai_deployment_batch
from . import test_ai_deployment_carrier
from . import test_ai_deployment_inference
from . import test_ai_deployment_score
from . import test_ai_deployment_scoring
from . import test_scoring_alerts
from . import test_hiding
from . import test_scoring_rule
