/** Splits `resource[.group][/subresource]`, the form of k8s/resource in policies. */
export function splitResource(text: string): {
  resource: string;
  apiGroup: string | undefined;
  subresource: string | undefined;
} {
  const slash = text.indexOf('/');
  const subject = slash < 0 ? text : text.slice(0, slash);
  const dot = subject.indexOf('.');
  return {
    resource: dot < 0 ? subject : subject.slice(0, dot),
    apiGroup: dot < 0 ? undefined : subject.slice(dot + 1),
    subresource: slash < 0 ? undefined : text.slice(slash + 1),
  };
}
