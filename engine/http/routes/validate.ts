// POST and GET /validate/check.
import { login } from "../../login/login.ts";
import type { Handlers } from "../call.ts";

export const validateRoutes: Handlers<"validateCheck"> = {
  async validateCheck(call) {
    const { user, realm, resolver, serial, pass, otponly } = call.params;
    // What a refusal by error leaves in the audit trail.
    call.audit = { user: user ?? null, realm: realm ?? null, resolver: resolver ?? null, serial: serial ?? null };
    const answer = await login(
      {
        user,
        realm,
        resolver,
        serial,
        pass,
        otpOnly: otponly === true && serial !== undefined,
        client: call.client,
        action: call.action,
        startedAt: call.startedAt,
        startedTick: call.startedTick,
      },
      call.engine,
    );
    // The login wrote its row in the same transaction as its counters.
    call.audited = true;
    const { accepted, detail, phrase } = answer;
    // An `otponly` log-in that was right has no message at all.
    return { value: accepted, detail, ...(detail.message === undefined ? {} : { message: phrase }) };
  },
};
