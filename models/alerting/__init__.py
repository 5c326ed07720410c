"""How people are notified of a deployment: alerts, their kinds and owners; channels; messages and how they are sent."""

from . import ai_deployment_alert
from . import ai_deployment_channel
from . import ai_deployment_message
from . import ai_deployment
