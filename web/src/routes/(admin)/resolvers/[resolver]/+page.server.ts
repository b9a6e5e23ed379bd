import { error } from "@sveltejs/kit";
import { readPeople } from "../../read-people.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ locals, params }) => {
  const { realms, resolvers } = await readPeople({ session: locals.session, ask: locals.call });
  const resolver = resolvers?.find(({ name }) => name === params.resolver);
  if (!resolver) error(404);
  return { resolver, trail: resolver.name, taken: (resolvers ?? []).map(({ name }) => name), hasRealms: realms.length > 0 };
};
