from . import ai_deployment_outcome
from . import ai_deployment_edit
from . import account_move_line
from . import base_partner_merge
from . import res_partner_bank
