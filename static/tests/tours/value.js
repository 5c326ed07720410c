import { registry } from "@web/core/registry";

// An owner measures what was before, writes down what must not be decided, tries it, and prints why.
registry.category("web_tour.tours").add("ai_deployment_value", {
    url: "/odoo/ai-deployments",
    steps: () => [
        { trigger: ".o_kanban_record:contains(Which leads to call)", run: "click" },
        { trigger: ".o_form_view .nav-link:contains(Business Value)", run: "click" },
        { trigger: ".o_field_widget[name=value_text]:contains(not measured yet)" },
        { trigger: ".o_field_widget[name=value_caveat]:contains(other factors may have changed)" },
        { trigger: "button[name=action_measure_baseline]", run: "click" },
        { trigger: ".modal button[name=action_measure]", run: "click" },
        { trigger: ".o_form_view:not(:has(.modal)) .nav-link:contains(Business Value)", run: "click" },
        { trigger: ".o_ai_value td:contains(Won revenue per lead)" },
        { trigger: ".o_field_widget[name=edge_case_ids] .o_field_x2many_list_row_add a", run: "click" },
        { trigger: ".modal .o_field_widget[name=name] input", run: "edit Tenders" },
        { trigger: ".modal .o_field_widget[name=kind] .o_radio_item:contains(By words) input", run: "click" },
        { trigger: ".modal .o_field_widget[name=words] input", run: "edit tender" },
        { trigger: ".modal .o_form_button_save", run: "click" },
        { trigger: ".o_form_view .o_form_button_save", run: "click" },
        {
            trigger: ".o_field_widget[name=edge_case_ids] .o_data_row:contains(Tenders) button[name=action_try]",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name=edge_case_ids] .o_data_row:contains(Tenders):contains(All of 1 real records)",
        },
    ],
});
