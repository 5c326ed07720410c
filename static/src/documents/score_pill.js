import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { formatPercentage } from "@web/views/fields/formatters";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** The score of a record in words; its colour says the band, and grey that the figure no longer holds. */
export class ScorePill extends Component {
    static template = "ai_deployment.ScorePill";
    static props = { ...standardFieldProps };

    get data() {
        return this.props.record.data;
    }

    get tone() {
        if (this.data.ai_score_state !== "fresh") {
            return "stale";
        }
        return this.data.ai_band || "low";
    }
}

registry.category("fields").add("ai_score_pill", {
    component: ScorePill,
    displayName: _t("Score"),
    supportedTypes: ["float", "char"], // of the words themselves too, where a view writes a figure beside them
    isEmpty: (record) => !record.data.ai_score_text,
    fieldDependencies: [
        { name: "ai_score_text", type: "char", readonly: true },
        { name: "ai_score_state", type: "selection", readonly: true },
        { name: "ai_band", type: "selection", readonly: true },
    ],
});
registry
    .category("formatters")
    .add("ai_score_pill", (value) =>
        typeof value === "string" ? value : formatPercentage(value, { digits: [16, 0] })
    );
