const path = '/.sallyport/api/v1/changes';
/** How often what is shown is read again where the gateway does not tell of changes, in milliseconds. */
const pollMs = 2000;
const againMs = 30_000;
/** How long the first word of the gateway is waited for, before everything is read without it. */
const patienceMs = 1000;

/** What was told: the things that have changed; all of them if it is not known. */
type Told = (what?: readonly string[]) => void;

function readKinds(data: unknown): readonly string[] | undefined {
  try {
    const { what } = JSON.parse(String(data)) as { what?: unknown };
    return Array.isArray(what) ? what.map(String) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Follows the changes that the gateway tells of. `told` is first called when nothing can be missed any more. A gateway
 * that does not tell, or not now, is asked every two seconds. Returns what ends it.
 */
export function followChanges(told: Told, ended: () => void): () => void {
  let source: EventSource | undefined;
  let polling: ReturnType<typeof setInterval> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  const impatient = setTimeout(() => told(), patienceMs);
  const open = () => {
    source = new EventSource(path);
    source.addEventListener('hello', () => {
      clearInterval(polling);
      clearTimeout(impatient);
      told();
    });
    source.addEventListener('changed', ({ data }) => told(readKinds(data)));
    source.addEventListener('end', ({ data }) => {
      source?.close();
      if (String(data).includes('session-ended')) ended();
      else wait();
    });
    source.addEventListener('error', () => {
      if (source?.readyState === EventSource.CLOSED) wait();
    });
  };
  const wait = () => {
    clearInterval(polling);
    clearTimeout(impatient);
    told();
    polling = setInterval(() => told(), pollMs);
    clearTimeout(retry);
    retry = setTimeout(open, againMs);
  };
  open();
  return () => {
    source?.close();
    clearInterval(polling);
    clearTimeout(retry);
    clearTimeout(impatient);
  };
}
