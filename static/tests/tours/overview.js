import { registry } from "@web/core/registry";

// The owner lands on the overview, and goes on to the charts of one deployment.
registry.category("web_tour.tours").add("ai_deployment_overview", {
    url: "/odoo/ai-overview",
    steps: () => [
        { trigger: ".o_ai_overview_card:contains(Which leads to call) [data-tile=health]" },
        { trigger: ".o_ai_overview a:contains(Documentation), .o_control_panel a:contains(Documentation)" },
        { trigger: ".o_ai_overview_card [data-tile=scored] button", run: "click" },
        { trigger: ".o_list_view .o_data_row" },
        { trigger: ".o_breadcrumb .o_back_button a, .o_back_button", run: "click" },
        { trigger: ".o_ai_overview_card button:contains(Charts)", run: "click" },
        { trigger: ".o_ai_monitoring [data-tile=accuracy]" },
        { trigger: ".o_ai_filters select[name=weeks]", run: "select 26" },
        { trigger: ".o_ai_monitoring:has(.o_ai_filters select[name=weeks] option[value='26'])" },
        { trigger: ".o_cp_action_menus .dropdown-toggle, .o_control_panel .o_cp_action_menus button", run: "click" },
        { trigger: ".o_ai_documentation" },
    ],
});

// A reviewer who opens it by its address reads whom it is for, and goes on to the desk.
registry.category("web_tour.tours").add("ai_deployment_overview_refused", {
    url: "/odoo/ai-overview",
    steps: () => [
        { trigger: ".o_ai_overview:contains(for owners, auditors and administrators)" },
        { trigger: "body:not(:has(.modal))" },
        { trigger: ".o_ai_overview button:contains(Go to Your Start Page)", run: "click" },
        { trigger: ".o_ai_desk_action" },
    ],
});
