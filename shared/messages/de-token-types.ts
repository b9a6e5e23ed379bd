// The German of the titles and descriptions in token-types.ts.
import type { tokenTypes } from "../token-types.ts";

export const germanTokenTypes: Readonly<Record<keyof typeof tokenTypes, { title: string; description: string }>> = {
  hotp: {
    title: "HOTP: Einmalpasswörter nach Zähler",
    description: "Ein Gerät oder eine App, die zählt: jeder Druck auf den Knopf ergibt das nächste Einmalpasswort (RFC 4226).",
  },
  totp: {
    title: "TOTP: Einmalpasswörter nach Uhrzeit",
    description: "Ein Gerät oder eine App mit einer Uhr: alle 30 oder 60 Sekunden ein neues Einmalpasswort (RFC 6238).",
  },
  spass: {
    title: "Simple Pass: die PIN allein",
    description: "Gar kein Einmalpasswort: wer die PIN kennt, kommt hinein. Nur für besondere Fälle.",
  },
  pw: {
    title: "Passwort: ein festes Passwort",
    description: "Ein Passwort anstelle des Einmalpassworts, etwa solange ein Token verloren ist.",
  },
};
