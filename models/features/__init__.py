from . import readable_inputs
from . import ai_deployment_feature
