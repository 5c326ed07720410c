from . import (
    ai_deployment_approve,
    ai_deployment_baseline,
    ai_deployment_budget,
    ai_deployment_check_sign,
    ai_deployment_check_waive,
    ai_deployment_extend,
    ai_deployment_hand_over,
    ai_deployment_record_evidence,
    ai_deployment_retire,
)
