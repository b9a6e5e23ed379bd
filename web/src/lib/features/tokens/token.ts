// A token as the engine lists it, and what its state means to a person.
import type { Catalogue } from "@ostiary/shared/catalogue.ts";
import type { ValueOf } from "@ostiary/shared/endpoint.ts";
import type { MessageKey } from "../../text/text.ts";
import type { IconName } from "../../ui/icons.ts";

export type Token = ValueOf<Catalogue["tokenList"]>["tokens"][number];

export interface TokenState {
  id: "active" | "disabled" | "revoked" | "locked" | "failed" | "pending" | "expired" | "early";
  tone: "good" | "neutral" | "warn" | "bad";
  icon: IconName;
  label: MessageKey;
}

const state = (id: TokenState["id"], tone: TokenState["tone"], icon: IconName): TokenState => ({
  id,
  tone,
  icon,
  label: `tokens.state.${id}`,
});

/** Everything that keeps a token from being used; "active" when there is nothing. */
export function tokenStates(token: Token, now = Date.now()): readonly TokenState[] {
  const { validity_period_end: end, validity_period_start: start } = token.info;
  const found = [
    token.revoked && state("revoked", "bad", "ban"),
    token.locked && !token.revoked && state("locked", "bad", "lock"),
    !token.active && !token.revoked && state("disabled", "neutral", "powerOff"),
    token.failcount >= token.maxfail && state("failed", "warn", "lock"),
    end !== undefined && readMoment(end) < now && state("expired", "warn", "clock"),
    start !== undefined && readMoment(start) > now && state("early", "neutral", "clock"),
    token.rollout_state !== "" && token.rollout_state !== "enrolled" && state("pending", "neutral", "clock"),
  ].filter((one) => one !== false);
  return found.length > 0 ? found : [state("active", "good", "good")];
}

/** `2026-01-31T10:00+0100` as milliseconds since 1970: JavaScript wants a colon in the zone. */
export function readMoment(text: string): number {
  return Date.parse(text.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));
}

export const ownerOf = ({ username, user_realm }: Token): string =>
  username === "" ? "" : user_realm === "" ? username : `${username}@${user_realm}`;

/** It shows codes that change. */
export const hasCodes = ({ tokentype }: Pick<Token, "tokentype">): boolean => tokentype === "totp" || tokentype === "hotp";

/** Something can be done with it still. */
export const isOpen = ({ revoked, locked }: Pick<Token, "revoked" | "locked">): boolean => !revoked && !locked;
