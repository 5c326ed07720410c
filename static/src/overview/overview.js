import { Component, onWillStart, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { chapterOf } from "../deployment/documentation";
import { openRecords } from "../monitoring/open_records";
import { OverviewTiles } from "./overview_tiles";

const STATE_COLORS = { production: "success", shadow: "info", suspended: "danger", poc: "secondary" };

// The page "Overview": how every deployment is doing, what needs somebody first. See `ai.deployment.overview`.
export class Overview extends Component {
    static template = "ai_deployment.Overview";
    static components = { Layout, OverviewTiles };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.display = { controlPanel: {} };
        this.chapter = chapterOf("ai.deployment");
        this.state = useState({ page: null, mine: false });
        this.open = (target) => openRecords(this.action, target);
        onWillStart(async () => {
            this.state.page = await this.orm.call("ai.deployment.overview", "page", []);
        });
    }

    get deployments() {
        const { deployments } = this.state.page;
        return this.state.mine ? deployments.filter((one) => one.is_mine) : deployments;
    }

    // Whether there is anything to choose between.
    get hasOthers() {
        const { deployments } = this.state.page;
        return deployments.some((one) => one.is_mine) && deployments.some((one) => !one.is_mine);
    }

    stateColor(state) {
        return STATE_COLORS[state] || "secondary";
    }

    openForm(id) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "ai.deployment",
            res_id: id,
            views: [[false, "form"]],
        });
    }

    openCharts(id) {
        return this.action.doActionButton({
            type: "object",
            name: "action_view_monitoring",
            resModel: "ai.deployment",
            resId: id,
        });
    }

    start() {
        return this.action.doAction("ai_deployment.ai_deployment_start_action");
    }
}

registry.category("actions").add("ai_deployment.overview", Overview);
