/** What the text of a filter in the URL may be, and how a page tells of one that makes no sense. */
import { createParser } from "nuqs/server";

export type FilterRule = {
  accepts: (text: string) => boolean;
  /** Follows the filter's name: "is the slug of an engine". */
  rule: string;
};

export type BadFilter<Name extends string> = { name: Name; text: string; rule: string };

/** A parser that takes texts as they are, and counts others as not set. */
export const matching = (accepts: FilterRule["accepts"]) =>
  createParser({ parse: (text: string) => (accepts(text) ? text : null), serialize: (text: string) => text });

/** Finds the filters of a URL that their rules refuse; its `get` gives the text of a query parameter. */
export function badFiltersOf<Name extends string>(rules: Record<Name, FilterRule>) {
  return (get: (name: string) => string | null): BadFilter<Name>[] =>
    (Object.keys(rules) as Name[]).flatMap((name) => {
      const text = get(name);
      const { accepts, rule } = rules[name];
      return text === null || text === "" || accepts(text) ? [] : [{ name, text, rule }];
    });
}
