/** What a cluster's audit policy can tell apart, with the verb. */
export type RequestKind = { verb: string; resource: string };

type Ref = { resource?: string; namespace?: string; apiGroup?: string; subresource?: string };

/** Returns what a request is about, such as `prod/deployments.apps:scale`, or the first segment of any other path. */
export function resourceOf(ref: Ref | undefined, requestURI: string): string {
  if (!ref?.resource) return `/${requestURI.split(/[/?]/, 2)[1] ?? ''}`;
  const group = ref.apiGroup ? `.${ref.apiGroup}` : '';
  const subresource = ref.subresource ? `:${ref.subresource}` : '';
  return `${ref.namespace ? `${ref.namespace}/` : ''}${ref.resource}${group}${subresource}`;
}

/** Returns the kind as one text. */
export const kindText = ({ verb, resource }: RequestKind): string => `${verb} ${resource}`;

/** Returns the kind of a text. */
export function kindOfText(text: string): RequestKind {
  const space = text.indexOf(' ');
  return { verb: text.slice(0, Math.max(0, space)), resource: text.slice(space + 1) };
}
