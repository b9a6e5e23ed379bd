import type { login as english } from "../en/login.ts";

export const login: Record<keyof typeof english, string> = {
  "login.title": "Anmelden",
  "login.lead": "Verwaltung und Selbstbedienung",
  "login.username": "Benutzername",
  "login.password": "Passwort",
  "login.realm": "Realm",
  "login.realm.none": "Administrator oder Standard-Realm",
  "login.run": "Anmelden",
  "login.ended": "Ihre Sitzung ist zu Ende. Melden Sie sich an, um fortzufahren.",
  "login.out": "Sie sind abgemeldet.",
  "login.wrong": "Benutzername oder Passwort ist falsch.",
  "login.missing": "Geben Sie Benutzername und Passwort ein.",
};
