import { callApi } from '../gateway/call-api.ts';
import { type NoticeRow } from '@sallyport/contracts/answers';
import { resolveElevationId } from './call-elevations.ts';
import type { Environment } from '../environment/environment.ts';
import { openGateway } from '../gateway/open-gateway.ts';
import { writeResult } from '../terminal/output.ts';
import { readableTime } from '../terminal/times.ts';
import { type Column, type ListOptions, writeList } from '../terminal/table.ts';
import type { GatewayOptions } from '../gateway/find-gateway.ts';

export type RetryOptions = GatewayOptions & { channel?: string; elevation?: string };

/** Names the elevation or the service account. */
function aboutOf({ elevation, serviceAccount }: NoticeRow): string {
  if (elevation) return `${elevation.name} on ${elevation.cluster}`;
  return serviceAccount ? `service account ${serviceAccount.name}` : '';
}

const columns: Column<NoticeRow>[] = [
  { name: 'CHANNEL', cell: ({ channel }) => channel },
  { name: 'STATE', cell: ({ state }) => state, tone: ({ state }) => (state === 'failed' ? 'warning' : undefined) },
  { name: 'STEP', cell: ({ type }) => type.replace(/^(?:elevation|service_account)\./, '') },
  { name: 'ABOUT', cell: aboutOf },
  {
    name: 'USER',
    cell: ({ elevation, serviceAccount }) => elevation?.user ?? serviceAccount?.maker ?? '',
    shrinks: true,
  },
  { name: 'AT', cell: ({ at }) => readableTime(at) },
  { name: 'TRIES', cell: ({ tries }) => String(tries) },
  { name: 'REASON', cell: ({ reason }) => reason ?? '', shrinks: true },
  { name: 'ID', cell: ({ elevation, serviceAccount }) => elevation?.id ?? serviceAccount?.id ?? '', wide: true },
  { name: 'EVENT', cell: ({ event }) => event, wide: true },
];

export async function listFailed(environment: Environment, options: GatewayOptions & ListOptions) {
  const gateway = await openGateway(environment, options);
  const { notifications, omitted } = await callApi(gateway, 'GET /notifications', 'the notifications', {});
  await writeList(
    environment,
    {
      rows: notifications,
      columns,
      name: ({ event }) => event,
      data: { notifications: notifications.map((row) => ({ ...row, at: readableTime(row.at) })), omitted },
      none: 'Every notification was sent.\n',
    },
    options,
  );
  if (omitted > 0) environment.stderr.write(`${omitted} older ones are not listed.\n`);
}

export async function retryNotifications(environment: Environment, { channel, elevation, ...options }: RetryOptions) {
  const gateway = await openGateway(environment, options);
  const id = elevation === undefined ? undefined : await resolveElevationId(gateway, elevation);
  const json = { channel, elevation: id };
  const { resent } = await callApi(gateway, 'POST /notifications/resend', 'the answer', { json });
  const text = resent === 0 ? 'There is nothing to send again.\n' : `${resent} are being sent again.\n`;
  await writeResult(environment, options.output, { resent }, () => text);
}
