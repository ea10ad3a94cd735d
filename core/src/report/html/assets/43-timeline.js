// The third tab: all points as a tree beside their bars on the trace's time, and a small map of the whole.

/** How wide a compressed stretch is, in pixels. */
const BREAK = 28;

class TimelineView {
  /** @param {Page} page */
  constructor(page) {
    const { t } = page;
    this.page = page;
    this.group = true;
    this.compress = false;
    this.critical = /** @type {Uint8Array | null} */ (null);
    this.mode = "ancestors";
    /** @type {Set<number>} Points whose children are not shown. */
    this.closed = new Set();
    /** @type {Set<number>} Runs whose members are shown. */
    this.opened = new Set();
    /** Points; runs as -1, -2, … */
    this.entries = new Int32Array(0);
    this.scale = [[0, t.us, 0, 1]];
    this.nth = new Int32Array(t.n);
    this.kids = new Int32Array(t.n + 1);
    for (let i = 0; i < t.n; i++) this.nth[i] = ++this.kids[t.parent[i] < 0 ? t.n : t.parent[i]];
    this.rows = new Rows("treegrid", "All points of the trace", {
      row: (index) => this.row(index), open: (index, event) => this.choose(index, event), key: (index, event) => this.key(index, event),
    });
    this.rows.element.classList.add("timeline");
    this.axis = h("div", { class: "bars", role: "columnheader" });
    const heads = headings(["what", "point"], ["took", "duration"], ["took self", "self"]);
    heads.append(this.axis);
    this.rows.element.prepend(heads);
    this.map = new Minimap(page);
    this.empty = h("div");
    /** @param {string} label @param {boolean} on @param {(on: boolean) => void} change */
    const box = (label, on, change) => {
      const input = h("input", { type: "checkbox", checked: on, onchange: () => { change(input.checked); this.update(); } });
      return h("label", null, input, ` ${label}`);
    };
    const mode = h("select", { onchange: () => { this.mode = mode.value; this.update(); } },
      ...[["ancestors", "matches and what is around"], ["only", "matches only"], ["mark", "mark matches"]].map(([value, label]) => h("option", { value }, label)));
    this.groupBox = box("Group alike statements", true, (on) => (this.group = on));
    this.element = h("div", null, h("div", { class: "options" }, this.groupBox,
      box("Compress idle time", false, (on) => (this.compress = on)),
      box("Critical path", false, (on) => (this.critical = on ? criticalPath(t) : null)),
      h("label", null, "Filter shows ", mode), this.map.inputs), this.map.element, this.empty, this.rows.element);
    addEventListener("resize", () => this.element.isConnected && !this.element.closest("[hidden]") && this.update());
  }

  get range() {
    return this.page.state.t ?? [0, this.page.t.us];
  }

  /** Which points are shown, by the filter's mode; `null` for all. */
  visible() {
    const { page } = this, { t } = page;
    if (!page.matches || this.mode === "mark") return null;
    const shown = new Uint8Array(t.n);
    for (let i = 0; i < t.n; i++) {
      if (!page.matches[i]) continue;
      shown[i] = 1;
      if (this.mode === "ancestors") for (let up = t.parent[i]; up >= 0 && !shown[up]; up = t.parent[up]) shown[up] = 1;
    }
    return shown;
  }

  update() {
    const { page } = this, { t, model } = page, shown = this.visible(), entries = [];
    const chosen = page.chosenPoint() ?? -1;
    // What is chosen must be in sight.
    for (let up = chosen < 0 ? -1 : t.parent[chosen]; up >= 0; up = t.parent[up]) this.closed.delete(up);
    if (chosen >= 0 && model.runOf[chosen]) this.opened.add(model.runOf[chosen]);
    const done = new Uint8Array(model.runs.length + 1);
    for (let i = 0; i < t.n; i++) {
      if (!shown || shown[i]) {
        const run = this.group ? model.runOf[i] : 0;
        if (run && !this.opened.has(run) && !done[run]) {
          const members = shown ? model.runs[run - 1].members.filter((member) => shown[member]) : model.runs[run - 1].members;
          done[run] = members.length >= RUN ? 1 : 2;
          if (done[run] === 1) entries.push(-run);
        } else if (run && this.opened.has(run) && !done[run]) {
          done[run] = 2;
          entries.push(-run);
        }
        if (!run || done[run] === 2) entries.push(i);
      }
      if (this.closed.has(i)) i = t.last[i];
    }
    this.entries = Int32Array.from(entries);
    this.setScale();
    this.rows.element.hidden = !entries.length;
    this.empty.replaceChildren(...(entries.length ? [] : [t.n ? page.nothing() : h("p", { class: "empty" }, "This trace has no points.")]));
    const active = chosen >= 0 ? this.entries.indexOf(chosen) : -1;
    this.rows.set(entries.length, active >= 0 ? active : undefined);
    if (active >= 0) this.rows.reveal(active);
    this.map.update();
  }

  /** Works out where times lie in the bars' column: pieces of [from, to, left, right]. */
  setScale() {
    const { t } = this.page, [from, to] = this.range;
    /** @type {number[][]} */
    const idle = [];
    if (this.compress) {
      let until = from;
      const leaves = [];
      for (let i = 0; i < t.n; i++) if (t.last[i] === i && t.end[i] > from && t.start[i] < to) leaves.push(i);
      leaves.sort((a, b) => t.start[a] - t.start[b]);
      for (const leaf of [...leaves, -1]) {
        const start = leaf < 0 ? to : t.start[leaf];
        if (start - until >= 0.05 * (to - from)) idle.push([until, start]);
        until = Math.max(until, leaf < 0 ? to : t.end[leaf]);
      }
    }
    const width = Math.max(200, this.axis.clientWidth), narrow = Math.min(BREAK / width, 0.5 / Math.max(1, idle.length));
    const busy = to - from - idle.reduce((sum, [a, b]) => sum + b - a, 0), unit = (1 - narrow * idle.length) / Math.max(1, busy);
    const scale = [];
    let at = from, x = 0;
    for (const [a, b] of [...idle, [to, to]]) {
      scale.push([at, a, x, x + (a - at) * unit]);
      x += (a - at) * unit;
      if (b > a) scale.push([a, b, x, x + narrow]);
      x += b > a ? narrow : 0;
      at = b;
    }
    this.scale = scale;
    const ticks = [], most = Math.max(1, Math.min(5, Math.floor(width / 80)));
    /** @param {number} k */
    const timeOf = (k) => from + ((to - from) * k) / most;
    for (let k = 0; k < most; k++) {
      const us = timeOf(k);
      ticks.push(h("span", { class: "tick" }, time(us)));
      ticks[k].style.left = `${100 * this.x(us)}%`;
    }
    const breaks = idle.map(([a]) => {
      const mark = h("span", { class: "break", title: "idle time, compressed" }, "⫽");
      mark.style.left = `${100 * this.x(a)}%`;
      return mark;
    });
    this.axis.replaceChildren(...(this.compress ? ticks.filter((_, k) => !idle.some(([a, b]) => timeOf(k) > a && timeOf(k) < b)) : ticks), ...breaks);
  }

  /** Where a time lies, from 0 to 1. @param {number} us */
  x(us) {
    for (const [from, to, left, right] of this.scale) {
      if (us <= to) return left + (to > from ? ((Math.max(us, from) - from) / (to - from)) * (right - left) : 0);
    }
    return 1;
  }

  /** @param {string} name @param {number} from @param {number} to */
  bar(name, from, to) {
    const bar = h("i", { class: name }), left = this.x(from);
    bar.style.left = `${100 * left}%`;
    bar.style.width = `${100 * (this.x(to) - left)}%`;
    return bar;
  }

  /** @param {number} index */
  row(index) {
    const entry = this.entries[index], { page } = this, { t, model } = page;
    if (entry < 0) return this.runRow(-entry);
    const leaf = t.last[entry] === entry, run = this.group && model.runOf[entry];
    const depth = Math.min(t.depth[entry] + (run ? 1 : 0), 30), flag = t.flag[entry];
    const what = cell("what", !leaf && h("span", { class: "twist", "aria-hidden": "true" }, this.closed.has(entry) ? "▸" : "▾"), ...page.label(entry));
    what.style.paddingLeft = `${depth * 12 + (leaf ? 16 : 0)}px`;
    const bars = cell("bars");
    const tx = t.tx[t.txOf[entry] - 1];
    if (tx) bars.append(this.bar("band", tx.from, tx.to));
    bars.append(this.bar(["bar", model.kind(entry), flag & FAILED && "bad", flag & UNFINISHED && "open", flag & SKEW && "skew",
      this.critical?.[entry] && "critical"].filter(Boolean).join(" "), t.start[entry], t.end[entry]));
    if (flag & FAILED) bars.append(Object.assign(this.bar("cross", t.end[entry], t.end[entry]), { textContent: "✕" }));
    if (flag & (UNFINISHED | SKEW)) {
      bars.append(Object.assign(this.bar(this.x(t.start[entry]) > 0.8 ? "note left" : "note", t.start[entry], t.end[entry]), { textContent: flag & SKEW ? "clocks differ" : "unfinished" }));
    }
    bars.append(h("span", { class: "sr" }, `starts at ${time(t.start[entry])}, ${t.dur[entry] < 0 ? "unfinished" : `lasts ${time(t.dur[entry])}${page.ofRequest(entry)}`}`));
    const element = row(what, cell("took", time(t.took[entry])), cell("took self", t.self[entry] < 0 ? "" : time(t.self[entry])), bars);
    this.tell(element, t.depth[entry] + (run ? 2 : 1), run ? 0 : entry, leaf ? null : !this.closed.has(entry));
    if (page.chosenPoint() === entry) element.classList.add("chosen");
    if (this.mode === "mark" && page.matches?.[entry]) element.classList.add("match");
    element.setAttribute("aria-selected", String(page.chosenPoint() === entry));
    return element;
  }

  /** @param {HTMLElement} element @param {number} level @param {number} point @param {boolean | null} open */
  tell(element, level, point, open) {
    element.setAttribute("aria-level", String(level));
    const { t } = this.page;
    element.setAttribute("aria-posinset", String(this.nth[point]));
    element.setAttribute("aria-setsize", String(this.kids[t.parent[point] < 0 ? t.n : t.parent[point]]));
    if (open !== null) element.setAttribute("aria-expanded", String(open));
  }

  /** One row for many alike statements. @param {number} run */
  runRow(run) {
    const { page } = this, { t, model } = page, { members, group } = model.runs[run - 1], stmt = t.stmt[t.group[group - 1].stmt];
    const executions = members.filter((member) => t.grp[member]), first = members[0];
    const failed = executions.some((member) => t.flag[member] & FAILED);
    const bars = cell("bars");
    let sum = 0, until = -1, from = -1;
    const segments = [];
    for (const member of executions) {
      sum += Math.max(0, t.start[member] + t.took[member] - Math.max(t.start[member], until));
      until = Math.max(until, t.end[member]);
      // Segments that no eye could tell apart are one.
      if (segments.length && this.x(t.start[member]) - this.x(segments[segments.length - 1][1]) < 0.003) segments[segments.length - 1][1] = until;
      else segments.push([t.start[member], until]);
      if (from < 0) from = t.start[member];
    }
    for (const [a, b] of segments) bars.append(this.bar(`bar db${failed ? " bad" : ""}`, a, b));
    bars.append(h("span", { class: "sr" }, `from ${time(from)} to ${time(until)}, running for ${time(sum)}`));
    const badges = [...new Set(model.findingsOfGroup[group - 1].map((place) => t.find[place].rule))].filter((rule) => rule !== "dominant");
    const what = cell("what", h("span", { class: "twist", "aria-hidden": "true" }, this.opened.has(run) ? "▾" : "▸"),
      h("b", null, `×${grouped(executions.length)} `, h("bdi", null, oneLine(t.str[stmt.label], 60))), " ",
      ...badges.flatMap((rule) => [h("span", { class: "badge warn" }, BADGES[rule] ?? rule), " "]), h("code", null, h("bdi", null, oneLine(t.str[stmt.compact], 160))));
    what.style.paddingLeft = `${Math.min(t.depth[first], 30) * 12}px`;
    const element = row(what, cell("took", time(sum)), cell("took self", time(sum)), bars);
    element.classList.add("run");
    this.tell(element, t.depth[first] + 1, first, this.opened.has(run));
    return element;
  }

  /** @param {number} index @param {Event} event */
  choose(index, event) {
    const entry = this.entries[index], twist = event.target instanceof Element && event.target.closest(".twist");
    if (entry < 0 || twist) this.toggle(index);
    else this.page.select(entry);
  }

  /** @param {number} index @param {boolean} [open] */
  toggle(index, open) {
    const entry = this.entries[index];
    if (entry < 0) {
      if (open ?? !this.opened.has(-entry)) this.opened.add(-entry);
      else this.opened.delete(-entry);
      const chosen = this.page.chosenPoint();
      if (chosen !== undefined && this.page.model.runOf[chosen] === -entry && !this.opened.has(-entry)) this.page.go({ p: "" }, false);
    } else if (this.page.t.last[entry] > entry) {
      if (open ?? this.closed.has(entry)) this.closed.delete(entry);
      else this.closed.add(entry);
    }
    const active = this.rows.active;
    this.update();
    this.rows.focus(Math.max(0, this.entries.indexOf(entry) >= 0 ? this.entries.indexOf(entry) : active));
  }

  /** @param {number} index @param {KeyboardEvent} event */
  key(index, event) {
    const entry = this.entries[index], { page } = this, { t, model } = page;
    const open = entry < 0 ? this.opened.has(-entry) : t.last[entry] > entry && !this.closed.has(entry);
    const has = entry < 0 || t.last[entry] > entry;
    if (event.key === "ArrowRight") {
      if (has && !open) this.toggle(index, true);
      else if (has) this.rows.focus(index + 1);
    } else if (event.key === "ArrowLeft") {
      if (has && open) this.toggle(index, false);
      else {
        const run = entry >= 0 && this.group ? model.runOf[entry] : 0;
        const up = t.parent[entry < 0 ? model.runs[-entry - 1].members[0] : entry];
        const place = run ? this.entries.indexOf(-run) : up < 0 ? -1 : this.entries.indexOf(up);
        if (place >= 0) this.rows.focus(place);
      }
    } else if (event.key === "*" && entry >= 0) {
      for (let i = 0; i < t.n; i++) if (t.parent[i] === t.parent[entry]) this.closed.delete(i);
      this.update();
      this.rows.focus(this.entries.indexOf(entry));
    } else if (event.key === "x" && page.singleKeys) {
      /** @type {HTMLInputElement} */ (this.groupBox.querySelector("input")).click();
      this.rows.focus(Math.min(index, this.entries.length - 1));
    } else {
      return page.key(entry >= 0 ? entry : model.runs[-entry - 1].members[0], event);
    }
    return true;
  }
}

/** Which points the whole waited for: from the end back, whatever ended last. @param {Trace} t */
function criticalPath(t) {
  const critical = new Uint8Array(t.n);
  /** @type {Map<number, number[]>} */
  const children = new Map();
  for (let i = 0; i < t.n; i++) {
    const siblings = children.get(t.parent[i]);
    if (siblings) siblings.push(i);
    else children.set(t.parent[i], [i]);
  }
  const open = [[-1, Infinity]];
  for (let next = open.pop(); next; next = open.pop()) {
    let [point, until] = next;
    if (point >= 0) critical[point] = 1;
    for (const child of (children.get(point) ?? []).sort((a, b) => t.end[b] - t.end[a])) {
      if (t.end[child] > until) continue;
      open.push([child, t.end[child]]);
      until = t.start[child];
    }
  }
  return critical;
}
