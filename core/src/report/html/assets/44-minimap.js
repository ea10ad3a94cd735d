// The small map above the timeline: when the database was busy, errors, transactions; dragging over it chooses a time.

const MAP = 60;

class Minimap {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.canvas = h("canvas", { "aria-hidden": "true" });
    this.choice = h("div", { class: "choice" });
    this.element = h("div", { class: "map", title: "Drag to choose a time, double-click for the whole" }, this.canvas, this.choice);
    /** @param {string} label */
    const input = (label) => h("input", { type: "number", min: 0, step: "any", "aria-label": label, onchange: () => this.typed() });
    this.from = input("From, in milliseconds");
    this.to = input("To, in milliseconds");
    this.inputs = h("span", { class: "range" }, "Time ", this.from, "–", this.to, " ms ", h("button", { onclick: () => page.go({ t: null }, false) }, "All"));
    let begun = -1;
    this.element.addEventListener("pointerdown", (/** @type {PointerEvent} */ event) => {
      begun = this.at(event);
      this.element.setPointerCapture(event.pointerId);
    });
    this.element.addEventListener("pointermove", (/** @type {PointerEvent} */ event) => begun >= 0 && this.mark(begun, this.at(event)));
    this.element.addEventListener("pointerup", (/** @type {PointerEvent} */ event) => {
      const [from, to] = [begun, this.at(event)].sort((a, b) => a - b);
      begun = -1;
      if (to - from > page.t.us / 200) page.go({ t: [Math.round(from), Math.round(to)] }, false);
      else this.update();
    });
    this.element.addEventListener("dblclick", () => page.go({ t: null }, false));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** @param {PointerEvent} event */
  at(event) {
    const box = this.element.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * this.page.t.us;
  }

  typed() {
    const from = Number(this.from.value) * 1000, to = Number(this.to.value) * 1000;
    if (to > from) this.page.go({ t: [from, to] }, false);
    else this.page.say("The end of the time must come after its beginning");
  }

  /** @param {number} a @param {number} b */
  mark(a, b) {
    const us = Math.max(1, this.page.t.us), [from, to] = a < b ? [a, b] : [b, a];
    this.choice.style.left = `${(100 * from) / us}%`;
    this.choice.style.width = `${(100 * (to - from)) / us}%`;
  }

  update() {
    const [from, to] = this.page.state.t ?? [0, this.page.t.us];
    this.mark(from, to);
    this.choice.hidden = !this.page.state.t;
    this.from.value = String(from / 1000);
    this.to.value = String(to / 1000);
    this.draw();
  }

  /** The colours as the browser computes them: a canvas does not know variables. */
  colours() {
    const probe = h("i");
    this.element.append(probe);
    const colours = ["--db", "--bad", "--tx", "--quiet"].map((name) => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    });
    probe.remove();
    return colours;
  }

  draw() {
    const { t } = this.page, width = this.element.clientWidth, pixels = devicePixelRatio || 1;
    const context = this.canvas.getContext("2d");
    if (!context || !width) return;
    this.canvas.width = Math.round(width * pixels);
    this.canvas.height = Math.round(MAP * pixels);
    context.scale(pixels, pixels);
    const [db, bad, tx, quiet] = this.colours(), us = Math.max(1, t.us), unit = us / width;
    const busy = new Float64Array(width + 1);
    for (const point of this.page.model.order) {
      const from = t.start[point], to = Math.max(t.end[point], from + unit / 20);
      for (let x = Math.floor(from / unit); x <= Math.min(width, to / unit); x++) {
        busy[x] += (Math.min(to, (x + 1) * unit) - Math.max(from, x * unit)) / unit;
      }
    }
    const lanes = Math.min(4, new Set(t.tx.map((one) => one.conn)).size), floor = MAP - 8 * lanes - 2;
    const most = busy.reduce((most, value) => Math.max(most, value), 1);
    context.fillStyle = db;
    busy.forEach((value, x) => value > 0 && context.fillRect(x, floor - Math.max(2, (value / most) * (floor - 8)), 1, Math.max(2, (value / most) * (floor - 8))));
    context.fillStyle = quiet;
    context.fillRect(0, floor, width, 1);
    /** @type {number[]} */
    const lane = [];
    context.font = "8px sans-serif";
    for (const one of t.tx) {
      if (one.parent >= 0) continue;
      if (!lane.includes(one.conn)) lane.push(one.conn);
      const y = floor + 3 + 8 * (lane.indexOf(one.conn) % Math.max(1, lanes)), x = one.from / unit, length = Math.max(2, (one.to - one.from) / unit);
      context.fillStyle = tx;
      context.fillRect(x, y, length, 5);
      context.fillStyle = one.out === "rollback" ? bad : quiet;
      context.fillText(one.out === "commit" ? "✓" : one.out === "rollback" ? "↩" : "?", x + length + 1, y + 6);
    }
    context.fillStyle = bad;
    for (let i = 0; i < t.n; i++) if (t.flag[i] & FAILED && t.last[i] === i) context.fillRect(t.end[i] / unit - 1, 0, 2, 7);
  }
}
