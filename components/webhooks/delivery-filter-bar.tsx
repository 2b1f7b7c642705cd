/** Filters above a list of deliveries. */
"use client";

import { type ReactNode, useState } from "react";

import { ChoiceFilter } from "@/components/runs/choice-filter";
import { CreatedFilter } from "@/components/runs/created-filter";
import { FilterBar } from "@/components/runs/filter-bar";
import { ClearChip, FilterChip } from "@/components/runs/filter-chip";
import { RUN_ID, shortId } from "@/components/runs/run-id";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { Popover, PopoverContent, PopoverTrigger } from "@/components/ui/popover";
import { EVENT_ID } from "@/components/webhooks/delivery-filter-params";
import { DeliveryStatusLabel } from "@/components/webhooks/delivery-status";
import { EndpointFilter } from "@/components/webhooks/endpoint-filter";
import { EventLabel } from "@/components/webhooks/event-label";
import type { DeliveryFilterState } from "@/components/webhooks/use-delivery-filters";
import { EVENT_TYPES } from "@/lib/webhooks/event-types";
import { DELIVERY_STATUSES } from "@/lib/webhooks/statuses";

/** One line; `children` stand at its right. `withEndpoint`: the list is of several endpoints. */
export function DeliveryFilterBar({
  withEndpoint,
  children,
  ...state
}: DeliveryFilterState & { withEndpoint: boolean; children?: ReactNode }) {
  const menus = <FilterMenus {...state} withEndpoint={withEndpoint} />;
  return (
    <FilterBar menus={menus} count={state.count} clear={() => state.clear()}>
      {children}
    </FilterBar>
  );
}

function FilterMenus({ filters, change, withEndpoint }: DeliveryFilterState & { withEndpoint: boolean }) {
  return (
    <>
      {withEndpoint ? (
        <EndpointFilter endpointId={filters.endpointId} onChange={(endpointId) => change({ endpointId })} />
      ) : null}
      <ChoiceFilter
        label="Status"
        names={DELIVERY_STATUSES}
        chosen={filters.status}
        onChange={(status) => change({ status })}
        renderName={(status) => <DeliveryStatusLabel status={status} />}
      />
      <ChoiceFilter
        label="Event"
        names={EVENT_TYPES}
        chosen={filters.event}
        onChange={(event) => change({ event })}
        renderName={(type) => <EventLabel type={type} />}
      />
      <CreatedFilter created={filters.created} onChange={(created) => change({ created })} />
      <IdFilter filters={filters} change={change} />
    </>
  );
}

/** One field for both ids that people come with: a run's, or an event's out of a receiver's log. */
function IdFilter({ filters: { runId, eventId }, change }: Pick<DeliveryFilterState, "filters" | "change">) {
  const [open, setOpen] = useState(false);
  const id = runId ?? eventId;
  return (
    <div className="flex items-center gap-1">
      <Popover open={open} onOpenChange={setOpen}>
        <PopoverTrigger asChild>
          <FilterChip
            label={id === null ? "Id" : runId ? "Run" : "Event id"}
            value={id === null ? null : shortId(id)}
          />
        </PopoverTrigger>
        <PopoverContent aria-label="Id" className="w-96 max-w-[calc(100vw-32px)]">
          <IdForm
            initial={id ?? ""}
            onApply={(next) => {
              change(RUN_ID.test(next) ? { runId: next, eventId: null } : { runId: null, eventId: next });
              setOpen(false);
            }}
          />
        </PopoverContent>
      </Popover>
      {id === null ? null : <ClearChip label="Id" onClear={() => change({ runId: null, eventId: null })} />}
    </div>
  );
}

function IdForm({ initial, onApply }: { initial: string; onApply: (id: string) => void }) {
  const [id, setId] = useState(initial);
  const good = RUN_ID.test(id) || EVENT_ID.test(id);
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        if (good) onApply(id);
      }}
    >
      <Field
        label="Run id or event id"
        hint="A receiver finds the event's in webhook-id"
        error={id === "" || good ? undefined : "A run id has 36 characters, an event id evt_ and 32 more"}
      >
        {(control) => (
          <Input
            {...control}
            value={id}
            onChange={(event) => setId(event.target.value.trim().toLowerCase())}
            className="font-mono"
          />
        )}
      </Field>
      <Button type="submit" variant="primary" disabledReason={good ? undefined : "Paste the id of a run or an event"}>
        Apply
      </Button>
    </form>
  );
}
