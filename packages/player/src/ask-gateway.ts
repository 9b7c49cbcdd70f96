const api = '/.sallyport/api/v1/recordings';

/** Why the gateway gave no answer, in words for people. */
export class Refused extends Error {}

async function ask(path: string, accept: string): Promise<Response> {
  // The session of this browser is enough, because the API has the origin of the page.
  const response = await fetch(`${api}${path}`, { headers: { accept }, redirect: 'error', cache: 'no-store' });
  if (response.ok || response.status === 404) return response;
  if (response.status === 401) throw new Refused('Your session has ended. Load the page again to log in.');
  const { detail } = (await response.json().catch(() => ({}))) as { detail?: unknown };
  throw new Refused(typeof detail === 'string' ? detail : `The gateway answered ${response.status}.`);
}

/** Asks for a list or a recording, and parses the answer. */
export async function askFor<T>(schema: { parse(value: unknown): T }, path: string): Promise<T> {
  const response = await ask(path, 'application/json');
  if (!response.ok) throw new Refused('There is no such recording, or you may not see it.');
  return schema.parse(await response.json());
}

/** Fetches a file of a recording. Returns undefined if it is not in the store. */
export async function fetchFile(recording: string, name: string): Promise<Uint8Array | undefined> {
  const path = `/${encodeURIComponent(recording)}/files/${encodeURIComponent(name)}?by=page`;
  const response = await ask(path, 'application/octet-stream');
  return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
}
