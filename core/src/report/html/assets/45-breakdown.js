// The fourth tab: where the time went, as numbers.

class BreakdownView {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.sort = "-total";
    this.element = h("div", { class: "breakdown" });
    this.operations = this.sums((i) => page.t.str[page.t.name[i]]);
    this.services = this.sums((i) => page.t.str[page.t.svc[i]] || "(no service)");
    this.hosts = this.sums((i) => page.t.str[page.t.host[i]] || "(no host)");
  }

  /** @param {(point: number) => string} name */
  sums(name) {
    const { t } = this.page;
    /** @type {Map<string, {name: string, durations: number[], total: number, self: number, part: number, errors: number, n: number}>} */
    const sums = new Map();
    for (let i = 0; i < t.n; i++) {
      const key = name(i);
      let sum = sums.get(key);
      if (!sum) sums.set(key, (sum = { name: key, durations: [], total: 0, self: 0, part: 0, errors: 0, n: 0 }));
      sum.n++;
      if (t.dur[i] >= 0) {
        sum.durations.push(t.took[i]);
        sum.total += t.took[i];
        sum.part += Math.max(0, t.part[i]);
        sum.self += t.self[i];
      }
      if (t.flag[i] & FAILED) sum.errors++;
    }
    for (const sum of sums.values()) sum.durations.sort((a, b) => a - b);
    return [...sums.values()];
  }

  update() {
    const { page } = this, { t } = page, { parts, shares, database } = t.meta;
    const whole = Object.values(parts).reduce((sum, part) => sum + part, 0);
    const names = /** @type {[string, string][]} */ ([["db", "database"], ["pool", "waiting for a connection"], ["remote", "other services"], ["program", "program"]]);
    const focus = document.activeElement?.getAttribute("data-sort");
    this.element.replaceChildren(
      this.table("Where the time of the request went", ["part", "time", "%"], names.map(([key, name], k) => [
        h("span", null, h("i", { class: `dot ${key}` }), ` ${name}`), time(parts[key]), whole ? `${(shares[k] / 10).toFixed(1)} %` : "–"])),
      h("p", { class: "quiet" }, `Parts of the request, of which the first that applies counts: they add up to all of it. Statement time summed: ${time(database[1])}${database[2] > 1 ? `, up to ${database[2]} at once` : ""}.`),
      this.table("Services, without what they waited for", ["service", "points", "self time"], this.services.map((sum) => [h("bdi", null, sum.name), grouped(sum.n), time(sum.self)])),
      this.table("Hosts, without what they waited for", ["host", "points", "self time"], this.hosts.map((sum) => [h("bdi", null, sum.name), grouped(sum.n), time(sum.self)])),
      this.points());
    if (focus) /** @type {HTMLElement | null} */ (this.element.querySelector(`[data-sort="${focus}"]`))?.focus();
  }

  /** @param {string} caption @param {string[]} heads @param {(Node | string)[][]} rows */
  table(caption, heads, rows) {
    return h("table", null, h("caption", null, caption), h("thead", null, h("tr", null, ...heads.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", null, ...rows.map((cells) => h("tr", null, ...cells.map((text, k) => (k ? h("td", null, text) : h("th", { scope: "row" }, text)))))));
  }

  points() {
    const { page } = this, { t } = page;
    /** @type {[string, string, (sum: typeof this.operations[0]) => number, boolean][]} */
    const columns = [
      ["count", "count", (sum) => sum.n, false], ["total", "total", (sum) => sum.total, true], ["self", "self", (sum) => sum.self, true],
      ["avg", "avg", (sum) => sum.total / Math.max(1, sum.durations.length), true],
      ["p50", "p50", (sum) => percentile(sum.durations, 0.5), true], ["p95", "p95", (sum) => percentile(sum.durations, 0.95), true],
      ["max", "max", (sum) => sum.durations.at(-1) ?? 0, true], ["errors", "errors", (sum) => sum.errors, false],
    ];
    const key = this.sort.replace(/^-/, ""), value = columns.find(([name]) => name === key)?.[2] ?? columns[1][2], sign = this.sort.startsWith("-") ? -1 : 1;
    const sums = [...this.operations].sort((a, b) => sign * (value(a) - value(b)));
    return h("table", null, h("caption", null, "Points by name "),
      h("thead", null, h("tr", null, h("th", { scope: "col" }, "name"),
        ...columns.map(([name, label]) => sortable(name, label, this.sort, (sort) => { this.sort = sort; this.update(); })), h("th", { scope: "col" }, "% of the request"))),
      h("tbody", null, ...sums.map((sum) => h("tr", null, h("th", { scope: "row" }, h("bdi", null, oneLine(sum.name, 120))),
        ...columns.map(([, , value, isTime]) => h("td", null, isTime ? time(Math.round(value(sum))) : grouped(value(sum)))), h("td", null, share(sum.part, t.req))))),
      h("tfoot", null, h("tr", null, h("td", { colspan: columns.length + 2 }, h("button", {
        onclick: () => copy(page, ["name,count,total_us,self_us,avg_us,p50_us,p95_us,max_us,errors",
          ...sums.map((sum) => [`"${sum.name.replaceAll('"', '""').replace(/^([=+\-@\t\r])/, "'$1")}"`, ...columns.map(([, , value]) => Math.round(value(sum)))].join(","))].join("\n"), "Table"),
      }, "Copy as CSV")))));
  }
}

/** The nearest rank. @param {number[]} sorted @param {number} part */
function percentile(sorted, part) {
  return sorted.length ? sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] : 0;
}
