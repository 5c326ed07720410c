from . import ai_deployment_feature
from . import ai_deployment
from . import ai_deployment_version
from . import ai_deployment_training
from . import ai_deployment_training_step
from . import ai_deployment_trigger
from . import ai_deployment_version_answer
