/** Which addresses and URLs of customers' choosing are refused, and how requests to them are signed. */
import { createHmac } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { open, seal } from "../../lib/encryption.ts";
import { parseEnv } from "../../lib/env.ts";
import { isAllowedAddress } from "../../lib/outbound/address-rules.ts";
import { makePolicy } from "../../lib/outbound/policy.ts";
import { newSigningSecret, signatureHeaders } from "../../lib/outbound/signature.ts";
import { urlProblem } from "../../lib/outbound/url-rules.ts";
import { REFUSED_ADDRESSES } from "./outbound-addresses.ts";

const production = makePolicy();
const development = makePolicy({ development: true });

describe("addresses", () => {
  it.each(Object.entries(REFUSED_ADDRESSES))("refuses %s", (_, address) => {
    expect(isAllowedAddress(address, production)).toBe(false);
  });
  it.each(["93.184.216.34", "1.1.1.1", "2606:4700::1111"])("allows %s", (address) => {
    expect(isAllowedAddress(address, production)).toBe(true);
  });
  it.each(["", "example.com", "10.0.0", "010.0.0.1x"])("refuses what is no address: %j", (text) => {
    expect(isAllowedAddress(text, development)).toBe(false);
  });
  it("allows what the operator names, and nothing beside it", () => {
    const policy = makePolicy({ cidrs: "10.1.0.0/16, fd00:1::/64" });
    expect(isAllowedAddress("10.1.2.3", policy)).toBe(true);
    expect(isAllowedAddress("10.2.0.1", policy)).toBe(false);
    expect(isAllowedAddress("fd00:1::5", policy)).toBe(true);
    expect(isAllowedAddress("fd00:2::5", policy)).toBe(false);
    expect(isAllowedAddress("::ffff:10.1.2.3", policy)).toBe(false);
  });
  it("allows loopback in development, and nothing else of what is refused", () => {
    const allowed = Object.values(REFUSED_ADDRESSES).filter((address) => isAllowedAddress(address, development));
    expect(allowed).toEqual(["127.8.9.1", "::1"]);
  });
  it("a list of CIDRs with a mistake stops the program", () => {
    expect(() => parseEnv({ NEXIO_OUTBOUND_ALLOWED_CIDRS: "10.0.0.0/8,private" })).toThrow("NEXIO_OUTBOUND_ALLOWED");
    expect(parseEnv({ NEXIO_OUTBOUND_ALLOWED_CIDRS: "10.0.0.0/8, fd00::/8" })).toBeTruthy();
  });
});

describe("URLs", () => {
  it.each([
    "https://api.example.com/runs?x=1",
    "https://93.184.216.34:8443/",
    "https://[2606:4700::1111]/",
    "https://does-not-resolve.example/",
    "https://internal.example.com/",
    "https://example.com./",
  ])("takes %s", (url) => expect(urlProblem(url, production)).toBeNull());

  it.each([
    "",
    "not a url",
    "https://example.com/\r\nX: y",
    " https://api.example.com/",
    "https://api.example.com/ ",
    "https://api.example.com/a b",
    "https://api.exa\tmple.com/",
    "https://api.example.com/\u0000",
    "https://api.example.com/\u00a0",
    "https://api.\u200bexample.com/",
    "http://api.example.com/",
    "ftp://api.example.com/",
    "file:///etc/passwd",
    "https://user@api.example.com/",
    "https://user:secret@api.example.com/",
    "https://localhost/",
    "https://localhost./",
    "https://intranet/",
    "https://foo../",
    "https://foo.internal../",
    "https://127.0.0.1../",
    "https://api..example.com/",
    "https://.example.com/",
    "https://metadata.google.internal/",
    "https://printer.local/",
    "https://app.localhost./",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://127.0.0.1./",
    "https://１０.0.0.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[64:ff9b::10.0.0.1]/",
    `https://api.example.com/${"x".repeat(2_048)}`,
  ])("refuses %s", (url) => expect(urlProblem(url, production)).toEqual(expect.any(String)));

  it("takes http: and loopback in development", () => {
    expect(urlProblem("http://127.0.0.1:4000/run", development)).toBeNull();
    expect(urlProblem("http://localhost:4000/run", development)).toBeNull();
    expect(urlProblem("http://[::1]:4000/run", development)).toBeNull();
    expect(urlProblem("http://10.0.0.1/run", development)).not.toBeNull();
  });
});

describe("signatures", () => {
  const message = { id: "0190-run", timestamp: Math.floor(Date.now() / 1000), body: '{"text":"é"}' };

  it("are taken by the published verifier, with each of two secrets", () => {
    const secrets = [newSigningSecret(), newSigningSecret()];
    const headers = signatureHeaders(message, secrets);
    for (const secret of secrets) expect(new Webhook(secret).verify(message.body, headers)).toEqual({ text: "é" });
    expect(() => new Webhook(newSigningSecret()).verify(message.body, headers)).toThrow();
    expect(() => new Webhook(secrets[0]!).verify('{"text":"e"}', headers)).toThrow();
  });

  it("stand in x-nexio-signature too, keyed with the whole secret", () => {
    const secret = newSigningSecret();
    const hex = createHmac("sha256", secret).update(`${message.timestamp}.${message.body}`).digest("hex");
    expect(signatureHeaders(message, [secret])["x-nexio-signature"]).toBe(`t=${message.timestamp},v1=${hex}`);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  });
});

describe("what is sealed", () => {
  it("opens in its place only, and never twice the same", () => {
    const sealed = seal("whsec_secret", "engine_secret:1");
    expect(sealed).toMatch(/^v1\.[0-9a-f]{8}\.[\w-]+$/);
    expect(open(sealed, "engine_secret:1")).toBe("whsec_secret");
    expect(() => open(sealed, "engine_secret:2")).toThrow();
    expect(seal("whsec_secret", "engine_secret:1")).not.toBe(sealed);
  });
  it("does not open when it was changed, cut or sealed with another key", () => {
    const sealed = seal("whsec_secret", "here");
    const [format, key, data] = sealed.split(".") as [string, string, string];
    const flipped = Buffer.from(data, "base64url");
    flipped[20]! ^= 1;
    for (const bad of [
      `${format}.${key}.${flipped.toString("base64url")}`,
      `${format}.${key}.${data.slice(0, 20)}`,
      `${format}.00000000.${data}`,
      "",
      "plain",
    ])
      expect(() => open(bad, "here")).toThrow();
  });
});
