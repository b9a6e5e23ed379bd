// What a page of a long audit trail costs, with and without filters. Not part of `npm run bench`: it needs gigabytes.
//   bun bench/audit-search.ts DIR [ROWS]     makes the trail and its index in DIR, if there is none; any directory of bench/seed.ts will do
import { Database } from "bun:sqlite";
import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { databasePath, keysPath } from "../engine/assemble.ts";
import { createRowChecker } from "../engine/audit/check-rows.ts";
import { indexPath, openIndexForReading } from "../engine/audit/index-file.ts";
import type { AuditQuery } from "../engine/audit/query.ts";
import type { AuditRow } from "../engine/audit/rows.ts";
import { searchAudit } from "../engine/audit/search.ts";
import { describeMachine } from "./machine.ts";
import { seed } from "./seed.ts";

const repeats = 7;
const dayMs = 86_400_000;

const [directory, wanted = "10000000"] = process.argv.slice(2);
if (directory === undefined) throw new Error("usage: bun bench/audit-search.ts DIR [ROWS]");
await seed({ dataDir: directory, tokens: 0, users: 0, rows: Number(wanted) });
const path = databasePath(directory);
const db = new Database(path, { readonly: true });
const index = openIndexForReading(indexPath(path));
const checker = createRowChecker(db, createPublicKey(readFileSync(join(keysPath(directory), "audit.pub"), "utf8")));
const newest = db.query<{ at: number }, []>("SELECT started_at AS at FROM audit ORDER BY id DESC LIMIT 1").get()?.at ?? 0;

const everything: AuditQuery = { conditions: [], since: null, until: null, before: null, after: null, order: "desc" };
const queries: [name: string, query: Partial<AuditQuery>, offset?: number][] = [
  ["no filter", {}],
  ["no filter, oldest first", { order: "asc" }],
  ["no filter, in the middle", {}, 5_000_000],
  ["user", { conditions: [{ column: "user", anyOf: ["user777"] }] }],
  ["user, pattern", { conditions: [{ column: "user", like: "*r777*" }] }],
  ["serial", { conditions: [{ column: "serial", anyOf: ["TOTP00000777"] }] }],
  ["serial, pattern", { conditions: [{ column: "serial", like: "*0777" }] }],
  ["nobody", { conditions: [{ column: "user", anyOf: ["nobody"] }] }],
  ["action, nine of ten rows", { conditions: [{ column: "action", anyOf: ["POST /validate/check"] }] }],
  ["action, pattern", { conditions: [{ column: "action", like: "*auth*" }] }],
  ["client", { conditions: [{ column: "client", anyOf: ["10.0.1.77"] }] }],
  ["info, pattern", { conditions: [{ column: "info", like: "*wrong*" }] }],
  [
    "realm and failure",
    {
      conditions: [
        { column: "realm", anyOf: ["realm3"] },
        { column: "success", anyOf: [0] },
      ],
    },
  ],
  ["the last hour", { since: newest - dayMs / 24 }],
];

const rows = queries.map(([name, query, offset = 0]) => {
  const wall: number[] = [];
  const cpu: number[] = [];
  let count = 0;
  for (let round = 0; round < repeats; round += 1) {
    const begun = performance.now();
    const used = process.cpuUsage();
    db.transaction(() => {
      const job = { query: { ...everything, ...query }, offset, limit: 15, count: true, budgetMs: 60_000 };
      const found = searchAudit(db, index, job, () => performance.now());
      const byId = db.query<AuditRow, [number]>("SELECT * FROM audit WHERE id = ?");
      const page = found.ids.flatMap((id) => byId.get(id) ?? []);
      checker.check(page, index, { now: newest, graceMs: 60_000, budget: 10_000 });
      count = found.count;
    })();
    const { user, system } = process.cpuUsage(used);
    wall.push(performance.now() - begun);
    cpu.push((user + system) / 1000);
  }
  const middle = (values: number[]) => Math.round(values.sort((a, b) => a - b)[Math.floor(repeats / 2)] ?? 0);
  return { name, count, wallMs: middle(wall), cpuMs: middle(cpu) };
});
console.log(JSON.stringify({ bench: "audit-search", machine: describeMachine(), rows }, null, 2));
