import { callApi } from '../../gateway/call-api.ts';
import type { Environment } from '../../environment/environment.ts';
import { openGateway } from '../../gateway/open-gateway.ts';
import { writeList, type ListOptions } from '../../terminal/table.ts';
import type { GatewayOptions } from '../../gateway/find-gateway.ts';

/** `sallyport audit keys`: shows the public keys of checkpoints. `-o json` prints the JWKS that `audit verify` reads. */
export async function listKeys(environment: Environment, options: GatewayOptions & ListOptions): Promise<void> {
  const gateway = await openGateway(environment, options);
  const answer = await callApi(gateway, 'GET /audit/keys', 'the keys of checkpoints', {});
  await writeList(
    environment,
    {
      rows: answer.keys,
      columns: [
        { name: 'KEY', cell: ({ kid }) => kid },
        { name: 'TYPE', cell: ({ crv }) => crv },
        { name: 'PUBLIC KEY', cell: ({ x }) => x },
      ],
      name: ({ kid }) => kid,
      data: answer,
      none: 'The gateway signs no checkpoints. See audit.checkpoints in its configuration.\n',
    },
    options,
  );
}
