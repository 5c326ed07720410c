from . import ai_deployment_version_bind
