// What a page in the browser may call, by way of the one route /api/call. Everything else of the catalogue is for programs
// (/validate, metrics), or is called by the server itself (log-in). A name that is not here does not exist for a page.
import type { EndpointName } from "@ostiary/shared/catalogue.ts";

export const callable = [
  "authLogoutOther",
  "tokenInit",
  "tokenEnable",
  "tokenDisable",
  "tokenReset",
  "tokenUnassign",
  "tokenRevoke",
  "tokenResync",
  "tokenSetPin",
  "tokenSetRandomPin",
  "tokenDescription",
  "tokenLost",
  "tokenAssign",
  "tokenDelete",
  "tokenList",
  "tokenSet",
  "tokenRealms",
  "tokenGroups",
  "tokenGroupAdd",
  "tokenGroupRemove",
  "tokenInfoSet",
  "tokenInfoDelete",
  "tokenCopyPin",
  "tokenCopyUser",
  "tokenGetSerial",
  "jobList",
  "jobGet",
  "jobStop",
  "groupList",
  "groupSet",
  "groupDelete",
  "userList",
  "resolverList",
  "resolverSet",
  "resolverTest",
  "resolverDelete",
  "realmList",
  "realmSet",
  "realmDelete",
  "defaultRealmSet",
  "defaultRealmDelete",
  "systemGet",
  "systemSetConfig",
  "systemSetDefault",
  "systemDelete",
  "systemTestTokenType",
  "hsmUnlock",
  "auditList",
  "adminSet",
  "adminDelete",
  "apiKeyCreate",
  "apiKeyRevoke",
  "keyRotate",
  // The enrolment and the self-service prove a one-time password with it, for the token of the person who holds it.
  "validateCheck",
] as const satisfies readonly EndpointName[];

export type Callable = (typeof callable)[number];

const names: ReadonlySet<string> = new Set(callable);
export const isCallable = (name: unknown): name is Callable => typeof name === "string" && names.has(name);

/** Answers that are files, for links (/api/file/NAME). */
export const downloadable = ["tokenList", "auditCsv", "systemDocumentation"] as const satisfies readonly EndpointName[];
