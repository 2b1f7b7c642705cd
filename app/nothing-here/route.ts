/** What next.config.mjs lets answer for every /api path that no route has: the public error shape instead of a page. */
import { notFound } from "@/lib/errors";
import { sessionRoute } from "@/lib/http/session-route";

const nothing = sessionRoute({ find: () => Promise.reject(notFound("Route")) }, () => undefined);

export { nothing as DELETE, nothing as GET, nothing as PATCH, nothing as POST, nothing as PUT };
