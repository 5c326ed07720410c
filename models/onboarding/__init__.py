from . import ai_deployment
from . import ai_deployment_onboarding
from . import ai_deployment_onboarding_line
from . import ai_deployment_replay
from . import ai_deployment_template
