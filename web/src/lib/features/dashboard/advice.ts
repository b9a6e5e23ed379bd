// What to do about a reason or notice of GET /readyz. The engine's own words stand beside it; a text that is not here points to the log.
import type { MessageKey } from "../../text/text.ts";

const advice: readonly [pattern: RegExp, key: MessageKey][] = [
  [/passphrase|locked|key ring|PIN|module/i, "health.do.keys"],
  [/clock/i, "health.do.clock"],
  [/descriptor|open files/i, "health.do.descriptors"],
  [/audit.*(sign|search|index|retention)|retention|signed/i, "health.do.audit"],
  [/damage|corrupt|forgot|restore/i, "health.do.damage"],
  [/disk|full|space|database|store|written|durable/i, "health.do.storage"],
  [/certificate|tls/i, "health.do.certificate"],
];

export const adviceFor = (text: string): MessageKey => advice.find(([pattern]) => pattern.test(text))?.[1] ?? "health.do.log";
