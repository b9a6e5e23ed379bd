// Realms as rows (rest-api.md 2.6; config-and-tokens.md F).
import { ApiError } from "@ostiary/shared/errors.ts";
import { phrase } from "@ostiary/shared/messages/phrases.ts";
import type { Statement } from "../store/store.ts";
import type { Realm } from "../users/directory.ts";
import type { Engine } from "./engine.ts";
import { requireLogIn } from "./require-log-in.ts";
import { changesOf, type Work, writeOrRefuse } from "./work.ts";

const NAME = /^[a-z0-9_.-]+$/;
const RESERVED = new Set(["superuser"]);

/** As it is stored: in small letters. */
export const isRealmName = (name: string) => NAME.test(name) && !RESERVED.has(name) && name.length <= 255;

/** The realm object of the contract. */
export function describeRealm({ id, isDefault, resolvers }: Realm) {
  return { id, option: "", default: isDefault, resolver: resolvers };
}

/** F04: capitals do not matter, blanks become hyphens. Error: 905. */
function readName(text: string): string {
  const name = text.trim().toLowerCase().replaceAll(" ", "-");
  if (!isRealmName(name)) throw new ApiError("realm_name");
  return name;
}

/** `priority.<resolver>` as a number or as text, 1 to 999 (F05). */
function readPriority(given: Map<string, unknown>, resolver: string): number | null {
  const raw = given.get(`priority.${resolver}`);
  if (raw === undefined || raw === "") return null;
  const priority = typeof raw === "number" || typeof raw === "string" ? Number(raw) : Number.NaN;
  if (!Number.isInteger(priority) || priority < 1 || priority > 999) {
    throw new ApiError("bad_parameter", {
      name: "priority",
      wanted: phrase("wanted_whole_number", { minimum: 1, maximum: 999 }),
    });
  }
  return priority;
}

/** Creates a realm or replaces its resolvers. Unknown resolvers are reported, not refused (F06). Error: 303 for a realm of administrators. */
export async function writeRealm(work: Work, text: string, resolvers: string[], given: Map<string, unknown>) {
  const { engine } = work;
  const name = readName(text);
  // Who says where its users come from says who is an administrator.
  if (engine.isSuperuserRealm(name)) requireLogIn(work);
  const { store } = engine;
  const { sql } = store;
  const known = await store.point(sql.selectFrom("resolver").selectAll().compile());
  const wanted = [...new Set(resolvers)];
  const added = wanted.filter((resolver) => known.some((row) => row.name === resolver));
  const failed = wanted.filter((resolver) => !added.includes(resolver));
  work.audit.realm = name;
  const realmId = () => sql.selectFrom("realm").select("id").where("name", "=", name);
  const statements: Statement[] = [
    {
      query: sql
        .insertInto("realm")
        // The first realm is the default one (F07): whether it is, the database knows, and nobody else can be first beside it.
        .values(({ case: when, exists, selectFrom }) => ({
          name,
          is_default: when()
            .when(exists(selectFrom("realm").select("id")))
            .then(0)
            .else(1)
            .end(),
        }))
        .onConflict((conflict) => conflict.column("name").doNothing())
        .compile(),
    },
    { query: sql.deleteFrom("resolver_realm").where("realm_id", "in", realmId()).compile() },
    ...added.map((resolver) => ({
      query: sql
        .insertInto("resolver_realm")
        .columns(["resolver_id", "realm_id", "priority"])
        .expression((eb) =>
          eb
            .selectFrom(["resolver", "realm"])
            .select((col) => ["resolver.id", "realm.id as realm_id", col.val(readPriority(given, resolver)).as("priority")])
            .where("resolver.name", "=", resolver)
            .where("realm.name", "=", name),
        )
        .compile(),
      expect: 1,
    })),
  ];
  await writeOrRefuse(work, statements, ["all-tokens"]);
  await work.engine.configuration.settled();
  return { added, failed };
}

/** Returns the number of the row. The last realm left becomes the default one. Error: 601. */
export async function deleteRealm(work: Work, text: string): Promise<number> {
  const { sql } = work.engine.store;
  const realm = requireRealm(work.engine, text);
  work.audit.realm = realm.name;
  const promote = sql
    .updateTable("realm")
    .set({ is_default: 1 })
    .where((eb) =>
      eb(
        eb.selectFrom("realm as every").select((one) => one.fn.countAll().as("count")),
        "=",
        1,
      ),
    )
    .compile();
  const statements: Statement[] = [
    { query: sql.deleteFrom("realm").where("id", "=", realm.id).compile(), expect: 1 },
    { query: promote },
  ];
  await writeOrRefuse(work, statements, ["all-tokens"]);
  await work.engine.configuration.settled();
  return realm.id;
}

function requireRealm({ directory }: Engine, text: string): Realm {
  const realm = directory.realm(text.trim());
  if (!realm) throw new ApiError("not_found", { what: phrase("thing_realm") });
  return realm;
}

/** Null: no default realm. Returns the number of the realm, or for none 1, and 0 if there was none before. */
export async function setDefaultRealm(work: Work, text: string | null): Promise<number> {
  const { store } = work.engine;
  const realm = text === null ? null : requireRealm(work.engine, text);
  work.audit.realm = realm?.name ?? null;
  const clear = store.sql.updateTable("realm").set({ is_default: 0 }).where("is_default", "=", 1).compile();
  const statements: Statement[] = [{ query: clear }];
  if (realm)
    statements.push({
      query: store.sql.updateTable("realm").set({ is_default: 1 }).where("id", "=", realm.id).compile(),
      expect: 1,
    });
  const won = await writeOrRefuse(work, statements, ["none"]);
  await work.engine.configuration.settled();
  return realm ? realm.id : Math.min(1, changesOf(won, 0));
}
