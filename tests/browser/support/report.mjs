// Reports as the command makes them, in a folder of this process, and what is in them.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gunzipSync } from "node:zlib";

export const repository = resolve(process.env.OSPROFILER_TEST_REPOSITORY ?? fileURLToPath(new URL("../../..", import.meta.url)));
export const command = process.env.OSPROFILER_BIN ?? join(repository, "target/release/osprofiler");
export const commandIsMissing = existsSync(command) ? null : `${command} is not there: OSPROFILER_BIN names the command`;

const folder = mkdtempSync(join(tmpdir(), "osprofiler-browser-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Where screenshots and PDFs are kept; named by a variable, or among the temporary files. */
export function artefact(name) {
  const place = process.env.OSPROFILER_TEST_ARTEFACTS ?? join(tmpdir(), "osprofiler-browser-artefacts");
  mkdirSync(place, { recursive: true });
  return join(place, name);
}

/** A new file of this process. */
export function scratch(name, content) {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

const made = new Map();

/** The report of a trace, as a file. `build` makes the trace and is called once. */
export function report(name, build, ...flags) {
  const key = [name, ...flags].join(" ");
  if (!made.has(key)) {
    const lines = join(folder, `${name}.jsonl`), file = join(folder, `${key.replaceAll(/\W+/g, "-")}.html`);
    if (!existsSync(lines)) writeFileSync(lines, typeof build === "function" ? String(build()) : String(build));
    execFileSync(command, ["trace", "show", lines, "--html", "--out", file, ...flags], { stdio: ["ignore", "inherit", "inherit"] });
    made.set(key, file);
  }
  return made.get(key);
}

export function url(file, hash = "") {
  return pathToFileURL(file).href + hash;
}

/** The data of a report's script. */
export function payload(file) {
  const base64 = /id="trace-data">([^<]*)</.exec(readFileSync(file, "utf8"))[1];
  return JSON.parse(gunzipSync(Buffer.from(base64, "base64")).toString("utf8"));
}
