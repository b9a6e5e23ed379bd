// A page tells that somebody is there; hooks.server.ts has sealed the session again by then.
import { json } from "@sveltejs/kit";
import type { RequestHandler } from "./$types";

export const GET: RequestHandler = ({ locals: { session } }) =>
  json({ role: session?.role ?? null }, { status: session ? 200 : 401 });
