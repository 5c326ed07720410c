from . import trust
from . import ai_deployment_guarded_mixin
