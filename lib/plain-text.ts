/** Short texts that people type and others read: names and descriptions. */
import { z } from "zod";

// Control characters break tables and terminals, line separators split what should be one line, and a lone surrogate is no text at all.
const NOT_ONE_LINE = /[\p{Cc}\p{Cs}\u2028\u2029]/u;
// The same, but tab and line breaks are welcome.
const NOT_TEXT = /[^\P{Cc}\t\n\r]|\p{Cs}/u;

/** One line of 1 to `max` characters (code points), trimmed. */
export function oneLine(max: number) {
  return z
    .string()
    .trim()
    .min(1, "must not be empty")
    .refine((text) => [...text].length <= max, `has more than ${max} characters`)
    .refine((text) => !NOT_ONE_LINE.test(text), "has control characters or broken text")
    .meta({ maxLength: max });
}

/** Text of at most `max` characters (code points), with line breaks, trimmed; may be empty. */
export function someLines(max: number) {
  return z
    .string()
    .trim()
    .refine((text) => [...text].length <= max, `has more than ${max} characters`)
    .refine((text) => !NOT_TEXT.test(text), "has control characters or broken text")
    .meta({ maxLength: max });
}
