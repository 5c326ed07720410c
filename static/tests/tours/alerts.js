import { registry } from "@web/core/registry";

// The deputy sees who hears of a deployment, adds a colleague, then keeps an alert quiet for a while.
registry.category("web_tour.tours").add("ai_deployment_alerts", {
    url: "/odoo/ai-deployments",
    steps: () => [
        { trigger: ".o_kanban_record:contains(Which leads to call)", run: "click" },
        { trigger: ".o_notebook_headers a[name=notifications]", run: "click" },
        { trigger: ".o_field_widget[name=channel_ids] .o_data_row:contains(Activity of the owner)" },
        { trigger: ".o_field_widget[name=channel_ids] .o_field_x2many_list_row_add a", run: "click" },
        {
            trigger: ".o_field_widget[name=channel_ids] .o_selected_row .o_field_widget[name=partner_ids] input",
            run: "edit ai_owner",
        },
        { trigger: ".o-autocomplete--dropdown-item:contains(ai_owner)", run: "click" },
        { trigger: ".o_form_button_save", run: "click" },
        {
            trigger: ".o_field_widget[name=channel_ids] .o_data_row:contains(E-mail) button[name=action_try]",
            run: "click",
        },
        { trigger: ".o_notification:contains(It is being sent)" },
        { trigger: ".o_menu_sections button:contains(Monitoring)", run: "click" },
        { trigger: ".o-dropdown--menu .dropdown-item:contains(Messages)" },
        { trigger: ".o-dropdown--menu .dropdown-item:contains(Alerts)", run: "click" },
        { trigger: ".o_list_view .o_data_row.fw-bold:contains(Country is empty) td[name=name]", run: "click" },
        { trigger: ".o_form_view button:contains(Mute Until…)", run: "click" },
        { trigger: ".modal .o_field_widget[name=reason] input", run: "edit The import is repaired on Monday" },
        { trigger: ".modal button[name=action_mute]", run: "click" },
        { trigger: ".o_form_view .alert-info:contains(Muted until):contains(The import is repaired on Monday)" },
        { trigger: ".o_form_view .o_field_widget[name=read_by_id]" },
        { trigger: ".o_back_button, .breadcrumb-item a:contains(Alerts)", run: "click" },
        { trigger: ".o_list_view .o_data_row.text-muted:contains(Country is empty)" },
    ],
});
