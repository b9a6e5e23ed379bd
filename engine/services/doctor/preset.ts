// Which preset is in force, and what of it was set otherwise.
import { registry, type SettingKey } from "../../settings.ts";
import { hardened } from "../../settings-hardened.ts";
import type { Check } from "./check.ts";

export const preset: Check = {
  name: "preset",
  run({ settings }) {
    if (settings.preset !== "hardened") {
      return [
        {
          severity: "note",
          what: "The hardened preset is off.",
          meaning: "Defaults are as compatible as they can be; docs/settings.md lists what the preset changes.",
          advice: 'preset = "hardened" in ostiary.toml, if all your clients can live with it.',
        },
      ];
    }
    const others = (Object.keys(hardened) as SettingKey[]).filter(
      (key) => JSON.stringify(registry[key].kind.parse(hardened[key]?.value)) !== JSON.stringify(settings[key]),
    );
    return [
      {
        severity: "note",
        what: `The hardened preset is in force${others.length === 0 ? "" : `, without ${others.join(", ")}`}.`,
        meaning: others.length === 0 ? "All of its defaults hold." : "These are set explicitly, to other values than its own.",
        advice: others.length === 0 ? "None." : "Leave them out where there is no reason for them any more.",
      },
    ];
  },
};
