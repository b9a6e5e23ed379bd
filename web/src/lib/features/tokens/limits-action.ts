// How often, how far and how long a token is good.
import type { ItemAction } from "../../actions/action.ts";
import { call } from "../../api/call.ts";
import type { FormField } from "../../ui/form/fields.ts";
import { toFieldMoment, toWireMoment } from "./moments.ts";
import { hasCodes, isOpen, type Token } from "./token.ts";

const limit = (
  name: string,
  label: FormField["label"],
  initial: string | number | undefined,
  min: number,
  max: number,
): FormField => ({
  name,
  label,
  kind: "number",
  required: min > 0,
  min,
  max,
  initial: String(initial ?? ""),
});

export const limitsAction: ItemAction<Token> = {
  id: "limits",
  label: "tokens.do.limits",
  submit: "do.save",
  icon: "gauge",
  right: "set",
  fits: isOpen,
  fields: (token) => [
    limit("max_failcount", "tokens.maxfail", token.maxfail, 1, 100_000),
    ...(token.tokentype === "hotp" ? [limit("count_window", "tokens.countWindow", token.count_window, 1, 1000)] : []),
    ...(hasCodes(token) ? [limit("sync_window", "tokens.syncWindow", token.sync_window, 1, 40_000)] : []),
    limit("count_auth_max", "tokens.countAuthMax", token.info.count_auth_max, 0, 1_000_000_000),
    limit("count_auth_success_max", "tokens.countSuccessMax", token.info.count_auth_success_max, 0, 1_000_000_000),
    {
      name: "validity_period_start",
      label: "tokens.validFrom",
      kind: "moment",
      initial: toFieldMoment(token.info.validity_period_start),
    },
    {
      name: "validity_period_end",
      label: "tokens.validUntil",
      kind: "moment",
      initial: toFieldMoment(token.info.validity_period_end),
    },
  ],
  async perform(token, { validity_period_start: from, validity_period_end: until, ...numbers }) {
    // Only what changed: an empty text takes a limit away, and one that was never there stays so.
    const before = {
      ...token.info,
      max_failcount: String(token.maxfail),
      count_window: String(token.count_window),
      sync_window: String(token.sync_window),
    };
    const changed = Object.entries({
      ...numbers,
      validity_period_start: toWireMoment(from),
      validity_period_end: toWireMoment(until),
    }).filter(([name, value]) => value !== ((before as Record<string, string>)[name] ?? ""));
    if (changed.length > 0) await call("tokenSet", { serial: token.serial, ...Object.fromEntries(changed) });
  },
  done: "tokens.do.saved",
};
