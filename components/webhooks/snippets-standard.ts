/** Receivers that verify with the published libraries of Standard Webhooks. Each can be run as it stands. */
import type { Snippets } from "@/components/webhooks/snippet-languages";

const NODE = `// npm install standardwebhooks
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env.WEBHOOK_SECRET);

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  let event;
  try {
    // The raw body, byte for byte: parse it only once it is verified.
    event = webhook.verify(Buffer.concat(chunks), request.headers);
  } catch {
    return response.writeHead(401).end();
  }
  // Store it and answer; work on it afterwards.
  // event.id is the same whenever it is sent again.
  console.log(event.id, event.type);
  response.writeHead(204).end();
}).listen(8080);`;

const PYTHON = `# pip install standardwebhooks
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        # The raw body, byte for byte: parse it only once it is verified.
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            event = webhook.verify(body, dict(self.headers))
        except (WebhookVerificationError, ValueError):
            self.send_response(401)
            self.end_headers()
            return
        # Store it and answer; work on it afterwards.
        # event["id"] is the same whenever it is sent again.
        print(event["id"], event["type"], flush=True)
        self.send_response(204)
        self.end_headers()


ThreadingHTTPServer(("", 8080), Receiver).serve_forever()`;

const GO = `// go get github.com/standard-webhooks/standard-webhooks/libraries
package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func main() {
	webhook, err := standardwebhooks.NewWebhook(os.Getenv("WEBHOOK_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/webhooks", func(w http.ResponseWriter, r *http.Request) {
		// The raw body, byte for byte: parse it only once it is verified.
		body, err := io.ReadAll(r.Body)
		if err != nil || webhook.Verify(body, r.Header) != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		var event struct {
			ID   string          \`json:"id"\`
			Type string          \`json:"type"\`
			Data json.RawMessage \`json:"data"\`
		}
		if err := json.Unmarshal(body, &event); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		// Store it and answer; work on it afterwards.
		// event.ID is the same whenever it is sent again.
		log.Println(event.ID, event.Type)
		w.WriteHeader(http.StatusNoContent)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}`;

const RUBY = `# gem install standardwebhooks sinatra rackup puma
require "sinatra"
require "standardwebhooks"

set :port, 8080
webhook = StandardWebhooks::Webhook.new(ENV.fetch("WEBHOOK_SECRET"))

post "/webhooks" do
  # The raw body, byte for byte: parse it only once it is verified.
  event = webhook.verify(request.body.read, {
    "webhook-id" => request.get_header("HTTP_WEBHOOK_ID"),
    "webhook-timestamp" => request.get_header("HTTP_WEBHOOK_TIMESTAMP"),
    "webhook-signature" => request.get_header("HTTP_WEBHOOK_SIGNATURE")
  })
  # Store it and answer; work on it afterwards.
  # event["id"] is the same whenever it is sent again.
  puts "#{event["id"]} #{event["type"]}"
  204
rescue StandardWebhooks::WebhookVerificationError
  halt 401
end`;

const PHP = `<?php
// composer require standard-webhooks/standard-webhooks
require __DIR__ . '/vendor/autoload.php';

use StandardWebhooks\\Exception\\WebhookVerificationException;
use StandardWebhooks\\Webhook;

$webhook = new Webhook(getenv('WEBHOOK_SECRET'));
try {
    // The raw body, byte for byte: parse it only once it is verified.
    $event = $webhook->verify(file_get_contents('php://input'), [
        'webhook-id' => $_SERVER['HTTP_WEBHOOK_ID'] ?? null,
        'webhook-timestamp' => $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? null,
        'webhook-signature' => $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? null,
    ]);
} catch (WebhookVerificationException) {
    http_response_code(401);
    exit;
}
// Store it and answer; work on it afterwards.
// $event['id'] is the same whenever it is sent again.
error_log("{$event['id']} {$event['type']}");
http_response_code(204);`;

const CURL = `# Sends your receiver a ping that is signed as ours are.
URL=http://localhost:8080/webhooks
ID=evt_$(openssl rand -hex 16)
NOW=$(date +%s)
BODY='{"id":"'$ID'","type":"ping"}'
KEY=$(printf %s "\${WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A |
  od -An -v -tx1 | tr -d ' \\n')
SIGNATURE=$(printf %s "$ID.$NOW.$BODY" |
  openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | openssl base64 -A)

curl -i "$URL" -H "content-type: application/json" \\
  -H "webhook-id: $ID" \\
  -H "webhook-timestamp: $NOW" \\
  -H "webhook-signature: v1,$SIGNATURE" \\
  --data-binary "$BODY"`;

/** The secret is in the environment variable `WEBHOOK_SECRET`. */
export const STANDARD_SNIPPETS: Snippets = {
  node: NODE,
  python: PYTHON,
  go: GO,
  ruby: RUBY,
  php: PHP,
  curl: CURL,
};
