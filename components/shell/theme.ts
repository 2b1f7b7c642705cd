/** Light, dark, or what the system says. Kept in a cookie, so that the server renders the right one and nothing flashes. */

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];
export const THEME_COOKIE = "nexio-theme";
const YEAR_SECONDS = 31_536_000;

/** The theme of a cookie's value; anything else is the system's. */
export function themeOf(value: string | undefined): Theme {
  return THEMES.find((theme) => theme === value) ?? "system";
}

const listeners = new Set<() => void>();
let chosen: Theme | undefined;

/** The theme chosen in this tab, or undefined while it is still what the server rendered. */
export function chosenTheme(): Theme | undefined {
  return chosen;
}

/** Calls back when a theme is chosen; returns how to stop that. */
export function onThemeChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Changes the page at once and the cookie for a year. */
export function setTheme(theme: Theme): void {
  chosen = theme;
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  document.cookie = `${THEME_COOKIE}=${theme}; path=/; max-age=${YEAR_SECONDS}; samesite=lax`;
  for (const tell of listeners) tell();
}
