"""Notifications of a deployment: alerts, their kinds and owners; channels; messages and their delivery."""

from . import ai_deployment_alert
from . import ai_deployment_channel
from . import ai_deployment_message
