/** Makes an environment: one slug, checked while it is typed by the rule that the server applies again. */
"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { FlaskConical } from "lucide-react";
import { useState } from "react";

import { useSession } from "@/components/shell/session-context";
import { Callout } from "@/components/ui/callout";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { DialogForm } from "@/components/ui/dialog-form";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { createEnvironment, environmentsQuery } from "@/lib/environments/query-options";
import type { EnvironmentDto, EnvironmentList } from "@/lib/environments/schema";
import { slugProblem } from "@/lib/environments/slug";
import type { PortalError } from "@/lib/http/portal-client";

type Props = {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  list: EnvironmentList | undefined;
  onCreated: (environment: EnvironmentDto) => void;
};

/** The dialog; `onCreated` runs after the list of environments has the new one. */
export function CreateEnvironmentDialog({ open, onOpenChange, list, onCreated }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent
        title="Create environment"
        description="An isolated scope with its own keys, webhooks, run history and metrics. Its usage counts towards your organization."
      >
        <CreateForm list={list} onCreated={onCreated} />
      </DialogContent>
    </Dialog>
  );
}

/** What is wrong with what has been typed so far, in words; undefined while it is empty or good. */
function typedProblem(slug: string, list: EnvironmentList | undefined): string | undefined {
  if (slug === "") return undefined;
  const problem = slugProblem(slug);
  if (problem) return problem.message;
  const taken = list?.data.some((environment) => environment.slug === slug);
  return taken ? `The slug ${slug} is taken in this organization` : undefined;
}

function CreateForm({ list, onCreated }: Pick<Props, "list" | "onCreated">) {
  const { support_contact } = useSession();
  const queryClient = useQueryClient();
  const [slug, setSlug] = useState("");
  const creation = useMutation<EnvironmentDto, PortalError, string>({
    mutationFn: createEnvironment,
    onSuccess: (environment) => {
      queryClient.setQueryData(environmentsQuery().queryKey, (old) =>
        old ? { ...old, used: old.used + 1, data: [...old.data, environment] } : old,
      );
      void queryClient.invalidateQueries({ queryKey: environmentsQuery().queryKey });
      onCreated(environment);
    },
  });
  const full = list !== undefined && list.used >= list.limit;
  const problem = typedProblem(slug, list);
  const refused = creation.error && creation.variables === slug ? creation.error : null;
  const limitReached = full || refused?.code === "environment_limit_reached";
  const reason = limitReached ? "The limit is reached" : slug === "" ? "Type a slug first" : problem;
  return (
    <DialogForm
      action="Save"
      disabledReason={reason}
      pending={creation.isPending}
      onSubmit={() => creation.mutate(slug)}
    >
      {limitReached && list ? (
        <Callout tone="warning" live="status">
          {list.used} of {list.limit} environments are in use. To raise the limit, contact {support_contact}.
        </Callout>
      ) : null}
      <Field
        label="Slug"
        hint="1 to 16 lowercase letters, digits or underscores. Permanent: it cannot be renamed or used again."
        error={problem ?? (limitReached ? undefined : refused?.message)}
      >
        {(control) => (
          <Input
            {...control}
            value={slug}
            onChange={(event) => setSlug(event.target.value)}
            placeholder="dev"
            autoCapitalize="none"
            maxLength={64}
            className="font-mono"
          />
        )}
      </Field>
      <SlugPreview slug={problem || slug === "" ? "dev" : slug} example={Boolean(problem) || slug === ""} />
    </DialogForm>
  );
}

function SlugPreview({ slug, example }: { slug: string; example: boolean }) {
  return (
    <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-muted">
      <FlaskConical className="size-3.5 text-warning-text" aria-hidden />
      {example ? "For example, keys" : "Keys"} start with{" "}
      <code className="rounded-sm bg-sunken px-1 py-0.5 font-mono text-soft">nx_{slug}_</code>
    </p>
  );
}
