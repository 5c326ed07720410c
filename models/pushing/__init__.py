from . import ai_deployment_push
from . import ai_deployment_failure_detail
from . import ai_deployment_inference
from . import ai_deployment
