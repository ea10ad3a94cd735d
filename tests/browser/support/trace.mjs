// Traces in the making: points in, lines of messages out, as the file store keeps them.

export const BASE = "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab";
const BEGAN_MS = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Microseconds of the trace as OSProfiler writes times. */
function timestamp(us) {
  const ms = Math.floor(us / 1000);
  return new Date(BEGAN_MS + ms).toISOString().slice(0, -1) + String(us - 1000 * ms).padStart(3, "0");
}

export class TraceBuilder {
  constructor({ base = BASE, service = "api", host = "node-1", project = "shop" } = {}) {
    Object.assign(this, { base, service, host, project });
    this.lines = [];
    this.made = 0;
  }

  /** `of` says otherwise for this message: `id`, `service`, `host`, `project`. */
  message(name, id, parent, us, info, of = {}) {
    const { service = this.service, host = this.host, project = this.project } = of;
    this.lines.push(JSON.stringify({
      name, base_id: this.base, trace_id: id, parent_id: parent ?? this.base, timestamp: timestamp(us),
      info: { ...info, host }, project, service,
    }));
  }

  /** Start and stop of a point, whose id it returns. Without an end there is no stop. */
  point(name, parent, from, to, start = {}, stop = {}, of = {}) {
    const id = of.id ?? `p${++this.made}`;
    this.message(`${name}-start`, id, parent, from, start, of);
    if (to !== null) this.message(`${name}-stop`, id, parent, to, stop, of);
    return id;
  }

  request(from, to, { method = "GET", path = "/servers/42", query = "", status = 200, parent, ...of } = {}) {
    const request = { method, path, query, scheme: "http" };
    return this.point("wsgi", parent, from, to, { request }, { response: { status_code: status } }, of);
  }

  /** What a program calls between the request and its statements. */
  call(parent, from, to, name, of = {}) {
    return this.point("rpc", parent, from, to, { function: { name } }, {}, of);
  }

  /** A statement. What is no option here belongs to the start's info, such as `params`, `system`, `transaction`. */
  db(parent, from, to, statement, { rows, affected, error, code, cancelled, outcome, dropped, id, service, host, ...start } = {}) {
    const stop = { db: { rows, rows_affected: affected, sqlstate: code, outcome, dropped } };
    if (error) Object.assign(stop, { etype: "Database", message: error });
    if (cancelled) stop.cancelled = true;
    const of = Object.fromEntries(Object.entries({ id, service, host }).filter(([, value]) => value !== undefined));
    return this.point("db", parent, from, to, { db: { statement, system: "postgresql", database: "shop", ...start } }, stop, of);
  }

  /** As many statements one after the other, each as `make(k)` says. */
  each(count, make) {
    for (let k = 0; k < count; k++) make(k);
    return this;
  }

  toString() {
    return `${this.lines.join("\n")}\n`;
  }
}
