// ostiary audit checkpoint: the newest signatures over the audit trail, for keeping elsewhere.
import { createPublicKey } from "node:crypto";
import { type ChainCheckpoint, openAuditForReading, readNewestCheckpoints } from "../audit/newest-checkpoints.ts";
import { readAuditFiles } from "./audit-files.ts";
import { COMMON_OPTIONS, type Command, FLAG, TEXT, UsageError } from "./command.ts";

const LOOK_EVERY_MS = 200;
const DEFAULT_WAIT = 15;

export const auditCheckpoint: Command = {
  name: "audit checkpoint",
  summary: "print signatures over the newest audit rows, for keeping elsewhere",
  help: `ostiary audit checkpoint [--wait SECONDS] [--public-key FILE] [--json]

Prints one line for each chain (a node, or the commands beside it): the newest signature over it. Whoever keeps these lines where
the keeper of the database can not reach them can prove later that nothing before them was changed or cut off:
  ostiary audit verify --checkpoints FILE

A running server signs what is new every few seconds; the command waits until all rows there were at its start are signed. It reads
the database and the public key only. Exit code 1: rows of a chain stayed unsigned (standard error says which).

  --wait SECONDS      how long to wait for signatures (default ${DEFAULT_WAIT})
  --public-key FILE   default DIR/keys/audit.pub
  --json              the lines as they are, without explanation on standard error
${COMMON_OPTIONS}

Example
  ostiary audit checkpoint --data /srv/ostiary >> /mnt/elsewhere/ostiary-checkpoints.jsonl`,
  options: { wait: TEXT, "public-key": TEXT, json: FLAG },
  async run(line) {
    const { wait = String(DEFAULT_WAIT), json } = line.values;
    if (!/^\d{1,5}$/.test(String(wait))) throw new UsageError("--wait must be a number of seconds");
    const { database, publicKeyPem } = readAuditFiles(line);
    const publicKey = createPublicKey(publicKeyPem);
    const db = openAuditForReading(database);
    try {
      const start = new Map(readNewestCheckpoints(db, publicKey).map(({ chain, headSeq }) => [chain, headSeq]));
      const isBehind = ({ chain, line: signed }: ChainCheckpoint) => (signed?.seq ?? 0) < (start.get(chain) ?? 0);
      const deadline = performance.now() + Number(wait) * 1000;
      let found = readNewestCheckpoints(db, publicKey);
      while (found.some(isBehind) && performance.now() < deadline) {
        await Bun.sleep(LOOK_EVERY_MS);
        found = readNewestCheckpoints(db, publicKey);
      }
      for (const { line: signed } of found) if (signed) console.log(JSON.stringify(signed));
      const behind = found.filter(isBehind);
      if (!json)
        for (const { node, epoch, chain, line: signed } of behind)
          console.error(
            `node ${node}, epoch ${epoch}: rows ${(signed?.seq ?? 0) + 1} to ${start.get(chain)} are not signed. Is the server running, and its key ring open?`,
          );
      return behind.length === 0 ? 0 : 1;
    } finally {
      db.close();
    }
  },
};
