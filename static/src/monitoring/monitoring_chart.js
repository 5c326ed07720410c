import { Component, onWillStart, useEffect, useRef, useState } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";
import { cookie } from "@web/core/browser/cookie";
import { getColor, getCustomColor, hexToRGBA } from "@web/core/colors/colors";
import { _t } from "@web/core/l10n/translation";

const PALETTE = "sm";
const IN_TURN = [0, 3, 2, 4]; // blue, orange, teal, purple: red is kept for what is wrong
const GREY = 18; // of the long palette: for what is compared with

// One chart of the page "Monitoring", as `chart` in models/monitoring/chart.py tells it: a picture, or the same as a table.
export class MonitoringChart extends Component {
    static template = "ai_deployment.MonitoringChart";
    static props = { name: String, chart: Object, open: Function };

    setup() {
        this.canvasRef = useRef("canvas");
        this.state = useState({ asTable: false });
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            () => this.draw(),
            () => [this.props.chart, this.state.asTable]
        );
    }

    get summary() {
        return _t("%(title)s. %(note)s Choose “Show as table” to read the numbers.", {
            title: this.props.chart.title,
            note: this.props.chart.note,
        });
    }

    draw() {
        if (!this.canvasRef.el) {
            return;
        }
        const drawn = new Chart(this.canvasRef.el, this.config());
        return () => drawn.destroy();
    }

    config() {
        const { chart } = this.props;
        const scheme = cookie.get("color_scheme");
        const textColor = getCustomColor(scheme, "#111827", "#E4E4E4");
        const gridColor = getCustomColor(scheme, "rgba(0, 0, 0, .1)", "rgba(255, 255, 255, .15)");
        const percent = (value) => `${Math.round(100 * value)} %`;
        return {
            type: "bar",
            plugins: [this.alertLines(scheme)],
            data: { labels: chart.labels, datasets: this.datasets(scheme) },
            options: {
                animation: false,
                maintainAspectRatio: false,
                interaction: { mode: "index", intersect: false },
                onClick: (ev, _elements, drawn) => this.onClick(ev, drawn),
                onHover: (ev, _elements, drawn) => {
                    ev.native.target.style.cursor = this.hit(ev, drawn) ? "pointer" : "";
                },
                scales: {
                    x: {
                        stacked: chart.stacked,
                        grid: { display: false },
                        ticks: { color: textColor, maxRotation: 60 },
                    },
                    y: {
                        stacked: chart.stacked,
                        beginAtZero: !chart.start,
                        suggestedMin: chart.start,
                        grid: { color: gridColor },
                        border: { display: false },
                        ticks: chart.percents
                            ? { color: textColor, callback: percent }
                            : { color: textColor, precision: 0 },
                    },
                },
                plugins: {
                    legend: {
                        position: "bottom",
                        labels: {
                            color: textColor,
                            boxWidth: 12,
                            sort: (one, other) => one.datasetIndex - other.datasetIndex,
                        },
                    },
                    tooltip: {
                        filter: (item) => Boolean(chart.series[item.datasetIndex].texts[item.dataIndex]),
                        callbacks: {
                            label: ({ dataset, datasetIndex, dataIndex }) =>
                                `${dataset.label}: ${chart.series[datasetIndex].texts[dataIndex]}`,
                        },
                    },
                },
            },
        };
    }

    // A dashed line with a triangle where an alert began; what it says stands below the chart.
    alertLines(scheme) {
        const { marks } = this.props.chart;
        const colors = { danger: getColor(1, scheme, PALETTE), info: getColor(GREY, scheme, "lg") };
        return {
            id: "aiAlertLines",
            afterDatasetsDraw: ({ ctx, chartArea: { top, bottom }, scales }) => {
                for (const { place, level } of marks) {
                    const x = scales.x.getPixelForValue(place);
                    ctx.save();
                    ctx.strokeStyle = ctx.fillStyle = colors[level];
                    ctx.setLineDash([4, 3]);
                    ctx.beginPath();
                    ctx.moveTo(x, top);
                    ctx.lineTo(x, bottom);
                    ctx.stroke();
                    ctx.beginPath();
                    ctx.moveTo(x, top);
                    ctx.lineTo(x + 5, top + 9);
                    ctx.lineTo(x - 5, top + 9);
                    ctx.fill();
                    ctx.restore();
                }
            },
        };
    }

    datasets(scheme) {
        const { chart } = this.props;
        let lineColor;
        let turn = 0;
        return chart.series.map(({ label, kind, values }) => {
            const shared = { label, data: values };
            if (kind === "interval") {
                // belongs to the line before it
                const color = hexToRGBA(lineColor, 0.3);
                return { ...shared, type: "bar", backgroundColor: color, barThickness: 8, grouped: false, order: 2 };
            }
            const isCompared = ["before", "limit"].includes(kind);
            const color = isCompared
                ? getColor(GREY, scheme, "lg")
                : getColor(IN_TURN[turn++ % IN_TURN.length], scheme, PALETTE);
            if (["bar", "before"].includes(kind)) {
                const stack = chart.stacked ? "all" : undefined;
                return { ...shared, type: "bar", backgroundColor: color, stack, order: 3 };
            }
            const isLimit = kind === "limit";
            if (!isLimit) {
                lineColor = color;
            }
            return {
                ...shared,
                type: "line",
                borderColor: color,
                backgroundColor: color,
                borderDash: isLimit ? [6, 4] : [],
                borderWidth: 2,
                pointRadius: isLimit ? 0 : 4,
                pointHitRadius: isLimit ? 0 : 8,
                stack: label, // lines stand on the ground, also in a chart of stacked bars
                order: 1,
            };
        });
    }

    // What lies below the pointer: {datasetIndex, index}.
    hit(ev, drawn) {
        return drawn.getElementsAtEventForMode(ev, "nearest", { intersect: true }, false)[0];
    }

    onClick(ev, drawn) {
        const element = this.hit(ev, drawn);
        const target = element && this.props.chart.series[element.datasetIndex].open[element.index];
        if (target) {
            this.props.open(target);
        }
    }
}
