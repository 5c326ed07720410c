import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Why a record has its score, in a list: the strongest reason in at most two lines, all of them in the tooltip. */
export class ReasonsField extends Component {
    static template = "ai_deployment.ReasonsField";
    static props = { ...standardFieldProps };

    get all() {
        return this.props.record.data[this.props.name] || "";
    }

    get first() {
        return this.all.split("\n", 1)[0].replaceAll(" %", "\u00a0%"); // a figure keeps its unit beside it
    }
}

registry.category("fields").add("ai_reasons", {
    component: ReasonsField,
    displayName: _t("Reasons"),
    supportedTypes: ["text"],
    listViewWidth: [230, 420], // a sentence in two lines, or in one where there is room
});
