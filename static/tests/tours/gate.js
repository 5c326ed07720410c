import { registry } from "@web/core/registry";

const BILLS = "/odoo/action-account.action_move_in_invoice?view_type=list";
const openBill = [{ trigger: ".o_list_view .o_data_row:contains(Much too much) .o_data_cell[name=ref]", run: "click" }];

// An accountant confirms a suspicious bill, is stopped with a sentence, and opens the review from the banner.
registry.category("web_tour.tours").add("ai_deployment_gate_held", {
    url: BILLS,
    steps: () => [
        ...openBill,
        { trigger: ".o_form_view button[name=action_post]:visible", run: "click" },
        { trigger: ".modal .o_ai_held:contains(Much too much (Vendor): Looks unusual)" },
        { trigger: ".modal .o_ai_held:contains(asked to review it)" },
        { trigger: ".modal footer button.btn-primary, .modal footer button[special=cancel]", run: "click" },
        { trigger: "body:not(:has(.modal))" },
        { trigger: ".o_form_view .alert-danger [name=ai_deployment_gate]:contains(Looks unusual)" },
        { trigger: ".o_form_view [name=ai_deployment_gate] a:contains(Open the review)", run: "click" },
        { trigger: ".o_form_view .o_field_widget[name=reason]:contains(Looks unusual)" },
    ],
});

// A reviewer looks at it and finds it usual.
registry.category("web_tour.tours").add("ai_deployment_gate_reviewed", {
    url: "/odoo/ai-reviews",
    steps: () => [
        { trigger: ".o_list_view .o_data_row:contains(Much too much) td[name=name]", run: "click" },
        { trigger: ".o_form_view button[name=action_override]", run: "click" },
        { trigger: ".modal .o_field_widget[name=note] textarea", run: "edit The yearly licence" },
        { trigger: ".modal button[name=action_decide]", run: "click" },
        { trigger: ".o_statusbar_status button.o_arrow_button_current:contains(Answered)" },
    ],
});

// The accountant posts it.
registry.category("web_tour.tours").add("ai_deployment_gate_posted", {
    url: BILLS,
    steps: () => [
        ...openBill,
        { trigger: ".o_form_view:not(:has([name=ai_deployment_gate])) button[name=action_post]:visible", run: "click" },
        { trigger: ".o_statusbar_status button.o_arrow_button_current:contains(Posted)" },
    ],
});

// Somebody who may pass does so with a reason; the waivers and the log of the gate have pages of their own.
registry.category("web_tour.tours").add("ai_deployment_gate_passed", {
    url: BILLS,
    steps: () => [
        ...openBill,
        { trigger: ".o_form_view button[name=action_ai_pass_gate]:visible", run: "click" },
        { trigger: ".modal .alert-warning:contains(Looks unusual)" },
        { trigger: ".modal .o_field_widget[name=note] textarea", run: "edit I have called them" },
        { trigger: ".modal button[name=action_pass]", run: "click" },
        { trigger: ".o_statusbar_status button.o_arrow_button_current:contains(Posted)" },
    ],
});

registry.category("web_tour.tours").add("ai_deployment_gate_pages", {
    url: "/odoo/ai-gate",
    steps: () => [
        { trigger: ".o_list_view .o_data_row:contains(Passed by a user):contains(I have called them)" },
        { trigger: ".o_menu_sections button:contains(Gate)", run: "click" },
        { trigger: ".o-dropdown--menu .o-dropdown-item:contains(Waivers)", run: "click" },
        { trigger: ".o_view_nocontent:contains(No waivers)" },
        { trigger: ".o_list_button_add", run: "click" },
        { trigger: ".o_form_view .o_field_widget[name=partner_id] input", run: "edit Vendor of the tour" },
        { trigger: ".o-autocomplete--dropdown-item:contains(Vendor of the tour)", run: "click" },
        { trigger: ".o_form_view .o_field_widget[name=deployment_id] input", run: "edit Unusual bills" },
        { trigger: ".o-autocomplete--dropdown-item:contains(Unusual bills)", run: "click" },
        { trigger: ".o_form_view .o_field_widget[name=end_date] input", run: "edit today" },
        { trigger: ".o_form_view .o_field_widget[name=note] textarea", run: "edit A yearly licence" },
        { trigger: ".o_form_button_save", run: "click" },
        {
            trigger:
                ".o_form_view .o_field_widget[name=user_id]:contains(Gate owner), .o_form_view .o_field_widget[name=user_id]",
        },
    ],
});
