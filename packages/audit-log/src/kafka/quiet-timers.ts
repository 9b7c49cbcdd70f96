let installed = false;

/**
 * kafkajs 2.2.4 asks for a timer of a negative length after every answer (its request queue), which Node.js 24 reports
 * once per process as TimeoutNegativeWarning. The timer is harmless and the warning only alarms operators, so exactly
 * this warning from exactly this library is kept back; every other warning passes.
 */
export function quietTimers(): void {
  if (installed) return;
  installed = true;
  const emit = process.emitWarning.bind(process) as (...args: unknown[]) => void;
  const filtered = (...args: unknown[]): void => {
    // In a bundle the library is a part of that name.
    if (
      args[1] === 'TimeoutNegativeWarning' &&
      /[\\/]kafkajs(?:[\\/]|-[A-Za-z0-9]+\.mjs)/.test(new Error().stack ?? '')
    )
      return;
    emit(...args);
  };
  process.emitWarning = filtered as typeof process.emitWarning;
}
