/** Receivers that verify `X-Nexio-Signature` with what the language brings along: for those who want no dependency. */
import type { Snippets } from "@/components/webhooks/snippet-languages";

const NODE = `import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const secret = process.env.WEBHOOK_SECRET; // the whole text, whsec_ included

/**
 * Whether \`header\`, t=<unix>,v1=<hex>[,v1=<hex>],
 * signs this raw body, at most five minutes ago.
 */
function isSigned(body, header = "") {
  const parts = header.split(",").map((part) => part.split("="));
  const [, timestamp = ""] = parts.find(([name]) => name === "t") ?? [];
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300)) return false;
  const expected = createHmac("sha256", secret)
    .update(timestamp + ".")
    .update(body)
    .digest();
  return parts.some(([name, value = ""]) => {
    const given = Buffer.from(value, "hex");
    const fits = name === "v1" && given.length === expected.length;
    return fits && timingSafeEqual(given, expected);
  });
}

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  if (!isSigned(body, request.headers["x-nexio-signature"])) {
    return response.writeHead(401).end();
  }
  const event = JSON.parse(body);
  // Store it and answer; work on it afterwards.
  // event.id is the same whenever it is sent again.
  console.log(event.id, event.type);
  response.writeHead(204).end();
}).listen(8080);`;

const PYTHON = `import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ["WEBHOOK_SECRET"].encode()  # the whole text, whsec_ included


def is_signed(body, header):
    """Whether header, t=<unix>,v1=<hex>[,v1=<hex>],
    signs this raw body, at most five minutes ago."""
    parts = [part.partition("=")[::2] for part in header.split(",")]
    timestamp = dict(parts).get("t", "")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > 300:
        return False
    signed = timestamp.encode() + b"." + body
    expected = hmac.new(SECRET, signed, hashlib.sha256).hexdigest()
    given = [value.encode() for name, value in parts if name == "v1"]
    return any(hmac.compare_digest(value, expected.encode()) for value in given)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if not is_signed(body, self.headers.get("x-nexio-signature", "")):
            self.send_response(401)
            self.end_headers()
            return
        event = json.loads(body)
        # Store it and answer; work on it afterwards.
        # event["id"] is the same whenever it is sent again.
        print(event["id"], event["type"], flush=True)
        self.send_response(204)
        self.end_headers()


ThreadingHTTPServer(("", 8080), Receiver).serve_forever()`;

const GO = `package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

var secret = []byte(os.Getenv("WEBHOOK_SECRET")) // the whole text, whsec_ included

// isSigned says whether header, t=<unix>,v1=<hex>[,v1=<hex>],
// signs this raw body, at most five minutes ago.
func isSigned(body []byte, header string) bool {
	var timestamp string
	var signatures [][]byte
	for _, part := range strings.Split(header, ",") {
		name, value, _ := strings.Cut(part, "=")
		if name == "t" {
			timestamp = value
		} else if signature, err := hex.DecodeString(value); name == "v1" && err == nil {
			signatures = append(signatures, signature)
		}
	}
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(timestamp + "."))
	mac.Write(body)
	expected := mac.Sum(nil)
	for _, signature := range signatures {
		if hmac.Equal(signature, expected) {
			return true
		}
	}
	return false
}

func main() {
	http.HandleFunc("/webhooks", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || !isSigned(body, r.Header.Get("X-Nexio-Signature")) {
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

const RUBY = `# gem install sinatra rackup puma
require "json"
require "openssl"
require "sinatra"

set :port, 8080
SECRET = ENV.fetch("WEBHOOK_SECRET") # the whole text, whsec_ included

# Whether header, t=<unix>,v1=<hex>[,v1=<hex>],
# signs this raw body, at most five minutes ago.
def signed?(body, header)
  parts = header.to_s.split(",").map { |part| part.split("=", 2) }
  timestamp = parts.assoc("t")&.at(1).to_s
  return false unless timestamp.match?(/\\A\\d{1,12}\\z/)
  return false if (Time.now.to_i - timestamp.to_i).abs > 300

  expected = OpenSSL::HMAC.hexdigest("SHA256", SECRET, "#{timestamp}.#{body}")
  parts.any? { |name, value| name == "v1" && OpenSSL.secure_compare(value.to_s, expected) }
end

post "/webhooks" do
  body = request.body.read
  halt 401 unless signed?(body, request.get_header("HTTP_X_NEXIO_SIGNATURE"))

  event = JSON.parse(body)
  # Store it and answer; work on it afterwards.
  # event["id"] is the same whenever it is sent again.
  puts "#{event["id"]} #{event["type"]}"
  204
end`;

const PHP = `<?php
$secret = getenv('WEBHOOK_SECRET'); // the whole text, whsec_ included

/**
 * Whether $header, t=<unix>,v1=<hex>[,v1=<hex>],
 * signs this raw body, at most five minutes ago.
 */
function isSigned(string $secret, string $body, string $header): bool
{
    $timestamp = '';
    $signatures = [];
    foreach (explode(',', $header) as $part) {
        [$name, $value] = explode('=', $part, 2) + ['', ''];
        if ($name === 't') {
            $timestamp = $value;
        } elseif ($name === 'v1') {
            $signatures[] = $value;
        }
    }
    if (!preg_match('/^\\d{1,12}$/D', $timestamp) || abs(time() - (int) $timestamp) > 300) {
        return false;
    }
    $expected = hash_hmac('sha256', "$timestamp.$body", $secret);
    foreach ($signatures as $signature) {
        if (hash_equals($expected, $signature)) {
            return true;
        }
    }
    return false;
}

$body = file_get_contents('php://input');
if (!isSigned($secret, $body, $_SERVER['HTTP_X_NEXIO_SIGNATURE'] ?? '')) {
    http_response_code(401);
    exit;
}
$event = json_decode($body, true);
// Store it and answer; work on it afterwards.
// $event['id'] is the same whenever it is sent again.
error_log("{$event['id']} {$event['type']}");
http_response_code(204);`;

const CURL = `# Sends your receiver a ping that is signed as ours are.
URL=http://localhost:8080/webhooks
NOW=$(date +%s)
BODY='{"id":"evt_'$(openssl rand -hex 16)'","type":"ping"}'
SIGNATURE=$(printf %s "$NOW.$BODY" |
  openssl dgst -sha256 -hmac "$WEBHOOK_SECRET" -r | cut -d ' ' -f 1)

curl -i "$URL" -H "content-type: application/json" \\
  -H "x-nexio-signature: t=$NOW,v1=$SIGNATURE" \\
  --data-binary "$BODY"`;

/** The secret is in the environment variable `WEBHOOK_SECRET`. */
export const PLAIN_SNIPPETS: Snippets = {
  node: NODE,
  python: PYTHON,
  go: GO,
  ruby: RUBY,
  php: PHP,
  curl: CURL,
};
