// The four services composed in one process, and the demo.
export {};
