/**
 * Next serves the portal. The server around it (lib/server) answers the API, health and WebSockets; the policy and the other security
 * headers of pages are set in proxy.ts.
 */

/** @type {import("next").NextConfig} */
export default {
  // A finished build lies in a folder of its own, so that a later build does not pull it away under a server that runs on it.
  distDir: process.env.NEXIO_NEXT_DIST || ".next",
  turbopack: { root: import.meta.dirname },
  poweredByHeader: false,
  reactStrictMode: true,
  // No image is resized here: the few there are are SVG.
  images: { unoptimized: true },
  // Loaded from node_modules as they are: native code, WebAssembly, and state that must exist once.
  serverExternalPackages: [
    "pg",
    "@prisma/client",
    "@prisma/adapter-pg",
    "@gorules/zen-engine",
    "graphile-worker",
    "pino",
  ],
  // `npm test` checks types, with the stricter settings of the whole project.
  typescript: { ignoreBuildErrors: true },
  // An /api path that no route has is answered in the public error shape, not with a page.
  rewrites: () =>
    Promise.resolve({
      beforeFiles: [],
      afterFiles: [],
      fallback: [{ source: "/api/:path*", destination: "/nothing-here" }],
    }),
  devIndicators: false,
  allowedDevOrigins: ["127.0.0.1", "localhost"],
  // Every page is made for one person; there is little to keep.
  cacheMaxMemorySize: 8 * 1024 * 1024,
  experimental: {
    // Pages are loaded when they are first asked for, not all of them at the start.
    preloadEntriesOnStart: false,
    // Next keeps a copy of each body for the route behind proxy.ts; portal routes take 1 MiB and refuse the rest.
    proxyClientMaxBodySize: "2mb",
  },
};
