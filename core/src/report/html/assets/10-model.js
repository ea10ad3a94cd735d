// What is worked out of the columns: texts, badges, runs of alike statements, values in their places. No document here.

/** Microseconds as a person reads them, in the same steps as the static part. @param {number} us */
function time(us) {
  if (us < 0) return "?";
  if (us < 10_000) return `${(us / 1000).toFixed(3)} ms`;
  if (us < 999_950) return `${(Math.floor((us + 50) / 100) / 10).toFixed(1)} ms`;
  return `${(Math.floor((us + 5000) / 10_000) / 100).toFixed(2)} s`;
}

/** @param {number} number @param {string} one @param {string} [many] */
function count(number, one, many) {
  return `${grouped(number)} ${number === 1 ? one : many ?? `${one}s`}`;
}

/** @param {number} number */
function grouped(number) {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** @param {number} part @param {number} whole */
function share(part, whole) {
  return whole > 0 ? `${Math.min(100, (100 * part) / whole).toFixed(part / whole < 0.0995 ? 1 : 0)} %` : "–";
}

const BIDI = /** @type {Record<string, string>} */ ({
  "\u061c": "ALM", "\u200e": "LRM", "\u200f": "RLM", "\u202a": "LRE", "\u202b": "RLE", "\u202c": "PDF", "\u202d": "LRO",
  "\u202e": "RLO", "\u2066": "LRI", "\u2067": "RLI", "\u2068": "FSI", "\u2069": "PDI",
});
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** Text with marks in the place of what cannot be seen; line breaks and tabs stay. @param {string} text */
function visible(text) {
  return text.replace(HIDDEN, (c) => {
    const code = /** @type {number} */ (c.codePointAt(0));
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return "␡";
    return BIDI[c] ? `⟦${BIDI[c]}⟧` : `⟦U+${code.toString(16).toUpperCase().padStart(4, "0")}⟧`;
  });
}

/** On one line, and no longer than `most`. @param {string} text @param {number} [most] */
function oneLine(text, most = 300) {
  const line = visible(text.slice(0, 4 * most).replace(/\s+/g, " ").trim());
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/**
 * JSON on lines of its own, as `JSON.stringify` would indent it, which would round long numbers.
 * @param {string} json
 */
function indented(json) {
  let depth = 0;
  const line = () => `\n${"  ".repeat(depth)}`;
  return json.replace(/"[^"\\]*(?:\\.[^"\\]*)*"|\{\}|\[\]|[{}[\],:]/gs, (token) => {
    switch (token) {
      case "{":
      case "[":
        depth += 1;
        return token + line();
      case "}":
      case "]":
        depth -= 1;
        return line() + token;
      case ",":
        return token + line();
      case ":":
        return ": ";
      default:
        return token;
    }
  });
}

/** What the rules are called where there is little room. @type {Record<string, string>} */
const BADGES = {
  "n+1": "N+1", "write-loop": "write loop", "duplicate": "duplicate", "repeat": "repeat", "slow": "slow",
  "dominant": "dominant", "error": "error", "pool-timeout": "pool timeout", "cancelled": "cancelled", "idle-in-transaction": "idle in tx",
  "bypassed": "bypassed", "lost": "lost", "many-rows": "many rows", "zero-rows": "0 rows",
};

/** Runs of at least so many alike statements become one row. */
const RUN = 5;

class Model {
  /** @param {Trace} t */
  constructor(t) {
    this.t = t;
    this.severalServices = t.svc.some((service) => service !== t.svc[0]);
    this.severalCallers = t.conn.some((c) => c.service !== t.conn[0].service);
    /** The statements that ran, by the time of their start. */
    this.order = this.executions();
    /** The number of each point in `order`, from 1. */
    this.number = new Int32Array(t.n);
    this.order.forEach((point, place) => (this.number[point] = place + 1));
    /** @type {number[][]} The findings of each group. */
    this.findingsOfGroup = t.group.map(() => []);
    /** @type {Map<number, number[]>} The findings of each point. */
    this.findingsOf = new Map();
    t.find.forEach((finding, place) => {
      if (finding.group >= 0) this.findingsOfGroup[finding.group].push(place);
      for (const point of finding.points) {
        const all = this.findingsOf.get(point);
        if (all) all.push(place);
        else this.findingsOf.set(point, [place]);
      }
    });
    /** @type {number[][]} The executions in each group, by the time of their start. */
    this.points = t.group.map(() => []);
    for (const point of this.order) this.points[t.grp[point] - 1].push(point);
    /** @type {Map<string, number> | undefined} */
    this.byId = undefined;
    /** @type {{members: number[], group: number}[]} */
    this.runs = [];
    this.runOf = this.findRuns();
  }

  executions() {
    const { t } = this;
    const found = [];
    for (let i = 0; i < t.n; i++) if (t.grp[i]) found.push(i);
    return Int32Array.from(found).sort((a, b) => t.start[a] - t.start[b] || a - b);
  }

  /** @param {string} id */
  place(id) {
    this.byId ??= new Map(this.t.id.map((id, place) => [id, place]));
    return this.byId.get(id);
  }

  /**
   * For each point the run that it is in, from 1. A run is what siblings without children have in a row of one group; what
   * a pool or a transaction does between them breaks none.
   */
  findRuns() {
    const { t } = this;
    const runOf = new Int32Array(t.n);
    /** @type {Map<number, {group: number, members: number[], counted: number, between: number[]}>} */
    const open = new Map();
    /** @param {number} parent */
    const close = (parent) => {
      const run = open.get(parent);
      open.delete(parent);
      if (!run || run.counted < RUN) return;
      this.runs.push({ members: run.members, group: run.group });
      for (const member of run.members) runOf[member] = this.runs.length;
    };
    for (let i = 0; i < t.n; i++) {
      const parent = t.parent[i], run = open.get(parent), leaf = t.last[i] === i;
      const around = leaf && !t.grp[i] && (t.flag[i] & DATABASE) !== 0 && !(t.flag[i] & FAILED);
      if (around) {
        // A pool or a transaction at work: of whatever run comes after it, too.
        if (run) run.between.push(i);
        else open.set(parent, { group: 0, members: [], counted: 0, between: [i] });
      } else if (leaf && t.grp[i] && (!run || run.group === t.grp[i] || !run.group)) {
        if (!run) open.set(parent, { group: t.grp[i], members: [i], counted: 1, between: [] });
        else {
          run.members.push(...run.between, i);
          run.between = [];
          run.group = t.grp[i];
          run.counted++;
        }
      } else {
        const between = run?.between ?? [];
        close(parent);
        if (leaf && t.grp[i]) open.set(parent, { group: t.grp[i], members: [...between, i], counted: 1, between: [] });
      }
    }
    for (const parent of [...open.keys()]) close(parent);
    return runOf;
  }

  /** What a point is called: its verb and table, or its name. @param {number} i */
  title(i) {
    const { t } = this;
    return t.st[i] ? t.str[t.stmt[t.st[i] - 1].label] : t.str[t.name[i]];
  }

  /** What it says of itself, beside its title. @param {number} i */
  says(i) {
    const { t } = this;
    return t.st[i] ? t.str[t.stmt[t.st[i] - 1].compact] : t.str[t.detail[i]];
  }

  /** What is wrong with how it was recorded, in words. @param {number} i */
  marks(i) {
    const flag = this.t.flag[i];
    return /** @type {[number, string][]} */ ([
      [UNSENT, "never sent"], [CANCELLED, "cancelled"], [INCOMPLETE, "not read to the end"], [UNFINISHED, "unfinished"], [BYPASSED, "bypassed the traced pool"],
      [ROLLED_BACK, flag & BY_DROP ? "rolled back by drop" : "rolled back"], [NOT_RUN, "not run"], [INTERNAL, "internal"],
      [ORPHAN, "parent missing"], [CYCLE, "parent inside itself"], [SKEW, "clocks differ"], [START_MISSING, "start missing"],
    ]).filter(([bit]) => flag & bit).map(([, mark]) => mark);
  }

  /** What kind of work it is, which is also its colour. @param {number} i */
  kind(i) {
    const flag = this.t.flag[i];
    return flag & (WAITS | UNSENT) ? "pool" : flag & DATABASE ? "db" : flag & REMOTE ? "remote" : "program";
  }

  /** @param {number} conn */
  connection(conn) {
    const { t } = this, c = t.conn[conn];
    return [this.severalCallers ? t.str[c.service] : "", t.str[c.system], t.str[c.database], t.str[c.server]].filter(Boolean).join(" · ");
  }

  /** A statement's pieces for showing it: text, kind of token, and whether it is a value. @param {Stmt} stmt
   * @param {boolean} broken whether lines break as a formatter would @param {string[]} [values] */
  pieces(stmt, broken, values) {
    const text = this.t.str[stmt.t];
    /** @type {{text: string, kind: number, value?: boolean}[]} */
    const pieces = [];
    const tokens = stmt.tok ?? [text.length, -1];
    const breaks = broken ? stmt.br ?? [] : [], places = values ? stmt.ph ?? [] : [];
    let at = 0, nextBreak = 0, nextPlace = 0, space = "";
    for (let k = 0; k < tokens.length; k += 2) {
      const end = at + tokens[k], kind = tokens[k + 1];
      if (kind === 0) {
        space += text.slice(at, end);
      } else {
        // A break takes the place of the white space around it.
        for (; nextBreak < breaks.length && breaks[nextBreak] <= at; nextBreak += 2) {
          space = `\n${"  ".repeat(breaks[nextBreak + 1])}`;
        }
        if (space) pieces.push({ text: space, kind: 0 });
        space = "";
        while (nextPlace < places.length && places[nextPlace] < at) nextPlace += 3;
        const value = values && places[nextPlace] === at ? values[places[nextPlace + 2]] : undefined;
        pieces.push(value === undefined ? { text: text.slice(at, end), kind } : { text: value, kind: 6, value: true });
      }
      at = end;
    }
    if (space || at < text.length) pieces.push({ text: space + text.slice(at), kind: -1 });
    return pieces;
  }

  /** The literals of a point's values. @param {number} i */
  values(i) {
    return (this.t.params[i] || []).map((place) => this.t.str[place]);
  }

  /** The statement with its values in their places. @param {number} i */
  runnable(i) {
    const { t } = this, stmt = t.stmt[t.st[i] - 1], values = this.values(i);
    if (t.norun[i]) return { sql: this.withComment(i), why: t.str[t.norun[i]] };
    const text = t.str[stmt.t], places = stmt.ph ?? [];
    let sql = "", at = 0;
    for (let k = 0; k < places.length; k += 3) {
      const value = values[places[k + 2]];
      if (value === undefined) return { sql: this.withComment(i), why: "a place has no value" };
      sql += text.slice(at, places[k]) + value;
      at = places[k] + places[k + 1];
    }
    return { sql: sql + text.slice(at), why: "" };
  }

  /** What the page hands out to be run: what may change data is commented out. @param {number} i @param {string} sql */
  handedOut(i, sql) {
    const { t } = this, stmt = t.stmt[t.st[i] - 1];
    return stmt.run ? sql : ["-- It may change data: without the dashes it runs.", ...sql.split(/\r\n|\r|\n/).map((line) => `-- ${line}`)].join("\n");
  }

  /** The statement as it was sent, and its values in a comment that none of them can end. @param {number} i */
  withComment(i) {
    const { t } = this, stmt = t.stmt[t.st[i] - 1];
    const lines = this.values(i).map((value, k) => {
      const safe = value.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
      return `-- ${k + 1}: ${safe}`;
    });
    return [...lines, t.str[stmt.t]].join("\n");
  }

  /** What `psql` 16 or later runs with the values sent apart; `null` where it cannot. In the quotes of its commands psql
   * reads a backslash as C does, and a doubled quote as one. @param {number} i */
  bind(i) {
    const { t } = this, stmt = t.stmt[t.st[i] - 1], values = this.values(i);
    if (stmt.bind === undefined || !stmt.run || t.norun[i] || !values.length) return null;
    const words = values.map((value) => {
      const text = /^(E?)'((?:[^']|'')*)'(?:::[\w". [\]]+)?$/s.exec(value);
      if (!text) return /^(?:-?[\d.]+(?:e[+-]?\d+)?|true|false)$/i.test(value) ? `'${value}'` : null;
      const plain = text[1] ? text[2].replaceAll("\\\\", "\\") : text[2];
      return `'${plain.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}'`;
    });
    return words.includes(null) ? null : `${t.str[stmt.t]}${stmt.bind}\\bind ${words.join(" ")} \\g`;
  }

  /** What shows the database's plan and changes nothing; `null` where there is no such text. @param {number} i */
  explain(i) {
    const { t } = this, stmt = t.stmt[t.st[i] - 1];
    return stmt.ex === undefined || t.norun[i] ? null : `${t.str[stmt.ex]}\n${this.runnable(i).sql}`;
  }
}
