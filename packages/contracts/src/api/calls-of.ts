import { apiOperations, type ApiOperation } from './api-operations.ts';

/** Where the calls are, on the gateway's host. */
export const apiPrefix = '/.sallyport/api/v1';

/** A call as a request: its method, and a pattern of the whole path of its URL. */
export type ApiRequest = { method: string; path: RegExp };

/** Returns the calls for which something is so, for lists of what may be sent. */
export function callsOf(holds: (operation: ApiOperation) => boolean): ApiRequest[] {
  return Object.entries<ApiOperation>(apiOperations)
    .filter(([, operation]) => holds(operation))
    .map(([call]) => {
      const [method = '', path = ''] = call.split(' ');
      const pattern = `${apiPrefix}${path}`.replaceAll('.', String.raw`\.`).replaceAll(/:\w+/g, '[^/]+');
      return { method, path: new RegExp(`^${pattern}$`) };
    });
}
