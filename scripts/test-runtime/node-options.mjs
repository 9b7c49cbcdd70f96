/** The options of Node.js with which jest runs. It gives them to its workers, and not to the programs that tests start. */
export const testNodeOptions = [
  // Parallel garbage collection would take the cores from the tests. A small young generation would take a fifth of the
  // time of a worker, because test files keep much alive for a short while.
  '--single-threaded-gc',
  '--min-semi-space-size=64',
  '--max-semi-space-size=64',
  // A collection that interrupts code of V8's baseline compiler reads a register that need not hold a value of JavaScript,
  // which may crash: https://github.com/nodejs/node/issues/62393. Tests do not get slower without that compiler.
  '--no-sparkplug',
  // V8 may crash while it frees WebAssembly code that it has replaced by faster code. PostgreSQL's engine, which runs in
  // threads of a worker, is such code: https://github.com/nodejs/node/issues/64500.
  '--no-wasm-tier-up',
  '--no-wasm-dynamic-tiering',
  '--disable-warning=ExperimentalWarning',
  '--disable-warning=TimeoutNegativeWarning',
];
