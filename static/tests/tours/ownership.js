import { registry } from "@web/core/registry";

// From a proof of concept to a go: each person in a tour of their own.

const open = { trigger: ".o_kanban_record:contains(Who pays late)", run: "click" };
const checklist = { trigger: ".o_notebook_headers a[name=checklist]", run: "click" };
const pick = (field, text) => [
    { trigger: `.o_field_widget[name=${field}] input`, run: `edit ${text}` },
    { trigger: `.o-autocomplete--dropdown-menu .dropdown-item:contains(${text})`, run: "click" },
];

registry.category("web_tour.tours").add("ai_deployment_proof", {
    url: "/odoo/ai-deployments",
    steps: () => [
        { trigger: ".o-kanban-button-new", run: "click" },
        { trigger: "button:contains(Start from Scratch)", run: "click" },
        { trigger: ".o_field_widget[name=name] textarea, .o_field_widget[name=name] input", run: "edit Who pays late" },
        {
            trigger: ".o_field_widget[name=purpose] textarea",
            run: "edit Warns sellers of customers that will pay late.",
        },
        ...pick("model_id", "Lead"),
        ...pick("approver_id", "ai_reviewer"),
        { trigger: ".o_form_button_save", run: "click" },
        { trigger: ".alert-warning:contains(this is a reason to stop the proof of concept)" },
        { trigger: ".o_statusbar_status button.o_arrow_button_current:contains(Proof of concept)" },
    ],
});

registry.category("web_tour.tours").add("ai_deployment_owner_accepts", {
    url: "/odoo/ai-deployments",
    steps: () => [
        open,
        { trigger: ".o_form_view button[name=action_accept]", run: "click" },
        { trigger: ".modal:contains(become responsible) .btn-primary", run: "click" },
        { trigger: ".o_form_view:not(:has(button[name=action_accept]))" },
        { trigger: ".o_form_view button[name=action_start_shadow]", run: "click" },
        { trigger: ".o_statusbar_status button.o_arrow_button_current:contains(Shadow)" },
        checklist,
        { trigger: "button[name=action_look_at_checklist]", run: "click" },
        { trigger: ".o_ai_checks .o_kanban_record:contains(A named owner):contains(has accepted)" },
        { trigger: ".o_ai_checks .o_kanban_record:contains(Explanation signed) .o_ai_do_it", run: "click" },
        {
            trigger: ".modal .o_field_widget[name=limits] textarea",
            run: "edit It knows nothing of customers that are new to us.",
        },
        { trigger: ".modal .o_field_widget[name=signature_ids] .o_field_x2many_list_row_add a", run: "click" },
        { trigger: ".modal .o_field_widget[name=role] input, .modal .o_field_widget[name=role] select", run: "click" },
        { trigger: ".o_select_menu_item:contains(Finance), .o-dropdown-item:contains(Finance)", run: "click" },
        { trigger: ".modal .o_selected_row .o_field_widget[name=user_id] input", run: "edit ai_accountant" },
        { trigger: ".o-autocomplete--dropdown-menu .dropdown-item:contains(ai_accountant)", run: "click" },
        { trigger: ".modal .o_form_button_save", run: "click" },
        { trigger: "body:not(:has(.modal))" },
    ],
});

registry.category("web_tour.tours").add("ai_deployment_signer", {
    url: "/odoo/ai-signatures",
    steps: () => [
        { trigger: ".o_list_view .o_data_row:contains(Finance) td[name=role]", run: "click" },
        { trigger: ".o_ai_explanation:contains(new to us):contains(Expected Revenue)" },
        { trigger: ".o_form_view button[name=action_sign]", run: "click" },
        { trigger: ".o_statusbar_status button.o_arrow_button_current:contains(Signed)" },
    ],
});

registry.category("web_tour.tours").add("ai_deployment_owner_signs", {
    url: "/odoo/ai-deployments",
    steps: () => [
        open,
        checklist,
        { trigger: ".o_ai_checks .o_kanban_record:contains(Retraining budgeted) .o_ai_do_it", run: "click" },
        { trigger: ".modal button[name=action_plan]", run: "click" },
        { trigger: "body:not(:has(.modal))" },
        checklist,
        { trigger: "button[name=action_add_row]", run: "click" },
        { trigger: ".modal .o_field_widget[name=name] input", run: "edit The works council agrees" },
        { trigger: ".modal .o_ai_add_row", run: "click" },
        { trigger: "body:not(:has(.modal))" },
        { trigger: ".o_ai_checks .o_kanban_record:contains(The works council agrees) .o_ai_do_it", run: "click" },
        { trigger: ".modal .o_field_widget[name=note] textarea", run: "edit Its minutes of 1 March say so." },
        { trigger: ".modal button[name=action_sign]", run: "click" },
        { trigger: "body:not(:has(.modal))" },
        { trigger: "button[name=action_look_at_checklist]", run: "click" },
        {
            trigger:
                ".o_ai_checks .o_kanban_record:contains(The works council agrees):contains(Its minutes of 1 March)",
        },
        { trigger: ".o_ai_checks .o_kanban_record:contains(Retraining budgeted):contains(scheduled for)" },
    ],
});

registry.category("web_tour.tours").add("ai_deployment_administrator_waives", {
    url: "/odoo/ai-deployments",
    steps: () => [
        open,
        checklist,
        { trigger: ".o_ai_checks .o_ai_waive:first", run: "click" },
        { trigger: ".modal .o_field_widget[name=reason] textarea", run: "edit The drill is planned for next week." },
        { trigger: ".modal button[name=action_waive]", run: "click" },
        { trigger: "body:not(:has(.modal))" },
        { trigger: ".o_ai_checks .o_kanban_record:contains(Waived until)" },
    ],
});

registry.category("web_tour.tours").add("ai_deployment_approver", {
    url: "/odoo/ai-deployments",
    steps: () => [
        open,
        { trigger: ".o_form_view button[name=action_decide]", run: "click" },
        { trigger: ".modal .o_ai_checklist:contains(The works council agrees)" },
        { trigger: ".modal .o_field_widget[name=outcome] label:contains(Go with conditions)", run: "click" },
        { trigger: ".modal .o_field_widget[name=conditions] textarea", run: "edit Look at new customers weekly." },
        { trigger: ".modal .o_field_widget[name=minutes] textarea", run: "edit Two weeks in shadow look sensible." },
        { trigger: ".modal button[name=action_decide]", run: "click" },
        { trigger: ".o_statusbar_status button.o_arrow_button_current:contains(Production)" },
        { trigger: ".o_notebook_headers a[name=decisions]", run: "click" },
        { trigger: ".o_field_widget[name=approval_ids] .o_data_row:contains(Go with conditions)" },
    ],
});
