// What scripts/bundle.mjs writes to dist/page.js.

/** The script of the console. */
export const script: string;
/** Its style, which needs the colors of the pages. */
export const style: string;
