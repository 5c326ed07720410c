import { registry } from "@web/core/registry";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";

// A form that is read-only for who may not decide: nothing is typed that could only fail when it is saved.
export class DeploymentFormController extends FormController {
    get modelParams() {
        const params = super.modelParams;
        const onRootLoaded = async (root) => {
            const mayEdit = root.isNew || root.data.may_decide;
            if (this.canEdit && root.isInEdition !== Boolean(mayEdit)) {
                root.switchMode(mayEdit ? "edit" : "readonly");
            }
        };
        return { ...params, hooks: { ...params.hooks, onRootLoaded } };
    }
}

registry.category("views").add("ai_deployment_form", { ...formView, Controller: DeploymentFormController });
