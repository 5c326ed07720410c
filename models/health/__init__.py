"""Health checks of deployments; see `registry`.

Plain Python: each check is handed a deployment (or none, where it is about the whole instance) and the facts that were
read once for all of them, and yields findings.
"""

from . import ai_deployment
from . import ai_deployment_message
from . import ai_deployment_alert
