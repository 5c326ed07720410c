import { Component, onWillStart, useState } from "@odoo/owl";
import { RPCError } from "@web/core/network/rpc";
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
        this.menu = useService("menu");
        this.display = { controlPanel: {} };
        this.chapter = chapterOf("ai.deployment");
        this.state = useState({ page: null, mine: false, refused: "" });
        this.open = (target) => openRecords(this.action, target);
        onWillStart(async () => {
            try {
                this.state.page = await this.orm.call("ai.deployment.overview", "page", []);
            } catch (error) {
                if (!(error instanceof RPCError) || error.exceptionName !== "odoo.exceptions.AccessError") {
                    throw error;
                }
                this.state.refused = error.data.message;
            }
        });
    }

    // The app of this page where the user has it, else the first one: its first page is where the user lands.
    get home() {
        const apps = this.menu.getApps();
        return apps.find((app) => app.xmlid === "ai_deployment.menu_root") || apps[0];
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
