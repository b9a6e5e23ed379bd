// No secret in what the server tells: during a full run (test/run.ts) every secret that tests send or get is noted here, and
// every log line, metric, audit row and refusal is kept; at the end one is searched for in the other. Off without TEST_LEDGER,
// which names a folder, so that a single file of tests runs as it is.
//
// Only what is long enough to be told from ordinary words counts (LEAST characters), and nothing that a test sent in the open as
// well: fuzzed values stand in names and in passwords alike.
import { Database } from "bun:sqlite";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.env.TEST_LEDGER;
/**
 * So long is the shortest secret that counts, and more than digits: PINs such as 1234 are found in every timestamp. Half as many
 * characters differ: fuzzed passwords of one letter are found in every long text.
 */
const LEAST = 8;
const SECRET_NAME = /^(?:.*pass(?:word|phrase)?|.*pin|.*secret|otpkey|seed|token)$/i;
/** A setting of which there is one for all: "PrependPin". */
const OPEN_NAME = /^PrependPin$/i;
const MAX_ROWS = 2000;

const kept = new Set<string>();

const FILES = { secret: "secrets.jsonl", open: "open.jsonl", told: "told.txt" };

/** Once each: the same refusal comes a thousand times, with another time in it. `bun test` runs no exit handlers, so at once. */
function keep(file: keyof typeof FILES, text: string, line: string): void {
  const key = `${file} ${text}`;
  if (!folder || kept.has(key)) return;
  kept.add(key);
  appendFileSync(join(folder, FILES[file]), `${line}\n`);
}

export const ledgerIsOpen = folder !== undefined;

export function noteSecret(text: unknown): void {
  if (typeof text === "string" && text.length >= LEAST && /\D/.test(text) && new Set(text).size >= LEAST / 2)
    keep("secret", text, JSON.stringify(text));
}

/** Parameters of a call: by their names they are secret, or open. */
export function noteParams(params: Record<string, unknown>): void {
  if (!folder) return;
  for (const [name, value] of Object.entries(params)) {
    if (SECRET_NAME.test(name) && !OPEN_NAME.test(name)) noteSecret(value);
    else if (String(value).length >= LEAST) keep("open", String(value), JSON.stringify(String(value)));
  }
}

/** What somebody without rights, or with the rights to read logs, gets to see. */
export function noteTold(source: string, text: string): void {
  if (!folder) return;
  for (const line of text.split("\n")) {
    if (line.length >= LEAST) keep("told", line.replace(/\d{6,}(?:\.\d+)?/g, "#"), `${source}: ${line}`);
  }
}

/** An answer: what is secret in a good one, all of a refusal. */
export function noteAnswer(status: number, text: string, body: unknown): void {
  if (!folder) return;
  if (status >= 400) noteTold("answer", text);
  const { result, detail } = (body ?? {}) as { result?: { value?: unknown }; detail?: Record<string, unknown> };
  const { token, api_key } = (typeof result?.value === "object" && result.value !== null ? result.value : {}) as Record<
    string,
    unknown
  >;
  noteSecret(token);
  noteSecret(api_key);
  for (const shown of [detail?.otpkey, detail?.googleurl]) {
    const { value, value_b32 } = (typeof shown === "object" && shown !== null ? shown : {}) as Record<string, unknown>;
    noteSecret(typeof value === "string" ? value.replace(/^seed:\/\//, "") : value);
    noteSecret(value_b32);
  }
  noteSecret(detail?.password);
}

/** The trail of a server that has ended, as it stands in its database. One that a test has damaged is left out. */
export function noteTrail(dataDir: string): void {
  const path = join(dataDir, "ostiary.db");
  if (!folder || !existsSync(path)) return;
  try {
    const db = new Database(path, { readonly: true });
    const rows = db.query("SELECT * FROM audit ORDER BY id DESC LIMIT ?").all(MAX_ROWS);
    db.close();
    for (const row of rows)
      noteTold(
        "audit",
        JSON.stringify(row, (_key, value) => (value instanceof Uint8Array ? undefined : value)),
      );
  } catch {
    // Not readable: then nothing is told by it either.
  }
}

/** As a secret may stand in a log line or an answer. */
const formsOf = (secret: string): string[] => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];

export interface Ledger {
  told: string;
  secrets: string[];
  open: string[];
}

/** What a run has left in its folder. Throws if nothing was noted or told: then nothing was looked at. */
export function readLedger(at: string): Ledger {
  const read = (file: keyof typeof FILES) => readFileSync(join(at, FILES[file]), "utf8");
  const parse = (file: keyof typeof FILES) =>
    read(file)
      .trimEnd()
      .split("\n")
      .map((line) => String(JSON.parse(line)));
  return { told: read("told"), secrets: parse("secret"), open: parse("open") };
}

/** Lines of `told` with a secret in them, which is cut out. */
export function findLeaks({ told, secrets, open }: Ledger): string[] {
  const known = new Set(open);
  const byStart = new Map<string, string[]>();
  for (const secret of secrets) {
    if (known.has(secret)) continue;
    for (const form of new Set(formsOf(secret)))
      byStart.set(form.slice(0, LEAST), [...(byStart.get(form.slice(0, LEAST)) ?? []), form]);
  }
  const leaks: string[] = [];
  for (const line of new Set(told.split("\n"))) {
    for (let at = 0; at + LEAST <= line.length; at++) {
      const form = byStart.get(line.slice(at, at + LEAST))?.find((one) => line.startsWith(one, at));
      if (form === undefined) continue;
      leaks.push(line.replaceAll(form, `[SECRET ${form.slice(0, 4)}…]`).slice(0, 500));
      break;
    }
  }
  return leaks;
}
