// A field for a one-time password.
import type { FormField } from "../../ui/form/fields.ts";

export const codeField = (name: string, label: FormField["label"]): FormField => ({
  name,
  label,
  kind: "text",
  required: true,
  maxLength: 40,
  autocomplete: "one-time-code",
});
