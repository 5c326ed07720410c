from . import test_account_move
from . import test_account_move_duplicates
from . import test_ai_deployment_edit
from . import test_ai_deployment_outcome
from . import test_ai_deployment_scorable_mixin
from . import test_branches
from . import test_crm_lead
