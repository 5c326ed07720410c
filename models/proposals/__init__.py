from . import ai_deployment_answer_field
from . import ai_deployment_proposal
from . import ai_deployment_inference
