// The page: what is chosen, what passes the filter, which tab is shown; and how it all begins.

const THEME = "osprofiler-theme";

class Page {
  /** @param {Trace} t @param {HTMLElement} app @param {HTMLElement} tools @param {() => Promise<string>} json the whole payload */
  constructor(t, app, tools, json) {
    this.t = t;
    this.app = app;
    this.model = new Model(t);
    this.filter = new Filter(this.model);
    this.singleKeys = true;
    this.state = parseHash(location.hash);
    /** @type {Uint8Array | null} Which points pass; `null` for all. */
    this.matches = null;
    /** How many executions of each group pass. */
    this.shown = t.group.map((group) => group.n);
    this.filtered = "";
    this.detail = new Detail(this);
    /** @type {Record<string, {element: HTMLElement, update: () => void, rows?: Rows}>} */
    this.views = {};
    this.status = h("span", { role: "status", class: "status-text" });
    this.live = h("div", { role: "status", class: "live" });
    this.problem = h("span", { class: "problem", id: "problem", role: "alert" });
    this.banner = h("div");
    this.filterBox = h("input", { type: "search", placeholder: "filter… (Ctrl+K)", "aria-label": "Filter", "aria-describedby": "problem", spellcheck: "false", autocomplete: "off" });
    let timer = 0;
    this.filterBox.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.go({ q: this.filterBox.value }, false), 80);
    });
    this.keys = new Keys(this);
    tools.append(this.filterBox, h("button", { title: "Save what this page holds as JSON", onclick: async () => save(`${t.meta.id || "trace"}.report.json`, await json()) }, "JSON"),
      h("button", { "aria-label": "Keys and filter help", title: "Keys and filter help", onclick: () => this.keys.dialog.showModal() }, "?"),
      h("button", { "aria-label": "Light or dark", title: "Light or dark", onclick: () => this.toggleTheme() }, "◐"));
    this.tabs = this.makeTabs();
    this.pills = this.makePills();
    this.panel = h("div", { id: "panel", role: "tabpanel" });
    app.append(this.banner, h("div", { class: "bar-of-tabs" }, this.tabs, this.pills, this.status, this.problem), h("div", { class: "body" }, this.panel, this.detail.divider, this.detail.element), this.live);
    app.hidden = false;
    addEventListener("hashchange", () => this.arrive());
    addEventListener("popstate", () => this.arrive());
    addEventListener("beforeprint", () => this.rows?.print(true));
    addEventListener("afterprint", () => this.rows?.print(false));
    document.addEventListener("click", (event) => {
      // A link of the static part chooses, and leaves the rest as it is.
      const link = event.target instanceof Element ? event.target.closest('a[href^="#"]') : null;
      const target = link?.getAttribute("href") ?? "";
      if (!/^#[gp]=/.test(target)) return;
      event.preventDefault();
      const { g, p } = parseHash(target);
      this.go({ g, p, v: p ? "order" : "sql" }, true);
      this.app.scrollIntoView({ block: "start" });
      this.detail.element.focus({ preventScroll: true });
    });
    this.update({});
    if (this.state.g || this.state.p) app.scrollIntoView({ block: "start" });
  }

  /** What part of the request a point is. @param {number} i */
  ofRequest(i) {
    const part = this.t.part[i];
    return part < 0 ? " (outside the request)" : ` (${share(part, this.t.req)} of the request)`;
  }

  makeTabs() {
    const { t } = this, tabs = h("div", { role: "tablist", "aria-label": "Views" });
    const names = /** @type {[string, string, number][]} */ ([["sql", "Statements", t.group.length], ["order", "In order", this.model.order.length], ["time", "Timeline", t.n], ["stats", "Breakdown", -1]]);
    for (const [view, label, number] of names) {
      tabs.append(h("button", { role: "tab", id: `tab-${view}`, "aria-controls": "panel", "data-view": view, onclick: () => this.go({ v: view }, true) }, label, number >= 0 && h("small", null, ` ${grouped(number)}`)));
    }
    tabs.addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
      const at = VIEWS.indexOf(this.state.v), step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      this.go({ v: VIEWS[(at + step + VIEWS.length) % VIEWS.length] }, true);
      /** @type {HTMLElement} */ (tabs.children[VIEWS.indexOf(this.state.v)]).focus();
    });
    return tabs;
  }

  makePills() {
    const { order } = this.model;
    return h("div", { class: "pills", role: "group", "aria-label": "Show only" }, ...PILLS.map(([pill, label]) => {
      const test = this.filter.is(pill);
      let number = 0;
      for (const point of order) if (test(point)) number++;
      return number > 0 && h("button", { "data-pill": pill, onclick: () => {
        const { f } = this.state;
        this.go({ f: f.includes(pill) ? f.filter((other) => other !== pill) : PILLS.map(([key]) => key).filter((key) => key === pill || f.includes(key)) }, true);
      } }, label, h("small", null, ` ${grouped(number)}`));
    }));
  }

  /** @param {string} view */
  view(view) {
    return (this.views[view] ??= view === "order" ? new OrderView(this) : view === "time" ? new TimelineView(this)
      : view === "stats" ? new BreakdownView(this) : new StatementsView(this));
  }

  /** @returns {Rows | undefined} */
  get rows() {
    return this.views[this.state.v]?.rows;
  }

  get windowed() {
    return this.rows?.windowed ?? false;
  }

  /** Changes what is shown. What somebody chose is a step that the browser's back button undoes. @param {Partial<State>} change @param {boolean} step */
  go(change, step) {
    const before = { ...this.state };
    Object.assign(this.state, change);
    const address = formatHash(this.state) || location.pathname + location.search;
    if (formatHash(before) !== formatHash(this.state)) {
      if (step) history.pushState(null, "", address);
      else history.replaceState(null, "", address);
    }
    this.update(before);
  }

  /** The address was changed from outside. */
  arrive() {
    const before = { ...this.state };
    if (formatHash(this.state) === location.hash) return;
    this.state = parseHash(location.hash);
    this.update(before);
  }

  /** @param {Partial<State>} before */
  update(before) {
    const { state } = this;
    this.apply();
    if (document.activeElement !== this.filterBox || before.q !== state.q) if (this.filterBox.value !== state.q) this.filterBox.value = state.q;
    for (const tab of this.tabs.children) {
      const chosen = tab.getAttribute("data-view") === state.v;
      tab.setAttribute("aria-selected", String(chosen));
      /** @type {HTMLElement} */ (tab).tabIndex = chosen ? 0 : -1;
    }
    for (const pill of this.pills.children) pill.setAttribute("aria-pressed", String(state.f.includes(pill.getAttribute("data-pill") ?? "")));
    const view = this.view(state.v), fresh = view.element.parentNode !== this.panel;
    if (fresh) this.panel.replaceChildren(view.element);
    this.panel.setAttribute("aria-labelledby", `tab-${state.v}`);
    const unknown = state.p && this.model.place(state.p) === undefined ? `Point ${state.p} is not in this trace.`
      : state.g && this.groupOf(state.g) < 0 ? `Statement ${state.g} is not in this trace.` : "";
    this.banner.replaceChildren(...(unknown ? [h("p", { class: "banner", role: "alert" }, oneLine(unknown, 120), " ", h("button", { onclick: () => this.go({ p: "", g: "" }, false) }, "Dismiss"))] : []));
    const hadFocus = document.activeElement !== document.body;
    view.update();
    this.detail.update();
    // What had the focus may be gone, and the next key would begin at the top of the page.
    if (hadFocus && document.activeElement === document.body) {
      (this.detail.element.hidden ? /** @type {HTMLElement} */ (this.tabs.querySelector('[tabindex="0"]')) : this.detail.element).focus({ preventScroll: true });
    }
  }

  /** Works out what passes. A filter that is wrong says so, and the last good one stays. */
  apply() {
    const { state, t, model } = this, key = JSON.stringify([state.q, state.f, state.t]);
    if (key === this.filtered) return;
    /** @type {Test | null} */
    let test;
    try {
      test = this.filter.parse(state.q);
      this.problem.textContent = "";
      this.filterBox.removeAttribute("aria-invalid");
    } catch (error) {
      this.problem.textContent = visible(/** @type {Error} */ (error).message);
      this.filterBox.setAttribute("aria-invalid", "true");
      return;
    }
    this.filtered = key;
    const pills = state.f.map((pill) => this.filter.is(pill)), range = state.t;
    if (!test && !pills.length && !range) {
      this.matches = null;
      this.shown = t.group.map((group) => group.n);
      this.status.textContent = "";
      return;
    }
    const matches = new Uint8Array(t.n);
    let points = 0;
    for (let i = 0; i < t.n; i++) {
      if (test && !test(i)) continue;
      if (pills.length && !pills.some((test) => test(i))) continue;
      if (range && (t.start[i] > range[1] || t.end[i] < range[0])) continue;
      matches[i] = 1;
      points++;
    }
    this.matches = matches;
    this.shown = model.points.map((points) => points.reduce((sum, point) => sum + matches[point], 0));
    const statements = this.shown.reduce((sum, shown) => sum + shown, 0);
    this.status.textContent = `${grouped(statements)} of ${count(model.order.length, "statement")} match, ${grouped(points)} of ${count(t.n, "point")}`;
  }

  /** @param {number} point */
  passes(point) {
    return !this.matches || this.matches[point] === 1;
  }

  /** @param {string} id */
  groupOf(id) {
    return id ? this.t.group.findIndex((group) => group.id === id) : -1;
  }

  chosenPoint() {
    return this.state.p ? this.model.place(this.state.p) : undefined;
  }

  /** @param {number} place @param {number} all */
  shownOf(place, all) {
    return this.matches ? `${grouped(this.shown[place])} of ${grouped(all)}` : grouped(all);
  }

  nothing() {
    const { t, model } = this;
    return h("p", { class: "empty" }, `0 of ${grouped(this.state.v === "time" ? t.n : model.order.length)} match – `, h("button", { onclick: () => this.clear() }, "clear filter"));
  }

  clear() {
    this.filterBox.value = "";
    this.go({ q: "", f: [], t: null }, false);
  }

  /** @param {number} point @param {boolean} [focus] */
  select(point, focus = false) {
    const hadFocus = focus || this.rows?.element.contains(document.activeElement);
    this.go({ p: this.t.id[point], g: "" }, true);
    if (hadFocus && this.rows) this.rows.focus(this.rows.active);
  }

  /** Closes what is open, from the inside out. */
  close() {
    if (this.state.p || this.state.g) {
      const inside = this.detail.element.contains(document.activeElement);
      this.go({ p: "", g: "" }, true);
      if (inside) this.rows ? this.rows.focus(this.rows.active) : /** @type {HTMLElement | null} */ (this.panel.querySelector("button"))?.focus();
    } else if (this.matches) {
      this.clear();
    }
  }

  focusFilter() {
    this.filterBox.focus();
    this.filterBox.select();
  }

  /** @param {number} point @param {KeyboardEvent} event */
  key(point, event) {
    return this.keys.inList(point, event);
  }

  /** @param {string} text */
  say(text) {
    this.live.textContent = text;
    this.live.classList.add("on");
    clearTimeout(this.quiet);
    this.quiet = setTimeout(() => this.live.classList.remove("on"), 4000);
  }

  /** @param {Partial<State>} change @param {string} text */
  link(change, text) {
    return h("a", { href: formatHash({ ...this.state, ...change }) || "#", onclick: (/** @type {MouseEvent} */ event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      event.stopPropagation();
      this.go(change, true);
    } }, h("bdi", null, text));
  }

  /** What a point is called in a row: service, title, badges, and what it says. @param {number} i */
  label(i) {
    const { t, model } = this, up = t.parent[i], rules = new Set((model.findingsOf.get(i) ?? []).map((place) => t.find[place]));
    const badges = [...rules].map((finding) => h("span", { class: `badge ${finding.level}`, title: oneLine(finding.text, 500) }, BADGES[finding.rule] ?? finding.rule));
    const several = t.svc[i] && (up >= 0 ? t.svc[up] !== t.svc[i] : model.severalServices);
    const title = oneLine(model.title(i), 60), says = oneLine(model.says(i), 200);
    return [several && h("small", null, h("bdi", null, `[${oneLine(t.str[t.svc[i]], 40)}] `)),
      h("b", null, h("bdi", null, title)), " ", ...badges.flatMap((badge) => [badge, " "]),
      says !== title && h(t.st[i] ? "code" : "span", null, h("bdi", null, says)),
      ...(t.code[i] ? [h("small", { class: t.code[i] >= 400 ? "bad" : null }, ` → ${t.code[i]}`)] : []),
      ...(t.params[i] ? [h("small", null, " ", h("bdi", null, oneLine(`[${model.values(i).slice(0, 12).join(", ")}]`, 120)))] : []),
      ...(t.err[i] ? [h("small", { class: "bad" }, " ✕ ", h("bdi", null, oneLine(t.str[t.err[i]], 120)))] : []),
      ...model.marks(i).flatMap((mark) => [" ", h("span", { class: "badge mark" }, mark)])];
  }

  /** @param {number} place */
  txText(place) {
    const { t } = this, tx = t.tx[place];
    const outcome = { commit: "✓ committed", rollback: "↩ rolled back", unknown: "? outcome unknown", open: "? left open" }[tx.out] ?? tx.out;
    return `${tx.parent >= 0 ? "savepoint" : "transaction"} ${place + 1}: ${count(tx.n, "statement")}, busy ${time(tx.busy)}, idle ${time(Math.max(0, tx.to - tx.from - tx.busy))}, ${outcome}`;
  }

  /** @param {number} point */
  txClass(point) {
    const tx = this.t.txOf[point];
    return tx ? ` tx${tx % 2}` : "";
  }

  /** A table of executions, each of which can be chosen. @param {ArrayLike<number>} points @param {number} most */
  executions(points, most) {
    const { t, model } = this, table = h("table", { class: "executions" });
    const callers = Array.from(points).slice(0, most).some((point) => t.caller[point]);
    const fill = () => {
      const shown = Array.from(points).slice(0, most);
      table.replaceChildren(h("caption", { class: "sr" }, "Executions"),
        h("thead", null, h("tr", null, ...["#", "T+", "duration", "rows", "values", callers ? "caller" : ""].filter(Boolean).map((head) => h("th", { scope: "col", class: head === "values" ? "value" : null }, head)))),
        h("tbody", null, ...shown.map((point) => h("tr", { class: this.chosenPoint() === point ? "chosen" : null },
          h("td", null, this.link({ p: t.id[point], g: "" }, `#${model.number[point]}`)), h("td", null, time(t.start[point])), h("td", null, time(t.took[point])),
          h("td", null, Math.max(t.rows[point], t.aff[point]) >= 0 && grouped(Math.max(t.rows[point], t.aff[point]))),
          h("td", { class: "value" }, h("code", null, h("bdi", null, oneLine(model.values(point).slice(0, 30).join(", "), 200))), " ",
            t.err[point] > 0 && h("span", { class: "bad" }, "✕ ", h("bdi", null, oneLine(t.str[t.err[point]], 160))),
            ...model.marks(point).map((mark) => h("span", { class: "badge mark" }, mark))),
          callers && h("td", { class: "value" }, h("bdi", null, oneLine(t.str[t.caller[point]], 80)))))),
        points.length > most && h("tfoot", null, h("tr", null, h("td", { colspan: 6 }, h("button", { onclick: () => {
          const first = most;
          most += 1000;
          fill();
          table.querySelectorAll("tbody a")[first]?.focus();
        } }, `Show ${count(points.length - most, "more execution")}`)))));
      for (const extra of [...table.childNodes]) if (!(extra instanceof Element)) extra.remove();
    };
    fill();
    return table;
  }

  toggleTheme() {
    const dark = getComputedStyle(document.documentElement).colorScheme.startsWith("dark") || (!theme() && matchMedia("(prefers-color-scheme: dark)").matches);
    applyTheme(dark ? "light" : "dark", true);
    for (const view of Object.values(this.views)) if (view.element.isConnected) view.update();
  }
}

/** @param {string} name @param {string} text */
function save(name, text) {
  const link = h("a", { download: name, href: URL.createObjectURL(new Blob([text], { type: "application/json" })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function theme() {
  try {
    return localStorage.getItem(THEME);
  } catch {
    return null;
  }
}

/** @param {string | null} name @param {boolean} keep */
function applyTheme(name, keep) {
  if (name !== "light" && name !== "dark") return;
  document.documentElement.style.colorScheme = name;
  if (!keep) return;
  try {
    localStorage.setItem(THEME, name);
  } catch {
    // The choice holds for this page.
  }
}

async function boot() {
  applyTheme(theme(), false);
  const root = document.documentElement, app = document.getElementById("app"), tools = document.getElementById("tools");
  const data = document.getElementById("trace-data");
  if (!app || !tools || !data) return;
  // A browser that saves a page saves what its script made: it makes it anew.
  for (const made of [app, tools]) made.replaceChildren();
  delete root.dataset.ready;
  try {
    const json = () => inflate(data.textContent?.trim() ?? "");
    const page = new Page(columns(JSON.parse(await json())), app, tools, json);
    root.dataset.ready = "1";
    if (page.rows) page.update({});
  } catch (error) {
    app.hidden = false;
    app.replaceChildren(h("p", { class: "banner" }, `The lists cannot be shown (${/** @type {Error} */ (error)?.message ?? error}); what stands above and below is complete. A newer browser may help.`));
    root.dataset.failed = "1";
  }
}

boot();
