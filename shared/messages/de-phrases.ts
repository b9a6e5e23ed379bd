// The German of phrases.ts; the compiler says which is missing, test/messages.test.ts whether the `{names}` are the same.
import type { PhraseName } from "./phrases.ts";

export const germanPhrases: Readonly<Record<PhraseName, string>> = {
  wrong_pin: "Falsche PIN",
  wrong_value: "Falsches Einmalpasswort",
  value_used_again: "Falsches Einmalpasswort. Ein früheres wurde noch einmal verwendet",
  otp_failed: "Das Einmalpasswort wurde nicht angenommen.",
  no_tokens: "Dem Benutzer ist kein Token zugewiesen",
  matching: "Passende Token: {count}",
  matching_but: "Passende Token: {count}. {reasons}",
  exhausted: "Zu viele Fehlversuche. Bitte in {seconds} Sekunden noch einmal versuchen.",

  counter_exceeded: "Die erlaubte Zahl der Anmeldungen ist erreicht",
  failcounter_exceeded: "Zu viele Fehlversuche mit diesem Token",
  token_disabled: "Das Token ist abgeschaltet",
  outside_validity: "Das Token ist zu dieser Zeit nicht gültig",
  not_enrolled: "Das Token ist noch nicht fertig ausgerollt",
  resync_demanded: "Das Token muss erst synchronisiert werden",

  wanted_text: "Text",
  wanted_text_or_number: "Text oder eine Zahl",
  wanted_no_nul: "Text ohne NUL",
  wanted_length: "höchstens {maximum} Zeichen lang",
  wanted_bytes: "{minimum} bis {maximum} Byte lang",
  wanted_whole_number: "eine ganze Zahl von {minimum} bis {maximum}",
  wanted_one_of: "eines von {words}",
  wanted_list: "eine Liste von Texten",
  wanted_short_list: "eine Liste von höchstens {maximum} Texten",
  wanted_client_chains: "eine Liste von Ketten aus Netzen wie 10.1.2.0/24 > 192.168.0.0/16, 172.16.0.1; Nummer {item} ist keine",
  wanted_time: "eine Zeit als YYYY-MM-DDThh:mm+oooo",
  wanted_iso_time: "eine Zeit nach ISO 8601",
  wanted_steps: "höchstens das {maximum}-fache von timeStep",
  wanted_time_limit: "eine Zahl von Tagen, Stunden oder Minuten wie 1d, 12h oder 30m",

  body_too_many: "er enthält mehr als {maximum} Parameter",
  body_no_json: "er ist kein JSON",
  body_no_object: "das JSON ist kein Objekt",
  body_too_deep: "das JSON ist zu tief geschachtelt",
  body_too_wide: "das JSON hat zu viele Glieder",
  body_no_framing: "seine Übertragungskodierung ist nicht nur chunked",
  body_no_multipart: "er ist kein multipart/form-data",
  body_ended_early: "er bricht vorzeitig ab",

  thing_realm: "Realm",
  thing_realm_or_resolver: "Realm oder Resolver",
  thing_setting: "Einstellung",
  thing_admin: "Administrator",
  thing_api_key: "API-Schlüssel",
  thing_group: "Tokengruppe",
  thing_job: "Auftrag",
  thing_running_job: "laufender Auftrag",

  documented_form:
    'Es wurden zwei Einstellungen namens "key" und "value" gespeichert. Eine Einstellung schreibt man als NAME=WERT.',
  nothing_to_try: "Bei der Tokenart {type} gibt es nichts auszuprobieren.",
};
