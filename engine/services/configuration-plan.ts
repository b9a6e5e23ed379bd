// What an import would change: the document against what is stored. Pure, so that a dry run and an import can not differ.
import { ApiError } from "@ostiary/shared/errors.ts";
import { findSystemKey } from "@ostiary/shared/system-config.ts";
import { findResolverType } from "../users/registry.ts";
import type { ConfigurationExport, ExportedRealm, ExportedResolver, ExportedSetting } from "./configuration-export.ts";
import { quote } from "./configuration-file.ts";
import { isRealmName } from "./realms.ts";
import { CENSORED, isResolverName } from "./resolvers.ts";
import { checkSetting } from "./system-settings.ts";

export interface PlannedChange {
  do: "create" | "change" | "delete";
  what: "resolver" | "realm" | "default realm" | "setting" | "token group";
  name: string;
  /** What exactly, without secrets. */
  detail: string;
}

/** A secret that the document only has the censored text for, and that is not stored here. */
export interface MissingSecret {
  what: "resolver" | "setting";
  name: string;
  /** Of a resolver. */
  field: string | null;
}

export interface ImportPlan {
  changes: PlannedChange[];
  missing: MissingSecret[];
  /** Why it can not be imported. */
  faults: string[];
}

/** @param prune what is stored and not in the document goes */
export function planImport(current: ConfigurationExport, wanted: ConfigurationExport, prune: boolean): ImportPlan {
  const plan: ImportPlan = { changes: [], missing: [], faults: [] };
  compare(plan, "resolver", current.resolvers, wanted.resolvers, prune, planResolver);
  compare(plan, "realm", current.realms, wanted.realms, prune, planRealm);
  planDefault(plan, current, wanted, prune);
  compare(plan, "setting", current.system, wanted.system, prune, planSetting);
  compare(plan, "token group", current.token_groups, wanted.token_groups, prune, (_plan, _name, now, then) =>
    now?.description === then.description ? null : "description",
  );
  checkMembers(plan, current, wanted, prune);
  return plan;
}

/** Says what is different, null if nothing is; faults and missing secrets go into the plan. */
type Compare<T> = (plan: ImportPlan, name: string, now: T | undefined, then: T) => string | null;

function compare<T>(
  plan: ImportPlan,
  what: PlannedChange["what"],
  current: Record<string, T>,
  wanted: Record<string, T>,
  prune: boolean,
  describe: Compare<T>,
): void {
  const own = (table: Record<string, T>, name: string) => (Object.hasOwn(table, name) ? table[name] : undefined);
  for (const [name, then] of Object.entries(wanted)) {
    const now = own(current, name);
    const detail = describe(plan, name, now, then);
    if (detail !== null || now === undefined)
      plan.changes.push({ do: now === undefined ? "create" : "change", what, name, detail: detail ?? "" });
  }
  if (!prune) return;
  for (const name of Object.keys(current))
    if (own(wanted, name) === undefined) plan.changes.push({ do: "delete", what, name, detail: "" });
}

function planResolver(plan: ImportPlan, name: string, now: ExportedResolver | undefined, then: ExportedResolver): string | null {
  const at = `resolver ${quote(name)}`;
  const type = findResolverType(then.type);
  if (!isResolverName(name)) plan.faults.push(`${at}: a name is made of letters, digits, '_', '-' and '.'`);
  if (!type) {
    plan.faults.push(`${at}: this release has no user source of type ${quote(then.type)}`);
    return null;
  }
  if (now && now.type !== then.type) {
    plan.faults.push(
      `${at} is of type ${now.type} here and ${then.type} in the document; delete it first: a type can not change`,
    );
    return null;
  }
  for (const { name: field, required } of type.fields)
    if (required && !Object.hasOwn(then.data, field)) plan.faults.push(`${at}: ${field} is missing`);
  const changed: string[] = [];
  for (const [field, value] of Object.entries(then.data)) {
    const kind = type.fields.find((one) => one.name === field)?.kind;
    const stored = now && Object.hasOwn(now.data, field) ? now.data[field] : undefined;
    if (kind === undefined) plan.faults.push(`${at}: ${then.type} has no field ${quote(field)}`);
    else if (kind === "secret" && value === CENSORED) {
      if (stored === undefined) plan.missing.push({ what: "resolver", name, field });
    } else if (kind === "secret" || stored !== value) changed.push(field);
  }
  for (const field of Object.keys(now?.data ?? {})) if (!Object.hasOwn(then.data, field)) changed.push(`${field} (removed)`);
  return changed.length === 0 && now ? null : [then.type, ...changed].join(", ");
}

function planRealm(plan: ImportPlan, name: string, now: ExportedRealm | undefined, then: ExportedRealm): string | null {
  if (!isRealmName(name)) plan.faults.push(`realm ${quote(name)}: a name is made of small letters, digits, '_', '-' and '.'`);
  const described = describeMembers(then);
  return now && describeMembers(now) === described ? null : described;
}

function describeMembers({ resolvers }: ExportedRealm): string {
  const members = resolvers.map(({ name, priority }) => (priority === null ? name : `${name}:${priority}`));
  return members.sort().join(", ") || "no user source";
}

function planDefault(plan: ImportPlan, current: ConfigurationExport, wanted: ConfigurationExport, prune: boolean): void {
  const name = wanted.default_realm;
  const known = name === null || Object.hasOwn(wanted.realms, name) || (!prune && Object.hasOwn(current.realms, name));
  if (!known) plan.faults.push(`default_realm: there is no realm ${quote(name)}`);
  if (name === current.default_realm) return;
  plan.changes.push({
    do: "change",
    what: "default realm",
    name: name ?? "none",
    detail: current.default_realm === null ? "" : `before ${current.default_realm}`,
  });
}

function planSetting(plan: ImportPlan, name: string, now: ExportedSetting | undefined, then: ExportedSetting): string | null {
  const at = `setting ${quote(name)}`;
  const known = findSystemKey(name);
  if (known !== null && known !== name) plan.faults.push(`${at} is spelt ${known} here`);
  if (!["", "public", "password"].includes(then.type)) plan.faults.push(`${at}: a type is password, public or empty`);
  if (name === "" || name === "session") plan.faults.push(`${at}: no setting can have this name`);
  try {
    checkSetting({ key: name, ...then });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    plan.faults.push(`${at}: ${error.message.replace(/^ERR\d+: /, "")}`);
  }
  const secret = then.type === "password";
  if (then.value === CENSORED && !secret)
    plan.faults.push(`${at}: ${CENSORED} stands for a secret, and its type is not password`);
  if (secret && then.value === CENSORED && now?.type !== "password") plan.missing.push({ what: "setting", name, field: null });
  const keeps = secret && then.value === CENSORED && now?.type === "password";
  const changed = [
    ...(keeps || (!secret && now?.value === then.value) ? [] : ["value"]),
    ...(now && now.type !== then.type ? ["type"] : []),
    ...(now && now.description !== then.description ? ["description"] : []),
  ];
  return changed.length === 0 ? null : changed.join(", ");
}

/** Every realm's sources must be there afterwards. */
function checkMembers(plan: ImportPlan, current: ConfigurationExport, wanted: ConfigurationExport, prune: boolean): void {
  const there = new Set([...Object.keys(wanted.resolvers), ...(prune ? [] : Object.keys(current.resolvers))]);
  for (const [realm, { resolvers }] of Object.entries(wanted.realms)) {
    for (const { name } of resolvers)
      if (!there.has(name)) plan.faults.push(`realm ${quote(realm)}: there is no user source ${quote(name)}`);
  }
}
