from . import ai_deployment_gate_event
from . import ai_deployment_waiver
from . import ai_deployment_alert
from . import account_move
from . import account_move_line
from . import res_partner_bank
