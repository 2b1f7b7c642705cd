/** Which entries of two lists are the same: `aa` stayed, `aa!` moved, `ab` changed, `a-` is gone, `+a` is new. */
import { describe, expect, it } from "vitest";
import { matchLists } from "../../lib/engines/list-match.ts";

const match = (before: string, after: string) =>
  matchLists([...before], [...after], { id: () => undefined, content: (one) => one })
    .map(
      (one) =>
        `${one.before?.value ?? "+"}${one.after?.value ?? "-"}${one.before && one.after && one.isMoved ? "!" : ""}`,
    )
    .join(" ");

describe("lists are matched", () => {
  it.each([
    ["abc", "abc", "aa bb cc"],
    ["abc", "ac", "aa b- cc"],
    ["ac", "abc", "aa +b cc"],
    ["abc", "xbc", "ax bb cc"],
    ["abc", "cab", "cc! aa bb"],
    ["abcd", "bcda", "bb cc dd aa!"],
    ["", "ab", "+a +b"],
    ["ab", "", "a- b-"],
    ["aab", "aba", "aa bb! aa"],
    ["abc", "axyc", "aa bx +y cc"],
  ])("%j and %j", (before, after, expected) => expect(match(before, after)).toBe(expected));
});
