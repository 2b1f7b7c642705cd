/** For those who run the Prisma command line themselves; Nexio needs only `generate` of it (scripts/generate-prisma-client.mjs). */
import { defineConfig } from "prisma/config";

const url = process.env["DATABASE_URL"];

export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  ...(url ? { datasource: { url } } : {}),
});
