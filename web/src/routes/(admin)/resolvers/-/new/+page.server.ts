import { readPeople } from "../../../read-people.ts";
import type { PageServerLoad } from "./$types";

export const load: PageServerLoad = async ({ locals }) => {
  const { resolvers } = await readPeople({ session: locals.session, ask: locals.call });
  return { taken: (resolvers ?? []).map(({ name }) => name) };
};
