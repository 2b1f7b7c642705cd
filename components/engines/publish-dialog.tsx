/** Publishing, looked at before it is done: what is wrong with the draft, or which version it becomes, why, and what differs. */
"use client";

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";

import { ConfigDiffView } from "@/components/engines/config-diff";
import { ChangeBadge, COMPATIBLE_WORDS, ContractReasons } from "@/components/engines/version-change";
import { useEnvironment, useRefusal } from "@/components/shell/use-environment";
import { Button } from "@/components/ui/button";
import { Callout } from "@/components/ui/callout";
import { RelativeTime } from "@/components/ui/clock";
import { Dialog, DialogBody, DialogClose, DialogContent, DialogFooter } from "@/components/ui/dialog";
import { Field } from "@/components/ui/field";
import { formatPlural } from "@/components/ui/format-number";
import { TextArea } from "@/components/ui/input";
import { Skeleton } from "@/components/ui/skeleton";
import type { PublishPreview } from "@/lib/engines/diff-schema";
import type { EngineDto, EngineVersionDto } from "@/lib/engines/schema";
import { publishEngine, publishPreviewQuery } from "@/lib/engines/version-query-options";
import { PortalError } from "@/lib/http/portal-client";

type Props = {
  engine: EngineDto;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onPublished: (version: EngineVersionDto) => void;
};

/** The dialog; its preview is read afresh whenever it opens. */
export function PublishDialog({ engine, open, onOpenChange, onPublished }: Props) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent title={`Publish ${engine.name}`} className="max-w-xl">
        <Publication engine={engine} onPublished={onPublished} onLeave={() => onOpenChange(false)} />
      </DialogContent>
    </Dialog>
  );
}

function Publication({
  engine,
  onPublished,
  onLeave,
}: Pick<Props, "engine" | "onPublished"> & { onLeave: () => void }) {
  const { slug: environment } = useEnvironment();
  const refusal = useRefusal("engines:manage");
  const queryClient = useQueryClient();
  const [changelog, setChangelog] = useState("");
  const preview = useQuery(publishPreviewQuery(engine.slug));
  const publication = useMutation<EngineVersionDto, PortalError>({
    // Exactly the draft that was looked at, or none.
    mutationFn: () =>
      publishEngine(environment, engine.slug, { changelog, expected_updated_at: preview.data!.draft_updated_at }),
    onSuccess: onPublished,
    onError: () => queryClient.invalidateQueries({ queryKey: ["engine", engine.slug] }),
  });
  const { data } = preview;
  const isCurrent = data !== undefined && !preview.isFetching;
  return (
    <>
      <DialogBody>
        {preview.isError ? <PreviewError error={preview.error} retry={() => void preview.refetch()} /> : null}
        {data ? (
          <Preview engine={engine} preview={data} onLeave={onLeave} />
        ) : preview.isError ? null : (
          <PreviewSkeleton />
        )}
        {data?.valid ? (
          <Field
            label="Changelog"
            optional
            hint="What callers of this engine should know. It is kept with the version."
          >
            {(control) => (
              <TextArea
                {...control}
                rows={3}
                maxLength={10_000}
                value={changelog}
                onChange={(event) => setChangelog(event.target.value)}
              />
            )}
          </Field>
        ) : null}
        {publication.error ? (
          <Callout tone="danger" live="alert">
            {publication.error.code === "conflict"
              ? `${publication.error.message}. What is shown here is the newer one now.`
              : publication.error.message}
          </Callout>
        ) : null}
      </DialogBody>
      <DialogFooter>
        <DialogClose asChild>
          <Button size="lg">Cancel</Button>
        </DialogClose>
        <Button
          variant="primary"
          size="lg"
          pending={publication.isPending || (preview.isFetching && !preview.isError)}
          disabledReason={
            refusal ?? (isCurrent ? refusalOf(data) : preview.isError ? "The draft could not be checked" : undefined)
          }
          onClick={() => publication.mutate()}
        >
          {data?.version ? `Publish ${data.version}` : "Publish"}
        </Button>
      </DialogFooter>
    </>
  );
}

function refusalOf({ valid, problems, follows, diff }: PublishPreview): string | undefined {
  if (!valid) return `The draft has ${formatPlural(problems.length, "problem")}`;
  return follows !== null && diff.total === 0 ? `Nothing differs from ${follows}` : undefined;
}

function Preview({ engine, preview, onLeave }: { engine: EngineDto; preview: PublishPreview; onLeave: () => void }) {
  const { valid, version, change, follows, reasons, diff } = preview;
  return (
    <>
      {valid && version && change ? (
        <div className="flex flex-col gap-1.5">
          <p className="flex flex-wrap items-center gap-2 font-mono text-base">
            {follows ? <span className="text-muted">{follows} →</span> : null}
            <strong className="font-semibold">{version}</strong>
            <ChangeBadge change={change} />
          </p>
          {change === "major" ? (
            <Callout tone="warning">
              <p className="font-medium">Callers of {follows} could not go on as they are:</p>
              <ContractReasons reasons={reasons} />
            </Callout>
          ) : (
            <p className="text-sm text-muted">
              {change === "first" ? "The first version of this engine. From then on it can be run." : COMPATIBLE_WORDS}
            </p>
          )}
        </div>
      ) : (
        <Problems engine={engine} preview={preview} onLeave={onLeave} />
      )}
      {follows ? (
        <section className="flex min-w-0 flex-col gap-2">
          <h3 className="flex flex-wrap items-baseline justify-between gap-x-3 text-sm font-medium">
            {formatPlural(diff.total, "change")} since {follows}
            <DraftAuthor preview={preview} />
          </h3>
          {/* A box that scrolls must be reachable by keyboard. */}
          <section
            // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
            tabIndex={0}
            aria-label={`Changes since ${follows}`}
            className="max-h-72 overflow-y-auto rounded-lg"
          >
            <ConfigDiffView diff={diff} />
          </section>
        </section>
      ) : null}
    </>
  );
}

function DraftAuthor({ preview }: { preview: PublishPreview }) {
  return (
    <span className="text-xs font-normal text-muted">
      saved {preview.draft_updated_by ? `by ${preview.draft_updated_by} ` : ""}
      <RelativeTime at={preview.draft_updated_at} />
    </span>
  );
}

const MAX_PROBLEMS = 10;

function Problems({ engine, preview, onLeave }: { engine: EngineDto; preview: PublishPreview; onLeave: () => void }) {
  const { href } = useEnvironment();
  const { problems } = preview;
  const more = problems.length - MAX_PROBLEMS;
  return (
    <Callout tone="danger" live="alert">
      <p className="font-medium">The draft has {formatPlural(problems.length, "problem")} and cannot be published:</p>
      <ul className="mt-1 flex flex-col gap-1">
        {problems.slice(0, MAX_PROBLEMS).map(({ path, code, message }) => (
          <li key={`${path} ${code} ${message}`} className="break-words">
            {message}
            {path === "" ? null : (
              <>
                {" "}
                <Link
                  href={href(`/engines/${engine.slug}`, { at: path })}
                  onClick={onLeave}
                  className="font-mono text-xs break-all underline underline-offset-2"
                >
                  {path}
                </Link>
              </>
            )}
          </li>
        ))}
        {more > 0 ? <li>and {more} more</li> : null}
      </ul>
    </Callout>
  );
}

function PreviewError({ error, retry }: { error: Error; retry: () => void }) {
  const requestId = error instanceof PortalError ? error.requestId : undefined;
  return (
    <Callout tone="danger" live="alert">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p>
          The draft could not be checked: {error.message}
          {requestId ? ` (request ${requestId})` : ""}
        </p>
        <Button size="sm" onClick={retry}>
          Try again
        </Button>
      </div>
    </Callout>
  );
}

function PreviewSkeleton() {
  return (
    <div aria-busy className="flex flex-col gap-3">
      <span className="sr-only">Checking the draft</span>
      <Skeleton className="h-6 w-32" />
      <Skeleton className="h-4 w-full" />
      <Skeleton className="h-24 w-full" />
    </div>
  );
}
