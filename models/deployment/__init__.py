from . import ai_deployment
from . import ai_deployment_transition
from . import ai_deployment_version
from . import ai_deployment_assignment
