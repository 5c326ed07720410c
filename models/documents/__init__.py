from . import ai_deployment_outcome
