/** Where nodes write: names that the engine would lose or take apart otherwise than people mean. Pure. */

/**
 * What is wrong with the path of a field that a node writes, such as `rate` or `customer.rate`, in words that follow a quotation of it; undefined
 * where nothing is. The engine would write to a field without a name, or, for `__proto__`, nowhere at all, without a word.
 */
export function fieldPathProblem(path: string): string | undefined {
  const names = path.trim().split(".");
  if (names.includes("__proto__")) return "names __proto__, which no object can have as a field of its own here";
  return names.some((name) => name.trim() === "") ? "has a dot with no name before or behind it" : undefined;
}
