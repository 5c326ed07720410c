from . import ai_deployment_document_mixin
from . import ai_deployment_scorable_mixin
from . import crm_lead
from . import account_move
from . import ai_deployment_outcome
from . import ai_deployment_edit
from . import base_partner_merge_automatic_wizard
