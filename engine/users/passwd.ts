// `passwdresolver`: users from a file like /etc/passwd (config-and-tokens.md E1: E101-E103).
// Look-ups run in memory and never wait for the disk; a changed file is noticed and indexed beside them.
//
//   open --> [ serving content A ] --(look-up, a second since the last check, stamp differs)--> [ serving A, indexing B ]
//                  ^                                                                              |             |
//                  |                     B is sound: serve B                                      |             | B is broken: keep A,
//                  +------------------------------------------------------------------------------+-------------+ testConnection says so

import { resolverSpecs } from "@ostiary/shared/resolver-types.ts";
import { createPace } from "../core/pace.ts";
import { createTwoGenerationMap } from "../store/two-generation-map.ts";
import { locateFile, readLocated } from "./bounded-file.ts";
import { indexPasswd, type PasswdFile, PasswdFormatError } from "./passwd-file.ts";
import type { PasswdEntry } from "./passwd-line.ts";
import { searchPasswd } from "./passwd-search.ts";
import {
  dropped,
  type Resolver,
  type ResolverConfig,
  type ResolverDeps,
  ResolverError,
  type ResolverType,
  type UserRecord,
} from "./resolver.ts";

const CHECK_EVERY_MS = 1000;
/** Users whose line is kept cut up. */
const RECENT = 20_000;
const pause = () => new Promise<void>((resume) => setImmediate(resume));

export const passwdResolver: ResolverType = {
  type: "passwdresolver",
  fields: resolverSpecs.passwdresolver.fields,
  open: openPasswd,
};

async function openPasswd(config: ResolverConfig, deps: ResolverDeps): Promise<Resolver> {
  const path = config.values.Filename || "/etc/passwd"; // E101
  let file: PasswdFile | null = null;
  // Cache. Key: login. Bound: RECENT, two generations. Lifetime: the content of the file. Invalidated by load().
  const recent = createTwoGenerationMap<string, UserRecord>(RECENT);
  let closed = false;
  let stamp = "";
  let problem: string | null = null;
  let checkedAt = deps.now();
  let running: Promise<void> | null = null;

  async function load(): Promise<void> {
    const state = await locateFile(path, deps.passwdRoots);
    if (state.stamp === stamp) return;
    const bytes = await readLocated(state);
    // From here on this state is known, sound or broken: it is not indexed again every second.
    stamp = state.stamp;
    problem = "the file is broken";
    const indexed = await indexPasswd(bytes, pause);
    if (!closed) file = indexed;
    recent.clear();
    problem = null;
  }

  /** Never rejects; a second call joins the first. */
  function check(): Promise<void> {
    checkedAt = deps.now();
    running ??= load()
      .catch((cause) => {
        problem = describeProblem(cause);
        if (!(cause instanceof PasswdFormatError)) stamp = "";
      })
      .finally(() => {
        running = null;
      });
    return running;
  }

  /** The content to answer from, now. */
  function serve(): PasswdFile {
    if (Math.abs(deps.now() - checkedAt) >= CHECK_EVERY_MS) void check();
    if (!file) throw new ResolverError("the resolver is closed");
    return file;
  }

  const toUser = ({ login, userId, attributes }: PasswdEntry): UserRecord => ({
    login,
    userId,
    resolver: config.name,
    attributes,
  });

  await check();
  if (!file) throw new ResolverError(problem ?? "the file can not be read");

  return {
    name: config.name,
    type: passwdResolver.type,
    findByLogin(login) {
      const content = serve();
      const known = recent.get(login);
      if (known) return known;
      const entry = content.byLogin(login);
      if (!entry) return null;
      const user = toUser(entry);
      recent.set(login, user);
      return user;
    },
    findById(userId) {
      const entry = serve().byId(userId);
      return entry && toUser(entry);
    },

    async search(filters, limit, isGone = () => false) {
      const rest = async () => {
        await pause();
        if (isGone()) throw dropped();
      };
      const pace = createPace({ tick: () => performance.now(), rest });
      return (await searchPasswd(serve(), filters, limit, pace)).map(toUser);
    },

    passwordMark: (login) => serve().byLogin(login)?.hash ?? null,

    async checkPassword(login, password) {
      const entry = serve().byLogin(login);
      return entry !== null && isUsableHash(entry.hash) && (await deps.verify(password, entry.hash));
    },

    async testConnection() {
      await check();
      const users = serve().size;
      if (problem) throw new ResolverError(`${problem}; the content read before (${users} users) stays in use`);
      return `Resolver config seems OK. ${users} Users found.`;
    },

    close() {
      closed = true;
      file = null;
    },
  };
}

/** E102: `x` points to a shadow file, `*` and `!` lock, nothing is no password. */
function isUsableHash(hash: string): boolean {
  return hash !== "" && hash !== "x" && !hash.startsWith("*") && !hash.startsWith("!");
}

function describeProblem(cause: unknown): string {
  return cause instanceof ResolverError || cause instanceof PasswdFormatError ? cause.message : "the file can not be read";
}
