// POST and GET /validate/check.
import { ApiError } from "@ostiary/shared/errors.ts";
import { inEnglish, phrase } from "@ostiary/shared/messages/phrases.ts";
import { login } from "../../login/login.ts";
import type { LoginAnswer } from "../../login/types.ts";
import { writeAudit } from "../audit-call.ts";
import type { Call, Handlers } from "../call.ts";

export const validateRoutes: Handlers<"validateCheck"> = {
  async validateCheck(call) {
    const { user, realm, resolver, serial, pass, otponly } = call.params;
    // What a refusal by error leaves in the audit trail.
    call.audit = { user: user ?? null, realm: realm ?? null, resolver: resolver ?? null, serial: serial ?? null };
    const { client, action, startedAt, startedTick } = call;
    const otpOnly = otponly === true && serial !== undefined;
    let answer: LoginAnswer;
    try {
      answer = await login({ user, realm, resolver, serial, pass, otpOnly, client, action, startedAt, startedTick }, call.engine);
    } catch (error) {
      answer = await hideReason(error, call);
    }
    // The login wrote its row in the same transaction as its counters.
    call.audited = true;
    const { accepted, detail, phrase } = answer.accepted || tells(call) ? answer : REFUSED;
    // An `otponly` log-in that was right has no message at all.
    return { value: accepted, detail, message: detail.message === undefined ? undefined : phrase };
  },
};

const tells = ({ engine }: Pick<Call, "engine">): boolean => engine.settings["validate.tell_refusals"];

/** What every refusal looks like where reasons are not told. */
const REFUSED: LoginAnswer = {
  accepted: false,
  phrase: phrase("wrong_value"),
  detail: { message: inEnglish(phrase("wrong_value")) },
};

/** A fault of the client's own making is a refusal like any other, with its row in the trail; what is our fault stays an error. */
async function hideReason(error: unknown, call: Call): Promise<LoginAnswer> {
  if (!(error instanceof ApiError) || error.spec.status >= 500 || tells(call)) throw error;
  await writeAudit(call, false, error);
  return REFUSED;
}
