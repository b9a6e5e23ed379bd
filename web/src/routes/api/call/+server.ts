// The one way from a page to the engine: POST { name, params }, answered with { value, detail } or { error }.
import { RefusedError } from "@ostiary/shared/client.ts";
import { json } from "@sveltejs/kit";
import { isOwnCall } from "#lib/server/call-guard.ts";
import { isCallable } from "#lib/server/callable.ts";
import { EngineAwayError, isSessionOver } from "#lib/server/engine.ts";
import { endSession } from "#lib/server/session-cookie.ts";
import { awayText } from "#lib/text/away.ts";
import type { RequestHandler } from "./$types";

const refuse = (status: number, code: number, message: string) => json({ error: { status, code, message } }, { status });

export const POST: RequestHandler = async ({ request, url, locals, cookies }) => {
  if (!isOwnCall(request, url)) return refuse(403, 303, "This call does not come from a page of this site.");
  const over = () => {
    endSession(locals.session, cookies, locals.site, Date.now());
    return refuse(401, 4305, "");
  };
  if (!locals.session) return over();
  const body: unknown = await request.json().catch(() => null);
  const { name, params } = (typeof body === "object" && body !== null ? body : {}) as { name?: unknown; params?: unknown };
  if (!isCallable(name) || typeof params !== "object" || params === null || Array.isArray(params))
    return refuse(400, 905, "There is no such call.");
  try {
    const { value, detail } = await locals.engine(name, params as never);
    return json({ value, ...(detail ? { detail } : {}) });
  } catch (error) {
    if (isSessionOver(error)) return over();
    if (error instanceof RefusedError) return refuse(error.status, error.code, error.message);
    if (error instanceof EngineAwayError) return refuse(503, 0, awayText[locals.lang]);
    throw error;
  }
};
