import { readPeople } from "../../../read-people.ts";
import type { PageServerLoad } from "./$types";

/** A link may say of which source: /realms/-/new?source=people */
export const load: PageServerLoad = async ({ locals, url }) => {
  const { realms, resolvers } = await readPeople({ session: locals.session, ask: locals.call });
  return {
    taken: realms.map(({ name }) => name),
    sources: (resolvers ?? []).map(({ name, type }) => ({ name, type })),
    preset: url.searchParams.get("source")?.slice(0, 255) ?? "",
  };
};
