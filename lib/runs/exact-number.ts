/** Numbers as JSON writes them, compared by their digits: those of JavaScript are rounded to some seventeen of them. Pure. */

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Whether two texts, each a number in JSON, are the same one: `1.50e3` and `1500` are. Takes time in their length. */
export function isSameNumber(a: string, b: string): boolean {
  return a === b || canonical(a) === canonical(b);
}

/** Sign, digits without zeros around them, and the power of ten that they are multiplied with. */
function canonical(text: string): string {
  const [, sign = "", whole = "", places = "", exponent = "0"] = NUMBER.exec(text) ?? [];
  const digits = whole + places;
  let [from, to] = [0, digits.length];
  while (digits[from] === "0") from += 1;
  while (to > from && digits[to - 1] === "0") to -= 1;
  if (from === to) return "0";
  return `${sign}${digits.slice(from, to)}e${Number(exponent) - places.length + digits.length - to}`;
}
