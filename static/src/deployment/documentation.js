import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { Component } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { session } from "@web/session";

const OURS = "ai.deployment";

// The model of the page: of its list, or of its form.
function modelOf(env) {
    return env.searchModel?.resModel || env.model?.root?.resModel || "";
}

// Where the chapter of a page is; empty where no address is set, or the page is none of ours.
export function chapterOf(model) {
    const told = session.ai_deployment_documentation;
    if (!told || (model !== OURS && !model.startsWith(`${OURS}.`))) {
        return "";
    }
    return `${told.address}/${told.pages[model] || told.others}/`;
}

// "Documentation" in the menu beside the title.
export class DocumentationItem extends Component {
    static template = "ai_deployment.DocumentationItem";
    static components = { DropdownItem };
    static props = {};

    open() {
        browser.open(chapterOf(modelOf(this.env)), "_blank", "noopener");
    }
}

registry.category("cogMenu").add(
    "ai_deployment.documentation",
    {
        Component: DocumentationItem,
        groupNumber: 30,
        isDisplayed: (env) => Boolean(chapterOf(modelOf(env))),
    },
    { sequence: 30 }
);
