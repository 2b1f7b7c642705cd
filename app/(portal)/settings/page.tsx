import { redirect } from "next/navigation";

import type { SearchParams } from "@/app/(portal)/first-read";
import { SETTINGS_PAGES } from "@/components/settings/settings-pages";
import { ENVIRONMENT_PARAM } from "@/lib/environments/environment-param";

/** The first of the settings, with the environment that was looked at. */
export default async function SettingsPage({ searchParams }: { searchParams: SearchParams }) {
  const environment = (await searchParams)[ENVIRONMENT_PARAM];
  const query = typeof environment === "string" ? `?${new URLSearchParams({ [ENVIRONMENT_PARAM]: environment })}` : "";
  redirect(`${SETTINGS_PAGES[0].path}${query}`);
}
