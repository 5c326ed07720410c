from . import test_ai_deployment_batch
from . import test_job_backend
from . import test_ai_deployment_inference
from . import test_ai_deployment_score
from . import test_scoring_run
from . import test_scoring_rule
