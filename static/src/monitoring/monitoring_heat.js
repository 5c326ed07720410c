import { Component, useEffect, useRef } from "@odoo/owl";
import { cookie } from "@web/core/browser/cookie";
import { getColor, hexToRGBA } from "@web/core/colors/colors";

const PALETTE = "sm";
const [QUIET, MOVED] = [0, 1]; // its blue and its red

// What moved, per input and window: the nearer to the line, the stronger the colour; beyond it also a sign.
export class MonitoringHeat extends Component {
    static template = "ai_deployment.MonitoringHeat";
    static props = { heat: Object, open: Function };

    setup() {
        this.scrolledRef = useRef("scrolled");
        useEffect(
            (el) => {
                if (el) {
                    el.scrollLeft = el.scrollWidth; // where there is no room for all, the newest are seen
                }
            },
            () => [this.scrolledRef.el, this.props.heat]
        );
    }

    style({ share, moved }) {
        if (share === null && !moved) {
            return "";
        }
        const color = getColor(moved ? MOVED : QUIET, cookie.get("color_scheme"), PALETTE);
        const strength = moved ? 0.5 : Math.min(share, 1) * 0.35;
        return `background-color: ${hexToRGBA(color, strength.toFixed(2))}`;
    }

    says(row, cell, index) {
        return `${row.label}, ${this.props.heat.columns[index]}: ${cell.text}, ${cell.hint}`;
    }
}
