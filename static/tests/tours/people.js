import { registry } from "@web/core/registry";

// A seller sorts the pipeline by score, opens the best lead, and scores one from the Action menu.
registry.category("web_tour.tours").add("ai_deployment_seller", {
    url: "/odoo/action-crm.crm_lead_action_pipeline?view_type=list",
    steps: () => [
        { trigger: ".o_list_view th[data-name=ai_score]", run: "click" },
        { trigger: ".o_list_view .o_data_row:first:contains(Poor lead)" },
        { trigger: ".o_list_view .o_data_row:last:contains(Unscored lead)" },
        { trigger: ".o_list_view th[data-name=ai_score]", run: "click" },
        { trigger: ".o_list_view .o_data_row:first:contains(Good lead)" },
        { trigger: ".o_list_view .o_data_row:last:contains(Unscored lead)" },
        { trigger: ".o_list_view .o_data_row:last .o_list_record_selector input", run: "click" },
        { trigger: ".o_cp_action_menus button:contains(Actions)", run: "click" },
        { trigger: ".o-dropdown--menu .o-dropdown-item:contains(Score with Which leads to call)", run: "click" },
        { trigger: ".o_notification:contains(1 scored)" },
        { trigger: ".o_list_view .o_data_row:nth-child(2):contains(Unscored lead):contains(50 % · Hot)" },
        { trigger: ".o_list_view .o_data_row:first .o_data_cell[name=name]:contains(Good lead)", run: "click" },
        { trigger: ".o_ai_score .o_field_widget[name=ai_score]:contains(82 % · Hot)" },
        {
            trigger:
                ".o_ai_score .o_field_widget[name=ai_reasons]:contains(▲ Expected Revenue is 10,000 to 100,000: raises the chance)",
        },
    ],
});

// A seller who belongs to no viewer group meets nothing of it.
registry.category("web_tour.tours").add("ai_deployment_not_a_viewer", {
    url: "/odoo/action-crm.crm_lead_action_pipeline?view_type=list",
    steps: () => [
        { trigger: ".o_list_view .o_data_row .o_data_cell[name=name]:contains(Good lead)", run: "click" },
        {
            trigger:
                ".o_form_view .o_field_widget[name=name]:contains(Good lead), .o_form_view .o_field_widget[name=name] textarea",
        },
        { trigger: ".o_form_view:not(:has(.o_ai_score:visible))" },
    ],
});

// A reviewer decides: one is right, one is wrong and says why.
registry.category("web_tour.tours").add("ai_deployment_reviewer", {
    url: "/odoo/ai-reviews",
    steps: () => [
        { trigger: ".o_list_view .o_data_row:contains(Good lead) td[name=name]", run: "click" },
        { trigger: ".o_form_view .o_field_widget[name=reasons]:contains(Expected Revenue)" },
        { trigger: ".o_form_view button[name=action_confirm]", run: "click" },
        { trigger: ".o_statusbar_status button.o_arrow_button_current:contains(Answered)" },
        { trigger: ".o_breadcrumb .o_back_button a, .o_back_button", run: "click" },
        { trigger: ".o_list_view .o_data_row:contains(Poor lead) td[name=name]", run: "click" },
        { trigger: ".o_form_view button[name=action_override]", run: "click" },
        { trigger: ".modal .o_field_widget[name=note] textarea", run: "edit They called me back" },
        { trigger: ".modal button[name=action_decide]", run: "click" },
        { trigger: ".o_form_view .o_field_widget[name=note]:contains(They called me back)" },
    ],
});

// An accountant sees why a bill looks unusual.
registry.category("web_tour.tours").add("ai_deployment_accountant", {
    url: "/odoo/action-account.action_move_in_invoice?view_type=list",
    steps: () => [
        { trigger: ".o_list_view th[data-name=ai_score]" },
        { trigger: ".o_list_view .o_data_row:contains(Much too much) .o_data_cell[name=ref]", run: "click" },
        { trigger: ".o_ai_score .o_field_widget[name=ai_score]:contains(nusual)" },
        { trigger: ".o_ai_score .o_field_widget[name=ai_reasons]:contains(Ratio to the usual amount)" },
    ],
});
