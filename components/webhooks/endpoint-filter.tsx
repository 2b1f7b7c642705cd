/** Narrows the deliveries of an environment, or of all, to one endpoint. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { ClearChip, FilterChip } from "@/components/runs/filter-chip";
import { shortId } from "@/components/runs/run-id";
import { EnvironmentBadge } from "@/components/shell/environment-mark";
import { useEnvironment } from "@/components/shell/use-environment";
import { useKindOf } from "@/components/shell/use-kind-of";
import { Menu, MenuContent, MenuItem, MenuRadioGroup, MenuRadioItem, MenuTrigger } from "@/components/ui/menu";
import { endpointsQuery } from "@/lib/webhooks/query-options";

const NONE = "";
const withoutScheme = (url: string) => url.replace(/^https?:\/\//, "");

type EndpointFilterProps = { endpointId: string | null; onChange: (endpointId: string | null) => void };

/** A chip that opens a menu of the newest endpoints; any other one can stand in the address. */
export function EndpointFilter({ endpointId, onChange }: EndpointFilterProps) {
  const { slug, kind } = useEnvironment();
  const kindOf = useKindOf();
  const [open, setOpen] = useState(false);
  const { data } = useQuery({ ...endpointsQuery(slug), enabled: open || endpointId !== null });
  const chosen = data?.data.find(({ id }) => id === endpointId);
  const value = endpointId === null ? null : chosen ? withoutScheme(chosen.url) : shortId(endpointId);
  return (
    <div className="flex items-center gap-1">
      <Menu modal={false} open={open} onOpenChange={setOpen}>
        <MenuTrigger asChild>
          <FilterChip label="Endpoint" value={value} />
        </MenuTrigger>
        <MenuContent align="start" className="max-w-[min(30rem,calc(100vw-2rem))]">
          <MenuRadioGroup value={endpointId ?? NONE} onValueChange={onChange}>
            {data?.data.map((endpoint) => (
              <MenuRadioItem key={endpoint.id} value={endpoint.id}>
                <span className="min-w-0">
                  <span className="block truncate font-mono text-xs">{withoutScheme(endpoint.url)}</span>
                  {endpoint.description ? (
                    <span className="block truncate text-xs text-muted">{endpoint.description}</span>
                  ) : null}
                </span>
                {kind === "all" ? (
                  <EnvironmentBadge slug={endpoint.environment} kind={kindOf(endpoint.environment)} />
                ) : null}
              </MenuRadioItem>
            ))}
          </MenuRadioGroup>
          {data?.data.length === 0 ? <MenuItem disabled>No endpoints yet</MenuItem> : null}
          {data?.next_cursor ? <MenuItem disabled>Older ones: open the endpoint itself</MenuItem> : null}
        </MenuContent>
      </Menu>
      {endpointId === null ? null : <ClearChip label="Endpoint" onClear={() => onChange(null)} />}
    </div>
  );
}
