// What a fault of a call says to a person.
import type { Text } from "../text/text.ts";
import { CallError } from "./call.ts";

/** The engine's own words, without the number that stands before some of them. */
export function faultText(fault: unknown, { t }: Text): string {
  if (fault instanceof CallError) return fault.message === "" ? t("error.offline") : fault.message.replace(/^ERR-?\d+: /, "");
  return t("error.title");
}
