// Between the moments of the engine (`2026-01-31T10:00+0100`) and those of a field (`2026-01-31T10:00`, in the zone of the browser).
import { readMoment } from "./token.ts";

const two = (number: number) => String(number).padStart(2, "0");

export function toFieldMoment(wire: string | undefined): string {
  const at = new Date(wire ? readMoment(wire) : Number.NaN);
  if (Number.isNaN(at.getTime())) return "";
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** "" stays "": no limit. In UTC, so that no change of the clock moves it. */
export function toWireMoment(field: string | undefined): string {
  const at = new Date(field || Number.NaN);
  return Number.isNaN(at.getTime()) ? "" : `${at.toISOString().slice(0, 16)}+0000`;
}
