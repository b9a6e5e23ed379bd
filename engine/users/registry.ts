// The types of user source there are. A new one is a file of its own and a line here.
import { passwdResolver } from "./passwd.ts";
import type { ResolverType } from "./resolver.ts";

export const resolverTypes: readonly ResolverType[] = [passwdResolver];

/** The descriptor of a type by the name the REST API uses (`passwdresolver`), or undefined. */
export function findResolverType(type: string): ResolverType | undefined {
  return resolverTypes.find((candidate) => candidate.type === type);
}
