// Who calls, and how he proved it.
import type { User } from "../users/directory.ts";

/** The claim `authtype` (rest-api.md 1.5). `remote_user ` has a blank at its end: part of the contract. */
export type Authtype = "password" | "remote_user " | "API" | "trusted" | "command line";

/** A person of a user source, and what his source showed of his password when he logged in (Directory.passwordMark). */
interface Person {
  user: User;
  mark: string | null;
}

/**
 * `origin` of an administrator: a local one, who is bound to the `generation` of his password; one of a superuser realm; an API key;
 * somebody a trusted JWT names; who has the files of the server anyway.
 */
export type AdminCaller = { role: "admin"; username: string; realm: string; authtype: Authtype } & (
  | { origin: "local"; generation: number }
  | ({ origin: "realm" } & Person)
  | { origin: "key"; keyId: string }
  | { origin: "trusted" }
  | { origin: "command line" }
);

export type UserCaller = { role: "user"; username: string; realm: string; authtype: Authtype } & Person;

export type Caller = AdminCaller | UserCaller;

/** An API key that opens the endpoints of log-ins where they ask for one, and nothing else (rest-api.md 5, item 64). */
export interface ValidateKey {
  role: "validate";
  username: string;
  keyId: string;
}

/** One name for one caller, whatever role: for what each has a share of. */
export function nameCaller(caller: Caller): string {
  return caller.role === "admin" ? `admin ${nameAdmin(caller)}` : `user ${caller.username}@${caller.realm}`;
}

/** As the audit trail names an administrator: those of a realm with it, for a local one may have the same name. */
export function nameAdmin({ username, realm }: AdminCaller): string {
  return realm === "" ? username : `${username}@${realm}`;
}
