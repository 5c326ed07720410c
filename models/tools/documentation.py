"""Which chapter of the documentation belongs to which page of the product."""

# {model: page below docs/, without its ending}. What is not named here is on the page of owners.
PAGES = {
    "ai.deployment": "owners",
    "ai.deployment.onboarding": "first-deployment",
    "ai.deployment.template": "first-deployment",
    "ai.deployment.replay": "first-deployment",
    "ai.deployment.review": "reviewers",
    "ai.deployment.endpoint": "administrators",
    "ai.deployment.endpoint.call": "administrators",
    "ai.deployment.message": "operations",
    "ai.deployment.alert": "operations",
    "ai.deployment.batch": "operations",
    "ai.deployment.request": "operations",
    "ai.deployment.ledger": "auditors",
    "ai.deployment.inference": "auditors",
    "ai.deployment.approval": "auditors",
    "ai.deployment.signature": "auditors",
    "ai.deployment.gate.event": "accountants",
    "ai.deployment.waiver": "accountants",
}
OTHERS = "owners"
