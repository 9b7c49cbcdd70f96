/** Exchanges that may stay open for hours. */
export type StreamKind = 'watch' | 'log' | 'exec' | 'attach' | 'portforward' | 'proxy';

const podStreams: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward']);

type Request = { apiPrefix: string; requestVerb: string; resource: string; subresource: string };

/** Returns the kind of long-running exchange that a request opens. A log counts only if it is followed. */
export function streamKind(info: Request, follow: boolean): StreamKind | undefined {
  if (info.apiPrefix === 'api' && info.resource === 'pods' && podStreams.has(info.subresource))
    return info.subresource as StreamKind;
  if (info.subresource === 'proxy' || info.requestVerb === 'proxy') return 'proxy';
  if (info.requestVerb === 'watch') return 'watch';
  if (info.subresource === 'log' && follow) return 'log';
  return undefined;
}
