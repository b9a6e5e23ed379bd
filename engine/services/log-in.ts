// Log-in to the API itself: local administrators by their password, users by that of their source (rest-api.md 2.1).
import { ApiError } from "@ostiary/shared/errors.ts";
import { answerNoSoonerThanAHash } from "../login/reject-floor.ts";
import type { Engine } from "./engine.ts";
import type { Caller } from "./sessions.ts";

interface Credentials {
  username: string;
  password: string;
  realm?: string;
}

/**
 * Errors: 4031 with the same text for an unknown name, a wrong password and an exhausted budget; 4031 for an unknown realm.
 * A refusal takes as long as a password hash, whoever was meant.
 */
export async function logIn(credentials: Credentials, client: string, startedTick: number, engine: Engine): Promise<Caller> {
  const { guard, directory } = engine;
  const { realm, username } = credentials;
  if (realm !== undefined && !directory.realm(realm)) throw new ApiError("unknown_auth_realm", { realm: realm.slice(0, 255) });
  const now = engine.now();
  const source = client || "unknown";
  const person = `auth\0${realm ?? ""}\0${username}`;
  const trusted = guard.isTrusted(client);
  const wait = (trusted ? 0 : guard.auth.charge(source, now)) || guard.user.charge(person, now);
  if (wait > 0) throw new ApiError("wrong_credentials", {}, { retryAfter: wait });
  const refund = () => {
    if (!trusted) guard.auth.refund(source, now);
    guard.user.refund(person, now);
  };
  let caller: Caller | null;
  try {
    caller = await findCaller(credentials, engine);
  } catch (error) {
    refund();
    throw error;
  }
  if (!caller) {
    await answerNoSoonerThanAHash({ startedTick }, engine);
    throw new ApiError("wrong_credentials", {}, { detail: {} });
  }
  refund();
  return caller;
}

/**
 * A local administrator if no realm is named and there is one of this name, else a user (F10). Exactly one password is
 * checked, whoever was meant: the clock does not tell a known name from an unknown one.
 */
async function findCaller({ username, password, realm }: Credentials, { admins, directory }: Engine): Promise<Caller | null> {
  const admin = realm === undefined ? await admins.find(username) : null;
  if (admin)
    return (await admins.checkPassword(username, password)) ? { role: "admin", username: admin.username, realm: "" } : null;
  const user = await directory.findUser(username, realm);
  if (!user) {
    await admins.checkNothing(password);
    return null;
  }
  if (password === "" || !(await directory.checkPassword(user, password))) return null;
  return { role: "user", username: user.login, realm: user.realm, user };
}
