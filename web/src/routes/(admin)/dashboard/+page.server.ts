// The start page of administrators (D04): each part only for who may read it, and no part waits for another to fail.
import { readReadiness } from "#lib/server/readiness.ts";
import type { PageServerLoad } from "./$types";

const RANGES = [24, 72, 168];

export const load: PageServerLoad = async ({ locals, url, getClientAddress }) => {
  const { session, site, lang } = locals;
  const has = (right: string) => session?.rights.includes(right) ?? false;
  const wanted = Number(url.searchParams.get("hours"));
  const hours = RANGES.find((one) => one === wanted) ?? 24;
  const failed = () => "failed" as const;
  const part = <Value>(right: string, ask: () => Promise<{ value: Value }>) =>
    has(right) ? ask().then(({ value }) => value, failed) : Promise.resolve(null);
  // The first call tells whether the session still holds; then the page is the one to log in.
  const realms = await locals.call("realmList", {});
  const [logins, tokens, newest, readiness] = await Promise.all([
    part("auditlog", () => locals.engine("overviewLogins", { hours })),
    part("tokenlist", () => locals.engine("overviewTokens", {})),
    part("auditlog", () => locals.engine("auditList", { page_size: 50 })),
    readReadiness({ engine: site.engine, client: getClientAddress(), lang }),
  ]);
  const hasRealm = Object.keys(realms.value).length > 0;
  const mayLook = !hasRealm && has("resolverread");
  const hasSource = mayLook && Object.keys((await locals.call("resolverList", {})).value).length > 0;
  return { hours, ranges: RANGES, logins, tokens, newest, readiness, hasRealm, hasSource, maySetUp: has("resolverwrite") };
};
