from . import ai_deployment_review_decide
