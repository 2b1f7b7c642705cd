/** The pages of the settings, in the order of their tabs. A page appears here when it exists. */
export const SETTINGS_PAGES = [{ path: "/settings/limits", label: "Limits" }] as const;
