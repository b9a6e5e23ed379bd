// Log-in to the API itself (rest-api.md 2.1): local administrators by their password, users by that of their source or by what the
// web server says of them. Users of a superuser realm are administrators (A02).
import { ApiError } from "@ostiary/shared/errors.ts";
import { subscriberOf } from "../core/cidr.ts";
import { type Guard, keyOfUser } from "../login/guard.ts";
import { answerNoSoonerThanAHash } from "../login/reject-floor.ts";
import type { User } from "../users/directory.ts";
import type { Caller } from "./caller.ts";
import type { Engine } from "./engine.ts";

export interface Credentials {
  username: string;
  password: string;
  realm?: string;
  /** The name a trusted proxy vouches for (remote-user.ts). */
  remoteUser?: string | null;
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
  // Nothing is guessed here, so no budget is asked: who guesses at a user must not keep him out of his single sign-on.
  const known = await findRemoteUser(credentials, engine);
  if (known) return known;
  const asked = engine.tick();
  const source = guard.isTrusted(client) ? null : client || "unknown";
  const refundSource = () => {
    if (source !== null) guard.auth.refund(source, asked);
  };
  if (source !== null) refuseExhausted(guard.auth.charge(source, asked), `auth\0${source}`, asked, guard);
  let key: string | null = null;
  let caller: Caller | null;
  try {
    const person = await findPerson(credentials, engine);
    const budget = keyOfPerson(person, credentials, client);
    refuseExhausted(guard.user.charge(budget, asked), budget, asked, guard);
    key = budget;
    caller = await checkPerson(person, credentials.password, engine);
  } catch (error) {
    // Who was kept out by his own budget keeps costing that of his address; faults of ours cost nothing.
    if (!(error instanceof ApiError && error.kind === "wrong_credentials")) refundSource();
    if (key !== null) guard.user.refund(key, asked);
    throw error;
  }
  if (!caller) {
    await answerNoSoonerThanAHash({ startedTick }, engine);
    throw new ApiError("wrong_credentials", {}, { detail: {} });
  }
  refundSource();
  if (key !== null) guard.user.refund(key, asked);
  return caller;
}

/**
 * The user, if the web server logged in the very person that is asked for; both names are read by the same rules (F10), so that
 * `user@realm` and `realm\user` fit too. A local administrator always needs his password. The policy remote_user will be asked here.
 */
async function findRemoteUser(credentials: Credentials, engine: Engine): Promise<Caller | null> {
  const { remoteUser } = credentials;
  if (!remoteUser) return null;
  const person = await findPerson(credentials, engine);
  if (person.kind !== "user") return null;
  const { user } = person;
  const vouchedFor = await engine.directory.findUser(remoteUser);
  if (keyOfUser(user) !== (vouchedFor && keyOfUser(vouchedFor)) || user.realm !== vouchedFor?.realm) return null;
  return toCaller(user, "remote_user ", await engine.directory.passwordMark(user), engine);
}

/** The usual refusal, and when to come again. One audit row a minute tells of it. */
function refuseExhausted(wait: number, key: string, tick: number, guard: Guard): void {
  if (wait > 0) throw new ApiError("wrong_credentials", {}, { retryAfter: wait, quiet: !guard.isNews(key, tick) });
}

/**
 * Users share the budget of their tokens (decisions: guessing). Names nobody has are guessed no more often than others. That of an
 * administrator counts for each address apart: nobody far away can keep him out.
 */
function keyOfPerson(person: Person, { username, realm }: Credentials, client: string): string {
  if (person.kind === "user") return keyOfUser(person.user);
  return person.kind === "admin"
    ? `\0admin\0${person.username}\0${subscriberOf(client)}`
    : `\0nobody\0${realm ?? ""}\0${username}`.toLowerCase();
}

/** A local administrator if no realm is named and there is one of this name, else a user (F10, Z14). */
async function findPerson({ username, realm }: Credentials, { admins, directory }: Engine): Promise<Person> {
  const admin = realm === undefined ? await admins.find(username) : null;
  if (admin) return { kind: "admin", username: admin.username };
  const user = await directory.findUser(username, realm);
  return user ? { kind: "user", user } : { kind: "nobody" };
}

/** Exactly one password is checked, whoever was meant: the clock does not tell a known name from an unknown one. */
async function checkPerson(person: Person, password: string, engine: Engine): Promise<Caller | null> {
  const { admins, directory } = engine;
  if (person.kind === "admin") {
    const admin = await admins.checkPassword(person.username, password);
    if (!admin) return null;
    const { username, generation } = admin;
    return { role: "admin", origin: "local", username, realm: "", authtype: "password", generation };
  }
  if (person.kind === "nobody") {
    await admins.checkNothing(password);
    return null;
  }
  const { user } = person;
  // Before the check: a password that changes meanwhile gives a session that is over, not one that outlives it.
  const mark = await directory.passwordMark(user);
  if (password === "" || !(await directory.checkPassword(user, password))) return null;
  return toCaller(user, "password", mark, engine);
}

function toCaller(user: User, authtype: "password" | "remote_user ", mark: string | null, engine: Engine): Caller {
  const person = { username: user.login, realm: user.realm, authtype, user, mark };
  return engine.isSuperuserRealm(user.realm) ? { role: "admin", origin: "realm", ...person } : { role: "user", ...person };
}
