// The moments of a token's validity period: `YYYY-MM-DDThh:mm+oooo`, minutes and a numeric offset (K1-10, manual L11826, L17515-17525).
// Older clients write `DD/MM/YY HH:MM` (L18457-18467), which says no offset: it is read as UTC.

const FORMAT = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})([+-])(\d{2})(\d{2})$/;
const OLD_FORMAT = /^(\d{2})\/(\d{2})\/(\d{2}) (\d{2}:\d{2})$/;
const MINUTE = 60_000;
/** 0001-01-01T00:00Z and 9999-12-31T23:59Z. */
const FIRST = -62_135_596_800_000;
const LAST = 253_402_300_740_000;

/** The text is neither of the two forms, or names a day or minute that does not exist. */
export class ValidityFormatError extends SyntaxError {
  override readonly name = "ValidityFormatError";
  constructor() {
    super("a validity period is written as YYYY-MM-DDThh:mm+oooo");
  }
}

/**
 * Reads a moment.
 * @returns milliseconds since 1970-01-01T00:00Z, a whole number of minutes
 * @throws ValidityFormatError
 */
export function parseValidity(text: string): number {
  const parts = FORMAT.exec(text.replace(OLD_FORMAT, "20$3-$2-$1T$4+0000"));
  if (!parts) throw new ValidityFormatError();
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = parts.slice(1, 6).map(Number);
  const offsetHour = Number(parts[7]);
  const offsetMinute = Number(parts[8]);
  // setUTCFullYear, since Date.UTC takes the years 0 to 99 for 1900 to 1999.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const realDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!realDay || year === 0 || hour > 23 || minute > 59 || offsetHour > 23 || offsetMinute > 59) throw new ValidityFormatError();
  const offset = (offsetHour * 60 + offsetMinute) * (parts[6] === "-" ? -1 : 1);
  const time = date.getTime() + (hour * 60 + minute - offset) * MINUTE;
  // The offset may lead out of the years that can be written again.
  if (time < FIRST || time > LAST) throw new ValidityFormatError();
  return time;
}

/**
 * Writes a moment.
 * @param time milliseconds since 1970; seconds are cut off
 * @param offsetMinutes east of Greenwich, below 24 hours
 * @throws RangeError when the local year is not 1 to 9999
 */
export function formatValidity(time: number, offsetMinutes = 0): string {
  const local = new Date(time + offsetMinutes * MINUTE);
  const year = local.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) throw new RangeError("a validity period lies in the years 1 to 9999");
  const distance = Math.abs(offsetMinutes);
  const offset = `${pad(Math.floor(distance / 60))}${pad(distance % 60)}`;
  return `${local.toISOString().slice(0, 16)}${offsetMinutes < 0 ? "-" : "+"}${offset}`;
}

function pad(number: number): string {
  return number.toString().padStart(2, "0");
}
