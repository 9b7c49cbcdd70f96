// What scripts/bundle.mjs writes to dist/page.js.

/** The script of the list of recordings. */
export const listScript: string;
/** The script of the page of one recording, which compiles WebAssembly. */
export const recordingScript: string;
/** The style of both. */
export const style: string;
