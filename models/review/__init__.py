from . import ai_deployment_review
from . import ai_deployment_review_answer
from . import ai_deployment
