// The second tab: statements one after the other as they started, and the stretches in which none ran.

/** @param {Node[]} cells */
function row(...cells) {
  return h("div", { class: "row" }, ...cells);
}

/** @param {string} name @param {...(Node | string | null | false)} children */
function cell(name, ...children) {
  return h("div", { class: name, role: "gridcell" }, ...children);
}

/** @param {[string, string][]} columns */
function headings(...columns) {
  return h("div", { class: "row heads", role: "row", "aria-rowindex": "1" },
    ...columns.map(([name, label]) => h("div", { class: name, role: "columnheader" }, label)));
}

class OrderView {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.byTransaction = false;
    /** Points; gaps as -1, -3, -5 …; headings of transactions as -2, -4, -6 … */
    this.entries = new Int32Array(0);
    const { t } = page;
    const all = [];
    for (let i = 0; i < t.n; i++) if (t.st[i] && !(t.flag[i] & (NOT_RUN | INTERNAL))) all.push(i);
    this.all = Int32Array.from(all).sort((a, b) => t.start[a] - t.start[b] || a - b);
    this.longest = this.all.reduce((most, point) => Math.max(most, t.took[point]), 1);
    this.rows = new Rows("grid", "Statements in the order of their start", {
      row: (index) => this.row(index), open: (index) => this.choose(index), key: (index, event) => page.key(this.pointAt(index), event),
    });
    this.rows.element.classList.add("order");
    this.rows.element.prepend(headings(["no", "#"], ["at", "T+"], ["took", "duration"], ["num", "rows"], ["gut", ""], ["what", "statement"]));
    this.empty = h("div");
    const box = h("input", { type: "checkbox", onchange: () => { this.byTransaction = box.checked; this.update(); } });
    this.element = h("div", null, h("div", { class: "options" }, h("label", null, box, " Group by transaction")), this.empty, this.rows.element);
  }

  /** @param {number} index */
  pointAt(index) {
    return this.entries[index] >= 0 ? this.entries[index] : -1;
  }

  /** @param {number} index */
  choose(index) {
    const entry = this.entries[index], { page } = this, { t } = page;
    if (entry >= 0) page.select(entry);
    else if (entry % 2 === 0) {
      const { begin } = t.tx[-entry / 2 - 1];
      if (begin >= 0) page.select(begin);
    } else {
      const around = t.gap[(-entry - 1) / 2][2];
      if (around >= 0) page.select(around);
    }
  }

  update() {
    const { page } = this, { t } = page, entries = [];
    let gap = 0, tx = 0;
    const gaps = page.matches ? [] : t.gap;
    for (const point of this.all) {
      if (!page.passes(point)) continue;
      while (gap < gaps.length && gaps[gap][0] < t.start[point]) entries.push(-1 - 2 * gap++);
      if (this.byTransaction && t.txOf[point] && t.txOf[point] !== tx) entries.push(-2 * t.txOf[point]);
      tx = t.txOf[point];
      entries.push(point);
    }
    while (gap < gaps.length && entries.length) entries.push(-1 - 2 * gap++);
    this.entries = Int32Array.from(entries);
    const at = page.chosenPoint() ?? -1, active = at >= 0 ? this.entries.indexOf(at) : -1;
    this.rows.element.hidden = !entries.length;
    this.empty.replaceChildren(...(entries.length ? [] : [this.all.length ? page.nothing() : h("p", { class: "empty" }, "No SQL was recorded.")]));
    this.rows.set(entries.length, active >= 0 ? active : undefined);
    if (active >= 0) this.rows.reveal(active);
  }

  /** @param {number} index */
  row(index) {
    const entry = this.entries[index], { page } = this, { t, model } = page;
    if (entry < 0 && entry % 2 === 0) {
      const tx = t.tx[-entry / 2 - 1];
      return row(cell("no"), cell("at", time(tx.from)), cell("took", time(tx.to - tx.from)), cell("num"), cell("gut"),
        cell("what tx", page.txText(-entry / 2 - 1)));
    }
    if (entry < 0) {
      const [from, to, around] = t.gap[(-entry - 1) / 2];
      const element = row(cell("no"), cell("at", time(from)), cell("took", time(to - from)), cell("num"), cell("gut"),
        cell("what", `no statement for ${time(to - from)}`, around >= 0 && " – ", around >= 0 && h("b", null, h("bdi", null, oneLine(`${model.title(around)} ${model.says(around)}`, 80)))));
      element.classList.add("gap");
      return element;
    }
    const rows = Math.max(t.rows[entry], t.aff[entry]);
    const bar = h("i", { class: `back ${t.flag[entry] & FAILED ? "bad" : "db"}` });
    bar.style.width = `${(100 * Math.max(0, t.took[entry])) / this.longest}%`;
    const element = row(cell("no", model.number[entry] ? grouped(model.number[entry]) : ""), cell("at", time(t.start[entry])),
      cell("took", bar, h("span", null, time(t.took[entry]))), cell("num", rows >= 0 ? grouped(rows) : ""),
      cell(`gut${page.txClass(entry)}`), cell("what", ...page.label(entry)));
    if (page.chosenPoint() === entry) element.classList.add("chosen");
    element.setAttribute("aria-selected", String(page.chosenPoint() === entry));
    return element;
  }
}
