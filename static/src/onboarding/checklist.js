import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";
import { Component, onMounted, xml } from "@odoo/owl";

/** Looks for evidence when the checklist is opened: what was done elsewhere is done here, too. */
export class ChecklistLook extends Component {
    static template = xml`<span class="o_ai_checklist_look"/>`;
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        onMounted(async () => {
            const { record } = this.props;
            if (!record.resId || (await record.isDirty())) {
                return;
            }
            await this.orm.silent.call("ai.deployment", "action_look_at_checklist", [[record.resId]]);
            if (!(await record.isDirty())) {
                await record.load();
            }
        });
    }
}

registry.category("view_widgets").add("ai_checklist", { component: ChecklistLook });
