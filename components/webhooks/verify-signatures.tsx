/** The tab "Verify signatures": a receiver to begin with, in the language at hand. */
"use client";

import { parseAsStringLiteral, useQueryState } from "nuqs";

import { CodeBlock } from "@/components/ui/code-block";
import { Segmented } from "@/components/ui/segmented";
import { Tabs } from "@/components/ui/tabs";
import { SentHeaders } from "@/components/webhooks/sent-headers";
import { LANGUAGE_NAMES, SNIPPET_LANGUAGES } from "@/components/webhooks/snippet-languages";
import { PLAIN_SNIPPETS } from "@/components/webhooks/snippets-plain";
import { STANDARD_SNIPPETS } from "@/components/webhooks/snippets-standard";

const SCHEMES = [
  { value: "standard", label: "Standard Webhooks" },
  { value: "plain", label: "X-Nexio-Signature" },
] as const;

const WORDS = {
  standard:
    "The published libraries verify webhook-signature and the age of webhook-timestamp, and give you the event. They take the secret as it is.",
  plain:
    "For those who want no dependency. X-Nexio-Signature is HMAC-SHA256 over the timestamp, a dot and the raw body, keyed with the whole secret as text. While a secret is being replaced it carries one v1 for each secret that is valid: one that fits is enough.",
} as const;

const NAMES = ["standard", "plain"] as const;

/** The language and the scheme stand in the URL. */
export function VerifySignatures() {
  const [language, setLanguage] = useQueryState(
    "language",
    parseAsStringLiteral(SNIPPET_LANGUAGES).withDefault("node").withOptions({ history: "replace" }),
  );
  const [scheme, setScheme] = useQueryState(
    "scheme",
    parseAsStringLiteral(NAMES).withDefault("standard").withOptions({ history: "replace" }),
  );
  const snippets = scheme === "standard" ? STANDARD_SNIPPETS : PLAIN_SNIPPETS;
  return (
    <div className="grid items-start gap-x-8 gap-y-6 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <section aria-labelledby="receiver" className="flex min-w-0 flex-col gap-3">
        <h2 id="receiver" className="text-sm font-semibold">
          A receiver
        </h2>
        <Segmented label="How it verifies" value={scheme} onChange={(next) => void setScheme(next)} options={SCHEMES} />
        <p className="text-sm text-muted">{WORDS[scheme]}</p>
        <Tabs
          label="Language"
          value={language}
          onChange={(next) => void setLanguage(next)}
          tabs={SNIPPET_LANGUAGES.map((value) => ({
            value,
            label: LANGUAGE_NAMES[value],
            content: (
              <CodeBlock
                code={snippets[value]}
                label={value === "curl" ? "A signed request to try it with" : `A receiver in ${LANGUAGE_NAMES[value]}`}
                className="[&_section]:max-h-none"
              />
            ),
          }))}
        />
      </section>
      <SentHeaders />
    </div>
  );
}
