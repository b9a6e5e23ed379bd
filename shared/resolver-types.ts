// What the world may know of each type of user source (config-and-tokens.md E): the engine reads its fields by it, the site draws its form.
// The behaviour of a type is one file in engine/users.

export interface ResolverField {
  /** Key in the configuration, as the REST API spells it. */
  name: string;
  /** Secrets are sealed at rest and censored in answers. */
  kind: "text" | "secret";
  required: boolean;
  label: string;
  help: string;
}

export interface ResolverTypeSpec {
  title: string;
  description: string;
  fields: readonly ResolverField[];
}

const define = <const Spec extends ResolverTypeSpec>(spec: Spec): Spec => spec;

export const resolverSpecs = {
  passwdresolver: define({
    title: "Password file",
    description: "A file like /etc/passwd on the server, with a line for each person.",
    fields: [
      {
        name: "Filename",
        kind: "text",
        required: false,
        label: "File",
        help: "Absolute path of a file like /etc/passwd, below a directory released for password files. Empty: /etc/passwd.",
      },
    ],
  }),
};
