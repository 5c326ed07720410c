from . import (
    ai_deployment_answer,
    ai_deployment_suggest,
    ai_deployment_suggest_line,
    ai_deployment_version_import,
)
