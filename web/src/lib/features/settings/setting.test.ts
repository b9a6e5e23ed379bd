// Settings as fields: places, defaults, values.
import { describe, expect, test } from "bun:test";
import { systemKeys } from "@ostiary/shared/system-config.ts";
import { defaultOf, findFault, readValues, settingGroups, settingNames, toWire } from "./setting.ts";

describe("the form of the system settings", () => {
  test("has every setting of config-and-tokens.md G and J once", () => {
    const names = settingGroups.flatMap((group) => group.names);
    expect(names.toSorted()).toEqual(Object.keys(systemKeys).sort() as typeof names);
  });
  test("what nothing reads yet is in the last group, and only that", () => {
    const unused = settingNames.filter((name) => "unused" in systemKeys[name]);
    expect(settingGroups.at(-1)?.names.toSorted()).toEqual(unused.toSorted());
  });
  test("shows what is in force: stored values, else defaults; what is no value counts as the default", () => {
    const values = readValues({ splitAtSign: "False", DefaultOtpLen: "8", SerialLength: "many", AutoResync: null });
    expect(values).toMatchObject({ splitAtSign: "", DefaultOtpLen: "8", SerialLength: "8", AutoResync: "", PrependPin: "1" });
  });
  test("defaults are without fault, numbers out of range are not", () => {
    for (const name of settingNames) expect([name, findFault(name, defaultOf(name))]).toEqual([name, null]);
    for (const value of ["3", "11", "", "six", "6.5"])
      expect(findFault("DefaultOtpLen", value)).toEqual({ key: "form.range", words: { min: 4, max: 10 } });
  });
  test("flags travel as words", () => {
    expect([toWire("splitAtSign", "1"), toWire("splitAtSign", ""), toWire("DefaultOtpLen", " 8 ")]).toEqual([
      "True",
      "False",
      "8",
    ]);
  });
});
