// A user source as the engine keeps it, and the realms it is part of.
import type { Catalogue } from "@ostiary/shared/catalogue.ts";
import type { ValueOf } from "@ostiary/shared/endpoint.ts";
import { germanResolverTypes } from "@ostiary/shared/messages/de-resolver-types.ts";
import { type ResolverField, resolverSpecs } from "@ostiary/shared/resolver-types.ts";
import type { Language } from "../../text/languages.ts";

export interface Resolver {
  name: string;
  type: string;
  /** Values as stored; secrets are censored. */
  data: Readonly<Record<string, string>>;
  realms: readonly string[];
}

/** @param realms those that use them are named */
export function toResolvers(
  wire: ValueOf<Catalogue["resolverList"]>,
  realms: readonly { name: string; sources: readonly { name: string }[] }[],
): readonly Resolver[] {
  return Object.values(wire).map(({ resolvername, type, data }) => ({
    name: resolvername,
    type,
    data,
    realms: realms.filter(({ sources }) => sources.some(({ name }) => name === resolvername)).map(({ name }) => name),
  }));
}

export const resolverPath = (name: string): string => `/resolvers/${encodeURIComponent(name)}`;

type Kind = keyof typeof resolverSpecs;
const isKind = (type: string): type is Kind => Object.hasOwn(resolverSpecs, type);

export const resolverTypes = Object.keys(resolverSpecs);

/** The words of a type; one of a newer engine keeps its name. */
export function resolverTypeWords(type: string, lang: Language): { title: string; description: string } {
  if (!isKind(type)) return { title: type, description: "" };
  return lang === "de" ? germanResolverTypes[type] : resolverSpecs[type];
}

/** The fields of its form, in the language of the person. */
export function resolverFields(type: string, lang: Language): readonly ResolverField[] {
  if (!isKind(type)) return [];
  const german: Readonly<Record<string, { label: string; help: string }>> = germanResolverTypes[type].fields;
  return resolverSpecs[type].fields.map((field) => (lang === "de" ? { ...field, ...german[field.name] } : field));
}

/** The first value that tells where people are read from. */
export function placeOf({ type, data }: Resolver): string {
  const { name } = resolverFields(type, "en").find(({ kind }) => kind === "text") ?? {};
  return name === undefined ? "" : (data[name] ?? "");
}

export function textOfResolver(resolver: Resolver, column: string): string {
  if (column === "realms") return resolver.realms.join(", ");
  return column === "type" ? resolver.type : column === "place" ? placeOf(resolver) : resolver.name;
}
