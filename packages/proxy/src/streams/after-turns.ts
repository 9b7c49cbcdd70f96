const turns = 5;

/**
 * Acts after about `ms`, and not before the process has looked several times for what has arrived or was sent. A process
 * that got no processor does not take its own pause for one of its peer's. `clearInterval` takes it back.
 */
export function afterTurns(ms: number, act: () => void): NodeJS.Timeout {
  let left = turns;
  const timer = setInterval(() => {
    left -= 1;
    if (left > 0) return;
    clearInterval(timer);
    act();
  }, ms / turns);
  return timer;
}
