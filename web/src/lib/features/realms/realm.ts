// A realm: the people of one or several user sources, searched one after the other.
import type { Catalogue } from "@ostiary/shared/catalogue.ts";
import type { ValueOf } from "@ostiary/shared/endpoint.ts";

type Wire = ValueOf<Catalogue["realmList"]>;

export interface Realm {
  name: string;
  isDefault: boolean;
  /** Its people are administrators of this server. */
  isOfAdmins: boolean;
  /** In the order they are searched (F05). */
  sources: readonly { name: string; type: string; priority: number | null }[];
}

/** @param admins names of GET /realm/superuser */
export function toRealms(wire: Wire, admins: readonly string[]): readonly Realm[] {
  const ofAdmins = new Set(admins.map((name) => name.toLowerCase()));
  return Object.entries(wire).map(([name, { default: isDefault, resolver }]) => ({
    name,
    isDefault,
    isOfAdmins: ofAdmins.has(name.toLowerCase()),
    sources: resolver,
  }));
}

export const sourcesOf = ({ sources }: Realm): string =>
  sources.map(({ name, priority }) => (priority === null ? name : `${name} (${priority})`)).join(", ");

export const realmPath = (name: string): string => `/realms/${encodeURIComponent(name)}`;

export function textOfRealm(realm: Realm, column: string): string {
  if (column === "sources") return sourcesOf(realm);
  // The default one first, where the order is by it.
  return column === "default" ? (realm.isDefault ? "0" : "1") : realm.name;
}

/** As the engine stores it (F04). */
export const toRealmName = (typed: string): string => typed.trim().toLowerCase().replaceAll(" ", "-");
