// A theme sets variables of the design (web/src/app.css) and nothing else: what it says is read, and written anew.

const NAME = /^--(color|font|text|radius|shadow)-[a-z0-9-]+$/;
/** Colours, sizes, names of fonts and functions of them. No address: a theme loads nothing. */
const VALUE = /^[\w\s#%.,()"'/+*-]+$/;
const LOADS = /url|image|src\s*\(|expression/i;

/** @returns the style sheet, and the names of what was left out */
export function readTheme(css: string): { css: string; refused: string[] } {
  const refused: string[] = [];
  const kept: string[] = [];
  for (const [, name = "", text = ""] of css
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .matchAll(/([\w-]+)\s*:(?!:)\s*([^;{}]+)(?=[;}]|$)/g)) {
    const value = text.trim();
    if (NAME.test(name) && VALUE.test(value) && !LOADS.test(value)) kept.push(`  ${name}: ${value};`);
    else refused.push(name);
  }
  return { css: `:root {\n${kept.join("\n")}\n}\n`, refused };
}
