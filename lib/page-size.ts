/** How many rows a page of a list has. Apart from lib/page.ts, so that the browser reads the numbers without loading zod. */

export const DEFAULT_PAGE_SIZE = 25;
export const MAX_PAGE_SIZE = 100;
