/** Next inside this server: pages, portal routes and static files. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import next from "next";
import { env } from "../env.ts";
import { loggerFor } from "../logger.ts";
import { projectRoot } from "../local/project-root.ts";

export type Portal = {
  /** Whether pages can be served. */
  isReady(): boolean;
  /** Resolves when it can, or never will. */
  readonly prepared: Promise<void>;
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** For the development server's hot reloading. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  close(): Promise<void>;
};

const log = loggerFor("portal");

/**
 * Starts Next beside the API, which does not wait for it. Without a build it cannot start: pages are then refused and /ready says so.
 */
export function openPortal(): Portal {
  // Next hangs its own upgrade listener on the server it is given: on this one, which never listens, it does no harm.
  const idle = createServer();
  const app = next({
    dev: env.NODE_ENV === "development",
    dir: projectRoot(),
    hostname: env.HOST,
    port: env.PORT,
    httpServer: idle,
  });
  let ready = false;
  async function prepare(): Promise<void> {
    try {
      await app.prepare();
      ready = true;
    } catch (error) {
      log.error({ err: error }, "the portal cannot start");
    }
  }
  const prepared = prepare();
  const handle = app.getRequestHandler();
  return {
    isReady: () => ready,
    prepared,
    handle: (request, response) => handle(request, response),
    upgrade(request, socket, head) {
      void app.getUpgradeHandler()(request, socket, head);
    },
    close: async () => {
      if (ready) await app.close();
    },
  };
}
