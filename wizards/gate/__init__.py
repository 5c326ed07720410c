from . import (
    ai_deployment_gate_held,
    ai_deployment_gate_pass,
    validate_account_move,
)
