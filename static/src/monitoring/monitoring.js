import { Component, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { OverviewTiles } from "../overview/overview_tiles";
import { MonitoringChart } from "./monitoring_chart";
import { MonitoringHeat } from "./monitoring_heat";
import { openRecords } from "./open_records";

// The page "Monitoring" of a deployment: what `monitoring_page` tells, and a list behind every number.
export class Monitoring extends Component {
    static template = "ai_deployment.Monitoring";
    static components = { MonitoringChart, MonitoringHeat, OverviewTiles };
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ page: null, tiles: [] });
        this.open = (target) => openRecords(this.action, target);
        this.filters = {};
        useRecordObserver((record) => {
            if (record.resId !== this.id) {
                this.filters = {};
            }
            this.loadTiles(record.resId);
            return this.load(record.resId);
        });
    }

    // In the order of the page; what is not watched has none.
    get charts() {
        return ["distribution", "outcomes", "order", "volumes"].filter((name) => this.state.page[name]);
    }

    async load(id) {
        this.id = id;
        const asked = this.filters;
        const page = id ? await this.orm.call("ai.deployment", "monitoring_page", [[id]], { filters: asked }) : null;
        if (this.id === id && this.filters === asked) {
            this.state.page = page;
        }
    }

    async loadTiles(id) {
        const tiles = id ? await this.orm.call("ai.deployment.overview", "tiles", [id]) : [];
        if (this.id === id) {
            this.state.tiles = tiles;
        }
    }

    choose(name, { target: { value } }) {
        if (name !== "segment") {
            value = Number(value);
        }
        this.filters = { ...this.state.page.filters.chosen, [name]: value };
        return this.load(this.id);
    }
}

registry.category("view_widgets").add("ai_deployment_monitoring", { component: Monitoring });
