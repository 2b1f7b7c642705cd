/** What a service gets, and what it may answer: to be read beside the code that does it. */
"use client";

import { CodeBlock } from "@/components/ui/code-block";
import type { EngineDto } from "@/lib/engines/schema";

const requestOf = (engine: EngineDto) => `POST /your/path
webhook-id: 01997c3e-7b1e-7c40-b2a5-9f1d5c3e8a10     the run's id
webhook-timestamp: 1795276800
webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=

{
  "run_id": "01997c3e-7b1e-7c40-b2a5-9f1d5c3e8a10",
  "environment": "live",
  "engine": "${engine.slug}",
  "engine_version": "${engine.latest_version ?? "1.0"}",
  "input": { … },
  "callback": {
    "url": "https://…/api/v1/runs/01997c3e-…/callback",
    "token": "nxc_…",
    "expires_at": "2026-11-21T16:15:00.000Z"
  }
}`;

const SERVICE = `import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.SIGNING_SECRET);

createServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  try {
    webhook.verify(body, request.headers);
  } catch {
    return response.writeHead(401).end();
  }
  const { input } = JSON.parse(body);
  response.end(JSON.stringify({ output: { score: score(input) } }));
}).listen(8080);`;

const ANSWERS: readonly [what: string, meaning: string][] = [
  ["200 and an object", "The run's output. Or {output, solutions}, or {error: {message}}."],
  ["202", "Later: POST one of these to callback.url, with Authorization: Bearer <callback.token>, before expires_at."],
  ["Anything else", "The run fails. Nothing is sent again, and redirects are not followed."],
  ["The same webhook-id again", "We did not see your answer. Answer as before."],
];

/** A column of its own. */
export function HttpCallSample({ engine }: { engine: EngineDto }) {
  return (
    <section aria-labelledby="http-call" className="flex min-w-0 flex-col gap-4">
      <h2 id="http-call" className="text-sm font-semibold">
        What the service gets, and answers
      </h2>
      <CodeBlock label="Request" code={requestOf(engine)} />
      <dl className="divide-y divide-hairline rounded-lg border text-sm">
        {ANSWERS.map(([what, meaning]) => (
          <div key={what} className="grid gap-x-4 gap-y-0.5 px-3 py-2 sm:grid-cols-[11rem_minmax(0,1fr)]">
            <dt className="font-medium">{what}</dt>
            <dd className="min-w-0 text-muted">{meaning}</dd>
          </div>
        ))}
      </dl>
      <CodeBlock label="A service in Node" code={SERVICE} />
    </section>
  );
}
