// Opens the payload: base64, gzip, JSON, columns. What the keys mean is said in `payload` on the Rust side.

/**
 * @typedef {{t: number, cut?: number, fp: string, ft: number, kind: string, verb: number, label: number, compact: number,
 *   tables: number[], d: string, tok?: number[], br?: number[], ph?: number[], ex?: number, exw?: string, bind?: string,
 *   run?: number}} Stmt
 * @typedef {{service: number, system: number, database: number, server: number}} Conn
 * @typedef {{id: string, conn: number, stmt: number, n: number, total: number, union: number, p50: number, p95: number,
 *   max: number, rows: number, aff: number, err: number, once: number}} Group
 * @typedef {{conn: number, parent: number, begin: number, end: number, from: number, to: number, out: string, n: number,
 *   busy: number}} Tx
 * @typedef {{rule: string, level: string, conf: string, group: number, points: number[], source: number, tx: number,
 *   cost: number, wasted: number, title: string, text: string}} Finding
 * @typedef {{title: string, id: string, when: string | null, us: number, req: number[], values: boolean, status: number | null,
 *   losses: string[], slow: number[], manyRows: number, database: number[], parts: Record<string, number>, shares: number[],
 *   hidden: number}} Meta
 * @typedef {ReturnType<typeof columns>} Trace
 */

/** The bits of `flag`. */
const UNFINISHED = 1, CANCELLED = 2, FAILED = 4, BYPASSED = 8, INTERNAL = 16, ORPHAN = 32, CYCLE = 64, SKEW = 128,
  START_MISSING = 256, NOT_RUN = 512, DATABASE = 1024, ROLLED_BACK = 2048, BY_DROP = 4096, WAITS = 8192, REMOTE = 16384,
  UNSENT = 32768, INCOMPLETE = 65536;

/** What separates names and types that share a string. */
const UNIT = "\u001f";

/** @param {string} base64 */
function bytesOf(base64) {
  const builtIn = /** @type {any} */ (Uint8Array).fromBase64;
  if (builtIn) return builtIn.call(Uint8Array, base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** @param {string} base64 */
async function inflate(base64) {
  const stream = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).text();
}

/**
 * The columns as typed arrays, with what the page works out of them.
 * @param {any} raw
 */
function columns(raw) {
  /** @type {string[]} */
  const id = raw.id;
  const n = id.length;
  /** @param {string} key @param {number} [missing] */
  const ints = (key, missing = 0) =>
    raw[key] ? Int32Array.from(raw[key]) : missing ? new Int32Array(n).fill(missing) : new Int32Array(n);
  const parent = ints("parent"), depth = new Int32Array(n), last = new Int32Array(n);
  const start = new Float64Array(n), dur = new Float64Array(n).fill(-1), end = new Float64Array(n);
  // What a statement took is less than its point where the program worked between the rows of a stream.
  const took = new Float64Array(n), worked = new Float64Array(n), part = new Float64Array(n);
  const us = raw.meta.us, [from, to] = raw.meta.req;
  let clock = 0;
  for (let i = 0; i < n; i++) {
    const up = parent[i] ? i - parent[i] : -1;
    parent[i] = up;
    depth[i] = up < 0 ? 0 : depth[up] + 1;
    last[i] = i;
    clock += raw.start[i];
    start[i] = clock;
    if (raw.dur) dur[i] = raw.dur[i];
    // What has no end is drawn to the end of what is around it.
    took[i] = raw.took?.[i] >= 0 ? raw.took[i] : dur[i];
    end[i] = dur[i] >= 0 ? clock + dur[i] : Math.max(clock, up < 0 ? us : end[up]);
    worked[i] = took[i] >= 0 ? clock + took[i] : end[i];
    // What of it the request lasted; less than nothing for what is outside.
    part[i] = Math.min(worked[i], to) - Math.max(clock, from);
  }
  for (let i = n - 1; i > 0; i--) {
    if (parent[i] >= 0 && last[parent[i]] < last[i]) last[parent[i]] = last[i];
  }
  return {
    n, us, req: to - from, id, parent, depth, last, start, dur, took, part, end,
    self: selfTimes(n, parent, start, took, worked),
    meta: /** @type {Meta} */ (raw.meta), str: /** @type {string[]} */ (raw.str),
    stmt: /** @type {Stmt[]} */ (raw.stmt), conn: /** @type {Conn[]} */ (raw.conn),
    group: /** @type {Group[]} */ (raw.group), tx: /** @type {Tx[]} */ (raw.txs), gap: /** @type {number[][]} */ (raw.gap),
    find: /** @type {Finding[]} */ (raw.find),
    name: ints("name"), svc: ints("svc"), host: ints("host"), proj: ints("proj"), st: ints("st"), cn: ints("cn"),
    grp: ints("grp"), txOf: ints("tx"), rows: ints("rows", -1), aff: ints("aff", -1), flag: ints("flag"), err: ints("err"),
    detail: ints("detail"), code: ints("code"), caller: ints("caller"), ptype: ints("ptype"), pname: ints("pname"),
    norun: ints("norun"), more: ints("more"), moreStop: ints("moreStop"),
    params: /** @type {(0 | number[])[]} */ (raw.params ?? []),
    bytes: pairs(raw.bytes), elements: pairs(raw.elements),
  };
}

/** Keys and values, one after the other. @param {number[]} [list] */
function pairs(list = []) {
  /** @type {Map<number, number>} */
  const map = new Map();
  for (let k = 0; k < list.length; k += 2) map.set(list[k], list[k + 1]);
  return map;
}

/**
 * Duration without what points inside take, as the union of their intervals; -1 where the duration is not known.
 * Children stand in the order of their start, so one look at each is enough.
 * @param {number} n @param {Int32Array} parent @param {Float64Array} start @param {Float64Array} dur @param {Float64Array} end
 */
function selfTimes(n, parent, start, dur, end) {
  const covered = new Float64Array(n), until = Float64Array.from(start);
  for (let i = 0; i < n; i++) {
    const up = parent[i];
    if (up < 0) continue;
    const from = Math.max(start[i], until[up]), to = Math.min(end[i], end[up]);
    if (to > from) {
      covered[up] += to - from;
      until[up] = to;
    }
  }
  const self = new Float64Array(n);
  for (let i = 0; i < n; i++) self[i] = dur[i] < 0 ? -1 : Math.max(0, dur[i] - covered[i]);
  return self;
}
