import { Component } from "@odoo/owl";

// What one reads to decide: the record, why it is here, the score with its reasons, and how similar ones ended.
export class DeskCard extends Component {
    static template = "ai_deployment.DeskCard";
    static props = { card: Object, slots: { type: Object, optional: true } };

    get raises() {
        return this.props.card.reasons.some((reason) => reason.points > 0);
    }
}
