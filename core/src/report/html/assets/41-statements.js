// The first tab: statements that differ in nothing but values, one row each, with what stands out.

const CELLS = 24;

/** @type {[string, string, (page: Page, g: Group) => number, (page: Page, g: Group, place: number) => string][]} */
const COLUMNS = [
  ["count", "count", (_, g) => g.n, (page, g, place) => page.shownOf(place, g.n)],
  ["total", "total", (_, g) => g.total, (_, g) => time(g.total)],
  ["share", "% of request", (_, g) => g.union, (page, g) => share(g.union, page.t.req)],
  ["avg", "avg", (_, g) => g.total / g.n, (_, g) => time(Math.round(g.total / g.n))],
  ["p50", "p50", (_, g) => g.p50, (_, g) => time(g.p50)],
  ["p95", "p95", (_, g) => g.p95, (_, g) => time(g.p95)],
  ["max", "max", (_, g) => g.max, (_, g) => time(g.max)],
  ["rows", "rows", (_, g) => Math.max(g.rows, g.aff), (_, g) => (Math.max(g.rows, g.aff) < 0 ? "–" : grouped(Math.max(g.rows, g.aff)))],
  ["errors", "errors", (_, g) => g.err, (_, g) => (g.err ? grouped(g.err) : "")],
];

/** A heading that sorts. @param {string} key @param {string} label @param {string} sort @param {(sort: string) => void} on */
function sortable(key, label, sort, on) {
  const down = sort === `-${key}`, up = sort === key;
  return h("th", { scope: "col", class: `c-${key}`, "aria-sort": down ? "descending" : up ? "ascending" : null },
    h("button", { "data-sort": key, onclick: () => on(down ? key : `-${key}`) }, label, h("span", { "aria-hidden": "true" }, down ? " ▾" : up ? " ▴" : "")));
}

class StatementsView {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.most = 500;
    /** @type {Set<number>} */
    this.open = new Set();
    this.element = h("div", { class: "scroll" });
    this.element.addEventListener("click", (/** @type {MouseEvent} */ event) => {
      const row = event.target instanceof Element && !event.target.closest("button,a") && event.target.closest("tr[data-group]");
      if (row && !selecting()) this.choose(Number(row.getAttribute("data-group")));
    });
  }

  /** @param {number} place */
  choose(place) {
    this.page.go({ g: this.page.t.group[place].id, p: "" }, true);
  }

  update() {
    const { page } = this, { t, model, state } = page;
    const focus = document.activeElement?.getAttribute("data-sort") ?? "";
    const focusGroup = this.element.contains(document.activeElement) ? document.activeElement?.closest("[data-group]")?.getAttribute("data-group") : "";
    if (!t.group.length) return this.element.replaceChildren(h("p", { class: "empty" }, "No SQL was recorded."));
    let places = t.group.map((_, place) => place).filter((place) => page.shown[place] > 0);
    if (!places.length) return this.element.replaceChildren(page.nothing());
    const key = state.sort.replace(/^-/, ""), column = COLUMNS.find(([name]) => name === key);
    if (column) {
      const values = t.group.map((group) => column[2](page, group)), sign = state.sort.startsWith("-") ? -1 : 1;
      places = places.sort((a, b) => sign * (values[a] - values[b]) || a - b);
    }
    const sort = column ? state.sort : "-total";
    const chosen = page.groupOf(state.g);
    const rows = places.slice(0, Math.max(this.most, places.indexOf(chosen) + 1)).flatMap((place) => this.row(place, chosen));
    const left = places.length - Math.max(this.most, 0);
    this.element.replaceChildren(
      h("table", { class: "statements" }, h("caption", { class: "sr" }, "Statements, alike ones together"),
        h("thead", null, h("tr", null, h("th", { scope: "col" }, h("span", { class: "sr" }, "Executions")),
          ...COLUMNS.map(([name, label]) => sortable(name, label, sort, (sort) => page.go({ sort }, false))),
          h("th", { scope: "col", class: "value" }, "statement"), h("th", { scope: "col", class: "hist" }, "when"))),
        h("tbody", null, ...rows)),
      ...(left > 0 ? [h("button", { onclick: () => {
        const first = this.most;
        this.most += 2000;
        this.update();
        /** @type {HTMLElement | undefined} */ (this.element.querySelectorAll(".name")[first])?.focus();
      } }, `Show ${count(left, "more statement")}`)] : []));
    /** @type {HTMLElement | null} */
    const again = focus ? this.element.querySelector(`[data-sort="${focus}"]`)
      : focusGroup ? this.element.querySelector(`[data-group="${focusGroup}"] .name`) : null;
    again?.focus();
  }

  /** @param {number} place @param {number} chosen */
  row(place, chosen) {
    const { page } = this, { t, model } = page, group = t.group[place], stmt = t.stmt[group.stmt];
    const open = this.open.has(place), conns = t.conn.length > 1;
    const row = h("tr", { "data-group": place, class: place === chosen ? "chosen" : null, "aria-selected": place === chosen ? "true" : null },
      h("td", null, h("button", {
        class: "twist", "aria-expanded": String(open), "aria-label": `Executions of ${t.str[stmt.label]}`, onclick: () => {
          if (!this.open.delete(place)) this.open.add(place);
          this.update();
          /** @type {HTMLElement | null} */ (this.element.querySelector(`[data-group="${place}"] .twist`))?.focus();
        },
      }, open ? "▾" : "▸")),
      ...COLUMNS.map(([name, , , text]) => h("td", { class: `c-${name}` }, text(page, group, place))),
      h("td", { class: "value" },
        h("button", { class: "name", onclick: () => this.choose(place) }, h("bdi", null, oneLine(t.str[stmt.label], 60))), " ",
        ...this.badges(place), h("code", { class: "quiet" }, h("bdi", null, oneLine(t.str[stmt.compact], 240))),
        conns && h("small", null, " ", h("bdi", null, model.connection(group.conn)))),
      h("td", { class: "hist" }, this.histogram(place)));
    if (!open) return [row];
    const points = page.matches ? model.points[place].filter((point) => page.passes(point)) : model.points[place];
    return [row, h("tr", { class: "inner" }, h("td", { colspan: COLUMNS.length + 3 }, page.executions(points, 100)))];
  }

  /** @param {number} place */
  badges(place) {
    const { t, model } = this.page;
    /** @type {Map<string, {level: string, points: Set<number>, text: string}>} */
    const rules = new Map();
    for (const finding of model.findingsOfGroup[place].map((place) => t.find[place])) {
      const rule = rules.get(finding.rule) ?? { level: finding.level, points: new Set(), text: finding.text };
      finding.points.forEach((point) => rule.points.add(point));
      rules.set(finding.rule, rule);
    }
    const badges = [...rules].map(([rule, { level, points, text }]) =>
      h("span", { class: `badge ${level}`, title: oneLine(text, 500) }, `${BADGES[rule] ?? rule}${points.size > 1 ? ` ×${grouped(points.size)}` : ""}`));
    if (!badges.length && t.group[place].n > 1) badges.push(h("span", { class: "badge", title: "Alike but for their values" }, `similar ×${grouped(t.group[place].n)}`));
    const marks = new Map();
    for (const point of this.page.model.points[place]) {
      if (t.flag[point] & (UNFINISHED | CANCELLED | BYPASSED)) for (const mark of model.marks(point)) if (!rules.has(mark.split(" ")[0])) marks.set(mark, (marks.get(mark) ?? 0) + 1);
    }
    for (const [mark, number] of marks) badges.push(h("span", { class: "badge mark" }, number > 1 ? `${mark} ×${grouped(number)}` : mark));
    return badges.flatMap((badge) => [badge, " "]);
  }

  /** When the executions ran: the trace's time in 24 cells. @param {number} place */
  histogram(place) {
    const { t, model } = this.page, cells = new Array(CELLS).fill(0);
    for (const point of model.points[place]) cells[Math.min(CELLS - 1, Math.floor((t.start[point] / Math.max(1, t.us)) * CELLS))]++;
    const most = Math.max(...cells), box = h("div", { class: "cells", "aria-hidden": "true" });
    cells.forEach((cell, k) => {
      if (!cell) return;
      const bar = h("i", { class: "db" });
      bar.style.left = `${(100 * k) / CELLS}%`;
      bar.style.height = `${Math.max(16, (100 * cell) / most)}%`;
      box.append(bar);
    });
    return box;
  }
}
