import type { realms as english } from "../en/realms.ts";

export const realms: Record<keyof typeof english, string> = {
  "realms.title": "Realms",
  "realms.lead": "Ein Realm lässt die Personen einer oder mehrerer Benutzerquellen sich anmelden.",
  "realms.name": "Name",
  "realms.sources": "Benutzerquellen",
  "realms.default": "Standard",
  "realms.admins": "Administratoren",
  "realms.noSources": "keine Benutzerquelle",
  "realms.priority": "Priorität",
  "realms.priorityOf": "Priorität von {name}",
  "realms.filter.part": "Ein Teil genügt.",
  "realms.new": "Realm anlegen",
  "realms.edit.lead": "Woher seine Personen kommen.",
  "realms.users": "Benutzer dieses Realms",
  "realms.form.name.hint":
    "Buchstaben, Ziffern, „_“, „-“ und „.“. Groß- und Kleinschreibung zählt nicht. Er lässt sich später nicht ändern.",
  "realms.form.badName": "Nur Buchstaben, Ziffern, „_“, „-“ und „.“, und nicht „superuser“.",
  "realms.form.taken": "Es gibt schon einen Realm dieses Namens. Wählen Sie einen anderen, oder ändern Sie jenen.",
  "realms.form.sources.hint":
    "Bei mehreren wird die mit der kleinsten Priorität (1 bis 999) zuerst durchsucht; die ohne Priorität zuletzt.",
  "realms.form.noSource": "Wählen Sie mindestens eine.",
  "realms.form.noSources": "Es gibt noch keine Benutzerquelle. Legen Sie zuerst eine an.",
  "realms.form.order": "Gesucht wird in dieser Reihenfolge: {names}",
  "realms.form.default": "Standard-Realm",
  "realms.form.default.hint": "Wer sich anmeldet, ohne einen Realm zu nennen, wird hier gesucht.",
  "realms.form.failed": "Der Realm ist ohne {names} gespeichert: sie gibt es nicht mehr. Laden Sie die Seite neu.",
  "realms.saved": "Der Realm {name} ist gespeichert.",
  "realms.created": "Der Realm {name} ist angelegt. Seine Personen können jetzt Token haben.",
  "realms.do.default": "Zum Standard machen",
  "realms.do.default.question": "Wer sich anmeldet, ohne einen Realm zu nennen, wird ab jetzt in {name} gesucht.",
  "realms.do.default.done": "{name} ist der Standard-Realm.",
  "realms.do.noDefault": "Keinen Standard haben",
  "realms.do.noDefault.question":
    "Wer sich anmeldet, ohne einen Realm zu nennen, wird nicht mehr gefunden. {name} selbst bleibt.",
  "realms.do.noDefault.done": "Es gibt jetzt keinen Standard-Realm.",
  "realms.do.delete": "Löschen",
  "realms.do.delete.question":
    "Niemand kann sich mehr darüber anmelden: {name}. Die Personen bleiben in ihren Benutzerquellen, und Token behalten ihre Besitzer; mit einem Realm aus denselben Quellen ist beides wieder da.",
  "realms.do.delete.done": "{name} ist gelöscht.",
};
