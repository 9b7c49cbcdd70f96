import { about, ApiError } from '../objects/api-error.ts';
import type { Attributes } from './rbac.ts';
import type { User } from './user.ts';

/** Returns the 403 for a request that no rule allows, worded like the API server's. */
export function forbidden(user: User, attributes: Attributes): ApiError {
  const who = `User ${JSON.stringify(user.username)} cannot ${attributes.verb}`;
  if (attributes.path !== undefined)
    return new ApiError(403, 'Forbidden', `forbidden: ${who} path ${JSON.stringify(attributes.path)}`, {});
  const { apiGroup, resource, subresource, namespace, name } = attributes;
  const full = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const subject = `${apiGroup === '' ? resource : `${resource}.${apiGroup}`}${name === '' ? '' : ` ${JSON.stringify(name)}`}`;
  const what = `resource ${JSON.stringify(full)} in API group ${JSON.stringify(apiGroup)} ${where}`;
  const { name: named, ...details } = about({ group: apiGroup, resource }, name);
  return new ApiError(403, 'Forbidden', `${subject} is forbidden: ${who} ${what}`, {
    ...(named !== '' && { name: named }),
    ...details,
  });
}
