/** What the server's own short way does with a large answer that nobody waits for any more. */
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, test, vi } from "vitest";
import { pacedBody } from "../../lib/http/paced-body.ts";
import { answerHot } from "../../lib/server/hot-routes.ts";
import { createRequestLog } from "../../lib/server/request-log.ts";

test("a large answer gives its room back where its caller has gone before it is sent", async () => {
  const release = vi.fn();
  const answered = Promise.withResolvers<void>();
  const server = createServer(async (request, response) => {
    client.destroy();
    await once(response, "close");
    const body = pacedBody([Buffer.alloc(1 << 20)], release);
    const route = () => Promise.resolve({ status: 200 as const, body, headers: {} });
    await answerHot(route, request, response, "req_test", createRequestLog());
    answered.resolve();
  }).listen(0);
  const { port } = server.address() as AddressInfo;
  const client = connect(port, "127.0.0.1", () => client.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n"));
  try {
    await answered.promise;
    expect(release).toHaveBeenCalled();
  } finally {
    server.close();
  }
});
