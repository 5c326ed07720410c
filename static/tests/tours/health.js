import { registry } from "@web/core/registry";

// An administrator makes the address for a check from outside; it is shown once.
registry.category("web_tour.tours").add("ai_deployment_health_address", {
    url: "/odoo/ai-deployments",
    steps: () => [
        { trigger: ".o_menu_sections button:contains(Configuration)", run: "click" },
        { trigger: ".o-dropdown--menu .dropdown-item:contains(Health Address)", run: "click" },
        { trigger: ".modal:not(:has(.o_field_widget[name=address])) button[name=action_make]", run: "click" },
        { trigger: ".modal .o_field_widget[name=address]:contains(/ai_deployment/health/)" },
        { trigger: ".modal .alert:contains(it is not shown again)" },
        { trigger: ".modal button[special=cancel]", run: "click" },
        { trigger: "body:not(:has(.modal))" },
        { trigger: ".o_menu_sections button:contains(Configuration)", run: "click" },
        { trigger: ".o-dropdown--menu .dropdown-item:contains(Health Address)", run: "click" },
        { trigger: ".modal p:contains(There is an address already)" },
        { trigger: ".modal button[special=cancel]", run: "click" },
    ],
});

// What is wrong with a deployment, and what to do, stands on its page.
registry.category("web_tour.tours").add("ai_deployment_health", {
    url: "/odoo/ai-deployments",
    steps: () => [
        { trigger: ".o_kanban_record:contains(Which leads to call):contains(inactive)", run: "click" },
        { trigger: ".alert-warning:contains(Scheduled actions are inactive: “AI Deployment: monitoring”)" },
        { trigger: ".o_field_widget[name=health_html] .o_ai_health:contains(Ask an administrator to activate them)" },
    ],
});
