/** One attempt: what was sent at the left, what came back at the right. */
"use client";

import type { ReactNode } from "react";

import { useCan } from "@/components/shell/session-context";
import { Badge } from "@/components/ui/badge";
import { formatDuration } from "@/components/ui/format-number";
import { BodyView } from "@/components/webhooks/body-view";
import { errorWords } from "@/components/webhooks/delivery-words";
import { HeaderList } from "@/components/webhooks/header-list";
import type { AttemptDto } from "@/lib/webhooks/deliveries-schema";

const HIDDEN = "The body needs the permission payloads:read. An owner can grant it by changing your role.";

/** `body` is what every attempt sends; undefined where it may not be seen. */
export function AttemptExchange({ attempt, body }: { attempt: AttemptDto; body: string | undefined }) {
  return (
    <Sides
      request={
        <>
          <RequestLine url={attempt.url} />
          <HeaderList headers={attempt.request_headers} label="Request headers" />
          <RequestBody body={body} />
        </>
      }
      response={<Response attempt={attempt} />}
    />
  );
}

/** What will be sent, while nothing was yet. */
export function UnsentRequest({ url, body }: { url: string; body: string | undefined }) {
  return (
    <Sides
      request={
        <>
          <RequestLine url={url} />
          <RequestBody body={body} />
        </>
      }
      response={<p className="text-sm text-muted">Nothing was sent yet.</p>}
    />
  );
}

function Sides({ request, response }: { request: ReactNode; response: ReactNode }) {
  return (
    <div className="grid items-start gap-x-5 gap-y-6 md:grid-cols-2">
      <section aria-labelledby="attempt-request" className="flex min-w-0 flex-col gap-3">
        <h3 id="attempt-request" className="text-sm font-semibold">
          Request
        </h3>
        {request}
      </section>
      <section aria-labelledby="attempt-response" className="flex min-w-0 flex-col gap-3">
        <h3 id="attempt-response" className="text-sm font-semibold">
          Response
        </h3>
        {response}
      </section>
    </div>
  );
}

function RequestLine({ url }: { url: string }) {
  return (
    <p className="flex min-h-5 items-baseline gap-2 font-mono text-xs">
      <span className="font-semibold">POST</span>
      <span className="min-w-0 break-all">{url}</span>
    </p>
  );
}

function RequestBody({ body }: { body: string | undefined }) {
  return body === undefined ? (
    <p className="text-sm text-muted">{HIDDEN}</p>
  ) : (
    <BodyView text={body} label="Request body" />
  );
}

function Response({ attempt }: { attempt: AttemptDto }) {
  const { status_code: status, error, error_message: message, response_headers: headers } = attempt;
  return (
    <>
      <p className="flex min-h-5 flex-wrap items-center gap-2 text-sm">
        {status === undefined ? null : (
          <Badge tone={error === undefined ? "success" : "danger"} className="font-mono">
            {status}
          </Badge>
        )}
        {error === undefined ? null : <span className="font-medium text-danger-text">{errorWords(error).short}</span>}
        <span className="font-mono text-xs text-muted tabular-nums">{formatDuration(attempt.duration_ms)}</span>
      </p>
      {message === undefined ? null : <p className="text-sm break-words text-soft">{message}</p>}
      {headers ? <HeaderList headers={headers} label="Response headers" /> : null}
      {status === undefined ? null : <ResponseBody attempt={attempt} />}
    </>
  );
}

function ResponseBody({ attempt }: { attempt: AttemptDto }) {
  const seesPayloads = useCan("payloads:read");
  const { response_body: body, response_body_encoding: encoding, response_truncated: truncated } = attempt;
  if (body === undefined || body === "") {
    return <p className="text-sm text-muted">{seesPayloads || body === "" ? "The answer had no body." : HIDDEN}</p>;
  }
  const notes = [
    encoding ? "It is no text, and is shown in base64." : [],
    truncated ? "Only its first 64 KiB were read." : [],
  ].flat();
  return (
    <>
      <BodyView text={body} label="Response body" />
      {notes.length > 0 ? <p className="text-xs text-muted">{notes.join(" ")}</p> : null}
    </>
  );
}
