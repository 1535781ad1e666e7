/**
 * Typed words. A catalogue is two objects with the same keys; `en: Catalogue<typeof vi>` makes a missing or misspelt
 * key a type error. Each application brings its own catalogue and gets its own `t`; shared words live in `common`.
 */
import { language } from "./language";

export type Catalogue<Vi> = { readonly [K in keyof Vi]: string };
export type Values = Readonly<{ [name: string]: string | number }>;
export type Translate<K> = (key: K, values?: Values) => string;

/**
 * Puts values into a text: "{name} đã vào"; English plurals as "{count} {count:person|people}".
 */
export function fill(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    if (one === undefined) return String(value);
    return Number(value) === 1 ? one : (many ?? "");
  });
}

export function translator<Vi extends Readonly<Record<string, string>>>(
  vi: Vi,
  en: Catalogue<Vi>,
): Translate<keyof Vi & string> {
  return (key, values) => fill((language() === "en" ? en : vi)[key], values);
}
