from . import ai_deployment_gate
from . import ai_deployment_gate_judge
from . import ai_deployment_gate_event
from . import ai_deployment_waiver
from . import account_move_posting
