// Every error an endpoint can answer: those its entry names, and those that follow from what the entry is.
import type { Endpoint } from "./endpoint.ts";
import type { ErrorName } from "./errors.ts";

/** Each name once. */
export function listErrors(entry: Endpoint): ErrorName[] {
  return [...new Set([...(entry.errors ?? []), ...byAccess(entry), ...byParams(entry), ...byWork(entry)])];
}

function byAccess({ access, right, apiKey }: Endpoint): ErrorName[] {
  if (access === "none") return apiKey ? ["api_key_missing"] : [];
  return [
    "missing_authorization",
    "jwt_unreadable",
    "jwt_expired",
    "may_not_impersonate",
    // A key of role validate is refused by all of them.
    "role_required",
    ...(right ? (["right_missing"] as const) : []),
  ];
}

function byParams({ params }: Endpoint): ErrorName[] {
  const members = Object.values(params.properties);
  return [
    ...(members.some(({ wire }) => wire !== "flag") ? (["bad_parameter"] as const) : []),
    ...(params.required?.length ? (["missing_parameter"] as const) : []),
    ...(members.some(({ empty }) => empty === "refuse") || emptyIsMissing(params) ? (["empty_parameter"] as const) : []),
    // A body is read whatever the method (clients-contract.md W2).
    "body_unreadable",
    "host_twice",
    "body_too_large",
  ];
}

const emptyIsMissing = ({ properties, required = [] }: Endpoint["params"]): boolean =>
  required.some((name) => properties[name]?.empty === "absent");

function byWork({ access, methods, unaudited }: Endpoint): ErrorName[] {
  const changes = access !== "none" && methods.some((method) => method !== "GET");
  return [
    ...(changes ? (["changed_meanwhile"] as const) : []),
    ...(access === "none" ? [] : (["busy", "locked", "module_away"] as const)),
    ...(access === "none" ? [] : (["seal_broken"] as const)),
    ...(unaudited ? [] : (["not_durable"] as const)),
    "unexpected",
  ];
}
