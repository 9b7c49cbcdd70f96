/** Exchanges that may stay open for hours. */
export type StreamKind = 'watch' | 'log' | 'exec' | 'attach' | 'portforward' | 'proxy';

const ofPods: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward']);

type Asked = { apiPrefix: string; requestVerb: string; resource: string; subresource: string };

/** The kind of long-running exchange a request opens; a log counts only while it is followed. */
export function streamKind(info: Asked, follow: boolean): StreamKind | undefined {
  if (info.apiPrefix === 'api' && info.resource === 'pods' && ofPods.has(info.subresource))
    return info.subresource as StreamKind;
  if (info.subresource === 'proxy' || info.requestVerb === 'proxy') return 'proxy';
  if (info.requestVerb === 'watch') return 'watch';
  if (info.subresource === 'log' && follow) return 'log';
  return undefined;
}
