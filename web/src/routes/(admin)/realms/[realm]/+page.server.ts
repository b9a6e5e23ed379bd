import { error } from "@sveltejs/kit";
import { readPeople } from "../../read-people.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ locals, params }) => {
  const { realms, resolvers } = await readPeople({ session: locals.session, ask: locals.call });
  const realm = realms.find(({ name }) => name === params.realm.toLowerCase());
  if (!realm) error(404);
  // Who may not read the sources sees those of the realm.
  const sources = (resolvers ?? realm.sources).map(({ name, type }) => ({ name, type }));
  return { realm, trail: realm.name, sources, taken: realms.map(({ name }) => name) };
};
