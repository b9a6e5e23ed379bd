import type { setup as english } from "../en/setup.ts";

export const setup: Record<keyof typeof english, string> = {
  "setup.title": "Drei Schritte bis zur ersten Anmeldung",
  "setup.lead": "Dieser Server kennt noch niemanden. Beginnen Sie mit dem markierten Schritt.",
  "setup.ask": "Dieser Server kennt noch niemanden. Wenden Sie sich an eine Person, die Benutzerquellen einrichten darf.",
  "setup.done": "erledigt",
  "setup.source": "Eine Benutzerquelle",
  "setup.source.text": "Sagt dem Server, wo Ihre Personen geführt werden, etwa in einer Passwortdatei.",
  "setup.source.do": "Benutzerquelle anlegen",
  "setup.realm": "Ein Realm",
  "setup.realm.text": "Lässt die Personen einer oder mehrerer Benutzerquellen sich anmelden und Token haben.",
  "setup.realm.do": "Realm anlegen",
  "setup.token": "Der erste Token",
  "setup.token.text": "Womit eine Person sich ausweist: eine App auf dem Telefon, ein kleines Gerät, ein Passwort.",
  "setup.token.do": "Token ausrollen",
};
