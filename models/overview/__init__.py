from . import ai_deployment
