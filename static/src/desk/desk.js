import { Component, onWillStart, useEffect, useExternalListener, useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { _t } from "@web/core/l10n/translation";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { ConnectionLostError, RPCError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { Layout } from "@web/search/layout";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { DeskCard } from "./desk_card";
import { DeskDocument, DeskValues } from "./desk_values";

const MODEL = "ai.deployment.review";
const UNDO_MS = 60000;
const UNSENT = "ai_deployment.desk.unsent"; // an answer that was not acknowledged yet, for this browser tab
const KEYS = "abcdefghijklmnopqrstuvwxyz123456789".split("");

// How long each card was in sight: hidden tabs do not count.
class Watch {
    constructor() {
        this.spent = {};
        this.id = null;
    }

    start(id) {
        this.stop();
        this.id = id;
        this.since = document.hidden ? null : performance.now();
    }

    stop() {
        if (this.id && this.since !== null) {
            this.spent[this.id] = (this.spent[this.id] || 0) + performance.now() - this.since;
        }
        this.since = null;
    }

    turn() {
        if (document.hidden) {
            this.stop();
        } else if (this.id && this.since === null) {
            this.since = performance.now();
        }
    }

    seconds(id) {
        const running = id === this.id && this.since !== null ? performance.now() - this.since : 0;
        return Math.round((this.spent[id] || 0) + running) / 1000;
    }
}

// The page "Review Desk": one question at a time, the next one at hand. See `models/review/desk.py`.
export class Desk extends Component {
    static template = "ai_deployment.Desk";
    static components = { DeskCard, DeskDocument, DeskValues, Layout };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.dialog = useService("dialog");
        this.display = { controlPanel: {} };
        this.headingRef = useRef("heading");
        this.noteRef = useRef("note");
        this.cards = new Map();
        this.watch = new Watch();
        this.skipped = [];
        this.state = useState({
            status: "loading", // loading, ready, empty, failed
            deploymentId: false,
            whose: "all",
            deployments: [],
            mine: 0,
            pool: 0,
            mayReview: true,
            unreadable: 0, // open reviews about records that this person may not read
            card: null,
            note: "",
            answerId: false,
            values: {}, // of a case about values: what each is, as it would be stored
            busy: false,
            done: 0,
            left: 0,
            notice: null, // what came of the last answer
            problem: null, // why an answer is not saved
            undo: null,
        });
        onWillStart(() => this.open({ first: this.props.action.params?.review_id }));
        useExternalListener(document, "visibilitychange", () => this.watch.turn());
        useEffect(
            () => () => {
                this.watch.stop();
                browser.clearTimeout(this.undoTimer);
            },
            () => []
        );
        // Whoever works by keyboard or hears the page begins with the record's name, never on a button.
        useEffect(
            () => {
                const heading = this.headingRef.el;
                heading?.focus({ preventScroll: true });
                heading?.closest(".o_content")?.scrollTo(0, 0);
                heading?.closest(".o_action")?.scrollTo(0, 0); // on a phone the whole page scrolls
            },
            () => [this.state.card]
        );
        for (const key of KEYS) {
            useHotkey(key, () => this.onKey(key), {
                isAvailable: (target) => Boolean(this.commandOf(key)) && !target.closest?.("select"),
            });
        }
    }

    // What the page says

    get filters() {
        return [
            { whose: "all", label: _t("All") },
            { whose: "mine", label: _t("Mine"), count: this.count("mine") },
            { whose: "pool", label: _t("Pool"), count: this.count("pool") },
        ];
    }

    get progress() {
        const total = this.state.done + this.state.left;
        return _t("%(place)s of %(total)s", { place: Math.min(this.state.done + 1, total), total });
    }

    get spoken() {
        const card = this.state.card;
        return this.state.status === "ready" && card ? `${this.progress}. ${card.name}. ${card.why}` : "";
    }

    get emptyText() {
        const { whose, pool, mine } = this.state;
        if (!this.state.mayReview) {
            return _t("You are not a reviewer of any deployment");
        }
        if (whose === "mine" && pool) {
            return _t("Nothing assigned to you, %s in the pool", pool);
        }
        if (whose === "pool" && mine) {
            return _t("The pool is empty, %s reviews are assigned to you", mine);
        }
        if (this.state.unreadable) {
            return _t("Open reviews about records that you may not read: %s", this.state.unreadable);
        }
        return this.state.done ? _t("All reviews are answered") : _t("No open reviews");
    }

    get elsewhere() {
        return this.state.deployments.reduce((sum, one) => sum + one.mine + one.pool, 0);
    }

    get isCorrected() {
        return this.state.card.values.some((one) => !one.problem && this.state.values[one.key] !== one.value);
    }

    labelOf(button) {
        return button.decision === "valued" && this.isCorrected ? _t("Save Correction") : button.label;
    }

    setValue(key, value) {
        this.state.values[key] = value;
    }

    findValues(key, text) {
        return this.orm.silent.call(MODEL, "desk_values", [this.state.card.id, key, text]);
    }

    count(whose) {
        return this.state[whose];
    }

    // Commands: each has a key, a button, and one place here

    commandOf(key) {
        const { card, busy, status, undo } = this.state;
        if (busy) {
            return null;
        }
        if (key === "u") {
            return undo && (() => this.undo());
        }
        if (status !== "ready") {
            return null;
        }
        const button = card.buttons.find((one) => one.key === key);
        if (button) {
            return () => this.decide(button.decision);
        }
        const answer = card.answers[Number(key) - 1];
        return answer
            ? () => this.choose(answer)
            : {
                  s: () => this.skip(),
                  o: () => browser.open(card.url, "_blank"),
                  t: () => this.noteRef.el?.focus(),
                  l: () => this.openLookAlikes(),
              }[key];
    }

    onKey(key) {
        this.commandOf(key)?.();
    }

    onNoteKeydown(ev) {
        if (ev.key === "Escape") {
            ev.stopPropagation();
            this.headingRef.el?.focus();
        }
    }

    choose(answer) {
        this.state.answerId = this.state.answerId === answer.id ? false : answer.id;
    }

    // The queue

    sitting(more = {}) {
        return {
            deployment_id: this.state.deploymentId,
            whose: this.state.whose,
            skipped: this.skipped,
            known: [...this.cards.keys()],
            ...more,
        };
    }

    async open({ first } = {}) {
        this.state.status = "loading";
        const unsent = this.unsent();
        this.cards.clear();
        try {
            const answer = await this.orm.call(MODEL, "desk_open", [this.state.deploymentId || null], {
                filters: this.sitting({ first: [unsent?.id, first].filter(Boolean) }),
            });
            this.state.deployments = answer.deployments;
            this.state.mayReview = answer.may_review;
            this.state.unreadable = answer.unreadable;
            this.state.mine = answer.mine;
            this.state.pool = answer.pool;
            const { mine, pool } = answer;
            this.state.left = Math.max({ mine, pool, all: mine + pool }[this.state.whose], answer.queue.length && 1);
            this.accept(answer);
            this.offerUnsent(unsent);
        } catch (error) {
            this.fail(error);
            this.state.status = "failed";
        }
    }

    // Show what comes next: `queue` are its ids, `cards` those that were not here yet.
    accept({ queue, cards }) {
        for (const card of cards) {
            this.cards.set(card.id, card);
        }
        for (const id of this.cards.keys()) {
            if (!queue.includes(id)) {
                this.cards.delete(id);
            }
        }
        this.state.problem = null;
        this.state.note = "";
        this.state.answerId = false;
        const card = this.cards.get(queue[0]);
        if (card) {
            this.state.values = Object.fromEntries(card.values.map((one) => [one.key, one.value]));
            this.state.card = card;
            this.state.status = "ready";
            this.watch.start(card.id);
        } else {
            this.state.card = null;
            this.state.status = "empty";
            this.watch.stop();
        }
    }

    async setFilter(values) {
        Object.assign(this.state, values, { done: 0, notice: null });
        this.skipped = [];
        await this.open();
    }

    // One call at a time; whatever goes wrong is said on the page, and what was entered stays.
    async call(method, args, sitting) {
        this.state.busy = true;
        this.state.problem = null;
        try {
            return await this.orm.silent.call(MODEL, method, args, { sitting: this.sitting(sitting) });
        } catch (error) {
            this.fail(error);
            return null;
        } finally {
            this.state.busy = false;
        }
    }

    fail(error) {
        const problem = { text: _t("The server could not process this. Please try again."), again: true, login: false };
        if (error instanceof ConnectionLostError) {
            problem.text = _t("There is no connection to the server.");
        } else if (error instanceof RPCError && error.exceptionName?.endsWith("SessionExpiredException")) {
            problem.text = _t("Your session has expired. Log in again in another tab, then try again.");
            problem.login = true;
        } else if (error instanceof RPCError && error.exceptionName?.startsWith("odoo.exceptions.")) {
            problem.text = error.data?.message || problem.text; // the server says no, and why
            problem.again = false;
        } else if (!(error instanceof RPCError)) {
            throw error;
        }
        this.state.problem = problem;
    }

    // Answers

    decide(decision) {
        const card = this.state.card;
        const answer = card.answers.find((one) => one.id === this.state.answerId);
        const given = answer && (!answer.decision || answer.decision === decision) ? answer : null;
        if (given?.asks_text && !this.state.note.trim()) {
            this.state.problem = { text: _t("Please describe it in a few words."), again: false, login: false };
            this.noteRef.el?.focus();
            return;
        }
        const question = card.buttons.find((one) => one.decision === decision)?.confirm;
        if (question) {
            return this.confirm(question, () => this.give(card, decision, given));
        }
        return this.give(card, decision, given);
    }

    // Money is let go only after a second look; whoever cancels finds the card as it was.
    confirm(question, confirm) {
        this.dialog.add(ConfirmationDialog, {
            title: _t("Release"),
            body: question,
            confirmLabel: _t("Release"),
            confirm,
            cancel: () => {},
        });
    }

    give(card, decision, given) {
        return this.send({
            id: card.id,
            decision,
            values: decision === "valued" ? { ...this.state.values } : null,
            note: this.state.note.trim(),
            seconds: this.watch.seconds(card.id),
            answerId: given?.id || false,
            seen: {
                similar: card.similar.map((one) => one.id),
                score: Boolean(card.score),
                incumbent: Boolean(card.score?.odoo),
                reasons: Boolean(card.reasons.length),
                why: card.why,
            },
        });
    }

    async send(unsent) {
        this.keepUnsent(unsent);
        const { id, decision, note, seconds, answerId, seen, values } = unsent;
        const known = [...this.cards.keys()].filter((one) => one !== id);
        const answer = await this.call("desk_decide", [id, decision, note, seconds, answerId, seen, values], { known });
        if (!answer) {
            if (!this.state.problem?.again) {
                this.keepUnsent(null); // the server has it, and said no
            }
            return;
        }
        this.keepUnsent(null);
        const { note: typed, values: entered, card } = this.state;
        this.accept(answer);
        if (answer.result === "failed") {
            this.state.note = typed;
            Object.assign(this.state.values, entered);
            this.state.notice = { level: "warning", text: answer.text };
            return;
        }
        this.state.notice = {
            level: answer.result === "gone" ? "warning" : "success",
            text: answer.text,
            name: answer.name,
        };
        this.state.left = Math.max(this.state.left - 1, 0);
        this.recount(card, -1);
        if (answer.result === "decided") {
            this.state.done += 1;
            this.offerUndo(answer);
        }
        await this.lookAgainIfEmpty();
    }

    // The numbers on the filters follow what is answered here.
    recount(card, by) {
        const whose = card?.is_mine ? "mine" : card?.reviewer ? null : "pool";
        if (whose) {
            this.state[whose] = Math.max(this.state[whose] + by, 0);
        }
    }

    // The counts told when the page was opened may be old: what else waits is looked up when this queue is empty.
    async lookAgainIfEmpty() {
        if (this.state.status === "empty") {
            await this.open();
        }
    }

    async skip() {
        const { id } = this.state.card;
        const answer = await this.call("desk_skip", [id]);
        if (answer) {
            this.skipped = [...this.skipped.filter((one) => one !== id), id];
            const last = answer.queue[0] === id;
            this.accept(answer);
            this.state.notice = last ? { level: "info", text: _t("There are no other reviews.") } : null;
            await this.lookAgainIfEmpty();
        }
    }

    offerUndo({ undo_id: id, name }) {
        browser.clearTimeout(this.undoTimer);
        this.state.undo = id ? { id, name } : null;
        this.undoTimer = browser.setTimeout(() => (this.state.undo = null), UNDO_MS);
    }

    async undo() {
        const { id, name } = this.state.undo;
        const answer = await this.call("desk_undo", [id]);
        if (answer) {
            this.state.undo = null;
            this.state.done = Math.max(this.state.done - 1, 0);
            this.state.left += 1;
            this.accept(answer);
            this.recount(this.state.card, 1);
            this.state.notice = { level: "info", text: _t("Your answer was undone."), name };
        } else if (!this.state.problem.again) {
            this.state.undo = null;
        }
    }

    openLookAlikes() {
        return this.run("desk_look_alikes");
    }

    // What the record lacks is filled in beside the desk, then it is scored.
    complete() {
        return this.run("desk_complete", { onClose: (infos) => !infos?.dismiss && this.decide("rescored") });
    }

    async run(method, options) {
        this.state.problem = null;
        try {
            await this.action.doAction(await this.orm.call(MODEL, method, [this.state.card.id]), options);
        } catch (error) {
            this.fail(error);
        }
    }

    openList() {
        return this.action.doAction("ai_deployment.ai_deployment_review_action");
    }

    // An answer that the server has not acknowledged outlives a lost connection, an expired session and a reload

    unsent() {
        try {
            const unsent = JSON.parse(browser.sessionStorage.getItem(UNSENT));
            return unsent?.userId === user.userId ? unsent : null;
        } catch {
            return null;
        }
    }

    keepUnsent(unsent) {
        if (unsent) {
            browser.sessionStorage.setItem(UNSENT, JSON.stringify({ ...unsent, userId: user.userId }));
        } else {
            browser.sessionStorage.removeItem(UNSENT);
        }
    }

    offerUnsent(unsent) {
        if (!unsent) {
            return;
        }
        if (this.state.card?.id !== unsent.id) {
            this.keepUnsent(null); // it arrived after all, or somebody else answered
            return;
        }
        this.state.note = unsent.note;
        this.state.answerId = unsent.answerId;
        Object.assign(this.state.values, unsent.values);
        this.state.problem = { text: _t("This answer was not saved yet."), again: true, login: false };
    }

    tryAgain() {
        const unsent = this.unsent();
        if (unsent && unsent.id === this.state.card?.id) {
            return this.send({ ...unsent, note: this.state.note.trim() || unsent.note });
        }
        this.state.problem = null;
        return this.state.status === "ready" ? undefined : this.open();
    }
}

registry.category("actions").add("ai_deployment.desk", Desk);
