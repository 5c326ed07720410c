import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onMounted, onWillUnmount, xml } from "@odoo/owl";

const EVERY = 2000; // milliseconds

/** Reads the record again and again, as long as it is shown and nothing is being edited: work goes on in the background. */
export class Refresh extends Component {
    static template = xml`<span class="o_ai_refresh fa fa-circle-o-notch fa-spin text-muted" role="status" title="In progress"/>`;
    static props = { ...standardWidgetProps };

    setup() {
        onMounted(() => {
            this.timer = setInterval(() => this.look(), EVERY);
        });
        onWillUnmount(() => clearInterval(this.timer));
    }

    async look() {
        const { record } = this.props;
        if (this.isLooking || document.hidden || (await record.isDirty())) {
            return;
        }
        this.isLooking = true;
        try {
            await record.load();
        } finally {
            this.isLooking = false;
        }
    }
}

registry.category("view_widgets").add("ai_refresh", { component: Refresh });
