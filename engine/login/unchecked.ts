// Refusals that check nothing and consume nothing.
import { describeLogin } from "./audit-row.ts";
import type { LoginAnswer, LoginEngine, LoginRequest, Subject } from "./types.ts";

/** The budget is used up: value false and how long to wait. One audit row a minute tells of it. */
export async function tellExhausted(
  waitSeconds: number,
  key: string,
  subject: Subject | null,
  request: LoginRequest,
  engine: LoginEngine,
): Promise<LoginAnswer> {
  const message = `Too many failed attempts. Try again in ${waitSeconds} seconds.`;
  if (engine.guard.isNews(key, engine.now())) await tellInTrail(message, subject, request, engine);
  return { accepted: false, detail: { message } };
}

/** Every try lost against somebody else's progress on the same tokens. */
export async function tellOutrun(subject: Subject, request: LoginRequest, engine: LoginEngine): Promise<LoginAnswer> {
  const message = "wrong otp value";
  await tellInTrail(message, subject, request, engine);
  return { accepted: false, detail: { message } };
}

async function tellInTrail(info: string, subject: Subject | null, request: LoginRequest, { store }: LoginEngine): Promise<void> {
  await store.commit({ kind: "login", effects: [], audit: describeLogin(request, subject, { success: false, info }) });
}
