// The German of the titles, descriptions and fields in resolver-types.ts.
import type { resolverSpecs } from "../resolver-types.ts";

interface FieldWords {
  label: string;
  help: string;
}

type FieldsOf<Kind extends keyof typeof resolverSpecs> = (typeof resolverSpecs)[Kind]["fields"][number]["name"];

export const germanResolverTypes: {
  readonly [Kind in keyof typeof resolverSpecs]: {
    title: string;
    description: string;
    fields: Readonly<Record<FieldsOf<Kind>, FieldWords>>;
  };
} = {
  passwdresolver: {
    title: "Passwortdatei",
    description: "Eine Datei wie /etc/passwd auf dem Server, mit einer Zeile für jede Person.",
    fields: {
      Filename: {
        label: "Datei",
        help: "Absoluter Pfad einer Datei wie /etc/passwd, unter einem für Passwortdateien freigegebenen Verzeichnis. Leer: /etc/passwd.",
      },
    },
  },
};
