import { Component } from "@odoo/owl";
import { AutoComplete } from "@web/core/autocomplete/autocomplete";
import { _t } from "@web/core/l10n/translation";

const NOT_CHOSEN = "?";

// The values that are proposed, each to be left as it is or corrected: choices, records, dates, numbers and texts.
export class DeskValues extends Component {
    static template = "ai_deployment.DeskValues";
    static components = { AutoComplete };
    static props = { fields: Array, values: Object, isBlind: Boolean, onChange: Function, find: Function };

    setup() {
        this.names = {}; // of the records chosen here, by field
    }

    isChanged(field) {
        return this.props.values[field.key] !== field.value;
    }

    optionsOf(field) {
        if (field.kind === "boolean") {
            return [
                { value: "1", text: _t("Yes") },
                { value: "0", text: _t("No") },
            ];
        }
        return field.options;
    }

    textOf(field) {
        return this.isChanged(field) ? this.names[field.key] || "" : field.text;
    }

    sourcesOf(field) {
        return [{ options: (text) => this.find(field, text) }];
    }

    async find(field, text) {
        const found = await this.props.find(field.key, text);
        return found.map((one) => ({ label: one.text, onSelect: () => this.choose(field, one) }));
    }

    choose(field, { value, text }) {
        this.names[field.key] = text;
        this.props.onChange(field.key, value);
    }

    // What was typed and not chosen from the list is no record: the server says so. An empty field is no value.
    onRecordTyped(field, { inputValue, isOptionSelected }) {
        if (!isOptionSelected && inputValue !== this.textOf(field)) {
            this.choose(field, { value: inputValue ? NOT_CHOSEN : "", text: inputValue });
        }
    }
}

// The document beside the values.
export class DeskDocument extends Component {
    static template = "ai_deployment.DeskDocument";
    static props = { document: Object };
}
