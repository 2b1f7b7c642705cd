/** The filters of the runs table. */
"use client";

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { ChoiceFilter } from "@/components/runs/choice-filter";
import { CreatedFilter } from "@/components/runs/created-filter";
import { ClearChip, FilterChip } from "@/components/runs/filter-chip";
import { VERSION_PATTERN } from "@/components/runs/run-filter-params";
import type { RunFilterState } from "@/components/runs/run-filters";
import { RunStatusLabel } from "@/components/runs/run-status";
import { RUN_STATUSES } from "@/components/runs/run-statuses";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Menu, MenuContent, MenuItem, MenuRadioGroup, MenuRadioItem, MenuTrigger } from "@/components/ui/menu";
import { Popover, PopoverContent, PopoverTrigger } from "@/components/ui/popover";
import { enginesQuery } from "@/lib/engines/query-options";
import { TAG_PATTERN } from "@/lib/runs/tags";

/** All of them, in a row that wraps. */
export function FilterMenus(state: RunFilterState) {
  return (
    <>
      <ChoiceFilter
        label="Status"
        names={RUN_STATUSES}
        chosen={state.filters.status}
        onChange={(status) => state.change({ status })}
        renderName={(status) => <RunStatusLabel status={status} />}
      />
      <EngineFilter {...state} />
      <VersionFilter {...state} />
      <CreatedFilter created={state.filters.created} onChange={(created) => state.change({ created })} />
      <TagFilter {...state} />
      <IdFilter {...state} />
    </>
  );
}

function EngineFilter({ filters, change }: RunFilterState) {
  const { data } = useQuery(enginesQuery());
  return (
    <div className="flex items-center gap-1">
      <Menu modal={false}>
        <MenuTrigger asChild>
          <FilterChip label="Engine" value={filters.engine} />
        </MenuTrigger>
        <MenuContent align="start">
          <MenuRadioGroup value={filters.engine ?? ""} onValueChange={(engine) => change({ engine })}>
            {data?.data.map((engine) => (
              <MenuRadioItem key={engine.slug} value={engine.slug}>
                <span className="min-w-0">
                  <span className="block truncate">{engine.name}</span>
                  <span className="block truncate font-mono text-xs text-muted">{engine.slug}</span>
                </span>
              </MenuRadioItem>
            ))}
          </MenuRadioGroup>
          {data?.data.length === 0 ? <MenuItem disabled>No engines yet</MenuItem> : null}
        </MenuContent>
      </Menu>
      {filters.engine ? <ClearChip label="Engine" onClear={() => change({ engine: null })} /> : null}
    </div>
  );
}

function VersionFilter({ filters, change }: RunFilterState) {
  const [open, setOpen] = useState(false);
  return (
    <div className="flex items-center gap-1">
      <Popover open={open} onOpenChange={setOpen}>
        <PopoverTrigger asChild>
          <FilterChip label="Version" value={filters.version} />
        </PopoverTrigger>
        <PopoverContent aria-label="Version">
          <VersionForm
            initial={filters.version ?? ""}
            onApply={(version) => {
              change({ version });
              setOpen(false);
            }}
          />
        </PopoverContent>
      </Popover>
      {filters.version ? <ClearChip label="Version" onClear={() => change({ version: null })} /> : null}
    </div>
  );
}

function VersionForm({ initial, onApply }: { initial: string; onApply: (version: string) => void }) {
  const [version, setVersion] = useState(initial);
  const good = VERSION_PATTERN.test(version);
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (good) onApply(version);
      }}
    >
      <Field
        label="Engine version"
        hint="Such as 1.3, or 1.x for all of major 1"
        error={version === "" || good ? undefined : "A version has the form 1.3 or 1.x"}
      >
        {(control) => (
          <Input
            {...control}
            value={version}
            placeholder="1.0"
            onChange={(event) => setVersion(event.target.value.trim())}
            className="font-mono"
          />
        )}
      </Field>
      <Button type="submit" variant="primary" disabledReason={good ? undefined : "Type a version such as 1.3"}>
        Apply
      </Button>
    </form>
  );
}

function TagFilter({ filters, change }: RunFilterState) {
  const [open, setOpen] = useState(false);
  return (
    <div className="flex items-center gap-1">
      <Popover open={open} onOpenChange={setOpen}>
        <PopoverTrigger asChild>
          <FilterChip label="Tag" value={filters.tag} />
        </PopoverTrigger>
        <PopoverContent aria-label="Tag">
          <TagForm
            initial={filters.tag ?? ""}
            onApply={(tag) => {
              change({ tag });
              setOpen(false);
            }}
          />
        </PopoverContent>
      </Popover>
      {filters.tag ? <ClearChip label="Tag" onClear={() => change({ tag: null })} /> : null}
    </div>
  );
}

function TagForm({ initial, onApply }: { initial: string; onApply: (tag: string) => void }) {
  const [tag, setTag] = useState(initial);
  const good = TAG_PATTERN.test(tag);
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (good) onApply(tag);
      }}
    >
      <Field
        label="Tag"
        hint="Exactly as it was sent with the run"
        error={tag === "" || good ? undefined : "A tag has no spaces and no commas, and at most 64 characters"}
      >
        {(control) => (
          <Input
            {...control}
            value={tag}
            placeholder="customer:42"
            onChange={(event) => setTag(event.target.value.trim())}
            className="font-mono"
          />
        )}
      </Field>
      <Button type="submit" variant="primary" disabledReason={good ? undefined : "Type a tag"}>
        Apply
      </Button>
    </form>
  );
}

/** Set from the search box; here it is only shown and cleared. */
function IdFilter({ filters, change }: RunFilterState) {
  if (filters.id === null) return null;
  return (
    <div className="flex items-center gap-1">
      <span className="flex h-8 max-w-64 items-center gap-1.5 rounded-md border border-line-strong bg-sunken px-2.5 text-sm whitespace-nowrap">
        <span className="text-muted">Id</span>
        <span className="truncate font-mono text-xs font-medium">{filters.id}</span>
      </span>
      <ClearChip label="Id" onClear={() => change({ id: null })} />
    </div>
  );
}
