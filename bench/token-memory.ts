// What a token costs in memory while the store holds it, in a process of its own: resident memory with nearly none held and with all.
//   bun bench/token-memory.ts DATABASE TOKENS USERS      prints bytes a token
// Tokens held first fill the page cache of SQLite and warm the code, so that neither counts.
import { openStore } from "../engine/store/sqlite-store.ts";
import { describeToken } from "./seed-tokens.ts";

const [path = "", tokens = 0, users = 0] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const store = openStore({ path, node: "bench-memory", exclusive: false, now: Date.now, tokenCache: 4 * tokens });
const first = Math.ceil(tokens / 10);

async function hold(from: number, until: number): Promise<void> {
  for (let n = from; n < until; n += 1) {
    if ((await store.tokenBySerial(describeToken(n, tokens, users).serial)) === null) throw new Error(`token ${n} is missing`);
  }
}

function measure(): number {
  Bun.gc(true);
  Bun.gc(true);
  return process.memoryUsage.rss();
}

await hold(0, first);
const before = measure();
await hold(first, tokens);
console.log(Math.round((measure() - before) / (tokens - first)));
await store.close();
process.exit(0);
