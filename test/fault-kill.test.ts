// A process that ends in the middle of a log-in, at each of its stages. The kernel is made to kill it there (strace), because from
// outside nobody hits the moment. After the restart an answered value is never good again; one that was not answered is used with its
// audit row, or neither.
//
//   decide ── write ──▶ log ── fdatasync ──▶ durable ── answer ──▶ client          checkpoint: signed rows ──▶ audit-checkpoints.jsonl
import { expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { canInject, inject } from "./kit/disturb.ts";
import { runOstiary } from "./kit/run-ostiary.ts";
import { QUICK_ENV, startServer } from "./kit/start-server.ts";
import { check, enrol, readAudit } from "./kit/tokens.ts";

setDefaultTimeout(60_000);

const env = { ...QUICK_ENV, OSTIARY_GUARD_USER: "off", OSTIARY_AUDIT_CHECKPOINT_SECONDS: "1" };
const SERVED = "action = 'POST /validate/check' AND success = 1";

/** The call of the kernel that does not come back, the file it is on ("" any), and whether the log-in under way may have been stored. */
const STAGES: [stage: string, fault: string, file: string][] = [
  ["at the first write to the log", "pwrite64:signal=KILL:when=1", "ostiary.db-wal"],
  ["between two writes to the log", "pwrite64:signal=KILL:when=2", "ostiary.db-wal"],
  ["at the fdatasync", "fdatasync:signal=KILL:when=1", "ostiary.db-wal"],
  ["after the fdatasync, while it answers", "sendto,sendmsg,write,writev:signal=KILL:when=1", ""],
  ["at the checkpoint of the trail", "write,pwrite64,writev:signal=KILL:when=1", "audit-checkpoints.jsonl"],
];

test.skipIf(!canInject).each(STAGES)("killed %s", async (stage, fault, file) => {
  let server = await startServer({ env });
  await server.api("POST", "/system/setDefault", { DefaultMaxFailCount: 100_000 });
  const token = await enrol(server);
  let used = 0;
  for (; used < 3; used++) expect((await check(server, { serial: token.serial, pass: token.value(used) })).accepted).toBe(true);
  const before = readAudit(server.dataDir, SERVED).length;
  const end = await inject(server.pid, fault, ...(file === "" ? [] : [join(server.dataDir, file)]));
  // The one under way; where the stage comes later, those before it are answered.
  let answered = 0;
  for (let gone = false; !gone; ) {
    const answer = await check(server, { serial: token.serial, pass: token.value(used + answered) }).catch(() => null);
    gone = answer === null;
    if (answer?.accepted) answered += 1;
    if (stage.includes("checkpoint")) await Bun.sleep(50);
  }
  await server.kill();
  await end();

  server = await startServer({ dataDir: server.dataDir, env });
  const rows = readAudit(server.dataDir, SERVED).length - before;
  expect(stage.includes("first write") ? [answered] : [answered, answered + 1]).toContain(rows);
  const again = async (counter: number) =>
    (await check(server, { serial: token.serial, pass: token.value(counter) })).accepted === true;
  // Whatever has its row is used, and what has none is good: once.
  for (let counter = 0; counter < used + rows; counter++) expect(await again(counter)).toBe(false);
  expect(await again(used + rows)).toBe(true);
  expect(await again(used + rows)).toBe(false);
  const { code, stdout } = await runOstiary(["audit", "verify", "--data", server.dataDir]);
  expect([code, stdout]).toEqual([0, expect.stringContaining("nothing wrong")]);
  expect(await server.stop()).toBe(0);
});
