import { registry } from "@web/core/registry";

// From an empty list to a training in the background; every click is counted by the test.
registry.category("web_tour.tours").add("ai_deployment_start", {
    url: "/odoo/ai-deployments",
    steps: () => [
        { trigger: ".o-kanban-button-new", run: "click" },
        { trigger: ".o_kanban_record:contains(Score My Leads) .o_ai_start", run: "click" },
        { trigger: ".o_ai_survey.alert-success:contains(Enough for a first version)" },
        { trigger: "button[name=action_to_inputs]", run: "click" },
        { trigger: ".o_field_widget[name=line_ids] .o_data_row:contains(Expected Revenue)" },
        { trigger: "button[name=action_to_people]", run: "click" },
        { trigger: ".o_field_widget[name=viewer_group_ids] .o_tag" },
        { trigger: "button[name=action_create_deployment]", run: "click" },
        { trigger: ".o_field_widget[name=training_state]:contains(Waiting)" },
    ],
});

// The browser was closed in between; it goes on where it was left, and the scores of the open leads are shown.
registry.category("web_tour.tours").add("ai_deployment_start_continued", {
    url: "/odoo/ai-deployments",
    steps: () => [
        { trigger: ".o-kanban-button-new", run: "click" },
        { trigger: ".o_kanban_record:contains(Score My Leads):contains(begun) .o_ai_start", run: "click" },
        { trigger: ".o_field_widget[name=training_state]:contains(Done)" },
        { trigger: "button[name=action_start_shadow]", run: "click" },
        { trigger: ".o_list_view .o_data_row:contains(Lead 1) td[name=predicted_value]" },
        { trigger: ".o_breadcrumb:contains(Scores)" },
    ],
});

// The same for vendor bills: no outcomes are needed, the usual inputs are ticked.
registry.category("web_tour.tours").add("ai_deployment_start_bills", {
    url: "/odoo/ai-deployments",
    steps: () => [
        { trigger: ".o-kanban-button-new", run: "click" },
        { trigger: ".o_kanban_record:contains(Check Vendor Bills) .o_ai_start", run: "click" },
        { trigger: ".o_ai_survey.alert-success" },
        { trigger: "button[name=action_to_inputs]", run: "click" },
        { trigger: ".o_field_widget[name=line_ids] .o_data_row" },
        { trigger: "button[name=action_to_people]", run: "click" },
        { trigger: ".o_field_widget[name=viewer_group_ids] .o_tag" },
        { trigger: "button[name=action_create_deployment]", run: "click" },
        { trigger: ".o_field_widget[name=training_state]:contains(Waiting)" },
    ],
});

registry.category("web_tour.tours").add("ai_deployment_start_bills_continued", {
    url: "/odoo/ai-deployments",
    steps: () => [
        { trigger: ".o-kanban-button-new", run: "click" },
        { trigger: ".o_kanban_record:contains(Check Vendor Bills):contains(begun) .o_ai_start", run: "click" },
        { trigger: ".o_field_widget[name=training_state]:contains(Done)" },
        { trigger: "button[name=action_start_shadow]", run: "click" },
        { trigger: ".o_list_view .o_data_row td[name=predicted_value]" },
        { trigger: ".o_breadcrumb:contains(Scores)" },
    ],
});
