/** Saved inputs as the browser reads and changes them. */
import { queryOptions } from "@tanstack/react-query";

import { portalFetch, portalUrl } from "../http/portal-client.ts";
import { MAX_PAGE_SIZE } from "../page-size.ts";
import type { CreateSavedInput, SavedInputDetail, SavedInputPage, UpdateSavedInput } from "./schema.ts";

const pathOf = (engine: string, id?: string) =>
  `/api/engines/${encodeURIComponent(engine)}/saved-inputs${id === undefined ? "" : `/${encodeURIComponent(id)}`}`;

/** All saved inputs of an engine: there are never more than a page. */
export function savedInputsQuery(engine: string) {
  return queryOptions({
    queryKey: ["saved-inputs", engine],
    queryFn: ({ signal }) =>
      portalFetch<SavedInputPage>(portalUrl(pathOf(engine), { limit: MAX_PAGE_SIZE }), { signal }),
  });
}

/** One saved input with what is in it. */
export function readSavedInput(engine: string, id: string): Promise<SavedInputDetail> {
  return portalFetch(pathOf(engine, id));
}

export function createSavedInput(engine: string, input: CreateSavedInput): Promise<SavedInputDetail> {
  return portalFetch(pathOf(engine), { method: "POST", body: input });
}

/** A new name, another input, or both. */
export function updateSavedInput(engine: string, id: string, update: UpdateSavedInput): Promise<SavedInputDetail> {
  return portalFetch(pathOf(engine, id), { method: "PATCH", body: update });
}

export function deleteSavedInput(engine: string, id: string): Promise<void> {
  return portalFetch(pathOf(engine, id), { method: "DELETE" });
}
