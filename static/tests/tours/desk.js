import { registry } from "@web/core/registry";

const card = (place) => `.o_ai_desk_progress:contains(/^${place} of /)`;
const next = (place, key) => ({ content: `card ${place}`, trigger: card(place), run: `press ${key}` });

// A reviewer decides ten cards without touching the mouse: typing in the note decides nothing.
registry.category("web_tour.tours").add("ai_deployment_desk_keyboard", {
    url: "/odoo/ai-desk",
    steps: () => [
        { trigger: ".o_ai_desk_name:focus" },
        { trigger: ".o_ai_desk_reasons .o_ai_desk_points.o_ai_raises" },
        next(1, "r"),
        next(2, "w"),
        next(3, "c"),
        next(4, "r"),
        next(5, "t"),
        { trigger: ".o_ai_desk_note:focus", run: "press w && press r && press s" },
        { trigger: ".o_ai_desk_note", run: "press Enter" },
        { trigger: card(5) },
        { trigger: ".o_ai_desk_note", run: "press Escape" },
        { trigger: ".o_ai_desk_name:focus", run: "press 1" },
        { trigger: ".o_ai_desk_reason.active:first", run: "press w" },
        next(6, "s"),
        { trigger: `.o_ai_desk_name:not(:contains(Card 5))`, run: "press r" },
        next(7, "r"),
        next(8, "w"),
        next(9, "c"),
        next(10, "r"),
        { trigger: card(11) },
        { trigger: ".o_ai_desk_notice:contains(The score is right)" },
    ],
});

// On a phone everything is within reach of a thumb, and nothing scrolls sideways.
registry.category("web_tour.tours").add("ai_deployment_desk_phone", {
    url: "/odoo/ai-desk",
    steps: () => [
        {
            trigger: ".o_ai_desk_decide[data-decision=confirmed]",
            run() {
                const { innerWidth, innerHeight } = window;
                if (innerWidth !== 390) {
                    throw new Error(`The screen is ${innerWidth} wide`);
                }
                for (const el of document.querySelectorAll(".o_ai_desk, .o_ai_desk_action, html")) {
                    if (el.scrollWidth > innerWidth) {
                        throw new Error(`${el.className || el.tagName} is ${el.scrollWidth} wide`);
                    }
                }
                for (const button of document.querySelectorAll(".o_ai_desk_bar .btn")) {
                    const { height, bottom, top } = button.getBoundingClientRect();
                    if (height < 44 || bottom > innerHeight || top < innerHeight * 0.6) {
                        throw new Error(`Out of reach: ${button.textContent} at ${top}, ${height} high`);
                    }
                }
            },
        },
        { trigger: ".o_ai_desk_decide[data-decision=confirmed]", run: "click" },
        { trigger: card(2) },
        { trigger: ".o_ai_desk_skip", run: "click" },
        { trigger: ".o_ai_desk_decide[data-decision=unsure]", run: "click" },
        { trigger: card(3) },
    ],
});

// An answer given too fast is taken back, and given again.
registry.category("web_tour.tours").add("ai_deployment_desk_undo", {
    url: "/odoo/ai-desk",
    steps: () => [
        { trigger: ".o_ai_desk_undo:disabled" },
        { trigger: ".o_ai_desk_name:contains(Card 0)" },
        { trigger: card(1), run: "press r" },
        { trigger: ".o_ai_desk_name:contains(Card 1)" },
        { trigger: ".o_ai_desk_undo:enabled", run: "press u" },
        { trigger: ".o_ai_desk_name:contains(Card 0)" },
        { trigger: ".o_ai_desk_notice:contains(undone)" },
        { trigger: card(1), run: "press w" },
        { trigger: ".o_ai_desk_name:contains(Card 1)" },
        { trigger: card(2) },
    ],
});

// Look-alikes of a card are answered together in the list.
registry.category("web_tour.tours").add("ai_deployment_desk_bulk", {
    url: "/odoo/ai-desk",
    steps: () => [
        { trigger: ".o_ai_desk_alike", run: "click" },
        { trigger: ".o_list_view .o_data_row:eq(3)" },
        { trigger: ".o_list_view:not(:has(.o_data_row:eq(4)))" },
        { trigger: ".o_list_view th.o_list_record_selector input", run: "click" },
        { trigger: ".o_control_panel button[name=action_confirm]", run: "click" },
        { trigger: ".o_view_nocontent, .o_list_view:not(:has(.o_data_row))" },
        { trigger: ".o_back_button a, .o_breadcrumb a:contains(Review Desk)", run: "click" },
        { trigger: ".o_ai_desk_name:contains(Other)" },
    ],
});

// From a lead to its card, and from a card that nobody else has left to a friendly end.
registry.category("web_tour.tours").add("ai_deployment_desk_from_lead", {
    steps: () => [
        { trigger: ".o_ai_review:contains(This lead is waiting for your review)" },
        { trigger: ".o_ai_review button", run: "click" },
        { trigger: ".o_ai_desk_name:contains(Card 1)" },
        { trigger: ".o_ai_desk_filter[data-whose=pool]", run: "click" },
        { trigger: ".o_ai_desk_empty:contains(The pool is empty, 2 reviews are assigned to you)" },
        { trigger: ".o_ai_desk_filter[data-whose=mine]", run: "click" },
        { trigger: card(1), run: "press c" },
        { trigger: card(2), run: "press c" },
        { trigger: ".o_ai_desk_empty:contains(All reviews are answered)" },
    ],
});

// Values are corrected where they stand: a choice in its list, a record by its name.
registry.category("web_tour.tours").add("ai_deployment_desk_values", {
    url: "/odoo/ai-desk",
    steps: () => [
        { trigger: ".o_ai_desk_document pre:contains(We need a valve)" },
        { trigger: ".o_ai_desk_decide[data-decision=valued]:contains(Confirm)" },
        { trigger: ".o_ai_desk_value[data-key=team_id] select", run: "selectByLabel Valves" },
        { trigger: ".o_ai_desk_value[data-key=team_id]:contains(Proposed: Pumps)" },
        { trigger: ".o_ai_desk_decide[data-decision=valued]:contains(Save Correction)" },
        { trigger: ".o_ai_desk_value[data-key=country_id] input", run: "edit Atlantis" },
        { trigger: ".o_ai_desk_decide[data-decision=valued]", run: "click" },
        { trigger: ".o_ai_desk_problem:contains(Country)" },
        { trigger: ".o_ai_desk_value[data-key=country_id] input", run: "edit Belg" },
        { trigger: ".o-autocomplete--dropdown-item:contains(Belgium)", run: "click" },
        { trigger: ".o_ai_desk_value[data-key=country_id]:contains(Proposed: France)" },
        { trigger: ".o_ai_desk_decide[data-decision=valued]", run: "click" },
        { trigger: ".o_ai_desk_notice:contains(Valves):contains(Belgium)" },
    ],
});
