// Who is led through his first enrolment on a page with nothing else (EW-01).
import type { Session } from "./session.ts";

/** What the wizard enrols. The policy `default_tokentype` will decide it (EW-02); until then it is the app, which needs no device. */
export const WIZARD_TYPE = "totp";

/**
 * Today: everybody who has no token and may enrol the wizard's. When the engine knows the policies of the scope webui, POST /auth answers
 * `token_wizard` and `token_wizard_2nd` by them, and they decide here: the first whether it is shown, the second (EW-03) whether
 * also to somebody who has a token.
 */
export const needsWizard = ({ rights }: Pick<Session, "rights">, tokens: number): boolean =>
  tokens === 0 && rights.includes(`enroll${WIZARD_TYPE.toUpperCase()}`);
