import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { MonitoringChart } from "./monitoring_chart";
import { MonitoringHeat } from "./monitoring_heat";

const LISTS_ONLY = ["ai.deployment.report.line", "ai.deployment.ledger"]; // a line of these has no page of its own

// The page "Monitoring" of a deployment: what `monitoring_page` tells, and a list behind every number.
export class Monitoring extends Component {
    static template = "ai_deployment.Monitoring";
    static components = { MonitoringChart, MonitoringHeat };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ page: null });
        useRecordObserver((record) => this.load(record.resId));
    }

    // In the order of the page; what is not watched has none.
    get charts() {
        return ["distribution", "outcomes", "order", "volumes"].filter((name) => this.state.page[name]);
    }

    async load(id) {
        this.id = id;
        const page = id ? await this.orm.call("ai.deployment", "monitoring_page", [[id]]) : null;
        if (this.id === id) {
            this.state.page = page;
        }
    }

    open({ model, name, domain }) {
        const views = [[false, "list"]];
        if (!LISTS_ONLY.includes(model)) {
            views.push([false, "form"]);
        }
        return this.action.doAction({
            type: "ir.actions.act_window",
            name,
            res_model: model,
            domain,
            views,
            context: { create: false },
        });
    }
}

registry.category("view_widgets").add("ai_deployment_monitoring", { component: Monitoring });
