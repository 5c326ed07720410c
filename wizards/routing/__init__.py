from . import ai_deployment_holdout
