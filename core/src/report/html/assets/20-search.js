// The filter's words, and the address: what is shown can be sent to somebody. No document here.

/**
 * @typedef {(point: number) => boolean} Test
 * @typedef {{v: string, g: string, p: string, q: string, sort: string, t: [number, number] | null, f: string[],
 *   rest: string[]}} State
 */

/** The pills: what they are called in the address, what they show. @type {[string, string][]} */
const PILLS = [["err", "Errors"], ["n1", "N+1"], ["dup", "Duplicates"], ["slow", "Slow"], ["write", "Writes"]];
const VIEWS = ["sql", "order", "time", "stats"];
/** Which rules each pill and each `is:` stands for. @type {Record<string, string[]>} */
const RULES = {
  "n1": ["n+1"], "n+1": ["n+1"], "dup": ["duplicate"], "duplicate": ["duplicate"], "repeat": ["repeat"],
  "loop": ["write-loop"], "many": ["many-rows"], "zero": ["zero-rows"],
};

/** Turns a filter's text into tests. What is wrong with it is thrown as a sentence. */
class Filter {
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    /** @type {string[] | undefined} */
    this.lower = undefined;
  }

  /** @param {string} text @returns {Test | null} `null` where everything passes */
  parse(text) {
    /** @type {Test[]} */
    const tests = [];
    const words = /(-?)(?:"([^"]*)"?|\/((?:[^/\\]|\\.)*)\/(?=\s|$)|([a-z]+):(?:"([^"]*)"?|(\S*))|(rows|dur)([<>]=?)(\S*)|(\S+))/giy;
    for (let at = 0; ; ) {
      at += /** @type {RegExpMatchArray} */ (/^\s*/.exec(text.slice(at)))[0].length;
      words.lastIndex = at;
      const word = at < text.length ? words.exec(text) : null;
      if (!word) break;
      at = words.lastIndex;
      const [all, minus, phrase, regex, key, quoted, plain, column, comparison, number, free] = word;
      let test;
      if (phrase !== undefined) test = this.contains(phrase);
      else if (regex !== undefined) test = this.matches(regex);
      else if (key !== undefined) test = this.keyed(key.toLowerCase(), quoted ?? plain, all.slice(minus.length));
      else if (column !== undefined) test = this.compares(column.toLowerCase(), comparison, number);
      else test = this.contains(free);
      tests.push(minus ? not(test) : test);
    }
    return tests.length ? (point) => tests.every((test) => test(point)) : null;
  }

  /** Which strings of the table pass. @param {(text: string) => boolean} test */
  marked(test) {
    const { str } = this.model.t;
    this.lower ??= str.map((text) => text.toLowerCase());
    const marks = new Uint8Array(str.length);
    for (let i = 0; i < str.length; i++) if (test(this.lower[i])) marks[i] = 1;
    return marks;
  }

  /** @param {Uint8Array} marks @returns {Test} */
  anywhere(marks) {
    const { t } = this.model;
    const stmts = Uint8Array.from(t.stmt, (stmt) => marks[stmt.t] | marks[stmt.label]);
    const conns = Uint8Array.from(t.conn, (c) => marks[c.database] | marks[c.server]);
    return (i) => {
      if (t.st[i] && stmts[t.st[i] - 1]) return true;
      if (marks[t.name[i]] || marks[t.detail[i]] || marks[t.err[i]] || marks[t.svc[i]] || marks[t.caller[i]]) return true;
      if (t.cn[i] && conns[t.cn[i] - 1]) return true;
      const params = t.params[i];
      return Boolean(params) && /** @type {number[]} */ (params).some((place) => marks[place]);
    };
  }

  /** @param {string} text */
  contains(text) {
    const wanted = text.toLowerCase();
    return this.anywhere(this.marked((text) => text.includes(wanted)));
  }

  /** @param {string} source */
  matches(source) {
    let regex;
    try {
      regex = new RegExp(source, "i");
    } catch (error) {
      throw new Error(`/${source}/ is no regular expression`);
    }
    return this.anywhere(this.marked((text) => regex.test(text)));
  }

  /** @param {string} key @param {string} value @param {string} all @returns {Test} */
  keyed(key, value, all) {
    const { t } = this.model, wanted = value.toLowerCase();
    /** @param {Int32Array} column @returns {Test} */
    const column = (column) => {
      const marks = this.marked((text) => text.includes(wanted));
      return (i) => marks[column[i]] === 1;
    };
    /** @param {(stmt: Stmt) => boolean} test @returns {Test} */
    const ofStmt = (test) => {
      const passes = t.stmt.map(test);
      return (i) => t.st[i] > 0 && passes[t.st[i] - 1];
    };
    switch (key) {
      case "table": return ofStmt((stmt) => stmt.tables.some((table) => t.str[table].toLowerCase().includes(wanted)));
      case "verb": return ofStmt((stmt) => t.str[stmt.verb].toLowerCase() === wanted);
      case "fp": return (i) => t.grp[i] > 0 && t.group[t.grp[i] - 1].id.startsWith(wanted);
      case "conn": {
        const passes = t.conn.map((_, place) => this.model.connection(place).toLowerCase().includes(wanted));
        return (i) => t.cn[i] > 0 && passes[t.cn[i] - 1];
      }
      case "tx": return wanted === "none" ? (i) => t.grp[i] > 0 && !t.txOf[i] : (i) => String(t.txOf[i]) === wanted;
      case "service": return column(t.svc);
      case "host": return column(t.host);
      case "project": return column(t.proj);
      case "name": return column(t.name);
      case "caller": return column(t.caller);
      case "param": {
        const marks = this.marked((text) => text.includes(wanted));
        return (i) => Boolean(t.params[i]) && /** @type {number[]} */ (t.params[i]).some((place) => marks[place]);
      }
      case "is": return this.is(wanted);
      // A word with a colon in it, such as `a::int`, is a word.
      default: return this.contains(all);
    }
  }

  /** @param {string} what @returns {Test} */
  is(what) {
    const { t, findingsOf } = this.model;
    /** @param {string[]} rules @returns {Test} */
    const found = (rules) => {
      const places = new Set(t.find.flatMap((finding) => (rules.includes(finding.rule) ? finding.points : [])));
      return (i) => places.has(i);
    };
    switch (what) {
      case "err": case "error": return (i) => (t.flag[i] & FAILED) !== 0;
      case "slow": return (i) => t.grp[i] > 0 && t.took[i] >= t.meta.slow[0];
      case "write": return (i) => t.grp[i] > 0 && ["write", "ddl"].includes(t.stmt[t.st[i] - 1].kind);
      case "read": return (i) => t.grp[i] > 0 && t.stmt[t.st[i] - 1].kind === "read";
      case "sql": return (i) => t.grp[i] > 0;
      case "unfinished": return (i) => (t.flag[i] & UNFINISHED) !== 0;
      case "found": return (i) => findingsOf.has(i);
    }
    const rules = RULES[what] ?? (what in BADGES ? [what] : null);
    if (rules) return found(rules);
    const known = ["error", "slow", "n+1", "dup", "repeat", "loop", "write", "read", "cancelled", "bypassed", "unfinished"];
    throw new Error(`is:${what} is not known; there are ${known.map((word) => `is:${word}`).join(", ")}`);
  }

  /** @param {string} column @param {string} comparison @param {string} number @returns {Test} */
  compares(column, comparison, number) {
    const { t } = this.model;
    const parts = /^(\d+(?:\.\d+)?)(us|µs|ms|s)?$/i.exec(number);
    if (!parts || (column === "rows" && parts[2])) {
      throw new Error(`${column}${comparison}${number} wants a number${column === "dur" ? " with µs, ms or s, such as dur>50ms" : ""}`);
    }
    const unit = { us: 1, "µs": 1, ms: 1000, s: 1e6 }[(parts[2] ?? "ms").toLowerCase()] ?? 1;
    const limit = Number(parts[1]) * (column === "dur" ? unit : 1);
    /** @param {number} i */
    const value = (i) => (column === "dur" ? t.took[i] : Math.max(t.rows[i], t.aff[i]));
    /** @type {Record<string, (value: number) => boolean>} */
    const compare = { ">": (v) => v > limit, ">=": (v) => v >= limit, "<": (v) => v < limit, "<=": (v) => v <= limit };
    return (i) => value(i) >= 0 && compare[comparison](value(i));
  }
}

/** @param {Test} test @returns {Test} */
function not(test) {
  return (point) => !test(point);
}

/** @returns {State} */
function blank() {
  return { v: "sql", g: "", p: "", q: "", sort: "", t: null, f: [], rest: [] };
}

/** What an address says. What it says that nobody knows is kept. @param {string} hash */
function parseHash(hash) {
  const state = blank();
  for (const part of hash.replace(/^#/, "").split("&").filter(Boolean)) {
    const [key, ...more] = part.split("=");
    let value = more.join("=");
    try {
      value = decodeURIComponent(value);
    } catch {
      // A percent sign that was typed by hand stands for itself.
    }
    if (key === "v" && VIEWS.includes(value)) state.v = value;
    else if (key === "g" || key === "p" || key === "q" || key === "sort") state[key] = value;
    else if (key === "f") state.f = PILLS.map(([pill]) => pill).filter((pill) => value.split(",").includes(pill));
    else if (key === "t") {
      const range = value.split("-").map(Number);
      if (range.length === 2 && range[0] >= 0 && range[1] > range[0]) state.t = [range[0], range[1]];
    } else if (key !== "v") state.rest.push(part);
  }
  return state;
}

/** The address of a state: its keys are always in the same order. @param {State} state */
function formatHash(state) {
  const parts = [];
  if (state.v !== "sql") parts.push(`v=${state.v}`);
  for (const key of /** @type {const} */ (["g", "p", "q", "sort"])) {
    if (state[key]) parts.push(`${key}=${encodeURIComponent(state[key])}`);
  }
  if (state.t) parts.push(`t=${state.t.map(Math.round).join("-")}`);
  if (state.f.length) parts.push(`f=${state.f.join(",")}`);
  parts.push(...state.rest);
  return parts.length ? `#${parts.join("&")}` : "";
}
