import { registry } from "@web/core/registry";

// The owner looks at a deployment from above, then at what serves, what was scored, and what moved.
registry.category("web_tour.tours").add("ai_deployment_owner", {
    url: "/odoo/ai-deployments",
    steps: () => [
        {
            trigger: ".o_kanban_group:contains(Production) .o_kanban_record:contains(Which leads to call)",
            run: "click",
        },
        { trigger: ".o_form_view .o_statusbar_status button.o_arrow_button_current:contains(Production)" },
        { trigger: ".o_field_widget[name=health_html] .o_ai_health:contains(No findings)" },
        { trigger: ".o_field_widget[name=feature_ids] .o_data_row:contains(Country)" },
        { trigger: ".o_notebook_headers a[name=versions]", run: "click" },
        { trigger: ".o_field_widget[name=version_ids] .o_data_row:contains(Version 1)" },
        { trigger: "button[name=action_view_inferences]", run: "click" },
        { trigger: ".o_list_view .o_data_row:contains(Good lead) td[name=res_name]", run: "click" },
        { trigger: ".o_form_view .o_field_widget[name=inputs_text]:contains(Country: Belgium)" },
        { trigger: ".o_form_view .o_field_widget[name=reasons]:contains(▲ Country: Belgium)" },
        { trigger: ".o_menu_sections button:contains(Monitoring)", run: "click" },
        { trigger: ".o-dropdown--menu .dropdown-item:contains(Reports)", run: "click" },
        { trigger: ".o_list_view .o_data_row:contains(As before) td[name=summary]", run: "click" },
        { trigger: ".o_form_view .o_field_widget[name=line_ids] .o_data_row:contains(Expected Revenue)" },
        { trigger: ".o_menu_sections button:contains(Monitoring)", run: "click" },
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

// The kill switch: a reason, one click, and no score is shown any more.
registry.category("web_tour.tours").add("ai_deployment_kill_switch", {
    url: "/odoo/ai-deployments",
    steps: () => [
        { trigger: ".o_kanban_record:contains(Which leads to call)", run: "click" },
        { trigger: ".o_form_view button[name=action_suspend]", run: "click" },
        { trigger: ".modal .o_field_widget[name=consequence]:contains(Scores disappear from leads)" },
        { trigger: ".modal .o_field_widget[name=reason] input", run: "edit Wrong since Monday" },
        { trigger: ".modal button[name=action_suspend]", run: "click" },
        { trigger: ".o_statusbar_status button.o_arrow_button_current:contains(Suspended)" },
        { trigger: ".alert-warning:contains(no score is shown)" },
    ],
});

// The owner looks at a deployment over the weeks, and at the records behind a bar, a cell and a number.
const back = { trigger: ".o_breadcrumb .o_back_button a, .o_back_button", run: "click" };
const drawn = (name) => ({ trigger: `.o_ai_chart[data-chart=${name}] canvas`, run: "canvasNotEmpty" });

registry.category("web_tour.tours").add("ai_deployment_monitoring", {
    url: "/odoo/ai-monitoring",
    steps: () => [
        { trigger: ".o_list_view .o_data_row:contains(Which leads to call) td[name=name]", run: "click" },
        { trigger: ".o_ai_monitoring[data-state=ready] .alert-info:contains(Provisional)" },
        ...["distribution", "outcomes", "order", "volumes"].map(drawn),
        {
            content: "Click the highest bar of the scores",
            trigger: ".o_ai_chart[data-chart=distribution] canvas",
            run: ({ anchor }) => {
                const chart = window.Chart.getChart(anchor);
                const highest = chart.data.datasets[0].data.findLastIndex((share) => share > 0);
                const { x, y, base } = chart.getDatasetMeta(0).data[highest].getProps(["x", "y", "base"], true);
                const { left, top } = anchor.getBoundingClientRect();
                const place = { clientX: left + x, clientY: top + (y + base) / 2, bubbles: true };
                anchor.dispatchEvent(new MouseEvent("click", place));
            },
        },
        { trigger: ".o_breadcrumb:contains(Scores of 80 to 90 %)" },
        { trigger: ".o_list_view .o_data_row:contains(Lead 1) td[name=predicted_value]:contains(81.8%)" },
        back,
        { trigger: ".o_ai_heat tr:contains(Country) button:last:contains(▲)", run: "click" },
        {
            trigger: ".o_list_view .o_data_row td[name=text]:contains(Country is empty on 100 % of leads)",
            run: "click",
        },
        { trigger: ".o_form_view .o_field_widget[name=line_ids] .o_data_row:contains(Country)" },
        { trigger: ".o_form_view button[name=action_view_records]", run: "click" },
        { trigger: ".o_list_view .o_data_row td[name=res_name]:contains(Lead 1)" },
        back,
        { trigger: ".o_form_view button[name=action_view_records]" },
        back,
        { trigger: ".o_list_view .o_data_row td[name=text]" },
        back,
        { trigger: ".o_ai_chart[data-chart=volumes] button:contains(Show as table)", run: "click" },
        { trigger: ".o_ai_chart[data-chart=volumes] tbody td:contains(60) button", run: "click" },
        { trigger: ".o_list_view .o_data_row td[name=route]:contains(Automatic)" },
    ],
});
