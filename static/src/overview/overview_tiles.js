import { Component } from "@odoo/owl";

// The headline tiles of one deployment, as `Headlines` in models/overview/headlines.py tells them.
export class OverviewTiles extends Component {
    static template = "ai_deployment.OverviewTiles";
    static props = { tiles: Array, open: Function };
}
