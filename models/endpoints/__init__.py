from . import ai_deployment_endpoint
from . import ai_deployment_endpoint_call
from . import ai_deployment_endpoint_answer
from . import ai_deployment_version
