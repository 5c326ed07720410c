from . import ai_deployment_feature
from . import ai_deployment
from . import ai_deployment_trigger
from . import ai_deployment_version_answer
from . import ai_deployment_version
