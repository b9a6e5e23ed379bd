// Texts of ours that are no errors: the messages of log-ins, and the parts that error texts are put together from. English here,
// German in de-phrases.ts under the same names. `{names}` are filled in.

/** What a log-in answers in `detail.message`; the texts are those of the contract (rest-api.md 3.1.2). */
const loginPhrases = {
  wrong_pin: "wrong otp pin",
  wrong_value: "wrong otp value",
  value_used_again: "wrong otp value. previous otp used again",
  otp_failed: "OTP verification failed.",
  no_tokens: "The user has no tokens assigned",
  matching: "matching {count} tokens",
  matching_but: "matching {count} tokens, {reasons}",
  exhausted: "Too many failed attempts. Try again in {seconds} seconds.",
};

/** Why a token may not be used even with the right value (K1-09). */
const unfitPhrases = {
  counter_exceeded: "Authentication counter exceeded",
  failcounter_exceeded: "Failcounter exceeded",
  token_disabled: "Token is disabled",
  outside_validity: "Outside validity period",
  not_enrolled: "Token is not yet enrolled",
  resync_demanded: "Token must be resynchronised first",
};

/** "Parameter 'x' must be …": the word `wanted` of bad_parameter. */
const wantedPhrases = {
  wanted_text: "text",
  wanted_text_or_number: "text or a number",
  wanted_no_nul: "text without NUL",
  wanted_length: "at most {maximum} characters long",
  wanted_bytes: "{minimum} to {maximum} bytes",
  wanted_whole_number: "a whole number from {minimum} to {maximum}",
  wanted_one_of: "one of {words}",
  wanted_list: "a list of texts",
  wanted_short_list: "a list of at most {maximum} texts",
  wanted_client_chains:
    "a list of chains of networks such as 10.1.2.0/24 > 192.168.0.0/16, 172.16.0.1; number {item} of them is not one",
  wanted_time: "a time as YYYY-MM-DDThh:mm+oooo",
  wanted_iso_time: "a time as ISO 8601 has it",
  wanted_steps: "at most {maximum} times timeStep",
  wanted_time_limit: "a number of days, hours or minutes such as 1d, 12h or 30m",
};

/** "The request body can not be read: …": the word `reason` of body_unreadable. */
const bodyPhrases = {
  body_too_many: "it holds more than {maximum} parameters",
  body_no_json: "it is not JSON",
  body_no_object: "the JSON is not an object",
  body_too_deep: "the JSON is nested too deeply",
  body_too_wide: "the JSON has too many members",
  body_no_framing: "its transfer coding is not chunked alone",
  body_no_multipart: "it is not multipart/form-data",
  body_ended_early: "it ended early",
};

/** "The requested … could not be found": the word `what` of not_found. */
const thingPhrases = {
  thing_realm: "realm",
  thing_realm_or_resolver: "realm or resolver",
  thing_setting: "setting",
  thing_admin: "administrator",
  thing_api_key: "API key",
  thing_group: "token group",
  thing_job: "job",
  thing_running_job: "running job",
};

/** `detail.message` of calls that did what was asked and have something to add. */
const notePhrases = {
  documented_form:
    'Two settings were stored, named "key" and "value". To write one setting, send its name and value as NAME=VALUE.',
  nothing_to_try: "The token type {type} has nothing to try out.",
};

export const phrases = {
  ...loginPhrases,
  ...unfitPhrases,
  ...wantedPhrases,
  ...bodyPhrases,
  ...thingPhrases,
  ...notePhrases,
};

/** Clients compare what a log-in says, as they do some errors (contractTexts in errors.ts). */
export const contractPhrases: ReadonlySet<string> = new Set([...Object.keys(loginPhrases), ...Object.keys(unfitPhrases)]);

export type PhraseName = keyof typeof phrases;
export type Unfitness = keyof typeof unfitPhrases;

/** One text with what goes into it; put into words when it is known for whom. */
export interface Phrase {
  readonly phrase: PhraseName;
  readonly words: Words;
}

/** What may stand for a `{name}`: as it is, or a text of ours; several are joined by commas. Never a secret. */
export type Word = string | number | Phrase | readonly Phrase[];
export type Words = Readonly<Record<string, Word>>;

const NO_WORDS: Words = {};

/** A text of ours, not yet in any language. */
export function phrase(name: PhraseName, words: Words = NO_WORDS): Phrase {
  return { phrase: name, words };
}

/** `text` with its `{names}` filled in, phrases among the words by the texts of `table`. */
export function fill(text: string, words: Words, table: Readonly<Record<PhraseName, string>>): string {
  if (!text.includes("{")) return text;
  return text.replace(/\{(\w+)\}/g, (_, name: string) => say(words[name] ?? "", table));
}

function say(word: Word, table: Readonly<Record<PhraseName, string>>): string {
  if (typeof word !== "object") return String(word);
  const parts = "phrase" in word ? [word] : word;
  return parts.map((part) => fill(table[part.phrase], part.words, table)).join(", ");
}

/** In English: what the audit trail, logs and the command line say. */
export function inEnglish({ phrase: name, words }: Phrase): string {
  return fill(phrases[name], words, phrases);
}
