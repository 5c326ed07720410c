from . import ai_deployment
from . import gate_judge
from . import ai_deployment_gate_event
from . import ai_deployment_waiver
from . import account_move
from . import account_move_line
from . import res_partner_bank
