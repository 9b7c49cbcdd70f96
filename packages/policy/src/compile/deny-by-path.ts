/** Returns the warning about a rule that denies by path, for requests to a web application or to a cluster. */
export function denyByPath(place: 'route' | 'cluster'): { message: string; advice: { code: string; hint: string } } {
  return place === 'route'
    ? {
        message:
          'denies by path, which is not a security boundary: an application can serve the same page under another spelling of the path',
        advice: { code: 'deny-by-path', hint: 'allow only the paths that may be used, with http_path under allow' },
      }
    : {
        message:
          'denies by path, which is not a security boundary: other paths reach the same objects, such as a list over all namespaces',
        advice: { code: 'deny-by-path', hint: 'use k8s/namespace, k8s/resource and k8s/name' },
      };
}
