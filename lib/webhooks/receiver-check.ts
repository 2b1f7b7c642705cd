/**
 * What the receiver check makes of a receiver's answers. It tells what can be seen from outside and no more: whether a request was taken (2xx) or
 * refused, by a status that a verifier answers. What the receiver then did with it cannot be seen.
 */
import type { OutboundFailure } from "../outbound/client.ts";
import type { ReceiverCheckName } from "./deliveries-schema.ts";

/** What came of one request. */
export type CheckOutcome =
  | { kind: "answered"; status: number }
  | { kind: "failed"; reason: OutboundFailure; message: string };

/** `passed` is null where the answer tells nothing. */
export type Verdict = { passed: boolean | null; advice: string };

/** A stale request's age. Verifiers allow five minutes: Standard Webhooks' libraries and Stripe's do. */
export const STALE_SECONDS = 660;

/** What each request is, and what should be answered. */
export const CHECKS: Record<ReceiverCheckName, { sent: string; expected: string }> = {
  valid_signature: { sent: "A ping, signed as every delivery is", expected: "2xx" },
  bad_signature: { sent: "A ping that is signed with another secret", expected: "401, or 400, 403, 404, 422" },
  stale_timestamp: {
    sent: `A ping with a valid signature that is ${STALE_SECONDS / 60} minutes old`,
    expected: "400, or 401, 403, 404, 422",
  },
  duplicate_id: { sent: "The first ping once more, with the same webhook-id", expected: "2xx, and nothing done twice" },
};

const isTaken = (status: number) => status >= 200 && status < 300;
/** What those answer who have looked at a request and do not take it. 404 is one: the first ping was taken at the same URL. */
const REFUSALS = new Set([400, 401, 403, 404, 422]);
const isRefused = (status: number) => REFUSALS.has(status);
/** They are about how many requests came, or how fast, and not about this one. */
const OF_THE_MOMENT = new Set([408, 425, 429]);

function adviceOnRefusal(status: number): string {
  if (status >= 300 && status < 400) {
    return "A redirect counts as a failure and is not followed: set the webhook's URL to where it leads.";
  }
  if (status === 410) return "410 says that the receiver is gone: a delivery that gets it disables the webhook.";
  if (status >= 400 && status < 500) {
    return "It refuses what is signed well. Verify the raw body, byte for byte, with this webhook's own secret; compare webhook-signature or X-Nexio-Signature; and check the clock and the token that it wants.";
  }
  return "It fails on a good request. Look for the error in the receiver's log; until it answers 2xx, deliveries are tried again.";
}

function judgeValid(status: number): Verdict {
  if (isTaken(status)) return { passed: true, advice: "It takes what Nexio sends." };
  return { passed: false, advice: adviceOnRefusal(status) };
}

// That it does not answer 2xx is no proof that it has looked at the signature: it may have failed before.
const unclear = (status: number): Verdict => ({
  passed: null,
  advice: `${status} does not say whether it has verified the request, or failed on it before: answer 401 or 400 to what is not verified.`,
});

function judgeBadSignature(status: number): Verdict {
  if (isTaken(status)) {
    return {
      passed: false,
      advice:
        "It takes what anybody sends. Verify the signature before anything else, and answer 401 where it is wrong.",
    };
  }
  return isRefused(status) ? { passed: true, advice: "It refuses what Nexio has not signed." } : unclear(status);
}

function judgeStale(status: number): Verdict {
  if (isTaken(status)) {
    return {
      passed: false,
      advice:
        "Who has once seen a request can send it again for ever. Refuse timestamps that are more than five minutes off; the timestamp is part of what is signed.",
    };
  }
  return isRefused(status) ? { passed: true, advice: "It refuses what is too old." } : unclear(status);
}

function judgeDuplicate(status: number): Verdict {
  if (isTaken(status)) {
    return {
      passed: true,
      advice:
        "It takes a repetition calmly. Whether it has done its work twice cannot be seen from here: look for this event in your own log, and keep every webhook-id that was handled for some days.",
    };
  }
  return {
    passed: false,
    advice:
      "What is delivered at least once may come twice. Whatever is not 2xx counts as a failure and is sent again for days: answer 200 to a webhook-id that was handled already, and do nothing.",
  };
}

const ofTheMoment = (status: number): Verdict => ({
  passed: null,
  advice: `${status} says that the receiver takes no more just now, and nothing of this request. Let it take four requests one after another, and check again.`,
});

const JUDGES: Record<ReceiverCheckName, (status: number) => Verdict> = {
  valid_signature: judgeValid,
  bad_signature: judgeBadSignature,
  stale_timestamp: judgeStale,
  duplicate_id: judgeDuplicate,
};

/** What an answer, or none, says of the receiver. To be asked of the later checks only where the first has passed. */
export function judge(check: ReceiverCheckName, outcome: CheckOutcome): Verdict {
  if (outcome.kind === "answered") {
    const { status } = outcome;
    return OF_THE_MOMENT.has(status) ? ofTheMoment(status) : JUDGES[check](status);
  }
  const advice = `${outcome.message}.`;
  return { passed: check === "valid_signature" || check === "duplicate_id" ? false : null, advice };
}

/** Of the later checks where the first has not passed: a receiver that takes nothing refuses a forgery too. */
export const NOT_SENT: Verdict = {
  passed: null,
  advice: "Not sent: what it does with other requests tells nothing until it takes a good one.",
};
