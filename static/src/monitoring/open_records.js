const LISTS_ONLY = ["ai.deployment.report.line", "ai.deployment.ledger", "ai.deployment.value"]; // a line of these has no page of its own

// Open the list behind a number, as `opens` in models/monitoring/chart.py tells it.
export function openRecords(action, { model, name, domain }) {
    const views = [
        [false, "list"],
        [false, "kanban"],
    ];
    if (!LISTS_ONLY.includes(model)) {
        views.push([false, "form"]);
    }
    return action.doAction({
        type: "ir.actions.act_window",
        name,
        res_model: model,
        domain,
        views,
        context: { create: false },
    });
}
