// Log-in to the API itself: local administrators by their password, users by that of their source (rest-api.md 2.1).
import { ApiError } from "@ostiary/shared/errors.ts";
import { type Guard, keyOfUser } from "../login/guard.ts";
import { answerNoSoonerThanAHash } from "../login/reject-floor.ts";
import type { User } from "../users/directory.ts";
import type { Engine } from "./engine.ts";
import type { Caller } from "./sessions.ts";

interface Credentials {
  username: string;
  password: string;
  realm?: string;
}

/** Whom a name means, before his password is checked. */
type Person = { kind: "admin"; username: string } | { kind: "user"; user: User } | { kind: "nobody" };

/**
 * Errors: 4031 with the same text for an unknown name, a wrong password and an exhausted budget; 4031 for an unknown realm.
 * A refusal takes as long as a password hash, whoever was meant.
 */
export async function logIn(credentials: Credentials, client: string, startedTick: number, engine: Engine): Promise<Caller> {
  const { guard, directory } = engine;
  const { realm } = credentials;
  if (realm !== undefined && !directory.realm(realm)) throw new ApiError("unknown_auth_realm", { realm: realm.slice(0, 255) });
  const now = engine.now();
  const source = guard.isTrusted(client) ? null : client || "unknown";
  const refundSource = () => {
    if (source !== null) guard.auth.refund(source, now);
  };
  if (source !== null) refuseExhausted(guard.auth.charge(source, now), `auth\0${source}`, now, guard);
  let key: string | null = null;
  let caller: Caller | null;
  try {
    const person = await findPerson(credentials, engine);
    const budget = keyOfPerson(person, credentials, client);
    refuseExhausted(guard.user.charge(budget, now), budget, now, guard);
    key = budget;
    caller = await checkPerson(person, credentials.password, engine);
  } catch (error) {
    // Who was kept out by his own budget keeps costing that of his address; faults of ours cost nothing.
    if (!(error instanceof ApiError && error.kind === "wrong_credentials")) refundSource();
    if (key !== null) guard.user.refund(key, now);
    throw error;
  }
  if (!caller) {
    await answerNoSoonerThanAHash({ startedTick }, engine);
    throw new ApiError("wrong_credentials", {}, { detail: {} });
  }
  refundSource();
  if (key !== null) guard.user.refund(key, now);
  return caller;
}

/** The usual refusal, and when to come again. One audit row a minute tells of it. */
function refuseExhausted(wait: number, key: string, now: number, guard: Guard): void {
  if (wait > 0) throw new ApiError("wrong_credentials", {}, { retryAfter: wait, quiet: !guard.isNews(key, now) });
}

/**
 * Users share the budget of their tokens (decisions: guessing). Names nobody has are guessed no more often than others. That of an
 * administrator counts for each address apart: nobody far away can keep him out.
 */
function keyOfPerson(person: Person, { username, realm }: Credentials, client: string): string {
  if (person.kind === "user") return keyOfUser(person.user);
  return person.kind === "admin"
    ? `\0admin\0${person.username}\0${client}`
    : `\0nobody\0${realm ?? ""}\0${username}`.toLowerCase();
}

/** A local administrator if no realm is named and there is one of this name, else a user (F10). */
async function findPerson({ username, realm }: Credentials, { admins, directory }: Engine): Promise<Person> {
  const admin = realm === undefined ? await admins.find(username) : null;
  if (admin) return { kind: "admin", username: admin.username };
  const user = await directory.findUser(username, realm);
  return user ? { kind: "user", user } : { kind: "nobody" };
}

/** Exactly one password is checked, whoever was meant: the clock does not tell a known name from an unknown one. */
async function checkPerson(person: Person, password: string, { admins, directory }: Engine): Promise<Caller | null> {
  if (person.kind === "admin") {
    const admin = await admins.checkPassword(person.username, password);
    return admin && { role: "admin", username: admin.username, realm: "", generation: admin.generation };
  }
  if (person.kind === "nobody") {
    await admins.checkNothing(password);
    return null;
  }
  const { user } = person;
  if (password === "" || !(await directory.checkPassword(user, password))) return null;
  return { role: "user", username: user.login, realm: user.realm, user };
}
