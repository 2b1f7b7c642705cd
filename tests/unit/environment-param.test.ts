/** `?environment=`: never silently another environment, and no link that loses it. */
import { describe, expect, it } from "vitest";
import { environmentHref, resolveEnvironment } from "../../lib/environments/environment-param.ts";

const environments = [
  { slug: "live", kind: "live" },
  { slug: "dev", kind: "environment" },
  { slug: "production", kind: "environment" },
  { slug: "test", kind: "test" },
] as const;

describe("resolveEnvironment", () => {
  it.each([
    [undefined, "live", "live"],
    [null, "live", "live"],
    ["", "live", "live"],
    ["live", "live", "live"],
    ["dev", "dev", "environment"],
    ["production", "production", "environment"],
    ["test", "test", "test"],
    ["all", "all", "all"],
  ])("takes %o as %s", (raw, slug, kind) => {
    expect(resolveEnvironment(raw, environments)).toEqual({ slug, kind, unknownSlug: null });
  });

  it.each(["nowhere", "DEV", "dev ", "dev,live", "../dev", "__proto__"])("takes %o as live and says so", (raw) => {
    expect(resolveEnvironment(raw, environments)).toEqual({ slug: "live", kind: "live", unknownSlug: raw });
  });

  it("takes the first of several", () => {
    expect(resolveEnvironment(["dev", "live"], environments).slug).toBe("dev");
  });

  it("believes a slug while it is not known which there are, and nothing that cannot be one", () => {
    expect(resolveEnvironment("dev", undefined)).toEqual({ slug: "dev", kind: "environment", unknownSlug: null });
    expect(resolveEnvironment("DEV", undefined)).toEqual({ slug: "live", kind: "live", unknownSlug: "DEV" });
  });
});

describe("environmentHref", () => {
  it("leaves live out, names every other, and keeps what else is asked for", () => {
    expect(environmentHref("/runs", "live")).toBe("/runs");
    expect(environmentHref("/runs", "dev")).toBe("/runs?environment=dev");
    expect(environmentHref("/runs", "all", { engine: "a b&c" })).toBe("/runs?environment=all&engine=a+b%26c");
    expect(environmentHref("/runs", "live", { engine: "x" })).toBe("/runs?engine=x");
  });

  it("makes links that resolve to the same environment", () => {
    for (const { slug } of environments) {
      const url = new URL(environmentHref("/usage", slug), "http://portal.test");
      expect(resolveEnvironment(url.searchParams.get("environment"), environments).slug).toBe(slug);
    }
  });
});
