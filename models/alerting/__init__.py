"""How people hear of a deployment. It holds services only: the records stand beside this package."""

from . import ai_deployment_alert
from . import ai_deployment_alert_mute
from . import ai_deployment_alert_reading
from . import ai_deployment_channel
from . import ai_deployment_channel_summary
from . import ai_deployment_message
from . import ai_deployment_hearing
from . import ai_deployment_alert_records
