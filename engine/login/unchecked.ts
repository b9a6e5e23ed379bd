// Refusals that check nothing and consume nothing.
import { inEnglish, type Phrase, phrase } from "@ostiary/shared/messages/phrases.ts";
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
  const answer = refuse(phrase("exhausted", { seconds: waitSeconds }));
  if (engine.guard.isNews(key, engine.tick())) await tellInTrail(answer.detail.message, subject, request, engine);
  return answer;
}

/** Every try lost against somebody else's progress on the same tokens. */
export async function tellOutrun(subject: Subject, request: LoginRequest, engine: LoginEngine): Promise<LoginAnswer> {
  const answer = refuse(phrase("wrong_value"));
  await tellInTrail(answer.detail.message, subject, request, engine);
  return answer;
}

function refuse(why: Phrase): LoginAnswer & { detail: { message: string } } {
  return { accepted: false, phrase: why, detail: { message: inEnglish(why) } };
}

async function tellInTrail(info: string, subject: Subject | null, request: LoginRequest, { store }: LoginEngine): Promise<void> {
  await store.commit({ kind: "login", effects: [], audit: describeLogin(request, subject, { success: false, info }) });
}
