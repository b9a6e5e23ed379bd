// A token whose first code nobody typed is of no use and confuses: who leaves half-way takes it along.

import { call } from "#lib/api/call.ts";
import type { Text } from "#lib/text/text.ts";
import { beforeNavigate } from "$app/navigation";
import type { Enrolment } from "./enrolment.svelte.ts";

/** To be called while the component is made. Closing the window asks by the browser's own words, and leaves the token. */
export function guardLeaving(enrolment: Enrolment, { t }: Text): void {
  beforeNavigate(({ cancel, willUnload }) => {
    if (enrolment.step !== "device" && enrolment.step !== "proof") return;
    if (willUnload || !confirm(t("my.leave"))) return cancel();
    const serial = enrolment.enrolled?.serial;
    if (serial) void call("tokenDelete", { serial }).catch(() => {});
  });
}
