// What a guesser gets when the budget is used up: value false and how long to wait. Nothing is checked, nothing is consumed,
// and one audit row a minute tells of it.
import type { LoginAnswer, LoginEngine, LoginRequest, Subject } from "./types.ts";

export async function tellExhausted(
  waitSeconds: number,
  key: string,
  subject: Subject | null,
  request: LoginRequest,
  engine: LoginEngine,
): Promise<LoginAnswer> {
  const message = `Too many failed attempts. Try again in ${waitSeconds} seconds.`;
  const now = engine.now();
  if (engine.guard.isNews(key, now)) {
    const user = subject?.kind === "user" ? subject.user : subject?.owner;
    await engine.store.commit({
      kind: "login",
      effects: [],
      audit: {
        startedAt: request.startedAt,
        duration: 0,
        action: request.action,
        success: false,
        serial: subject?.kind === "token" ? subject.serial : null,
        tokenType: null,
        user: user?.login ?? null,
        realm: user?.realm ?? null,
        resolver: user?.resolver ?? null,
        administrator: null,
        actionDetail: null,
        info: message,
        client: request.client,
        policies: null,
      },
    });
  }
  return { accepted: false, detail: { message } };
}
