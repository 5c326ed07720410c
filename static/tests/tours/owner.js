import { registry } from "@web/core/registry";

// The owner looks at a deployment from above, then at what serves, what was scored, and what moved.
registry.category("web_tour.tours").add("ai_deployment_owner", {
    url: "/odoo/ai-deployments",
    steps: () => [
        { trigger: ".o_kanban_group:contains(Production) .o_kanban_record:contains(Which leads to call)", run: "click" },
        { trigger: ".o_form_view .o_statusbar_status button.o_arrow_button_current:contains(Production)" },
        { trigger: ".o_field_widget[name=health_html] .o_ai_health:contains(All well)" },
        { trigger: ".o_field_widget[name=feature_ids] .o_data_row:contains(Country)" },
        { trigger: ".o_notebook_headers a[name=versions]", run: "click" },
        { trigger: ".o_field_widget[name=version_ids] .o_data_row:contains(Version 1)" },
        { trigger: "button[name=action_view_inferences]", run: "click" },
        { trigger: ".o_list_view .o_data_row:contains(Good lead) td[name=res_name]", run: "click" },
        { trigger: ".o_form_view .o_field_widget[name=inputs_text]:contains(Country: Belgium)" },
        { trigger: ".o_form_view .o_field_widget[name=reasons]:contains(▲ Country: Belgium)" },
        { trigger: ".o_menu_sections button:contains(Watching)", run: "click" },
        { trigger: ".o-dropdown--menu .dropdown-item:contains(Reports)", run: "click" },
        { trigger: ".o_list_view .o_data_row:contains(As before) td[name=summary]", run: "click" },
        { trigger: ".o_form_view .o_field_widget[name=line_ids] .o_data_row:contains(Expected Revenue)" },
        { trigger: ".o_menu_sections button:contains(Watching)", run: "click" },
        { trigger: ".o-dropdown--menu .dropdown-item:contains(Alerts)", run: "click" },
        { trigger: ".o_list_view .o_data_row:contains(Country is empty) td[name=name]", run: "click" },
        { trigger: ".o_form_view button[name=action_acknowledge]", run: "click" },
        { trigger: ".o_statusbar_status button.o_arrow_button_current:contains(Acknowledged)" },
        { trigger: ".o_menu_sections button:contains(Records)", run: "click" },
        { trigger: ".o-dropdown--menu .dropdown-item:contains(Versions)", run: "click" },
        { trigger: ".o_list_view .o_data_row:contains(Version 1) td[name=name]", run: "click" },
        { trigger: ".o_ai_card td:contains(Belgium)" },
    ],
});

// The kill switch: one click, and no score is shown any more.
registry.category("web_tour.tours").add("ai_deployment_kill_switch", {
    url: "/odoo/ai-deployments",
    steps: () => [
        { trigger: ".o_kanban_record:contains(Which leads to call)", run: "click" },
        { trigger: ".o_form_view button[name=action_suspend]", run: "click" },
        { trigger: ".o_statusbar_status button.o_arrow_button_current:contains(Suspended)" },
        { trigger: ".alert-warning:contains(no score is shown)" },
    ],
});
