/** The languages in which verification is shown. */

export const SNIPPET_LANGUAGES = ["node", "python", "go", "ruby", "php", "curl"] as const;

export type SnippetLanguage = (typeof SNIPPET_LANGUAGES)[number];

/** Code in every language. */
export type Snippets = Readonly<Record<SnippetLanguage, string>>;

export const LANGUAGE_NAMES: Record<SnippetLanguage, string> = {
  node: "Node.js",
  python: "Python",
  go: "Go",
  ruby: "Ruby",
  php: "PHP",
  curl: "curl",
};
