// Which programs call from where, for GET /client/ (rest-api.md 2.8). Written beside the calls, so that no log-in waits for it and no
// row is hot: what was seen is gathered in memory and stored every WRITE_EVERY_MS, each program of an address once.
//
// Anybody may invent addresses (if a proxy passes them on) and User-Agents, so everything is bounded: names of one address, names
// gathered between two writes, rows of the table; of those the ones seen longest ago go.
//
// Cache. Key: address and client type. Bound: MAX_GATHERED. Lifetime: until the next write, which empties it.
import { clientTypeOf } from "../core/client-type.ts";
import type { Statement, Store } from "../store/store.ts";

export interface SeenClient {
  type: string;
  ip: string;
  hostname: string;
  /** milliseconds since 1970 */
  lastSeen: number;
}

export interface ClientRegistry {
  /** Costs a look into a map. `userAgent` null: the client sent none. */
  note(ip: string, userAgent: string | null): void;
  /** By type, then address; of several nodes that saw it the last. What is gathered is stored first. */
  list(): Promise<SeenClient[]>;
  /** Stores what is gathered. */
  flush(): Promise<void>;
  /** Stores what is gathered; nothing is noted any more. */
  close(): Promise<void>;
}

const WRITE_EVERY_MS = 60_000;
const MAX_GATHERED = 2000;
const SLICE = 200;
const MAX_TYPES_OF_ADDRESS = 8;
const MAX_ROWS = 10_000;

interface Options {
  store: Store;
  /** Name of this node. */
  node: string;
  /** milliseconds since 1970 */
  now: () => number;
  onError: (error: unknown) => void;
}

export function openClientRegistry({ store, node, now, onError }: Options): ClientRegistry {
  let gathered = new Map<string, Map<string, number>>();
  let size = 0;
  let closed = false;
  const { sql } = store;

  function note(ip: string, userAgent: string | null): void {
    if (closed) return;
    let types = gathered.get(ip);
    const type = clientTypeOf(userAgent);
    if (!types?.has(type)) {
      if (size >= MAX_GATHERED || (types && types.size >= MAX_TYPES_OF_ADDRESS)) return;
      size++;
      if (!types) {
        types = new Map();
        gathered.set(ip, types);
      }
    }
    types.set(type, now());
  }

  async function flush(): Promise<void> {
    if (size === 0) return;
    const seen = gathered;
    gathered = new Map();
    size = 0;
    const statements: Statement[] = [];
    for (const [ip, types] of seen) for (const [type, at] of types) statements.push({ query: upsert(ip, type, at) });
    statements.push({ query: forgetOldest() });
    // In slices: log-ins are not to wait for two thousand rows.
    while (statements.length > 0)
      await store.commit({ kind: "write", statements: statements.splice(0, SLICE), touches: ["none"] });
  }

  const upsert = (ip: string, client_type: string, last_seen: number) =>
    sql
      .insertInto("client_application")
      .values({ ip, client_type, node, last_seen })
      .onConflict((conflict) => conflict.columns(["ip", "client_type", "node"]).doUpdateSet({ last_seen }))
      .compile();

  /** Rows beyond MAX_ROWS. The table is small, so that it needs no index for this. */
  const forgetOldest = () =>
    sql
      .deleteFrom("client_application")
      .where("last_seen", "<=", (eb) =>
        eb.selectFrom("client_application").select("last_seen").orderBy("last_seen", "desc").limit(1).offset(MAX_ROWS),
      )
      .compile();

  const timer = setInterval(() => flush().catch(onError), WRITE_EVERY_MS);
  timer.unref();

  return {
    note,
    flush,
    async list() {
      await flush();
      const rows = await store.query(
        sql
          .selectFrom("client_application")
          .select(["client_type as type", "ip"])
          .select(({ fn }) => [fn.max("hostname").as("hostname"), fn.max("last_seen").as("lastSeen")])
          .groupBy(["client_type", "ip"])
          .orderBy("client_type")
          .orderBy("ip")
          .compile(),
      );
      return rows.map((row) => ({ ...row, lastSeen: Number(row.lastSeen) }));
    },
    async close() {
      clearInterval(timer);
      closed = true;
      await flush().catch(onError);
    },
  };
}
