// `npm run bench [-- NAME… [--options]]`: runs the benches named (all by default, but scale and soak), each in a process of its own, then prints
// their results as tables. Results stay in bench/results/. Benches print ratios for people; nothing here fails a build.
import { join } from "node:path";
import { printTable } from "./report.ts";

const benches: Record<string, string> = {
  login: "whole logins over HTTP against a bare handler; PINs, a flood of hashes, signatures",
  overload: "log-ins over many times the connections that keep the server busy, and beside floods",
  backup: "log-ins while a backup is made",
  scale: "a million tokens: start, memory, log-ins, and everything administrators do beside them",
  soak: "everything at once for a quarter of an hour (--minutes): do memory, descriptors and stalls grow?",
  site: "the site in a browser: size, first paint, list of tokens ready for clicks, layout shift",
  tls: "log-ins over TLS against plain HTTP, over kept connections and with a handshake each",
};

/** Too long to be run unasked. */
const onRequest = new Set(["scale", "soak"]);

const args = process.argv.slice(2);
const options = args.slice(args.findIndex((arg) => arg.startsWith("-")) >>> 0);
const named = args.slice(0, args.length - options.length);
const unknown = named.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  const list = Object.entries(benches).map(([name, what]) => `  ${name}  ${what}`);
  console.error(`no such bench: ${unknown.join(", ")}\n${list.join("\n")}`);
  process.exit(2);
}
const names = named.length > 0 ? named : Object.keys(benches).filter((name) => !onRequest.has(name));
let failures = 0;
for (const name of names) {
  const command = [process.execPath, join(import.meta.dir, `${name}.ts`), ...options];
  const status = await Bun.spawn(command, { stdio: ["ignore", "ignore", "inherit"] }).exited;
  if (status === 0) console.log(printTable(await Bun.file(join(import.meta.dir, "results", `${name}.json`)).json()));
  else console.error(`${name} ended with ${status}`);
  if (status !== 0) failures++;
}
process.exit(failures === 0 ? 0 : 1);
