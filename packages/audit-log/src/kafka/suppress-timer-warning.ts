let installed = false;

/**
 * Suppresses one warning. After every answer, the request queue of kafkajs 2.2.4 sets a timer with a negative delay,
 * which Node.js 24 reports once per process as TimeoutNegativeWarning. The services have no such timer any more
 * (rest-idle-queue.ts). The command line, which is one bundle, has it, and the warning alarms operators. Only this
 * warning from this library is suppressed.
 */
export function suppressTimerWarning(): void {
  if (installed) return;
  installed = true;
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  const filtered = (...args: unknown[]): void => {
    // In a bundle the library is a chunk of that name.
    if (
      args[1] === 'TimeoutNegativeWarning' &&
      /[\\/]kafkajs(?:[\\/]|-[A-Za-z0-9]+\.mjs)/.test(new Error().stack ?? '')
    )
      return;
    emit(...args);
  };
  process.emitWarning = filtered as typeof process.emitWarning;
}
