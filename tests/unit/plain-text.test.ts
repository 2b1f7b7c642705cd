/** Names that people give are one line, visible, and read as they are written. */
import { describe, expect, it } from "vitest";
import { oneLine } from "../../lib/plain-text.ts";

const name = oneLine(10);

describe("one line of text", () => {
  it.each(["dev", " dev ", "Größe", "日本語", "a😀b", "می\u200cخواهم"])("takes %j", (text) => {
    expect(name.parse(text)).toBe(text.trim());
  });

  it.each([
    ["nothing", "  ", "must not be empty"],
    ["a zero-width space alone", "\u200b", "has no visible character"],
    ["a text that turns around", "a\u202egnp.e", "has characters that turn the writing direction"],
    ["a control character", "a\u0007", "has control characters or broken text"],
    ["a line break", "a\nb", "has control characters or broken text"],
    ["half a character", "a\ud800", "has control characters or broken text"],
    ["eleven characters", "abcdefghijk", "has more than 10 characters"],
  ])("refuses %s", (_, text, message) => {
    expect(name.safeParse(text).error?.issues.map((issue) => issue.message)).toContain(message);
  });
});
