/** /examples/<engine-slug>.json: a request body for each example engine, ready for `curl -d @input.json`. Public, and never changes. */
import { exampleRequests } from "@/lib/engines/examples/engines.ts";

export const dynamic = "force-static";
export const dynamicParams = false;

export function generateStaticParams() {
  return [...exampleRequests.keys()].map((slug) => ({ file: `${slug}.json` }));
}

export async function GET(_request: Request, { params }: { params: Promise<{ file: string }> }): Promise<Response> {
  const { file } = await params;
  return Response.json(exampleRequests.get(file.replace(/\.json$/, "")));
}
