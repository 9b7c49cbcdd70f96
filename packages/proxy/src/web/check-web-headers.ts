import { plainHeaderName } from '@sallyport/contracts';
import type { ConfigFault, LoadedConfig } from '@sallyport/kit';
import { withheldHeader } from '../headers/web-header-table.ts';

/** Checks that the headers that routes allow are among those that would not pass otherwise, and that they can pass. */
export function checkWebHeaders({ config, place }: LoadedConfig): ConfigFault[] {
  return config.routes.flatMap(({ allowRequestHeaders }, route) =>
    allowRequestHeaders.flatMap((name, index) => {
      const withheld = withheldHeader(plainHeaderName(name));
      if (withheld === 'unless-allowed') return [];
      const path = `routes.${route}.allowRequestHeaders.${index}`;
      const message =
        withheld === 'always'
          ? `${name} is a header of the gateway or of the connection, and never passes from a client`
          : `${name} does not have to be allowed, because it passes anyway`;
      return [{ path, message, hint: 'remove it', ...place(path.split('.')) }];
    }),
  );
}
