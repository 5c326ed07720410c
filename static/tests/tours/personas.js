import { registry } from "@web/core/registry";
import { loadJS } from "@web/core/assets";

// What each persona does in a day, on a screen and on a phone, in English and in German (tests/test_personas.py).
// The test hands over what is looked at on each page: the terms that have a translation, and the address of axe.
const LOOK = "/ai_deployment/tests/persona.json";
const OURS = ".o_action_manager, .o-overlay-container, .o_menu_sections";
const OURS_ELSEWHERE = '[class*="o_ai_"], [name^="ai_"], th[data-name^="ai_"]'; // on the pages of other apps
const READ = ["title", "placeholder", "aria-label", "alt", "data-tooltip"];
const SCROLLS = ["auto", "scroll", "hidden", "clip"];
const PAGE = ".o_content, .o_action, .o_action_manager, .o_form_view_container, .o_form_sheet_bg, .o_form_renderer";
// Widgets of Odoo, which look the same on each page of Odoo.
const OF_ODOO = [
    ".o_control_panel",
    ".o_search_panel",
    ".o_notebook_headers",
    ".o_form_statusbar",
    ".o_form_label",
    ".o_kanban_header",
    ".o-mail-Chatter",
    ".o-mail-ActivityButton",
    ".o-mail-Avatar",
    ".o_priority",
    ".o_tag",
    ".o_avatar",
    ".o_progressbar",
    ".o_field_percentage", // its label names an input that has no id
    ".o_list_renderer",
    ".o_button_more",
    ".o-autocomplete",
    ".o_widget_web_ribbon",
    ".o_select_menu",
    ".modal-header",
    ".o_settings_container .text-muted",
    ".o_field_widget .ui-sortable-handle",
];
const isOurPage = () => /\/ai-/.test(location.pathname) && !document.querySelector(".o_base_settings_view");
const squeezed = (text) => text.replace(/\s+/g, " ").trim();

function whereIs(element) {
    const names = [];
    for (let each = element; each && names.length < 5; each = each.parentElement) {
        names.unshift(each.getAttribute("name") || each.className || each.tagName);
    }
    return names.join(" > ");
}

function* textsOf(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        yield [walker.currentNode.data, walker.currentNode.parentElement];
    }
    for (const element of root.querySelectorAll(READ.map((name) => `[${name}]`).join())) {
        for (const name of READ) {
            yield [element.getAttribute(name) || "", element];
        }
    }
}

function untranslated({ terms, patterns }) {
    const exact = new Set(terms);
    const some = patterns.map((pattern) => new RegExp(`^${pattern}$`, "u"));
    const found = [];
    for (const root of document.querySelectorAll(isOurPage() ? OURS : OURS_ELSEWHERE)) {
        for (const [raw, element] of textsOf(root)) {
            const text = squeezed(raw);
            if (!text || !element.checkVisibility() || element.closest(".o-mail-Chatter")) {
                continue;
            }
            if (exact.has(text) || some.some((pattern) => pattern.test(text))) {
                found.push(`not translated: “${text}” in ${whereIs(element)}`);
            }
        }
    }
    return found;
}

// What sticks out on the right and cannot be scrolled to by itself, so that the page scrolls sideways as a whole.
function overflowing() {
    const { scrollWidth, clientWidth } = document.documentElement;
    const found = scrollWidth > clientWidth ? [`the page is ${scrollWidth} px wide`] : [];
    const holds = (element) => element.matches(PAGE) || !SCROLLS.includes(getComputedStyle(element).overflowX);
    for (const element of document.querySelectorAll(".o_action_manager *")) {
        const isInside = element.getBoundingClientRect().right <= window.innerWidth + 1;
        if (isInside || !element.checkVisibility() || element.closest(".o-mail-Chatter")) {
            continue;
        }
        let parent = element.parentElement;
        while (parent !== document.body && holds(parent)) {
            parent = parent.parentElement;
        }
        if (parent === document.body) {
            found.push(`sticks out: ${whereIs(element)}`);
        }
    }
    return found;
}

async function inaccessible(address) {
    await loadJS(address);
    const root = document.querySelector(".o_dialog") || document.querySelector(".o_action_manager");
    const { violations } = await window.axe.run(root, { resultTypes: ["violations"] });
    const isOurs = (element) => element?.closest('[class*="o_ai_"]') && !element.closest(OF_ODOO.join());
    const elements = (nodes) => nodes.map(({ target }) => document.querySelector(target[0])).filter(isOurs);
    return violations
        .filter(({ impact }) => ["serious", "critical"].includes(impact))
        .flatMap(({ id, nodes }) => elements(nodes).map((element) => `${id}: ${whereIs(element)}`));
}

let lookedFor;

async function lookAtPage() {
    const { axe, terms, patterns } = await (lookedFor ||= fetch(LOOK).then((answer) => answer.json()));
    await new Promise((resolve) => setTimeout(resolve, 250)); // what is asked for after the page has been drawn
    const found = [...untranslated({ terms, patterns }), ...(window.innerWidth < 500 ? overflowing() : [])];
    if (axe) {
        found.push(...(await inaccessible(axe)));
    }
    if (found.length) {
        throw new Error(`${location.pathname}:\n${[...new Set(found)].slice(0, 20).join("\n")}`);
    }
}

const look = {
    content: "Look at the page",
    trigger: ".modal-dialog, body:not(:has(.modal)) .o_action_manager",
    run: lookAtPage,
};

const go = (action, sees) => [
    {
        content: `Go to ${action}`,
        trigger: ".o_web_client",
        run: async () => {
            const services = odoo.__WOWL_DEBUG__.root.env.services;
            await services.action.doAction(action, { clearBreadcrumbs: true });
            const app = services.menu.getApps().find(({ xmlid }) => xmlid === "ai_deployment.menu_root");
            if (app && action.startsWith("ai-")) {
                services.menu.setCurrentMenu(app);
            }
        },
    },
    { trigger: sees },
    look,
];

const containing = (text) => (text ? `:contains(${text})` : "");

const open = (text, sees) => [
    {
        trigger: `.o_data_row${containing(text)} .o_data_cell, .o_kanban_record${containing(text)}`,
        run: "click",
    },
    { trigger: sees },
    look,
];

// Buttons of a form's head are behind a menu on a phone.
const press = (name, sees) => [
    {
        content: `Press ${name}`,
        trigger: ".o_form_view .o_form_statusbar",
        run: async ({ queryFirst, click }) => {
            const button = `.o_form_statusbar button[name=${name}]:visible`;
            if (!queryFirst(button)) {
                await click(".o_statusbar_buttons .dropdown-toggle");
                await new Promise((resolve) => setTimeout(resolve, 300));
            }
            await click(queryFirst(button) ? button : `.o-dropdown--menu button[name=${name}]`);
        },
    },
    { trigger: sees },
    look,
];

const close = [
    { trigger: ".modal footer button[special=cancel], .modal footer button.btn-primary", run: "click" },
    { trigger: "body:not(:has(.modal))" },
];

// Each tab of the form that is open.
const tabs = {
    content: "Look at each tab",
    trigger: ".o_form_view .o_notebook_headers",
    run: async () => {
        for (const { name } of [...document.querySelectorAll(".o_form_sheet .o_notebook_headers a.nav-link")]) {
            document.querySelector(`.o_form_sheet .o_notebook_headers a.nav-link[name="${name}"]`).click();
            await lookAtPage();
        }
    },
};

const DAYS = {
    seller: () => [
        ...go("crm.crm_lead_action_pipeline", ".o_kanban_record:contains(Good lead) .o_field_widget[name=ai_score]"),
        ...open("Good lead", ".o_ai_score .o_field_widget[name=ai_score]"),
    ],
    accountant: () => [
        ...go("account.action_move_in_invoice", ".o_data_row, .o_kanban_record:not(.o_kanban_ghost)"),
        ...open("", ".o_form_view .alert-danger [name=ai_deployment_gate]"),
        ...press("action_post", ".modal .o_ai_held"),
        ...close,
    ],
    owner: () => [
        ...go("ai-overview", ".o_ai_overview_card [data-tile=health]"),
        ...go("ai-monitoring", ".o_data_row, .o_kanban_record"),
        ...open("Which leads to call", ".o_ai_monitoring[data-state]"),
        ...go("ai-deployments", ".o_kanban_record:contains(Which leads to call)"),
        ...open("Which leads to call", ".o_form_view .o_ai_stepper"),
        tabs,
        ...press("action_suspend", ".modal .o_field_widget[name=consequence]"),
        ...close,
        ...go("ai-alerts", ".o_data_row, .o_kanban_record"),
        ...open("31 %", ".o_form_view .o_field_widget[name=name]"),
        ...go("ai-scores", ".o_data_row, .o_kanban_record"),
    ],
    approver: () => [
        ...go("ai-deployments", ".o_kanban_record:contains(Who pays late)"),
        ...open("Who pays late", ".o_form_view .o_ai_stepper"),
        ...press("action_decide", ".modal .o_ai_checklist"),
        { trigger: ".modal .o_field_widget[name=outcome] input[type=radio]:last", run: "click" },
        { trigger: ".modal .o_field_widget[name=minutes] textarea", run: "edit Not yet" },
        { trigger: ".modal button[name=action_decide]", run: "click" },
        { trigger: "body:not(:has(.modal))" },
        ...go("ai-decisions", ".o_data_row:contains(Who pays late), .o_kanban_record:contains(Who pays late)"),
        ...open("Who pays late", ".o_form_view .o_field_widget[name=minutes]"),
    ],
    auditor: () => [
        ...go("ai-log", ".o_data_row, .o_kanban_record"),
        ...open("", ".o_form_view .o_field_widget[name=inputs_text]"),
        ...go("ai-decisions", ".o_data_row, .o_kanban_record"),
        ...go("ai-gate", ".o_data_row, .o_kanban_record"),
        ...go("ai-sums", ".o_data_row, .o_kanban_record"),
        ...go("ai-messages", ".o_view_nocontent"),
        ...go("ai-deployments", ".o_kanban_record:contains(Which leads to call)"),
        ...open("Which leads to call", ".o_form_view .o_ai_stepper"),
        { trigger: ".o_notebook_headers a[name=value]", run: "click" },
        { trigger: ".o_form_view button[name=action_ask_record_evidence]", run: "click" },
        { trigger: ".modal .o_field_widget[name=res_id]" },
        look,
        ...close,
    ],
    administrator: () => [
        ...go("ai-start", ".o_kanban_record .o_ai_start"),
        { trigger: ".o_kanban_record .o_ai_start:first", run: "click" },
        { trigger: ".o_form_view .o_ai_survey" },
        look,
        ...go("ai_deployment.res_config_settings_action", ".app_settings_block[data-key=ai_deployment]"),
        ...go("ai-checklists", ".o_data_row, .o_kanban_record"),
        ...go("ai-templates", ".o_data_row, .o_kanban_record"),
        ...go("ai-endpoints", ".o_view_nocontent"),
    ],
};

for (const [persona, steps] of Object.entries(DAYS)) {
    registry.category("web_tour.tours").add(`ai_deployment_persona_${persona}`, { steps });
}
