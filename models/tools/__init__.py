from . import ai_deployment_readable_mixin
