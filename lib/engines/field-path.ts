/** Paths of fields as people read them: `customer.age`, `owners[0].name`. Pure. */

/** Names in a config may be as long as the config, and stand in every path of what is in them: more of them is not said. */
const MAX_NAME = 200;
const MAX_PATH = 1_000;

/** A text that is said of something else, cut where it is longer than texts that people write. */
export function clipped(text: string): string {
  return text.length <= MAX_NAME ? text : `${text.slice(0, MAX_NAME).toWellFormed()}…`;
}

/** The path of a field of what stands at `path`, which is empty for the outermost; at most some 1,200 characters. */
export function fieldPath(path: string, name: string): string {
  if (path === "") return clipped(name);
  return path.length > MAX_PATH ? path : `${path}.${clipped(name)}`;
}

/** The path of an element of the list that stands at `path`. Without an index: of any. */
export function elementPath(path: string, index?: number): string {
  return path.length > MAX_PATH ? path : `${path}[${index ?? ""}]`;
}
