/** Deliveries in words: what an error means and what to do about it, why an attempt was made, where a delivery stands. Pure. */
import type { AttemptDto, DeliveryDto } from "@/lib/webhooks/deliveries-schema";
import { RETRY_DELAYS_MS } from "@/lib/webhooks/retry-delay";

type ErrorWords = { short: string; advice: string };

/** By the codes of attempts and deliveries. */
const ERRORS: Record<string, ErrorWords> = {
  http_status: {
    short: "Not a 2xx",
    advice: "Only an answer from 200 to 299 counts as received. The response says what the receiver had against it.",
  },
  redirect: {
    short: "Redirect",
    advice:
      "Redirects are not followed, so that nobody can lead a delivery elsewhere. Put the final address into the URL.",
  },
  timeout: {
    short: "No answer in 15 s",
    advice: "Answer as soon as the event is stored, and work on it afterwards.",
  },
  unreachable: {
    short: "Not reached",
    advice: "The host could not be looked up or connected to. Check its name, its certificate and its firewall.",
  },
  invalid_answer: {
    short: "Not an HTTP answer",
    advice: "What came back was no answer that HTTP knows. Check what stands between us and the receiver.",
  },
  url_not_allowed: {
    short: "Address refused",
    advice: "The host's name leads to an address that is not public, and nothing was sent. Use a public one.",
  },
  endpoint_disabled: {
    short: "Endpoint disabled",
    advice: "The endpoint was disabled when this was to be sent. Enable it, and recover what has failed.",
  },
  event_gone: {
    short: "Event removed",
    advice: "The event was removed by retention before it could be sent.",
  },
};

/** A code that is not known here yet is told as it is. */
export function errorWords(code: string): ErrorWords {
  return ERRORS[code] ?? { short: code.replaceAll("_", " "), advice: "" };
}

/** How the last attempt went, in a few words: `200`, `500`, `No answer in 15 s`; undefined where there was none. */
export function lastResponse({ last_status_code: status, last_error: error }: DeliveryDto): string | undefined {
  if (error !== undefined && (status === undefined || error === "endpoint_disabled")) return errorWords(error).short;
  return status === undefined ? undefined : String(status);
}

/** Why an attempt was made. */
export function triggerWords(trigger: AttemptDto["trigger"], number: number): string {
  if (trigger === "resend") return "Sent again by hand";
  if (trigger === "recover") return "Recovered";
  return number === 1 ? "First attempt" : "Retry";
}

/** How many attempts the schedule grants. */
export const SCHEDULED_ATTEMPTS = RETRY_DELAYS_MS.length;
