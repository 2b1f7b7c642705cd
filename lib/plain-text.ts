/** Short texts that people type and others read: names and descriptions. */
import { z } from "zod";

// Control characters break tables and terminals, line separators split what should be one line, and a lone surrogate is no text at all.
const NOT_ONE_LINE = /[\p{Cc}\p{Cs}\u2028\u2029]/u;
// The same, but tab and line breaks are welcome.
const NOT_TEXT = /[^\P{Cc}\t\n\r]|\p{Cs}/u;
// Characters that turn the direction of what follows make a name look like another one (Unicode TR 36, section 2.10.3).
const TURNS_DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;
const VISIBLE = /[^\p{Cf}\p{Z}\p{M}]/u;

/** Why this is not one line that people can read and tell from another, or null. */
export function oneLineProblem(text: string): string | null {
  if (NOT_ONE_LINE.test(text)) return "has control characters or broken text";
  if (TURNS_DIRECTION.test(text)) return "has characters that turn the writing direction";
  return VISIBLE.test(text) ? null : "has no visible character";
}

/** One line of 1 to `max` characters (code points), trimmed. */
export function oneLine(max: number) {
  return z
    .string()
    .trim()
    .min(1, "must not be empty")
    .refine((text) => [...text].length <= max, `has more than ${max} characters`)
    .superRefine((text, context) => {
      const message = text === "" ? null : oneLineProblem(text);
      if (message) context.addIssue({ code: "custom", message });
    })
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
