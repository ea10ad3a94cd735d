// The pane beside the lists: one statement or point with all that is known of it.

const TOKENS = ["", "kw", "", "id", "str", "num", "ph", "", "", "com"];

/** A statement with its colours. @param {Model} model @param {Stmt} stmt @param {boolean} broken @param {string[]} [values] */
function highlighted(model, stmt, broken, values) {
  const code = h("code", { class: "sql" });
  for (const piece of model.pieces(stmt, broken, values)) {
    const name = piece.value ? "val" : TOKENS[piece.kind];
    if (name) code.append(h("span", { class: name }, piece.text));
    else code.append(visible(piece.text));
  }
  if (stmt.cut) code.append(h("i", null, ` … and ${grouped(stmt.cut)} bytes more`));
  return code;
}

/** Puts text on the clipboard and says so; where that is not allowed, marks the text so that it can be copied by hand.
 * @param {Page} page @param {string} text @param {string} what */
async function copy(page, text, what) {
  try {
    await navigator.clipboard.writeText(text);
    page.say(`${what} copied`);
  } catch {
    const area = h("textarea", { class: "copy", readonly: true, "aria-label": what });
    area.value = text;
    page.detail.element.prepend(area);
    area.focus();
    area.select();
    page.say("The browser does not let the page copy: the text is selected, press Ctrl+C");
  }
}

class Detail {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.form = "values";
    this.element = h("aside", { id: "detail", "aria-label": "Detail", tabindex: "-1", hidden: true });
    this.width = 36;
    this.divider = h("div", { class: "divider", role: "separator", tabindex: "0", "aria-orientation": "vertical", "aria-label": "Width of the detail",
      "aria-valuemin": 20, "aria-valuemax": 70, "aria-valuenow": this.width });
    this.divider.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => this.divider.setPointerCapture(event.pointerId));
    this.divider.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => {
      if (!this.divider.hasPointerCapture(event.pointerId)) return;
      const box = page.app.getBoundingClientRect();
      this.resize((100 * (box.right - event.clientX)) / box.width);
    });
    this.divider.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const step = { ArrowLeft: 3, ArrowRight: -3 }[event.key];
      if (step) this.resize(this.width + step);
    });
  }

  /** @param {number} percent of the lists and the detail together */
  resize(percent) {
    this.width = Math.max(20, Math.min(70, percent));
    this.divider.setAttribute("aria-valuenow", String(Math.round(this.width)));
    this.page.app.style.setProperty("--wide", `${this.width}%`);
  }

  update() {
    const { page } = this, { state, model } = page, focus = document.activeElement;
    const label = this.element.contains(focus) ? focus?.getAttribute("aria-label") : "";
    const point = state.p ? model.place(state.p) : undefined;
    const group = point === undefined && state.g ? page.groupOf(state.g) : -1;
    this.element.hidden = point === undefined && group < 0;
    if (point !== undefined) this.element.replaceChildren(...this.ofPoint(point));
    else if (group >= 0) this.element.replaceChildren(...this.ofGroup(group));
    else this.element.replaceChildren();
    page.app.classList.toggle("with-detail", !this.element.hidden);
    if (label) /** @type {HTMLElement | null} */ (this.element.querySelector(`button[aria-label="${CSS.escape(label)}"]`))?.focus();
  }

  /** @param {string} title @param {Node | null} stepper */
  head(title, stepper) {
    return h("div", { class: "head" }, h("h2", null, h("bdi", null, title)), stepper,
      h("button", { class: "close", "aria-label": "Close detail", title: "Close (Esc)", onclick: () => this.page.close() }, "✕"));
  }

  /** Which statement is shown in which form. @param {Stmt} stmt @param {number} point @returns {HTMLElement} */
  statement(stmt, point) {
    const { page } = this, { model, t } = page;
    /** @type {[string, string][]} */
    const forms = point < 0 || !t.params[point] ? [["sent", "As sent"], ["fp", "Fingerprint"]]
      : [["values", "With values"], ["sent", "As sent"], ["fp", "Fingerprint"]];
    const form = forms.some(([key]) => key === this.form) ? this.form : forms[0][0];
    const pre = h("pre", { tabindex: "0", "aria-label": "Statement" });
    if (form === "fp") pre.append(visible(t.str[stmt.ft]));
    else pre.append(highlighted(model, stmt, true, form === "values" ? model.values(point) : undefined));
    return h("div", { class: "statement" },
      h("div", { class: "forms", role: "group", "aria-label": "Form of the statement" },
        ...forms.map(([key, label]) => h("button", {
          "aria-pressed": String(key === form), onclick: () => {
            this.form = key;
            const old = /** @type {HTMLElement} */ (this.element.querySelector(".statement"));
            const fresh = this.statement(stmt, point);
            old.replaceWith(fresh);
            /** @type {HTMLElement} */ (fresh.querySelector('[aria-pressed="true"]')).focus();
          },
        }, label))), pre);
  }

  /** @param {number[]} findings */
  findings(findings) {
    return findings.map((place) => {
      const finding = this.page.t.find[place];
      return h("p", { class: `finding ${finding.level}` }, h("b", null, BADGES[finding.rule] ?? finding.rule), " ",
        h("span", null, finding.text));
    });
  }

  /** @param {number} i */
  ofPoint(i) {
    const { page } = this, { model, t } = page, stmt = t.st[i] ? t.stmt[t.st[i] - 1] : null;
    const group = t.grp[i] - 1, siblings = group >= 0 ? model.points[group] : [];
    const at = siblings.indexOf(i);
    /** @param {number} step @param {string} label */
    const step = (step, label) => h("button", {
      disabled: siblings[at + step] === undefined, title: `${label} of the same statement`, "aria-label": `${label} of the same statement`,
      onclick: () => page.select(siblings[at + step]),
    }, step < 0 ? "‹" : "›");
    const stepper = siblings.length > 1
      ? h("span", { class: "stepper" }, step(-1, "Previous"), ` ${grouped(at + 1)} of ${grouped(siblings.length)} `, step(1, "Next")) : null;
    const parts = [this.head(model.number[i] ? `#${model.number[i]} ${model.title(i)}` : model.title(i), stepper)];
    if (t.err[i]) parts.push(h("p", { class: "error" }, h("b", null, "✕ "), h("bdi", null, t.str[t.err[i]])));
    parts.push(...this.findings(model.findingsOf.get(i) ?? []));
    if (stmt) parts.push(this.statement(stmt, i), this.buttons(i, stmt));
    else if (t.detail[i]) parts.push(h("p", null, h("bdi", null, t.str[t.detail[i]])));
    if (stmt) parts.push(this.parameters(i));
    parts.push(this.facts(i), this.around(i), this.raw(i));
    return parts;
  }

  /** @param {number} i @param {Stmt} stmt */
  buttons(i, stmt) {
    const { page } = this, { model, t } = page, runnable = model.runnable(i), bind = model.bind(i), explain = model.explain(i);
    const values = this.page.t.params[i], how = stmt.run ? "" : ", commented out";
    const title = stmt.run ? null : "It may change data. Take the dashes away to run it.";
    const row = h("div", { class: "buttons" },
      h("button", { title, onclick: () => copy(page, model.handedOut(i, runnable.sql), "SQL") },
        runnable.why && values ? `Copy as sent + parameters as comment${how}` : `Copy runnable SQL${how}`),
      h("button", { title, onclick: () => copy(page, model.handedOut(i, t.str[stmt.t]), "Statement") }, `Copy as sent${how}`),
      bind && h("button", { title: "For psql 16 or later", onclick: () => copy(page, bind, "psql command") }, "Copy psql \\bind"),
      explain && !runnable.why && h("button", {
        title: stmt.exw ? `The plan without running the statement, because ${stmt.exw}` : null,
        onclick: () => copy(page, explain, "EXPLAIN"),
      }, "Copy EXPLAIN"),
      h("button", { onclick: () => copy(page, location.href, "Link") }, "Copy link"),
      h("button", { onclick: () => copy(page, t.id[i], "Id") }, "Copy point id"));
    return runnable.why ? h("div", null, row, h("p", { class: "quiet" }, `Not runnable as it is: ${runnable.why}.`)) : row;
  }

  /** @param {number} i */
  parameters(i) {
    const { t } = this.page, values = this.page.model.values(i);
    if (!values.length) return h("p", { class: "quiet" }, t.meta.values ? "No parameters were recorded." : "This report was made without values.");
    const types = t.ptype[i] ? t.str[t.ptype[i]].split(UNIT) : [], names = t.pname[i] ? t.str[t.pname[i]].split(UNIT) : [];
    return h("table", { class: "params" }, h("caption", null, count(values.length, "parameter")),
      h("thead", null, h("tr", null, ...["#", names.length ? "name" : "", types.length ? "type" : "", "value", "length"].map((text) =>
        text && h("th", { scope: "col", class: text === "value" ? "value" : null }, text)))),
      h("tbody", null, ...values.slice(0, 1000).map((value, k) => h("tr", null, h("td", null, String(k + 1)),
        names.length > 0 && h("td", null, h("bdi", null, names[k] ?? "")), types.length > 0 && h("td", null, h("bdi", null, types[k] ?? "")),
        h("td", { class: "value" }, h("code", null, h("bdi", null, value))), h("td", null, this.lengthOf(t.params[i], k))))),
      values.length > 1000 && h("tfoot", null, h("tr", null, h("td", { colspan: 5 }, `… and ${count(values.length - 1000, "parameter")} more`))));
  }

  /** How long a value is, where that says something. @param {0 | number[]} places @param {number} k */
  lengthOf(places, k) {
    const { t } = this.page, place = places ? places[k] : 0, bytes = t.bytes.get(place), elements = t.elements.get(place);
    return bytes !== undefined ? `${grouped(bytes)} B` : elements !== undefined ? count(elements, "element") : "";
  }

  /** @param {number} i */
  facts(i) {
    const { page } = this, { model, t } = page;
    const tx = t.txOf[i] - 1;
    /** @type {[string, Node | string | false][]} */
    const facts = [
      ["Started", `T+ ${time(t.start[i])}`], ["Duration", t.dur[i] < 0 ? "unfinished" : `${time(t.took[i])}${page.ofRequest(i)}`],
      ["Between rows", t.took[i] < t.dur[i] && `${time(t.dur[i] - t.took[i])} in the program`],
      ["Self", t.self[i] >= 0 && t.last[i] > i && time(t.self[i])],
      ["Rows", t.rows[i] >= 0 ? count(t.rows[i], "row") : t.aff[i] >= 0 && `${count(t.aff[i], "row")} affected`],
      ["Status", t.code[i] > 0 && String(t.code[i])], ["Caller", t.caller[i] > 0 && t.str[t.caller[i]]],
      ["Database", t.cn[i] > 0 && model.connection(t.cn[i] - 1)],
      ["Transaction", tx >= 0 && page.txText(tx)], ["Service", t.str[t.svc[i]]], ["Host", t.str[t.host[i]]],
      ["Project", t.str[t.proj[i]]], ["Marks", model.marks(i).join(", ")], ["Fingerprint", t.grp[i] > 0 && page.link({ g: t.group[t.grp[i] - 1].id, p: "" }, t.group[t.grp[i] - 1].id)],
    ];
    return h("dl", null, ...facts.filter(([, fact]) => fact).flatMap(([name, fact]) => [h("dt", null, name), h("dd", null, h("bdi", null, fact))]));
  }

  /** What is around a point, from the outside in. @param {number} i */
  around(i) {
    const { page } = this, { model, t } = page, chain = [];
    for (let up = t.parent[i]; up >= 0 && chain.length < 50; up = t.parent[up]) chain.unshift(up);
    if (!chain.length) return h("p");
    return h("nav", { "aria-label": "Points around this one", class: "crumbs" }, ...chain.flatMap((up, k) => [
      k > 0 && " › ", page.link({ p: t.id[up], v: "time" }, oneLine(`${model.title(up)} ${model.says(up)}`, 60))]));
  }

  /** @param {number} i */
  raw(i) {
    const { t } = this.page;
    if (!t.more[i] && !t.moreStop[i]) return h("p");
    return h("details", null, h("summary", null, "More recorded info"),
      ...(/** @type {[string, number][]} */ ([["start", t.more[i]], ["stop", t.moreStop[i]]])).filter(([, place]) => place)
        .map(([name, place]) => h("pre", null, `${name} ${indented(t.str[place])}`)));
  }

  /** @param {number} g */
  ofGroup(g) {
    const { page } = this, { model, t } = page, group = t.group[g], stmt = t.stmt[group.stmt], points = model.points[g];
    return [
      this.head(t.str[stmt.label], null), ...this.findings(model.findingsOfGroup[g]), this.statement(stmt, -1),
      h("div", { class: "buttons" }, h("button", { onclick: () => copy(page, t.str[stmt.t], "Statement") }, "Copy as sent"),
        h("button", { onclick: () => copy(page, location.href, "Link") }, "Copy link"),
        h("button", { onclick: () => page.go({ v: "order", q: `fp:${group.id}`, g: group.id }, true) }, "Show in order")),
      h("dl", null, ...(/** @type {[string, string][]} */ ([
        ["Executions", `${grouped(group.n)}${group.once > 1 ? `, up to ${group.once} at once` : ""}`],
        ["Time", `${time(group.union)} (${share(group.union, t.req)} of the request)${group.total > group.union ? `, summed ${time(group.total)}` : ""}`],
        ["Each", `p50 ${time(group.p50)}, p95 ${time(group.p95)}, max ${time(group.max)}`],
        ["Rows", group.rows >= 0 ? grouped(group.rows) : group.aff >= 0 ? `${grouped(group.aff)} affected` : ""],
        ["Errors", group.err ? grouped(group.err) : ""], ["Database", model.connection(group.conn)], ["Fingerprint", group.id],
      ])).filter(([, text]) => text).flatMap(([name, text]) => [h("dt", null, name), h("dd", null, h("bdi", null, text))])),
      page.executions(points, 50),
    ];
  }
}
