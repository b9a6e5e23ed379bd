// The choices of theme and language as entries of a menu, shown on the log-in page and behind the person's name.
import { page } from "$app/state";
import { languageNames, languages } from "../text/languages.ts";
import type { Text } from "../text/text.ts";
import type { MenuItem } from "../ui/menu.svelte";
import { chooseLanguage, chooseTheme, type Theme } from "./preferences.ts";

const themes = [
  ["system", "monitor"],
  ["light", "sun"],
  ["dark", "moon"],
] as const;

export function createPreferences({ t, lang }: Text) {
  let theme = $state<Theme>(page.data.theme);
  return {
    get themes() {
      return themes.map(
        ([id, icon]): MenuItem => ({
          id,
          icon,
          label: t(`app.theme.${id}`),
          checked: id === theme,
          run() {
            theme = id;
            chooseTheme(id);
          },
        }),
      );
    },
    get themeIcon() {
      return themes.find(([id]) => id === theme)?.[1];
    },
    languages: languages.map(
      (id): MenuItem => ({ id, label: languageNames[id], checked: id === lang, run: () => chooseLanguage(id) }),
    ),
  };
}
